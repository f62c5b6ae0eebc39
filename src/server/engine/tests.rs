//! The engine over transports that hand out bytes as the test says.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use super::*;
use crate::handler::{Cx, Reply, Request, Response};
use crate::http::limits::{OUT_BYTES_MAX, REQUESTS_PER_TURN, SMALL_FILE_BYTES_MAX};
use crate::http::status::Status;
use crate::reactor::clock::Clock;
use crate::reactor::scratch::READ_BYTES;
use crate::server::transport::Transport;

/// Takes all that is written, and gives what was put into it, a piece for each read.
#[derive(Clone, Default)]
struct Pieces(Rc<RefCell<VecDeque<Vec<u8>>>>);

impl Transport for Pieces {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        let piece = self.0.borrow_mut().pop_front();
        let piece = piece.ok_or(io::ErrorKind::WouldBlock)?;
        assert!(piece.len() <= len);
        buf.extend_from_slice(&piece);
        Ok(piece.len())
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Remembers what was asked.
#[derive(Default)]
struct Asked(Vec<String>);

impl Handler for Asked {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        self.0.push(req.path().to_owned());
        Response::new(Status::OK).into()
    }
}

/// Gives one request after the other at once, and takes so many bytes of the answers in a turn.
#[derive(Clone, Default)]
struct Sips {
    requests: Rc<RefCell<Vec<u8>>>,
    room: Rc<RefCell<usize>>,
}

impl Transport for Sips {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        let mut requests = self.requests.borrow_mut();
        if requests.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = requests.len().min(len);
        buf.extend(requests.drain(..count));
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        match self.room.replace(0).min(bytes.len()) {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            taken => Ok(taken),
        }
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Answers with a body that just joins its head.
struct Filling;

impl Handler for Filling {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let body = vec![b'x'; SMALL_FILE_BYTES_MAX];
        Response::new(Status::OK).bytes(body).into()
    }
}

#[test]
fn a_pipeline_that_is_read_in_sips_keeps_no_byte_that_was_sent() {
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
    let handle = Handle::new(waker);
    let now = Clock::new().read();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let sips = Sips::default();
    let requests = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000);
    sips.requests.replace(requests);
    let key = engine.insert(sips.clone(), (None, None), now.mono);
    engine.mark(key).unwrap().readable = true;
    for turn in 0..1_000 {
        let mut around = Around {
            handler: &mut Filling,
            now: &now,
            registry: poll.registry(),
            handle: &handle,
        };
        engine.run(&mut around);
        let look = &engine.look()[0];
        assert!(
            look.queued_bytes <= OUT_BYTES_MAX,
            "turn {turn}: {} bytes",
            look.queued_bytes
        );
        assert!(look.held_bytes <= READ_BYTES, "turn {turn}");
        sips.room.replace(SMALL_FILE_BYTES_MAX);
        engine.mark(key).unwrap().writable = true;
    }
}

#[test]
fn bytes_that_replace_as_many_others_are_kept() {
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
    let (mut handler, handle) = (Asked::default(), Handle::new(waker));
    let now = Clock::new().read();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let pieces = Pieces::default();
    let key = engine.insert(pieces.clone(), (None, None), now.mono);
    let mut arrive = |piece: &[u8]| {
        pieces.0.borrow_mut().push_back(piece.to_vec());
        engine.mark(key).unwrap().readable = true;
        let mut around = Around {
            handler: &mut handler,
            now: &now,
            registry: poll.registry(),
            handle: &handle,
        };
        engine.run(&mut around);
    };
    // One request more than a turn takes, and a part of the next one.
    let request = |number: usize| format!("GET /{number:02} HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut first: String = (0..=REQUESTS_PER_TURN).map(request).collect();
    first.push_str("GET /last HTTP/1.1\r\nHost: a\r\nX: ");
    arrive(first.as_bytes());
    // The last of them is answered, and as many bytes as it had come in its place.
    arrive(&vec![b'x'; request(0).len()]);
    arrive(b"\r\n\r\n");
    let mut want: Vec<String> = (0..=REQUESTS_PER_TURN)
        .map(|n| format!("/{n:02}"))
        .collect();
    want.push("/last".into());
    assert_eq!(handler.0, want);
}
