//! Bodies that are offered, and responses that are cut, over transports that do as the test says.

mod deadlines;
mod expiry;
mod pass_on;
mod responses;

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
use crate::http::limits::{CALLS_PER_TURN, Limits};
use crate::http::method::{Method, Version};
use crate::http::status::Status;
use crate::reactor::clock::Clock;
use crate::server::engine::Engine;
use crate::server::link::Event;
use crate::server::transport::Transport;
use crate::testing::doors::proxy_header::{block, value};
use crate::testing::poller::Poller;

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

/// Sends a body back, so many bytes at a time, and writes down each call: the bytes of a body that
/// it was offered, 0 for any other.
struct Sipping {
    sip: usize,
    taken: usize,
    calls: Rc<RefCell<Vec<usize>>>,
}

impl Exchange for Sipping {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        assert!(chunk.iter().all(|byte| *byte == b'x'));
        self.calls.borrow_mut().push(chunk.len());
        let taken = chunk.len().min(self.sip - self.taken);
        self.taken += taken;
        Ok(taken)
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        self.calls.borrow_mut().push(0);
        Poll::Ready(Ok(Response::new(Status::OK).with_body(Body::Streamed(None))))
    }

    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        self.calls.borrow_mut().push(0);
        let put = out.put(&vec![b'x'; self.taken]);
        self.taken -= put;
        cx.set_deadline(Some(cx.now() + Duration::from_secs(1)));
        Ok(if put > 0 { Pull::More } else { Pull::Pending })
    }
}

/// Gives the bytes of its body one by one.
struct Drops(usize, Rc<RefCell<Vec<usize>>>);

impl BodySource for Drops {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        self.1.borrow_mut().push(0);
        self.0 -= out.put(b"x");
        Ok(if self.0 > 0 { Pull::More } else { Pull::Done })
    }
}

/// Answers a GET in drops, and sends other bodies back in sips.
struct SipsAndDrops(usize, Rc<RefCell<Vec<usize>>>);

impl Handler for SipsAndDrops {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let calls = self.1.clone();
        match req.method() {
            Method::Get => Response::new(Status::OK)
                .source(Drops(self.0, calls))
                .into(),
            _ => Reply::exchange(Sipping {
                sip: self.0,
                taken: 0,
                calls,
            }),
        }
    }
}

#[test]
fn chunks_of_one_byte_are_offered_together_and_calls_in_a_turn_are_counted() {
    const BYTES: usize = 10_000;
    let poller = Poller::new();
    let chunks = b"1\r\nx\r\n".repeat(BYTES);
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (head, body, sip, offers, calls) in [
        (chunked, Some(&chunks), usize::MAX, 1, 8),
        (
            chunked,
            Some(&chunks),
            1,
            CALLS_PER_TURN / 2,
            CALLS_PER_TURN,
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            None,
            BYTES,
            0,
            CALLS_PER_TURN,
        ),
    ] {
        let now = Clock::new().read();
        let called = Rc::new(RefCell::new(Vec::new()));
        let mut handler = SipsAndDrops(sip, called.clone());
        let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
        let pieces = Pieces::default();
        let key = engine.insert(pieces.clone(), (None, None), now.mono);
        pieces.0.borrow_mut().push_back(head.into());
        pieces.0.borrow_mut().extend(body.cloned());
        let mut most = (0, 0);
        for _ in 0..BYTES {
            engine.announce(key, READABLE);
            engine.run(&mut poller.host(&mut handler, &now));
            let now_called = called.take();
            let now_offered = now_called.iter().filter(|len| **len > 0).count();
            most = (most.0.max(now_offered), most.1.max(now_called.len()));
        }
        assert!(most.0 <= offers && most.1 <= calls, "{most:?}");
        assert_eq!(engine.look()[0].conn.link.held_bytes, 0);
        let sent = pieces.1.take();
        let sent = sent.iter().filter(|byte| **byte == b'x').count();
        assert_eq!(sent, BYTES);
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
    let poller = Poller::new();
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
        engine.run(&mut poller.host(&mut handler, &now));
        assert!(pieces.1.borrow().starts_with(want.as_bytes()), "{chunk}");
        assert_eq!(pieces.1.borrow().is_empty(), want.is_empty(), "{chunk}");
    }
}

/// Gives a request, and takes so many bytes of the answer. At an empty piece it pauses.
struct Peer(VecDeque<Vec<u8>>, usize);

impl Transport for Peer {
    fn read(&mut self, buf: &mut Vec<u8>, _: usize) -> io::Result<usize> {
        let piece = self.0.pop_front().filter(|piece| !piece.is_empty());
        let piece = piece.ok_or(io::ErrorKind::WouldBlock)?;
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
            "/small" => ok.bytes(vec![b'x'; 1000]).into(),
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
    let poller = Poller::new();
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
                engine.leave(Duration::ZERO, now.mono);
                engine.drain();
            }
            engine.run(&mut poller.host(&mut handler, &now));
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

#[test]
fn requests_that_a_peer_ends_and_begins_are_nothing_that_it_takes() {
    let poller = Poller::new();
    let (lines, mut now) = (Rc::default(), Clock::new().read());
    let mut handler = Logs(Rc::clone(&lines));
    let (start, limits) = (now.mono, Limits::default());
    let mut engine = Engine::new(limits.clone(), Version::Http11, now.mono);
    // Each piece is the rest of a body that nobody wants and the next request.
    let head = b"POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
    let mut pieces = VecDeque::from([head.to_vec()]);
    for _ in 0..20 {
        pieces.extend([Vec::new(), [b"hello", &head[..]].concat()]);
    }
    let key = engine.insert(Peer(pieces, 100), (None, None), now.mono);
    for turn in 0..10 {
        // In every second turn nothing but the time has changed.
        if turn % 2 == 0 {
            engine.announce(key, READABLE);
        }
        engine.run(&mut poller.host(&mut handler, &now));
        now.mono = start + limits.stall_time / 4 * (turn / 2 + 1);
    }
    assert_eq!(engine.len(), 0);
    assert_eq!(
        lines.take(),
        ["response cut: its peer took nothing for 300 s"]
    );
}
