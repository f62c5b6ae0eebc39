//! A limit on this process's memory (`RLIMIT_AS`, `RLIMIT_DATA`): an allocation that fails ends a
//! Rust program, so whoever holds much must go before that.

use std::time::{Duration, Instant};

use super::conn::Conn;
use super::engine::{Around, Engine};
use super::transport::Transport;
use crate::handler::Handler;
use crate::http::limits::OUT_BYTES_MAX;
use crate::reactor::token::Key;
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
}

impl<T: Transport> Engine<T> {
    /// Sees to it that there is memory for one more drive: while there is not, the connection that
    /// holds the most is closed. Without a limit, this costs nothing.
    pub fn spare_memory<H: Handler>(&mut self, around: &mut Around<'_, H>) {
        if !self.scarcity.limited {
            return;
        }
        // The slab is moved when it grows.
        let bytes = DRIVE_BYTES_MAX + 2 * self.slab_bytes();
        while !has_memory(bytes) {
            let Some(key) = self.greediest() else {
                return;
            };
            self.remove(key, around);
            let now = around.now.mono;
            if self
                .scarcity
                .told_at
                .is_none_or(|at| now - at >= TELL_AGAIN_TIME)
            {
                self.scarcity.told_at = Some(now);
                self.log("out of memory: closing what holds the most", around);
            }
        }
    }

    fn greediest(&self) -> Option<Key> {
        let most = self
            .connections()
            .max_by_key(|(_, conn)| memory_bytes(conn));
        most.filter(|(_, conn)| memory_bytes(conn) > 0)
            .map(|(key, _)| key)
    }
}

/// About how much a connection holds beside its slot, in bytes.
fn memory_bytes<T>(conn: &Conn<T>) -> usize {
    let is_fed = conn.active.is_some() || conn.outgoing.is_pulled();
    let fed = if is_fed { OUT_BYTES_MAX } else { 0 };
    conn.held.capacity() + conn.outgoing.memory_bytes() + fed
}
