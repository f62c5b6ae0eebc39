//! The public traits and values: what a program gives the server, and what it gets from it.
//!
//! A [`Handler`] answers a [`Request`] with a [`Reply`]. It knows nothing of connections.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::process::{Child, ExitStatus};
use std::task::Poll;
use std::time::{Instant, SystemTime};

use crate::http::framing::BodyLen;
use crate::http::head::Head;
use crate::http::headers::Headers;
use crate::http::method::{Method, Version};
use crate::http::page::error_page;
use crate::http::range::Multipart;
use crate::http::status::Status;
use crate::http::target::{Target, UrlPath};
use crate::reactor::clock::Now;
use crate::reactor::token::{self, Key};
use crate::reactor::wake::{ExchangeWaker, Handle};

/// One request head, borrowed from the receive buffer for the length of one call.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub(crate) buf: &'a [u8],
    pub(crate) head: &'a Head,
    pub(crate) target: &'a Target,
    pub(crate) body_len: BodyLen,
    pub(crate) facts: &'a Facts,
}

/// What a request's connection is, for [`Request`].
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub peer: Option<SocketAddr>,
    pub local: Option<SocketAddr>,
    pub received: SystemTime,
    /// What the server speaks, which may be less than what the peer does.
    pub protocol: Version,
}

impl<'a> Request<'a> {
    /// The request method (RFC 9110 section 9).
    pub fn method(&self) -> Method<'a> {
        self.head.method(self.buf)
    }

    /// The request target as it was sent (RFC 9112 section 3.2).
    pub fn target(&self) -> &'a [u8] {
        self.head.target(self.buf)
    }

    /// The first line of the request, without its line end (Python's `requestline`).
    pub fn request_line(&self) -> &'a [u8] {
        self.head.request_line(self.buf)
    }

    /// The path: decoded, dot segments resolved, slashes collapsed, always starting with `/`.
    ///
    /// A path whose decoded bytes are not UTF-8 is given percent-encoded instead; its bytes are in
    /// [`url_path`](Self::url_path).
    pub fn path(&self) -> &'a str {
        self.target.path.as_str()
    }

    /// The path as checked bytes, for opening files beneath a [`Root`](crate::Root).
    pub fn url_path(&self) -> &'a UrlPath {
        &self.target.path
    }

    /// What follows the first `?` of the target, as it was sent; `None` without a `?`.
    pub fn query(&self) -> Option<&'a [u8]> {
        self.target.query(self.target())
    }

    /// The version that the request line names.
    pub fn version(&self) -> Version {
        self.head.version()
    }

    /// The version that the server answers with ([`Builder::protocol`](crate::Builder::protocol)).
    pub fn server_protocol(&self) -> Version {
        self.facts.protocol
    }

    /// All header fields, in order.
    pub fn headers(&self) -> Headers<'a> {
        self.head.headers(self.buf)
    }

    /// The value of the first field with this name, in any case of letters.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers().get(name)
    }

    /// The declared length of the body (RFC 9112 section 6.3).
    pub fn body_len(&self) -> BodyLen {
        self.body_len
    }

    /// The address of the peer; `None` on a Unix socket.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.facts.peer
    }

    /// The address that the peer connected to; `None` on a Unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.facts.local
    }

    /// When the head was complete, by the wall clock.
    pub fn received(&self) -> SystemTime {
        self.facts.received
    }
}

