//! Response heads; how a response is framed is decided here and only here (RFC 9112 section 6).

use std::borrow::Cow;
use std::time::Duration;

use super::fields::is_single;
use super::grammar::{digits, is_token, is_value, is_value_byte, push_decimal};
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
    /// The length to announce: for HEAD the one that GET would have.
    pub length: Option<u64>,
    /// How the body is framed.
    pub framing: Framing,
    /// Whether the connection lives on.
    pub keep_alive: bool,
    /// For how long without a request; zero means for ever.
    pub idle_time: Duration,
    /// What the peer speaks.
    pub peer: Version,
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

/// Appends a response head to `out`. Returns the name of a field that cannot be sent and was left
/// out, if there is one.
pub fn write_head<'a>(
    out: &mut Vec<u8>,
    head: &ResponseHead<'_>,
    fields: &'a [Field],
) -> Option<&'a str> {
    push_status_line(out, head.protocol, head.status, head.reason);
    let given = |name: &str| {
        fields
            .iter()
            .any(|field| field.0.eq_ignore_ascii_case(name))
    };
    match head.server {
        Some(server) if !given("Server") => {
            push_field(out, "Server", server.as_bytes());
        }
        _ => {}
    }
    if !given("Date") {
        push_field(out, "Date", head.date);
    }
    match head.content_type {
        Some(value) if head.status.allows_body() && !given("Content-Type") => {
            push_field(out, "Content-Type", value.as_bytes());
        }
        _ => {}
    }
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
    if head.framing == Framing::Chunked {
        out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
    } else if let Some(length) = announced(head) {
        out.extend_from_slice(b"Content-Length: ");
        push_decimal(out, length);
        out.extend_from_slice(b"\r\n");
    }
    push_connection(out, head);
    out.extend_from_slice(b"\r\n");
    left_out
}

