//! An exchange that has so much time for its response, beside a deadline of its own.

use std::io;
use std::process::ExitStatus;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::body::Body;
use super::cx::Cx;
use super::exchange::Exchange;
use super::response::Response;
use super::stream::{Pull, Sink};

/// An exchange, and what is answered when its time is up.
pub struct Timed<F> {
    /// None once its time was up.
    exchange: Option<Box<dyn Exchange>>,
    fallback: Option<F>,
    limit: Limit,
    /// The deadline of the exchange itself.
    own: Option<Instant>,
}

/// When the time is up.
#[derive(Clone, Copy)]
enum Limit {
    /// So long after the first call.
    After(Duration),
    At(Instant),
    /// Never: the response is known, or the time is too long to count.
    Never,
}

impl Limit {
    fn at(self) -> Option<Instant> {
        match self {
            Limit::At(at) => Some(at),
            _ => None,
        }
    }
}

impl<F> Timed<F> {
    pub fn new(exchange: Box<dyn Exchange>, time: Duration, fallback: F) -> Timed<F> {
        Timed {
            exchange: Some(exchange),
            fallback: Some(fallback),
            limit: Limit::After(time),
            own: None,
        }
    }

    /// Calls the exchange, which sees no deadline but its own; `None` if its time was up.
    fn call<R>(
        &mut self,
        cx: &mut Cx<'_>,
        act: impl FnOnce(&mut dyn Exchange, &mut Cx<'_>) -> R,
    ) -> Option<R> {
        if let Limit::After(time) = self.limit {
            // What the handler has set is the exchange's.
            self.own = cx.deadline();
            let at = cx.now().checked_add(time);
            self.limit = at.map_or(Limit::Never, Limit::At);
        }
        let exchange = self.exchange.as_mut()?;
        cx.set_deadline(self.own);
        let result = act(&mut **exchange, cx);
        self.own = cx.deadline();
        self.set_deadline(cx);
        Some(result)
    }

    /// The next of the two.
    fn set_deadline(&self, cx: &mut Cx<'_>) {
        cx.set_deadline(self.own.into_iter().chain(self.limit.at()).min());
    }

    /// The last call to the exchange.
    fn close(&mut self, cx: &mut Cx<'_>) {
        if let Some(mut exchange) = self.exchange.take() {
            cx.set_deadline(self.own.take());
            exchange.on_close(cx);
        }
    }
}

impl<F: FnOnce(&mut Cx<'_>) -> Response> Exchange for Timed<F> {
    fn on_body(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        let taken = self.call(cx, |exchange, cx| exchange.on_body(chunk, cx));
        // Its answer is the fallback's, and nobody takes the rest.
        taken.unwrap_or(Ok(0))
    }

    fn wants_body(&self) -> bool {
        let exchange = self.exchange.as_ref();
        exchange.is_some_and(|exchange| exchange.wants_body())
    }

    fn on_body_end(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        let told = self.call(cx, |exchange, cx| exchange.on_body_end(cx));
        told.unwrap_or(Ok(()))
    }

    fn on_ready(&mut self, which: u8, cx: &mut Cx<'_>) -> io::Result<()> {
        let told = self.call(cx, |exchange, cx| exchange.on_ready(which, cx));
        told.unwrap_or(Ok(()))
    }

    fn on_exit(&mut self, status: ExitStatus, cx: &mut Cx<'_>) -> io::Result<()> {
        let told = self.call(cx, |exchange, cx| exchange.on_exit(status, cx));
        told.unwrap_or(Ok(()))
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        let now = cx.now();
        let is_first = matches!(self.limit, Limit::After(_));
        if !is_first && self.own.take_if(|at| *at <= now).is_none() {
            self.set_deadline(cx);
            return Ok(());
        }
        let told = self.call(cx, |exchange, cx| exchange.on_deadline(cx));
        told.unwrap_or(Ok(()))
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        let polled = self.call(cx, |exchange, cx| exchange.poll_response(cx));
        if let Some(answer @ Poll::Ready(_)) = polled {
            self.limit = Limit::Never;
            self.set_deadline(cx);
            return answer;
        }
        if self.limit.at().is_none_or(|at| cx.now() < at) {
            return Poll::Pending;
        }
        self.limit = Limit::Never;
        self.close(cx);
        cx.end_children();
        cx.set_deadline(None);
        let Some(fallback) = self.fallback.take() else {
            return Poll::Pending;
        };
        let response = fallback(cx);
        Poll::Ready(match response.body {
            Body::Streamed(_) => Err(io::Error::other("bug: Body::Streamed without its exchange")),
            _ => Ok(response),
        })
    }

    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        let pulled = self.call(cx, |exchange, cx| exchange.pull(out, cx));
        pulled.unwrap_or(Ok(Pull::Done))
    }

    fn on_failure(&mut self, response: Response) -> Response {
        match &mut self.exchange {
            Some(exchange) => exchange.on_failure(response),
            None => response,
        }
    }

    fn on_close(&mut self, cx: &mut Cx<'_>) {
        self.close(cx);
    }
}

#[cfg(test)]
mod tests;
