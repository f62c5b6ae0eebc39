//! A request as a worker has it.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use super::hatch::{Given, Hatch};
use super::stream::{BodyWriter, Stream};
use crate::handler;
use crate::handler::{Failure, OwnedRequest, Parcel, Response};
use crate::http::method::Method;
use crate::http::status::Status;

/// Bytes of a reader that are handed over at once.
const PIECE_BYTES: usize = 32 * 1024;

/// A request that was [received](super::Server::recv): to be read, and answered once, by any
/// thread.
///
/// One that is dropped without an answer, as by a panic, is answered 500. What its methods tell of
/// a peer that has gone, or of a server that has answered in its place, is an error of reading
/// (`ConnectionAborted`) or of answering (`BrokenPipe`); `TimedOut` is 504 for the worker, or 408
/// for a body that did not come.
pub struct Request {
    /// None once it is answered.
    hatch: Option<Arc<Hatch>>,
    head: OwnedRequest,
    body: RequestBody,
}

/// The body of a request, for whoever reads it.
struct RequestBody(Arc<Hatch>);

impl Read for RequestBody {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl Request {
    pub(super) fn new(head: OwnedRequest, hatch: Arc<Hatch>) -> Request {
        Request {
            body: RequestBody(Arc::clone(&hatch)),
            hatch: Some(hatch),
            head,
        }
    }

    /// Whether nobody waits for its answer any more.
    pub(super) fn is_over(&self) -> bool {
        self.body.0.is_over()
    }

    pub(super) fn received(&self) {
        self.body.0.receive();
    }

    /// The whole head, as a handler is given it: version, addresses, scheme, segments, what the
    /// peer accepts.
    pub fn head(&self) -> handler::Request<'_> {
        self.head.request()
    }

