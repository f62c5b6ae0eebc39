//! Paths whose files change while somebody waits for their tags: who asks again is not made to wait
//! again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a path is known for it.
const RESTLESS_TIME: Duration = Duration::from_secs(2);

/// How many are known, a count. One that is forgotten costs a wait.
const RESTLESS_MAX: usize = 64;

/// What they take, in bytes.
pub const PATIENCE_BYTES: usize = 2 * RESTLESS_MAX * size_of::<Waited>();

/// What was waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// That the clock ticks after a change.
    Tick,
    /// The hash of the content.
    Hash,
}

type Waited = (u64, Wish, Instant);

/// What was waited for in vain of late.
#[derive(Debug, Default)]
pub struct Patience(Mutex<Vec<Waited>>);

impl Patience {
    /// Notes a wait for the file at a path of this number.
    pub fn waited(&self, path: u64, wish: Wish, now: Instant) {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waits.retain(|wait| (wait.0, wait.1) != (path, wish) && is_recent(wait, now));
        if waits.len() >= RESTLESS_MAX {
            waits.remove(0);
        }
        waits.push((path, wish, now));
    }

    /// Whether there was such a wait of late.
    pub fn has_waited(&self, path: u64, wish: Wish, now: Instant) -> bool {
        let waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waits = waits.iter().filter(|wait| is_recent(wait, now));
        waits.any(|wait| (wait.0, wait.1) == (path, wish))
    }
}

fn is_recent((.., since): &Waited, now: Instant) -> bool {
    now.saturating_duration_since(*since) < RESTLESS_TIME
}

#[cfg(test)]
mod tests;
