//! The lines of Apache's formats, by tables.

use super::*;
use crate::handler::Cause;
use crate::log::tests::over::Over;

const STAMP: &str = "22/Nov/2026:21:26:08 +0100";

fn line(over: &Over<'_>, is_combined: bool) -> String {
    let mut out = Vec::new();
    over.show(|record| append_common(&mut out, STAMP, &Log::Over(record), is_combined));
    String::from_utf8(out).unwrap()
}

#[test]
fn a_request_that_is_over_has_the_line_of_apache() {
    let head =
        b"GET /a.txt?b HTTP/1.1\r\nHost: h\r\nReferer: http://r/\r\nUser-Agent: curl/8\r\n\r\n";
    let bare = b"GET / HTTP/1.0\r\n\r\n";
    for (peer, head, status, body_bytes, common, rest) in [
        (
            Some("127.0.0.1:5000"),
            &head[..],
            Some(200),
            1024,
            r#"127.0.0.1 - - [22/Nov/2026:21:26:08 +0100] "GET /a.txt?b HTTP/1.1" 200 1024"#,
            r#""http://r/" "curl/8""#,
        ),
        (
            Some("[::ffff:192.0.2.7]:1"),
            bare,
            Some(304),
            0,
            r#"192.0.2.7 - - [22/Nov/2026:21:26:08 +0100] "GET / HTTP/1.0" 304 -"#,
            r#""-" "-""#,
        ),
        (
            None,
            b"\x16\x03\x01",
            None,
            0,
            r#"- - - [22/Nov/2026:21:26:08 +0100] "\x16\x03\x01" - -"#,
            r#""-" "-""#,
        ),
    ] {
        let over = Over {
            peer,
            head,
            status,
            body_bytes,
            cause: Some(&Cause::Drained),
        };
        assert_eq!(line(&over, false), format!("{common}\n"));
        assert_eq!(line(&over, true), format!("{common} {rest}\n"));
    }
}

#[test]
fn nobody_gets_out_of_the_quotes() {
    let fields = "User-Agent: a\" 200 \\\t\u{e9}\r\nReferer: \u{e9}\r\n\r\n";
    let head = format!("GET /b HTTP/1.1\r\nHost: h\r\n{fields}");
    for (head, want) in [
        (
            head.as_bytes(),
            r#""GET /b HTTP/1.1" 400 1 "\xc3\xa9" "a\" 200 \\\x09\xc3\xa9""#,
        ),
        (
            b"GET /\" 200 1\\\n HTTP\xff",
            r#""GET /\" 200 1\\\x0a HTTP\xff" 400 1 "-" "-""#,
        ),
    ] {
        let over = Over {
            peer: None,
            head,
            status: Some(400),
            body_bytes: 1,
            cause: None,
        };
        assert_eq!(line(&over, true), format!("- - - [{STAMP}] {want}\n"));
    }
}

#[test]
fn an_error_has_the_start_of_a_line_and_its_message() {
    let mut out = Vec::new();
    let peer = Some("127.0.0.1:9".parse().unwrap());
    let message = "code 404, message File not found";
    append_common(&mut out, STAMP, &Log::Error { peer, message }, true);
    let want = format!("127.0.0.1 - - [{STAMP}] {message}\n");
    assert_eq!(String::from_utf8(out).unwrap(), want);
}

#[test]
fn a_line_of_the_longest_texts_fits_into_what_may_wait() {
    let long = "\u{1}".repeat(60_000);
    let head = format!("GET /{long} HTTP/1.1\r\nHost: h\r\n\r\n");
    let over = Over {
        peer: Some("[2001:db8:1111:2222:3333:4444:5555:6666]:1"),
        head: head.as_bytes(),
        status: Some(200),
        body_bytes: u64::MAX - 100,
        cause: None,
    };
    for is_combined in [false, true] {
        let line = line(&over, is_combined);
        assert!(line.len() <= PENDING_BYTES_MAX && line.contains("...\""));
    }
    let mut quoted = Vec::new();
    append_quoted(&mut quoted, Some(&[1; 9000]), FIELD_TEXT_BYTES_MAX);
    assert!(quoted.len() <= FIELD_TEXT_BYTES_MAX + 9 && quoted.ends_with(b"...\""));
}
