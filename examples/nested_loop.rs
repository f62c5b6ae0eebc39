//! A server inside the loop of a game or a GUI, which owns the thread.

use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use sprat::{Builder, Cx, Handler, Reply, Request, Response, Status, Turn};

const FRAME_TIME: Duration = Duration::from_millis(16);
const HTTP: mio::Token = mio::Token(0);

/// The game's state is the handler's own.
struct Game {
    frame: u64,
}

impl Handler for Game {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let text = format!("frame {}\n", self.frame);
        Response::new(Status::OK).text(text).into()
    }
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    let mut server = builder.serve(Game { frame: 0 });
    // The server is one source among the others of a loop that draws at its own pace.
    let mut poll = mio::Poll::new()?;
    let mut events = mio::Events::with_capacity(64);
    let fd = server.as_fd().as_raw_fd();
    let mut source = mio::unix::SourceFd(&fd);
    poll.registry()
        .register(&mut source, HTTP, mio::Interest::READABLE)?;
    let mut next_frame = Instant::now();
    let mut next_turn = Some(next_frame);
    loop {
        let wake = next_turn.map_or(next_frame, |turn| turn.min(next_frame));
        poll.poll(
            &mut events,
            Some(wake.saturating_duration_since(Instant::now())),
        )?;
        // Other sources would be looked for in `events` here.
        let now = Instant::now();
        if now >= next_frame {
            server.handler_mut().frame += 1;
            next_frame = now + FRAME_TIME;
        }
        next_turn = match server.turn(Some(Duration::ZERO))? {
            Turn::More => Some(now),
            Turn::Idle(time) => time.map(|time| now + time),
            Turn::Stopped => return Ok(()),
        };
    }
}
