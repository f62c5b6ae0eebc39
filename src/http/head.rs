//! Request heads: where one ends, and what its parts are (RFC 9112 sections 2 to 5).

use std::mem::MaybeUninit;

use super::fault::Fault;
use super::grammar::{is_token, is_token_byte};
use super::headers::{FieldSpans, Headers, Span};
use super::limits::{FIELDS_MAX, HEAD_BYTES_CEILING, Limits, REQUEST_LINE_EXTRA_BYTES_MAX};
use super::method::{Method, Version};

/// Fields kept in the head itself, a count: browsers send 10 to 20. More cost an allocation.
const FIELDS_INLINE: usize = 24;

/// Bytes that [`find_end`] looks at together, so that the compiler can use vector instructions.
const BLOCK: usize = 32;

/// A parsed head: spans into the buffer it was parsed from, no strings.
#[derive(Clone)]
pub struct Head {
    line: Span,
    method: Span,
    target: Span,
    version: Version,
    fields: Fields,
}

/// Not one array of [`FIELDS_MAX`]: clearing and moving a KiB costs more than parsing most heads.
#[derive(Clone)]
enum Fields {
    Few([FieldSpans; FIELDS_INLINE], u8),
    Many(Vec<FieldSpans>),
}

/// Where the head at the start of `buf` ends: the index of the first byte after its blank line.
/// `None` until it is complete. Leading empty lines belong to it (RFC 9112 section 2.2).
///
/// `searched` says how far earlier calls have looked, so that a dribbling peer costs O(n). It
/// starts at 0 and is right only for a `buf` that has since grown at its end.
pub fn find_end(buf: &[u8], searched: &mut usize) -> Option<usize> {
    let mut at = (*searched).min(buf.len());
    // Past the empty lines, `searched` never stands behind a line end: see below.
    if at == 0 || buf[at - 1] == b'\n' {
        at += empty_lines(&buf[at..]);
        if matches!(buf[at..], [] | [b'\r']) {
            *searched = at;
            return None;
        }
    }
    while buf.len() - at > BLOCK {
        let (here, next) = (&buf[at..at + BLOCK], &buf[at + 1..at + 1 + BLOCK]);
        let hit = here.iter().zip(next).fold(false, |hit, (&byte, &next)| {
            hit | ((byte == b'\n') & ((next == b'\n') | (next == b'\r')))
        });
        if hit {
            let end = blank_line_end(buf, at..at + BLOCK);
            if end.is_some() {
                return end;
            }
        }
        at += BLOCK;
    }
    let end = blank_line_end(buf, at..buf.len());
    // A line end at the end of input may be the first half of a blank line: look at it again.
    *searched = match buf {
        [.., b'\n', b'\r'] => buf.len() - 2,
        [.., b'\n'] => buf.len() - 1,
        _ => buf.len(),
    };
    end
}

/// The end of the first blank line after a line end in `range`.
fn blank_line_end(buf: &[u8], range: std::ops::Range<usize>) -> Option<usize> {
    let mut at = range.start;
    loop {
        at += line_feed(&buf[at..range.end])?;
        match buf[at + 1..] {
            [b'\n', ..] => return Some(at + 2),
            [b'\r', b'\n', ..] => return Some(at + 3),
            _ => at += 1,
        }
    }
}

/// Where the first line feed is: eight bytes at a time, of which the one that is a line feed alone
/// becomes zero, and borrows from its high bit.
fn line_feed(bytes: &[u8]) -> Option<usize> {
    const ALL: u64 = u64::MAX / 255;
    let mut words = bytes.chunks_exact(8);
    for (number, word) in words.by_ref().enumerate() {
        let word = u64::from_le_bytes(*word.first_chunk()?) ^ (u64::from(b'\n') * ALL);
        let zero = word.wrapping_sub(ALL) & !word & (0x80 * ALL);
        if zero != 0 {
            return Some(8 * number + zero.trailing_zeros() as usize / 8);
        }
    }
    let rest = words.remainder();
    let at = rest.iter().position(|&byte| byte == b'\n')?;
    Some(bytes.len() - rest.len() + at)
}

/// How many bytes at the start are complete empty lines.
fn empty_lines(buf: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match buf[at..] {
            [b'\n', ..] => at += 1,
            [b'\r', b'\n', ..] => at += 2,
            _ => return at,
        }
    }
}

/// What is already wrong with a head that is not complete: a first byte that no request line
/// starts with, a target or a head past its limit.
///
/// The same fault comes out for the head and for each longer part of it, however it was split.
pub fn refuse_early(buf: &[u8], limits: &Limits) -> Option<Fault> {
    debug_assert!(limits.head_bytes_max <= HEAD_BYTES_CEILING);
    let head_bytes_max = limits.head_bytes_max;
    let line_bytes_max = limits
        .target_bytes_max
        .saturating_add(REQUEST_LINE_EXTRA_BYTES_MAX);
    let within = &buf[..buf.len().min(head_bytes_max)];
    let line = &within[empty_lines(within)..];
    match line {
        [] | [b'\r'] => {}
        [first, ..] if !is_token_byte(*first) => return Some(Fault::BadRequestLine),
        _ if line.len() > line_bytes_max && !line[..=line_bytes_max].contains(&b'\n') => {
            return Some(Fault::TargetTooLong);
        }
        _ => {}
    }
    (buf.len() > head_bytes_max).then_some(Fault::HeadTooLarge)
}

