//! Tests of `log::facade`: what is handed on, where to, and as what.

use std::io;

use super::*;
use crate::handler::Cause;
use crate::log::tests::over::Over;

fn told(entry: Log<'_>) -> (Level, &'static str, String) {
    let (level, target) = place(&entry);
    (level, target, message(&entry))
}

fn over(head: &[u8], status: Option<u16>, cause: Option<&Cause>) -> (Level, &'static str, String) {
    let over = Over {
        peer: Some("[::ffff:192.0.2.7]:1"),
        head,
        status,
        body_bytes: 7,
        cause,
    };
    over.show(|record| told(Log::Over(record)))
}

#[test]
fn requests_that_are_over_are_info() {
    let head = b"GET /\" HTTP/1.1\r\nHost: h\r\n\r\n";
    let gone = Cause::PeerGone(io::Error::other("reset\n"));
    for (head, status, cause, want) in [
        (
            &head[..],
            Some(200),
            None,
            r#"192.0.2.7 "GET /\" HTTP/1.1" 200 7"#,
        ),
        (
            head,
            Some(200),
            Some(&gone),
            r#"192.0.2.7 "GET /\" HTTP/1.1" 200 7 cut: its peer has gone: reset\x0a"#,
        ),
        (
            b"\x1b[2J\n",
            Some(400),
            None,
            r#"192.0.2.7 "\x1b[2J\x0a" 400 7"#,
        ),
        (
            head,
            None,
            Some(&Cause::Shed),
            r#"192.0.2.7 "GET /\" HTTP/1.1" - 0 cut: others wait for a connection"#,
        ),
    ] {
        let want = (Level::Info, "sprat::access", want.to_owned());
        assert_eq!(over(head, status, cause), want);
    }
}

#[test]
fn a_status_is_told_at_once_for_those_who_debug() {
    let entry = Log::Access {
        peer: None,
        request_line: b"GET /\xff HTTP/1.1",
        status: Status::NOT_FOUND,
        body_bytes: Some(3),
    };
    let want = r#"- "GET /\xff HTTP/1.1" 404"#.to_owned();
    assert_eq!(told(entry), (Level::Debug, "sprat::access", want));
}

#[test]
fn bugs_are_errors_and_all_else_is_a_warning() {
    let peer = Some("127.0.0.1:9".parse().unwrap());
    for (message, level, want) in [
        (
            "code 404, message Not Found",
            Level::Warn,
            "127.0.0.1 code 404, message Not Found",
        ),
        (
            "bug: it panicked",
            Level::Error,
            "127.0.0.1 bug: it panicked",
        ),
        // A peer cannot make it one.
        (
            "no file /bug:\u{1b}\n",
            Level::Warn,
            r"127.0.0.1 no file /bug:\x1b\x0a",
        ),
    ] {
        let found = told(Log::Error { peer, message });
        assert_eq!(found, (level, "sprat", want.to_owned()));
    }
}

#[test]
fn a_message_is_no_longer_than_a_line_may_be() {
    let line = vec![b'x'; 1 << 20];
    let (_, _, text) = over(&line, Some(400), None);
    assert!(text.len() < LINE_TEXT_BYTES_MAX + 100);
    let message = "x".repeat(1 << 20);
    let (_, _, text) = told(Log::Error {
        peer: None,
        message: &message,
    });
    assert!(text.len() < LINE_TEXT_BYTES_MAX + 100);
}
