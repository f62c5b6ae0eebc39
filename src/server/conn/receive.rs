//! The receiving side of a connection: bytes are read, a head is parsed, a body offered.

use std::io;
use std::time::Instant;

use super::Conn;
use crate::handler::{Cause, Handler};
use crate::http::dialog::Takes;
use crate::http::fault::Fault;
use crate::http::head::{Head, refuse_early};
use crate::http::proxy_header::BadProxyHeader;
use crate::server::cycle::Cycle;
use crate::server::drive::Drive;
use crate::server::input::Input;
use crate::server::link::Filled;
use crate::server::marks::ConnMark;
use crate::server::reasons::Reasons;
use crate::server::transport::Transport;

impl<T: Transport> Conn<T> {
    /// Consumes input; returns whether anything moved.
    pub(super) fn receive<H: Handler>(
        &mut self,
        input: &mut Input,
        drive: &mut Drive<'_, H>,
    ) -> Result<bool, Cause> {
        match self.dialog.takes() {
            Takes::ProxyHeader => Ok(self.receive_proxy_header(input, drive)),
            Takes::Head => self.receive_head(input, drive),
            Takes::Body => self.receive_body(input, drive),
            Takes::Discard => Ok(self.discard(input)),
            Takes::Switched => self.receive_switched(input, drive),
            Takes::Anything => {
                input.clear();
                Ok(false)
            }
            Takes::Nothing => Ok(false),
        }
    }

    fn receive_head<H: Handler>(
        &mut self,
        input: &mut Input,
        drive: &mut Drive<'_, H>,
    ) -> Result<bool, Cause> {
        if input.rest().is_empty() {
            return Ok(false);
        }
        let Some(len) = input.head_len() else {
            let Some(fault) = refuse_early(input.rest(), &drive.shared.limits) else {
                return Ok(false);
            };
            self.refuse_head(fault, input.rest(), drive)?;
            input.clear();
            return Ok(true);
        };
        // What is waited for from here on is another thing than the head.
        self.begin_wait(drive.now.mono);
        let bytes = &input.rest()[..len];
        match Head::parse(bytes, &drive.shared.limits) {
            Ok(head) => {
                let spare = drive.shared.spare_cycle.take();
                let mut cycle = Cycle::begin(spare, bytes, head, drive.now.mono);
                cycle.tell(self.link.peer_has_ended(), drive.shared.draining);
                self.cycle = Some(cycle);
                input.take(len);
                self.route(!input.rest().is_empty(), drive)?;
            }
            Err(fault) => {
                self.refuse_head(fault, bytes, drive)?;
                input.take(len);
            }
        }
        Ok(true)
    }

    fn receive_body<H: Handler>(
        &mut self,
        input: &mut Input,
        drive: &mut Drive<'_, H>,
    ) -> Result<bool, Cause> {
        if !self.may_offer() {
            return Ok(false);
        }
        if self.dialog.expects_body() {
            if let Some(cycle) = &mut self.cycle {
                cycle.body_awaited(drive.now.mono);
            }
        }
        let mut moved = false;
        while drive.calls_left > 0 {
            let Some(decoder) = self.dialog.decoder() else {
                return Ok(true);
            };
            let before = input.rest().len();
            let body = match input.find_body(decoder) {
                Ok(body) => body,
                Err(fault) => {
                    self.refuse(fault, drive)?;
                    return Ok(true);
                }
            };
            if body.is_empty() {
                let skipped = input.rest().len() < before;
                return Ok(self.end_body(drive)? || skipped || moved);
            }
            let len = body.len();
            let Some(taken) = self.offer(body, drive)? else {
                return Ok(true);
            };
            input.take_body(taken);
            if !self.has_exchange() {
                // It failed: what is left of the body goes another way, now and not at some event.
                return Ok(true);
            }
            moved |= taken > 0 || input.rest().len() < before;
            if taken < len {
                self.dialog.body_blocked();
                if let Some(cycle) = &mut self.cycle {
                    cycle.body_blocked(drive.now.mono);
                }
                return Ok(moved);
            }
        }
        Ok(moved)
    }

    /// Tells the exchange of the body's end, if that was read.
    fn end_body<H: Handler>(&mut self, drive: &mut Drive<'_, H>) -> Result<bool, Cause> {
        let decoder = self.dialog.decoder();
        if !decoder.is_some_and(|decoder| decoder.has_ended()) {
            return Ok(false);
        }
        self.dialog.body_received();
        self.tell_end(drive)?;
        Ok(true)
    }

    /// Tells the exchange that nothing more comes for it.
    fn tell_end<H: Handler>(&mut self, drive: &mut Drive<'_, H>) -> Result<(), Cause> {
        if let Some(cycle) = &mut self.cycle {
            cycle.reasons().add(Reasons::BODY);
        }
        self.call_exchange(drive, |exchange, cx| exchange.on_body_end(cx))
    }

    /// Whether the exchange is to be offered bytes: it took all of the last ones, or something has
    /// happened since.
    pub(super) fn may_offer(&mut self) -> bool {
        if self.dialog.is_body_blocked() && !self.is_stirred() {
            return false;
        }
        self.dialog.body_unblocked();
        true
    }

