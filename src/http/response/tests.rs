//! Tests of `http::response`.

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
        part: None,
        length,
        framing,
        onward: Onward::Http,
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
    write_head(&mut out, head, &mut CommonLines::default(), b"", &fields);
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
        let head = head(status, Framing::Chunked, None);
        write_head(&mut out, &head, &mut CommonLines::default(), b"", &fields);
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
        (true, 1_999, None),
        (true, 1_000, None),
        (true, 10, None),
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

#[test]
fn what_heads_have_in_common_is_written_anew_when_it_changes() {
    let first = head(Status::OK, Framing::Length(1), Some(1));
    let changes: [fn(&mut ResponseHead<'static>); 10] = [
        |_| {},
        |head| head.date = b"Sun, 06 Nov 1994 08:49:38 GMT",
        |head| head.server = Some("sprat/1"),
        |head| head.server = None,
        |head| head.server = Some("c\r\nd"),
        |head| head.status = Status::NOT_FOUND,
        |head| head.reason = "Another",
        |head| head.protocol = Http10,
        |head| head.keep_alive = false,
        |head| head.idle_time = Duration::from_secs(10),
    ];
    let mut common = CommonLines::default();
    let mut last = first;
    for change in changes.iter().chain(&changes) {
        change(&mut last);
        for peer in [Http11, Http10] {
            last.peer = peer;
            let mut out = Vec::new();
            write_head(&mut out, &last, &mut common, b"", &[]);
            assert_eq!(String::from_utf8(out).unwrap(), written(&last, &[]));
        }
    }
}
