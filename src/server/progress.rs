//! Whether a peer comes on with its response, by what it acknowledges: decided without I/O.
//!
//! That a socket takes no more bytes says little. Its buffer holds megabytes, and is not writable
//! again before a third of them has gone: at 40 KB/s that takes minutes.

use std::time::{Duration, Instant};

use crate::http::limits::PROGRESS_LOOK_TIME;

/// What was seen of a peer since it was last seen to move.
#[derive(Clone, Copy, Default, Debug)]
pub struct Progress {
    /// Bytes under way to it at the last look; 0 if there was none, or it could not tell.
    under_way: u32,
    /// Looks since then, a count.
    looks: u16,
}

/// What a look has found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
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
        *self = Progress::default();
    }

    /// When to look at a peer that was last seen to move at `since`, and may stand still for
    /// `stall`; zero is for ever.
    pub fn due(&self, since: Instant, stall: Duration) -> Option<Instant> {
        let next = since.checked_add(interval(stall).saturating_mul(u32::from(self.looks) + 1));
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
    ) -> Found {
        let before = std::mem::replace(&mut self.under_way, under_way.unwrap_or(0));
        if under_way.is_some_and(|now| now < before) {
            self.looks = 0;
            return Found::Moves;
        }
        self.looks = self.looks.saturating_add(1);
        let is_over = !stall.is_zero() && now.saturating_duration_since(since) >= stall;
        if is_over { Found::Stalls } else { Found::Waits }
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
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Looks when it is time to, `under_way` telling what is found at a second; returns the second
    /// of the cut.
    fn cut_at(stall: u32, under_way: impl Fn(u64) -> Option<u32>) -> Option<u64> {
        let start = Instant::now();
        let (mut progress, mut since) = (Progress::default(), start);
        loop {
            let now = progress.due(since, SECOND * stall).unwrap();
            let second = (now - start).as_secs();
            if second > 10_000 {
                return None;
            }
            match progress.look(under_way(second), now, since, SECOND * stall) {
                Found::Moves => since = now,
                Found::Waits => {}
                Found::Stalls => return Some(second),
            }
        }
    }

    #[test]
    fn whoever_acknowledges_is_never_cut_and_whoever_does_not_is_cut_in_time() {
        const MANY: u32 = 4_000_000;
        // Nothing at all, or the system cannot tell: then what was written is all that counts.
        assert_eq!(cut_at(300, |_| Some(MANY)), Some(300));
        assert_eq!(cut_at(300, |_| None), Some(300));
        assert_eq!(cut_at(0, |_| Some(MANY)), None);
        // A byte every 285 seconds.
        let byte = |second: u64| Some(MANY - (second / 285) as u32);
        assert_eq!(cut_at(300, byte), None);
        // The same for one that may stand still for 30 seconds, and one that is too late.
        assert_eq!(cut_at(30, |second| Some(MANY - (second / 20) as u32)), None);
        assert!(cut_at(30, |second| Some(MANY - (second / 60) as u32)).is_some());
        // It comes on for 100 seconds, then no more.
        let stops = |second: u64| Some(MANY - 1000 * second.min(100) as u32);
        assert!((400..=410).contains(&cut_at(300, stops).unwrap()));
    }

    #[test]
    fn bytes_that_were_sent_are_no_progress_of_the_peer() {
        let start = Instant::now();
        let mut progress = Progress::default();
        let look = |progress: &mut Progress, under_way, second: u32| {
            progress.look(Some(under_way), start + SECOND * second, start, 30 * SECOND)
        };
        assert_eq!(look(&mut progress, 100, 1), Found::Waits);
        assert_eq!(look(&mut progress, 200, 2), Found::Waits);
        assert_eq!(look(&mut progress, 199, 3), Found::Moves);
        progress.restart();
        assert_eq!(look(&mut progress, 10, 4), Found::Waits);
        assert_eq!(look(&mut progress, 10, 30), Found::Stalls);
    }
}
