//! An exchange whose answer is waited for no longer than a given time.

use std::io;
use std::process::ExitStatus;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::cx::Cx;
use super::exchange::Exchange;
use super::response::Response;
use super::stream::{Pull, Sink};
use crate::reactor::clock::later;

/// The exchange, and who answers in its place. Each has a deadline of its own; the connection's is
/// the earlier one.
pub struct Timed<F> {
    exchange: Option<Box<dyn Exchange>>,
    /// Its own deadline.
    inner: Option<Instant>,
    time: Duration,
    /// When its time is up; known from the first call on.
    until: Option<Instant>,
    /// Gone when the response is known.
    fallback: Option<F>,
}

impl<F> Timed<F> {
    pub fn new(exchange: Box<dyn Exchange>, time: Duration, fallback: F) -> Timed<F> {
        Timed {
            exchange: Some(exchange),
            inner: None,
            time,
            until: None,
            fallback: Some(fallback),
        }
    }

    /// Calls the exchange with its own deadline in place of the connection's.
    fn call<R: Default>(
        &mut self,
        cx: &mut Cx<'_>,
        act: impl FnOnce(&mut Box<dyn Exchange>, &mut Cx<'_>) -> R,
    ) -> R {
        if self.until.is_none() {
            // What the handler has set is the exchange's.
            self.inner = cx.deadline();
            self.until = Some(later(cx.now(), self.time));
        }
        let Some(exchange) = &mut self.exchange else {
            return R::default();
        };
        cx.set_deadline(self.inner);
        let result = act(exchange, cx);
        self.inner = cx.deadline();
        self.arm(cx);
        result
    }

    fn arm(&self, cx: &mut Cx<'_>) {
        let until = self.until.filter(|_| self.fallback.is_some());
        cx.set_deadline(self.inner.into_iter().chain(until).min());
    }

    fn is_late(&self, now: Instant) -> bool {
        self.fallback.is_some() && self.until.is_some_and(|until| until <= now)
    }
}

/// What a call gives where there is no exchange any more.
struct Given<T>(io::Result<T>);

impl<T: Default> Default for Given<T> {
    fn default() -> Given<T> {
        Given(Ok(T::default()))
    }
}

impl<F: FnOnce() -> Response> Exchange for Timed<F> {
    fn on_body(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        self.call(cx, |exchange, cx| Given(exchange.on_body(chunk, cx)))
            .0
    }

    fn wants_body(&self) -> bool {
        self.exchange
            .as_ref()
            .is_some_and(|exchange| exchange.wants_body())
    }

    fn on_body_end(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        self.call(cx, |exchange, cx| Given(exchange.on_body_end(cx)))
            .0
    }

    fn on_ready(&mut self, which: u8, cx: &mut Cx<'_>) -> io::Result<()> {
        self.call(cx, |exchange, cx| Given(exchange.on_ready(which, cx)))
            .0
    }

    fn on_exit(&mut self, status: ExitStatus, cx: &mut Cx<'_>) -> io::Result<()> {
        self.call(cx, |exchange, cx| Given(exchange.on_exit(status, cx)))
            .0
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        let now = cx.now();
        if self.inner.take_if(|at| *at <= now).is_some() {
            return self
                .call(cx, |exchange, cx| Given(exchange.on_deadline(cx)))
                .0;
        }
        self.arm(cx);
        Ok(())
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        let polled = self.call(cx, |exchange, cx| match exchange.poll_response(cx) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        });
        if let Some(result) = polled {
            self.fallback = None;
            self.arm(cx);
            return Poll::Ready(result);
        }
        if !self.is_late(cx.now()) {
            return Poll::Pending;
        }
        let Some(fallback) = self.fallback.take() else {
            return Poll::Pending;
        };
        if let Some(mut exchange) = self.exchange.take() {
            exchange.on_close(cx);
        }
        cx.end_children();
        cx.set_deadline(None);
        Poll::Ready(Ok(fallback()))
    }

    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        match &self.exchange {
            None => Ok(Pull::Done),
            Some(_) => self
                .call(cx, |exchange, cx| Some(exchange.pull(out, cx)))
                .unwrap_or(Ok(Pull::Done)),
        }
    }

    fn on_close(&mut self, cx: &mut Cx<'_>) {
        if let Some(exchange) = &mut self.exchange {
            exchange.on_close(cx);
        }
    }
}