impl Head {
    /// Parses a complete head, as long as [`find_end`] said.
    ///
    /// # Errors
    /// The fault of the peer.
    pub fn parse(buf: &[u8], limits: &Limits) -> Result<Head, Fault> {
        if let Some(fault) = refuse_early(buf, limits) {
            return Err(fault);
        }
        let mut storage = [const { MaybeUninit::uninit() }; FIELDS_MAX];
        let mut request = httparse::Request::new(&mut []);
        let parsed = request.parse_with_uninit_headers(buf, &mut storage);
        let (Ok(httparse::Status::Complete(_)), Some(method), Some(target), Some(minor)) =
            (parsed, request.method, request.path, request.version)
        else {
            return Head::parse_closely(buf, limits);
        };
        if target.len() > limits.target_bytes_max {
            return Err(Fault::TargetTooLong);
        }
        let method = Span::within(buf, method.as_bytes());
        let target = Span::within(buf, target.as_bytes());
        let line_end = target.start + target.len + " HTTP/1.1".len() as u16;
        Ok(Head {
            line: Span {
                start: method.start,
                len: line_end - method.start,
            },
            method,
            target,
            version: if minor == 0 {
                Version::Http10
            } else {
                Version::Http11
            },
            fields: Fields::record(buf, request.headers),
        })
    }

    /// Parses what httparse does not take as it is: a target that is not UTF-8, HTTP/1.2 and up,
    /// and all that has a fault, to tell which.
    fn parse_closely(buf: &[u8], limits: &Limits) -> Result<Head, Fault> {
        let line = first_line(buf);
        let [method, target, version] = split_line(line)?;
        if target.len() > limits.target_bytes_max {
            return Err(Fault::TargetTooLong);
        }
        let version = version_of(version)?;
        let line = Span::within(buf, line);
        let rest = &buf[usize::from(line.start + line.len)..];
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        let rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        let mut storage = [httparse::EMPTY_HEADER; FIELDS_MAX];
        match httparse::parse_headers(rest, &mut storage) {
            Ok(httparse::Status::Complete((_, fields))) => Ok(Head {
                line,
                method: Span::within(buf, method),
                target: Span::within(buf, target),
                version,
                fields: Fields::record(buf, fields),
            }),
            Err(httparse::Error::TooManyHeaders) => Err(Fault::FieldsTooMany),
            Ok(httparse::Status::Partial) | Err(_) => Err(Fault::BadField),
        }
    }

    #[inline]
    pub(crate) fn method<'a>(&self, buf: &'a [u8]) -> Method<'a> {
        match self.method.of(buf) {
            b"GET" => Method::Get,
            b"HEAD" => Method::Head,
            // A method is a token, so it is always text.
            other => Method::from_name(std::str::from_utf8(other).unwrap_or_default()),
        }
    }

    pub(crate) fn target<'a>(&self, buf: &'a [u8]) -> &'a [u8] {
        self.target.of(buf)
    }

    pub(crate) fn request_line<'a>(&self, buf: &'a [u8]) -> &'a [u8] {
        self.line.of(buf)
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn headers<'a>(&'a self, buf: &'a [u8]) -> Headers<'a> {
        let fields = match &self.fields {
            Fields::Few(fields, count) => &fields[..usize::from(*count)],
            Fields::Many(fields) => fields,
        };
        Headers { buf, fields }
    }
}

impl Fields {
    fn record(buf: &[u8], fields: &[httparse::Header<'_>]) -> Fields {
        let spans = fields.iter().map(|field| {
            let name = Span::within(buf, field.name.as_bytes());
            (name, Span::within(buf, field.value))
        });
        if fields.len() > FIELDS_INLINE {
            return Fields::Many(spans.collect());
        }
        let mut few = [FieldSpans::default(); FIELDS_INLINE];
        for (slot, span) in few.iter_mut().zip(spans) {
            *slot = span;
        }
        Fields::Few(few, fields.len() as u8)
    }
}

/// The request line of a head that could not be parsed, for the log: up to the first line end,
/// without the empty lines before it.
pub fn first_line(buf: &[u8]) -> &[u8] {
    let buf = &buf[empty_lines(buf)..];
    match buf.iter().position(|&byte| byte == b'\n') {
        Some(end) => buf[..end].strip_suffix(b"\r").unwrap_or(&buf[..end]),
        None => buf,
    }
}

/// Method, target and version: three words with one space between (RFC 9112 section 3).
fn split_line(line: &[u8]) -> Result<[&[u8]; 3], Fault> {
    let mut words = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Fault::BadRequestLine);
    };
    let empty = method.is_empty() || target.is_empty() || version.is_empty();
    if empty || !is_token(method) || line.iter().any(u8::is_ascii_control) {
        return Err(Fault::BadRequestLine);
    }
    Ok([method, target, version])
}

/// A version by its name. Any HTTP/1 from 1.1 on is spoken to as 1.1 (RFC 9110 section 2.5); there
/// never was an HTTP/0 with a name, so that is a bad version rather than an unsupported one.
fn version_of(name: &[u8]) -> Result<Version, Fault> {
    match name {
        b"HTTP/1.0" => Ok(Version::Http10),
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'1'..=b'9'] => Ok(Version::Http11),
        [b'H', b'T', b'T', b'P', b'/', b'2'..=b'9', b'.', b'0'..=b'9'] => {
            Err(Fault::VersionUnsupported)
        }
        _ => Err(Fault::BadVersion),
    }
}

#[cfg(test)]
mod tests;
