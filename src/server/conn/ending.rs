//! How requests and connections end: when the next request may begin, when to linger, when to
//! close, and what is done before a connection is dropped.

use std::time::Instant;

use super::Conn;
use crate::handler::{Cause, Handler, Log, Origin};
use crate::http::dialog::Joint;
use crate::http::limits::DRAIN_LAP_TIME;
use crate::reactor::timers::Timers;
use crate::server::drive::Drive;
use crate::server::input::Input;
use crate::server::transport::Transport;

impl<T: Transport> Conn<T> {
    /// Begins the next cycle, if it is time: requests that are here already are answered into one
    /// write, others when what was before them is sent.
    pub(super) fn go_on<H: Handler>(
        &mut self,
        joint: Joint,
        input: &Input,
        drive: &mut Drive<'_, H>,
    ) -> bool {
        if joint != Joint::NextCycle {
            return false;
        }
        let has_begun = !input.rest().is_empty();
        let may = match has_begun {
            true => self.link.has_room(),
            false => self.link.is_sent(),
        };
        if !may {
            return false;
        }
        self.end_cycle(None, drive);
        self.dialog.next_cycle(has_begun);
        self.begin_wait(drive.now.mono);
        drive.requests_left -= 1;
        true
    }

    /// Acts on a joint state that ends the connection, once everything was sent.
    pub(super) fn conclude<H: Handler>(
        &mut self,
        joint: Joint,
        input: &Input,
        drive: &Drive<'_, H>,
    ) -> Result<(), Cause> {
        let now = drive.now.mono;
        match joint {
            _ if self.dialog.is_lingering() => {
                self.link.end_output()?;
                if self.link.has_ended() && !self.link.is_far_behind() {
                    self.dialog.close();
                }
            }
            Joint::EndOutput => self.link.end_output()?,
            Joint::Stay | Joint::NextCycle => {
                let drains = drive.shared.draining && self.dialog.is_between();
                let is_idle = drains && input.says_nothing() && !self.link.is_awaited();
                // A request may be on its way, or have come since the poller was asked.
                let is_over = is_idle && self.lap_ends().is_none_or(|end| end <= now);
                if is_over && !self.link.look_for_input() {
                    self.close(now);
                }
            }
            // A plain close would reset the connection under the response if bytes were unread,
            // or on their way: only a peer that said so sends none.
            Joint::Close
                if self.dialog.peer_closes()
                    && input.rest().is_empty()
                    && !self.link.is_readable()
                    && !self.link.is_far_behind() =>
            {
                self.close(now);
            }
            _ if self.link.input_has_ended() && !self.link.is_far_behind() => self.close(now),
            Joint::Close | Joint::Linger => self.linger(now)?,
        }
        Ok(())
    }

    /// When a drain closes it, if no request comes.
    pub(super) fn lap_ends(&self) -> Option<Instant> {
        self.times.after(DRAIN_LAP_TIME)
    }

    /// Closes without a wait for the peer's end.
    pub(super) fn close(&mut self, now: Instant) {
        if self.link.finish() {
            self.dialog.close();
        } else if !self.dialog.is_lingering() {
            self.dialog.linger();
            self.times.linger(now);
        }
    }

    fn linger(&mut self, now: Instant) -> Result<(), Cause> {
        self.dialog.linger();
        self.times.linger(now);
        self.link.end_output()
    }

    /// The request is over: its record goes to the log.
    pub(super) fn end_cycle<H: Handler>(
        &mut self,
        cause: Option<&Cause>,
        drive: &mut Drive<'_, H>,
    ) {
        let Some(cycle) = self.cycle.take() else {
            return;
        };
        // One that is complete counts as sent with those before it.
        let reached = self.link.reached(cause.is_none());
        self.requests = self.requests.wrapping_add(1);
        let origin = Origin {
            peer: self.ends.peer(),
            scheme: self.scheme,
            connection: self.number,
            request: self.requests,
        };
        if cycle.is_logged() {
            let record = cycle.record(origin, reached, drive.now.mono, cause);
            drive.log(Log::Over(record));
        }
        if let Some(spare) = cycle.end() {
            drive.shared.spare_cycle = Some(spare);
        }
    }
}

/// Before the drop.
impl<T: Transport> Conn<T> {
    /// Before the drop: takes its entry out of the timers and its transport off the poller.
    pub fn leave(&mut self, timers: &mut Timers, registry: &mio::Registry) {
        self.times.disarm(self.key(), timers);
        if self.dialog.is_answering() {
            self.link.cut();
        } else if self.dialog.is_between() {
            // One that is idle is not cut. If it cannot hear it now, it never will.
            self.link.finish();
        }
        self.link.deregister(registry);
    }

    /// Before the drop: ends what is in flight, for this reason if it was cut.
    pub fn end<H: Handler>(&mut self, cause: Option<Cause>, drive: &mut Drive<'_, H>) {
        if let Some(cause) = cause.as_ref().filter(|cause| !cause.is_told()) {
            self.tell_cut(cause, drive);
        }
        self.end_exchange(false, drive);
        self.end_cycle(cause.as_ref(), drive);
    }

    /// Logs why its response ends before its end, if one is under way.
    fn tell_cut<H: Handler>(&self, cause: &Cause, drive: &mut Drive<'_, H>) {
        let is_logged = self.cycle.as_ref().is_none_or(|cycle| cycle.is_logged());
        if !self.dialog.is_unanswered() && !self.link.is_sent() && is_logged {
            let (peer, message) = (self.ends.peer(), &*format!("response cut: {cause}"));
            drive.log(Log::Error { peer, message });
        }
    }
}
