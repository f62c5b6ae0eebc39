//! A form that takes files, with a bar that shows how far they are: `upload ADDRESS DIRECTORY`.
//! `curl -T FILE http://127.0.0.1:8000/` takes one without a form.
//!
//! Files are written as they arrive, into the directory alone, and over no other. Those of a form
//! that breaks off are removed.

mod file;

use std::path::Path;
use std::rc::Rc;
use std::task::Poll;
use std::{fs, io};

use file::{Upload, no_room};
use sprat::{Builder, Cx, Exchange, Failure, FormEvent, Limits, Method};
use sprat::{Reply, Request, Response, Status};

const BODY_BYTES_MAX: u64 = 4 << 30;
const NOTE_BYTES_MAX: usize = 1000;
/// Each is open until the form has ended.
const FILES_MAX: usize = 20;

fn form(req: &Request<'_>, folder: Rc<Path>) -> Reply {
    let (mut files, mut note): (Vec<Upload>, _) = (Vec::new(), Vec::new());
    let (mut is_file, mut is_note) = (false, false);
    Reply::form(req, move |event, _| {
        match event {
            FormEvent::Part(part) => {
                // Where no file was chosen, the name is empty.
                is_file = part.sent_file_name().is_some_and(|name| !name.is_empty());
                is_note = part.name() == "note";
                if is_file && files.len() == FILES_MAX {
                    return Err(Failure::new(Status::PAYLOAD_TOO_LARGE));
                } else if is_file {
                    files.push(Upload::new(&folder, part.file_name())?);
                }
            }
            FormEvent::Data(data) => match files.last_mut() {
                Some(file) if is_file => file.write(data).map_err(no_room)?,
                _ if is_note && note.len() + data.len() > NOTE_BYTES_MAX => {
                    return Err(Failure::new(Status::PAYLOAD_TOO_LARGE));
                }
                _ if is_note => note.extend_from_slice(data),
                _ => {}
            },
            FormEvent::End => {
                let told: String = files.iter_mut().map(Upload::keep).collect();
                let told = format!("{told}note: {}\n", String::from_utf8_lossy(&note));
                return Ok(Some(Response::new(Status::CREATED).text(told)));
            }
            _ => {}
        }
        Ok(None)
    })
}

/// A body that is a file.
struct Put(Upload, bool);

impl Exchange for Put {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        self.0.write(chunk)?;
        Ok(chunk.len())
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.1 = true;
        Ok(())
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        match self.1 {
            true => Poll::Ready(Ok(Response::new(Status::CREATED).text(self.0.keep()))),
            false => Poll::Pending,
        }
    }
}

/// Pages of others must not send files here: browsers say whose page it is that does.
fn is_of_own_page(req: &Request<'_>) -> bool {
    let by = |scheme: &str| [scheme.as_bytes(), req.host().unwrap_or_default()].concat();
    let origin = req.header("Origin");
    origin.is_none_or(|origin| origin == by("http://") || origin == by("https://"))
}

fn route(req: &Request<'_>, folder: &Rc<Path>) -> Reply {
    match req.segments()[..] {
        [] => Reply::when(req, &[Method::Get, Method::Post], |method| match method {
            Method::Post if !is_of_own_page(req) => Failure::new(Status::FORBIDDEN).into(),
            Method::Post => form(req, folder.clone()),
            _ => Response::new(Status::OK)
                .header("Content-Type", "text/html; charset=utf-8")
                .bytes(include_bytes!("page.html").as_slice())
                .into(),
        }),
        [name] => Reply::when(req, &[Method::Put], |_| {
            match Upload::new(folder, Some(name)) {
                Ok(upload) => Reply::exchange(Put(upload, false)),
                Err(failure) => failure.into(),
            }
        }),
        _ => Failure::new(Status::NOT_FOUND).into(),
    }
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or("127.0.0.1:8000".into());
    let folder: Rc<Path> = Path::new(&arguments.next().unwrap_or("uploads".into())).into();
    fs::create_dir_all(&folder)?;
    let limits = Limits {
        body_bytes_max: BODY_BYTES_MAX,
        ..Limits::default()
    };
    let builder = Builder::bind(address)?.limits(limits);
    println!("http://{}/", builder.local_addrs()[0]);
    let site = sprat::handler(move |req: &Request<'_>, _: &mut Cx<'_>| route(req, &folder));
    builder.serve(site).run()
}
