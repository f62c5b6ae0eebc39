//! A handler whose log is heard.

use std::borrow::Cow;
use std::time::Instant;

use crate::handler::{Cx, Expectation, Failure, Handler, Log, Reply, Request, Response};
use crate::http::headers::Headers;

/// A handler, and what it was told for its log.
pub(super) struct Heard<H> {
    inner: H,
    lines: Vec<String>,
}

impl<H> Heard<H> {
    pub(super) fn new(inner: H) -> Heard<H> {
        Heard {
            inner,
            lines: Vec::new(),
        }
    }

    pub(super) fn inner(&mut self) -> &mut H {
        &mut self.inner
    }

    pub(super) fn take_lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }
}

impl<H: Handler> Handler for Heard<H> {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        self.inner.handle(req, cx)
    }

    fn expect_continue(&mut self, req: &Request<'_>) -> Expectation {
        self.inner.expect_continue(req)
    }

    fn error_page(&mut self, failure: &Failure) -> Response {
        self.inner.error_page(failure)
    }

    fn finish(&mut self, fields: Headers<'_>, response: &mut Response) {
        self.inner.finish(fields, response);
    }

    fn server_software(&self) -> Option<Cow<'static, str>> {
        self.inner.server_software()
    }

    fn log(&mut self, entry: Log<'_>) {
        match &entry {
            Log::Access {
                request_line,
                status,
                ..
            } => {
                let line = String::from_utf8_lossy(request_line);
                self.lines.push(format!("{} {line}", status.code()));
            }
            Log::Error { message, .. } => self.lines.push((*message).to_owned()),
            Log::Over(_) => {}
        }
        self.inner.log(entry);
    }

    fn work(&mut self, now: Instant) -> Option<Instant> {
        self.inner.work(now)
    }

    fn turn_ended(&mut self) {
        self.inner.turn_ended();
    }
}
