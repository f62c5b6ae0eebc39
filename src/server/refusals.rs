//! What the log hears of connections that were refused: the first at once, then how many there
//! were, a line a second at most.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::reactor::clock::later;

/// For so long after a line there is no other.
const TELL_AGAIN_TIME: Duration = Duration::from_secs(1);

/// Those that were refused and not yet told of.
#[derive(Default)]
pub struct Refusals {
    count: usize,
    /// The last of them.
    peer: Option<SocketAddr>,
    /// When the next line may be written.
    silent_until: Option<Instant>,
}

impl Refusals {
    /// One more.
    pub fn add(&mut self, peer: Option<SocketAddr>) {
        self.count += 1;
        self.peer = peer;
    }

    /// When there is a line to be written.
    pub fn next(&self) -> Option<Instant> {
        self.silent_until.filter(|_| self.count > 0)
    }

    /// If it is time for a line: how many there were, and who was the last.
    pub fn take(&mut self, now: Instant) -> Option<(usize, Option<SocketAddr>)> {
        if self.count == 0 || self.silent_until.is_some_and(|until| until > now) {
            return None;
        }
        self.silent_until = Some(later(now, TELL_AGAIN_TIME));
        Some((std::mem::take(&mut self.count), self.peer))
    }
}

#[cfg(test)]
mod tests;
