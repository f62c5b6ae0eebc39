//! Work that a source does in steps, one in each turn, decided without I/O.
//!
//! While it does, the loop does not sleep. For a listing that reads a large directory that is as
//! it should be; for a source that asks again and again because it waits for something, it is not.

use std::time::Instant;

use crate::http::limits::{STEP_PAUSE_TIME, STEPS_MAX};

/// Steps in a row without a byte.
#[derive(Clone, Copy, Default, Debug)]
pub struct Steps {
    count: u16,
    /// While it is paused: till when.
    until: Option<Instant>,
}

/// When a source that has given nothing is called again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stepped {
    /// In the next turn.
    Again,
    /// Not at once: it has asked too often, for the first time.
    TooOften,
    /// The same, and not for the first time.
    Pauses,
}

impl Steps {
    /// It has given bytes.
    pub fn moved(&mut self) {
        *self = Steps::default();
    }

    /// It asks for another turn, and has given no byte in this one.
    pub fn count(&mut self, now: Instant) -> Stepped {
        if self.count < STEPS_MAX {
            self.count += 1;
            return Stepped::Again;
        }
        let is_first = self.count == STEPS_MAX;
        self.count = STEPS_MAX + 1;
        self.until = now.checked_add(STEP_PAUSE_TIME);
        match is_first {
            true => Stepped::TooOften,
            false => Stepped::Pauses,
        }
    }

    /// Till when it is not called by its own wish.
    pub fn paused_until(&self) -> Option<Instant> {
        self.until
    }

    /// The pause is over.
    pub fn resume(&mut self) {
        self.until = None;
    }
}

const _: () = assert!(STEPS_MAX < u16::MAX);
const _: () = assert!(!STEP_PAUSE_TIME.is_zero() && STEP_PAUSE_TIME.as_millis() < 100);

#[cfg(test)]
mod tests;
