//! Listeners whose crowds have no end.

use std::cell::Cell;
use std::rc::Rc;

use super::*;
use crate::handler::{Cx, Reply, Request, Response};
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::http::status::Status;
use crate::reactor::clock::Clock;
use crate::reactor::wake::Handle;

/// A peer that says nothing.
struct Silence;

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

struct Nothing;

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
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
    let (mut handler, handle) = (Nothing, Handle::new(waker));
    let now = Clock::new().read();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let taken: Vec<Rc<Cell<usize>>> = (0..3).map(|_| Rc::default()).collect();
    let mut listeners = Listeners::new();
    for count in &taken {
        listeners.add(Crowd(count.clone()));
    }
    for turn in 1..=taken.len() {
        let mut host = Host {
            handler: &mut handler,
            now: &now,
            registry: poll.registry(),
            handle: &handle,
        };
        listeners.accept(&mut engine, &mut host);
        assert_eq!(engine.len(), turn * ACCEPTS_PER_TURN);
    }
    let counts: Vec<usize> = taken.iter().map(|count| count.get()).collect();
    assert_eq!(counts, [ACCEPTS_PER_TURN; 3]);
}
