//! Bodies that are offered, and responses that are cut, over transports that do as the test says.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use crate::ExchangeWaker;
use crate::handler::{
    Body, BodySource, Cx, Exchange, Handler, Log, Pull, Reply, Request, Response, Sink, Told,
};
use crate::http::limits::{BODY_OFFERS_PER_TURN, Limits};
use crate::http::method::Version;
use crate::http::status::Status;
use crate::reactor::clock::Clock;
use crate::reactor::wake::Handle;
use crate::server::engine::Engine;
use crate::server::link::Event;
use crate::server::transport::Transport;
use crate::server::world::Host;

const READABLE: Event = Event {
    readable: true,
    writable: false,
    read_closed: false,
    hung_up: false,
};

/// Keeps all that is written, and gives what was put into it, a piece for each read.
#[derive(Clone, Default)]
struct Pieces(Rc<RefCell<VecDeque<Vec<u8>>>>, Rc<RefCell<Vec<u8>>>);

impl Transport for Pieces {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        let piece = self.0.borrow_mut().pop_front();
        let piece = piece.ok_or(io::ErrorKind::WouldBlock)?;
        assert!(piece.len() <= len);
        buf.extend_from_slice(&piece);
        Ok(piece.len())
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        self.1.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sends a body back, so many bytes at a time, and remembers how many it was offered.
struct Sipping {
    most: usize,
    taken: usize,
    offered: Rc<RefCell<Vec<usize>>>,
}

impl Exchange for Sipping {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        assert!(chunk.iter().all(|byte| *byte == b'x'));
        self.offered.borrow_mut().push(chunk.len());
        let taken = chunk.len().min(self.most - self.taken);
        self.taken += taken;
        Ok(taken)
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        Poll::Ready(Ok(Response::new(Status::OK).body(Body::Streamed(None))))
    }

    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        let put = out.put(&vec![b'x'; self.taken]);
        self.taken -= put;
        cx.set_deadline(Some(cx.now() + Duration::from_secs(1)));
        Ok(if put > 0 { Pull::More } else { Pull::Pending })
    }
}

struct SipsAll(usize, Rc<RefCell<Vec<usize>>>);

impl Handler for SipsAll {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Reply::exchange(Sipping {
            most: self.0,
            taken: 0,
            offered: self.1.clone(),
        })
    }
}

#[test]
fn chunks_of_one_byte_are_offered_together_and_offers_in_a_turn_are_counted() {
    const CHUNKS: usize = 10_000;
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
    let handle = Handle::new(waker);
    for (sip, want) in [(usize::MAX, 1), (1, BODY_OFFERS_PER_TURN)] {
        let now = Clock::new().read();
        let offered = Rc::new(RefCell::new(Vec::new()));
        let mut handler = SipsAll(sip, offered.clone());
        let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
        let pieces = Pieces::default();
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let key = engine.insert(pieces.clone(), (None, None), now.mono);
        pieces.0.borrow_mut().push_back(head.into());
        let chunks = b"1\r\nx\r\n".repeat(CHUNKS);
        pieces.0.borrow_mut().push_back(chunks);
        let mut most = 0;
        for _ in 0..CHUNKS {
            engine.announce(key, READABLE);
            let mut host = Host {
                handler: &mut handler,
                now: &now,
                registry: poll.registry(),
                handle: &handle,
            };
            engine.run(&mut host);
            most = most.max(offered.take().len());
        }
        assert_eq!(most, want);
        assert_eq!(engine.look()[0].conn.link.held_bytes, 0);
        let echoed = pieces.1.take();
        let echoed = echoed.iter().filter(|byte| **byte == b'x').count();
        assert_eq!(echoed, CHUNKS);
    }
}

/// Collects a body up to a bound, and keeps a waker all along.
#[derive(Default)]
struct Collects(Vec<ExchangeWaker>);

impl Handler for Collects {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        self.0.push(cx.waker());
        Reply::collect(req, 10, |_, _| Response::new(Status::OK))
    }
}

#[test]
fn a_collected_body_past_its_limit_is_413_in_the_same_turn() {
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
    let handle = Handle::new(waker);
    let now = Clock::new().read();
    let (mut handler, limits) = (Collects::default(), Limits::default());
    let mut engine = Engine::new(limits, Version::Http11, now.mono);
    let pieces = Pieces::default();
    let key = engine.insert(pieces.clone(), (None, None), now.mono);
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut said = head.as_bytes().to_vec();
    for (chunk, want) in [("5\r\nabcde\r\n", ""), ("6\r\nabcdef\r\n", "HTTP/1.1 413 ")] {
        said.extend(chunk.bytes());
        pieces.0.borrow_mut().push_back(std::mem::take(&mut said));
        engine.announce(key, READABLE);
        let mut host = Host {
            handler: &mut handler,
            now: &now,
            registry: poll.registry(),
            handle: &handle,
        };
        engine.run(&mut host);
        assert!(pieces.1.borrow().starts_with(want.as_bytes()), "{chunk}");
        assert_eq!(pieces.1.borrow().is_empty(), want.is_empty(), "{chunk}");
    }
}
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
        engine.announce(key, READABLE);
        for second in 0..=wait {
            if second == wait && path == "/waits" {
                engine.drain(Duration::ZERO, now.mono);
            }
            let mut host = Host {
                handler: &mut handler,
                now: &now,
                registry: poll.registry(),
                handle: &handle,
            };
            engine.run(&mut host);
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
