//! Files whose times are all ahead of the clock, and since when each has been as it is.
//!
//! Where the clock of a file system or of this machine was set wrong, only watching tells whether a
//! file still changes. It is rare, so this is small, and costs other files nothing.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::http::etag::{WATCH_TIME, nanoseconds};
use crate::http::mix::mix_all;

/// Most files watched at once, a count, 24 bytes each. Of more, each now and then loses its place,
/// and is watched anew: its tag is weak for longer, never wrongly strong.
pub const WATCHED_MAX: usize = 512;

/// What these take, in bytes: the vector doubles.
pub const WATCHED_BYTES: usize = 2 * WATCHED_MAX * size_of::<(u64, SystemTime)>();

/// The files that are watched, each by a number mixed of all that tells it from another.
#[derive(Debug, Default)]
pub struct Watched(Mutex<Vec<(u64, SystemTime)>>);

impl Watched {
    /// Whether the file of this number has been as it is for [`WATCH_TIME`] until `now`. If it is
    /// new here, it is watched from now on.
    pub fn is_steady(&self, number: u64, now: SystemTime) -> bool {
        // No call in here panics; were there one, the list would still be whole.
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, since)) = files.iter_mut().find(|(known, _)| *known == number) {
            if *since > now {
                // The clock was set back: what had passed by it is not known any more.
                *since = now;
            }
            return now
                .duration_since(*since)
                .is_ok_and(|steady| steady >= WATCH_TIME);
        }
        if files.len() < WATCHED_MAX {
            files.push((number, now));
        } else {
            // Any but a fixed one, or files that are asked for in turn would all lose theirs.
            let victim = mix_all(&[number, nanoseconds(now)]) % WATCHED_MAX as u64;
            files[victim as usize] = (number, now);
        }
        false
    }
}

#[cfg(test)]
mod tests;
