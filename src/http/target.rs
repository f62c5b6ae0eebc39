//! Request targets and the paths they name (RFC 9112 section 3.2, RFC 3986 sections 2.1 and 5.2.4).

use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::fault::Fault;
use super::grammar::same_word;
use super::host::is_host;
use super::method::Method;

/// What a path segment escapes: all but the unreserved characters of RFC 3986 section 2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~');

/// What a whole path escapes.
const PATH: &AsciiSet = &SEGMENT.remove(b'/');

/// Longest path whose room is kept for the next one, in bytes.
const ROOM_BYTES_MAX: usize = 1024;

/// The form of a request target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `/path?query`, or a path without its slash, which Python accepts.
    Origin,
    /// `http://host/path?query`.
    Absolute,
    /// `*`.
    Asterisk,
    /// `host:port`, or a URI of another scheme, TLS's included: nothing that is served here.
    Foreign,
}

/// A parsed request target.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its form.
    pub form: Form,
    /// The path it names; `/` for [`Form::Asterisk`].
    pub path: UrlPath,
    query: Option<Range<usize>>,
}

/// An absolute URL path: decoded, without dot segments, empty segments or NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlPath(Spelling);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Spelling {
    Utf8(String),
    Other { bytes: Vec<u8>, text: String },
}

impl Target {
    /// Parses a target as the request line gives it. A fragment, which no target should have, is
    /// cut off, as Python does. The authority of an absolute form is dropped.
    ///
    /// # Errors
    /// [`Fault::BadTarget`] if it is empty, holds a NUL, or is of absolute form without a host,
    /// with a bad one, or with a user.
    pub fn parse(raw: &[u8]) -> Result<Target, Fault> {
        Target::parse_into(Vec::new(), raw)
    }

    /// The same with room for the path, which [`into_room`](Self::into_room) gives back.
    fn parse_into(room: Vec<u8>, raw: &[u8]) -> Result<Target, Fault> {
        if raw.is_empty() {
            return Err(Fault::BadTarget);
        }
        if raw == b"*" {
            return Ok(Target {
                form: Form::Asterisk,
                path: UrlPath(Spelling::Utf8("/".into())),
                query: None,
            });
        }
        let end = find(raw, |byte| byte == b'#').unwrap_or(raw.len());
        let (form, start) = match authority(raw) {
            None if is_foreign(raw) => (Form::Foreign, 0),
            None => (Form::Origin, 0),
            // A URI without a host is invalid, and a user in it is treated as an error (RFC 9110
            // sections 4.2.1 and 4.2.4).
            Some(host) if host.is_empty() || !is_host(&raw[host.clone()]) => {
                return Err(Fault::BadTarget);
            }
            Some(host) => (Form::Absolute, host.end),
        };
        let query_mark = find(&raw[start..end], |byte| byte == b'?').map(|at| start + at);
        Ok(Target {
            form,
            path: UrlPath::decode_into(room, &raw[start..query_mark.unwrap_or(end)])?,
            query: query_mark.map(|at| at + 1..end),
        })
    }

    /// What follows the first `?` in `raw`, the bytes this was parsed from, up to a `#`.
    pub fn query<'a>(&self, raw: &'a [u8]) -> Option<&'a [u8]> {
        raw.get(self.query.clone()?)
    }
}

impl Target {
    /// Parses the target of a request with this method.
    ///
    /// # Errors
    /// [`Fault::BadTarget`] also if the method cannot have one of its form (RFC 9112 sections
    /// 3.2.3 and 3.2.4): only CONNECT names another place, and it is for the handler to refuse.
    pub(crate) fn parse_for(
        method: Method<'_>,
        raw: &[u8],
        room: Vec<u8>,
    ) -> Result<Target, Fault> {
        let target = Target::parse_into(room, raw)?;
        match (target.form, method) {
            (Form::Asterisk, method) if method != Method::Options => Err(Fault::BadTarget),
            (Form::Foreign, method) if method != Method::Connect => Err(Fault::BadTarget),
            _ => Ok(target),
        }
    }

    /// What its path took, for the next one; a long one is let go.
    pub(crate) fn into_room(self) -> Vec<u8> {
        let room = match self.path.0 {
            Spelling::Utf8(text) => text.into_bytes(),
            Spelling::Other { bytes, .. } => bytes,
        };
        match room.capacity() {
            0..=ROOM_BYTES_MAX => room,
            _ => Vec::new(),
        }
    }

    /// The same target with another path.
    pub(crate) fn with_path(&self, path: UrlPath) -> Target {
        Target {
            form: self.form,
            path,
            query: self.query.clone(),
        }
    }
}

