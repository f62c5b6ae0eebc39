//! Whether a peer is fast enough, with its body or with what it is sent: decided without I/O.

use std::time::{Duration, Instant};

use crate::http::limits::RATE_TIME;

/// It is looked at twice in the time over which it is measured.
const PIECE: Duration = Duration::from_secs(RATE_TIME.as_secs() / 2);

/// How long a reader is waited for until the first look, which what comes later is counted from.
const FIRST_LOOK_TIME: Duration = Duration::from_secs(1);

/// How many bytes were moved in this half of the time, and in the one before. Only the time in
/// which the peer is waited for counts; bytes count always.
#[derive(Clone, Copy, Default, Debug)]
pub struct Rate {
    /// Since when it is waited for, if it is.
    since: Option<Instant>,
    /// For how long it was in this half, before that.
    waited: Duration,
    bytes: u64,
    before: Option<u64>,
}

impl Rate {
    /// The peer is waited for from now on.
    pub fn run(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// Somebody else is.
    pub fn stop(&mut self, now: Instant) {
        self.waited = self.waited(now);
        self.since = None;
    }

    fn waited(&self, now: Instant) -> Duration {
        let running = self.since.map(|since| now.saturating_duration_since(since));
        self.waited.saturating_add(running.unwrap_or_default())
    }

    /// So many bytes were moved.
    pub fn count(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// When to look at it, if the peer goes on to be waited for.
    pub fn due(&self) -> Option<Instant> {
        self.due_after(PIECE)
    }

    fn due_after(&self, time: Duration) -> Option<Instant> {
        self.since?.checked_add(time.saturating_sub(self.waited))
    }

    /// Whether it was slower than `least`, in bytes a second, for [`RATE_TIME`] by now. Twice in
    /// that time it begins to count anew.
    pub fn is_too_slow(&mut self, now: Instant, least: u64) -> bool {
        let passed = self.waited(now);
        if passed < PIECE {
            return false;
        }
        let bytes = self.before.map(|before| before.saturating_add(self.bytes));
        let wanted = (PIECE + passed).as_secs().saturating_mul(least);
        *self = Rate {
            since: self.since.map(|_| now),
            waited: Duration::ZERO,
            bytes: 0,
            before: Some(self.bytes),
        };
        bytes.is_some_and(|bytes| bytes < wanted)
    }
}

/// How fast a peer takes what it is sent: what its system acknowledges, for what ours takes says
/// little (see `progress`). That is asked at looks alone.
#[derive(Clone, Copy, Default, Debug)]
pub struct Uptake {
    rate: Rate,
    /// What it had taken at the last look, in bytes of the whole connection.
    taken: Option<u64>,
}

/// What it takes for a connection, in bytes.
pub const UPTAKE_BYTES: usize = size_of::<Uptake>() + size_of::<usize>();

impl Uptake {
    /// What the peer was sent cannot leave but by its reading, from now on or no more.
    pub fn wait(&mut self, is_waited_for: bool, now: Instant) {
        match is_waited_for {
            true => self.rate.run(now),
            false => self.rate.stop(now),
        }
    }

    /// When to look at what it has taken.
    pub fn due(&self) -> Option<Instant> {
        match self.taken {
            Some(_) => self.rate.due(),
            None => self.rate.due_after(FIRST_LOOK_TIME),
        }
    }

    /// Takes in how many bytes it has taken; returns whether it has been too slow.
    pub fn look(&mut self, taken: u64, now: Instant, least: u64) -> bool {
        let Some(before) = self.taken.replace(taken) else {
            self.rate = Rate::default();
            self.rate.run(now);
            return false;
        };
        self.rate.count(taken.saturating_sub(before));
        self.rate.is_too_slow(now, least)
    }
}

#[cfg(test)]
mod tests;
