//! What happens to a connection when nothing does: news for its exchange, deadlines, exchanges that
//! nothing will call again, and peers that may be gone.

use std::io;
use std::time::{Duration, Instant};

use super::Conn;
use crate::handler::{Cause, Handler};
use crate::http::dialog::Wait;
use crate::http::fault::Fault;
use crate::http::limits::{DISK_TIME, Limits, PROBE_TIME};
use crate::http::proxy_header::BadProxyHeader;
use crate::http::response::CONTINUE;
use crate::reactor::clock::later;
use crate::reactor::scratch::Scratch;
use crate::server::drive::{Drive, Shared};
use crate::server::input::Input;
use crate::server::reasons::Reasons;
use crate::server::steps::Stepped;
use crate::server::transport::Transport;

/// How often in one drive a forgotten exchange is asked again, a count.
const DOUBTS_MAX: u8 = 2;

impl<T: Transport> Conn<T> {
    /// Tells the exchange what has happened since the last drive.
    pub(super) fn tell_news<H: Handler>(&mut self, drive: &mut Drive<'_, H>) -> Result<(), Cause> {
        let Some(cycle) = &mut self.cycle else {
            return Ok(());
        };
        cycle.tell(self.link.peer_has_ended(), drive.shared.draining);
        while let Some(which) = self.cycle.as_mut().and_then(|cycle| cycle.take_source()) {
            self.call_exchange(drive, |exchange, cx| exchange.on_ready(which, cx))?;
        }
        if let Some(status) = self.cycle.as_mut().and_then(|cycle| cycle.take_exit()) {
            self.call_exchange(drive, |exchange, cx| exchange.on_exit(status, cx))?;
        }
        Ok(())
    }

    /// A source that asks for another turn has it after the others; one that does so again and
    /// again, and gives no byte, must wait a little each time. Returns whether it has it.
    pub(super) fn pace<H: Handler>(&mut self, drive: &mut Drive<'_, H>) -> bool {
        let Some(cycle) = self.cycle.as_mut().filter(|_| drive.steps) else {
            return false;
        };
        let stepped = cycle.stepped(drive.now.mono);
        if stepped == Stepped::TooOften {
            let what =
                format_args!("a body's source says `More` again and again, and gives nothing");
            self.log_bug(what, drive);
        }
        stepped == Stepped::Again
    }

    /// When this connection must be looked at although nothing happens.
    pub(super) fn next_deadline(&self, limits: &Limits, now: Instant) -> Option<Instant> {
        let own = self.wait_ends(self.dialog.wait(self.link.is_unsent()), limits);
        let call = self.cycle.as_ref().and_then(|cycle| cycle.call_at());
        let disk = self.link.awaits_disk().then(|| later(now, DISK_TIME));
        [own, call, disk].into_iter().flatten().min()
    }

    fn wait_ends(&self, wait: Wait, limits: &Limits) -> Option<Instant> {
        match wait {
            Wait::Answer => self.probe_at(),
            // Whoever has a deadline knows better how long to wait.
            Wait::Switched
                if self
                    .cycle
                    .as_ref()
                    .is_some_and(|cycle| cycle.has_deadline()) =>
            {
                None
            }
            Wait::Body => {
                let least = limits.body_rate_min;
                let rate = self.cycle.as_ref().and_then(|cycle| cycle.rate_due(least));
                let silent = self.times.end_of(wait, limits);
                [silent, rate].into_iter().flatten().min()
            }
            Wait::Reader | Wait::Request | Wait::End => {
                let ends = [self.times.end_of(wait, limits), self.times.uptake_due()];
                ends.into_iter().flatten().min()
            }
            Wait::Head | Wait::Discard | Wait::Switched => self.times.end_of(wait, limits),
        }
    }

    /// Acts on deadlines that have passed.
    pub(super) fn expire<H: Handler>(
        &mut self,
        input: &Input,
        drive: &mut Drive<'_, H>,
    ) -> Result<(), Cause> {
        let now = drive.now.mono;
        if (self.cycle.as_mut()).is_some_and(|cycle| cycle.take_deadline(now)) {
            self.call_exchange(drive, |exchange, cx| exchange.on_deadline(cx))?;
        }
        let wait = self.dialog.wait(self.link.is_unsent());
        let end = self.wait_ends(wait, &drive.shared.limits);
        if end.is_none_or(|end| end > now) {
            return Ok(());
        }
        let (stall, least) = {
            let limits = &drive.shared.limits;
            (limits.stall_time, limits.response_rate_min)
        };
        match wait {
            // Room that was not used yet, for the loop came late, is found first.
            Wait::Reader if self.link.is_writable() => {}
            Wait::Reader if self.takes_too_slowly(now, least) => {
                return Err(Cause::PeerSlow(least));
            }
            // The log has its record already.
            Wait::End | Wait::Request if self.takes_too_slowly(now, least) => self.dialog.close(),
            Wait::Reader | Wait::End | Wait::Request
                if !self.is_over(wait, now, &drive.shared.limits) => {}
            Wait::Reader | Wait::End | Wait::Request if self.may_stand_still(now, stall) => {
                if least > 0 {
                    self.times.begin_uptake(now);
                }
            }
            Wait::Reader => return Err(Cause::PeerStalled(stall)),
            Wait::End => self.dialog.close(),
            Wait::Answer => self.probe(&mut drive.shared.scratch),
            Wait::Switched if self.link.is_readable() => {}
            Wait::Switched
                if self
                    .times
                    .may_stand_still(self.link.under_way(), now, stall) => {}
            Wait::Switched => return Err(Cause::Idle(stall)),
            // The next one has just come.
            Wait::Request if self.link.look_for_input() => {}
            Wait::Request => self.close(now),
            Wait::Head if self.awaits_proxy_header() => {
                self.give_up_proxy_header(BadProxyHeader::Late, input, drive);
            }
            Wait::Head if input.says_nothing() => self.close(now),
            Wait::Head => self.refuse(Fault::HeadTimeout, drive)?,
            Wait::Discard if self.dialog.is_answered() => self.close(now),
            // Nobody wants the body; but the answer is due, and the last one.
            Wait::Discard => self.dialog.refuse(),
            // So is what has come meanwhile.
            Wait::Body if self.link.is_readable() || !self.is_body_late(now, drive) => {}
            Wait::Body if self.dialog.is_unanswered() => self.refuse(Fault::BodyTimeout, drive)?,
            Wait::Body => return Err(Cause::BodyStalled),
        }
        Ok(())
    }

