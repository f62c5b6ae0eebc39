//! What comes of a state that lasts too long, and of exchanges that nobody will call again.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::deadlines::{BareWire, get, post};
use super::{Poller, READABLE};
use crate::ExchangeWaker;
use crate::handler::{
    Body, BodySource, Cx, Exchange, Handler, Log, Pull, Reply, Request, Response, Sink,
};
use crate::http::limits::{BODY_TIME, LINGER_TIME, Limits, PROBE_TIME, PROGRESS_LOOK_TIME};
use crate::http::method::Version;
use crate::http::status::Status;
use crate::reactor::clock::Clock;
use crate::server::engine::Engine;
use crate::server::link::Event;
use crate::server::transport::Transport;

/// Takes bodies, and never ends an answer; counts how often it is asked.
struct Endless {
    streams: bool,
    asked: Rc<Cell<usize>>,
}

impl Exchange for Endless {
    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        self.asked.set(self.asked.get() + 1);
        match self.streams {
            true => Poll::Ready(Ok(Response::new(Status::OK).with_body(Body::Streamed(None)))),
            false => Poll::Pending,
        }
    }

    fn pull(&mut self, _: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        Ok(Pull::Pending)
    }
}

impl BodySource for Endless {
    fn pull(&mut self, _: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        self.asked.set(self.asked.get() + 1);
        Ok(Pull::Pending)
    }
}

/// Answers with what never ends; where the path says so, somebody could wake it.
#[derive(Default)]
struct Careless {
    wakers: Vec<ExchangeWaker>,
    lines: Rc<RefCell<Vec<String>>>,
    asked: Rc<Cell<usize>>,
}

impl Handler for Careless {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let ok = Response::new(Status::OK);
        let path = req.path();
        if path.starts_with("/kept") {
            self.wakers.push(cx.waker());
        }
        let asked = self.asked.clone();
        let streams = path.ends_with("streams");
        match path {
            "/ok" => ok.into(),
            "/large" => ok.bytes(vec![b'x'; 100_000]).into(),
            _ if path.ends_with("source") => ok.source(Endless { streams, asked }).into(),
            _ => Reply::exchange(Endless { streams, asked }),
        }
    }

    fn log(&mut self, entry: Log<'_>) {
        if let Log::Error { message, .. } = entry {
            self.lines.borrow_mut().push(message.into());
        }
    }
}

/// What is left of a connection: the bytes that it was sent, whether it is gone, and how often its
/// exchange or source was asked.
struct Left {
    text: String,
    is_gone: bool,
    lines: Vec<String>,
    asked: usize,
}

/// What a peer is left with that says this, ends its stream or not, and waits for so long.
fn left(says: &str, takes: usize, ends: bool, waits: Duration) -> Left {
    let poller = Poller::new();
    let mut now = Clock::new().read();
    let start = now.mono;
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let wire = BareWire::saying(says, takes, ends);
    let key = engine.insert(wire.clone(), (None, None), now.mono);
    engine.announce(
        key,
        Event {
            read_closed: ends,
            ..READABLE
        },
    );
    let mut site = Careless::default();
    loop {
        engine.run(&mut poller.host(&mut site, &now));
        let due = engine.next_deadline().filter(|_| !engine.is_ready());
        match due {
            _ if engine.is_ready() => {}
            // A timer fires in whole milliseconds.
            Some(due) if due <= start + waits => now.mono = due + Duration::from_millis(1),
            _ => break,
        }
    }
    Left {
        text: wire.heard(),
        is_gone: engine.len() == 0,
        lines: site.lines.take(),
        asked: site.asked.get(),
    }
}

const ALL: usize = usize::MAX;

#[test]
fn each_deadline_has_its_consequence() {
    let limits = Limits::default();
    let (head, idle, stall) = (limits.head_time, limits.idle_time, limits.stall_time);
    let ms = Duration::from_millis(1);
    let kept = get("/kept");
    let reads = post("/kept", "") + "x";
    let answers = post("/kept/streams", "") + "x";
    let stalls = "response cut: its peer took nothing for 300 s";
    let late = "response cut: request body: body timed out";
    // (what is said, what the peer takes, after how long, how what was said begins, whether the
    // connection is gone, a line of the log)
    for (says, takes, after, begins, is_gone, line) in [
        ("", ALL, head, "", true, None),
        ("\r\n", ALL, head, "", true, None),
        ("GET /", ALL, head, "HTTP/1.1 408 ", false, None),
        (
            "GET /",
            ALL,
            head + LINGER_TIME,
            "HTTP/1.1 408 ",
            true,
            None,
        ),
        (&*get("/ok"), ALL, idle, "HTTP/1.1 200 ", true, None),
        (
            &*post("/ok", ""),
            ALL,
            BODY_TIME,
            "HTTP/1.1 200 ",
            true,
            None,
        ),
        (&*reads, ALL, BODY_TIME, "HTTP/1.1 408 ", false, None),
        (&*answers, ALL, BODY_TIME, "HTTP/1.1 200 ", true, Some(late)),
        (
            &*get("/large"),
            999,
            stall,
            "HTTP/1.1 200 ",
            true,
            Some(stalls),
        ),
        (&*kept, ALL, stall * 9, "", false, None),
    ] {
        let case = format!("{says:.40?} {after:?}");
        let before = left(says, takes, false, after - 2 * ms);
        assert!(!before.is_gone, "{case}: before its time");
        let left = left(says, takes, false, after + 2 * ms);
        assert!(left.text.starts_with(begins), "{case}: {}", left.text);
        assert_eq!(
            left.text.is_empty(),
            begins.is_empty(),
            "{case}: {}",
            left.text
        );
        assert_eq!(left.is_gone, is_gone, "{case}");
        let told = line.is_none_or(|line| left.lines.iter().any(|other| other.starts_with(line)));
        assert!(told, "{case}: {:?}", left.lines);
    }
}

