//! The head of a script's output: a pure, resumable parser (RFC 3875 section 6).
//!
//! Lines end in LF or CRLF. What lighttpd and Apache make the same of is taken as they take it,
//! RFC 3875 or not: a head without a CGI field, or of nothing at all, a status line of HTTP
//! (lighttpd only), a field twice of which a response has one. Anything else in doubt is a
//! [`HeadFault`], for a guess could split a response.

use crate::http::fields::is_single;
use crate::http::grammar::{digits, is_token, is_value, same_word, trim};
use crate::http::limits::FIELDS_MAX;
use crate::http::status::Status;

use super::limits::{HEAD_BYTES_MAX, append_within};

/// Fields that concern one connection only, which is the server's (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [&str; 7] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What is wrong with a script's head. The peer is told 502, the log the cause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeadFault {
    /// Past [`HEAD_BYTES_MAX`].
    TooLarge,
    /// More than [`FIELDS_MAX`] fields.
    FieldsTooMany,
    /// What begins like a status line and is none.
    BadStatusLine,
    /// Not `name ":" value`, a folded line, or a control byte.
    BadField,
    /// Not three digits from 200 on.
    BadStatus,
    /// Not one number.
    BadLength,
    /// Empty.
    BadLocation,
    /// Two statuses or two places that are not the same.
    Contradiction,
}

impl HeadFault {
    /// The cause for the log.
    pub fn cause(self) -> &'static str {
        match self {
            HeadFault::TooLarge => "script's head is too large",
            HeadFault::FieldsTooMany => "script's head has too many fields",
            HeadFault::BadStatusLine => "script's head starts with a bad status line",
            HeadFault::BadField => "script's head has a line that is no field",
            HeadFault::BadStatus => "script's Status is not valid",
            HeadFault::BadLength => "script's Content-Length is not valid",
            HeadFault::BadLocation => "script's Location is empty",
            HeadFault::Contradiction => "script's head has two Status or Location that differ",
        }
    }
}

/// A parsed head: what the server needs to know, and what it hands on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScriptHead {
    /// The `Status` field, or a status line: its code, and its reason if it is one that can be
    /// sent.
    pub status: Option<(Status, Option<String>)>,
    /// The `Location` field.
    pub location: Option<Vec<u8>>,
    /// The `Content-Length` field.
    pub content_length: Option<u64>,
    /// Fields for the peer, in order: without Status, Content-Length and hop-by-hop fields, and
    /// those once of which a response has one.
    pub fields: Vec<(String, Vec<u8>)>,
    /// The names of those that came more than once, of which the last counts.
    pub repeated: Vec<String>,
}

/// What a head asks the server to do (RFC 3875 section 6.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Send the fields and the output with this status and reason.
    Document(Status, Option<String>),
    /// Answer this target instead.
    LocalRedirect(String),
}

impl ScriptHead {
    /// Decides between a document, a redirect of the peer, and a local redirect.
    ///
    /// A `Location` that is a path is local if no `Status` says otherwise, and no field but
    /// `Content-Type` would be lost (a cookie, say); else the peer is redirected.
    pub fn answer(&self) -> Answer {
        if let Some((status, reason)) = &self.status {
            return Answer::Document(*status, reason.clone());
        }
        let Some(location) = &self.location else {
            return Answer::Document(Status::OK, None);
        };
        let alone = self
            .fields
            .iter()
            .all(|(name, _)| same_word(name, "location") || same_word(name, "content-type"));
        if location.starts_with(b"/") && alone {
            Answer::LocalRedirect(target_text(location))
        } else {
            Answer::Document(Status::FOUND, None)
        }
    }
}

