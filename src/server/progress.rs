//! Whether a peer comes on with its response, by what it acknowledges: decided without I/O.
//!
//! That a socket takes no more bytes says little. Its buffer holds megabytes, and is not writable
//! again before a third of them has gone: at 40 KB/s that takes minutes.

use std::time::{Duration, Instant};

use crate::http::limits::PROGRESS_LOOK_TIME;

/// What part of the time between two looks the first one waits for.
const FIRST_LOOK: u32 = 8;

/// What was seen of a peer since it was last seen to move.
#[derive(Clone, Copy, Default, Debug)]
pub struct Progress {
    /// Bytes under way to it at the last look; 0 if there was none, or it could not tell.
    under_way: u32,
    /// Looks since then, a count.
    looks: u16,
    /// It is waited for, to take what it was sent.
    is_awaited: bool,
}

/// What a look has found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// It has acknowledged bytes since the last look: it moves now.
    Moves,
    /// Nothing new, and it has time left.
    Waits,
    /// Its time is over.
    Stalls,
}

impl Progress {
    /// Bytes were given to the socket: looks begin anew.
    pub fn restart(&mut self) {
        (self.under_way, self.looks) = (0, 0);
    }

    /// It is waited for from now on, or no more; returns whether that is news.
    pub fn expect(&mut self, is_awaited: bool) -> bool {
        std::mem::replace(&mut self.is_awaited, is_awaited) != is_awaited
    }

    /// Whether it is waited for.
    pub fn is_awaited(&self) -> bool {
        self.is_awaited
    }

    /// It is waited for from now on: looks are due in their time again.
    pub fn wait_anew(&mut self) {
        self.looks = 0;
    }

    /// When to look at a peer that was last seen to move at `since`, and may stand still for
    /// `stall`; zero is for ever.
    pub fn due(&self, since: Instant, stall: Duration) -> Option<Instant> {
        let every = interval(stall);
        let next = since.checked_add(match self.looks {
            // Until then nobody knows what was under way, and what is taken looks like nothing.
            0 if self.under_way == 0 => every / FIRST_LOOK,
            looks => every.saturating_mul(u32::from(looks) + 1),
        });
        let end = Some(stall).filter(|stall| !stall.is_zero());
        let end = end.and_then(|stall| since.checked_add(stall));
        [next, end].into_iter().flatten().min()
    }

    /// Whether there was a look already.
    pub fn has_begun(&self) -> bool {
        self.looks > 0
    }

    /// Takes in how many bytes are under way; `None` where the system cannot tell.
    pub fn look(
        &mut self,
        under_way: Option<u32>,
        now: Instant,
        since: Instant,
        stall: Duration,
    ) -> Pace {
        let before = std::mem::replace(&mut self.under_way, under_way.unwrap_or(0));
        if under_way.is_some_and(|now| now < before) {
            self.looks = 0;
            return Pace::Moves;
        }
        self.looks = self.looks.saturating_add(1);
        let is_over = !stall.is_zero() && now.saturating_duration_since(since) >= stall;
        if is_over { Pace::Stalls } else { Pace::Waits }
    }
}

/// How long from one look to the next: often enough to see whether the time is used.
fn interval(stall: Duration) -> Duration {
    match stall {
        Duration::ZERO => PROGRESS_LOOK_TIME,
        stall => (stall / 4).clamp(Duration::from_millis(1), PROGRESS_LOOK_TIME),
    }
}

#[cfg(test)]
mod tests;
