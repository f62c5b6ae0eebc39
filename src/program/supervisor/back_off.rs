//! How long after its end a server is started again: at once, unless it ends soon each time.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(100);

/// The longest: each is twice the one before.
pub const BACK_OFF_MAX: Duration = Duration::from_secs(5);

/// One that has lived for so long has not ended soon.
const STEADY_TIME: Duration = Duration::from_secs(10);

/// The wait after the next end.
#[derive(Default)]
pub struct BackOff(Duration);

impl BackOff {
    /// One has ended that lived for so long: how long to wait now.
    pub fn ended(&mut self, lived: Duration) -> Duration {
        let wait = if lived < STEADY_TIME {
            self.0
        } else {
            Duration::ZERO
        };
        self.0 = (wait * 2).clamp(FIRST, BACK_OFF_MAX);
        wait
    }
}

#[cfg(test)]
mod tests;
