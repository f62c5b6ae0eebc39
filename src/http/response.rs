//! Response heads; how a response is framed is decided here and only here (RFC 9112 section 6).

use std::borrow::Cow;
use std::time::Duration;

use super::fields::is_single;
use super::grammar::{digits, is_token, is_value, is_value_byte, push_decimal, same_word};
use super::method::Version;
use super::status::Status;

/// What tells the peer where a response ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// The status or the method says that there is no body.
    None,
    /// Content-Length, and this many bytes.
    Length(u64),
    /// Chunks, then an empty one.
    Chunked,
    /// The end of the connection.
    Close,
}

/// A header field to write.
pub type Field = (Cow<'static, str>, Cow<'static, [u8]>);

/// What becomes of the connection after a response, for its head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Onward<'a> {
    /// It goes on with HTTP, or is closed.
    Http,
    /// It is switched to this protocol (RFC 9110 section 7.8).
    Upgrade(&'a str),
    /// It is a tunnel (RFC 9110 section 9.3.6).
    Tunnel,
}

/// What a response head says beside its fields.
pub struct ResponseHead<'a> {
    /// What the server speaks.
    pub protocol: Version,
    /// The status.
    pub status: Status,
    /// The reason phrase.
    pub reason: &'a str,
    /// The current date.
    pub date: &'a [u8],
    /// The value of Server.
    pub server: Option<&'a str>,
    /// The value of Content-Type, unless a field has another.
    pub content_type: Option<&'a str>,
    /// The value of Content-Range, if it has one behind its fields.
    pub part: Option<&'a [u8]>,
    /// The length to announce: for HEAD the one that GET would have.
    pub length: Option<u64>,
    /// How the body is framed.
    pub framing: Framing,
    /// What becomes of the connection.
    pub onward: Onward<'a>,
    /// Whether it lives on.
    pub keep_alive: bool,
    /// How long it lives on without a request; zero means for ever.
    pub idle_time: Duration,
    /// What the peer speaks.
    pub peer: Version,
}

/// What most heads have in common with the one before, written once: how they begin, from the
/// status line to Date, and how they end, from Connection on.
#[derive(Default)]
pub struct CommonLines {
    opening: Vec<u8>,
    opened: Option<(Version, Status)>,
    reason: String,
    server: Option<String>,
    date: Vec<u8>,
    closing: Vec<u8>,
    closed: Option<(bool, Version, Duration)>,
}

impl CommonLines {
    fn opening(&mut self, head: &ResponseHead<'_>) -> &[u8] {
        let is_same = self.opened == Some((head.protocol, head.status))
            && self.date == head.date
            && self.reason == head.reason
            && self.server.as_deref() == head.server;
        if !is_same {
            self.open(head);
        }
        &self.opening
    }

    fn open(&mut self, head: &ResponseHead<'_>) {
        self.opening.clear();
        push_opening(&mut self.opening, head, true, true);
        self.opened = Some((head.protocol, head.status));
        head.reason.clone_into(&mut self.reason);
        self.server = head.server.map(str::to_owned);
        head.date.clone_into(&mut self.date);
    }

    fn closing(&mut self, head: &ResponseHead<'_>) -> &[u8] {
        let closed = Some((head.keep_alive, head.peer, head.idle_time));
        if self.closed != closed {
            self.closing.clear();
            push_connection(&mut self.closing, head);
            self.closing.extend_from_slice(b"\r\n");
            self.closed = closed;
        }
        &self.closing
    }
}

/// Decides the framing of a response. A body of unknown length is chunked for a peer that knows
/// chunks, and ends with the connection for one that does not.
pub fn framing(
    is_head: bool,
    status: Status,
    length: Option<u64>,
    peer: Version,
    protocol: Version,
) -> Framing {
    if is_head || !status.allows_body() {
        return Framing::None;
    }
    match length {
        Some(length) => Framing::Length(length),
        None if peer.min(protocol) == Version::Http11 => Framing::Chunked,
        None => Framing::Close,
    }
}

/// Appends a response head to `out`, with `lines` first and then `fields`. Returns the name of a
/// field that cannot be sent and was left out, if there is one.
pub fn write_head<'a>(
    out: &mut Vec<u8>,
    head: &ResponseHead<'_>,
    common: &mut CommonLines,
    lines: &[u8],
    fields: &'a [Field],
) -> Option<&'a str> {
    let given = |name: &str| fields.iter().any(|field| same_word(&*field.0, name));
    match (given("Server"), given("Date")) {
        (false, false) => out.extend_from_slice(common.opening(head)),
        (server, date) => push_opening(out, head, !server, !date),
    }
    match head.content_type {
        Some(value) if head.status.allows_body() && !given("Content-Type") => {
            push_field(out, "Content-Type", value.as_bytes());
        }
        _ => {}
    }
    out.extend_from_slice(lines);
    let mut left_out = None;
    for (name, value) in fields {
        let is_sent = if is_framing(name) {
            is_said_anyway(head, name, value)
        } else {
            push_field(out, name, value)
        };
        if !is_sent {
            left_out = Some(&**name);
        }
    }
    if let Some(value) = head.part {
        push_field(out, "Content-Range", value);
    }
    if head.framing == Framing::Chunked {
        out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
    } else if let Some(length) = announced(head) {
        out.extend_from_slice(b"Content-Length: ");
        push_decimal(out, length);
        out.extend_from_slice(b"\r\n");
    }
    match head.onward {
        Onward::Http => {
            if head.status == Status::UPGRADE_REQUIRED && given("Upgrade") {
                out.extend_from_slice(CONNECTION_UPGRADE);
            }
            out.extend_from_slice(common.closing(head));
        }
        Onward::Upgrade(protocol) => {
            push_field(out, "Upgrade", protocol.as_bytes());
            out.extend_from_slice(CONNECTION_UPGRADE);
            out.extend_from_slice(b"\r\n");
        }
        Onward::Tunnel => out.extend_from_slice(b"\r\n"),
    }
    left_out
}

