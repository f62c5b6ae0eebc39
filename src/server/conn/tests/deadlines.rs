//! What each state of a connection waits for, for how long, and after how long it makes room.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::{Poller, READABLE};
use crate::ExchangeWaker;
use crate::handler::{BodySource, Cx, Exchange, Handler, Pull, Reply, Request, Response, Sink};
use crate::http::limits::{
    BODY_TIME, LINGER_TIME, Limits, PROBE_TIME, PROGRESS_LOOK_TIME, SHED_FRESH_TIME,
    SHED_HEAD_TIME, SHED_STALL_TIME,
};
use crate::http::method::Version;
use crate::http::status::Status;
use crate::reactor::clock::Clock;
use crate::server::engine::Engine;
use crate::server::link::Event;
use crate::server::transport::Transport;

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);
const OWN: Duration = Duration::from_secs(7);

/// A bare stream: what comes, how many bytes go, and those that went.
#[derive(Clone, Default)]
pub struct BareWire(
    Rc<RefCell<VecDeque<Vec<u8>>>>,
    Rc<Cell<usize>>,
    Rc<RefCell<Vec<u8>>>,
);

impl BareWire {
    /// Its peer says this, takes so many bytes, and then ends its stream or not.
    pub fn saying(says: &str, takes: usize, ends: bool) -> BareWire {
        let said = (!says.is_empty()).then(|| says.into());
        BareWire::of(said.into_iter().chain(ends.then(Vec::new)), takes)
    }

    /// Its peer says this piece by piece, an empty one for the end of its stream.
    pub fn of(pieces: impl IntoIterator<Item = Vec<u8>>, takes: usize) -> BareWire {
        let wire = BareWire::default();
        wire.1.set(takes);
        wire.0.borrow_mut().extend(pieces);
        wire
    }

    /// Whether all was read.
    pub fn is_read(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// What its peer was sent.
    pub fn heard(&self) -> String {
        String::from_utf8(self.2.take()).unwrap()
    }
}

impl Transport for BareWire {
    fn read(&mut self, buf: &mut Vec<u8>, _: usize) -> io::Result<usize> {
        let piece = self.0.borrow_mut().pop_front();
        let piece = piece.ok_or(io::ErrorKind::WouldBlock)?;
        buf.extend_from_slice(&piece);
        Ok(piece.len())
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        let taken = bytes.len().min(self.1.get());
        self.1.set(self.1.get() - taken);
        self.2.borrow_mut().extend_from_slice(&bytes[..taken]);
        match taken {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            taken => Ok(taken),
        }
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn is_bare(&self) -> bool {
        true
    }
}

/// Never answers, and does with a body as its path says.
struct Slow(String);

impl Exchange for Slow {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        Ok(if self.0 == "/reads" { chunk.len() } else { 0 })
    }

    fn wants_body(&self) -> bool {
        self.0 == "/reads"
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        Poll::Pending
    }
}

/// A source that has a byte, and then waits.
struct Trickle(bool);

impl BodySource for Trickle {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        if !std::mem::replace(&mut self.0, true) {
            out.put(b"x");
        }
        Ok(Pull::Pending)
    }
}

/// Keeps wakers, so that nobody takes an exchange for forgotten.
#[derive(Default)]
struct Site(Vec<ExchangeWaker>);

impl Handler for Site {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let ok = Response::new(Status::OK);
        match req.path() {
            "/ok" => ok.into(),
            "/large" => ok.bytes(vec![b'x'; 100_000]).into(),
            "/trickles" => {
                self.0.push(cx.waker());
                ok.source(Trickle(false)).into()
            }
            path => {
                self.0.push(cx.waker());
                if path == "/timed" {
                    cx.set_deadline(Some(cx.now() + OWN));
                }
                Reply::exchange(Slow(path.into()))
            }
        }
    }
}

pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

pub fn post(path: &str, field: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n{field}\r\n")
}

/// The state, what the peer says, the bytes that it takes, whether it ends its stream; when
/// the connection is looked at, and after how long it may be closed to make room, if ever.
type StateRow = (
    &'static str,
    String,
    usize,
    bool,
    Option<Duration>,
    Option<Duration>,
);

