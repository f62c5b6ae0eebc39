//! What the simulator may see of a link between two drives. It changes nothing.

use super::Link;
use crate::http::head::find_end;
use crate::server::transport::Transport;

/// A link as it is between two drives.
#[derive(Debug)]
pub struct Look {
    /// Unread bytes that it keeps.
    pub held_bytes: usize,
    /// What their buffer has room for.
    pub held_capacity: usize,
    /// They hold a whole head.
    pub holds_head: bool,
    /// Bytes that it has queued.
    pub queued_bytes: usize,
    /// Bytes in its buffer, sent or not.
    pub buffered_bytes: usize,
    /// Whether it has a buffer for such bytes.
    pub has_out_buffer: bool,
    /// It believes that there is something to read.
    pub readable: bool,
    /// It believes that the peer takes bytes.
    pub writable: bool,
    /// It has bytes that only the peer's reading can move.
    pub is_unsent: bool,
}

impl<T: Transport> Link<T> {
    /// Looks at it.
    pub fn look(&self) -> Look {
        Look {
            held_bytes: self.held.bytes().len(),
            held_capacity: self.held.capacity(),
            holds_head: find_end(self.held.bytes(), &mut 0).is_some(),
            queued_bytes: self.outgoing.queued_bytes(),
            buffered_bytes: self.outgoing.buffered_bytes(),
            has_out_buffer: self.outgoing.has_buffer(),
            readable: self.ready.readable,
            writable: self.ready.writable,
            is_unsent: self.is_unsent(),
        }
    }
}