/// Where response bytes come from.
pub enum Body {
    /// No bytes: `Content-Length: 0` where the status allows a body.
    Empty,
    /// Bytes in memory.
    Bytes(Cow<'static, [u8]>),
    /// A range of an open regular file.
    File {
        /// The open file; it is read with `pread` or `sendfile`, its position does not matter.
        file: File,
        /// The byte range to send, which must lie within the file.
        range: Range<u64>,
    },
    /// Several ranges of a file as `multipart/byteranges` (RFC 9110 section 14.6).
    Parts {
        /// The open file.
        file: File,
        /// Ranges, part heads and the total length.
        parts: Box<Multipart>,
    },
    /// A stream that is pulled while the peer reads.
    Source(Box<dyn BodySource>),
    /// From the exchange that made this response: its `pull` is asked. `Some` = exact length.
    Streamed(Option<u64>),
}

/// One response: a status, header fields and a body.
///
/// Framing (`Content-Length`, `Transfer-Encoding`, `Connection`), `Date` and `Server` are written
/// by the server; a field of these names given here is left out, `Server` and `Date` excepted,
/// which replace the server's.
pub struct Response {
    pub(crate) status: Status,
    pub(crate) reason: Option<Cow<'static, str>>,
    pub(crate) headers: Vec<(Cow<'static, str>, Cow<'static, [u8]>)>,
    pub(crate) body: Body,
    pub(crate) extra: Option<Box<Extra>>,
    pub(crate) close: bool,
}

/// The rare parts of a response.
#[derive(Default)]
pub(crate) struct Extra {
    pub failure: Option<Failure>,
    pub reroute: Option<String>,
    pub raw: bool,
}

impl Response {
    /// A response with this status, no fields and an empty body.
    pub fn new(status: Status) -> Response {
        Response {
            status,
            reason: None,
            headers: Vec::new(),
            body: Body::Empty,
            extra: None,
            close: false,
        }
    }

    /// An error (Python's `send_error`): [`Handler::error_page`] makes its page, and the log gets
    /// its two lines.
    pub fn error(failure: Failure) -> Response {
        let mut response = Response::new(failure.status);
        response.reason = Some(failure.message.clone());
        response.extra_mut().failure = Some(failure);
        response
    }

    /// Asks the server to answer this target instead, as a GET without a body (RFC 3875
    /// section 6.2.2, local redirect). At most [`REROUTES_MAX`](crate::http::limits::REROUTES_MAX)
    /// times for one request; past that the answer is 500.
    pub fn reroute(target: impl Into<String>) -> Response {
        let mut response = Response::new(Status::OK);
        response.extra_mut().reroute = Some(target.into());
        response
    }

    /// A response whose body is the whole message, status line included; the connection closes
    /// after it (RFC 3875 section 5, `nph-` scripts). `status` is for the log only.
    pub fn raw(status: Status) -> Response {
        let mut response = Response::new(status).close();
        response.extra_mut().raw = true;
        response
    }

    fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// Adds a header field. A name that is no token, or a value with CR, LF or NUL, is left out
    /// when the head is written, for nothing here may split a response.
    pub fn header(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Response {
        let value = match value.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        self.headers.push((name.into(), value));
        self
    }

    /// Adds a header field whose value is any bytes.
    pub fn header_bytes(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, [u8]>>,
    ) -> Response {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the reason phrase in place of the status's own.
    pub fn reason(mut self, reason: impl Into<Cow<'static, str>>) -> Response {
        self.reason = Some(reason.into());
        self
    }

    /// Sends these bytes as the body.
    pub fn bytes(mut self, body: impl Into<Cow<'static, [u8]>>) -> Response {
        self.body = Body::Bytes(body.into());
        self
    }

    /// Pulls the body from this source while the peer reads.
    pub fn source(mut self, source: impl BodySource + 'static) -> Response {
        self.body = Body::Source(Box::new(source));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: Body) -> Response {
        self.body = body;
        self
    }

    /// Closes the connection after this response (Python's `close_connection`).
    pub fn close(mut self) -> Response {
        self.close = true;
        self
    }

    /// The status.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Whether this was made by [`Response::error`].
    pub fn is_error_page(&self) -> bool {
        self.extra
            .as_ref()
            .is_some_and(|extra| extra.failure.is_some())
    }
}

/// What one `pull` achieved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pull {
    /// Wrote what it could; call again when there is room.
    More,
    /// Wrote nothing and will call the waker, or has set a deadline.
    Pending,
    /// The body is complete.
    Done,
}

/// A window onto the connection's send buffer. Never grows: [`room`](Sink::room) is the
/// backpressure.
pub struct Sink<'a> {
    buf: &'a mut Vec<u8>,
    room: usize,
}

impl<'a> Sink<'a> {
    /// A window that appends at most `room` bytes to `buf`.
    pub fn new(buf: &'a mut Vec<u8>, room: usize) -> Sink<'a> {
        Sink { buf, room }
    }

    /// How many bytes may still be put, in bytes.
    pub fn room(&self) -> usize {
        self.room
    }

    /// Appends as much of `bytes` as fits; returns how much that was.
    pub fn put(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(self.room);
        self.buf.extend_from_slice(&bytes[..n]);
        self.room -= n;
        n
    }
}

/// A response body that is made while it is sent.
pub trait BodySource {
    /// Writes some bytes. Called only while the peer takes them; each call should be short.
    ///
    /// # Errors
    /// An error cuts the connection, for the head has gone out.
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull>;

