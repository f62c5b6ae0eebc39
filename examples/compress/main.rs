//! Answers in gzip, for those who take it. Events leave at once.

pub mod gzip;

use std::io;
use std::time::{Duration, Instant};

use gzip::Compressed;
use sprat::{BodySource, Builder, Cx, Failure, Pull, Response, Sink, Status};

/// An event each second: its number.
pub struct Ticks {
    count: usize,
    next: Option<Instant>,
}

impl BodySource for Ticks {
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        if cx.peer_has_ended() || cx.is_draining() {
            return Ok(Pull::Done);
        }
        let now = cx.now();
        if self.next.is_none_or(|next| next <= now) {
            out.put(format!("data: {}\n\n", self.count).as_bytes());
            self.count += 1;
            self.next = Some(now + Duration::from_secs(1));
        }
        cx.set_deadline(self.next);
        Ok(Pull::Pending)
    }
}

/// Events without end.
pub fn ticks() -> Response {
    let ticks = Ticks {
        count: 0,
        next: None,
    };
    let response = Response::new(Status::OK).source(ticks);
    response.header("Content-Type", "text/event-stream")
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    let pages = sprat::handler(|req, _| match req.path() {
        "/events" => ticks(),
        "/short" => Response::new(Status::OK).text("short\n"),
        "/missing" => Failure::new(Status::NOT_FOUND).into(),
        path => Response::new(Status::OK).text(format!("{path}\n").repeat(10_000)),
    });
    builder.serve(Compressed(pages)).run()
}
