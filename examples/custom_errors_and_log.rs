//! Error pages, log and `Server` field of one's own, for the server's own errors, too.

use std::borrow::Cow;

use sprat::{Builder, Cx, Failure, Handler, Log, Reply, Request, Response, Status};

struct Site {
    requests: u64,
}

impl Handler for Site {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        self.requests += 1;
        match req.path() {
            "/" => Response::new(Status::OK).text("here\n").into(),
            "/enhanced" => match Status::new(999) {
                Some(status) => Failure::new(status).message("Enhance Your Calm").into(),
                None => Failure::new(Status::INTERNAL_SERVER_ERROR).into(),
            },
            _ => Failure::new(Status::NOT_FOUND)
                .message("Gone fishing")
                .explain("Back at noon")
                .cause("no such page")
                .into(),
        }
    }

    fn error_page(&mut self, failure: &Failure) -> Response {
        let (code, message) = (failure.status.code(), &failure.message);
        let page = format!("{code}: {message}. {}\n", failure.explain);
        Response::new(failure.status).text(page)
    }

    fn server_software(&self) -> Option<Cow<'static, str>> {
        Some("fishing/1.0".into())
    }

    fn log(&mut self, entry: Log<'_>) {
        match entry {
            Log::Access {
                request_line,
                status,
                ..
            } => {
                // Escaped, so that no peer can drive a terminal.
                let line = request_line.escape_ascii();
                eprintln!("#{} {} {line}", self.requests, status.code());
            }
            Log::Error { message, .. } => eprintln!("! {}", message.escape_default()),
            _ => {}
        }
    }
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    builder.serve(Site { requests: 0 }).run()
}
