//! Fuzz targets that hold the parsers of `http/` against the oracle's, which share no code.

use super::oracle::{self, Heard, Length, State, hear};
use super::words;
use crate::http::fault::Fault;
use crate::http::framing::BodyLen;
use crate::http::head::Head;
use crate::http::limits::{FIELDS_MAX, Limits};
use crate::http::method::Method;
use crate::http::target::Target;
use crate::testing::doors::framing::{Outcome, Parts, read_chunked, read_head};

/// What a parser makes of the bytes at the start of a connection.
#[derive(PartialEq, Eq, Debug)]
enum Reading {
    Partial,
    Refused(u16),
    Request(Box<Understood>),
}

/// A request as far as the next one depends on it.
#[derive(PartialEq, Eq, Debug)]
struct Understood {
    method: String,
    target: Vec<u8>,
    path: Vec<u8>,
    is_11: bool,
    keeps: bool,
    expects: bool,
    length: Length,
    head_bytes: usize,
}

fn ours(input: &[u8], limits: &Limits) -> Reading {
    let (parts, head_bytes) = match read_head(&[input], limits) {
        Outcome::Incomplete => return Reading::Partial,
        Outcome::Failed(fault) => return Reading::Refused(fault.status().code()),
        Outcome::Complete { value, consumed } => (value, consumed),
    };
    match understand(parts, head_bytes) {
        Ok(understood) => Reading::Request(Box::new(understood)),
        Err(fault) => Reading::Refused(fault.status().code()),
    }
}

fn understand(parts: Parts, head_bytes: usize) -> Result<Understood, Fault> {
    let framing = parts.framing?;
    let target = Target::parse_for(Method::from_name(&parts.method), &parts.target, Vec::new())?;
    Ok(Understood {
        path: target.path.as_bytes().to_vec(),
        is_11: parts.version == "HTTP/1.1",
        keeps: framing.keep_alive,
        expects: framing.expects_continue,
        length: match framing.body {
            BodyLen::None => Length::None,
            BodyLen::Exact(len) => Length::Exact(len as usize),
            BodyLen::Chunked => Length::Chunked,
        },
        method: parts.method,
        target: parts.target,
        head_bytes,
    })
}

fn theirs(input: &[u8], limits: &Limits) -> Reading {
    match hear(input, limits.head_bytes_max, limits.target_bytes_max) {
        Heard::Partial(_) => Reading::Partial,
        Heard::Fault(code, _) => Reading::Refused(code),
        Heard::Request(req, after) => Reading::Request(Box::new(Understood {
            method: req.method,
            target: req.target,
            path: req.path,
            is_11: req.is_11,
            keeps: req.keep,
            expects: req.expects,
            length: req.length,
            head_bytes: input.len() - after.len(),
        })),
    }
}

/// Where the two may differ: `%ED%B2%80` and its like, which Python's listings spell bytes with,
/// are single bytes to `http/target.rs` alone. (`path_resolve` has a reference for them.)
fn may_differ(reading: &mut Reading) {
    if let Reading::Request(understood) = reading {
        let target = understood.target.to_ascii_lowercase();
        if target.windows(3).any(|three| three == b"%ed") {
            understood.path.clear();
        }
    }
}

/// Where the two may name different faults: in a head with too many fields, some of them bad. Which
/// is met first depends on how one reads.
fn names_another_fault(ours: &Reading, theirs: &Reading, input: &[u8]) -> bool {
    let named = |reading: &Reading| matches!(reading, Reading::Refused(400 | 431));
    let lines = input.iter().filter(|&&byte| byte == b'\n').count();
    named(ours) && named(theirs) && lines > FIELDS_MAX
}

/// Fuzz target: the head and the body at the start of a connection are the same to both parsers.
pub fn differential(input: &[u8]) {
    let limits = Limits::default();
    let (mut ours, mut theirs) = (ours(input, &limits), theirs(input, &limits));
    may_differ(&mut ours);
    may_differ(&mut theirs);
    if !names_another_fault(&ours, &theirs, input) {
        assert_eq!(ours, theirs, "{}", input.escape_ascii());
    }
    match ours {
        Reading::Request(understood) if understood.length == Length::Chunked => {
            chunks(&input[understood.head_bytes..]);
        }
        _ => {}
    }
}

/// A chunked body is the same to both decoders.
fn chunks(input: &[u8]) {
    let got = oracle::body(input, Length::Chunked);
    match read_chunked(&[input]) {
        Outcome::Incomplete => assert_eq!(got.state, State::Truncated),
        Outcome::Failed(_) => assert_eq!(got.state, State::Bad),
        Outcome::Complete { value, consumed } => {
            assert_eq!(got.state, State::Complete);
            assert_eq!((got.data, got.used), (value, consumed));
        }
    }
}

/// Fuzz target: as [`differential`], of fields behind a good request line and a Host.
pub fn framing_fields(input: &[u8]) {
    differential(&[b"POST /a HTTP/1.1\r\nHost: a\r\n", input].concat());
    differential(&[b"GET /a HTTP/1.0\r\n", input].concat());
}

/// Fuzz target: as [`differential`], of a Host and of a host in the target.
pub fn host(input: &[u8]) {
    let plain = |byte: &u8| !b"\r\n".contains(byte);
    let line: Vec<u8> = input.iter().copied().filter(plain).collect();
    differential(&[b"GET / HTTP/1.1\r\nHost:", &line[..], b"\r\n\r\n"].concat());
    for start in [&b"GET http://"[..], b"CONNECT "] {
        differential(&[start, &line, b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat());
    }
}

/// Fuzz target: as [`differential`], of a chunked body.
pub fn chunked_body(input: &[u8]) {
    chunks(input);
}

/// Fuzz target: lists over several lines of a field, and tokens in them.
pub fn header_list(input: &[u8]) {
    let mut buf = b"GET / HTTP/1.1\r\n".to_vec();
    let values: Vec<&[u8]> = input.split(|&byte| byte == b'\n').take(20).collect();
    for value in &values {
        buf.extend_from_slice(b"l: ");
        buf.extend(value.iter().filter(|&&byte| byte != b'\r'));
        buf.extend_from_slice(b"\r\n");
    }
    buf.extend_from_slice(b"\r\n");
    let Ok(head) = Head::parse(&buf, &Limits::default()) else {
        return;
    };
    let headers = head.headers(&buf);
    let lines = headers.get_all("L");
    let wanted: Vec<Vec<u8>> = lines
        .flat_map(words::elements)
        .filter(|element| !element.is_empty())
        .collect();
    assert!(headers.list("l").eq(wanted.iter().map(Vec::as_slice)));
    let has = |token: &str| {
        let same = |element: &Vec<u8>| element.eq_ignore_ascii_case(token.as_bytes());
        wanted.iter().any(same)
    };
    for token in ["close", "keep-alive", "100-continue", "chunked"] {
        assert_eq!(headers.has_token("L", token), has(token), "{token}");
    }
}

#[cfg(test)]
mod tests;
