//! Connections are counted by their peers, and each ceases to be one once, whatever its end.

use std::cell::Cell;
use std::net::SocketAddr;

use super::*;
use crate::http::limits::{DRAIN_LAP_TIME, SHED_STALL_TIME};
use crate::http::peer::PeerKey;
use crate::reactor::clock::Now;

/// Gives these pieces (an empty one is the end of the stream), and takes nothing if it is stuck.
#[derive(Clone, Default)]
struct Line {
    pieces: Rc<RefCell<VecDeque<io::Result<Vec<u8>>>>>,
    is_stuck: Rc<Cell<bool>>,
}

impl Transport for Line {
    fn read(&mut self, buf: &mut Vec<u8>, _: usize) -> io::Result<usize> {
        let piece = self.pieces.borrow_mut().pop_front();
        let piece = piece.unwrap_or_else(|| Err(io::ErrorKind::WouldBlock.into()))?;
        buf.extend_from_slice(&piece);
        Ok(piece.len())
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        match self.is_stuck.get() {
            true => Err(io::ErrorKind::WouldBlock.into()),
            false => Ok(bytes.len()),
        }
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says nothing on a connection that is switched; ends its side at once, or waits for a year.
struct Quiet(bool);

impl Exchange for Quiet {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        Ok(chunk.len())
    }

    fn pull(&mut self, _: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        cx.set_deadline(Some(cx.now() + 365 * 86_400 * SECOND));
        Ok(if self.0 { Pull::Done } else { Pull::Pending })
    }
}

/// Waits for ever, switches, or panics.
struct WaitsOrPanics;

impl Handler for WaitsOrPanics {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        match req.path() {
            "/panic" => panic!("as asked"),
            "/ok" => Response::new(Status::OK).into(),
            "/switch" => Response::upgrade("quiet", Quiet(false)).into(),
            "/bye" => Response::upgrade("quiet", Quiet(true)).into(),
            _ => Waits.handle(req, cx),
        }
    }
}

/// An engine with two connections of one peer, of which one waits for an answer for ever.
struct Pair {
    poller: Poller,
    engine: Engine<Line>,
    now: Now,
    key: Key,
    line: Line,
}

fn peer(last: u8, port: u16) -> Addrs {
    (Some(SocketAddr::from(([10, 0, 0, last], port))), None)
}

const PEER: PeerKey = PeerKey::V4(0x0a00_0001);

impl Pair {
    fn new() -> Pair {
        let limits = Limits {
            connections_per_peer_max: 2,
            ..Limits::default()
        };
        let now = Clock::new().read();
        let start = now.mono;
        let engine = Engine::new(limits, Version::Http11, start);
        let mut pair = Pair {
            poller: Poller::new(),
            engine: engine.with_health(UrlPath::decode(b"/healthz").ok()),
            now,
            key: 0,
            line: Line::default(),
        };
        pair.key = pair.engine.insert(pair.line.clone(), peer(1, 1), start);
        pair.say("GET /before HTTP/1.1\r\nHost: a\r\n\r\n");
        pair.line = Line::default();
        pair.key = pair.engine.insert(pair.line.clone(), peer(1, 2), start);
        pair
    }

    fn turn(&mut self) {
        for _ in 0..3 {
            self.engine
                .run(&mut self.poller.host(&mut WaitsOrPanics, &self.now));
        }
    }

    fn hear(&mut self, piece: io::Result<Vec<u8>>) {
        self.line.pieces.borrow_mut().push_back(piece);
        self.engine.announce(self.key, READABLE);
        self.turn();
    }

    fn say(&mut self, text: &str) {
        self.hear(Ok(text.into()));
    }

    fn after(&mut self, time: Duration) {
        self.now.mono += time;
        self.turn();
    }

    fn lingers(&self) {
        assert_eq!((self.engine.len(), self.counts()), (2, vec![(PEER, 1)]));
        assert!(!self.engine.refuses(&peer(1, 3)), "there is room again");
    }

    fn stays(&self) {
        assert_eq!((self.engine.len(), self.counts()), (2, vec![(PEER, 2)]));
        assert!(self.engine.plan_room(self.now.mono, 1).is_empty());
    }

    fn make_room(&mut self) {
        self.now.mono += SECOND;
        let mut plan = self.engine.plan_room(self.now.mono, 1);
        let mut handler = WaitsOrPanics;
        let mut host = self.poller.host(&mut handler, &self.now);
        assert!(self.engine.shed(&mut plan, &mut host));
    }

    fn counts(&self) -> Vec<(PeerKey, usize)> {
        self.engine.peers()
    }
}

const SECOND: Duration = Duration::from_secs(1);
const OK: &str = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n";

fn switch(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: quiet\r\n\r\n")
}

