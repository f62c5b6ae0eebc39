//! What connections share, and what surrounds one while it is driven.

use std::net::SocketAddr;
use std::process::Child;
use std::time::Instant;

use crate::handler::{Cx, Handler, Log};
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::reactor::clock::Now;
use crate::reactor::reap::Reaper;
use crate::reactor::scratch::Scratch;
use crate::reactor::token::Key;
use crate::reactor::wake::Handle;

/// What all connections share.
pub struct Shared {
    pub limits: Limits,
    pub protocol: Version,
    pub scratch: Scratch,
    pub reaper: Reaper,
    pub draining: bool,
    pub adopted: Vec<Child>,
    pub notes: Vec<String>,
    /// The log was written to in this turn.
    pub logged: bool,
}

/// The surroundings of one drive.
pub struct World<'a, H> {
    pub handler: &'a mut H,
    pub shared: &'a mut Shared,
    pub now: &'a Now,
    pub registry: &'a mio::Registry,
    pub handle: &'a Handle,
}

impl Shared {
    /// The context of one call of a handler, an exchange or a source.
    pub fn cx<'a>(
        &'a mut self,
        now: &'a Now,
        (registry, handle): (&'a mio::Registry, &'a Handle),
        key: Key,
        deadline: &'a mut Option<Instant>,
    ) -> Cx<'a> {
        let (adopted, notes) = (&mut self.adopted, &mut self.notes);
        Cx {
            now,
            handle,
            key,
            registry,
            deadline,
            adopted,
            notes,
        }
    }
}

impl<H: Handler> World<'_, H> {
    pub fn log(&mut self, entry: Log<'_>) {
        self.shared.logged = true;
        self.handler.log(entry);
    }

    /// Takes what a call has left in its context: children and log lines.
    pub fn settle(&mut self, key: Key, peer: Option<SocketAddr>) {
        for child in self.shared.adopted.drain(..) {
            self.shared
                .reaper
                .adopt(child, key, self.registry, self.now.mono);
        }
        if !self.shared.notes.is_empty() {
            for message in std::mem::take(&mut self.shared.notes) {
                self.log(Log::Error {
                    peer,
                    message: &message,
                });
            }
        }
    }
}
