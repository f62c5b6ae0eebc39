//! Listeners whose crowds have no end.

use std::cell::Cell;
use std::rc::Rc;

use rustix::io::Errno;

use super::*;
use crate::handler::{Cx, Reply, Request, Response};
use crate::http::limits::{HEALTH_GUEST_TIME, Limits};
use crate::http::method::Version;
use crate::http::status::Status;
use crate::http::target::UrlPath;
use crate::reactor::clock::{Clock, Now};
use crate::testing::poller::Poller;

/// A peer that says nothing.
pub(super) struct Silence;

impl Transport for Silence {
    fn read(&mut self, _: &mut Vec<u8>, _: usize) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts who was taken from it.
struct Crowd(Rc<Cell<usize>>);

impl Listen for Crowd {
    type Taken = Silence;

    fn accept(&mut self) -> io::Result<(Silence, Addrs)> {
        self.0.set(self.0.get() + 1);
        Ok((Silence, (None, None)))
    }

    fn has_waiting(&self) -> bool {
        true
    }

    fn register(_: &mut Silence, _: &mio::Registry, _: mio::Token) -> io::Result<()> {
        Ok(())
    }
}

/// Whose connections say nothing is asked nothing.
pub(super) struct Nothing;

impl Handler for Nothing {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Response::new(Status::OK).into()
    }
}

#[test]
fn connections_are_as_many_as_asked_for_and_4096_if_nobody_asks() {
    for (asked, free, want) in [
        (Limits::default().connections_max, 1_000_000, 4096),
        // As many as there can be, and no more than that.
        (0, 1_000_000, 998_960),
        (18_951, 1_000_000, 18_951),
        (7, 1_000_000, 7),
        (0, 1024, 504),
        (18_951, 1024, 504),
        (0, 0, 1),
    ] {
        assert_eq!(connections_max(asked, free), want, "{asked} of {free}");
    }
}

#[test]
fn a_crowd_at_one_listener_shuts_nobody_out_at_another() {
    let poller = Poller::new();
    let mut handler = Nothing;
    let now = Clock::new().read();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let taken: Vec<Rc<Cell<usize>>> = (0..3).map(|_| Rc::default()).collect();
    let mut listeners = Listeners::new();
    for count in &taken {
        listeners.add(Crowd(count.clone()));
    }
    for turn in 1..=taken.len() {
        listeners.accept(&mut engine, &mut poller.host(&mut handler, &now));
        assert_eq!(engine.len(), turn * ACCEPTS_PER_TURN);
    }
    let counts: Vec<usize> = taken.iter().map(|count| count.get()).collect();
    assert_eq!(counts, [ACCEPTS_PER_TURN; 3]);
}

#[test]
fn past_the_most_there_is_one_guest_where_health_is_answered_and_none_elsewhere() {
    let poller = Poller::new();
    let (mut handler, mut now) = (Nothing, Clock::new().read());
    let start = now.mono;
    for (health, want) in [(None, 2), (UrlPath::decode(b"/healthz").ok(), 3)] {
        now.mono = start;
        let engine = Engine::new(Limits::default(), Version::Http11, now.mono);
        let mut engine = engine.with_health(health);
        let mut listeners = Listeners::new();
        listeners.set_limit(2);
        listeners.add(Crowd(Rc::default()));
        listeners.accept(&mut engine, &mut poller.host(&mut handler, &now));
        assert_eq!((engine.len(), engine.keeps_place()), (want, false));
        if want == 3 {
            for (after, len) in [
                (HEALTH_GUEST_TIME - Duration::from_millis(1), 3),
                (HEALTH_GUEST_TIME, 2),
            ] {
                now.mono = start + after;
                engine.run(&mut poller.host(&mut handler, &now));
                assert_eq!((engine.len(), engine.keeps_place()), (len, len == 2));
            }
            assert_eq!(engine.next_deadline().map(|at| at > now.mono), Some(true));
        }
        // Whoever makes room makes it for the guest first; there is never more than one.
        now.mono += Duration::from_secs(2);
        listeners.accept(&mut engine, &mut poller.host(&mut handler, &now));
        assert_eq!((engine.len(), engine.keeps_place()), (want, false));
    }
}

#[test]
fn who_was_taken_elsewhere_has_a_place_by_the_same_rules() {
    let poller = Poller::new();
    let (mut handler, mut now) = (Nothing, Clock::new().read());
    let busy = Some(io::ErrorKind::ResourceBusy);
    for (health, most) in [(None, 2), (UrlPath::decode(b"/healthz").ok(), 3)] {
        let engine = Engine::new(Limits::default(), Version::Http11, now.mono);
        let mut engine = engine.with_health(health);
        let mut listeners = Listeners::<Crowd>::new();
        listeners.set_limit(2);
        let mut adopt = |now: &Now, engine: &mut Engine<Silence>| {
            let came = (Silence, (None, None));
            let adopted = listeners.adopt(came, engine, &mut poller.host(&mut handler, now));
            (adopted.err().map(|error| error.kind()), engine.len())
        };
        for count in 1..=most {
            assert_eq!(adopt(&now, &mut engine), (None, count));
        }
        assert_eq!(adopt(&now, &mut engine), (busy, most));
        // The room that is made may be that of the guest, whose place the next one has then.
        now.mono += Duration::from_secs(2);
        for _ in 0..2 {
            assert_eq!(adopt(&now, &mut engine), (None, most));
            assert!(!engine.keeps_place());
        }
    }
}

