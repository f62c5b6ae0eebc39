//! The engine over transports that hand out bytes as the test says.

mod pace;
mod peers;
mod rest;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use super::*;
use crate::ExchangeWaker;
use crate::handler::{Body, Cx, Exchange, Pull, Reply, Request, Response, Sink};
use crate::http::limits::{
    DISK_TIME, DRAIN_LAP_TIME, LINGER_TIME, LINGER_TIME_MAX, OUT_BYTES_MAX, PROBE_TIME,
    REQUESTS_PER_TURN, SMALL_FILE_BYTES_MAX,
};
use crate::http::status::Status;
use crate::reactor::clock::Clock;
use crate::reactor::scratch::READ_BYTES;
use crate::server::transport::Transport;
use crate::testing::poller::Poller;

mod turns;

const READABLE: Event = Event {
    readable: true,
    writable: false,
    read_closed: false,
    hung_up: false,
};
const WRITABLE: Event = Event {
    readable: false,
    writable: true,
    read_closed: false,
    hung_up: false,
};

/// Keeps all that is written, and gives what was put into it, a piece for each read. Counts how
/// often the kernel is asked to look whether the peer is there.
#[derive(Clone, Default)]
struct Pieces(
    Rc<RefCell<VecDeque<Vec<u8>>>>,
    Rc<RefCell<Vec<u8>>>,
    Rc<RefCell<usize>>,
);

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

    fn watch_peer(&mut self) {
        *self.2.borrow_mut() += 1;
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
    let poller = Poller::new();
    let now = Clock::new().read();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let sips = Sips::default();
    let requests = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000);
    sips.requests.replace(requests);
    let key = engine.insert(sips.clone(), (None, None), now.mono);
    engine.announce(key, READABLE);
    for turn in 0..1_000 {
        engine.run(&mut poller.host(&mut Filling, &now));
        let look = &engine.look()[0];
        assert!(
            look.conn.link.queued_bytes <= OUT_BYTES_MAX,
            "turn {turn}: {} bytes",
            look.conn.link.queued_bytes
        );
        assert!(look.conn.link.held_bytes <= READ_BYTES, "turn {turn}");
        sips.room.replace(SMALL_FILE_BYTES_MAX);
        engine.announce(key, WRITABLE);
    }
}

#[test]
fn bytes_that_replace_as_many_others_are_kept() {
    let poller = Poller::new();
    let mut handler = Asked::default();
    let now = Clock::new().read();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let pieces = Pieces::default();
    let key = engine.insert(pieces.clone(), (None, None), now.mono);
    let mut arrive = |piece: &[u8]| {
        pieces.0.borrow_mut().push_back(piece.to_vec());
        engine.announce(key, READABLE);
        engine.run(&mut poller.host(&mut handler, &now));
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

/// Waits for ever: before its response, or inside.
struct Silent(bool, Option<ExchangeWaker>);

impl Exchange for Silent {
    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        self.1 = Some(cx.waker());
        match self.0 {
            true => Poll::Ready(Ok(Response::new(Status::OK).with_body(Body::Streamed(None)))),
            false => Poll::Pending,
        }
    }

    fn pull(&mut self, _: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        Ok(Pull::Pending)
    }
}

struct Waits;

impl Handler for Waits {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Reply::Exchange(Box::new(Silent(req.path() == "/inside", None)))
    }
}

#[test]
fn a_peer_that_ended_its_stream_is_asked_once_whether_it_is_there() {
    let poller = Poller::new();
    const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";
    for (path, version, ended, want) in [
        ("/before", "1.1", true, CONTINUE),
        ("/before", "1.1", false, ""),
        ("/inside", "1.1", true, "0"),
        ("/inside", "1.1", false, ""),
        // A peer that could not make sense of it.
        ("/before", "1.0", true, ""),
        ("/inside", "1.0", true, ""),
    ] {
        let mut now = Clock::new().read();
        let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
        let pieces = Pieces::default();
        let key = engine.insert(pieces.clone(), (None, None), now.mono);
        let request = format!("GET {path} HTTP/{version}\r\nHost: a\r\n\r\n");
        pieces.0.borrow_mut().push_back(request.into_bytes());
        let read_closed = ended;
        engine.announce(
            key,
            Event {
                read_closed,
                ..READABLE
            },
        );
        let mut written = Vec::new();
        for _ in 0..3 {
            engine.run(&mut poller.host(&mut Waits, &now));
            engine.run(&mut poller.host(&mut Waits, &now));
            written.push(String::from_utf8(pieces.1.take()).unwrap());
            now.mono += PROBE_TIME;
        }
        assert_eq!(written[1..], [want, ""], "{path} {version} {ended}");
        // One that no byte can be sent is found out by the kernel.
        assert_eq!(pieces.2.take(), usize::from(ended), "{path} {version}");
    }
}

