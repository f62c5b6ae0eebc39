//! What the engine tells a connection, and asks of it, between two drives.

use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::Instant;

use super::Conn;
use crate::http::dialog::Phase;
use crate::http::peer::PeerKey;
use crate::reactor::clock::later;
use crate::reactor::timers::Timers;
use crate::server::link::Event;
use crate::server::marks::ConnMark;
use crate::server::peers::PeerCounts;
use crate::server::shed::{self, Spare};
use crate::server::transport::Transport;

/// Asked.
impl<T: Transport> Conn<T> {
    /// Bytes that it has sent so far, a count.
    pub fn sent_bytes(&self) -> u64 {
        self.link.sent_bytes()
    }

    /// Whether it keeps what was read ahead of it, and was not driven since.
    pub fn is_kept_waiting(&self) -> bool {
        self.marks.has(ConnMark::Ahead)
    }

    /// Whether its peer has all of them.
    pub fn has_arrived(&self) -> bool {
        self.link.has_arrived()
    }
}

/// Told.
impl<T: Transport> Conn<T> {
    /// Puts it into the ready queue; returns whether it was not there.
    pub fn enqueue(&mut self) -> bool {
        !self.marks.set(ConnMark::Queued, true)
    }

    /// Takes it out of the ready queue; returns whether it was there.
    pub fn dequeue(&mut self) -> bool {
        self.marks.set(ConnMark::Ahead, false);
        self.marks.set(ConnMark::Queued, false)
    }

    /// It is in the place that is kept for monitors, or in one of its own from now on.
    pub fn be_guest(&mut self, is_guest: bool) {
        self.marks.set(ConnMark::Guest, is_guest);
    }

    /// It is one of those that its peer may have.
    pub fn count(&mut self) {
        self.marks.set(ConnMark::Counted, true);
    }

    /// It is none of those any more, if it was one until now.
    pub fn discount(&mut self, peers: &mut PeerCounts) {
        if self.marks.set(ConnMark::Counted, false) {
            peers.leave(self.peer_key());
        }
    }

    /// The poller says this of its transport.
    pub fn announce(&mut self, event: Event) {
        self.link.announce(event);
    }

    /// A source of its exchange's own is ready.
    pub fn mark_source(&mut self, which: u8) {
        if let Some(cycle) = &mut self.cycle {
            cycle.mark_source(which);
        }
    }

    /// Its exchange was woken, or nobody is left who could.
    pub fn wake(&mut self) {
        if let Some(cycle) = &mut self.cycle {
            cycle.wake();
        }
    }

    /// A child of its exchange has ended; returns whether there is an exchange to be told.
    pub fn mark_exit(&mut self, status: ExitStatus) -> bool {
        match &mut self.cycle {
            Some(cycle) if cycle.has_exchange() => {
                cycle.mark_exit(status);
                true
            }
            _ => false,
        }
    }

    /// Its entry in the timers has fired; returns whether there is something to do.
    pub fn fire(&mut self, now: Instant, timers: &mut Timers) -> bool {
        self.times.fire(self.key(), now, timers)
    }

    /// Sees to it that its entry in the timers fires in time.
    pub fn arm(&mut self, timers: &mut Timers) {
        self.times.arm(self.key(), timers);
    }
}

/// Asked.
impl<T: Transport> Conn<T> {
    /// Who asks, or has asked last.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.ends.peer()
    }

    /// Who is at the other end of the connection, be it passed on by a proxy or not, as one of
    /// those that share what there is. Connections that may be passed on are not counted.
    pub fn peer_key(&self) -> PeerKey {
        PeerKey::of(self.ends.addrs().0)
    }

    /// Whether its last response is out, and it is only closed well.
    pub fn is_lingering(&self) -> bool {
        self.dialog.is_lingering()
    }

    /// Bytes that were read and written in the last drive.
    pub fn moved_bytes(&self) -> usize {
        self.link.moved_bytes()
    }

    /// If it may be closed to make room: why, and since when.
    pub fn spare(&self, now: Instant) -> Option<(Spare, Instant)> {
        let wait = self.dialog.wait(self.link.is_unsent());
        let has_input = !self.link.holds_nothing();
        let (spare, after) = shed::spare(wait, self.dialog.is_answered(), has_input)?;
        let since = self.times.still_since();
        (now > later(since, after)).then_some((spare, since))
    }

    fn is_idle(&self) -> bool {
        self.dialog.is_between() && self.link.holds_nothing() && self.link.is_sent()
    }

    /// Whether it is idle after a request: then it may be closed at once to make room.
    pub fn has_come_to_rest(&self) -> bool {
        self.dialog.phase() == Phase::Idle && self.is_idle()
    }

    /// About how much memory it holds beside its slot, and whether its answer may need more.
    pub fn memory_bytes(&self) -> (usize, bool) {
        let cycle = self.cycle.as_ref().map_or(0, |cycle| cycle.memory_bytes());
        let is_fed = self.has_exchange() || self.link.is_pulled();
        (self.link.memory_bytes() + cycle, is_fed)
    }
}
