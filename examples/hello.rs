//! Methods and paths in one `match`, and state without a lock.

use sprat::{Builder, Cx, Failure, Handler, Method, Reply, Request, Response, Status};

struct Hello {
    greeted: u64,
}

impl Handler for Hello {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        match (req.method(), &req.segments()[..]) {
            (Method::Get | Method::Head, []) => text(format!("{} greeted\n", self.greeted)),
            (Method::Get | Method::Head, ["hello", name]) => {
                self.greeted += 1;
                text(format!("Hello, {name}!\n"))
            }
            (Method::Delete, []) => {
                self.greeted = 0;
                Response::new(Status::NO_CONTENT).into()
            }
            (_, []) => not_allowed("GET, HEAD, DELETE"),
            (_, ["hello", _]) => not_allowed("GET, HEAD"),
            _ => Failure::new(Status::NOT_FOUND).into(),
        }
    }
}

/// 405, which names what is allowed (RFC 9110 section 15.5.6).
fn not_allowed(allow: &'static str) -> Reply {
    let failure = Failure::new(Status::METHOD_NOT_ALLOWED);
    Response::error(failure).header("Allow", allow).into()
}

fn text(text: String) -> Reply {
    Response::new(Status::OK).text(text).into()
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address.parse().map_err(std::io::Error::other)?)?;
    println!("http://{}/", builder.local_addrs()[0]);
    builder.serve(Hello { greeted: 0 }).run()
}