/// What has to go with each Upgrade, which is for this hop alone (RFC 9110 section 7.8).
const CONNECTION_UPGRADE: &[u8] = b"Connection: upgrade\r\n";

/// Appends the status line, and the fields that are the server's own unless others were given.
fn push_opening(out: &mut Vec<u8>, head: &ResponseHead<'_>, server: bool, date: bool) {
    push_status_line(out, head.protocol, head.status, head.reason);
    if let Some(server) = head.server.filter(|_| server) {
        push_field(out, "Server", server.as_bytes());
    }
    if date {
        push_field(out, "Date", head.date);
    }
}

/// Appends the fields that say what becomes of the connection.
fn push_connection(out: &mut Vec<u8>, head: &ResponseHead<'_>) {
    if !head.keep_alive {
        out.extend_from_slice(b"Connection: close\r\n");
        return;
    }
    if head.peer == Version::Http10 {
        out.extend_from_slice(b"Connection: keep-alive\r\n");
    }
    // A second less, so that no request is sent into a connection that closes at that moment. With
    // nothing left it is not said: 0 would mean that the connection closes now.
    let seconds = head.idle_time.as_secs().saturating_sub(1);
    if seconds > 0 {
        out.extend_from_slice(b"Keep-Alive: timeout=");
        push_decimal(out, seconds);
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends an interim response (RFC 9110 section 15.2): a head that another response follows.
/// Returns the name of a field that cannot be sent and was left out, if there is one.
pub fn write_interim<'a>(
    out: &mut Vec<u8>,
    status: Status,
    fields: &[(&'a str, &str)],
) -> Option<&'a str> {
    push_status_line(out, Version::Http11, status, status.reason());
    let mut left_out = None;
    for (at, (name, value)) in fields.iter().enumerate() {
        let later = &fields[at + 1..];
        if is_single(name) && later.iter().any(|other| same_word(other.0, name)) {
            continue;
        }
        if is_framing(name) || !push_field(out, name, value.as_bytes()) {
            left_out = Some(*name);
        }
    }
    out.extend_from_slice(b"\r\n");
    left_out
}

/// Appends the first line of a response.
fn push_status_line(out: &mut Vec<u8>, protocol: Version, status: Status, reason: &str) {
    out.extend_from_slice(protocol.name().as_bytes());
    let [hundreds, tens, ones] = status.digits();
    out.extend_from_slice(&[b' ', hundreds, tens, ones, b' ']);
    if is_value(reason.as_bytes()) {
        out.extend_from_slice(reason.as_bytes());
    } else {
        let sendable = |byte| if is_value_byte(byte) { byte } else { b'?' };
        out.extend(reason.bytes().map(sendable));
    }
    out.extend_from_slice(b"\r\n");
}

/// The Content-Length to write. 1xx, 204 and 304 carry none (RFC 9110 section 8.6: a 304 may, but
/// only the length GET would have, which need not be known here).
fn announced(head: &ResponseHead<'_>) -> Option<u64> {
    match head.status.code() {
        100..=199 | 204 | 304 => None,
        205 => Some(0),
        _ => head.length,
    }
}

/// Whether leaving out a field that only the server writes changes nothing for the peer, but for
/// what becomes of its connection.
fn is_said_anyway(head: &ResponseHead<'_>, name: &str, value: &[u8]) -> bool {
    match name.len() {
        14 => announced(head).is_some_and(|length| digits(value) == Some(length)),
        length => length == 10,
    }
}

/// Fields that only the server writes.
pub(super) fn is_framing(name: &str) -> bool {
    match name.len() {
        10 => same_word(name, "Connection") || same_word(name, "Keep-Alive"),
        14 => same_word(name, "Content-Length"),
        17 => same_word(name, "Transfer-Encoding"),
        _ => false,
    }
}

/// Appends a field; one that could split the response is left out, and the answer is false.
pub(super) fn push_field(out: &mut Vec<u8>, name: &str, value: &[u8]) -> bool {
    if !is_token(name.as_bytes()) || !is_value(value) {
        return false;
    }
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
    true
}

/// The interim response to `Expect: 100-continue`.
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Room for a chunk's size line: four digits and CRLF.
pub const CHUNK_HEAD_BYTES: usize = 6;

/// The most bytes a chunk of ours holds: what four hexadecimal digits say.
pub const CHUNK_BYTES_MAX: usize = 0xffff;

/// Writes the size line of a chunk of `len` bytes into the room left for it, with leading zeros,
/// which RFC 9112 section 7.1 allows.
pub fn fill_chunk_head(room: &mut [u8], len: usize) {
    debug_assert!(len > 0);
    debug_assert!(len <= CHUNK_BYTES_MAX);
    for (place, digit) in room[..4].iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[len >> (12 - 4 * place) & 15];
    }
    room[4..CHUNK_HEAD_BYTES].copy_from_slice(b"\r\n");
}

/// The end of a chunk.
pub const CHUNK_END: &[u8] = b"\r\n";

/// The end of a chunked body without trailers.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

#[cfg(test)]
mod tests;