/// Peers that come from these addresses, in order.
struct From(VecDeque<u8>);

impl Listen for From {
    type Taken = Silence;

    fn accept(&mut self) -> io::Result<(Silence, Addrs)> {
        let last = self.0.pop_front().ok_or(io::ErrorKind::WouldBlock)?;
        let peer = std::net::SocketAddr::from(([10, 0, 0, last], 1));
        Ok((Silence, (Some(peer), None)))
    }

    fn has_waiting(&self) -> bool {
        !self.0.is_empty()
    }

    fn register(_: &mut Silence, _: &mio::Registry, _: mio::Token) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn nobody_makes_room_for_who_has_as_many_as_it_may() {
    let (poller, mut handler) = (Poller::new(), Lines::default());
    let mut now = Clock::new().read();
    let limits = Limits {
        connections_per_peer_max: 2,
        ..Limits::default()
    };
    let engine = Engine::new(limits, Version::Http11, now.mono);
    let mut engine = engine.with_health(UrlPath::decode(b"/healthz").ok());
    let mut listeners = Listeners::new();
    listeners.set_limit(3);
    listeners.add(From([1, 1, 1, 2, 1].into()));
    listeners.accept(&mut engine, &mut poller.host(&mut handler, &now));
    assert_eq!(engine.len(), 3);
    let told = |count| format!("connections refused by --per-peer: {count}, the last of this peer");
    assert_eq!(handler.0, [told(2)]);
    // All of them could make room now, and a guest could come.
    now.mono += Duration::from_secs(9);
    listeners.entries[0].listener.0.extend([1; 9]);
    listeners.mark(1);
    listeners.accept(&mut engine, &mut poller.host(&mut handler, &now));
    assert!(engine.keeps_place() && engine.len() == 3);
    assert_eq!(handler.0.pop(), Some(told(9)));
    // It is the first to lose one for somebody else.
    listeners.entries[0].listener.0.extend([3, 1]);
    listeners.mark(1);
    listeners.accept(&mut engine, &mut poller.host(&mut handler, &now));
    let counts: Vec<usize> = engine.peers().iter().map(|(_, count)| *count).collect();
    // Then it may have one again, and somebody loses one for that.
    assert_eq!(counts.iter().sum::<usize>(), 3);
}

#[test]
fn who_is_taken_and_finds_no_room_keeps_its_turn() {
    let (poller, mut handler) = (Poller::new(), Lines::default());
    let mut now = Clock::new().read();
    let limits = Limits {
        connections_per_peer_max: 2,
        ..Limits::default()
    };
    let mut engine = Engine::new(limits, Version::Http11, now.mono);
    let mut listeners = Listeners::new();
    listeners.set_limit(2);
    listeners.add(From([1, 2, 3].into()));
    listeners.accept(&mut engine, &mut poller.host(&mut handler, &now));
    // Those who have just come make no room; the third is not lost, and nothing spins.
    assert!(engine.len() == 2 && listeners.in_hand.is_some());
    assert!(!listeners.is_ready(2) && listeners.is_ready(1));
    now.mono += Duration::from_secs(1);
    listeners.accept(&mut engine, &mut poller.host(&mut handler, &now));
    assert!(engine.len() == 2 && listeners.in_hand.is_none());
    let third = crate::http::peer::PeerKey::V4(0x0a00_0003);
    assert!(engine.peers().contains(&(third, 1)));
    // At the end whoever is in hand is told to come again.
    listeners.entries[0].listener.0.extend([4, 5]);
    listeners.mark(1);
    listeners.accept(&mut engine, &mut poller.host(&mut handler, &now));
    assert!(listeners.in_hand.is_some());
    listeners.close();
    assert!(listeners.in_hand.is_none() && !listeners.is_ready(0));
}

/// Fails once in each turn in which it was told to, and lets somebody in otherwise.
struct Fails {
    error: Errno,
    is_due: Rc<Cell<bool>>,
    always: bool,
    waits: bool,
    calls: Rc<Cell<usize>>,
}

impl Listen for Fails {
    type Taken = Silence;

    fn accept(&mut self) -> io::Result<(Silence, Addrs)> {
        self.calls.set(self.calls.get() + 1);
        match self.is_due.replace(self.always) {
            true => Err(self.error.into()),
            false => Ok((Silence, (None, None))),
        }
    }