    /// Offers body bytes to the exchange; `None` if the body has grown past its limit.
    fn offer<H: Handler>(
        &mut self,
        chunk: &[u8],
        drive: &mut Drive<'_, H>,
    ) -> Result<Option<usize>, Cause> {
        let limit = drive.shared.limits.body_bytes_max;
        let cycle = self.cycle.as_ref().filter(|cycle| cycle.has_exchange());
        let Some(cycle) = cycle else {
            return Ok(Some(0));
        };
        if !cycle.may_take(chunk.len(), limit) {
            self.refuse(Fault::BodyTooLarge, drive)?;
            return Ok(None);
        }
        self.dialog.body_came();
        let taken = self.hand_over(chunk, drive)?;
        if let Some(cycle) = self.cycle.as_mut().filter(|_| self.dialog.is_unanswered()) {
            // One that takes nothing may know its answer by now.
            cycle.reasons().add(Reasons::BODY);
        }
        if let Some(decoder) = self.dialog.decoder() {
            decoder.took_gathered(taken);
        }
        Ok(Some(taken))
    }

    /// Gives the exchange bytes; returns how many it took.
    pub(super) fn hand_over<H: Handler>(
        &mut self,
        chunk: &[u8],
        drive: &mut Drive<'_, H>,
    ) -> Result<usize, Cause> {
        let mut taken = 0;
        self.call_exchange(drive, |exchange, cx| {
            taken = exchange.on_body(chunk, cx)?.min(chunk.len());
            Ok(())
        })?;
        if let Some(cycle) = &mut self.cycle {
            cycle.took(taken);
        }
        if taken > 0 {
            self.begin_wait(drive.now.mono);
        }
        Ok(taken)
    }

    fn discard(&mut self, input: &mut Input) -> bool {
        let Some(decoder) = self.dialog.decoder() else {
            return true;
        };
        let Ok(skipped) = input.skip_body(decoder) else {
            self.dialog.refuse();
            return true;
        };
        let has_ended = decoder.has_ended();
        self.dialog.discarded(skipped, has_ended);
        skipped > 0 || has_ended
    }
}

/// Reading.
impl<T: Transport> Conn<T> {
    pub(super) fn fill<H: Handler>(
        &mut self,
        input: &mut Input,
        drive: &mut Drive<'_, H>,
    ) -> Result<bool, Cause> {
        match self.wants_input() {
            true => self.read(input, drive),
            false => Ok(false),
        }
    }

    pub(super) fn read<H: Handler>(
        &mut self,
        input: &mut Input,
        drive: &mut Drive<'_, H>,
    ) -> Result<bool, Cause> {
        debug_assert!(self.wants_input());
        match self.link.fill(input)? {
            Filled::Nothing => return Ok(false),
            Filled::Unblocked => {}
            Filled::Bytes => {
                drive.shared.serial += 1;
                self.bytes_came(drive.now.mono);
            }
            Filled::End if self.awaits_proxy_header() => {
                self.give_up_proxy_header(BadProxyHeader::Truncated, input, drive);
            }
            // It is half-close, not abort: what was asked is still answered.
            Filled::End => {
                let is_switched = self.dialog.takes_switched();
                if self.dialog.input_ended() {
                    self.refuse(Fault::BodyTruncated, drive)?;
                }
                if is_switched {
                    self.tell_end(drive)?;
                }
            }
        }
        Ok(true)
    }

    fn bytes_came(&mut self, now: Instant) {
        if self.dialog.input_came(self.link.is_unsent()) {
            self.times.begin(now);
        }
    }

    /// Reads what it has sent, before it is driven: only of one that waits for a request, and has
    /// nothing else to do. `None` if there is nothing, or it is not known yet.
    pub fn read_ahead(&mut self, buf: &mut Vec<u8>) -> Option<io::Result<usize>> {
        let may = self.dialog.is_between() && self.link.is_sent() && !self.times.has_fired();
        if may { self.link.read_ahead(buf) } else { None }
    }

    /// Takes what was read ahead of it. Of all else it is not known when it was sent, so that
    /// nobody's look at a file is shared.
    pub(super) fn take_ahead<H>(
        &mut self,
        input: &mut Input,
        drive: &mut Drive<'_, H>,
    ) -> Result<(), Cause> {
        let Some(read) = drive.shared.ahead.take(self.key()) else {
            drive.shared.serial += 1;
            return Ok(());
        };
        self.link.take_ahead(read.map_err(Cause::PeerGone)?, input);
        self.bytes_came(drive.now.mono);
        Ok(())
    }

    /// Keeps what was read ahead of it for its next drive.
    ///
    /// # Errors
    /// The peer is gone.
    pub fn hold_ahead<H>(&mut self, drive: &mut Drive<'_, H>) -> Result<(), Cause> {
        let mut input = self.link.open(&mut drive.shared.scratch);
        let heard = self.take_ahead(&mut input, drive);
        self.link.keep(input, &mut drive.shared.scratch);
        self.marks.set(ConnMark::Ahead, true);
        heard
    }

    /// Something else is waited for from now on, unless that is still the peer, to take what it was
    /// sent: all that it sends meanwhile, whole requests, too, is nothing that it takes.
    pub(super) fn begin_wait(&mut self, now: Instant) {
        if !self.link.is_unsent() {
            self.times.begin(now);
        }
    }

    pub(super) fn wants_input(&self) -> bool {
        !self.link.input_has_ended() && self.dialog.wants_input(self.link.is_sent())
    }
}