/// Appends what becomes of the connection.
fn push_connection(out: &mut Vec<u8>, head: &ResponseHead<'_>) {
    if !head.keep_alive {
        out.extend_from_slice(b"Connection: close\r\n");
        return;
    }
    if head.peer == Version::Http10 {
        out.extend_from_slice(b"Connection: keep-alive\r\n");
    }
    if head.idle_time > Duration::ZERO {
        // A second less, so that no request is sent into a connection that closes at that moment.
        out.extend_from_slice(b"Keep-Alive: timeout=");
        push_decimal(out, head.idle_time.as_secs().saturating_sub(1));
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
        if is_single(name) && later.iter().any(|other| other.0.eq_ignore_ascii_case(name)) {
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
    out.push(b' ');
    push_decimal(out, u64::from(status.code()));
    out.push(b' ');
    out.extend(
        reason
            .bytes()
            .map(|byte| if is_value_byte(byte) { byte } else { b'?' }),
    );
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
fn is_framing(name: &str) -> bool {
    match name.len() {
        10 => name.eq_ignore_ascii_case("Connection") || name.eq_ignore_ascii_case("Keep-Alive"),
        14 => name.eq_ignore_ascii_case("Content-Length"),
        17 => name.eq_ignore_ascii_case("Transfer-Encoding"),
        _ => false,
    }
}

/// Appends a field; one that could split the response is left out, and the answer is false.
fn push_field(out: &mut Vec<u8>, name: &str, value: &[u8]) -> bool {
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
mod tests {
    use super::*;
    use Version::{Http10, Http11};

    fn head(status: Status, framing: Framing, length: Option<u64>) -> ResponseHead<'static> {
        ResponseHead {
            protocol: Http11,
            status,
            reason: "Reason",
            date: b"Sun, 06 Nov 1994 08:49:37 GMT",
            server: Some("sprat/0"),
            content_type: None,
            length,
            framing,
            keep_alive: true,
            idle_time: Duration::ZERO,
            peer: Http11,
        }
    }

    fn written(head: &ResponseHead<'_>, fields: &[(&'static str, &'static str)]) -> String {
        let fields: Vec<Field> = fields
            .iter()
            .map(|&(name, value)| (name.into(), Cow::Borrowed(value.as_bytes())))
            .collect();
        let mut out = Vec::new();
        write_head(&mut out, head, &fields);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn framing_follows_rfc9112_6_3() {
        let ok = Status::OK;
        for (is_head, status, length, peer, protocol, want) in [
            (false, ok, Some(5), Http11, Http11, Framing::Length(5)),
            (false, ok, Some(0), Http10, Http11, Framing::Length(0)),
            (false, ok, None, Http11, Http11, Framing::Chunked),
            (false, ok, None, Http10, Http11, Framing::Close),
            (false, ok, None, Http11, Http10, Framing::Close),
            (true, ok, Some(5), Http11, Http11, Framing::None),
            (true, ok, None, Http11, Http11, Framing::None),
            (
                false,
                Status::NO_CONTENT,
                Some(5),
                Http11,
                Http11,
                Framing::None,
            ),
            (
                false,
                Status::NOT_MODIFIED,
                None,
                Http11,
                Http11,
                Framing::None,
            ),
        ] {
            assert_eq!(framing(is_head, status, length, peer, protocol), want);
        }
    }

    #[test]
    fn a_head_says_what_it_should_and_no_more() {
        let text = written(
            &head(Status::OK, Framing::Length(7), Some(7)),
            &[
                ("Content-Type", "text/plain"),
                ("Content-Length", "99"),
                ("connection", "x"),
            ],
        );
        assert_eq!(
            text,
            "HTTP/1.1 200 Reason\r\nServer: sprat/0\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
             Content-Type: text/plain\r\nContent-Length: 7\r\n\r\n"
        );
    }

    #[test]
    fn a_field_given_goes_before_the_servers_own() {
        let mut head = head(Status::OK, Framing::None, None);
        head.content_type = Some("text/plain");
        let given = ["Server", "Date", "Content-Type"].map(|name| (name, "own"));
        let own = "HTTP/1.1 200 Reason\r\nServer: own\r\nDate: own\r\nContent-Type: own\r\n\r\n";
        assert_eq!(written(&head, &given), own);
        let text = written(&head, &[]);
        assert!(text.contains("\r\nContent-Type: text/plain\r\n"), "{text}");
        head.server = None;
        assert!(!written(&head, &[]).contains("Server"));
    }

    #[test]
    fn nothing_in_a_field_can_split_the_response() {
        let text = written(
            &head(Status::OK, Framing::Length(0), Some(0)),
            &[
                ("X-A", "a\r\nSet-Cookie: b"),
                ("X-B\r\nX-C", "d"),
                ("X-D", "e\0"),
                ("", "f"),
                ("X E", "g"),
                ("X-F", "h\ti"),
            ],
        );
        assert!(
            text.ends_with("GMT\r\nX-F: h\ti\r\nContent-Length: 0\r\n\r\n"),
            "{text}"
        );
    }

    #[test]
    fn head_204_and_304_announce_what_they_may() {
        for (status, framing, length, want) in [
            (Status::OK, Framing::None, Some(9), Some("9")),
            (Status::OK, Framing::None, None, None),
            (Status::NO_CONTENT, Framing::None, Some(0), None),
            (Status::NOT_MODIFIED, Framing::None, Some(0), None),
            (Status::new(205).unwrap(), Framing::None, None, Some("0")),
        ] {
            let text = written(&head(status, framing, length), &[]);
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("Content-Length: "));
            assert_eq!(line, want, "{text}");
        }
    }

    #[test]
    fn heads_parse_back() {
        for status in (100..=599).filter_map(Status::new) {
            let mut out = Vec::new();
            let fields = [("X-A".into(), Cow::Borrowed(&b"\xff b"[..]))];
            write_head(&mut out, &head(status, Framing::Chunked, None), &fields);
            let mut fields = [httparse::EMPTY_HEADER; 16];
            let mut response = httparse::Response::new(&mut fields);
            assert_eq!(
                response.parse(&out),
                Ok(httparse::Status::Complete(out.len()))
            );
            assert_eq!(response.code, Some(status.code()));
        }
    }

    #[test]
    fn interim_heads_have_their_fields_and_no_framing() {
        let mut out = Vec::new();
        let fields = [
            ("Link", "</a.css>; rel=preload"),
            ("Content-Length", "5"),
            ("Transfer-Encoding", "chunked"),
            ("Bad", "a\r\nb"),
        ];
        let left_out = write_interim(&mut out, Status::EARLY_HINTS, &fields);
        assert_eq!(left_out, Some("Bad"));
        assert_eq!(write_interim(&mut out, Status::CONTINUE, &[]), None);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n\
             HTTP/1.1 100 Continue\r\n\r\n"
        );
    }

    #[test]
    fn keep_alive_is_said_only_where_it_is_not_the_rule() {
        for (keep_alive, peer, want) in [
            (true, Http11, None),
            (true, Http10, Some("keep-alive")),
            (false, Http11, Some("close")),
            (false, Http10, Some("close")),
        ] {
            let mut head = head(Status::OK, Framing::Length(0), Some(0));
            (head.keep_alive, head.peer) = (keep_alive, peer);
            let text = written(&head, &[]);
            assert_eq!(
                text.lines()
                    .find_map(|line| line.strip_prefix("Connection: ")),
                want
            );
        }
    }

    #[test]
    fn a_connection_is_said_to_live_a_second_shorter_than_it_does() {
        for (keep_alive, idle_ms, want) in [
            (true, 15_000, Some("timeout=14")),
            (true, 2_900, Some("timeout=1")),
            (true, 1_000, Some("timeout=0")),
            (true, 10, Some("timeout=0")),
            (true, 0, None),
            (false, 15_000, None),
        ] {
            let mut head = head(Status::OK, Framing::Length(0), Some(0));
            head.keep_alive = keep_alive;
            head.idle_time = Duration::from_millis(idle_ms);
            let text = written(&head, &[("keep-alive", "timeout=999")]);
            let mut lines = text.lines();
            let said = lines.find_map(|line| line.strip_prefix("Keep-Alive: "));
            assert_eq!(said, want, "{idle_ms}");
            assert!(!text.contains("999"));
        }
    }

    #[test]
    fn chunk_heads_are_hexadecimal() {
        for (len, want) in [(1, "0001\r\n"), (0x1a2b, "1a2b\r\n"), (0xffff, "ffff\r\n")] {
            let mut room = [0; CHUNK_HEAD_BYTES];
            fill_chunk_head(&mut room, len);
            assert_eq!(room, want.as_bytes());
        }
    }
}
