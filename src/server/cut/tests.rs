//! Responses that are cut, and the one line that each leaves in the log.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use super::*;
use crate::ExchangeWaker;
use crate::handler::{BodySource, Cx, Handler, Log, Pull, Reply, Request, Response, Sink};
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::http::status::Status;
use crate::reactor::clock::Clock;
use crate::reactor::wake::Handle;
use crate::server::engine::{Around, Engine};
use crate::server::transport::Transport;

/// Gives a request, and takes so many bytes of the answer.
struct Peer(VecDeque<Vec<u8>>, usize);

impl Transport for Peer {
    fn read(&mut self, buf: &mut Vec<u8>, _: usize) -> io::Result<usize> {
        let piece = self.0.pop_front().ok_or(io::ErrorKind::WouldBlock)?;
        buf.extend_from_slice(&piece);
        Ok(piece.len())
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        let taken = bytes.len().min(self.1);
        self.1 -= taken;
        match taken {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            taken => Ok(taken),
        }
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A source that promises ten bytes, and does as its path says.
struct Ten(String, Option<ExchangeWaker>);

impl BodySource for Ten {
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        out.put(b"five.");
        match &*self.0 {
            "/fails" => return Err(io::Error::other("the tape is torn")),
            "/fails-plainly" => return Err(io::ErrorKind::TimedOut.into()),
            "/told" => return Err(Told::error(io::ErrorKind::TimedOut)),
            "/short" => {}
            "/long" => drop(out.put(b"and five, and one")),
            _ => self.1 = Some(cx.waker()),
        }
        Ok(match self.1 {
            Some(_) => Pull::Pending,
            None => Pull::Done,
        })
    }

    fn len(&self) -> Option<u64> {
        Some(10)
    }
}

#[derive(Default)]
struct Logs(Rc<RefCell<Vec<String>>>);

impl Handler for Logs {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let ok = Response::new(Status::OK);
        match req.path() {
            "/large" => ok.bytes(vec![b'x'; 100_000]).into(),
            path => ok.source(Ten(path.into(), None)).into(),
        }
    }

    fn log(&mut self, entry: Log<'_>) {
        if let Log::Error { message, .. } = entry {
            self.0.borrow_mut().push(message.into());
        }
    }
}

#[test]
fn a_response_that_is_cut_leaves_one_line_with_the_cause() {
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
    let handle = Handle::new(waker);
    for (path, room, wait, want) in [
        ("/fails", 1000, 0, Some("source: the tape is torn")),
        ("/fails-plainly", 1000, 0, Some("source: timed out")),
        ("/told", 1000, 0, None),
        (
            "/short",
            1000,
            0,
            Some("its body is shorter than announced"),
        ),
        ("/long", 1000, 0, Some("its body is longer than announced")),
        ("/large", 1000, 400, Some("its peer took nothing for 300 s")),
        ("/waits", 1000, 400, Some("the server ends")),
    ] {
        let (lines, mut now) = (Rc::default(), Clock::new().read());
        let mut handler = Logs(Rc::clone(&lines));
        let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        let peer = Peer([request.into_bytes()].into(), room);
        let key = engine.insert(peer, (None, None), now.mono);
        engine.mark(key).unwrap().readable = true;
        for second in 0..=wait {
            if second == wait && path == "/waits" {
                engine.drain(Duration::ZERO, now.mono);
            }
            let mut around = Around {
                handler: &mut handler,
                now: &now,
                registry: poll.registry(),
                handle: &handle,
            };
            engine.run(&mut around);
            now.mono += Duration::from_secs(1);
        }
        assert_eq!(engine.len(), 0, "{path}");
        let want: Vec<String> = want
            .iter()
            .map(|want| format!("response cut: {want}"))
            .collect();
        assert_eq!(lines.take(), want, "{path}");
    }
}
