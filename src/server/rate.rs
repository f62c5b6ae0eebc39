//! Whether a request body comes fast enough, decided without I/O.

use std::time::{Duration, Instant};

use crate::http::limits::BODY_TIME;

/// It is looked at twice in the time over which it is measured.
const PIECE: Duration = Duration::from_secs(BODY_TIME.as_secs() / 2);

/// How many bytes of a body came in this half of the time, and in the one before.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    since: Instant,
    bytes: u64,
    before: Option<u64>,
}

impl Rate {
    /// From now on.
    pub fn new(now: Instant) -> Rate {
        Rate {
            since: now,
            bytes: 0,
            before: None,
        }
    }

    /// So many bytes came.
    pub fn count(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    /// When to look at it.
    pub fn due(&self) -> Option<Instant> {
        self.since.checked_add(PIECE)
    }

    /// Whether it has come slower than `least`, in bytes a second, for [`BODY_TIME`] by now. Twice
    /// in that time it begins to count anew.
    pub fn is_too_slow(&mut self, now: Instant, least: u64) -> bool {
        let passed = now.saturating_duration_since(self.since);
        if passed < PIECE {
            return false;
        }
        let bytes = self.before.map(|before| before.saturating_add(self.bytes));
        let wanted = (PIECE + passed).as_secs().saturating_mul(least);
        *self = Rate {
            since: now,
            bytes: 0,
            before: Some(self.bytes),
        };
        bytes.is_some_and(|bytes| bytes < wanted)
    }
}

#[cfg(test)]
mod tests;
