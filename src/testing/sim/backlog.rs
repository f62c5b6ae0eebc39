//! Listeners of memory: clients wait in a backlog, and arrivals are told by an edge, once.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use rustix::io::Errno;

use super::client::address;
use super::net::{Faults, Shared, SimStream, Wire};
use super::tape::Tape;
use crate::reactor::token::{self, SOCKET};
use crate::server::accept::Listen;
use crate::server::ends::Addrs;

/// Those who wait at one listener.
#[derive(Default)]
pub struct Backlog {
    /// Their ports and wires, in order.
    pub waiting: VecDeque<(u16, Shared<Wire>)>,
    /// An edge is owed to the engine.
    pub edge: bool,
    /// Nobody takes them any more.
    pub closed: bool,
}

impl Backlog {
    /// A client connects; nobody listening resets it.
    pub fn connect(&mut self, port: u16, wire: Shared<Wire>) {
        if self.closed {
            wire.borrow_mut().close();
            return;
        }
        self.waiting.push_back((port, wire));
        self.edge = true;
    }
}

/// The engine's end of a backlog.
pub struct SimListener {
    backlog: Shared<Backlog>,
    tape: Shared<Tape>,
    faults: Faults,
}

impl SimListener {
    /// The engine's end of `backlog`.
    pub fn new(backlog: Shared<Backlog>, tape: Shared<Tape>, faults: Faults) -> SimListener {
        SimListener {
            backlog,
            tape,
            faults,
        }
    }

    fn chance(&self, of_256: u8) -> bool {
        self.tape.borrow_mut().chance(of_256)
    }
}

impl Listen for SimListener {
    type Taken = SimStream;

    fn accept(&mut self) -> io::Result<(SimStream, Addrs)> {
        // The descriptor is made first: where there is none, nobody asks who waits.
        if self.chance(self.faults.exhausted) {
            return Err(Errno::MFILE.into());
        }
        if self.chance(self.faults.interrupted) {
            return Err(Errno::INTR.into());
        }
        let blocks = self.chance(self.faults.would_block / 2);
        let mut backlog = self.backlog.borrow_mut();
        if blocks {
            // As if they arrived a moment later.
            backlog.edge |= !backlog.waiting.is_empty();
            return Err(Errno::WOULDBLOCK.into());
        }
        let (port, wire) = backlog.waiting.pop_front().ok_or(Errno::WOULDBLOCK)?;
        if wire.borrow().reset && self.chance(self.faults.interrupted) {
            wire.borrow_mut().close();
            return Err(Errno::CONNABORTED.into());
        }
        let peer = SocketAddr::from((address(port), port));
        let net = SimStream::new(wire, self.tape.clone(), self.faults);
        Ok((net, (Some(peer), None)))
    }

    fn has_waiting(&self) -> bool {
        !self.backlog.borrow().waiting.is_empty()
    }

    fn register(taken: &mut SimStream, _: &mio::Registry, token: mio::Token) -> io::Result<()> {
        let (key, role) = token::decode(token);
        assert_eq!(role, SOCKET);
        taken.register(key);
        Ok(())
    }
}

/// Whoever waits at a listener that is closed is reset.
impl Drop for SimListener {
    fn drop(&mut self) {
        let mut backlog = self.backlog.borrow_mut();
        backlog.closed = true;
        for (_, wire) in backlog.waiting.drain(..) {
            wire.borrow_mut().close();
        }
    }
}
