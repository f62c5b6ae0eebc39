//! What code that the server calls may do meanwhile.

use std::io;
use std::process::Child;
use std::time::{Instant, SystemTime};

use crate::reactor::clock::Now;
use crate::reactor::token::{self, Key};
use crate::reactor::wake::{ExchangeWaker, Handle};

/// What a handler, a source or an exchange may do while it is being called.
pub struct Cx<'a> {
    pub(crate) now: &'a Now,
    pub(crate) handle: &'a Handle,
    pub(crate) key: Key,
    pub(crate) registry: &'a mio::Registry,
    pub(crate) deadline: &'a mut Option<Instant>,
    pub(crate) adopted: &'a mut Vec<Child>,
    pub(crate) notes: &'a mut Vec<String>,
}

impl Cx<'_> {
    /// The time of this turn, by the monotonic clock.
    pub fn now(&self) -> Instant {
        self.now.mono
    }

    /// The time of this turn, by the wall clock.
    pub fn wall(&self) -> SystemTime {
        self.now.wall
    }

    /// Wakes this exchange (only this one) from anywhere, any thread.
    pub fn waker(&self) -> ExchangeWaker {
        ExchangeWaker::new(self.handle.clone(), self.key)
    }

    /// Hands a child (leader of its own process group) to the server, which reports its exit and
    /// ends the whole group when this exchange ends, whatever the reason.
    pub fn adopt(&mut self, child: Child) {
        self.adopted.push(child);
    }

    /// Sets or clears the moment at which this exchange or source is called again.
    pub fn set_deadline(&mut self, at: Option<Instant>) {
        *self.deadline = at;
    }

    /// Sends a line to [`Handler::log`](crate::Handler::log) as a
    /// [`Log::Error`](crate::Log::Error) of this connection.
    pub fn log(&mut self, message: impl Into<String>) {
        self.notes.push(message.into());
    }

    /// Registers a source of the exchange's own under a number from 1 to 5, edge-triggered.
    ///
    /// # Errors
    /// `InvalidInput` for another number; else what the poller says.
    pub fn register(
        &mut self,
        source: &mut dyn mio::event::Source,
        which: u8,
        interest: mio::Interest,
    ) -> io::Result<()> {
        if !(1..=5).contains(&which) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        source.register(self.registry, token::encode(self.key, which), interest)
    }

    /// Takes a source of the exchange's own out of the poller. Do it before the source is dropped.
    ///
    /// # Errors
    /// What the poller says.
    pub fn deregister(&mut self, source: &mut dyn mio::event::Source) -> io::Result<()> {
        source.deregister(self.registry)
    }
}
