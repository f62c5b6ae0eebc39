//! The sending side of a connection: the exchange is asked for its response, the source for its
//! bytes, and what is queued is sent.

use std::io;
use std::task::Poll;

use super::Conn;
use crate::handler::{Cause, Failure, Handler, Pull, Response};
use crate::http::response::CONTINUE;
use crate::http::status::Status;
use crate::server::drive::Drive;
use crate::server::link::Flushed;
use crate::server::transport::Transport;

impl<T: Transport> Conn<T> {
    /// Moves the response on; returns whether anything moved.
    pub(super) fn answer<H: Handler>(&mut self, drive: &mut Drive<'_, H>) -> Result<bool, Cause> {
        let mut moved = false;
        if self.dialog.is_unanswered() && self.has_exchange() && self.is_stirred() {
            moved = self.poll_exchange(drive)?;
        }
        // In the same step, so that the head and the first bytes leave together.
        if self.dialog.is_answering() && self.link.is_pulled() {
            moved |= self.pull(drive)?;
        }
        // At once: the next step may begin the next cycle, which must not find it.
        if self.dialog.is_answered() && self.has_exchange() && !self.dialog.takes_switched() {
            self.end_exchange(true, drive);
            return Ok(true);
        }
        Ok(moved)
    }

    fn poll_exchange<H: Handler>(&mut self, drive: &mut Drive<'_, H>) -> Result<bool, Cause> {
        if let Some(cycle) = &mut self.cycle {
            cycle.reasons().clear();
        }
        let is_due = self.dialog.continue_is_due();
        let polled = self.call(drive, |called, cx| {
            let exchange = called.exchange?;
            let polled = exchange.poll_response(cx);
            Some((polled, is_due && exchange.wants_body()))
        });
        match polled.flatten() {
            None | Some((Poll::Pending, false)) => return Ok(false),
            Some((Poll::Pending, true)) => {
                self.dialog.continue_sent();
                let out = self.link.buffer(&mut drive.shared.scratch);
                out.extend_from_slice(CONTINUE);
            }
            Some((Poll::Ready(Err(error)), _)) => self.fail_exchange(error, drive)?,
            Some((Poll::Ready(Ok(response)), _)) => self.give(response, drive)?,
        }
        Ok(true)
    }

    /// Asks the body's source while there is room for more.
    fn pull<H: Handler>(&mut self, drive: &mut Drive<'_, H>) -> Result<bool, Cause> {
        let mut moved = false;
        while drive.calls_left > 0 && self.is_stirred() && !drive.steps && self.link.has_room() {
            self.link.buffer(&mut drive.shared.scratch);
            let before = self.link.queued_bytes();
            // The peer may not be what was waited for.
            self.begin_wait(drive.now.mono);
            let pulled = self.call(drive, |called, cx| called.link.pull(called.exchange, cx));
            let queued = self.link.queued_bytes() > before;
            moved |= queued;
            if queued {
                if let Some(cycle) = &mut self.cycle {
                    cycle.moved();
                }
                // What went out has made room, for an exchange that sends back what it reads.
                self.dialog.body_unblocked();
            }
            match pulled.unwrap_or(Ok(Pull::Done))? {
                Pull::More if queued => {}
                // It may need more room, which the peer makes: to ask again at once would spin.
                Pull::More if before > 0 => return Ok(moved),
                Pull::More | Pull::NextTurn => drive.steps = true,
                Pull::Pending => {
                    if let Some(cycle) = &mut self.cycle {
                        cycle.reasons().clear();
                    }
                }
                Pull::Done => {
                    self.dialog.answer_ended();
                    return Ok(true);
                }
            }
        }
        Ok(moved)
    }

    /// The exchange gave an error: 500, or a cut if the response has begun.
    pub(super) fn fail_exchange<H: Handler>(
        &mut self,
        error: io::Error,
        drive: &mut Drive<'_, H>,
    ) -> Result<(), Cause> {
        if !self.dialog.is_unanswered() {
            return Err(Cause::Source(error));
        }
        self.dialog.answer_known();
        let failure = Failure::new(Status::INTERNAL_SERVER_ERROR).cause(error.to_string());
        self.fail(Response::error(failure), drive)
    }

    pub(super) fn flush<H: Handler>(&mut self, drive: &mut Drive<'_, H>) -> Result<bool, Cause> {
        let flushed = self.link.flush()?;
        let mut moved = flushed != Flushed::Nothing;
        if flushed == Flushed::Bytes {
            self.times.sent(drive.now.mono);
        }
        if let Some(cycle) = self.cycle.as_mut().filter(|_| moved) {
            cycle.sent(self.link.sent_bytes(), drive.now.mono);
        }
        if self.dialog.is_answering() && self.link.is_queued() {
            self.dialog.answer_ended();
            moved = true;
        }
        if self.dialog.is_answered() && self.link.is_sent() && !self.has_exchange() {
            self.end_cycle(None, drive);
        }
        Ok(moved)
    }
}
