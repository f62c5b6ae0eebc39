//! When a connection must be looked at although nothing happens, and what is done then.

use std::io;
use std::time::{Duration, Instant};

use super::conn::{Conn, Input, says_nothing};
use super::cut::Cut;
use super::progress::Found;
use super::transport::Transport;
use super::waits::{self, Facts, Wait};
use super::world::World;
use crate::handler::Handler;
use crate::http::dialog::{Reading, Writing};
use crate::http::fault::Fault;
use crate::http::limits::{BODY_TIME, LINGER_TIME, LINGER_TIME_MAX, Limits, OUT_BYTES_MAX};

impl<T: Transport> Conn<T> {
    fn wait(&self) -> Wait {
        waits::wait(Facts {
            reading: self.dialog.reading(),
            head_begun: self.flags.head_begun,
            is_waiting: self.outgoing.is_waiting(),
            waits_for_body: self.waits_for_body(),
            lingering: self.flags.lingering,
        })
    }

    /// When this connection must be looked at although nothing happens.
    pub(super) fn next_deadline(&self, limits: &Limits) -> Option<Instant> {
        // A time past the clock's end is as good as none.
        let after = |time: Duration| match time {
            Duration::ZERO => None,
            time => self.since.checked_add(time),
        };
        // A peer that is far behind with what it was sent is looked at instead.
        let next = self.progress.due(self.still_since(), limits.stall_time);
        let next = next.filter(|_| self.progress.has_begun());
        let patient = |at: Option<Instant>| at.map(|at| next.map_or(at, |next| next.max(at)));
        let own = match self.wait() {
            Wait::Linger => {
                let all = self.still_since().checked_add(LINGER_TIME_MAX);
                patient(after(LINGER_TIME).min(all))
            }
            Wait::Response => self.progress.due(self.still_since(), limits.stall_time),
            Wait::Head => after(limits.head_time),
            Wait::Idle => patient(after(limits.idle_time)),
            Wait::Body => {
                let silent = after(limits.stall_time.min(BODY_TIME));
                [silent, self.rate_due(limits)].into_iter().flatten().min()
            }
            Wait::Discard if limits.stall_time.is_zero() => after(BODY_TIME),
            Wait::Discard => after(limits.stall_time.min(BODY_TIME)),
            Wait::Handler => self.probe_at(),
        };
        match (own, self.calls.at) {
            (Some(own), Some(call)) => Some(own.min(call)),
            (own, call) => own.or(call),
        }
    }

    /// Acts on deadlines that have passed; returns whether the connection lives on.
    pub(super) fn expire<H: Handler>(
        &mut self,
        input: &Input,
        world: &mut World<'_, H>,
    ) -> io::Result<bool> {
        let now = world.now.mono;
        if self.calls.at.is_some_and(|at| at <= now) {
            self.calls.at = None;
            self.flags.stirred = true;
            self.with_exchange(world, |exchange, cx| exchange.on_deadline(cx))?;
        }
        let call_at = self.calls.at.take();
        let own = self.next_deadline(&world.shared.limits);
        self.calls.at = call_at;
        if own.is_none_or(|own| own > now) {
            return Ok(true);
        }
        let limits = &world.shared.limits;
        match self.wait() {
            // Room that was not used yet, for the loop came late, is found first.
            Wait::Response if self.ready.writable => return Ok(true),
            Wait::Response if !self.is_in_time(now, limits.stall_time) => {
                let time = limits.stall_time.as_secs_f64();
                let cause = format!("its peer took nothing for {time} s");
                return Err(Cut::because(io::ErrorKind::TimedOut, cause));
            }
            Wait::Response => return Ok(true),
            Wait::Linger | Wait::Idle => {
                return Ok(self.is_in_time(now, limits.stall_time));
            }
            // So is what has come meanwhile.
            Wait::Body if self.ready.readable || !self.is_body_late(now, limits) => {
                return Ok(true);
            }
            _ => {}
        }
        if self.probe_at().is_some() {
            self.probe(&mut world.shared.scratch);
            return Ok(true);
        }
        match self.dialog.reading() {
            Reading::Head if says_nothing(input.rest()) => return Ok(false),
            Reading::Head => self.refuse(Fault::HeadTimeout, world)?,
            Reading::Body(_) => self.refuse(Fault::BodyTimeout, world)?,
            // Nobody wants the body; but the answer is due, and the last one.
            Reading::Discard(..)
                if self.dialog.writing() != Writing::Done && !mutant!("answer_lost_in_discard") =>
            {
                self.dialog.refuse()
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether the peer is what a body waits for: not its exchange, and not us, who have not sent
    /// the `100 Continue` that was asked for.
    pub(super) fn waits_for_body(&self) -> bool {
        let active = self.active.as_deref();
        !self.flags.body_blocked && !active.is_some_and(|active| active.continue_due)
    }

    /// When to look at how fast the body comes.
    fn rate_due(&self, limits: &Limits) -> Option<Instant> {
        let rate = self.active.as_ref().and_then(|active| active.rate);
        rate.filter(|_| limits.body_rate_min > 0)?.due()
    }

    /// Whether a body has stood still for too long, or comes too slowly.
    fn is_body_late(&mut self, now: Instant, limits: &Limits) -> bool {
        let silent_max = limits.stall_time.min(BODY_TIME);
        let silent = now.saturating_duration_since(self.since);
        let rate = self.active.as_mut().and_then(|active| active.rate.as_mut());
        let is_slow = rate.is_some_and(|rate| rate.is_too_slow(now, limits.body_rate_min));
        is_slow || !silent_max.is_zero() && silent >= silent_max
    }

    /// Whether the peer has much of the response still to come. For a socket that was closed the
    /// kernel waits three minutes, too few for a player that pauses.
    pub(super) fn is_far_behind(&self) -> bool {
        self.transport.under_way() > Some(OUT_BYTES_MAX as u32)
    }

    /// Since when its peer was not seen to take anything. Not since the last byte that came, for
    /// they may drip for as long as it lingers.
    pub(super) fn still_since(&self) -> Instant {
        let lingered = Duration::from_millis(self.lingered.into());
        self.since.checked_sub(lingered).unwrap_or(self.since)
    }

    /// Looks at a peer that takes nothing of what it was sent; returns whether it may go on so.
    fn is_in_time(&mut self, now: Instant, stall: Duration) -> bool {
        let under_way = self.transport.under_way();
        if !self.outgoing.is_waiting() && under_way <= Some(OUT_BYTES_MAX as u32) {
            return false;
        }
        let since = self.still_since();
        let found = self.progress.look(under_way, now, since, stall);
        if found == Found::Moves {
            self.since = now;
            self.lingered = 0;
        }
        found != Found::Stalls
    }
}
