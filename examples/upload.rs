//! Streams a PUT to a temporary file, however large, and says how far it is:
//! `curl -T FILE http://127.0.0.1:8000/`

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::task::Poll;

use sprat::{Builder, Cx, Exchange, Failure, Handler, Method};
use sprat::{Reply, Request, Response, Status};

/// There is a line each time so many bytes have come.
const PROGRESS_BYTES: u64 = 1 << 20;

struct Upload {
    file: File,
    path: PathBuf,
    bytes: u64,
    complete: bool,
}

impl Exchange for Upload {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        let before = self.bytes / PROGRESS_BYTES;
        self.file.write_all(chunk)?;
        self.bytes += chunk.len() as u64;
        if self.bytes / PROGRESS_BYTES > before {
            eprintln!("{} bytes so far", self.bytes);
        }
        Ok(chunk.len())
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.complete = true;
        Ok(())
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        if !self.complete {
            return Poll::Pending;
        }
        let text = format!("{} bytes in {}\n", self.bytes, self.path.display());
        Poll::Ready(Ok(Response::new(Status::CREATED).text(text)))
    }
}

struct Site {
    count: u32,
}

impl Handler for Site {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        if req.method() != Method::Put {
            let failure = Failure::new(Status::METHOD_NOT_ALLOWED);
            return failure.allow("PUT").into();
        }
        self.count += 1;
        let name = format!("sprat-upload-{}-{}", std::process::id(), self.count);
        let (path, bytes, complete) = (std::env::temp_dir().join(name), 0, false);
        match File::create_new(&path) {
            Ok(file) => Reply::exchange(Upload {
                file,
                path,
                bytes,
                complete,
            }),
            Err(_) => Failure::new(Status::INSUFFICIENT_STORAGE).into(),
        }
    }
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    builder.serve(Site { count: 0 }).run()
}