/// A target as a request line can hold it: bytes that are no visible ASCII are percent-encoded.
fn target_text(location: &[u8]) -> String {
    let mut text = String::with_capacity(location.len());
    for &byte in location {
        if byte.is_ascii_graphic() {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Gathers a script's output until its head is complete.
#[derive(Default, Debug)]
pub struct HeadParser {
    buf: Vec<u8>,
    line_at: usize,
}

impl HeadParser {
    /// Whether no byte has come yet.
    pub fn is_empty(&self) -> bool {
        self.buf.is_empty()
    }

    /// Takes the next bytes of output. `Some` gives the head and how many of *these* bytes belong
    /// to it; the rest is body. `None`: all were taken, more are needed.
    ///
    /// # Errors
    /// What is wrong with the head; nothing may be fed after that.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Option<(usize, ScriptHead)>, HeadFault> {
        let old = self.buf.len();
        let take = bytes.len().min(HEAD_BYTES_MAX - old);
        append_within(&mut self.buf, &bytes[..take], HEAD_BYTES_MAX);
        let mut at = old;
        while let Some(n) = self.buf[at..].iter().position(|&byte| byte == b'\n') {
            at += n + 1;
            let line = &self.buf[self.line_at..at - 1];
            if line.is_empty() || line == b"\r" {
                let head = parse(&self.buf[..self.line_at])?;
                return Ok(Some((at - old, head)));
            }
            self.line_at = at;
        }
        if self.buf.len() == HEAD_BYTES_MAX {
            return Err(HeadFault::TooLarge);
        }
        Ok(None)
    }
}

/// Parses the lines of a complete head, the blank one excluded.
fn parse(lines: &[u8]) -> Result<ScriptHead, HeadFault> {
    let mut head = ScriptHead::default();
    let mut fields: Vec<(&str, &[u8])> = Vec::new();
    for (at, line) in lines.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if at == 0 && line.starts_with(b"HTTP/") {
            head.status = Some(status_line(line)?);
            continue;
        }
        if fields.len() == FIELDS_MAX {
            return Err(HeadFault::FieldsTooMany);
        }
        fields.push(field(line)?);
    }
    for &(name, value) in &fields {
        head.take(name, value, is_hop_by_hop(name, &fields))?;
    }
    Ok(head)
}

impl ScriptHead {
    fn take(&mut self, name: &str, value: &[u8], is_hop_by_hop: bool) -> Result<(), HeadFault> {
        if same_word(name, "status") {
            let status = status(value)?;
            agree(self.status.as_ref().map(|status| status.0), status.0)?;
            self.status = Some(status);
            return Ok(());
        }
        if same_word(name, "content-length") {
            let length = digits(value).ok_or(HeadFault::BadLength)?;
            agree(self.content_length, length).map_err(|_| HeadFault::BadLength)?;
            self.content_length = Some(length);
            return Ok(());
        }
        if same_word(name, "location") {
            if value.is_empty() {
                return Err(HeadFault::BadLocation);
            }
            agree(self.location.as_deref(), value)?;
            self.location = Some(value.to_vec());
        }
        // An empty type says nothing, and lighttpd and Apache do not send it.
        let is_nothing = value.is_empty() && same_word(name, "content-type");
        if !is_hop_by_hop && !is_nothing {
            self.hand_on(name, value);
        }
        Ok(())
    }

    /// Keeps a field for the peer, in place of an earlier one if there can be one only.
    fn hand_on(&mut self, name: &str, value: &[u8]) {
        let mut fields = self.fields.iter_mut();
        let earlier = fields.find(|(other, _)| same_word(other, name));
        match earlier.filter(|_| is_single(name)) {
            None => self.fields.push((name.to_owned(), value.to_vec())),
            Some(earlier) => {
                earlier.1 = value.to_vec();
                let name = &earlier.0;
                if !self.repeated.contains(name) {
                    self.repeated.push(name.clone());
                }
            }
        }
    }
}

/// What the server acts on may be said twice, but not in two ways.
fn agree<T: PartialEq>(before: Option<T>, now: T) -> Result<(), HeadFault> {
    match before {
        Some(before) if before != now => Err(HeadFault::Contradiction),
        _ => Ok(()),
    }
}

/// Reads `HTTP/1.1 NNN reason`, as a script says it that hands on what another server said.
fn status_line(line: &[u8]) -> Result<(Status, Option<String>), HeadFault> {
    let mut words = line.splitn(2, |&byte| byte == b' ');
    let (version, rest) = (words.next().unwrap_or(b""), words.next().unwrap_or(b""));
    let number = version.strip_prefix(b"HTTP/").unwrap_or(b"");
    let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    if number.is_empty() || !number.iter().all(is_number) || !is_value(line) {
        return Err(HeadFault::BadStatusLine);
    }
    status(trim(rest))
}

/// Splits one line into a name and a trimmed value.
fn field(line: &[u8]) -> Result<(&str, &[u8]), HeadFault> {
    let colon = line.iter().position(|&byte| byte == b':');
    let (name, value) = line.split_at(colon.ok_or(HeadFault::BadField)?);
    let value = trim(&value[1..]);
    if !is_token(name) || !is_value(value) {
        return Err(HeadFault::BadField);
    }
    // A token is ASCII.
    let name = std::str::from_utf8(name).map_err(|_| HeadFault::BadField)?;
    Ok((name, value))
}

/// Reads `NNN` or `NNN reason`. A script cannot send an interim response.
fn status(value: &[u8]) -> Result<(Status, Option<String>), HeadFault> {
    let (code, reason) = match value.iter().position(|&byte| byte == b' ' || byte == b'\t') {
        Some(at) => (&value[..at], value[at..].trim_ascii()),
        None => (value, &b""[..]),
    };
    if code.len() != 3 {
        return Err(HeadFault::BadStatus);
    }
    let status = digits(code)
        .and_then(|code| Status::new(code as u16))
        .filter(|status| status.code() >= 200)
        .ok_or(HeadFault::BadStatus)?;
    let reason = std::str::from_utf8(reason)
        .ok()
        .filter(|reason| !reason.is_empty() && !reason.chars().any(char::is_control));
    Ok((status, reason.map(str::to_owned)))
}

/// Whether a field is for one connection: by its name, or because `Connection` names it.
fn is_hop_by_hop(name: &str, fields: &[(&str, &[u8])]) -> bool {
    if HOP_BY_HOP.iter().any(|hop| same_word(name, hop)) {
        return true;
    }
    fields
        .iter()
        .filter(|(other, _)| same_word(other, "connection"))
        .flat_map(|(_, value)| value.split(|&byte| byte == b','))
        .any(|element| same_word(element.trim_ascii(), name))
}

/// The status that the output of an `nph-` script starts with, for the log.
pub fn spoken_status(output: &[u8]) -> Option<Status> {
    let rest = output.strip_prefix(b"HTTP/1.")?;
    let code = rest.get(1..5)?.strip_prefix(b" ")?;
    digits(code).and_then(|code| Status::new(code as u16))
}

#[cfg(test)]
mod tests;