#[test]
fn a_peer_that_has_ended_its_stream_is_asked_once_whether_it_is_there() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\n";
    for (ends, waits, want) in [
        (false, PROBE_TIME * 9, ""),
        (true, PROBE_TIME / 2, ""),
        (true, PROBE_TIME * 9, interim),
    ] {
        let left = left(&get("/kept"), ALL, ends, waits);
        assert_eq!(left.text, want, "{ends} {waits:?}");
        assert!(!left.is_gone);
    }
}

#[test]
fn what_nobody_will_call_again_is_asked_twice_more_and_answered_for() {
    let none = Duration::ZERO;
    // The first call, and two when nothing is left that could wake it.
    let exchange = left(&get("/lost"), ALL, false, none);
    assert!(
        exchange.text.starts_with("HTTP/1.1 500 "),
        "{}",
        exchange.text
    );
    assert_eq!((exchange.asked, exchange.is_gone), (3, false));
    let line = "bug: nothing is left that could wake the exchange";
    assert!(exchange.lines.iter().any(|other| other.contains(line)));
    let source = left(&get("/lost/source"), ALL, false, none);
    assert!(source.text.starts_with("HTTP/1.1 200 "), "{}", source.text);
    assert_eq!((source.asked, source.is_gone), (3, true));
    let line = "bug: nothing is left that could wake the source of a body";
    assert_eq!(source.lines, [line]);
    // Somebody has a waker, or a body is to come.
    for says in [get("/kept"), get("/kept/source"), post("/lost", "") + "x"] {
        let left = left(&says, ALL, false, none);
        assert!(!left.text.contains(" 500 ") && !left.is_gone, "{says}");
        assert!(left.lines.is_empty() && left.asked <= 2, "{says}");
    }
}

/// A stream with layers that has sent all but its farewell: its peer has taken all of what is
/// before that at this second, or stops to take anything at the other one.
#[derive(Clone)]
struct Parting {
    start: Instant,
    now: Rc<Cell<Instant>>,
    room_at: u64,
    stops_at: u64,
    is_due: Rc<Cell<bool>>,
    said: Rc<Cell<bool>>,
}

impl Parting {
    fn second(&self) -> u64 {
        (self.now.get() - self.start).as_secs().min(self.stops_at)
    }

    fn farewell(&self) -> io::Result<()> {
        self.is_due.set(true);
        match self.second() < self.room_at {
            true => Err(io::ErrorKind::WouldBlock.into()),
            false => {
                self.said.set(true);
                Ok(())
            }
        }
    }
}

impl Transport for Parting {
    fn read(&mut self, _: &mut Vec<u8>, _: usize) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn close_write(&mut self) -> io::Result<()> {
        self.farewell()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.farewell()
    }

    fn holds_output(&self) -> bool {
        self.is_due.get() && !self.said.get()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.farewell()
    }

    fn under_way(&self) -> Option<u32> {
        Some(20_000 - self.second() as u32)
    }
}

#[test]
fn a_farewell_has_as_long_as_a_response_to_leave() {
    let limits = Limits::default();
    let (head, stall) = (limits.head_time.as_secs(), limits.stall_time.as_secs());
    let look = PROGRESS_LOOK_TIME.as_secs();
    // (when its peer has room for it, and takes nothing more; whether it is said, and when the
    // connection is gone, in seconds)
    for (room_at, stops_at, is_said, gone) in [
        (0, 0, true, head..head + 1),
        (
            head + 900,
            u64::MAX,
            true,
            head + 900..head + 900 + 2 * look,
        ),
        (
            head + 900,
            head + 1,
            false,
            head + stall..head + stall + 2 * look,
        ),
        (
            head + 900,
            head + 700,
            false,
            head + 700 + stall..head + 700 + stall + 2 * look,
        ),
    ] {
        let poller = Poller::new();
        let mut now = Clock::new().read();
        let start = now.mono;
        let wire = Parting {
            start,
            now: Rc::new(Cell::new(start)),
            room_at,
            stops_at,
            is_due: Rc::default(),
            said: Rc::default(),
        };
        let mut engine = Engine::new(Limits::default(), Version::Http11, start);
        let key = engine.insert(wire.clone(), (None, None), start);
        let mut site = Careless::default();
        while engine.len() > 0 {
            wire.now.set(now.mono);
            if wire.second() >= room_at {
                engine.announce(key, READABLE);
            }
            engine.run(&mut poller.host(&mut site, &now));
            now.mono += Duration::from_secs(1);
        }
        let at = wire.now.get() - start;
        let case = format!("{room_at} {stops_at}: {at:?}");
        assert!(gone.contains(&at.as_secs()), "{case}");
        assert_eq!(wire.said.get(), is_said, "{case}");
    }
}
