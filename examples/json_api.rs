//! A small JSON API: notes that are made, read, listed and deleted:
//! `curl -d milk http://127.0.0.1:8000/notes`, `curl http://127.0.0.1:8000/notes/1`

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use sprat::{Builder, Cx, Failure, Handler, Method, Reply, Request, Response, Status};

#[derive(Default)]
struct Notes {
    notes: Rc<RefCell<BTreeMap<u64, String>>>,
    last: u64,
}

impl Handler for Notes {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let refused = Failure::new(Status::METHOD_NOT_ALLOWED);
        match (req.method(), &req.segments()[..]) {
            (Method::Get | Method::Head, ["notes"]) => {
                let notes = self.notes.borrow();
                let notes: Vec<_> = notes.iter().map(|(id, note)| object(*id, note)).collect();
                json(Status::OK, format!("[{}]", notes.join(","))).into()
            }
            (Method::Post, ["notes"]) => {
                self.last += 1;
                let (notes, id) = (Rc::clone(&self.notes), self.last);
                Reply::collect(req, 10_000, move |body, _| {
                    let note = String::from_utf8_lossy(&body).into_owned();
                    let made = json(Status::CREATED, object(id, &note));
                    notes.borrow_mut().insert(id, note);
                    made.header("Location", format!("/notes/{id}"))
                })
            }
            (method @ (Method::Get | Method::Head | Method::Delete), ["notes", id]) => {
                let (mut notes, id) = (self.notes.borrow_mut(), id.parse().unwrap_or(0));
                let Some(note) = notes.get(&id).cloned() else {
                    return Failure::new(Status::NOT_FOUND).into();
                };
                if method == Method::Delete {
                    notes.remove(&id);
                }
                json(Status::OK, object(id, &note)).into()
            }
            (_, ["notes"]) => refused.allow("GET, HEAD, POST").into(),
            (_, ["notes", _]) => refused.allow("GET, HEAD, DELETE").into(),
            _ => Failure::new(Status::NOT_FOUND).into(),
        }
    }

    fn error_page(&mut self, failure: &Failure) -> Response {
        let error = format!("{{\"error\":{}}}", quoted(&failure.message));
        json(failure.status, error)
    }
}

fn json(status: Status, text: String) -> Response {
    let response = Response::new(status).text(text);
    response.header("Content-Type", "application/json")
}

fn object(id: u64, note: &str) -> String {
    format!("{{\"id\":{id},\"note\":{}}}", quoted(note))
}

fn quoted(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' | '\0'..='\x1f' => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    builder.serve(Notes::default()).run()
}
