//! A response begins: it is completed, framed, its head queued, its status logged.

use std::fmt;

use super::Conn;
use crate::handler::{Blame, Body, Cause, Failure, Handler, Log, Response, Role, TEXT_TYPE};
use crate::http::limits::SMALL_FILE_BYTES_MAX;
use crate::http::lines::FieldLines;
use crate::http::range::ContentRange;
use crate::http::response::{Framing, Onward, ResponseHead, framing, write_head};
use crate::http::status::Status;
use crate::server::drive::Drive;
use crate::server::marks::ConnMark;
use crate::server::transport::Transport;

/// Longest message whose buffer is kept for the next one, in bytes.
const MESSAGE_BYTES: usize = 1024;

impl<T: Transport> Conn<T> {
    /// Queues a response: the only place where one begins.
    pub(super) fn respond<H: Handler>(
        &mut self,
        mut response: Response,
        drive: &mut Drive<'_, H>,
    ) -> Result<(), Cause> {
        let switched = match response.role {
            Role::Switch(_) => self.begin_switch(&mut response, drive),
            _ => None,
        };
        let has_exchange = self.has_exchange();
        let is_raw = self.complete(&mut response, has_exchange, switched.is_some(), drive);
        if is_costly(&response) {
            // The next one waits for the next turn.
            drive.requests_left = 1;
        }
        let length = body_len(&response.body);
        self.begin_wait(drive.now.mono);
        let onward = match &switched {
            None => Onward::Http,
            Some(None) => Onward::Tunnel,
            Some(Some(protocol)) => Onward::Upgrade(protocol),
        };
        let framing = self.queue_head(&response, is_raw, onward, length, drive);
        if switched.is_some() {
            self.dialog.switched();
        }
        let is_sent = framing != Framing::None;
        if response.is_whole_file && drive.shared.takings.are_awaited() {
            self.begin_taking(&response, length, drive);
        }
        if let Some(cycle) = &mut self.cycle {
            if cycle.is_logged() {
                drive.log(Log::Access {
                    peer: self.ends.peer(),
                    request_line: cycle.asked().line(),
                    status: response.status,
                    body_bytes: if is_sent { length } else { Some(0) },
                });
            }
            cycle.allow_probe(framing == Framing::Chunked);
        }
        if is_sent {
            self.link.start(response.body, framing, drive.now.wall);
        }
        if self.link.is_queued() {
            self.dialog.answer_ended();
        }
        Ok(())
    }

    /// A file goes to a peer that may be the one who is to have it whole.
    #[cold]
    fn begin_taking<H>(
        &mut self,
        response: &Response,
        length: Option<u64>,
        drive: &mut Drive<'_, H>,
    ) {
        let asked = self.cycle.as_ref().map(|cycle| cycle.asked());
        let is_file = matches!(response.status, Status::OK | Status::PARTIAL_CONTENT);
        if asked.is_none_or(|asked| asked.is_head()) || !is_file {
            return;
        }
        let ends_at = self.link.reached(true).bytes + length.unwrap_or(0);
        drive.shared.takings.begin(self.key(), ends_at);
        self.link.must_arrive();
    }

    /// Decides how a response is framed, and queues its head, but for one that `is_raw`.
    fn queue_head<H: Handler>(
        &mut self,
        response: &Response,
        is_raw: bool,
        onward: Onward<'_>,
        length: Option<u64>,
        drive: &mut Drive<'_, H>,
    ) -> Framing {
        let has_exchange = self.has_exchange();
        let Some(cycle) = &mut self.cycle else {
            return Framing::None;
        };
        let (asked, protocol, status) = (cycle.asked(), drive.shared.protocol, response.status);
        let peer = asked.version();
        let framing = match is_raw || onward != Onward::Http {
            true => Framing::Close,
            false => framing(asked.is_head(), status, length, peer, protocol),
        };
        let is_guest = self.marks.has(ConnMark::Guest);
        let closes =
            response.close || framing == Framing::Close || drive.shared.leaving || is_guest;
        self.dialog.answer_begun(!closes, has_exchange);
        let queued = self.link.reached(true);
        let out = self.link.buffer(&mut drive.shared.scratch);
        let before = out.len();
        let mut left_out = None;
        if !is_raw {
            let server = drive.handler.server_software();
            let lines = response
                .lines
                .as_ref()
                .map_or(&b""[..], FieldLines::as_bytes);
            let head = ResponseHead {
                protocol,
                status,
                reason: response.reason_phrase(),
                date: &drive.now.date,
                server: server.as_deref(),
                content_type: response.is_text.then_some(TEXT_TYPE),
                part: response.part.as_ref().map(ContentRange::as_bytes),
                length,
                framing,
                onward,
                keep_alive: self.dialog.keep_alive(),
                idle_time: drive.shared.limits.idle_time,
                peer,
            };
            left_out = write_head(
                out,
                &head,
                &mut drive.shared.common_lines,
                lines,
                &response.headers,
            );
            left_out = left_out.or_else(|| left_out_of_parts(&response.body));
        }
        cycle.answered(status, queued, (out.len() - before) as u64);
        if let Some(name) = left_out {
            self.log_bug(
                format_args!("a field that cannot be sent is left out: {name:?}"),
                drive,
            );
        }
        framing
    }

