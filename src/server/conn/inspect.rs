//! What the simulator may see of a connection between two turns. It changes nothing.

use std::time::Instant;

use super::Conn;
use crate::http::dialog::{Phase, Takes};
use crate::http::peer::PeerKey;
use crate::reactor::timers::Tick;
use crate::reactor::token::Key;
use crate::server::link;
use crate::server::marks::ConnMark;
use crate::server::transport::Transport;

/// A connection as it is between two turns.
#[derive(Debug)]
pub struct Look {
    /// Its place in the slab.
    pub key: Key,
    /// It says that it is in the ready queue.
    pub queued: bool,
    /// Its entry in the timers, 0 for none.
    pub entry: Tick,
    /// When it wants to be looked at.
    pub deadline: Option<Instant>,
    /// Its bytes.
    pub link: link::inspect::Look,
    /// An exchange or a source could be what it waits for.
    pub is_answered_later: bool,
    /// It keeps a whole head that could be served now.
    pub holds_head: bool,
    /// Between two requests, with nothing to send.
    pub is_idle: bool,
    /// It has a request in flight.
    pub has_cycle: bool,
    /// Where its request is, and what the bytes are that come.
    pub phase: Phase,
    pub takes: Takes,
    /// It keeps nothing that says anything.
    pub holds_nothing: bool,
    /// Its peer, and whether it is one of those that this one may have.
    pub peer: PeerKey,
    pub is_counted: bool,
    /// It would read.
    pub wants_input: bool,
    /// Something has happened that it was not told yet.
    pub untold: bool,
}

impl<T: Transport> Conn<T> {
    /// Looks at it.
    pub fn look(&self) -> Look {
        let link = self.link.look();
        let (entry, fired) = self.times.look();
        let reads_head = self.dialog.takes() == Takes::Head;
        Look {
            key: self.key(),
            queued: self.marks.has(ConnMark::Queued),
            entry,
            deadline: self.times.deadline(),
            is_answered_later: self.has_exchange() || self.link.is_pulled(),
            holds_head: reads_head && self.link.has_room() && link.holds_head,
            is_idle: self.has_come_to_rest(),
            has_cycle: self.cycle.is_some(),
            phase: self.dialog.phase(),
            takes: self.dialog.takes(),
            holds_nothing: self.link.holds_nothing(),
            peer: self.peer_key(),
            is_counted: self.marks.has(ConnMark::Counted),
            wants_input: self.wants_input(),
            untold: fired || self.cycle.as_ref().is_some_and(|cycle| cycle.has_news()),
            link,
        }
    }
}
