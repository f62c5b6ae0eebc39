//! Request methods (RFC 9110 section 9) and protocol versions (RFC 9112 section 2.3).

/// A request method. Names are case-sensitive: `get` is an [`Other`](Method::Other), and so is all
/// that RFC 9110 and RFC 5789 do not define.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Method<'a> {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Options,
    Patch,
    Trace,
    Connect,
    /// Any other token.
    Other(&'a str),
}

impl<'a> Method<'a> {
    /// The method with this name.
    pub fn from_name(name: &'a str) -> Method<'a> {
        match name {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "OPTIONS" => Method::Options,
            "PATCH" => Method::Patch,
            "TRACE" => Method::Trace,
            "CONNECT" => Method::Connect,
            other => Method::Other(other),
        }
    }

    /// Whether it is GET, or HEAD, which asks for the same without the content: whatever answers
    /// the one answers the other, and the server leaves the body of HEAD's answer out (RFC 9110
    /// section 9.3.2).
    pub fn is_get_or_head(self) -> bool {
        matches!(self, Method::Get | Method::Head)
    }

    /// Its name as it was sent.
    pub fn name(self) -> &'a str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
            Method::Patch => "PATCH",
            Method::Trace => "TRACE",
            Method::Connect => "CONNECT",
            Method::Other(name) => name,
        }
    }
}

/// A version of HTTP/1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Version {
    /// HTTP/1.0: a connection is closed after each response unless both sides ask to keep it.
    Http10,
    /// HTTP/1.1, and any later minor version.
    Http11,
}

impl Version {
    /// `HTTP/1.0` or `HTTP/1.1`.
    pub fn name(self) -> &'static str {
        match self {
            Version::Http10 => "HTTP/1.0",
            Version::Http11 => "HTTP/1.1",
        }
    }
}

#[cfg(test)]
mod tests;