    /// The method.
    pub fn method(&self) -> Method<'_> {
        self.head().method()
    }

    /// The path, decoded: see [`Request::path`](crate::Request::path).
    pub fn path(&self) -> &str {
        self.head().path()
    }

    /// What follows the first `?` of the target, as it was sent.
    pub fn query(&self) -> Option<&[u8]> {
        self.head().query()
    }

    /// The value of the first field with this name, in any case of letters.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head().header(name)
    }

    /// Who asks; `None` on a Unix socket.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.head().peer()
    }

    /// The body, its chunks joined. Nothing of it is asked of the peer before the first read, which
    /// sends `100 Continue` where that is waited for, and then no more than
    /// [`PIPE_BYTES_MAX`](super::PIPE_BYTES_MAX) bytes ahead of who reads.
    ///
    /// How long a body may be is for the reader to say ([`Read::take`]), or
    /// [`Limits::body_bytes_max`](crate::Limits::body_bytes_max). A read waits for the peer, for
    /// [`BODY_TIME`](crate::limits::BODY_TIME) at most.
    pub fn as_reader(&mut self) -> &mut dyn Read {
        &mut self.body
    }

    /// Answers with a response that is known: no body, bytes, a text, a [file](crate::Body::File),
    /// a [`Failure`]. It is handed over, and sent by the server's thread; this does not wait. What
    /// was not read of the request's body is dropped by the server.
    ///
    /// ```
    /// # use std::io;
    /// use std::fs::File;
    /// use sprat::blocking::Request;
    /// use sprat::{Body, Failure, Response, Status};
    ///
    /// fn answer(request: Request) -> io::Result<()> {
    ///     match request.path() {
    ///         "/" => request.respond(Response::new(Status::OK).text("hello\n")),
    ///         "/book" => {
    ///             let file = File::open("book.epub")?;
    ///             let range = 0..file.metadata()?.len();
    ///             let body = Body::File { file: file.into(), range };
    ///             request.respond(Response::new(Status::OK).with_body(body))
    ///         }
    ///         _ => request.respond(Failure::new(Status::NOT_FOUND)),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// `BrokenPipe` or `TimedOut` if it came too late. `InvalidInput`, and 500 for the peer, if the
    /// response belongs to the server's thread: with [`Body::Source`](crate::Body::Source) or
    /// [`Response::upgrade`], for which there are the other methods here.
    pub fn respond(mut self, response: impl Into<Response>) -> io::Result<()> {
        self.give(response.into(), |parcel| parcel)
    }

    /// Answers with what this reader gives, of so many bytes if that is known: otherwise it is
    /// chunked, or ends with the connection for a peer that speaks HTTP/1.0. It is read here, by
    /// this thread, as fast as the peer takes it, and not at all for HEAD.
    ///
    /// ```
    /// # use std::io::{self, Read};
    /// # use sprat::{Response, Status, blocking::Request};
    /// fn numbers(request: Request) -> io::Result<()> {
    ///     let endless = io::repeat(b'7');
    ///     let some = endless.take(1_000_000);
    ///     request.respond_reading(Response::new(Status::OK), Some(1_000_000), some)
    /// }
    /// ```
    ///
    /// # Errors
    /// Those of the reader, and then the connection is cut, as it is by a reader that gives another
    /// length; those of [`respond`](Self::respond) and of [`BodyWriter`].
    pub fn respond_reading(
        self,
        response: impl Into<Response>,
        len: Option<u64>,
        mut reader: impl Read,
    ) -> io::Result<()> {
        let mut writer = self.respond_writing(response, len)?;
        if !writer.has_body() {
            return Ok(());
        }
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return writer.finish(),
                Ok(n) => writer.write_all(&piece[..n])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Answers with what is written then, of so many bytes if that is known: an export, a stream of
    /// events.
    ///
    /// ```
    /// # use std::io::{self, Write};
    /// # use sprat::{Response, Status, blocking::Request};
    /// fn count(request: Request) -> io::Result<()> {
    ///     let mut body = request.respond_writing(Response::new(Status::OK), None)?;
    ///     for n in 0..1000 {
    ///         writeln!(body, "{n}")?;
    ///     }
    ///     body.finish()
    /// }
    /// ```
    ///
    /// # Errors
    /// Those of [`respond`](Self::respond).
    pub fn respond_writing(
        mut self,
        response: impl Into<Response>,
        len: Option<u64>,
    ) -> io::Result<BodyWriter> {
        let response = response.into();
        let has_body = self.method() != Method::Head && response.status().allows_body();
        self.give(response, |parcel| parcel.stream(len))?;
        Ok(BodyWriter::new(has_body.then(|| Arc::clone(&self.body.0))))
    }

    /// Switches the connection to another protocol that the peer has
    /// [asked for](crate::Request::asks_for_upgrade), with these fields beside those of the switch:
    /// see [`Response::upgrade`]. A body must have been read before.
    ///
    /// ```
    /// # use std::io::{self, Read, Write};
    /// # use sprat::blocking::Request;
    /// fn echo(request: Request) -> io::Result<()> {
    ///     let mut stream = request.upgrade("echo", &[])?;
    ///     let mut line = [0; 80];
    ///     loop {
    ///         match stream.read(&mut line)? {
    ///             0 => return Ok(()),
    ///             n => stream.write_all(&line[..n])?,
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// `InvalidInput`, and 426 for the peer, if it has not asked for this; those of
    /// [`respond`](Self::respond).
    pub fn upgrade(
        mut self,
        protocol: impl Into<Cow<'static, str>>,
        fields: &[(&str, &str)],
    ) -> io::Result<Stream> {
        let protocol = protocol.into();
        let is_asked_for = self.head().asks_for_upgrade(&protocol);
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        if let Some(hatch) = self.hatch.take() {
            hatch.answer(Given::Switch(protocol, fields.iter().map(owned).collect()))?;
        }
        match is_asked_for {
            true => Ok(Stream::new(Arc::clone(&self.body.0))),
            false => Err(invalid("the peer has not asked for this protocol")),
        }
    }

    /// Hands the answer over.
    fn give(
        &mut self,
        response: Response,
        change: impl FnOnce(Parcel) -> Parcel,
    ) -> io::Result<()> {
        let Some(hatch) = self.hatch.take() else {
            return Ok(());
        };
        if let Some(parcel) = Parcel::pack(response) {
            return hatch.answer(Given::Response(change(parcel)));
        }
        hatch.answer(Given::Nothing)?;
        Err(invalid("a response that belongs to the server's thread"))
    }

    /// Answers that nobody will take it.
    pub(super) fn refuse(self) {
        // If the peer has gone, that is as good.
        let _ = self.respond(Failure::new(Status::SERVICE_UNAVAILABLE));
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {:?})", self.method().name(), self.path())
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

impl Drop for Request {
    fn drop(&mut self) {
        if let Some(hatch) = self.hatch.take() {
            // If nobody waits for it, nobody is to be told.
            let _ = hatch.answer(Given::Nothing);
        }
    }
}
