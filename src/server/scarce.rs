//! A limit on this process's memory (`RLIMIT_AS`, `RLIMIT_DATA`): an allocation that fails ends a
//! Rust program, so whoever holds much must go before that.

use std::time::{Duration, Instant};

use super::conn::Conn;
use super::transport::Transport;
use crate::http::limits::OUT_BYTES_MAX;
use crate::sys::limits::{has_memory, is_memory_limited};

/// More than one drive of a connection, or a turn's worth of new ones, ever allocates, in bytes:
/// buffers that are as large as they may get, the first steps of a listing, a script's start.
const DRIVE_BYTES_MAX: usize = 1024 * 1024;

/// For so long nothing more is logged about it.
const TELL_AGAIN_TIME: Duration = Duration::from_secs(1);

/// Whether memory may run out, and when that was last logged.
pub struct Scarcity {
    limited: bool,
    told_at: Option<Instant>,
}

impl Scarcity {
    pub fn new() -> Scarcity {
        Scarcity {
            limited: is_memory_limited(),
            told_at: None,
        }
    }

    /// Whether there is too little memory for one more drive, beside a slab of this size, if it is
    /// about to be moved. Without a limit, this costs nothing.
    pub fn is_felt(&self, slab_bytes: usize) -> bool {
        self.limited && !has_memory(DRIVE_BYTES_MAX + 2 * slab_bytes)
    }

    /// Whether it is time to log it.
    pub fn is_news(&mut self, now: Instant) -> bool {
        let news = self.told_at.is_none_or(|at| now - at >= TELL_AGAIN_TIME);
        if news {
            self.told_at = Some(now);
        }
        news
    }
}

/// About how much a connection holds beside its slot, in bytes: nothing, if it is only that it was
/// not driven yet. All that was read ahead is bounded by itself.
pub fn memory_bytes<T: Transport>(conn: &Conn<T>) -> usize {
    if conn.is_kept_waiting() {
        return 0;
    }
    let (held, is_fed) = conn.memory_bytes();
    held + if is_fed { OUT_BYTES_MAX } else { 0 }
}

#[cfg(test)]
mod tests;
