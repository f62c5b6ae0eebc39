//! How a server comes to its end: whoever asks for it, or because nobody is there.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::accept::Listen;
use super::{Builder, Deserted, Server};
use crate::handler::Handler;
use crate::reactor::clock::later;

impl Builder {
    /// Sets for how long a drain is only announced before it begins, so that a balancer finds out
    /// first: connections are still accepted, and each response is the last of its connection and
    /// says so (`Connection: close`). It is a part of the drain's grace; none by default.
    pub fn drain_delay(mut self, delay: Duration) -> Builder {
        self.drain_delay = delay;
        self
    }

    /// Drains with this grace when there was no connection for so long, counted from the start as
    /// well: for a server that is started when somebody comes (`systemd.socket(5)`), on a listener
    /// that was handed over. Whoever comes to that while it ends is not lost: it is left to who has
    /// the listener besides. Those who come to others are refused.
    ///
    /// A connection whose peer has asked for [health](Builder::health) alone does not count, be it
    /// open or not.
    ///
    /// ```
    /// use std::time::Duration;
    /// let (idle, grace) = (Duration::from_secs(600), Duration::from_secs(8));
    /// let builder = sprat::Builder::new()?.drain_when_deserted(idle, grace);
    /// # ; std::io::Result::Ok(())
    /// ```
    pub fn drain_when_deserted(mut self, time: Duration, grace: Duration) -> Builder {
        self.deserted = Some(Deserted { time, grace });
        self
    }

    /// Drains with this grace when a peer has taken a file whole: all its bytes went out in one
    /// response of a [`FileServer`](crate::FileServer) to a GET, and the peer has acknowledged the
    /// last one (TCP), or read it (a Unix socket), and has not reset the connection. So 206 with
    /// all of it counts as well (`Range: bytes=0-`), and no HEAD, no 304, no part. What a program
    /// does with what its system has acknowledged for it, nobody can know.
    ///
    /// [`Server::is_taken`] tells afterwards whether that was why.
    pub fn drain_when_taken(mut self, grace: Duration) -> Builder {
        self.taken = Some(grace);
        self
    }

    /// Drains with this grace when a byte arrives on `stream`, and ends at once when another one
    /// does on the same stream; what several streams ask for is no more than each of them does. The
    /// end of the stream, when its other end is closed, is as a byte. Meant for the pipe that a
    /// signal handler of the program writes to (so signals need no thread, and the library needs
    /// no handlers), or for that to a process that watches over this one.
    ///
    /// # Errors
    /// `stream` cannot be made non-blocking or be polled.
    pub fn drain_on(self, stream: UnixStream, grace: Duration) -> io::Result<Builder> {
        self.watch(stream, Some(grace))
    }
}

impl<H: Handler, L: Listen> Server<H, L> {
    /// Whether a drain was asked for, or is due to [nobody being
    /// there](Builder::drain_when_deserted): it is announced, under way, or over.
    pub fn is_leaving(&self) -> bool {
        self.engine.is_leaving()
    }

    /// Whether a peer has taken a file whole, where [that ends the
    /// server](Builder::drain_when_taken).
    pub fn is_taken(&self) -> bool {
        self.engine.is_taken()
    }

    /// Whether nobody was there for long enough, when a turn begins.
    pub(super) fn is_to_leave(&mut self, now: Instant) -> bool {
        let leaves = self.leaves_at().is_some_and(|at| at <= now);
        if leaves {
            // Somebody may have come since the poller was asked.
            self.listeners.look_again();
        }
        leaves
    }

    /// Drains when a turn ends, if nobody came in it who `may_leave` it without anybody, or if a
    /// file was taken.
    pub(super) fn leave_by_itself(&mut self, may_leave: bool, now: Instant) {
        let is_deserted = may_leave && self.leaves_at().is_some();
        let deserted = self.deserted.filter(|_| is_deserted);
        let deserted = deserted.map(|deserted| deserted.grace);
        let may_leave = self.engine.is_taken() && !self.engine.is_leaving();
        if let Some(grace) = deserted.or(self.taken.filter(|_| may_leave)) {
            self.drain(grace, now);
        }
    }

    /// When it drains because nobody is there.
    pub(super) fn leaves_at(&self) -> Option<Instant> {
        let deserted = self.deserted.filter(|_| !self.engine.is_leaving())?;
        self.engine.deserted_since()?.checked_add(deserted.time)
    }

    /// Drains, at first only by saying so.
    pub(super) fn drain(&mut self, grace: Duration, now: Instant) {
        self.engine.leave(grace, now);
        if !self.engine.is_draining() {
            let at = later(now, self.drain_delay.min(grace));
            self.drains_at = Some(self.drains_at.map_or(at, |other| other.min(at)));
        }
    }
}