impl UrlPath {
    /// The path beneath a prefix of whole segments, given decoded, with or without its slashes;
    /// `None` if this is neither that prefix nor beneath it. The prefix itself becomes `/`.
    pub fn below(&self, prefix: &str) -> Option<UrlPath> {
        let prefix = prefix.trim_matches('/').as_bytes();
        let path = &self.as_bytes()[1..];
        let rest = if prefix.is_empty() {
            path
        } else {
            match path.strip_prefix(prefix)? {
                [] => &[],
                [b'/', rest @ ..] => rest,
                _ => return None,
            }
        };
        Some(UrlPath::from_resolved([b"/", rest].concat()))
    }

    /// Decodes and resolves a path that may be percent-encoded. It never climbs above the root.
    ///
    /// As in Python, escapes are decoded first, so `%2e` and `%2f` are a dot and a slash; an escape
    /// that is none stays as it is; only a slash at the very end makes a directory of it, so `/a/.`
    /// is `/a`. `%ED%B2%80` to `%ED%B3%BF`, with which Python's listings spell the bytes 0x80 to
    /// 0xFF of names that are not UTF-8, are these bytes.
    ///
    /// # Errors
    /// A fault for a NUL.
    pub fn decode(raw: &[u8]) -> Result<UrlPath, Fault> {
        UrlPath::decode_into(Vec::new(), raw)
    }

    fn decode_into(mut room: Vec<u8>, raw: &[u8]) -> Result<UrlPath, Fault> {
        if is_plain(raw) {
            room.clear();
            room.extend_from_slice(raw);
            return Ok(UrlPath::from_resolved(room));
        }
        let decoded = percent_decode(raw);
        if decoded.contains(&0) {
            return Err(Fault::BadTarget);
        }
        Ok(UrlPath::from_resolved(resolve(&decoded)))
    }

    /// The path of an entry of this directory; `None` if `name` is no name: empty, `.`, `..`, or
    /// with a slash or NUL. `name` is taken as it is, not decoded.
    pub fn join(&self, name: &[u8]) -> Option<UrlPath> {
        let named = !name.is_empty() && name != b"." && name != b"..";
        if !named || name.contains(&b'/') || name.contains(&0) {
            return None;
        }
        let mut bytes = Vec::with_capacity(self.as_bytes().len() + 1 + name.len());
        bytes.extend_from_slice(self.as_bytes());
        if !self.is_directory() {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name);
        Some(UrlPath::from_resolved(bytes))
    }

    /// The decoded bytes; they start with `/`.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Spelling::Utf8(text) => text.as_bytes(),
            Spelling::Other { bytes, .. } => bytes,
        }
    }

    /// The path as text: decoded, with each byte that belongs to no UTF-8 as `%XX`.
    ///
    /// What a segment reads as depends on that segment alone: nothing behind it changes it. Two
    /// paths may read the same, `/%25FF` (the letters `%FF`) and `/%FF` (the byte): where they
    /// must not be confused, compare [`as_bytes`](Self::as_bytes).
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Spelling::Utf8(text) => text,
            Spelling::Other { text, .. } => text,
        }
    }

    /// The path below the root: without its first and its last slash; empty for the root.
    pub fn relative(&self) -> &[u8] {
        let below = &self.as_bytes()[1..];
        below.strip_suffix(b"/").unwrap_or(below)
    }

    /// The last segment, with or without a slash behind it; empty for the root.
    pub fn file_name(&self) -> &[u8] {
        let relative = self.relative();
        match relative.iter().rposition(|&byte| byte == b'/') {
            Some(slash) => &relative[slash + 1..],
            None => relative,
        }
    }

    /// Whether it ends in a slash, and so names a directory.
    pub fn is_directory(&self) -> bool {
        self.as_bytes().ends_with(b"/")
    }

    /// The path percent-encoded, for `Location`: it starts with exactly one slash, so it cannot
    /// name another host.
    pub fn encoded(&self) -> String {
        let mut encoded = String::with_capacity(self.as_bytes().len());
        encode(self.as_bytes(), PATH, &mut encoded);
        encoded
    }

    fn from_resolved(bytes: Vec<u8>) -> UrlPath {
        debug_assert!(bytes.starts_with(b"/"));
        debug_assert!(!bytes.starts_with(b"//"));
        UrlPath(match String::from_utf8(bytes) {
            Ok(text) => Spelling::Utf8(text),
            Err(error) => {
                let bytes = error.into_bytes();
                let text = readable(&bytes);
                Spelling::Other { bytes, text }
            }
        })
    }
}

/// Percent-encodes one path segment as Python's `urllib.parse.quote` does: all but letters, digits
/// and `_.-~` (a segment holds no `/`). [`UrlPath::decode`] gives back the same bytes.
pub fn encode_segment(segment: &[u8], out: &mut String) {
    encode(segment, SEGMENT, out);
}

/// The bytes as text, those that are no UTF-8 escaped and no other.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(percent_encode(chunk.invalid(), NON_ALPHANUMERIC));
    }
    text
}

