//! How much of a directory is looked at in one step.

use std::time::{Duration, Instant};

/// Most entries stat'ed in one step, a count. A link takes two stats where the directory does not
/// say that it is one.
pub const STATS_PER_STEP: usize = 128;

/// What opening a link's target counts as: several system calls.
pub const STATS_PER_LINK: usize = 4;

/// How long a step looks at entries. It ends there even if it has looked at few: a cold disk takes
/// as long for one as others for a thousand.
const STEP_TIME: Duration = Duration::from_millis(1);

/// Stats between two looks at the clock, a count: one costs a thirtieth of a stat.
const STATS_PER_LOOK: usize = 8;

/// One step's looking.
pub struct Budget {
    began: Instant,
    stats: usize,
    /// The count of stats at which the clock is next looked at.
    next_look: usize,
    is_over: bool,
}

impl Budget {
    /// A step that begins now.
    pub fn start() -> Budget {
        Budget {
            began: Instant::now(),
            stats: 0,
            next_look: STATS_PER_LOOK,
            is_over: false,
        }
    }

    /// Counts what was done.
    pub fn count(&mut self, stats: usize) {
        self.stats += stats;
        if self.stats >= self.next_look {
            self.next_look = self.stats + STATS_PER_LOOK;
            self.is_over = self.stats >= STATS_PER_STEP || self.began.elapsed() >= STEP_TIME;
        }
    }

    /// Whether the step has looked at enough.
    pub fn is_over(&self) -> bool {
        self.is_over
    }
}
