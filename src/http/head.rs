//! Request heads: where one ends, and what its parts are (RFC 9112 sections 2 to 5).

use super::fault::Fault;
use super::headers::Headers;
use super::limits::{FIELDS_MAX, Limits};
use super::method::{Method, Version};

/// A stretch of the receive buffer.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: u16,
    pub len: u16,
}

/// A field: the spans of its name and its value.
pub(crate) type Field = (Span, Span);

/// A parsed head: spans into the buffer it was parsed from, no strings.
#[derive(Clone)]
pub struct Head {
    line: Span,
    method: Span,
    target: Span,
    version: Version,
    fields: [Field; FIELDS_MAX],
    count: u8,
}

/// Where the head at the start of `buf` ends: the index of the first byte after its blank line.
/// `None` until it is complete. Leading empty lines belong to it (RFC 9112 section 2.2).
///
/// `searched` says how far earlier calls have looked, so that a dribbling peer costs O(n).
pub fn find_end(buf: &[u8], searched: &mut usize) -> Option<usize> {
    let _ = (buf, searched);
    None
}

/// What is already wrong with a head that is not complete: a first byte that no request line
/// starts with, a target or a head past its limit.
pub fn refuse_early(buf: &[u8], limits: &Limits) -> Option<Fault> {
    let _ = (buf, limits);
    None
}

impl Head {
    /// Parses a complete head, as long as [`find_end`] said.
    ///
    /// # Errors
    /// The fault of the peer.
    pub fn parse(buf: &[u8], limits: &Limits) -> Result<Head, Fault> {
        let _ = (buf, limits, Span::default());
        Err(Fault::BadRequestLine)
    }

    pub(crate) fn method<'a>(&self, buf: &'a [u8]) -> Method<'a> {
        let _ = self.method;
        let _ = buf;
        Method::Get
    }

    pub(crate) fn target<'a>(&self, buf: &'a [u8]) -> &'a [u8] {
        let _ = self.target;
        buf
    }

    pub(crate) fn request_line<'a>(&self, buf: &'a [u8]) -> &'a [u8] {
        let _ = self.line;
        buf
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn headers<'a>(&'a self, buf: &'a [u8]) -> Headers<'a> {
        Headers {
            buf,
            fields: &self.fields[..self.count as usize],
        }
    }
}

/// The request line of a head that could not be parsed, for the log: up to the first line end.
pub fn first_line(buf: &[u8]) -> &[u8] {
    buf
}
