//! The exchanges that `Reply` makes: a body collected, an answer polled for, an answer changed.

use std::io;
use std::process::ExitStatus;
use std::task::Poll;

use super::cx::Cx;
use super::exchange::Exchange;
use super::failure::Failure;
use super::response::Response;
use super::stream::{Pull, Sink};
use crate::http::status::Status;

/// The answer to a body that is longer than its limit.
pub fn too_large() -> Failure {
    Failure::new(Status::PAYLOAD_TOO_LARGE)
}

/// A body that is read whole before it is answered.
pub struct Collect<F> {
    body: Vec<u8>,
    bytes_max: usize,
    state: CollectState<F>,
}

/// The answer to a collected body.
pub enum CollectAnswer {
    Now(Response),
    Later(Box<dyn Exchange>),
}

enum CollectState<F> {
    Reads(F),
    Complete(F),
    TooLarge,
    /// The answer to the whole body comes later.
    Later(Box<dyn Exchange>),
    Answered,
}

impl<F> Collect<F> {
    pub fn new(bytes_max: usize, respond: F) -> Collect<F> {
        Collect {
            body: Vec::new(),
            bytes_max,
            state: CollectState::Reads(respond),
        }
    }

    fn later(&mut self) -> Option<&mut Box<dyn Exchange>> {
        match &mut self.state {
            CollectState::Later(exchange) => Some(exchange),
            _ => None,
        }
    }
}

impl<F: FnOnce(Vec<u8>, &mut Cx<'_>) -> CollectAnswer> Exchange for Collect<F> {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        if chunk.len() > self.bytes_max - self.body.len() {
            self.state = CollectState::TooLarge;
            self.body = Vec::new();
            return Ok(0);
        }
        self.body.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.state = match std::mem::replace(&mut self.state, CollectState::Answered) {
            CollectState::Reads(respond) => CollectState::Complete(respond),
            other => other,
        };
        Ok(())
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        match std::mem::replace(&mut self.state, CollectState::Answered) {
            CollectState::TooLarge => return Poll::Ready(Ok(Response::error(too_large()).close())),
            CollectState::Complete(respond) => match respond(std::mem::take(&mut self.body), cx) {
                CollectAnswer::Now(response) => return Poll::Ready(Ok(response)),
                CollectAnswer::Later(mut exchange) => {
                    // It gets no body: that was read already.
                    let ended = exchange.on_body_end(cx);
                    self.state = CollectState::Later(exchange);
                    ended?;
                }
            },
            other => self.state = other,
        }
        self.later()
            .map_or(Poll::Pending, |exchange| exchange.poll_response(cx))
    }

    fn on_ready(&mut self, which: u8, cx: &mut Cx<'_>) -> io::Result<()> {
        self.later()
            .map_or(Ok(()), |exchange| exchange.on_ready(which, cx))
    }

    fn on_exit(&mut self, status: ExitStatus, cx: &mut Cx<'_>) -> io::Result<()> {
        self.later()
            .map_or(Ok(()), |exchange| exchange.on_exit(status, cx))
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        self.later()
            .map_or(Ok(()), |exchange| exchange.on_deadline(cx))
    }

    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        self.later()
            .map_or(Ok(Pull::Done), |exchange| exchange.pull(out, cx))
    }

    fn on_failure(&mut self, response: Response) -> Response {
        match self.later() {
            Some(exchange) => exchange.on_failure(response),
            None => response,
        }
    }

    fn on_close(&mut self, cx: &mut Cx<'_>) {
        if let Some(exchange) = self.later() {
            exchange.on_close(cx);
        }
    }
}

/// An answer that is polled for.
pub struct Later<F>(pub F);

impl<F: FnMut(&mut Cx<'_>) -> Poll<io::Result<Response>>> Exchange for Later<F> {
    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        (self.0)(cx)
    }
}

/// An exchange whose response is changed on its way.
pub struct Mapped<F> {
    exchange: Box<dyn Exchange>,
    change: Option<F>,
}

impl<F> Mapped<F> {
    pub fn new(exchange: Box<dyn Exchange>, change: F) -> Mapped<F> {
        Mapped {
            exchange,
            change: Some(change),
        }
    }
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

    fn on_failure(&mut self, response: Response) -> Response {
        let response = self.exchange.on_failure(response);
        match self.change.take() {
            Some(change) => change(response),
            None => response,
        }
    }

    fn on_close(&mut self, cx: &mut Cx<'_>) {
        self.exchange.on_close(cx)
    }
}
