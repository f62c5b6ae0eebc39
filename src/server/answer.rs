//! The sending side of a connection: a response's head and body, and the exchange that makes it.

use std::fmt;
use std::io;
use std::task::Poll;

use super::conn::Conn;
use super::cut::Cut;
use super::transport::Transport;
use super::watch::take_interim;
use super::world::World;
use crate::handler::{Body, Cx, Exchange, Failure, Handler, Log, Pull, Response};
use crate::http::dialog::{Reading, Writing};
use crate::http::limits::{REROUTES_MAX, SMALL_FILE_BYTES_MAX};
use crate::http::method::Version;
use crate::http::response::{CONTINUE, Framing, ResponseHead, framing, write_head};
use crate::http::status::Status;

/// What a response must know of its request.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub line: &'a [u8],
    pub is_head: bool,
    pub version: Version,
}

impl<T: Transport> Conn<T> {
    /// Moves the response on; returns whether anything moved.
    pub(super) fn answer<H: Handler>(&mut self, world: &mut World<'_, H>) -> io::Result<bool> {
        let mut moved = false;
        if self.dialog.writing() == Writing::Idle && self.active.is_some() && self.flags.stirred {
            moved = self.poll_exchange(world)?;
        }
        // In the same step, so that the head and the first bytes leave together.
        if self.dialog.writing() == Writing::Body && self.outgoing.is_pulled() {
            moved |= self.pull(world)?;
        }
        // At once: the next step may begin the next cycle, which must not find it.
        let outlives = mutant!("exchange_outlives");
        if self.dialog.writing() == Writing::Done && self.active.is_some() && !outlives {
            self.end_exchange(true, world);
            return Ok(true);
        }
        Ok(moved)
    }

    /// Tells the exchange what has happened since the last drive.
    pub(super) fn stir<H: Handler>(&mut self, world: &mut World<'_, H>) -> io::Result<()> {
        self.flags.stirred |= std::mem::take(&mut self.ready.woken);
        if self.ready.read_closed && !self.calls.peer_ended {
            self.calls.peer_ended = true;
            self.flags.stirred = true;
        }
        if world.shared.draining && !self.flags.drain_told {
            self.flags.drain_told = true;
            self.flags.stirred = true;
        }
        let sources = std::mem::take(&mut self.ready.sources);
        for which in (1..=5).filter(|which| sources & 1 << which != 0) {
            self.flags.stirred = true;
            self.with_exchange(world, |exchange, cx| exchange.on_ready(which, cx))?;
        }
        if let Some(status) = self.active.as_mut().and_then(|active| active.exit.take()) {
            self.flags.stirred = true;
            self.with_exchange(world, |exchange, cx| exchange.on_exit(status, cx))?;
        }
        Ok(())
    }

    fn poll_exchange<H: Handler>(&mut self, world: &mut World<'_, H>) -> io::Result<bool> {
        self.flags.stirred = false;
        let Some(active) = &mut self.active else {
            return Ok(false);
        };
        let shell = (world.registry, world.handle);
        let mut cx = world.shared.cx(world.now, shell, self.key, &mut self.calls);
        let polled = active.exchange.poll_response(&mut cx);
        let continues = active.continue_due && active.exchange.wants_body();
        world.settle(self.key, self.peer);
        let version = || Asked::from_line(&active.head).version;
        let writing = self.dialog.writing();
        take_interim(&mut self.outgoing, writing, version, world.shared);
        match polled {
            Poll::Pending if continues => {
                active.continue_due = mutant!("continue_twice");
                self.outgoing
                    .buffer(&mut world.shared.scratch)
                    .extend_from_slice(CONTINUE);
                Ok(true)
            }
            Poll::Pending => Ok(false),
            Poll::Ready(Err(error)) => self.fail_exchange(error, world).map(|()| true),
            Poll::Ready(Ok(response)) => {
                let (head, reroutes) = (std::mem::take(&mut active.head), active.reroutes);
                self.refuse_unasked_body();
                self.flags.stirred = true;
                let is_rerouted = response.extra.as_ref().is_some_and(|e| e.reroute.is_some());
                if is_rerouted {
                    self.end_exchange(true, world);
                }
                let asked = Asked::from_line(&head);
                self.respond_or_reroute(response, asked, &head, reroutes, world)?;
                Ok(true)
            }
        }
    }

