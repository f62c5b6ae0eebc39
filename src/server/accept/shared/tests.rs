//! A listener that counts when it goes on a poller, and who is told instead.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::*;
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::reactor::clock::Clock;
use crate::server::accept::tests::{Nothing, Silence};
use crate::server::ends::Addrs;
use crate::server::engine::Engine;
use crate::testing::poller::Poller;

/// How many wait, and what was done with the poller.
#[derive(Default)]
struct Door {
    waiting: usize,
    diary: Vec<&'static str>,
    is_refused: bool,
}

struct Doors(Rc<RefCell<Door>>);

impl Listen for Doors {
    type Taken = Silence;

    fn accept(&mut self) -> io::Result<(Silence, Addrs)> {
        let mut door = self.0.borrow_mut();
        door.waiting = door
            .waiting
            .checked_sub(1)
            .ok_or(io::ErrorKind::WouldBlock)?;
        door.diary.push("taken");
        Ok((Silence, (None, None)))
    }

    fn has_waiting(&self) -> bool {
        self.0.borrow().waiting > 0
    }

    fn watch(&mut self, _: &mio::Registry, _: mio::Token, is_shared: bool) -> io::Result<()> {
        assert!(is_shared);
        let mut door = self.0.borrow_mut();
        door.diary.push("on");
        match door.is_refused {
            true => Err(io::ErrorKind::OutOfMemory.into()),
            false => Ok(()),
        }
    }

    fn unwatch(&mut self, _: &mio::Registry) -> io::Result<()> {
        self.0.borrow_mut().diary.push("off");
        Ok(())
    }

    fn register(_: &mut Silence, _: &mio::Registry, _: mio::Token) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn one_at_a_time_is_taken_and_the_next_one_is_for_others_and_where_there_is_no_room_all_are() {
    let poller = Poller::new();
    let (mut handler, mut now) = (Nothing, Clock::new().read());
    let start = now.mono;
    let mut engine = Engine::new(Limits::default(), Version::Http11, start);
    let group = AcceptGroup::new().unwrap();
    let others = group.try_clone().unwrap();
    let door = Rc::new(RefCell::new(Door::default()));
    let mut listeners = Listeners::new();
    let registry = poller.host(&mut handler, &now).registry;
    listeners.share(group, registry).unwrap();
    listeners.register(Doors(door.clone()), registry).unwrap();
    listeners.set_limit(2);
    let mut turn = |waiting: usize, is_refused: bool, later: u64, engine: &mut Engine<Silence>| {
        door.borrow_mut().waiting = waiting;
        door.borrow_mut().is_refused = is_refused;
        now.mono += Duration::from_millis(later);
        if waiting > 0 {
            listeners.mark(1);
        }
        let mut host = poller.host(&mut handler, &now);
        engine.run(&mut host);
        listeners.accept(engine, &mut host);
        (
            std::mem::take(&mut door.borrow_mut().diary),
            others.was_nudged(),
        )
    };
    let calm = |diary: &[&'static str]| (diary.to_vec(), false);
    assert_eq!(
        turn(3, false, 0, &mut engine),
        calm(&["on", "taken", "off", "on"])
    );
    assert_eq!(
        turn(2, false, 0, &mut engine),
        calm(&["taken", "off", "on"])
    );
    // There is no room: others are told, once.
    assert_eq!(turn(1, false, 0, &mut engine), (vec!["off"], true));
    assert_eq!(turn(1, false, 0, &mut engine), calm(&[]));
    assert_eq!(turn(1, false, 100, &mut engine), calm(&[]));
    // Another one has taken it.
    assert_eq!(turn(0, false, 100, &mut engine), calm(&["on"]));
    // The poller has no memory for a while.
    assert_eq!(turn(1, false, 0, &mut engine), (vec!["off"], true));
    let mut engine = Engine::new(Limits::default(), Version::Http11, start);
    for is_refused in [true, true, false] {
        assert_eq!(turn(0, is_refused, 0, &mut engine), calm(&["on"]));
    }
    assert_eq!(turn(0, false, 0, &mut engine), calm(&[]));
}
