//! Request targets and the paths they name (RFC 9112 section 3.2, RFC 3986 sections 2.1 and 5.2.4).

use super::fault::Fault;

/// The form of a request target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `/path?query`, or a path without its slash, which Python accepts.
    Origin,
    /// `http://host/path?query`.
    Absolute,
    /// `*`.
    Asterisk,
}

/// A parsed request target.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its form.
    pub form: Form,
    /// The path it names; `/` for [`Form::Asterisk`].
    pub path: UrlPath,
    query_at: Option<usize>,
}

/// An absolute URL path: decoded, without dot segments, empty segments or NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlPath {
    bytes: Vec<u8>,
    text: Option<String>,
}

impl Target {
    /// Parses a target as the request line gives it.
    ///
    /// # Errors
    /// [`Fault::BadTarget`].
    pub fn parse(raw: &[u8]) -> Result<Target, Fault> {
        let _ = raw;
        Err(Fault::BadTarget)
    }

    /// What follows the first `?` in `raw`, the bytes this was parsed from.
    pub fn query<'a>(&self, raw: &'a [u8]) -> Option<&'a [u8]> {
        self.query_at.map(|at| &raw[at..])
    }
}

impl UrlPath {
    /// Decodes and resolves a path that may be percent-encoded. It never climbs above the root.
    ///
    /// # Errors
    /// [`Fault::BadTarget`] for a NUL.
    pub fn decode(raw: &[u8]) -> Result<UrlPath, Fault> {
        let _ = raw;
        Err(Fault::BadTarget)
    }

    /// The decoded bytes; they start with `/`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The path as text: decoded, or percent-encoded if the bytes are not UTF-8.
    pub fn as_str(&self) -> &str {
        match &self.text {
            Some(text) => text,
            None => std::str::from_utf8(&self.bytes).unwrap_or("/"),
        }
    }

    /// The path below the root: without its first and its last slash; empty for the root.
    pub fn relative(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it ends in a slash, and so names a directory.
    pub fn is_directory(&self) -> bool {
        self.bytes.ends_with(b"/")
    }

    /// The path percent-encoded, for `Location`: it starts with exactly one slash.
    pub fn encoded(&self) -> String {
        String::new()
    }
}

/// Percent-encodes one path segment as Python's `urllib.parse.quote` does: all but letters, digits
/// and `_.-~` (a segment holds no `/`).
pub fn encode_segment(segment: &[u8], out: &mut String) {
    let _ = (segment, out);
}