    /// Asks the body's source while there is room for more.
    fn pull<H: Handler>(&mut self, world: &mut World<'_, H>) -> io::Result<bool> {
        let mut moved = false;
        while self.flags.stirred && !self.flags.again && self.outgoing.has_room() {
            self.outgoing.buffer(&mut world.shared.scratch);
            let before = self.outgoing.queued_bytes();
            if before == 0 {
                // The peer is not what was waited for.
                self.since = world.now.mono;
            }
            let exchange = self.active.as_mut().map(|active| &mut active.exchange);
            let shell = (world.registry, world.handle);
            let mut cx = world.shared.cx(world.now, shell, self.key, &mut self.calls);
            let pulled = self.outgoing.pull(exchange, &mut cx);
            world.settle(self.key, self.peer);
            world.shared.left.interim.clear();
            let queued = self.outgoing.queued_bytes() > before;
            moved |= queued;
            // What went out has made room, for an exchange that sends back what it reads.
            self.flags.body_blocked &= !queued || mutant!("echo_blocked");
            match pulled? {
                Pull::More if queued => {}
                // It may need more room, which the peer makes: to ask again at once would spin.
                Pull::More if before > 0 => return Ok(moved),
                Pull::More => self.flags.again = true,
                Pull::Pending => self.flags.stirred = false,
                Pull::Done => {
                    self.dialog.answer_ended();
                    return Ok(true);
                }
            }
        }
        Ok(moved)
    }

