//! Requests that are made, not received: read by the same parser (RFC 9112 sections 2 and 3).

use std::net::SocketAddr;
use std::time::SystemTime;

use super::request::{Arrival, Request};
use crate::http::fault::Fault;
use crate::http::framing::{self, BodyLen};
use crate::http::grammar::{is_token, is_value};
use crate::http::head::Head;
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::http::scheme::Scheme;
use crate::http::target::{Target, UrlPath};

/// A request in the making: see [`Request::builder`].
#[derive(Clone, Debug)]
pub struct RequestBuilder {
    method: Vec<u8>,
    target: Vec<u8>,
    version: Version,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    peer: Option<SocketAddr>,
    local: Option<SocketAddr>,
    scheme: Scheme,
    received: SystemTime,
}

impl Request<'_> {
    /// Begins a request: a GET of `/` by HTTP/1.1 with `Host: localhost`, from no address, received
    /// in 1970. What it makes is what the server would have read from the same bytes.
    ///
    /// ```
    /// use sprat::{Fault, Method, Request};
    ///
    /// let made = Request::builder().method("POST").target("/a%20b?c").header("Content-Length",
    /// "3"); let made = made.build()?; let req = made.request(); assert_eq!((req.method(),
    /// req.path()), (Method::Post, "/a b")); assert_eq!(req.query(), Some(&b"c"[..])); let split =
    /// Request::builder().header("X-Token", "1\r\nHost: elsewhere");
    /// assert_eq!(split.build().err(), Some(Fault::BadField));
    /// # Ok::<(), Fault>(())
    /// ```
    pub fn builder() -> RequestBuilder {
        RequestBuilder {
            method: b"GET".to_vec(),
            target: b"/".to_vec(),
            version: Version::Http11,
            fields: Vec::new(),
            peer: None,
            local: None,
            scheme: Scheme::Http,
            received: SystemTime::UNIX_EPOCH,
        }
    }
}

impl RequestBuilder {
    /// Sets the method.
    pub fn method(mut self, method: impl AsRef<[u8]>) -> RequestBuilder {
        self.method = method.as_ref().to_vec();
        self
    }

    /// Sets the target, as it is sent: a path is encoded, and has its query behind it.
    pub fn target(mut self, target: impl AsRef<[u8]>) -> RequestBuilder {
        self.target = target.as_ref().to_vec();
        self
    }

    /// Sets the version. One of HTTP/1.0 has no Host of its own.
    pub fn version(mut self, version: Version) -> RequestBuilder {
        self.version = version;
        self
    }

    /// Adds a field. A `Host` takes the place of the one that is there by itself. What frames a
    /// body, `Content-Length` or `Transfer-Encoding`, is [`Request::body_len`].
    pub fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> RequestBuilder {
        let field = (name.as_ref().to_vec(), value.as_ref().to_vec());
        self.fields.push(field);
        self
    }

    /// Sets who asks.
    pub fn peer(mut self, peer: SocketAddr) -> RequestBuilder {
        self.peer = Some(peer);
        self
    }

    /// Sets the address that the peer connected to.
    pub fn local_addr(mut self, local: SocketAddr) -> RequestBuilder {
        self.local = Some(local);
        self
    }

    /// Sets how it came.
    pub fn scheme(mut self, scheme: Scheme) -> RequestBuilder {
        self.scheme = scheme;
        self
    }

    /// Sets when it was received, by the wall clock.
    pub fn received(mut self, received: SystemTime) -> RequestBuilder {
        self.received = received;
        self
    }

    /// The head as it is sent.
    fn head(&self) -> Result<Vec<u8>, Fault> {
        if !is_token(&self.method) || !is_target(&self.target) {
            return Err(Fault::BadRequestLine);
        }
        let is_host = |name: &[u8]| name.eq_ignore_ascii_case(b"Host");
        let has_host = self.fields.iter().any(|(name, _)| is_host(name));
        let own = (!has_host && self.version == Version::Http11)
            .then_some((&b"Host"[..], &b"localhost"[..]));
        let given = self.fields.iter().map(|(name, value)| (&**name, &**value));
        let version = self.version.name().as_bytes();
        let mut head = [
            &self.method,
            &b" "[..],
            &self.target,
            b" ",
            version,
            b"\r\n",
        ]
        .concat();
        for (name, value) in own.into_iter().chain(given) {
            // Or it were two fields, or none.
            if !is_token(name) || !is_value(value) {
                return Err(Fault::BadField);
            }
            head.extend_from_slice(&[name, b": ", value, b"\r\n"].concat());
        }
        head.extend_from_slice(b"\r\n");
        Ok(head)
    }

    /// Makes it, within the [`Limits`] that are the default.
    ///
    /// # Errors
    /// What the server would answer an error for: a method, target or field that breaks the
    /// grammar, a head that is too long, a framing in doubt, a Host that is missing or bad.
    pub fn build(&self) -> Result<OwnedRequest, Fault> {
        let limits = Limits::default();
        let buf = self.head()?;
        let head = Head::parse(&buf, &limits)?;
        let framing = framing::decide(&head, &buf, &limits)?;
        let target = Target::parse_for(head.method(&buf), head.target(&buf), Vec::new())?;
        let arrival = Arrival {
            peer: self.peer,
            proxy: None,
            local: self.local,
            received: self.received,
            scheme: self.scheme,
            protocol: Version::Http11,
            serial: 0,
        };
        Ok(OwnedRequest {
            buf,
            head,
            target,
            whole: None,
            body_len: framing.body,
            arrival,
        })
    }
}

/// Whether these bytes can be one word of a request line.
fn is_target(target: &[u8]) -> bool {
    !target.is_empty() && target.iter().all(|&byte| byte > b' ' && byte != 0x7f)
}

/// A request that was made by [`Request::builder`], or kept for longer than the call that a handler
/// is given it for. Its bytes, [`AsRef`], are a head to be sent, the empty line included.
///
/// ```
/// # use std::sync::mpsc::Sender;
/// # use sprat::{OwnedRequest, Reply, Request, Response, Status};
/// fn tell(req: &Request<'_>, to: &Sender<OwnedRequest>) -> Reply {
///     match to.send(OwnedRequest::from(req)) {
///         Ok(()) => Response::new(Status::ACCEPTED).into(),
///         Err(_) => Response::new(Status::SERVICE_UNAVAILABLE).into(),
///     }
/// }
/// ```
pub struct OwnedRequest {
    buf: Vec<u8>,
    head: Head,
    target: Target,
    /// The path before a prefix was taken off it, where one was.
    whole: Option<UrlPath>,
    body_len: BodyLen,
    arrival: Arrival,
}

impl OwnedRequest {
    /// The request, as a handler is given it.
    pub fn request(&self) -> Request<'_> {
        Request {
            buf: &self.buf,
            head: &self.head,
            target: &self.target,
            whole: self.whole.as_ref().unwrap_or(&self.target.path),
            body_len: self.body_len,
            arrival: &self.arrival,
        }
    }
}

/// A copy, of at most [`Limits::head_bytes_max`] bytes and what was made of them.
impl From<&Request<'_>> for OwnedRequest {
    fn from(req: &Request<'_>) -> OwnedRequest {
        OwnedRequest {
            buf: req.buf.to_vec(),
            head: req.head.clone(),
            target: req.target.clone(),
            whole: (*req.whole != req.target.path).then(|| req.whole.clone()),
            body_len: req.body_len,
            arrival: *req.arrival,
        }
    }
}

impl AsRef<[u8]> for OwnedRequest {
    fn as_ref(&self) -> &[u8] {
        &self.buf
    }
}

#[cfg(test)]
mod tests;
