//! What a call leaves for its own connection, and exchanges that nothing will call again.

use std::io;

use super::conn::Conn;
use super::outgoing::Outgoing;
use super::transport::Transport;
use super::world::{Shared, World};
use crate::handler::{Handler, Log};
use crate::http::dialog::{Reading, Writing};
use crate::http::method::Version;

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
            && !self.flags.body_blocked;
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
        Err(error)
    }
}
