//! The receiving side of a connection: heads to the handler, body bytes to the exchange.

use super::Conn;
use crate::handler::{
    Arrival, Cause, Exchange, Expectation, Failure, Handler, Reply, Request, Response,
};
use crate::http::body::Decoder;
use crate::http::dialog::Takes;
use crate::http::fault::Fault;
use crate::http::framing::{self, BodyLen};
use crate::http::head::{Head, refuse_early};
use crate::http::limits::{REQUEST_LINE_EXTRA_BYTES_MAX, REROUTES_MAX};
use crate::http::method::Version;
use crate::http::reroute::with_target;
use crate::http::status::Status;
use crate::http::target::Target;
use crate::server::cycle::Cycle;
use crate::server::input::Input;
use crate::server::reasons::Reasons;
use crate::server::transport::Transport;
use crate::server::world::World;

impl<T: Transport> Conn<T> {
    /// Consumes input; returns whether anything moved.
    pub(super) fn receive<H: Handler>(
        &mut self,
        input: &mut Input,
        world: &mut World<'_, H>,
    ) -> Result<bool, Cause> {
        match self.dialog.takes() {
            Takes::Head => self.receive_head(input, world),
            Takes::Body => self.receive_body(input, world),
            Takes::Discard => Ok(self.discard(input)),
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
        world: &mut World<'_, H>,
    ) -> Result<bool, Cause> {
        if input.rest().is_empty() {
            return Ok(false);
        }
        let Some(len) = input.head_len() else {
            let Some(fault) = refuse_early(input.rest(), &world.shared.limits) else {
                return Ok(false);
            };
            self.refuse_head(fault, input.rest(), world)?;
            input.clear();
            return Ok(true);
        };
        // What is waited for from here on is another thing than the head.
        self.begin_wait(world.now.mono);
        let bytes = &input.rest()[..len];
        match Head::parse(bytes, &world.shared.limits) {
            Ok(head) => {
                let spare = world.shared.spare_cycle.take();
                let mut cycle = Cycle::begin(spare, bytes, head, world.now.mono);
                cycle.tell(self.link.peer_has_ended(), world.shared.draining);
                self.cycle = Some(cycle);
                input.take(len);
                self.route(!input.rest().is_empty(), world)?;
            }
            Err(fault) => {
                self.refuse_head(fault, bytes, world)?;
                input.take(len);
            }
        }
        Ok(true)
    }

    /// Hands a request to the handler. `more` says that bytes follow its head already.
    fn route<H: Handler>(&mut self, more: bool, world: &mut World<'_, H>) -> Result<(), Cause> {
        let asked = self.cycle.as_ref().and_then(|cycle| cycle.asked().head());
        let Some((head, buf)) = asked else {
            return Ok(());
        };
        let framing = framing::decide(head, buf, &world.shared.limits);
        let target = Target::parse_for(head.method(buf), head.target(buf));
        let (framing, target) = match framing.and_then(|framing| Ok((framing, target?))) {
            Ok(parsed) => parsed,
            Err(fault) => {
                self.dialog.refuse();
                return self.respond_fault(fault, world);
            }
        };
        let protocol = world.shared.protocol;
        let keep_alive = framing.keep_alive && protocol == Version::Http11;
        let waits = framing.expects_continue && protocol == Version::Http11;
        self.dialog
            .head_received(Decoder::new(framing.body), keep_alive, waits && !more);
        if framing.expects && protocol == Version::Http11 {
            let expectation = self.ask_expectation(&target, framing.body, world);
            if let Some(Expectation::Reject(response)) = expectation {
                if framing.body != BodyLen::None {
                    self.dialog.refuse();
                }
                return self.respond(response, world);
            }
        }
        let Some(reply) = self.ask_handler(None, &target, framing.body, world) else {
            return Ok(());
        };
        match reply {
            // A peer that waits for 100 is told an answer that is known instead.
            Reply::Respond(response) => return self.give(response, world),
            Reply::Exchange(exchange) => self.begin_exchange(exchange, world),
        }
        match framing.body {
            BodyLen::None => self.call_exchange(world, |exchange, cx| exchange.on_body_end(cx)),
            _ => Ok(()),
        }
    }

    /// Calls the handler with the request in flight, or with the head of another in its place.
    fn ask_handler<H: Handler>(
        &mut self,
        other: Option<(&Head, &[u8])>,
        target: &Target,
        body_len: BodyLen,
        world: &mut World<'_, H>,
    ) -> Option<Reply> {
        let arrival = self.arrival(world);
        self.call(world, |called, cx| {
            let (head, buf) = other.or(called.asked.head())?;
            let request = Request {
                buf,
                head,
                target,
                whole: &target.path,
                body_len,
                arrival: &arrival,
            };
            Some(called.handler.handle(&request, cx))
        })?
    }

    fn ask_expectation<H: Handler>(
        &mut self,
        target: &Target,
        body_len: BodyLen,
        world: &mut World<'_, H>,
    ) -> Option<Expectation> {
        let arrival = self.arrival(world);
        let (head, buf) = self.cycle.as_ref()?.asked().head()?;
        Some(world.handler.expect_continue(&Request {
            buf,
            head,
            target,
            whole: &target.path,
            body_len,
            arrival: &arrival,
        }))
    }

    fn arrival<H>(&self, world: &mut World<'_, H>) -> Arrival {
        world.shared.serial += 1;
        Arrival {
            peer: self.ends.peer(),
            local: self.ends.local(),
            received: world.now.wall,
            scheme: self.link.scheme(),
            protocol: world.shared.protocol,
            serial: world.shared.serial,
        }
    }

    fn begin_exchange<H>(&mut self, exchange: Box<dyn Exchange>, world: &World<'_, H>) {
        let may_probe = self.speaks_1_1(world);
        if let Some(cycle) = &mut self.cycle {
            cycle.answer_by(exchange, may_probe);
        }
    }

    /// Answers with this, or with what it redirects to: a local redirect is the same request as a
    /// GET or HEAD of another target, without its body.
    pub(super) fn give<H: Handler>(
        &mut self,
        mut response: Response,
        world: &mut World<'_, H>,
    ) -> Result<(), Cause> {
        self.dialog.answer_known();
        loop {
            let extra = response.extra.as_mut();
            let Some(target) = extra.and_then(|extra| extra.reroute.take()) else {
                return self.respond(response, world);
            };
            self.end_exchange(true, world);
            let reroutes = self.cycle.as_mut().map_or(0, |cycle| cycle.rerouted());
            let reply = match reroutes > REROUTES_MAX {
                true => Response::error(failure("too many local redirects")).into(),
                false => self.reroute(&target, world),
            };
            match reply {
                Reply::Respond(other) => response = other,
                Reply::Exchange(exchange) => {
                    self.begin_exchange(exchange, world);
                    return self.call_exchange(world, |exchange, cx| exchange.on_body_end(cx));
                }
            }
        }
    }

    /// Asks the handler for what a local redirect leads to. The log and the framing go on by what
    /// the peer asked.
    fn reroute<H: Handler>(&mut self, target: &str, world: &mut World<'_, H>) -> Reply {
        // Whoever answers now is told of no body: this one is nobody's.
        self.dialog.rerouted();
        let asked = self.cycle.as_ref().and_then(|cycle| cycle.asked().head());
        let buf = asked.and_then(|(_, buf)| with_target(buf, target));
        let parsed = buf.as_deref().ok_or(Fault::BadTarget).and_then(|buf| {
            let head = Head::parse(buf, &world.shared.limits)?;
            let target = Target::parse(head.target(buf))?;
            Ok((buf, head, target))
        });
        let reply = parsed.ok().and_then(|(buf, head, target)| {
            self.ask_handler(Some((&head, buf)), &target, BodyLen::None, world)
        });
        let bad = || Response::error(failure("local redirect to no valid target"));
        reply.unwrap_or_else(|| bad().into())
    }

    fn receive_body<H: Handler>(
        &mut self,
        input: &mut Input,
        world: &mut World<'_, H>,
    ) -> Result<bool, Cause> {
        let is_stirred = self.cycle.as_ref().is_some_and(|cycle| cycle.is_stirred());
        if self.dialog.is_body_blocked() && !is_stirred {
            return Ok(false);
        }
        self.dialog.body_unblocked();
        if self.dialog.expects_body() {
            if let Some(cycle) = &mut self.cycle {
                cycle.body_awaited(world.now.mono);
            }
        }
        let mut moved = false;
        while world.calls_left > 0 {
            let Some(decoder) = self.dialog.decoder() else {
                return Ok(true);
            };
            let before = input.rest().len();
            let body = match input.find_body(decoder) {
                Ok(body) => body,
                Err(fault) => {
                    self.refuse(fault, world)?;
                    return Ok(true);
                }
            };
            if body.is_empty() {
                let skipped = input.rest().len() < before;
                return Ok(self.end_body(world)? || skipped || moved);
            }
            let len = body.len();
            let Some(taken) = self.offer(body, world)? else {
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
                    cycle.body_blocked();
                }
                return Ok(moved);
            }
        }
        Ok(moved)
    }

