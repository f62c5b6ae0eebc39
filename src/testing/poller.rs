//! A poller for what is driven without sockets.

use std::cell::RefCell;
use std::time::Duration;

use crate::reactor::clock::Now;
#[cfg(any(test, fuzzing))]
use crate::reactor::token::CHILD;
use crate::reactor::token::{self, Key, SERVER, SOCKET};
use crate::reactor::wake::Handle;
use crate::server::drive::Host;

/// A poller, for the ends of children: nothing else is ever registered with it.
pub struct Poller {
    poll: RefCell<mio::Poll>,
    registry: mio::Registry,
    pub handle: Handle,
}

impl Poller {
    /// Opens it.
    pub fn new() -> Poller {
        let poll = mio::Poll::new().expect("a poller");
        let token = token::encode(0, SERVER);
        let waker = mio::Waker::new(poll.registry(), token).expect("a waker");
        let handle = Handle::new(waker);
        let registry = poll.registry().try_clone().expect("a registry");
        let poll = poll.into();
        Poller {
            poll,
            registry,
            handle,
        }
    }

    /// The host of an engine that this handler is served by.
    pub fn host<'a, H>(&'a self, handler: &'a mut H, now: &'a Now) -> Host<'a, H> {
        Host {
            handler,
            now,
            registry: &self.registry,
            handle: &self.handle,
        }
    }

    /// Where sources and children are registered.
    pub fn registry(&self) -> &mio::Registry {
        &self.registry
    }

    /// What sources and children have to tell, and that the handle was used.
    pub fn events(&self) -> Vec<(Key, u8)> {
        let mut events = mio::Events::with_capacity(64);
        let polled = self
            .poll
            .borrow_mut()
            .poll(&mut events, Some(Duration::ZERO));
        polled.expect("a poller");
        let places = events.iter().map(|event| token::decode(event.token()));
        places.filter(|(_, role)| *role != SOCKET).collect()
    }

    /// The children whose ends are told.
    #[cfg(any(test, fuzzing))]
    pub fn ended_children(&self) -> Vec<Key> {
        let children = self.events().into_iter();
        let children = children.filter(|(_, role)| *role == CHILD);
        children.map(|(key, _)| key).collect()
    }
}