#[test]
fn lingering_ends_with_silence_and_in_the_end() {
    const SECOND: Duration = Duration::from_secs(1);
    let poller = Poller::new();
    for (pieces_to_come, want) in [
        (0, LINGER_TIME),
        (5, 5 * SECOND + LINGER_TIME),
        (1000, LINGER_TIME_MAX),
    ] {
        let (mut handler, mut now) = (Asked::default(), Clock::new().read());
        let start = now.mono;
        let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
        let pieces = Pieces::default();
        let key = engine.insert(pieces.clone(), (None, None), now.mono);
        let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n";
        pieces.0.borrow_mut().push_back(request.into());
        let mut sent = 0;
        loop {
            engine.announce(key, READABLE);
            engine.run(&mut poller.host(&mut handler, &now));
            engine.run(&mut poller.host(&mut handler, &now));
            if engine.len() == 0 {
                break;
            }
            now.mono += SECOND;
            if sent < pieces_to_come {
                sent += 1;
                pieces.0.borrow_mut().push_back(b"x".to_vec());
            }
        }
        assert_eq!(now.mono - start, want, "{pieces_to_come} pieces");
    }
}

/// Takes a body, or lets it wait for ever.
struct Reads(bool, Option<ExchangeWaker>);

impl Exchange for Reads {
    fn on_body(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        self.1 = Some(cx.waker());
        Ok(if self.0 { chunk.len() } else { 0 })
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        Poll::Pending
    }
}

struct Reader;

impl Handler for Reader {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Reply::Exchange(Box::new(Reads(req.path() == "/reads", None)))
    }
}

#[test]
fn a_body_that_comes_too_slowly_is_408_unless_its_exchange_lets_it_wait() {
    const SECONDS: u64 = 120;
    let poller = Poller::new();
    for (path, each, bytes, least, want) in [
        // As many bytes each so many seconds, and the second in which it is over.
        ("/reads", 1, 500, 500, None),
        ("/reads", 1, 490, 500, Some(30)),
        ("/reads", 10, 5_000, 500, None),
        ("/reads", 25, 1, 500, Some(30)),
        ("/reads", 25, 1, 0, None),
        ("/reads", 40, 1, 0, Some(30)),
        ("/waits", 25, 1, 500, None),
    ] {
        let mut now = Clock::new().read();
        let limits = Limits {
            body_rate_min: least,
            ..Limits::default()
        };
        let mut engine = Engine::new(limits, Version::Http11, now.mono);
        let pieces = Pieces::default();
        let key = engine.insert(pieces.clone(), (None, None), now.mono);
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
        pieces.0.borrow_mut().push_back(head.into_bytes());
        let mut over = None;
        for second in 0..SECONDS {
            if second % each == each - 1 {
                pieces.0.borrow_mut().push_back(vec![b'x'; bytes]);
            }
            if !pieces.0.borrow().is_empty() {
                engine.announce(key, READABLE);
            }
            for _ in 0..2 {
                engine.run(&mut poller.host(&mut Reader, &now));
            }
            if pieces.1.borrow().starts_with(b"HTTP/1.1 408 ") {
                over = Some(second);
                break;
            }
            now.mono += Duration::from_secs(1);
        }
        let is_near = |over: u64| want.is_some_and(|want| (want..want + 16).contains(&over));
        let is_right = over.map_or(want.is_none(), is_near);
        assert!(is_right, "{path} {bytes} bytes each {each} s: {over:?}");
    }
}

/// A transport whose files lie on a slow disk: so often their bytes are not there when they are
/// asked for.
#[derive(Clone, Default)]
struct SlowDisk {
    requests: Pieces,
    absent: Rc<RefCell<usize>>,
    asked: Rc<RefCell<usize>>,
}

impl Transport for SlowDisk {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        self.requests.read(buf, len)
    }

    fn write(&mut self, bytes: &[u8], more: bool) -> io::Result<usize> {
        self.requests.write(bytes, more)
    }

    fn send_file(&mut self, _: BorrowedFd<'_>, _: u64, len: usize) -> io::Result<usize> {
        *self.asked.borrow_mut() += 1;
        let mut absent = self.absent.borrow_mut();
        if *absent > 0 {
            *absent -= 1;
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        self.requests.write(&vec![b'x'; len], false)
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Answers with a file.
struct Disk(crate::SharedFile, u64);

impl Handler for Disk {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let (file, range) = (self.0.clone(), 0..self.1);
        Response::new(Status::OK)
            .with_body(Body::File { file, range })
            .into()
    }
}

#[test]
fn a_file_that_is_not_in_memory_yet_is_asked_for_again_after_its_time_and_not_before() {
    const ABSENT: usize = 5;
    const LEN: usize = 100_000;
    let poller = Poller::new();
    let mut clock = Clock::new();
    let mut now = clock.read();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let file = tempfile::tempfile().unwrap();
    file.set_len(LEN as u64).unwrap();
    let mut handler = Disk(file.into(), LEN as u64);
    let disk = SlowDisk::default();
    disk.absent.replace(ABSENT);
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    disk.requests.0.borrow_mut().push_back(request.to_vec());
    let key = engine.insert(disk.clone(), (None, None), now.mono);
    engine.announce(key, READABLE);
    for round in 1..=ABSENT {
        engine.run(&mut poller.host(&mut handler, &now));
        assert_eq!(*disk.asked.borrow(), round);
        // Others have their turns meanwhile, and the poller its rest.
        assert!(!engine.is_ready());
        let next = engine.next_deadline().unwrap();
        assert!(next > now.mono && next <= now.mono + 2 * DISK_TIME);
        now = clock.at(next, now.wall);
    }
    engine.run(&mut poller.host(&mut handler, &now));
    let sent = disk.requests.1.borrow();
    assert!(sent.ends_with(&vec![b'x'; LEN]));
    let next = engine.next_deadline().unwrap();
    assert!(next > now.mono + 2 * DISK_TIME, "it waits for a request");
}
