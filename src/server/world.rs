//! What connections share, and what surrounds one while it is driven.

use std::net::SocketAddr;

use crate::handler::{Calls, Cx, Handler, Left, Log};
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
    pub left: Left,
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
        calls: &'a mut Calls,
    ) -> Cx<'a> {
        Cx {
            now,
            handle,
            key,
            registry,
            draining: self.draining,
            calls,
            left: &mut self.left,
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
        for child in self.shared.left.adopted.drain(..) {
            self.shared
                .reaper
                .adopt(child, key, self.registry, self.now.mono);
        }
        if !self.shared.left.notes.is_empty() {
            for message in std::mem::take(&mut self.shared.left.notes) {
                self.log(Log::Error {
                    peer,
                    message: &message,
                });
            }
        }
    }
}