    /// The exact length in bytes if known: picks `Content-Length` over chunked.
    fn len(&self) -> Option<u64> {
        None
    }

    /// Whether the length is known to be zero.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }
}

/// One request in flight that reads its body, or answers later, or does both at the same time.
///
/// An error from any method before the response is known is answered 500; after it the connection
/// is cut.
pub trait Exchange {
    /// Offers request-body bytes. Returns how many were taken; fewer than offered pauses the peer
    /// until the exchange is woken, or a source of its own is ready.
    ///
    /// # Errors
    /// See [`Exchange`].
    fn on_body(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        let _ = cx;
        Ok(chunk.len())
    }

    /// Whether body bytes would be taken now. A peer that waits for `100 Continue` is sent it when
    /// this is first true after `poll_response` was pending.
    fn wants_body(&self) -> bool {
        true
    }

    /// The request body is complete.
    ///
    /// # Errors
    /// See [`Exchange`].
    fn on_body_end(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        let _ = cx;
        Ok(())
    }

    /// The source registered through `cx.register(.., which, ..)` is ready (a hint: it may not be).
    ///
    /// # Errors
    /// See [`Exchange`].
    fn on_ready(&mut self, which: u8, cx: &mut Cx<'_>) -> io::Result<()> {
        let _ = (which, cx);
        Ok(())
    }

    /// A child given to `cx.adopt` ended and was reaped.
    ///
    /// # Errors
    /// See [`Exchange`].
    fn on_exit(&mut self, status: ExitStatus, cx: &mut Cx<'_>) -> io::Result<()> {
        let _ = (status, cx);
        Ok(())
    }

    /// The deadline set through `cx.set_deadline` passed.
    ///
    /// # Errors
    /// See [`Exchange`].
    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        let _ = cx;
        Ok(())
    }

    /// The response, once: `Pending` until it is known. May be ready before the body has ended.
    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>>;

    /// Body bytes, asked for only after `poll_response` gave [`Body::Streamed`].
    ///
    /// # Errors
    /// See [`Exchange`].
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        let _ = (out, cx);
        Ok(Pull::Done)
    }

    /// The last call before the drop, however the exchange ended: deregister, let go, log.
    fn on_close(&mut self, cx: &mut Cx<'_>) {
        let _ = cx;
    }
}

/// A handler's answer to a request.
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

/// What to do with `Expect: 100-continue`.
pub enum Expectation {
    /// Send `100 Continue` and read the body.
    Continue,
    /// Answer this, without reading the body.
    Reject(Response),
}

/// What went wrong, for the page and for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The status to answer with.
    pub status: Status,
    /// One phrase: the reason phrase of the status line and the page's message.
    pub message: Cow<'static, str>,
    /// A sentence for the page; safe to show to a peer.
    pub explain: Cow<'static, str>,
    /// Why, for the log only: never sent.
    pub cause: Cow<'static, str>,
}

impl Failure {
    /// A failure with the status's own phrase and explanation.
    pub fn new(status: Status) -> Failure {
        Failure {
            status,
            message: status.reason().into(),
            explain: status.explain().into(),
            cause: "".into(),
        }
    }

    /// Sets the message.
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Failure {
        self.message = message.into();
        self
    }

    /// Sets the cause, which only the log shows.
    pub fn cause(mut self, cause: impl Into<Cow<'static, str>>) -> Failure {
        self.cause = cause.into();
        self
    }

    /// The stock page: HTML as Python's `http.server` sends it.
    pub fn page(&self) -> Response {
        Response::new(self.status)
            .header("Content-Type", "text/html;charset=utf-8")
            .bytes(error_page(self.status, &self.message, &self.explain).into_bytes())
    }
}

impl From<Failure> for Response {
    fn from(failure: Failure) -> Response {
        Response::error(failure)
    }
}