const ALL: usize = usize::MAX;
const FIRST_LOOK: Option<Duration> = Some(Duration::from_millis(1250));
const FRESH: Option<Duration> = Some(SHED_FRESH_TIME);
const STALL: Option<Duration> = Some(SHED_STALL_TIME);
const _: () = assert!(PROGRESS_LOOK_TIME.as_millis() == 8 * 1250);

fn row(
    state: &'static str,
    says: impl Into<String>,
    deadline: Option<Duration>,
    goes: Option<Duration>,
) -> StateRow {
    (state, says.into(), ALL, false, deadline, goes)
}

/// Where no response is made.
fn requests() -> Vec<StateRow> {
    let limits = Limits::default();
    let (whole, idle) = (Some(limits.head_time), Some(limits.idle_time));
    let (head, body) = (Some(SHED_HEAD_TIME), Some(BODY_TIME / 2));
    let expect = "Expect: 100-continue\r\n";
    let second = get("/ok") + "GET /";
    vec![
        row("just taken", "", whole, FRESH),
        row("half a head", "GET /", whole, head),
        row("an empty line", "\r\n", whole, FRESH),
        row("idle", get("/ok"), idle, Some(Duration::ZERO)),
        row("half a second head", second, whole, head),
        row("a body", post("/reads", "") + "x", body, None),
        row("a body asked for", post("/reads", expect), body, None),
        row("a body not asked for", post("/never", expect), None, None),
        row("a body not taken", post("/never", "") + "x", None, None),
        row("a body unwanted", post("/ok", ""), Some(BODY_TIME), FRESH),
    ]
}

/// Where one is, or our side has ended.
fn answers() -> Vec<StateRow> {
    let (own, linger) = (Some(OWN), Some(LINGER_TIME));
    let closes = "GET /ok HTTP/1.0\r\n\r\n";
    let sends_on = format!("{closes}x");
    let reader = |state, path, takes| (state, get(path), takes, false, FIRST_LOOK, STALL);
    let half = |state, path, deadline| (state, get(path), ALL, true, deadline, None);
    vec![
        row("no answer yet", get("/never"), None, None),
        row("no answer, a deadline", get("/timed"), own, None),
        half("no answer, half closed", "/never", Some(PROBE_TIME)),
        row("a silent source", get("/trickles"), None, None),
        // The kernel looks after it: see `watch_peer`.
        half("a silent source, half closed", "/trickles", None),
        reader("a reader that stalls", "/large", 999),
        reader("a reader that has taken nothing", "/ok", 0),
        reader("a source with such a reader", "/trickles", 9),
        row("our side is ended", "BAD\r\n\r\n", linger, FRESH),
        row("closed by both", closes, Some(Duration::ZERO), None),
        row("closed by both, and more comes", sends_on, linger, FRESH),
    ]
}

#[test]
fn every_joint_state_has_its_deadline_and_its_time_to_make_room() {
    let poller = Poller::new();
    for (state, says, takes, ends, deadline, goes) in requests().into_iter().chain(answers()) {
        let now = Clock::new().read();
        let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
        let wire = BareWire::saying(&says, takes, ends);
        let key = engine.insert(wire, (None, None), now.mono);
        engine.announce(
            key,
            Event {
                read_closed: ends,
                ..READABLE
            },
        );
        let mut site = Site::default();
        for _ in 0..3 {
            engine.run(&mut poller.host(&mut site, &now));
        }
        let after = |at: Instant| at - now.mono;
        let Some(look) = engine.look().pop() else {
            assert_eq!(deadline, Some(Duration::ZERO), "{state}: it is gone");
            continue;
        };
        assert_eq!(look.conn.deadline.map(after), deadline, "{state}");
        assert!(look.armed || deadline.is_none(), "{state}");
        let may_go = |after| !engine.plan_room(now.mono + after, 1).is_empty();
        match goes {
            Some(goes) => {
                assert!(!may_go(goes), "{state}: {goes:?} is not over");
                assert!(may_go(goes + MS), "{state}: {goes:?} is over");
            }
            None => assert!(!may_go(HOUR), "{state}: it lives"),
        }
    }
}
