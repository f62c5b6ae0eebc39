//! The receiving side of a connection: heads to the handler, body bytes to the exchange.

use std::io;

use super::answer::Asked;
use super::conn::{Active, Conn, Input};
use super::cut::Cut;
use super::rate::Rate;
use super::transport::Transport;
use super::watch::take_interim;
use super::world::World;
use crate::handler::{Exchange, Expectation, Failure, Handler, Reply, Request, Response};
use crate::http::body::{Decoder, Next};
use crate::http::dialog::{Reading, Writing};
use crate::http::fault::Fault;
use crate::http::framing::{self, Framing};
use crate::http::head::{Head, find_end, first_line, refuse_early};
use crate::http::limits::REQUEST_LINE_EXTRA_BYTES_MAX;
use crate::http::method::{Method, Version};
use crate::http::reroute::with_target;
use crate::http::status::Status;
use crate::http::target::Target;

impl<T: Transport> Conn<T> {
    /// Consumes input; returns whether anything moved.
    pub(super) fn receive<H: Handler>(
        &mut self,
        input: &mut Input,
        world: &mut World<'_, H>,
    ) -> io::Result<bool> {
        if self.flags.lingering {
            input.at = input.buf.len();
            return Ok(false);
        }
        match self.dialog.reading() {
            Reading::Head => self.receive_head(input, world),
            Reading::Body(_) => self.receive_body(input, world),
            Reading::Discard(..) => self.discard(input),
            Reading::Done | Reading::Ended | Reading::Refused => Ok(false),
        }
    }

    fn receive_head<H: Handler>(
        &mut self,
        input: &mut Input,
        world: &mut World<'_, H>,
    ) -> io::Result<bool> {
        let start = input.at;
        if input.rest().is_empty() {
            return Ok(false);
        }
        let mut searched = self.searched as usize;
        let end = find_end(input.rest(), &mut searched);
        self.searched = searched as u32;
        let Some(len) = end else {
            let Some(fault) = refuse_early(input.rest(), &world.shared.limits) else {
                return Ok(false);
            };
            self.refuse_head(fault, input.rest(), world)?;
            input.at = input.buf.len();
            return Ok(true);
        };
        input.at += len;
        self.searched = 0;
        // What is waited for from here on is another thing than the head.
        self.since = world.now.mono;
        let more = input.at < input.buf.len();
        let head_bytes = &input.buf[start..input.at];
        match Head::parse(head_bytes, &world.shared.limits) {
            Ok(head) => self.route(&head, head_bytes, more, world)?,
            Err(fault) => self.refuse_head(fault, head_bytes, world)?,
        }
        Ok(true)
    }

    /// Hands one request to the handler.
    fn route<H: Handler>(
        &mut self,
        head: &Head,
        buf: &[u8],
        more: bool,
        world: &mut World<'_, H>,
    ) -> io::Result<()> {
        let asked = Asked::new(head, buf);
        let framing = framing::decide(head, buf, &world.shared.limits);
        let target = Target::parse_for(head.method(buf), head.target(buf));
        let parsed = framing.and_then(|framing| Ok((framing, target?)));
        let (framing, target) = match parsed {
            Ok(parsed) => parsed,
            Err(fault) => {
                self.dialog.refuse();
                return self.respond_fault(fault, asked, world);
            }
        };
        let keep_alive = framing.keep_alive && world.shared.protocol == Version::Http11;
        self.dialog
            .head_received(Decoder::new(framing.body), keep_alive);
        let facts = self.facts(world.now.wall, world.shared.protocol);
        let body_len = framing.body;
        let request = Request {
            buf,
            head,
            target: &target,
            whole: &target.path,
            body_len,
            facts: &facts,
        };
        if framing.expects && world.shared.protocol == Version::Http11 {
            if let Expectation::Reject(response) = world.handler.expect_continue(&request) {
                if body_len != framing::BodyLen::None {
                    self.dialog.refuse();
                }
                return self.respond(response, asked, world);
            }
        }
        let reply = self.call_handler(&request, world);
        self.accept_reply(reply, &request, framing, more, world)
    }