    /// Whether a body has stood still for too long, or comes too slowly.
    fn is_body_late<H>(&mut self, now: Instant, drive: &Drive<'_, H>) -> bool {
        let limits = &drive.shared.limits;
        let silent_until = self.times.end_of(Wait::Body, limits);
        let cycle = self.cycle.as_mut();
        let is_slow = cycle.is_some_and(|cycle| cycle.is_body_slow(now, limits.body_rate_min));
        is_slow || silent_until.is_some_and(|until| until <= now)
    }

    /// Whether its peer is too slow for what it was sent, if it is time to look at that.
    fn takes_too_slowly(&mut self, now: Instant, least: u64) -> bool {
        let is_due = self.times.uptake_due().is_some_and(|due| due <= now);
        is_due
            && self
                .times
                .takes_too_slowly(self.link.taken_bytes(), now, least)
    }

    /// Whether the wait itself has come to its end.
    fn is_over(&self, wait: Wait, now: Instant, limits: &Limits) -> bool {
        let end = self.times.end_of(wait, limits);
        end.is_some_and(|end| end <= now)
    }

    /// Whether its peer may go on to take nothing of what it was sent.
    fn may_stand_still(&mut self, now: Instant, stall: Duration) -> bool {
        let is_behind = self.link.is_unsent() || self.link.is_far_behind();
        is_behind
            && self
                .times
                .may_stand_still(self.link.under_way(), now, stall)
    }

    /// When a peer that has ended its stream is asked whether it still wants its answer.
    ///
    /// Its FIN is half-close by the standard (RFC 9112 section 9.6), but most peers that send one
    /// are gone, and the exchange works for nobody. What is sent to one that is gone comes back as
    /// a reset.
    fn probe_at(&self) -> Option<Instant> {
        let may_probe = self.cycle.as_ref().is_some_and(|cycle| cycle.may_probe());
        match may_probe && self.link.peer_has_ended() {
            true => self.times.after(PROBE_TIME),
            false => None,
        }
    }

    /// Has the kernel look whether a peer that has ended its stream is there, for whom an exchange
    /// or a source is at work. A byte finds out sooner, but not all can be sent one that they take
    /// for nothing: not those of HTTP/1.0, nor one that was promised a length.
    pub(super) fn watch_peer(&mut self) {
        if self.has_exchange() || self.link.is_pulled() {
            self.link.watch_peer();
        }
    }

    /// Asks it, once before the response and once inside, by what a peer that waits takes for
    /// nothing: an interim response that it did not expect (RFC 9110 section 15.2), or a leading
    /// zero of the next chunk's size (RFC 9112 section 7.1).
    fn probe(&mut self, scratch: &mut Scratch) {
        if let Some(cycle) = &mut self.cycle {
            cycle.allow_probe(false);
        }
        let probe = match self.dialog.is_unanswered() {
            true => CONTINUE,
            false => b"0",
        };
        self.link.buffer(scratch).extend_from_slice(probe);
    }

    /// Whether an exchange or a source is waited for that nothing will call again: no deadline, no
    /// waker, no source, no child, no body of the peer's.
    fn is_forgotten(&self, shared: &Shared, again: bool) -> bool {
        let Some(cycle) = &self.cycle else {
            return false;
        };
        let is_waited_for = if self.dialog.is_unanswered() || self.dialog.is_answered() {
            cycle.has_exchange()
        } else {
            self.dialog.is_answering() && self.link.is_pulled() && self.link.queued_bytes() == 0
        };
        let has_body_to_come = cycle.has_exchange() && self.dialog.expects_body();
        is_waited_for
            && !has_body_to_come
            && !again
            && cycle.is_left_alone()
            && !shared.reaper.owns(self.key())
    }

    /// Asks a forgotten exchange again, for the last waker may have been dropped after its
    /// work was done; then answers in its place, so that no peer waits for ever. Returns whether
    /// there is something to do.
    pub(super) fn doubt<H: Handler>(
        &mut self,
        doubts: &mut u8,
        drive: &mut Drive<'_, H>,
    ) -> Result<bool, Cause> {
        if !self.is_forgotten(drive.shared, drive.again || drive.steps) {
            return Ok(false);
        }
        *doubts += 1;
        if *doubts <= DOUBTS_MAX {
            if let Some(cycle) = &mut self.cycle {
                cycle.reasons().add(Reasons::DOUBT);
            }
            return Ok(true);
        }
        if self.dialog.is_unanswered() {
            let error = io::Error::other("bug: nothing is left that could wake the exchange");
            self.fail_exchange(error, drive)?;
            return Ok(true);
        }
        let what = format_args!("nothing is left that could wake the source of a body");
        self.log_bug(what, drive);
        Err(Cause::Forgotten)
    }
}
