//! Deadlines in order, at most one entry a connection, re-armed lazily.
//!
//! Moving a deadline later costs nothing: the old entry fires, finds the deadline moved on, and is
//! put back. So keep-alive traffic touches the tree about once a timeout, not once a request.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::clock::later;
use super::token::Key;

/// Milliseconds since the timers were made; 0 is "no entry".
pub type Tick = u64;

/// An entry, in bytes: a node of the tree has room for eleven of 16 bytes and holds five at least,
/// and there is a share of the nodes above it.
pub const ENTRY_BYTES: usize = 64;

/// The last tick but a few, so that rounding up has room.
const TICK_MAX: Tick = Tick::MAX / 2;

/// The deadlines of all connections.
pub struct Timers {
    start: Instant,
    entries: BTreeSet<(Tick, Key)>,
}

impl Timers {
    /// No deadlines; `start` is before all that will come.
    pub fn new(start: Instant) -> Timers {
        Timers {
            start,
            entries: BTreeSet::new(),
        }
    }

    /// The first tick that is not before `at`: a timer never fires early.
    fn tick(&self, at: Instant) -> Tick {
        let since = at.saturating_duration_since(self.start);
        // Far enough for any deadline, and still a time that `start` can be moved by.
        let millis = Tick::try_from(since.as_millis())
            .unwrap_or(Tick::MAX)
            .min(TICK_MAX);
        millis + Tick::from(since.subsec_nanos() % 1_000_000 != 0) + 1
    }

    /// Makes sure that an entry of `key` fires by `deadline`. `entry` is where its entry is now.
    pub fn arm(&mut self, key: Key, entry: &mut Tick, deadline: Instant) {
        let tick = self.tick(deadline);
        if *entry != 0 {
            if *entry <= tick {
                return;
            }
            self.entries.remove(&(*entry, key));
        }
        self.entries.insert((tick, key));
        *entry = tick;
    }

    /// Takes the entry of `key` out.
    pub fn cancel(&mut self, key: Key, entry: &mut Tick) {
        if *entry != 0 {
            self.entries.remove(&(*entry, key));
            *entry = 0;
        }
    }

    /// Takes out one entry that is due. Its owner must clear the tick it holds, and arm again if
    /// its deadline has moved on.
    pub fn expire(&mut self, now: Instant) -> Option<Key> {
        let &(tick, key) = self.entries.first()?;
        if self.fires(tick) > now {
            return None;
        }
        self.entries.pop_first();
        Some(key)
    }

    /// When the first entry fires.
    pub fn next(&self) -> Option<Instant> {
        let &(tick, _) = self.entries.first()?;
        Some(self.fires(tick))
    }

    /// When an entry with this tick, which is not 0, fires.
    pub fn fires(&self, tick: Tick) -> Instant {
        later(self.start, Duration::from_millis(tick - 1))
    }

    /// Whether `key` has an entry at this tick, and no other.
    #[cfg(any(test, fuzzing))]
    pub fn has(&self, key: Key, entry: Tick) -> bool {
        let mut own = self.entries.iter().filter(|(_, other)| *other == key);
        own.next() == Some(&(entry, key)) && own.next().is_none()
    }

    /// Entries, a count.
    #[cfg(any(test, fuzzing))]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Keys in the order in which their entries fire.
    #[cfg(any(test, fuzzing))]
    pub fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        self.entries.iter().map(|&(_, key)| key)
    }
}

#[cfg(test)]
mod tests;
