//! What a handler is given: one request head, and what is known of its connection.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::SystemTime;

use crate::http::accept::{best_encoding, best_type};
use crate::http::framing::BodyLen;
use crate::http::grammar::is_token;
use crate::http::head::Head;
use crate::http::headers::Headers;
use crate::http::host::is_host;
use crate::http::method::{Method, Version};
use crate::http::scheme::Scheme;
use crate::http::target::{Form, Target, UrlPath, authority};
use crate::http::upgrade::asks_for;

/// One request head, borrowed from the receive buffer for the length of one call.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub(crate) buf: &'a [u8],
    pub(crate) head: &'a Head,
    pub(crate) target: &'a Target,
    /// The path as the peer sent it, before a prefix was taken off.
    pub(crate) whole: &'a UrlPath,
    pub(crate) body_len: BodyLen,
    pub(crate) arrival: &'a Arrival,
}

/// When, from where and how a request came, for [`Request`].
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub peer: Option<SocketAddr>,
    /// Who is at the other end of the socket, where that is a trusted proxy.
    pub proxy: Option<Option<SocketAddr>>,
    pub local: Option<SocketAddr>,
    pub received: SystemTime,
    pub scheme: Scheme,
    /// What the server speaks, which may be less than what the peer does.
    pub protocol: Version,
    /// Counts what handlers are asked. It follows the one before it only if both were received
    /// before that one was asked, and nobody was asked, and nothing read, in between.
    pub serial: u64,
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
    /// A byte that belongs to no UTF-8 is given as `%XX`; nothing else is escaped, so what stands
    /// behind a segment never changes how it reads. [`path_bytes`](Self::path_bytes) has the bytes.
    ///
    /// **Where a rule is made of it** (who may see what): the path names what a file server opens,
    /// but not only one path names a file. A file system may fold case (`/Admin`), a link may lead
    /// there, `/admin` and `/admin/` may both be answered, and `/%25FF` reads like `/%FF`. So a
    /// rule should refuse all but what it knows, compare whole [`segments`](Self::segments) rather
    /// than a prefix of letters (`/admin` is one of `/administrator`), and what must not be seen
    /// should lie outside of what is served.
    pub fn path(&self) -> &'a str {
        self.target.path.as_str()
    }

    /// The bytes of [`path`](Self::path), none of them escaped: no two paths have the same.
    pub fn path_bytes(&self) -> &'a [u8] {
        self.target.path.as_bytes()
    }

    /// The path as checked bytes, for opening files beneath a [`Root`](crate::Root).
    pub fn url_path(&self) -> &'a UrlPath {
        &self.target.path
    }

    /// The segments of [`path`](Self::path), for `match`: none for `/`, and a slash at the end
    /// makes none. See [`path`](Self::path) for what to mind where a rule is made of them.
    ///
    /// ```
    /// # use sprat::{Failure, Method, Reply, Request, Response, Status};
    /// fn route(req: &Request<'_>) -> Reply {
    ///     let ok = Response::new(Status::OK);
    ///     match &req.segments()[..] {
    ///         [] => Reply::when(req, &[Method::Get], |_| ok.text("home")),
    ///         ["users", id] => {
    ///             Reply::when(req, &[Method::Get, Method::Delete], |method| match method {
    ///                 Method::Delete => Response::new(Status::NO_CONTENT),
    ///                 _ => ok.text(format!("user {id}")),
    ///             })
    ///         }
    ///         _ => Failure::new(Status::NOT_FOUND).into(),
    ///     }
    /// }
    /// ```
    pub fn segments(&self) -> Vec<&'a str> {
        let path = self.path();
        let path = path.strip_prefix('/').unwrap_or(path);
        path.split_terminator('/').collect()
    }

    /// The segments of [`path_bytes`](Self::path_bytes), as [`segments`](Self::segments) has those
    /// of the text.
    pub fn segments_bytes(&self) -> Vec<&'a [u8]> {
        match self.target.path.relative() {
            [] => Vec::new(),
            relative => relative.split(|&byte| byte == b'/').collect(),
        }
    }

    /// Serves the request below a prefix: if its path is `prefix` or beneath it, calls `serve` with
    /// a request whose path begins after it. So file servers, scripts and whole handlers are
    /// mounted beside one's own routes.
    ///
    /// The prefix is compared by whole segments, decoded, in the same case of letters.
    ///
    /// ```
    /// # use sprat::{Cx, FileServer, Handler, Reply, Request};
    /// struct Site {
    ///     assets: FileServer,
    ///     pages: FileServer,
    /// }
    ///
    /// impl Handler for Site {
    ///     fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
    ///         let mounted = req.below("/assets", |req| self.assets.handle(req, cx));
    ///         mounted.unwrap_or_else(|| self.pages.handle(req, cx))
    ///     }
    /// }
    /// ```
    pub fn below<R>(&self, prefix: &str, serve: impl FnOnce(&Request<'_>) -> R) -> Option<R> {
        let path = self.target.path.below(prefix)?;
        let target = self.target.with_path(path);
        Some(serve(&Request {
            target: &target,
            ..*self
        }))
    }

    /// As [`url_path`](Self::url_path), but before [`below`](Self::below) took a prefix off it.
    pub fn whole_path(&self) -> &'a UrlPath {
        self.whole
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
        self.arrival.protocol
    }

    /// All header fields, in order.
    pub fn headers(&self) -> Headers<'a> {
        self.head.headers(self.buf)
    }

    /// The value of the first field with this name, in any case of letters.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers().get(name)
    }

    /// The media type that the peer likes best of those offered (RFC 9110 section 12.5.1): the most
    /// specific range that matches each counts, and of those that are liked alike the first is
    /// taken. Without an Accept field it is the first; `None`, to be answered 406, if none is
    /// accepted. An answer that hangs on it has `Vary: Accept`.
    ///
    /// ```
    /// # use sprat::{Failure, Reply, Request, Response, Status};
    /// fn numbers(req: &Request<'_>) -> Reply {
    ///     let answer = match req.accepts(&["application/json", "text/csv"]) {
    ///         Some("text/csv") => Response::new(Status::OK).text("1,2\n"),
    ///         Some(_) => Response::new(Status::OK).text("[1,2]"),
    ///         None => Failure::new(Status::NOT_ACCEPTABLE).into(),
    ///     };
    ///     answer.header("Vary", "Accept").into()
    /// }
    /// ```
    pub fn accepts<'o>(&self, offered: &[&'o str]) -> Option<&'o str> {
        best_type(self.headers(), offered)
    }

    /// The content coding that the peer likes best of those offered (RFC 9110 section 12.5.3), the
    /// first of those that it likes alike: `gzip` is also `x-gzip`. `None` if it takes none of
    /// them, or likes the content as it is better: then that is to be sent. An answer that hangs on
    /// it has `Vary: Accept-Encoding`.
    pub fn accepts_encoding<'o>(&self, offered: &[&'o str]) -> Option<&'o str> {
        best_encoding(self.headers(), offered)
    }

    /// The media type of the body, in lower case and without its parameters: `text/html` of
    /// `Text/HTML; charset=utf-8` (RFC 9110 section 8.3.1). `None` without a Content-Type, and for
    /// what is no type.
    ///
    /// ```
    /// # use sprat::{Failure, Reply, Request, Response, Status};
    /// fn save(req: &Request<'_>) -> Reply {
    ///     match req.media_type().as_deref() {
    ///         Some("application/json") => Response::new(Status::NO_CONTENT).into(),
    ///         _ => Failure::new(Status::UNSUPPORTED_MEDIA_TYPE).into(),
    ///     }
    /// }
    /// ```
    pub fn media_type(&self) -> Option<Cow<'a, str>> {
        media_type(self.header("Content-Type")?)
    }

    /// The host that is asked for, with its port if one was given: the target's authority, or else
    /// the Host field (RFC 9112 section 3.2.2). `None` if there is none, or an empty one.
    pub fn host(&self) -> Option<&'a [u8]> {
        let target = self.target();
        let host = match (authority(target), self.target.form) {
            (Some(authority), _) => Some(&target[authority]),
            // Of CONNECT (section 3.2.3).
            (None, Form::Foreign) if is_host(target) => Some(target),
            _ => self.header("Host"),
        };
        host.filter(|host| !host.is_empty())
    }

    /// Whether the peer asks to go on with this protocol
    /// ([`Response::upgrade`](crate::Response::upgrade)): its `Upgrade` names it, in any case of
    /// letters, its `Connection` says that this is meant for us, and both sides speak HTTP/1.1 (RFC
    /// 9110 section 7.8). Never for HEAD and CONNECT.
    pub fn asks_for_upgrade(&self, protocol: &str) -> bool {
        let version = self.version().min(self.server_protocol());
        asks_for(protocol, self.method(), version, self.headers())
    }

    /// The declared length of the body (RFC 9112 section 6.3).
    pub fn body_len(&self) -> BodyLen {
        self.body_len
    }

    /// How it came: in clear, or over TLS. Of [trusted proxies](crate::TrustedProxies) it is what
    /// they say of their own peer, if they do.
    pub fn scheme(&self) -> Scheme {
        self.arrival.scheme
    }

    /// The address of who asks; `None` on a Unix socket. Where that is a [trusted
    /// proxy](crate::TrustedProxies) it is the one that it names, with port 0 if it names no port.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.arrival.peer
    }

    /// The address at the other end of the socket, whoever asks; `None` on a Unix socket.
    pub fn socket_peer(&self) -> Option<SocketAddr> {
        self.arrival.proxy.unwrap_or(self.arrival.peer)
    }

    /// The address that the peer connected to; `None` on a Unix socket. Where a [trusted
    /// proxy](crate::TrustedProxies::proxy_protocol) tells the ends of what it passes on, it is the
    /// address at the proxy.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.arrival.local
    }

    /// Its number among all that handlers are asked: see [`Arrival::serial`].
    pub(crate) fn serial(&self) -> u64 {
        self.arrival.serial
    }

    /// When the head was complete, by the wall clock.
    pub fn received(&self) -> SystemTime {
        self.arrival.received
    }
}

fn media_type(value: &[u8]) -> Option<Cow<'_, str>> {
    let name = value.split(|&byte| byte == b';').next()?.trim_ascii();
    let slash = name.iter().position(|&byte| byte == b'/')?;
    if !is_token(&name[..slash]) || !is_token(&name[slash + 1..]) {
        return None;
    }
    let name = std::str::from_utf8(name).ok()?;
    Some(match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => Cow::Borrowed(name),
    })
}

#[cfg(test)]
mod tests;
