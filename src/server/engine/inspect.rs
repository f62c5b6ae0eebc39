//! What the simulator may see of the engine between two turns. It changes nothing.

use std::time::Instant;

use super::Engine;
use crate::http::peer::PeerKey;
use crate::server::conn::inspect;
use crate::server::transport::Transport;

/// One connection as it is between two turns, and what the engine has of it.
#[derive(Debug)]
pub struct Look {
    /// The connection itself.
    pub conn: inspect::Look,
    /// How often it is in the ready queue.
    pub queue_entries: usize,
    /// It holds a tick, and the timers have just that entry of it.
    pub armed: bool,
    /// When that entry fires.
    pub fires: Option<Instant>,
    /// It holds no tick, and the timers have no entry of it.
    pub unarmed: bool,
}

impl<T: Transport> Engine<T> {
    /// Looks at every connection.
    pub fn look(&self) -> Vec<Look> {
        let looks = self.conns.iter().map(|(_, conn)| conn.look());
        looks
            .map(|conn| {
                let (key, entry) = (conn.key, conn.entry);
                Look {
                    queue_entries: self.queue.iter().filter(|&&other| other == key).count(),
                    armed: entry != 0 && self.timers.has(key, entry),
                    fires: (entry != 0).then(|| self.timers.fires(entry)),
                    unarmed: entry == 0 && !self.timers.keys().any(|other| other == key),
                    conn,
                }
            })
            .collect()
    }

    /// How many connections of each peer are counted.
    pub fn peers(&self) -> Vec<(PeerKey, usize)> {
        self.peers.look()
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
