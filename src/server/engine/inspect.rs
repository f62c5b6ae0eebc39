//! What the simulator may see of the engine between two turns. It changes nothing.

use std::time::Instant;

use super::Engine;
use crate::http::dialog::Reading;
use crate::http::head::find_end;
use crate::reactor::token::Key;
use crate::server::transport::Transport;

/// One connection as it is between two turns.
#[derive(Debug)]
pub struct Look {
    /// Its place in the slab.
    pub key: Key,
    /// It says that it is in the ready queue.
    pub queued: bool,
    /// How often it is there.
    pub queue_entries: usize,
    /// It holds a tick, and the timers have just that entry of it.
    pub armed: bool,
    /// When that entry fires.
    pub fires: Option<Instant>,
    /// It holds no tick, and the timers have no entry of it.
    pub unarmed: bool,
    /// When it wants to be looked at.
    pub deadline: Option<Instant>,
    /// An exchange or a source could be what it waits for.
    pub is_answered_later: bool,
    /// Unread bytes that it keeps.
    pub held_bytes: usize,
    /// What their buffer has room for.
    pub held_capacity: usize,
    /// They hold a whole head that could be served now.
    pub holds_head: bool,
    /// Bytes that it has queued.
    pub queued_bytes: usize,
    /// Bytes in its buffer, sent or not.
    pub buffered_bytes: usize,
    /// Whether it has a buffer for such bytes.
    pub has_out_buffer: bool,
    /// Between two requests, with nothing to send.
    pub is_idle: bool,
    /// Somebody whom it calls has set a moment for that.
    pub has_call: bool,
    /// It believes that there is something to read.
    pub readable: bool,
    /// It believes that the peer takes bytes.
    pub writable: bool,
    /// It would read.
    pub wants_input: bool,
    /// It has bytes that only the peer's reading can move.
    pub wants_output: bool,
    /// Something has happened that it was not told yet.
    pub untold: bool,
}

impl<T: Transport> Engine<T> {
    /// Looks at every connection.
    pub fn look(&self) -> Vec<Look> {
        let conns = self.conns.iter();
        conns
            .map(|(key, conn)| {
                let reads_head = *conn.dialog.reading() == Reading::Head;
                Look {
                    key,
                    queued: conn.ready.queued,
                    queue_entries: self.queue.iter().filter(|&&other| other == key).count(),
                    armed: conn.timer != 0 && self.timers.has(key, conn.timer),
                    fires: (conn.timer != 0).then(|| self.timers.fires(conn.timer)),
                    unarmed: conn.timer == 0 && !self.timers.keys().any(|other| other == key),
                    deadline: conn.deadline,
                    is_answered_later: conn.active.is_some() || conn.outgoing.is_pulled(),
                    held_bytes: conn.held.len(),
                    held_capacity: conn.held.capacity(),
                    holds_head: reads_head
                        && conn.outgoing.has_room()
                        && !conn.flags.lingering
                        && find_end(&conn.held, &mut 0).is_some(),
                    queued_bytes: conn.outgoing.queued_bytes(),
                    has_out_buffer: conn.outgoing.has_buffer(),
                    is_idle: conn.has_come_to_rest(),
                    has_call: conn.calls.at.is_some(),
                    buffered_bytes: conn.outgoing.buffered_bytes(),
                    readable: conn.ready.readable,
                    writable: conn.ready.writable,
                    wants_input: conn.wants_input(),
                    wants_output: conn.outgoing.is_waiting(),
                    untold: conn.ready.timer || conn.ready.woken || conn.ready.sources != 0,
                }
            })
            .collect()
    }

    /// Bytes of the buffers that are kept for all connections.
    pub fn pooled_bytes(&self) -> usize {
        self.shared.scratch.pooled_bytes()
    }

    /// Entries of the timers, a count.
    pub fn timer_entries(&self) -> usize {
        self.timers.len()
    }

    /// Entries of the ready queue, a count.
    pub fn queue_entries(&self) -> usize {
        self.queue.len()
    }
}