    fn call_handler<H: Handler>(
        &mut self,
        request: &Request<'_>,
        world: &mut World<'_, H>,
    ) -> Reply {
        let shell = (world.registry, world.handle);
        let mut cx = world.shared.cx(world.now, shell, self.key, &mut self.calls);
        let reply = world.handler.handle(request, &mut cx);
        world.settle(self.key, self.peer);
        let (version, writing) = (|| request.version(), self.dialog.writing());
        take_interim(&mut self.outgoing, writing, version, world.shared);
        reply
    }

    fn accept_reply<H: Handler>(
        &mut self,
        reply: Reply,
        request: &Request<'_>,
        framing: Framing,
        more: bool,
        world: &mut World<'_, H>,
    ) -> io::Result<()> {
        let asked = Asked::new(request.head, request.buf);
        // A peer that waits for 100 is told an answer that is known instead.
        let waits = framing.expects_continue && world.shared.protocol == Version::Http11;
        let exchange = match reply {
            Reply::Respond(response) => {
                if waits && !more {
                    self.dialog.refuse();
                }
                return self.respond_or_reroute(response, asked, request.buf, 0, world);
            }
            Reply::Exchange(exchange) => exchange,
        };
        self.begin_exchange(exchange, request.buf, 0, waits && !more, world);
        if framing.body == framing::BodyLen::None {
            self.with_exchange(world, |exchange, cx| exchange.on_body_end(cx))?;
        }
        Ok(())
    }

    fn begin_exchange<H>(
        &mut self,
        exchange: Box<dyn Exchange>,
        head: &[u8],
        reroutes: u8,
        continue_due: bool,
        world: &World<'_, H>,
    ) {
        let version = Asked::from_line(head).version.min(world.shared.protocol);
        self.active = Some(Box::new(Active {
            exchange,
            head: head.into(),
            reroutes,
            exit: None,
            body_bytes: 0,
            rate: None,
            continue_due,
            may_probe: version == Version::Http11,
        }));
        self.flags.stirred = true;
    }

    /// Answers a local redirect: the same request as a GET or HEAD of another target, without its
    /// body.
    pub(super) fn reroute<H: Handler>(
        &mut self,
        target: &str,
        head_bytes: &[u8],
        reroutes: u8,
        world: &mut World<'_, H>,
    ) -> io::Result<()> {
        // Whoever answers now is told of no body: this one is nobody's.
        if !mutant!("reroute_keeps_body") {
            self.dialog.body_unwanted();
        }
        let limits = &world.shared.limits;
        let rerouted = with_target(head_bytes, target);
        let parsed = rerouted.as_deref().ok_or(Fault::BadTarget).and_then(|buf| {
            let head = Head::parse(buf, limits)?;
            let target = Target::parse(head.target(buf))?;
            Ok((buf, head, target))
        });
        let Ok((buf, head, target)) = parsed else {
            let failure = Failure::new(Status::INTERNAL_SERVER_ERROR)
                .cause("local redirect to no valid target");
            return self.respond(
                Response::error(failure),
                Asked::from_line(head_bytes),
                world,
            );
        };
        let facts = self.facts(world.now.wall, world.shared.protocol);
        let body_len = framing::BodyLen::None;
        let request = Request {
            buf,
            head: &head,
            target: &target,
            whole: &target.path,
            body_len,
            facts: &facts,
        };
        // The log and the framing go by what the peer asked.
        let asked = Asked::from_line(head_bytes);
        match self.call_handler(&request, world) {
            Reply::Respond(response) => {
                self.respond_or_reroute(response, asked, head_bytes, reroutes, world)
            }
            Reply::Exchange(exchange) => {
                self.begin_exchange(exchange, head_bytes, reroutes, false, world);
                self.with_exchange(world, |exchange, cx| exchange.on_body_end(cx))
            }
        }
    }