    /// Tells the exchange of the body's end, if that was read.
    fn end_body<H: Handler>(&mut self, world: &mut World<'_, H>) -> Result<bool, Cause> {
        let decoder = self.dialog.decoder();
        if !decoder.is_some_and(|decoder| decoder.has_ended()) {
            return Ok(false);
        }
        self.dialog.body_received();
        if let Some(cycle) = &mut self.cycle {
            cycle.reasons().add(Reasons::BODY);
        }
        self.call_exchange(world, |exchange, cx| exchange.on_body_end(cx))?;
        Ok(true)
    }

    /// Offers body bytes to the exchange; `None` if the body has grown past its limit.
    fn offer<H: Handler>(
        &mut self,
        chunk: &[u8],
        world: &mut World<'_, H>,
    ) -> Result<Option<usize>, Cause> {
        let limit = world.shared.limits.body_bytes_max;
        let cycle = self.cycle.as_ref().filter(|cycle| cycle.has_exchange());
        let Some(cycle) = cycle else {
            return Ok(Some(0));
        };
        if !cycle.may_take(chunk.len(), limit) {
            self.refuse(Fault::BodyTooLarge, world)?;
            return Ok(None);
        }
        self.dialog.body_came();
        let mut taken = 0;
        self.call_exchange(world, |exchange, cx| {
            taken = exchange.on_body(chunk, cx)?.min(chunk.len());
            Ok(())
        })?;
        if let Some(cycle) = &mut self.cycle {
            cycle.took(taken);
            if self.dialog.is_unanswered() {
                // One that takes nothing may know its answer by now.
                cycle.reasons().add(Reasons::BODY);
            }
        }
        if let Some(decoder) = self.dialog.decoder() {
            decoder.took_gathered(taken);
        }
        if taken > 0 {
            self.begin_wait(world.now.mono);
        }
        Ok(Some(taken))
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

    /// Answers a head that is wrong.
    fn refuse_head<H: Handler>(
        &mut self,
        fault: Fault,
        bytes: &[u8],
        world: &mut World<'_, H>,
    ) -> Result<(), Cause> {
        self.dialog.refuse();
        // What is no request line may be as long as the read buffer, and the log would drop it.
        // As Python: a line whose target is too long is not kept.
        let line_bytes_max = match fault {
            Fault::TargetTooLong => 0,
            _ => {
                (world.shared.limits.target_bytes_max).saturating_add(REQUEST_LINE_EXTRA_BYTES_MAX)
            }
        };
        self.begin_faulty(bytes, line_bytes_max, world);
        self.respond_fault(fault, world)
    }

    fn begin_faulty<H>(&mut self, bytes: &[u8], line_bytes_max: usize, world: &mut World<'_, H>) {
        let spare = world.shared.spare_cycle.take();
        let cycle = Cycle::begin_faulty(spare, bytes, line_bytes_max, world.now.mono);
        self.cycle = Some(cycle);
    }

    /// Answers a fault that came after the head, or instead of it, and ends the exchange.
    pub(super) fn refuse<H: Handler>(
        &mut self,
        fault: Fault,
        world: &mut World<'_, H>,
    ) -> Result<(), Cause> {
        if !self.dialog.is_unanswered() {
            // The response has begun: all that is left is to cut it.
            return Err(match fault {
                Fault::BodyTruncated => Cause::BodyTruncated,
                fault => Cause::BodyRefused(fault),
            });
        }
        self.dialog.refuse();
        self.end_exchange(false, world);
        if self.cycle.is_none() {
            self.begin_faulty(b"", 0, world);
        }
        self.respond_fault(fault, world)
    }

    fn respond_fault<H: Handler>(
        &mut self,
        fault: Fault,
        world: &mut World<'_, H>,
    ) -> Result<(), Cause> {
        let line = (self.cycle.as_ref()).map_or(&b""[..], |cycle| cycle.asked().line());
        let failure = Failure::new(fault.status())
            .message(fault.message(line))
            .cause(fault.cause());
        self.respond(Response::error(failure), world)
    }
}

fn failure(cause: &'static str) -> Failure {
    Failure::new(Status::INTERNAL_SERVER_ERROR).cause(cause)
}
