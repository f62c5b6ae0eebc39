//! When a connection must be looked at although nothing happens, and what is done then.

use std::io;
use std::time::{Duration, Instant};

use super::conn::{Conn, Input, says_nothing};
use super::transport::Transport;
use super::world::World;
use crate::handler::Handler;
use crate::http::dialog::{Reading, Writing};
use crate::http::fault::Fault;
use crate::http::limits::{LINGER_TIME, Limits};

impl<T: Transport> Conn<T> {
    /// When this connection must be looked at although nothing happens.
    pub(super) fn next_deadline(&self, limits: &Limits) -> Option<Instant> {
        // A time past the clock's end is as good as none.
        let after = |time: Duration| match time {
            Duration::ZERO => None,
            time => self.since.checked_add(time),
        };
        let own = if self.flags.lingering {
            after(LINGER_TIME).min(self.linger_end)
        } else if self.outgoing.is_waiting() {
            after(limits.stall_time)
        } else {
            match self.dialog.reading() {
                Reading::Head if self.flags.head_begun => after(limits.head_time),
                Reading::Head => after(limits.idle_time),
                Reading::Body(_) if self.flags.body_blocked => self.probe_at(),
                Reading::Body(_) | Reading::Discard(..) => after(limits.stall_time),
                Reading::Done | Reading::Ended | Reading::Refused => self.probe_at(),
            }
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
        if self.flags.lingering || self.outgoing.is_waiting() {
            return Ok(false);
        }
        if self.probe_at().is_some() {
            self.probe(&mut world.shared.scratch);
            return Ok(true);
        }
        match self.dialog.reading() {
            Reading::Head if says_nothing(input.rest()) => return Ok(false),
            Reading::Head => self.refuse(Fault::HeadTimeout, world)?,
            Reading::Body(_) if self.dialog.writing() == Writing::Idle => {
                self.refuse(Fault::BodyTimeout, world)?
            }
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
}
