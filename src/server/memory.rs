//! What the server's own parts may take: each says its own beside itself, and here is the sum.

use super::EVENTS_BYTES;
use super::ahead::AHEAD_BYTES;
use super::cycle::CYCLE_BYTES;
use super::engine::{QUEUES_BYTES, slot_bytes};
use super::peers::COUNTED_BYTES;
use super::rate::UPTAKE_BYTES;
use super::shed::ROOM_BYTES;
use super::takings::TAKING_BYTES;
use super::transport::Socket;
use crate::http::limits::Limits;
use crate::http::memory::Memory;
use crate::reactor::scratch::{GROWN_BYTES, READ_BYTES};
use crate::reactor::timers::ENTRY_BYTES;

/// Copies of a head that one call of a handler may make: the head itself, the response's fields.
const HEAD_COPIES: usize = 2;

/// Copies of a target likewise: its path decoded, as text with escapes, and for a redirect; the
/// error page; the log's line, where a byte becomes four in a buffer that doubles.
const TARGET_COPIES: usize = 16;

impl Limits {
    /// What the server takes under these limits, the handler's own left out.
    ///
    /// Each connection is counted with all that it could hold at the same time: unread input (a
    /// head, or pipelined requests) up to 64 KiB; responses that were made and not yet taken, up
    /// to 72 KiB with their heads; the head of a request that is
    /// being answered. A response's head together with a body of up to
    /// 16 KiB may have 40 KiB; longer ones, and each [`Body::Bytes`](crate::Body::Bytes) of more
    /// than 16 KiB, are the handler's to add. Buffers kept for later are among these: no new one
    /// is made while there is one.
    pub fn memory(&self) -> Memory {
        let limits = self.within_bounds();
        let head_bytes_max = limits.head_bytes_max;
        let copies = HEAD_COPIES * head_bytes_max + TARGET_COPIES * limits.target_bytes_max;
        let slot = slot_bytes::<Socket>() + ENTRY_BYTES + QUEUES_BYTES + TAKING_BYTES + ROOM_BYTES;
        let counted = match limits.connections_per_peer_max {
            0 => 0,
            _ => COUNTED_BYTES,
        };
        let uptake = match limits.response_rate_min {
            0 => 0,
            _ => UPTAKE_BYTES,
        };
        Memory::default()
            .plus(
                "the buffers for reading, and events",
                READ_BYTES + AHEAD_BYTES + EVENTS_BYTES,
                0,
            )
            .plus("the request at hand", copies, 0)
            .plus("a connection's slot and timer", 0, slot + uptake)
            .plus("counts of connections, by peer", 0, counted)
            .plus("unread input", 0, READ_BYTES)
            .plus("responses not yet taken", 0, GROWN_BYTES)
            .plus(
                "the head of a request under way",
                0,
                head_bytes_max + CYCLE_BYTES,
            )
    }
}

#[cfg(test)]
mod tests;
