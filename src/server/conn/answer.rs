//! The sending side of a connection: a response's head and body, and the exchange that makes it.

use std::fmt;
use std::io;
use std::task::Poll;

use super::Conn;
use crate::handler::{Body, Cause, Failure, Handler, Log, Pull, Response};
use crate::http::limits::SMALL_FILE_BYTES_MAX;
use crate::http::lines::FieldLines;
use crate::http::response::{CONTINUE, Framing, ResponseHead, framing, write_head};
use crate::http::status::Status;
use crate::server::transport::Transport;
use crate::server::world::World;

impl<T: Transport> Conn<T> {
    /// Moves the response on; returns whether anything moved.
    pub(super) fn answer<H: Handler>(&mut self, world: &mut World<'_, H>) -> Result<bool, Cause> {
        let mut moved = false;
        let is_stirred = self.cycle.as_ref().is_some_and(|cycle| cycle.is_stirred());
        if self.dialog.is_unanswered() && self.has_exchange() && is_stirred {
            moved = self.poll_exchange(world)?;
        }
        // In the same step, so that the head and the first bytes leave together.
        if self.dialog.is_answering() && self.link.is_pulled() {
            moved |= self.pull(world)?;
        }
        // At once: the next step may begin the next cycle, which must not find it.
        if self.dialog.is_answered() && self.has_exchange() {
            self.end_exchange(true, world);
            return Ok(true);
        }
        Ok(moved)
    }

    fn poll_exchange<H: Handler>(&mut self, world: &mut World<'_, H>) -> Result<bool, Cause> {
        if let Some(cycle) = &mut self.cycle {
            cycle.reasons().clear();
        }
        let is_due = self.dialog.continue_is_due();
        let polled = self.call(world, |called, cx| {
            let exchange = called.exchange?;
            let polled = exchange.poll_response(cx);
            Some((polled, is_due && exchange.wants_body()))
        });
        match polled.flatten() {
            None | Some((Poll::Pending, false)) => return Ok(false),
            Some((Poll::Pending, true)) => {
                self.dialog.continue_sent();
                let out = self.link.buffer(&mut world.shared.scratch);
                out.extend_from_slice(CONTINUE);
            }
            Some((Poll::Ready(Err(error)), _)) => self.fail_exchange(error, world)?,
            Some((Poll::Ready(Ok(response)), _)) => self.give(response, world)?,
        }
        Ok(true)
    }