fn encode(bytes: &[u8], escaped: &'static AsciiSet, out: &mut String) {
    let mut rest = bytes;
    // Plain escapes of such bytes would be read as Python's spelling of another byte. So their
    // first byte, 0xED, is spelled Python's way.
    while let Some(at) = rest.windows(3).position(is_surrogate) {
        out.extend(percent_encode(&rest[..at], escaped));
        out.push_str("%ED%B3%AD");
        rest = &rest[at + 1..];
    }
    out.extend(percent_encode(rest, escaped));
}

/// Whether three bytes are what a lone surrogate U+DC80 to U+DCFF would be in UTF-8, which has
/// none.
fn is_surrogate(bytes: &[u8]) -> bool {
    matches!(bytes, [0xED, 0xB2 | 0xB3, 0x80..=0xBF])
}

fn find(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    bytes.iter().position(|&byte| wanted(byte))
}

/// Where the authority stands in a target, if that is of absolute form.
pub(crate) fn authority(raw: &[u8]) -> Option<Range<usize>> {
    const SCHEME: &[u8] = b"http://";
    let (scheme, rest) = raw.split_at_checked(SCHEME.len())?;
    if !same_word(scheme, SCHEME) {
        return None;
    }
    let len = find(rest, |byte| matches!(byte, b'/' | b'?' | b'#'));
    Some(SCHEME.len()..SCHEME.len() + len.unwrap_or(rest.len()))
}

/// Whether a target is a URI of some scheme, or a host and a port.
fn is_foreign(raw: &[u8]) -> bool {
    if raw.starts_with(b"/") {
        return false;
    }
    let scheme = find(raw, |byte| !is_scheme_byte(byte)).unwrap_or(raw.len());
    let is_uri = raw[..1].iter().all(u8::is_ascii_alphabetic) && raw[scheme..].starts_with(b"://");
    // A port has digits here: `a:` is the name of a file, as in Python.
    let port = raw.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let port = raw.len() - port.count();
    let is_authority = port < raw.len() && raw[..port].ends_with(b":") && is_host(raw);
    is_uri || is_authority
}

/// What follows the first letter of a scheme (RFC 3986 section 3.1).
fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)
}

/// Appends a query as a URI-reference holds it: what RFC 3986 section 3.4 does not allow is
/// escaped, a `%` that begins no escape included.
pub fn encode_query(query: &[u8], out: &mut String) {
    let mut rest = query;
    while let [byte, after @ ..] = rest {
        let stays = is_query_byte(*byte) || escape(rest).is_some();
        if stays {
            out.push(char::from(*byte));
        } else {
            out.extend(percent_encode(&[*byte], NON_ALPHANUMERIC));
        }
        rest = after;
    }
}

/// Unreserved characters, sub-delimiters and `:@/?` (RFC 3986 section 3.4).
fn is_query_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte)
}

/// Whether there is nothing to decode or to resolve in a path: most have nothing, and cost one
/// copy.
fn is_plain(raw: &[u8]) -> bool {
    let Some(rest) = raw.strip_prefix(b"/") else {
        return false;
    };
    let mut before = b'/';
    for &byte in rest {
        if matches!((before, byte), (_, b'%' | 0) | (b'/', b'/' | b'.')) {
            return false;
        }
        before = byte;
    }
    true
}

fn percent_decode(raw: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while !rest.is_empty() {
        let (byte, used) = match (surrogate_escape(rest), escape(rest)) {
            (Some(byte), _) => (byte, 9),
            (None, Some(byte)) => (byte, 3),
            (None, None) => (rest[0], 1),
        };
        decoded.push(byte);
        rest = &rest[used..];
    }
    decoded
}

/// The byte of an escape `%XX` at the start of `bytes`.
fn escape(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else {
        return None;
    };
    let high = char::from(*high).to_digit(16)?;
    let low = char::from(*low).to_digit(16)?;
    Some((high * 16 + low) as u8)
}

/// The byte that three escapes of a lone surrogate stand for (Python's `surrogateescape`): the low
/// byte of its code.
fn surrogate_escape(bytes: &[u8]) -> Option<u8> {
    let [first, second, third] = [0, 3, 6].map(|at| bytes.get(at..).and_then(escape));
    let code = [first?, second?, third?];
    is_surrogate(&code).then(|| (code[1] & 0x03) << 6 | code[2] & 0x3F)
}

/// Folds empty and dot segments. `..` of the root is the root.
fn resolve(decoded: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(decoded.len() + 2);
    for segment in decoded.split(|&byte| byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => {
                let parent = path.iter().rposition(|&byte| byte == b'/');
                path.truncate(parent.unwrap_or(0));
            }
            name => {
                path.push(b'/');
                path.extend_from_slice(name);
            }
        }
    }
    if path.is_empty() || decoded.ends_with(b"/") {
        path.push(b'/');
    }
    path
}

#[cfg(test)]
mod tests;