/// What an end is, how it comes, and how many connections are left.
type ConnectionEnd = (&'static str, fn(&mut Pair), usize);

const ENDS: &[ConnectionEnd] = &[
    ("its peer ends it", |pair| pair.hear(Ok(Vec::new())), 1),
    (
        "its peer resets it",
        |pair| pair.hear(Err(io::ErrorKind::ConnectionReset.into())),
        1,
    ),
    ("nothing comes", |pair| pair.after(20 * SECOND), 1),
    (
        "half a head comes",
        |pair| {
            pair.say("GET");
            pair.after(20 * SECOND);
            pair.lingers();
            pair.hear(Ok(Vec::new()));
        },
        1,
    ),
    (
        "it is idle",
        |pair| {
            pair.say(OK);
            pair.after(15 * SECOND);
        },
        1,
    ),
    (
        "what comes is wrong, and it lingers to its end",
        |pair| {
            pair.say("G?T\0\r\n\r\n");
            pair.lingers();
            pair.after(LINGER_TIME);
        },
        1,
    ),
    (
        "the same, and its peer goes on",
        |pair| {
            pair.say("G?T\0\r\n\r\n");
            for _ in 0..LINGER_TIME_MAX.as_secs() {
                pair.lingers();
                pair.say("x");
                pair.after(SECOND);
            }
        },
        1,
    ),
    (
        "its last answer is out",
        |pair| {
            pair.say("GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            pair.lingers();
            pair.hear(Ok(Vec::new()));
        },
        1,
    ),
    (
        "its answer is not taken",
        |pair| {
            pair.line.is_stuck.set(true);
            pair.say(OK);
            pair.after(300 * SECOND);
        },
        1,
    ),
    (
        "its handler panics",
        |pair| pair.say("GET /panic HTTP/1.1\r\nHost: a\r\n\r\n"),
        1,
    ),
    ("it makes room", Pair::make_room, 1),
    (
        "it is switched, its peer reads nothing, and it makes room",
        |pair| {
            pair.line.is_stuck.set(true);
            pair.say(&switch("/switch"));
            pair.after(SHED_STALL_TIME);
            pair.make_room();
        },
        1,
    ),
    (
        "it is switched, and both sides end",
        |pair| {
            pair.say(&switch("/bye"));
            pair.stays();
            pair.hear(Ok(Vec::new()));
        },
        1,
    ),
    (
        "it makes room while it lingers",
        |pair| {
            pair.say("G?T\0\r\n\r\n");
            pair.lingers();
            pair.make_room();
        },
        1,
    ),
    (
        "it was a guest",
        |pair| {
            pair.engine.seat_guest(pair.key, pair.now.mono);
            pair.after(HEALTH_GUEST_TIME);
        },
        1,
    ),
    (
        "a drain finds it idle",
        |pair| {
            pair.engine.leave(9 * SECOND, pair.now.mono);
            pair.engine.drain();
            pair.turn();
            // It may just have sent a request.
            pair.after(DRAIN_LAP_TIME);
        },
        1,
    ),
    (
        "the end of a drain cuts all",
        |pair| {
            pair.engine.leave(Duration::ZERO, pair.now.mono);
            pair.engine.drain();
            pair.turn();
        },
        0,
    ),
];

#[test]
fn whatever_the_end_of_a_connection_its_peer_has_one_less() {
    for (what, end, left) in ENDS {
        let mut pair = Pair::new();
        assert_eq!(pair.counts(), [(PEER, 2)], "{what}");
        assert!(pair.engine.refuses(&peer(1, 3)), "{what}");
        assert!(!pair.engine.refuses(&peer(2, 3)), "{what}");
        end(&mut pair);
        assert_eq!(pair.engine.len(), *left, "{what}");
        let want = vec![(PEER, 1); *left];
        assert_eq!(pair.counts(), want, "{what}");
    }
}

#[test]
fn a_switched_connection_makes_no_room_however_quiet_and_is_one_of_its_peers() {
    for path in ["/switch", "/bye"] {
        let mut pair = Pair::new();
        pair.say(&switch(path));
        for time in [
            Duration::ZERO,
            SHED_STALL_TIME,
            3600 * SECOND,
            86_400 * SECOND,
        ] {
            pair.after(time);
            pair.stays();
            assert!(pair.engine.refuses(&peer(1, 3)), "{path}");
        }
    }
}

#[test]
fn who_has_no_address_and_who_comes_for_many_is_never_refused() {
    let now = Clock::new().read();
    let limits = Limits {
        connections_per_peer_max: 1,
        ..Limits::default()
    };
    let proxies = TrustedProxies::default().trust("10.0.0.1").unwrap();
    let engine = Engine::new(limits, Version::Http11, now.mono);
    let mut engine = engine.with_proxies(proxies);
    for _ in 0..3 {
        for addrs in [peer(1, 1), (None, None)] {
            assert!(!engine.refuses(&addrs));
            engine.insert(Line::default(), addrs, now.mono);
        }
    }
    assert_eq!(engine.peers(), []);
    let mapped = "[::ffff:10.0.0.2]:1".parse().ok();
    engine.insert(Line::default(), (mapped, None), now.mono);
    assert!(engine.refuses(&peer(2, 9)));
    assert_eq!(engine.peers(), [(PeerKey::V4(0x0a00_0002), 1)]);
}
