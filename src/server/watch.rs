//! What a call leaves for its own connection, exchanges that nothing will call again, and peers
//! that may be gone.

use std::io;
use std::time::Instant;

use super::conn::Conn;
use super::outgoing::Outgoing;
use super::transport::Transport;
use super::world::{Shared, World};
use crate::handler::{Handler, Log, Told};
use crate::http::dialog::{Reading, Writing};
use crate::http::limits::PROBE_TIME;
use crate::http::method::Version;
use crate::http::response::CONTINUE;
use crate::reactor::scratch::Scratch;

/// How often in one drive a forgotten exchange is asked again, a count.
const DOUBTS_MAX: u8 = 2;

/// Queues the interim responses that a call has left, or drops them: `version` is what the peer
/// speaks, and 1.0 knows none (RFC 9110 section 15.2).
pub(super) fn take_interim(
    outgoing: &mut Outgoing,
    writing: Writing,
    version: impl FnOnce() -> Version,
    shared: &mut Shared,
) {
    if shared.left.interim.is_empty() {
        return;
    }
    let is_known = version().min(shared.protocol) == Version::Http11;
    // A peer that does not read gets no more of them: they are hints, and this is a bound.
    if is_known && writing == Writing::Idle && outgoing.has_room() {
        let out = outgoing.buffer(&mut shared.scratch);
        out.extend_from_slice(&shared.left.interim);
    }
    shared.left.interim.clear();
}

impl<T: Transport> Conn<T> {
    /// When a peer that has ended its stream is asked whether it still wants its answer.
    ///
    /// Its FIN is half-close by the standard (RFC 9112 section 9.6), but most peers that send one
    /// are gone, and the exchange works for nobody. What is sent to one that is gone comes back as
    /// a reset.
    pub(super) fn probe_at(&self) -> Option<Instant> {
        let may_probe = self.active.as_ref().is_some_and(|active| active.may_probe);
        (may_probe && self.ready.read_closed)
            .then(|| self.since.checked_add(PROBE_TIME))
            .flatten()
    }

    /// Has the kernel look whether a peer that has ended its stream is there, for whom an exchange
    /// or a source is at work. A byte finds out sooner, but not all can be sent one that they take
    /// for nothing: not those of HTTP/1.0, nor one that was promised a length.
    pub(super) fn watch_peer(&mut self) {
        let is_for_somebody = self.active.is_some() || self.outgoing.is_pulled();
        if is_for_somebody && self.ready.read_closed && !self.flags.peer_watched {
            self.flags.peer_watched = true;
            self.transport.watch_peer();
        }
    }

    /// Whether the peer of an exchange can be asked from now on.
    pub(super) fn allow_probe(&mut self, may_probe: bool) {
        if let Some(active) = &mut self.active {
            active.may_probe = may_probe;
        }
    }

    /// Asks it, once before the response and once inside, by what a peer that waits takes for
    /// nothing: an interim response that it did not expect (RFC 9110 section 15.2), or a leading
    /// zero of the next chunk's size (RFC 9112 section 7.1).
    pub(super) fn probe(&mut self, scratch: &mut Scratch) {
        self.allow_probe(false);
        let probe = match self.dialog.writing() {
            Writing::Idle => CONTINUE,
            Writing::Body | Writing::Done => b"0",
        };
        self.outgoing.buffer(scratch).extend_from_slice(probe);
    }

    /// Whether an exchange or a source is waited for that nothing will call again: no deadline, no
    /// waker, no source, no child, no body of the peer's.
    fn is_forgotten(&self, shared: &Shared) -> bool {
        let is_waited_for = match self.dialog.writing() {
            Writing::Idle => self.active.is_some(),
            Writing::Body => self.outgoing.is_pulled() && self.outgoing.queued_bytes() == 0,
            Writing::Done => false,
        };
        let has_body_to_come = self.active.is_some()
            && matches!(self.dialog.reading(), Reading::Body(_))
            && self.waits_for_body();
        is_waited_for
            && !has_body_to_come
            && !self.flags.stirred
            && !self.flags.again
            && self.calls.at.is_none()
            && self.calls.sources == 0
            && (self.calls.wake.as_ref()).is_none_or(|wake| wake.is_abandoned())
            && !shared.reaper.owns(self.key)
    }

    /// Asks a forgotten exchange again, for the last waker may have been dropped after its
    /// work was done; then answers in its place, so that no peer waits for ever. Returns whether
    /// there is something to do.
    pub(super) fn doubt<H: Handler>(
        &mut self,
        doubts: &mut u8,
        world: &mut World<'_, H>,
    ) -> io::Result<bool> {
        if !self.is_forgotten(world.shared) {
            return Ok(false);
        }
        *doubts += 1;
        if *doubts <= DOUBTS_MAX {
            self.flags.stirred = true;
            return Ok(true);
        }
        let error = io::Error::other("bug: nothing is left that could wake the exchange");
        if self.dialog.writing() == Writing::Idle {
            self.fail_exchange(error, world)?;
            return Ok(true);
        }
        let peer = self.peer;
        let message = "bug: nothing is left that could wake the source of a body";
        world.log(Log::Error { peer, message });
        Err(Told::error(error.kind()))
    }
}