    /// Asks the body's source while there is room for more.
    fn pull<H: Handler>(&mut self, world: &mut World<'_, H>) -> Result<bool, Cause> {
        let mut moved = false;
        while world.calls_left > 0 && self.is_to_be_pulled() && !world.again && self.link.has_room()
        {
            self.link.buffer(&mut world.shared.scratch);
            let before = self.link.queued_bytes();
            if before == 0 {
                // The peer is not what was waited for.
                self.times.begin(world.now.mono);
            }
            let pulled = self.call(world, |called, cx| called.link.pull(called.exchange, cx));
            let queued = self.link.queued_bytes() > before;
            moved |= queued;
            if queued {
                // What went out has made room, for an exchange that sends back what it reads.
                self.dialog.body_unblocked();
            }
            match pulled.unwrap_or(Ok(Pull::Done))? {
                Pull::More if queued => {}
                // It may need more room, which the peer makes: to ask again at once would spin.
                Pull::More if before > 0 => return Ok(moved),
                Pull::More => world.again = true,
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

    fn is_to_be_pulled(&self) -> bool {
        self.cycle.as_ref().is_some_and(|cycle| cycle.is_stirred())
    }

    /// The exchange gave an error: 500, or a cut if the response has begun.
    pub(super) fn fail_exchange<H: Handler>(
        &mut self,
        error: io::Error,
        world: &mut World<'_, H>,
    ) -> Result<(), Cause> {
        if !self.dialog.is_unanswered() {
            return Err(Cause::Source(error));
        }
        self.dialog.answer_known();
        self.end_exchange(false, world);
        let failure = Failure::new(Status::INTERNAL_SERVER_ERROR).cause(error.to_string());
        self.respond(Response::error(failure), world)
    }

    /// Queues a response: the only place where one begins.
    pub(super) fn respond<H: Handler>(
        &mut self,
        response: Response,
        world: &mut World<'_, H>,
    ) -> Result<(), Cause> {
        let has_exchange = self.has_exchange();
        let (response, is_raw) = self.complete(response, has_exchange, world);
        if is_costly(&response) {
            // The next one waits for the next turn.
            world.requests_left = 1;
        }
        let length = body_len(&response.body);
        self.begin_wait(world.now.mono);
        let framing = self.queue_head(&response, is_raw, length, has_exchange, world);
        let is_sent = framing != Framing::None;
        if let Some(cycle) = &mut self.cycle {
            world.log(Log::Access {
                peer: self.ends.peer(),
                request_line: cycle.asked().line(),
                status: response.status,
                body_bytes: if is_sent { length } else { Some(0) },
            });
            cycle.allow_probe(framing == Framing::Chunked);
        }
        if is_sent {
            self.link.start(response.body, framing, world.now.wall);
        }
        if self.link.is_queued() {
            self.dialog.answer_ended();
        }
        Ok(())
    }

    /// Decides how a response is framed, and queues its head, but for one that `is_raw`.
    fn queue_head<H: Handler>(
        &mut self,
        response: &Response,
        is_raw: bool,
        length: Option<u64>,
        has_exchange: bool,
        world: &mut World<'_, H>,
    ) -> Framing {
        let Some(cycle) = &mut self.cycle else {
            return Framing::None;
        };
        let (asked, protocol, status) = (cycle.asked(), world.shared.protocol, response.status);
        let peer = asked.version();
        let framing = match is_raw {
            true => Framing::Close,
            false => framing(asked.is_head(), status, length, peer, protocol),
        };
        let closes = response.close || framing == Framing::Close || world.shared.draining;
        self.dialog.answer_begun(!closes, has_exchange);
        let starts_at = self.link.sent_bytes() + self.link.queued_bytes() as u64;
        let out = self.link.buffer(&mut world.shared.scratch);
        let before = out.len();
        let mut left_out = None;
        if !is_raw {
            let server = world.handler.server_software();
            let lines = response
                .lines
                .as_ref()
                .map_or(&b""[..], FieldLines::as_bytes);
            let head = ResponseHead {
                protocol,
                status,
                reason: response.reason_phrase(),
                date: &world.now.date,
                server: server.as_deref(),
                content_type: response.is_text.then_some("text/plain; charset=utf-8"),
                length,
                framing,
                keep_alive: self.dialog.keep_alive(),
                idle_time: world.shared.limits.idle_time,
                peer,
            };
            left_out = write_head(
                out,
                &head,
                &mut world.shared.common_lines,
                lines,
                &response.headers,
            );
            left_out = left_out.or_else(|| left_out_of_parts(&response.body));
        }
        cycle.answered(status, starts_at, (out.len() - before) as u64);
        if let Some(name) = left_out {
            self.log_bug(
                format_args!("a field that cannot be sent is left out: {name:?}"),
                world,
            );
        }
        framing
    }

    /// The response as it is sent, and whether its body is the whole message.
    fn complete<H: Handler>(
        &self,
        mut response: Response,
        has_exchange: bool,
        world: &mut World<'_, H>,
    ) -> (Response, bool) {
        if !has_exchange {
            response = without_exchange(response);
        }
        if let Some(status) = impossible_status(&response) {
            self.log_bug(
                format_args!("a final response cannot have status {}", status.code()),
                world,
            );
            response = Response::error(Failure::new(Status::INTERNAL_SERVER_ERROR));
        }
        let extra = response.extra.take();
        let (failure, is_raw) = extra.map_or((None, false), |extra| (extra.failure, extra.raw));
        if let Some(failure) = failure {
            response = self.render(response, &failure, world);
        }
        if !is_raw {
            world.handler.finish(&mut response);
        }
        (response, is_raw)
    }

    /// Tells of a mistake of the handler's.
    fn log_bug<H: Handler>(&self, what: fmt::Arguments<'_>, world: &mut World<'_, H>) {
        let (peer, message) = (self.ends.peer(), &*format!("bug: {what}"));
        world.log(Log::Error { peer, message });
    }

    /// Makes an error's page, and writes the first of its two log lines.
    fn render<H: Handler>(
        &self,
        mut given: Response,
        failure: &Failure,
        world: &mut World<'_, H>,
    ) -> Response {
        let code = failure.status.code().to_string();
        let mut message = ["code ", &code, ", message ", &failure.message].concat();
        if !failure.cause.is_empty() {
            message.extend([" (", &failure.cause, ")"]);
        }
        world.log(Log::Error {
            peer: self.ends.peer(),
            message: &message,
        });
        let mut page = world.handler.error_page(failure);
        page.status = failure.status;
        page.close |= given.close;
        page.take_fields(given.take_all_fields());
        page.reason = given.reason;
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

/// The status of a response that cannot be a final one: those below 200 are interim.
fn impossible_status(response: &Response) -> Option<Status> {
    let extra = response.extra.as_ref();
    let failure = extra.and_then(|extra| extra.failure.as_ref());
    let status = failure.map_or(response.status, |failure| failure.status);
    let is_raw = extra.is_some_and(|extra| extra.raw);
    (status.code() < 200 && !is_raw).then_some(status)
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
        Body::Held { range, .. } => Some(range.end.saturating_sub(range.start)),
        Body::Source(source) => source.len(),
        Body::Streamed(len) => *len,
    }
}