    fn receive_body<H: Handler>(
        &mut self,
        input: &mut Input,
        world: &mut World<'_, H>,
    ) -> io::Result<bool> {
        if self.flags.body_blocked && !self.flags.stirred {
            return Ok(false);
        }
        self.flags.body_blocked = false;
        if let Some(active) = self.active.as_mut().filter(|active| !active.continue_due) {
            active.rate.get_or_insert_with(|| Rate::new(world.now.mono));
        }
        let mut moved = false;
        while input.offers > 0 {
            let Some((start, len, used)) = self.decode(input, world)? else {
                return Ok(true);
            };
            moved |= input.at < start;
            if len == 0 {
                moved |= input.at < used;
                input.at = used;
                return Ok(self.end_body(input, world)? || moved);
            }
            input.offers -= 1;
            let is_known = matches!(self.dialog.decoder(), Some(Decoder::Length(_)));
            self.decoded = if is_known { 0 } else { len as u32 };
            let Some(taken) = self.offer(&input.buf[start..start + len], world)? else {
                return Ok(true);
            };
            moved |= taken > 0;
            let counted = taken + usize::from(mutant!("byte_twice"));
            match self.dialog.decoder() {
                Some(decoder) if is_known => decoder.took(counted),
                _ => self.decoded -= counted as u32,
            }
            // What was not taken lies before the next byte that is to be decoded.
            let left = len - taken;
            input.at = used - left;
            if left > 0 && start + len < used {
                input.buf.copy_within(start + taken..start + len, input.at);
            }
            if self.active.is_none() && !mutant!("failed_body_left") {
                // It failed: what is left of the body goes another way, now and not at some event.
                return Ok(true);
            }
            if left > 0 {
                self.flags.body_blocked = true;
                // From here on its exchange is waited for.
                if let Some(active) = &mut self.active {
                    active.rate = None;
                }
                return Ok(moved);
            }
        }
        Ok(moved)
    }

    /// Finds body bytes: where they begin, how many they are, and where the input goes on. `None`
    /// if what is there cannot be decoded.
    fn decode<H: Handler>(
        &mut self,
        input: &mut Input,
        world: &mut World<'_, H>,
    ) -> io::Result<Option<(usize, usize, usize)>> {
        let (at, decoded) = (input.at, self.decoded as usize);
        if decoded > 0 {
            return Ok(Some((at, decoded, at + decoded)));
        }
        let decoder = self.dialog.decoder();
        let Some(gathered) = decoder.map(|decoder| decoder.gather(&mut input.buf[at..])) else {
            return Ok(None);
        };
        match gathered {
            Ok(got) => Ok(Some((at + got.start, got.len, at + got.used))),
            Err(fault) => self.refuse(fault, world).map(|()| None),
        }
    }

    /// Tells the exchange of the body's end, if that is here.
    fn end_body<H: Handler>(
        &mut self,
        input: &Input,
        world: &mut World<'_, H>,
    ) -> io::Result<bool> {
        let decoder = self.dialog.decoder();
        let ends = decoder.map(|decoder| decoder.next(input.rest()));
        if !matches!(ends, Some(Ok(Next::End { .. }))) {
            return Ok(false);
        }
        self.dialog.body_received();
        self.flags.stirred = true;
        self.with_exchange(world, |exchange, cx| exchange.on_body_end(cx))?;
        Ok(true)
    }

    /// Offers body bytes to the exchange; `None` if the body has grown past its limit.
    fn offer<H: Handler>(
        &mut self,
        chunk: &[u8],
        world: &mut World<'_, H>,
    ) -> io::Result<Option<usize>> {
        let limit = world.shared.limits.body_bytes_max;
        let Some(active) = &mut self.active else {
            return Ok(Some(0));
        };
        if active.body_bytes.saturating_add(chunk.len() as u64) > limit {
            self.refuse(Fault::BodyTooLarge, world)?;
            return Ok(None);
        }
        // Bytes have come: the peer does not wait for 100 any more.
        active.continue_due = false;
        let mut taken = 0;
        self.with_exchange(world, |exchange, cx| {
            taken = exchange.on_body(chunk, cx)?.min(chunk.len());
            Ok(())
        })?;
        if let Some(active) = &mut self.active {
            active.body_bytes += taken as u64;
            if let Some(rate) = &mut active.rate {
                rate.count(taken);
            }
        }
        // One that takes nothing may know its answer by now.
        self.flags.stirred |= self.dialog.writing() == Writing::Idle;
        if taken > 0 {
            self.flags.stirred = true;
            if !self.outgoing.is_waiting() {
                self.since = world.now.mono;
            }
        }
        Ok(Some(taken))
    }