    fn has_waiting(&self) -> bool {
        self.waits
    }

    fn register(_: &mut Silence, _: &mio::Registry, _: mio::Token) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps the lines of the error log.
#[derive(Default)]
struct Lines(Vec<String>);

impl Handler for Lines {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Response::new(Status::OK).into()
    }

    fn log(&mut self, entry: crate::handler::Log<'_>) {
        if let crate::handler::Log::Error { message, .. } = entry {
            self.0.push(message.into());
        }
    }
}

/// What is seen of some turns: calls of `accept`, log lines, a pause, readiness, connections.
#[derive(Debug, PartialEq)]
struct Seen(usize, usize, bool, bool, usize);

/// Has a listener fail with this in turns at these milliseconds, beside `old` connections that are
/// a second old and have said nothing.
fn seen(error: Errno, always: bool, waits: bool, old: usize, at: &[u64]) -> Seen {
    let poller = Poller::new();
    let mut handler = Lines::default();
    let mut now = Clock::new().read();
    let start = now.mono + Duration::from_secs(1);
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    for _ in 0..old {
        engine.insert(Silence, (None, None), now.mono);
    }
    let (is_due, calls) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(0)));
    let mut listeners = Listeners::new();
    listeners.set_limit(connections_max(0, 1_000_000));
    listeners.add(Fails {
        error,
        is_due: is_due.clone(),
        always,
        waits,
        calls: calls.clone(),
    });
    for at in at {
        is_due.set(true);
        now.mono = start + Duration::from_millis(*at);
        listeners.accept(&mut engine, &mut poller.host(&mut handler, &now));
    }
    let is_ready = listeners.is_ready(engine.len());
    let pauses = listeners.next().is_some();
    assert!(!pauses || !is_ready, "it pauses");
    Seen(calls.get(), handler.0.len(), pauses, is_ready, engine.len())
}

#[test]
fn each_failure_to_take_somebody_has_its_consequence() {
    const TURN: usize = ACCEPTS_PER_TURN;
    // Nobody is there any more: the next one.
    for error in [Errno::INTR, Errno::CONNABORTED, Errno::PROTO] {
        let want = Seen(TURN, 0, false, true, TURN - 1);
        assert_eq!(seen(error, false, true, 0, &[0]), want, "{error:?}");
    }
    let none = Seen(1, 0, false, false, 0);
    assert_eq!(seen(Errno::WOULDBLOCK, true, true, 0, &[0]), none);
    for error in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM] {
        let case = format!("{error:?}");
        // Nobody waits.
        assert_eq!(seen(error, true, false, 0, &[0]), none, "{case}");
        // Somebody does, and nobody can make room.
        let pause = Seen(1, 1, true, false, 0);
        assert_eq!(seen(error, true, true, 0, &[0]), pause, "{case}");
        // One makes room, which is enough, or is not: then no other does.
        let room = Seen(TURN, 0, false, true, TURN - 1);
        assert_eq!(seen(error, false, true, 1, &[0]), room, "{case}");
        let scarce = Seen(2, 1, true, false, 2);
        assert_eq!(seen(error, true, true, 3, &[0]), scarce, "{case}");
    }
    // What nobody knows makes no room.
    let other = Seen(1, 1, true, false, 3);
    assert_eq!(seen(Errno::INVAL, true, true, 3, &[0]), other);
}

#[test]
fn who_waits_for_a_second_is_told_and_the_log_hears_of_it_once_in_that_time() {
    let error = Errno::MFILE;
    // In its pause it is not asked.
    assert_eq!(seen(error, false, true, 0, &[0, 50]).0, 1);
    assert_eq!(
        seen(error, false, true, 0, &[0, 999]),
        Seen(2, 1, true, false, 0)
    );
    // The one who was told was taken for it, and is no connection.
    assert_eq!(
        seen(error, false, true, 0, &[0, 999, 1100]),
        Seen(4, 2, true, false, 0)
    );
}

#[test]
fn a_pause_ends_with_a_connection_and_closed_listeners_are_asked_no_more() {
    let mut listeners = Listeners::new();
    let key = |listeners: &Listeners<Crowd>| token::decode(listeners.next_token());
    assert_eq!(key(&listeners), (1, SERVER));
    listeners.add(Crowd(Rc::default()));
    assert_eq!(key(&listeners), (2, SERVER));
    let (poller, mut handler, now) = (Poller::new(), Nothing, Clock::new().read());
    let registry = poller.host(&mut handler, &now).registry;
    let now = now.mono;
    listeners.begin_pause(now, 3, registry);
    assert!(!listeners.is_ready(4) && !listeners.is_ready(3) && listeners.is_ready(2));
    assert_eq!(listeners.next(), Some(now + PAUSE_TIME));
    listeners.close();
    assert!(!listeners.is_ready(0));
    assert_eq!(listeners.next(), None);
}