    /// Makes it what is sent; returns whether its body is the whole message. `switches`: its
    /// connection goes on with another protocol.
    fn complete<H: Handler>(
        &self,
        response: &mut Response,
        has_exchange: bool,
        switches: bool,
        drive: &mut Drive<'_, H>,
    ) -> bool {
        if !has_exchange && matches!(response.body, Body::Streamed(_)) {
            let failure = Failure::new(Status::INTERNAL_SERVER_ERROR);
            *response = Response::error(failure.cause("bug: Body::Streamed without its exchange"));
        }
        if let Some(status) = impossible_status(response).filter(|_| !switches) {
            self.log_bug(
                format_args!("a final response cannot have status {}", status.code()),
                drive,
            );
            *response = Response::error(Failure::new(Status::INTERNAL_SERVER_ERROR));
        }
        let is_connect = (self.cycle.as_ref()).is_some_and(|cycle| cycle.asked().is_connect());
        if is_connect && !switches && response.status.code() / 100 == 2 {
            // Its peer would take what follows for a tunnel's bytes.
            let failure = Failure::new(Status::NOT_IMPLEMENTED);
            *response = Response::error(failure.message("Unsupported method ('CONNECT')"));
        }
        let is_raw = matches!(response.role, Role::Raw);
        if response.is_error_page() {
            // Only then: what else it is for, the handler may have to know.
            if let Role::Error(blame) = std::mem::take(&mut response.role) {
                let given = std::mem::replace(response, Response::new(Status::OK));
                *response = self.render(given, blame, drive);
            }
        }
        if let Some(cycle) = self.cycle.as_ref().filter(|_| !is_raw) {
            drive.handler.finish(cycle.asked().fields(), response);
        }
        is_raw
    }

    /// Tells of a mistake of the handler's.
    pub(super) fn log_bug<H: Handler>(&self, what: fmt::Arguments<'_>, drive: &mut Drive<'_, H>) {
        let (peer, message) = (self.ends.peer(), &*format!("bug: {what}"));
        drive.log(Log::Error { peer, message });
    }

    /// Makes an error's page, and writes the first of its two log lines.
    fn render<H: Handler>(
        &self,
        mut given: Response,
        failure: Blame,
        drive: &mut Drive<'_, H>,
    ) -> Response {
        let mut message = std::mem::take(&mut drive.shared.message);
        message.clear();
        message.push_str("code ");
        message.extend(failure.status.digits().map(char::from));
        message.extend([", message ", &failure.message]);
        if !failure.cause.is_empty() {
            message.extend([" (", &failure.cause, ")"]);
        }
        drive.log(Log::Error {
            peer: self.ends.peer(),
            message: &message,
        });
        if message.capacity() <= MESSAGE_BYTES {
            drive.shared.message = message;
        }
        let status = failure.status;
        let mut page = match failure {
            Blame::Paged(paged) => paged.1,
            failure => drive.handler.error_page(&failure),
        };
        page.status = status;
        page.close |= given.close;
        page.take_fields(given.take_all_fields());
        page.reason = given.reason;
        // A page that is itself an error, or not made here, cannot be followed.
        if !matches!(page.role, Role::Answer(_)) {
            page.role = Role::default();
        }
        if matches!(page.body, Body::Streamed(_)) {
            page.body = Body::Empty;
        }
        if !status.allows_body() {
            // There is no page to be of a type.
            page = page.without_header("Content-Type").with_body(Body::Empty);
        }
        page
    }
}

/// The status of a response that cannot be a final one: those below 200 are interim.
fn impossible_status(response: &Response) -> Option<Status> {
    let status = response
        .failure()
        .map_or(response.status, |failure| failure.status);
    let is_raw = matches!(response.role, Role::Raw);
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
        _ if response.is_costly || response.status == Status::SERVICE_UNAVAILABLE => true,
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
