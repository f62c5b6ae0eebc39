//! The public traits and values: what a program gives the server, and what it gets from it.
//!
//! A [`Handler`] answers a [`Request`] with a [`Reply`]. It knows nothing of connections.

mod body;
mod builder;
mod closure;
mod common;
mod cors;
mod cx;
mod exchange;
mod failure;
mod filter;
#[cfg(feature = "http")]
mod http_types;
mod multipart;
mod policy;
mod proxies;
mod record;
mod reply;
mod request;
mod response;
mod shared;
mod stock;
mod stream;
mod timed;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Instant;

pub use body::{Body, Ranged};
pub use builder::{OwnedRequest, RequestBuilder};
pub use closure::handler;
pub use common::CommonHeaders;
pub(crate) use common::invalid;
pub use cx::Cx;
pub(crate) use cx::{Effects, WakeUps};
pub use exchange::Exchange;
pub use failure::Failure;
pub use filter::BodyFilter;
pub use multipart::MultipartForm;
pub use policy::{Policed, Policy};
pub(crate) use proxies::ASKER_BYTES;
pub use proxies::TrustedProxies;
pub(crate) use record::Origin;
pub use record::{Cause, End, Record};
pub use reply::Reply;
pub(crate) use request::Arrival;
pub use request::Request;
#[cfg(feature = "blocking")]
pub(crate) use response::Parcel;
pub use response::Response;
pub(crate) use response::{Blame, Fixed, Role, Switch, TEXT_TYPE};
pub use shared::{SharedBytes, SharedFile};
#[cfg(any(test, feature = "cgi"))]
pub(crate) use stream::Told;
pub use stream::{BodySource, Pull, Sink};

use crate::http::headers::Headers;
pub use crate::http::multipart::{FormEvent, FormPart};
use crate::http::status::Status;
pub use crate::reactor::reap::ChildProcess;

/// What to do with `Expect: 100-continue`.
// It is handed on at once, and kept nowhere.
#[allow(clippy::large_enum_variant)]
#[non_exhaustive]
pub enum Expectation {
    /// Send `100 Continue` and read the body.
    Continue,
    /// Answer this, without reading the body.
    Reject(Response),
}

impl From<Failure> for Expectation {
    fn from(failure: Failure) -> Expectation {
        Expectation::Reject(Response::error(failure))
    }
}

/// One thing for the log.
#[non_exhaustive]
pub enum Log<'a> {
    /// A response's status is known (Python's `log_request`).
    #[non_exhaustive]
    Access {
        /// Who asked, as [`Request::peer`] has it.
        peer: Option<SocketAddr>,
        /// The first line of the request; empty if it was too long to keep.
        request_line: &'a [u8],
        /// The status that is sent.
        status: Status,
        /// The length of the body in bytes, where it is known beforehand.
        body_bytes: Option<u64>,
    },
    /// A request is over: its response was sent, or cut.
    Over(Record<'a>),
    /// Something a person should see (Python's `log_error`).
    Error {
        /// Whom it concerns, as [`Request::peer`] has it; `None` also if it concerns nobody.
        peer: Option<SocketAddr>,
        /// One line. It may hold bytes of the peer's: escape it before a terminal sees it.
        message: &'a str,
    },
}

/// What a program is to the server: it answers requests, and may override pages and the log.
pub trait Handler {
    /// Routes one request. Called once, after its head and before any of its body is read.
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply;

    /// Answers `Expect: 100-continue` (Python's `handle_expect_100`), before `handle`, which is not
    /// called for a request that is rejected. As in Python, it is asked whether or not there is a
    /// body. `Continue` has 100 sent once an [`Exchange`] wants the body; a handler that answers
    /// without reading it needs no more.
    fn expect_continue(&mut self, req: &Request<'_>) -> Expectation {
        let _ = req;
        Expectation::Continue
    }

    /// Renders every error page, the server's own included (Python's `error_message_format` and
    /// `error_content_type`). Its fields and body are used; its status is the failure's.
    fn error_page(&mut self, failure: &Failure) -> Response {
        failure.page()
    }

    /// May change each final response before its head is written, including the server's own errors
    /// and those of scripts: to add the fields that all of them have ([`CommonHeaders`]). It does
    /// not see a [raw](Response::raw) response. `fields` are those of the request that it answers,
    /// and none if that had no valid head.
    fn finish(&mut self, fields: Headers<'_>, response: &mut Response) {
        let _ = (fields, response);
    }

    /// The value of `Server` (Python's `version_string`); `None` leaves the field out.
    fn server_software(&self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(concat!("sprat/", env!("CARGO_PKG_VERSION"))))
    }

    /// Access and error log (Python's `log_request`, `log_error`, `log_message`).
    fn log(&mut self, entry: Log<'_>) {
        let _ = entry;
    }

    /// Work that no request waits for: called once in each turn, and to be short. Returns when it
    /// is to be called again although nothing else happens, `None` if it need not be; other threads
    /// ask for it with [`Handle::wake`](crate::Handle::wake). A handler around others hands it on
    /// to them.
    ///
    /// ```
    /// use std::sync::mpsc::{Receiver, channel};
    /// use std::time::Instant;
    ///
    /// use sprat::testing::Site;
    /// use sprat::{Cx, Handler, Reply, Request, Response, Status};
    ///
    /// /// What some thread has found out last.
    /// struct Latest(Receiver<String>, String);
    ///
    /// impl Handler for Latest {
    ///     fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
    ///         Response::new(Status::OK).text(self.1.clone()).into()
    ///     }
    ///
    ///     fn work(&mut self, _: Instant) -> Option<Instant> {
    ///         self.1 = self.0.try_iter().last().unwrap_or_else(|| std::mem::take(&mut self.1));
    ///         None
    ///     }
    /// }
    ///
    /// let (send, news) = channel();
    /// let mut site = Site::new(Latest(news, "nothing\n".into()));
    /// let handle = site.handle();
    /// std::thread::spawn(move || {
    ///     send.send("something\n".into()).unwrap();
    ///     handle.wake()
    /// })
    /// .join()
    /// .unwrap()?;
    /// assert_eq!(site.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").text(), "something\n");
    /// # std::io::Result::Ok(())
    /// ```
    fn work(&mut self, now: Instant) -> Option<Instant> {
        let _ = now;
        None
    }

    /// The end of a turn in which something happened: write out what `log` has gathered.
    fn turn_ended(&mut self) {}
}

/// For programs that choose their handler, or the layers around it, when they start.
impl<H: Handler + ?Sized> Handler for Box<H> {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        (**self).handle(req, cx)
    }

    fn expect_continue(&mut self, req: &Request<'_>) -> Expectation {
        (**self).expect_continue(req)
    }

    fn error_page(&mut self, failure: &Failure) -> Response {
        (**self).error_page(failure)
    }

    fn finish(&mut self, fields: Headers<'_>, response: &mut Response) {
        (**self).finish(fields, response);
    }

    fn server_software(&self) -> Option<Cow<'static, str>> {
        (**self).server_software()
    }

    fn log(&mut self, entry: Log<'_>) {
        (**self).log(entry);
    }

    fn work(&mut self, now: Instant) -> Option<Instant> {
        (**self).work(now)
    }

    fn turn_ended(&mut self) {
        (**self).turn_ended();
    }
}