    fn discard(&mut self, input: &mut Input) -> io::Result<bool> {
        // What the exchange has left of it comes first.
        let left = std::mem::take(&mut self.decoded) as usize;
        input.at += left;
        self.dialog.discarded(left);
        let mut moved = left > 0;
        loop {
            let Some(decoder) = self.dialog.decoder() else {
                return Ok(true);
            };
            let used = match decoder.next(input.rest()) {
                Ok(Next::More { skip }) => {
                    input.at += skip;
                    self.dialog.discarded(skip);
                    return Ok(moved || skip > 0);
                }
                Ok(Next::Data { skip, len }) => {
                    decoder.took(len);
                    skip + len
                }
                Ok(Next::End { skip }) => {
                    input.at += skip;
                    self.dialog.body_received();
                    return Ok(true);
                }
                Err(_) => {
                    self.dialog.refuse();
                    return Ok(true);
                }
            };
            input.at += used;
            self.dialog.discarded(used);
            moved = true;
        }
    }

    /// Answers a head that is wrong.
    fn refuse_head<H: Handler>(
        &mut self,
        fault: Fault,
        buf: &[u8],
        world: &mut World<'_, H>,
    ) -> io::Result<()> {
        self.dialog.refuse();
        let mut asked = Asked::from_line(buf);
        if fault == Fault::TargetTooLong {
            // As Python: a line that is too long is not kept.
            asked.line = b"";
        }
        // What is no request line may be as long as the read buffer, and the log would drop it.
        let line_bytes_max = world.shared.limits.target_bytes_max;
        let line_bytes_max = line_bytes_max.saturating_add(REQUEST_LINE_EXTRA_BYTES_MAX);
        asked.line = &asked.line[..asked.line.len().min(line_bytes_max)];
        self.respond_fault(fault, asked, world)
    }

    /// Answers a fault that came after the head, and ends the exchange.
    pub(super) fn refuse<H: Handler>(
        &mut self,
        fault: Fault,
        world: &mut World<'_, H>,
    ) -> io::Result<()> {
        if self.dialog.writing() != Writing::Idle {
            // The response has begun: all that is left is to cut it.
            let cause = format!("request body: {}", fault.cause());
            return Err(Cut::because(io::ErrorKind::InvalidData, cause));
        }
        let active = self.active.take();
        let head = active.as_ref().map_or(&b""[..], |active| &active.head);
        let asked = Asked::from_line(head);
        self.dialog.refuse();
        let result = self.respond_fault(fault, asked, world);
        self.active = active;
        self.end_exchange(false, world);
        result
    }

    fn respond_fault<H: Handler>(
        &mut self,
        fault: Fault,
        asked: Asked<'_>,
        world: &mut World<'_, H>,
    ) -> io::Result<()> {
        let failure = Failure::new(fault.status())
            .message(fault.message(asked.line))
            .cause(fault.cause());
        self.respond(Response::error(failure), asked, world)
    }
}

impl<'a> Asked<'a> {
    fn new(head: &Head, buf: &'a [u8]) -> Asked<'a> {
        Asked {
            line: head.request_line(buf),
            is_head: head.method(buf) == Method::Head,
            version: head.version(),
        }
    }

    /// From a head that may not parse.
    pub(super) fn from_line(buf: &'a [u8]) -> Asked<'a> {
        let line = first_line(buf);
        let version = if line.ends_with(b"HTTP/1.0") {
            Version::Http10
        } else {
            Version::Http11
        };
        Asked {
            line,
            is_head: line.starts_with(b"HEAD "),
            version,
        }
    }
}
