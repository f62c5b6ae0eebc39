//! What the server's own parts may take, from its limits and the sizes of its buffers.

use super::EVENTS_MAX;
use super::conn::Conn;
use super::cycle::Cycle;
use super::shed::{Candidate, PLACE_BYTES};
use super::transport::Socket;
use crate::http::limits::{HEAD_BYTES_CEILING, Limits};
use crate::http::memory::Memory;
use crate::reactor::scratch::{GROWN_BYTES, READ_BYTES};

/// An event of the poller, in bytes, rounded up: epoll_event(3type), kevent(2).
const EVENT_BYTES: usize = 32;

/// A connection in the slab, in bytes. The slab doubles when it is full.
const SLOT_BYTES: usize = 2 * (size_of::<Conn<Socket>>() + size_of::<usize>());

/// A connection's entry in the timers, in bytes: a node of the tree has room for eleven entries of
/// 16 bytes and holds five at least, and a share of the nodes above it.
const TIMER_BYTES: usize = 64;

/// A connection's key in each of the ready queue, the wake-ups and the list that a drain makes, in
/// bytes; these double, too.
const QUEUES_BYTES: usize = 3 * 2 * size_of::<usize>();

/// A connection's entry in the list that is made when there is no room, in bytes, and the place of
/// its address in that list's queue, which doubles.
const ROOM_BYTES: usize = size_of::<Candidate>() + 2 * PLACE_BYTES;

/// What a request in flight has of its own in the server beside its head, in bytes: its slot, an
/// exchange's waker, and what is in the reaper if it runs a child.
const CYCLE_BYTES: usize = size_of::<Cycle>() + 256;

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
        let head_bytes_max = self.head_bytes_max.min(HEAD_BYTES_CEILING);
        let target_bytes_max = self.target_bytes_max.min(head_bytes_max);
        let copies = HEAD_COPIES * head_bytes_max + TARGET_COPIES * target_bytes_max;
        let events = EVENTS_MAX * EVENT_BYTES;
        let slot = SLOT_BYTES + TIMER_BYTES + QUEUES_BYTES + ROOM_BYTES;
        Memory::default()
            .plus("the buffer for reading, and events", READ_BYTES + events, 0)
            .plus("the request at hand", copies, 0)
            .plus("a connection's slot and timer", 0, slot)
            .plus("unread input", 0, READ_BYTES)
            .plus("responses not yet taken", 0, GROWN_BYTES)
            .plus(
                "the head of a request under way",
                0,
                head_bytes_max + CYCLE_BYTES,
            )
    }
}