/// One thing for the log.
#[non_exhaustive]
pub enum Log<'a> {
    /// A response's status is known (Python's `log_request`).
    Access {
        /// Who asked; `None` on a Unix socket.
        peer: Option<SocketAddr>,
        /// The first line of the request; empty if it was too long to keep.
        request_line: &'a [u8],
        /// The status that is sent.
        status: Status,
        /// The length of the body in bytes, where it is known beforehand.
        body_bytes: Option<u64>,
    },
    /// Something a person should see (Python's `log_error`).
    Error {
        /// Whom it concerns; `None` on a Unix socket, or if it concerns nobody.
        peer: Option<SocketAddr>,
        /// One line. It may hold bytes of the peer's: escape it before a terminal sees it.
        message: &'a str,
    },
}

/// What a program is to the server: it answers requests, and may override pages and the log.
pub trait Handler {
    /// Routes one request. Called once, after its head and before any of its body is read.
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply;

    /// Answers `Expect: 100-continue` (Python's `handle_expect_100`), after `handle` has returned
    /// an [`Exchange`].
    fn expect_continue(&mut self, req: &Request<'_>) -> Expectation {
        let _ = req;
        Expectation::Continue
    }

    /// Renders every error page, the server's own included (Python's `error_message_format` and
    /// `error_content_type`). Its fields and body are used; its status is the failure's.
    fn error_page(&mut self, failure: &Failure) -> Response {
        failure.page()
    }

    /// The value of `Server` (Python's `version_string`); `None` leaves the field out.
    fn server_software(&self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(concat!("sprat/", env!("CARGO_PKG_VERSION"))))
    }

    /// Access and error log (Python's `log_request`, `log_error`, `log_message`).
    fn log(&mut self, entry: Log<'_>) {
        let _ = entry;
    }

    /// The end of a turn in which something happened: write out what `log` has gathered.
    fn turn_ended(&mut self) {}
}

/// What a handler, a source or an exchange may do while it is being called.
pub struct Cx<'a> {
    pub(crate) now: &'a Now,
    pub(crate) handle: &'a Handle,
    pub(crate) key: Key,
    pub(crate) registry: &'a mio::Registry,
    pub(crate) deadline: &'a mut Option<Instant>,
    pub(crate) adopted: &'a mut Vec<Child>,
    pub(crate) notes: &'a mut Vec<String>,
}

impl Cx<'_> {
    /// The time of this turn, by the monotonic clock.
    pub fn now(&self) -> Instant {
        self.now.mono
    }

    /// The time of this turn, by the wall clock.
    pub fn wall(&self) -> SystemTime {
        self.now.wall
    }

    /// Wakes this exchange (only this one) from anywhere, any thread.
    pub fn waker(&self) -> ExchangeWaker {
        ExchangeWaker::new(self.handle.clone(), self.key)
    }

    /// Hands a child (leader of its own process group) to the server, which reports its exit and
    /// ends the whole group when this exchange ends, whatever the reason.
    pub fn adopt(&mut self, child: Child) {
        self.adopted.push(child);
    }

    /// Sets or clears the moment at which this exchange or source is called again.
    pub fn set_deadline(&mut self, at: Option<Instant>) {
        *self.deadline = at;
    }

    /// Sends a line to [`Handler::log`] as a [`Log::Error`] of this connection.
    pub fn log(&mut self, message: impl Into<String>) {
        self.notes.push(message.into());
    }

    /// Registers a source of the exchange's own under a number from 1 to 5, edge-triggered.
    ///
    /// # Errors
    /// `InvalidInput` for another number; else what the poller says.
    pub fn register(
        &mut self,
        source: &mut dyn mio::event::Source,
        which: u8,
        interest: mio::Interest,
    ) -> io::Result<()> {
        if !(1..=5).contains(&which) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        source.register(self.registry, token::encode(self.key, which), interest)
    }

    /// Takes a source of the exchange's own out of the poller. Do it before the source is dropped.
    ///
    /// # Errors
    /// What the poller says.
    pub fn deregister(&mut self, source: &mut dyn mio::event::Source) -> io::Result<()> {
        source.deregister(self.registry)
    }
}
