//! What a handler is given: one request head, and what is known of its connection.

use std::net::SocketAddr;
use std::time::SystemTime;

use crate::http::framing::BodyLen;
use crate::http::head::Head;
use crate::http::headers::Headers;
use crate::http::method::{Method, Version};
use crate::http::target::{Target, UrlPath};

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
