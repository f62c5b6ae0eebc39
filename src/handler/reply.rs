//! A handler's answer: a response, or an exchange that will give one; and two stock exchanges.

use std::io;
use std::process::ExitStatus;
use std::task::Poll;

use super::cx::Cx;
use super::exchange::Exchange;
use super::request::Request;
use super::response::{Failure, Response};
use super::stream::{Pull, Sink};
use crate::http::framing::BodyLen;
use crate::http::status::Status;

/// A handler's answer to a request.
#[non_exhaustive]
pub enum Reply {
    /// The response is known.
    Respond(Response),
    /// The body is to be read, or the response comes later.
    Exchange(Box<dyn Exchange>),
}

impl From<Response> for Reply {
    fn from(response: Response) -> Reply {
        Reply::Respond(response)
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Reply {
        Reply::Respond(Response::error(failure))
    }
}

impl Reply {
    /// Answers by an exchange.
    pub fn exchange(exchange: impl Exchange + 'static) -> Reply {
        Reply::Exchange(Box::new(exchange))
    }

    /// Reads the whole body, then calls `respond` with it. A body longer than `bytes_max`, in
    /// bytes, is answered 413: before any of it is read if its length was declared.
    ///
    /// The memory for it grows with what has come, not with what was announced.
    ///
    /// ```
    /// # use sprat::{Reply, Request, Response, Status};
    /// fn echo(req: &Request<'_>) -> Reply {
    ///     Reply::collect(req, 64 * 1024, |body, _| Response::new(Status::OK).bytes(body))
    /// }
    /// ```
    pub fn collect(
        req: &Request<'_>,
        bytes_max: usize,
        respond: impl FnOnce(Vec<u8>, &mut Cx<'_>) -> Response + 'static,
    ) -> Reply {
        match req.body_len() {
            BodyLen::Exact(len) if len > bytes_max as u64 => too_large().into(),
            _ => Reply::exchange(Collect {
                body: Vec::new(),
                bytes_max,
                state: State::Reads,
                respond: Some(respond),
            }),
        }
    }

    /// Changes the response, be it known already or not: to add a field, to set a cookie.
    ///
    /// The pages of errors are made later, with the fields of the response that named the error.
    ///
    /// ```
    /// # use sprat::{Reply, Response, Status};
    /// let reply = Reply::from(Response::new(Status::OK));
    /// let reply = reply.map(|response| response.header("X-Frame-Options", "DENY"));
    /// ```
    pub fn map(self, change: impl FnOnce(Response) -> Response + 'static) -> Reply {
        match self {
            Reply::Respond(response) => Reply::Respond(change(response)),
            Reply::Exchange(exchange) => Reply::exchange(Mapped {
                exchange,
                change: Some(change),
            }),
        }
    }
}

fn too_large() -> Failure {
    Failure::new(Status::PAYLOAD_TOO_LARGE)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reads,
    Complete,
    TooLarge,
}

/// A body that is read whole before it is answered.
struct Collect<F> {
    body: Vec<u8>,
    bytes_max: usize,
    state: State,
    respond: Option<F>,
}

impl<F: FnOnce(Vec<u8>, &mut Cx<'_>) -> Response> Exchange for Collect<F> {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        if chunk.len() > self.bytes_max - self.body.len() {
            self.state = State::TooLarge;
            self.body = Vec::new();
            return Ok(0);
        }
        self.body.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.state = State::Complete;
        Ok(())
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        match (self.state, self.respond.take()) {
            (State::TooLarge, _) => Poll::Ready(Ok(Response::error(too_large()).close())),
            (State::Complete, Some(respond)) => {
                Poll::Ready(Ok(respond(std::mem::take(&mut self.body), cx)))
            }
            (_, respond) => {
                self.respond = respond;
                Poll::Pending
            }
        }
    }
}

/// An exchange whose response is changed on its way.
struct Mapped<F> {
    exchange: Box<dyn Exchange>,
    change: Option<F>,
}

impl<F: FnOnce(Response) -> Response> Exchange for Mapped<F> {
    fn on_body(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        self.exchange.on_body(chunk, cx)
    }

    fn wants_body(&self) -> bool {
        self.exchange.wants_body()
    }

    fn on_body_end(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        self.exchange.on_body_end(cx)
    }

    fn on_ready(&mut self, which: u8, cx: &mut Cx<'_>) -> io::Result<()> {
        self.exchange.on_ready(which, cx)
    }

    fn on_exit(&mut self, status: ExitStatus, cx: &mut Cx<'_>) -> io::Result<()> {
        self.exchange.on_exit(status, cx)
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        self.exchange.on_deadline(cx)
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        let polled = self.exchange.poll_response(cx);
        match self.change.take() {
            Some(change) if matches!(polled, Poll::Ready(Ok(_))) => {
                polled.map(|result| result.map(change))
            }
            change => {
                self.change = change;
                polled
            }
        }
    }

    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        self.exchange.pull(out, cx)
    }

    fn on_close(&mut self, cx: &mut Cx<'_>) {
        self.exchange.on_close(cx)
    }
}