    /// Calls the exchange. Its error is answered 500 if no response is known yet.
    pub(super) fn with_exchange<H: Handler>(
        &mut self,
        world: &mut World<'_, H>,
        call: impl FnOnce(&mut Box<dyn Exchange>, &mut Cx<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(active) = &mut self.active else {
            return Ok(());
        };
        let shell = (world.registry, world.handle);
        let mut cx = world.shared.cx(world.now, shell, self.key, &mut self.calls);
        let result = call(&mut active.exchange, &mut cx);
        world.settle(self.key, self.peer);
        let version = || Asked::from_line(&active.head).version;
        let writing = self.dialog.writing();
        take_interim(&mut self.outgoing, writing, version, world.shared);
        result.or_else(|error| self.fail_exchange(error, world))
    }

    /// A peer that was never asked for its body may send it or not: what comes cannot be trusted.
    fn refuse_unasked_body(&mut self) {
        let unasked = self
            .active
            .as_ref()
            .is_some_and(|active| active.continue_due);
        if unasked && matches!(self.dialog.reading(), Reading::Body(_)) {
            self.dialog.refuse();
        }
    }

    pub(super) fn fail_exchange<H: Handler>(
        &mut self,
        error: io::Error,
        world: &mut World<'_, H>,
    ) -> io::Result<()> {
        if self.dialog.writing() != Writing::Idle {
            return Err(Cut::source(error));
        }
        self.refuse_unasked_body();
        let head = self
            .active
            .as_mut()
            .map(|active| std::mem::take(&mut active.head));
        self.end_exchange(false, world);
        let failure = Failure::new(Status::INTERNAL_SERVER_ERROR).cause(error.to_string());
        let asked = Asked::from_line(head.as_deref().unwrap_or_default());
        self.respond(Response::error(failure), asked, world)
    }

    /// Drops the exchange, after its last call.
    pub(super) fn end_exchange<H: Handler>(&mut self, well: bool, world: &mut World<'_, H>) {
        let Some(mut active) = self.active.take() else {
            return;
        };
        let shell = (world.registry, world.handle);
        let mut cx = world.shared.cx(world.now, shell, self.key, &mut self.calls);
        active.exchange.on_close(&mut cx);
        world.settle(self.key, self.peer);
        self.calls.end();
        world.shared.left.interim.clear();
        world.shared.reaper.release(self.key, well, world.now.mono);
    }

    pub(super) fn respond_or_reroute<H: Handler>(
        &mut self,
        mut response: Response,
        asked: Asked<'_>,
        head: &[u8],
        reroutes: u8,
        world: &mut World<'_, H>,
    ) -> io::Result<()> {
        match response
            .extra
            .as_mut()
            .and_then(|extra| extra.reroute.take())
        {
            None => self.respond(response, asked, world),
            Some(target) if reroutes < REROUTES_MAX || mutant!("reroute_unbounded") => {
                self.reroute(&target, head, reroutes + 1, world)
            }
            Some(_) => {
                let failure =
                    Failure::new(Status::INTERNAL_SERVER_ERROR).cause("too many local redirects");
                self.respond(Response::error(failure), asked, world)
            }
        }
    }

    /// Queues a response: the only place where one begins.
    pub(super) fn respond<H: Handler>(
        &mut self,
        response: Response,
        asked: Asked<'_>,
        world: &mut World<'_, H>,
    ) -> io::Result<()> {
        let (response, is_raw) = self.complete(response, world);
        self.flags.costly = is_costly(&response);
        let length = body_len(&response.body);
        let protocol = world.shared.protocol;
        let framing = match is_raw {
            true => Framing::Close,
            false => framing(
                asked.is_head,
                response.status,
                length,
                asked.version,
                protocol,
            ),
        };
        let closes = response.close || framing == Framing::Close || world.shared.draining;
        self.dialog.answer_begun(!closes);
        // What becomes of an unwanted body decides whether the connection lives on: ask first.
        self.dialog.join(self.active.is_some());
        let out = self.outgoing.buffer(&mut world.shared.scratch);
        if !is_raw {
            let server = world.handler.server_software();
            let head = ResponseHead {
                protocol,
                status: response.status,
                reason: response.reason_phrase(),
                date: &world.now.date,
                server: server.as_deref(),
                content_type: response.is_text.then_some("text/plain; charset=utf-8"),
                length,
                framing,
                keep_alive: self.dialog.keep_alive(),
                idle_time: world.shared.limits.idle_time,
                peer: asked.version,
            };
            let left_out = write_head(out, &head, &response.headers);
            if let Some(name) = left_out.or_else(|| left_out_of_parts(&response.body)) {
                self.log_bug(
                    format_args!("a field that cannot be sent is left out: {name:?}"),
                    world,
                );
            }
        }
        let is_sent = framing != Framing::None;
        world.log(Log::Access {
            peer: self.peer,
            request_line: asked.line,
            status: response.status,
            body_bytes: if is_sent { length } else { Some(0) },
        });
        self.flags.stirred = true;
        self.since = world.now.mono;
        self.allow_probe(framing == Framing::Chunked);
        if is_sent {
            self.outgoing.start(response.body, framing, world.now.wall);
        }
        if self.outgoing.is_queued() {
            self.dialog.answer_ended();
        }
        Ok(())
    }

    /// The response as it is sent, and whether its body is the whole message.
    fn complete<H: Handler>(
        &mut self,
        mut response: Response,
        world: &mut World<'_, H>,
    ) -> (Response, bool) {
        if self.active.is_none() {
            response = without_exchange(response);
        }
        let mut extra = *response.extra.take().unwrap_or_default();
        let status = extra
            .failure
            .as_ref()
            .map_or(response.status, |failure| failure.status);
        if status.code() < 200 && !extra.raw {
            self.log_bug(
                format_args!("a final response cannot have status {}", status.code()),
                world,
            );
            response = Response::error(Failure::new(Status::INTERNAL_SERVER_ERROR));
            extra = *response.extra.take().unwrap_or_default();
        }
        if let Some(failure) = extra.failure {
            response = self.render(response, &failure, world);
        }
        if !extra.raw {
            world.handler.finish(&mut response);
        }
        (response, extra.raw)
    }

    /// Tells of a mistake of the handler's.
    fn log_bug<H: Handler>(&self, what: fmt::Arguments<'_>, world: &mut World<'_, H>) {
        let (peer, message) = (self.peer, &*format!("bug: {what}"));
        world.log(Log::Error { peer, message });
    }

    /// Makes an error's page, and writes the first of its two log lines.
    fn render<H: Handler>(
        &mut self,
        given: Response,
        failure: &Failure,
        world: &mut World<'_, H>,
    ) -> Response {
        let code = failure.status.code();
        let mut message = format!("code {code}, message {}", failure.message);
        if !failure.cause.is_empty() {
            message.push_str(&format!(" ({})", failure.cause));
        }
        world.log(Log::Error {
            peer: self.peer,
            message: &message,
        });
        let mut page = world.handler.error_page(failure);
        page.status = failure.status;
        page.reason = given.reason;
        page.close |= given.close;
        page.take_fields(given.headers);
        // A page that is itself an error, or not made here, cannot be followed.
        page.extra = None;
        if matches!(page.body, Body::Streamed(_)) {
            page.body = Body::Empty;
        }
        if !failure.status.allows_body() {
            // There is no page to be of a type.
            page = page.without_header("Content-Type").body(Body::Empty);
        }
        page
    }
}

/// A response as it is without an exchange, which could not stream its body.
fn without_exchange(response: Response) -> Response {
    match response.body {
        Body::Streamed(_) => {
            let failure = Failure::new(Status::INTERNAL_SERVER_ERROR);
            Response::error(failure.cause("bug: Body::Streamed without its exchange"))
        }
        _ => response,
    }
}

/// The field that is left out of the heads of a body's parts, if there is one.
fn left_out_of_parts(body: &Body) -> Option<&'static str> {
    match body {
        Body::Parts { parts, .. } if !parts.has_sendable_type() => Some("Content-Type"),
        _ => None,
    }
}

/// Whether a response took far more work than most, of which its bytes on the wire, which the
/// budgets count, need not tell: HEAD of a listing, or one for which there was no room any more.
fn is_costly(response: &Response) -> bool {
    match &response.body {
        _ if response.status == Status::SERVICE_UNAVAILABLE => true,
        Body::Bytes(bytes) => bytes.len() > SMALL_FILE_BYTES_MAX,
        Body::Source(_) => true,
        _ => false,
    }
}

/// The length of a body, where it is known.
fn body_len(body: &Body) -> Option<u64> {
    match body {
        Body::Empty => Some(0),
        Body::Bytes(bytes) => Some(bytes.len() as u64),
        Body::File { range, .. } => Some(range.end.saturating_sub(range.start)),
        Body::Parts { parts, .. } => Some(parts.total_len()),
        Body::Source(source) => source.len(),
        Body::Streamed(len) => *len,
    }
}
