//! Tests of the script's head: RFC 3875 section 6, one fact a row.

use super::*;
use crate::testing::doors::framing::{Outcome, feed_every_way, replay};
use crate::testing::doors::script_heads::{cgi_head, read_script_head};

fn read(input: &[u8]) -> Result<ScriptHead, HeadFault> {
    match feed_every_way(input, read_script_head) {
        Outcome::Complete { value, .. } => Ok(value),
        Outcome::Failed(fault) => Err(fault),
        Outcome::Incomplete => panic!("incomplete: {}", input.escape_ascii()),
    }
}

/// The answer, and the names of the fields that go to the peer.
fn show(input: &str) -> (String, String) {
    let head = read(input.as_bytes()).unwrap();
    let answer = match head.answer() {
        Answer::LocalRedirect(target) => format!("local {target}"),
        Answer::Document(status, None) => status.code().to_string(),
        Answer::Document(status, Some(reason)) => format!("{} {reason}", status.code()),
    };
    let names: Vec<&str> = head.fields.iter().map(|(name, _)| &**name).collect();
    (answer, names.join(" "))
}

#[test]
fn responses_of_section_6_2() {
    for (input, answer, names) in [
        ("Content-Type: a/b\n\n", "200", "Content-Type"),
        ("Content-Type: a/b\r\n\r\n", "200", "Content-Type"),
        ("content-type:a/b\r\nX: y\n\r\n", "200", "content-type X"),
        ("Status: 404\n\n", "404", ""),
        (
            "Status: 404 Not here\nContent-Type: a/b\n\n",
            "404 Not here",
            "Content-Type",
        ),
        ("Status: 204 \n\n", "204", ""),
        ("Status:\t299 A B\n\n", "299 A B", ""),
        ("Status: 200 caf\u{e9}\n\n", "200 caf\u{e9}", ""),
        ("Location: http://h/x\n\n", "302", "Location"),
        ("Location: x\n\n", "302", "Location"),
        (
            "Status: 301 M\nLocation: http://h/x\nContent-Type: a/b\n\n",
            "301 M",
            "Location Content-Type",
        ),
        ("Status: 303\nLocation: /x\n\n", "303", "Location"),
        ("Location: /x?y=z\n\n", "local /x?y=z", "Location"),
        (
            "Location: /x\nContent-Type: a/b\n\n",
            "local /x",
            "Location Content-Type",
        ),
        (
            "Location: /x\nSet-Cookie: a=b\n\n",
            "302",
            "Location Set-Cookie",
        ),
        ("Location: /a b\u{e9}\n\n", "local /a%20b%C3%A9", "Location"),
        ("Location: //h/x\n\n", "local //h/x", "Location"),
        (
            "Content-Type: a/b\nSet-Cookie: a=b\nSet-Cookie: c=d\n\n",
            "200",
            "Content-Type Set-Cookie Set-Cookie",
        ),
    ] {
        assert_eq!(show(input), (answer.into(), names.into()), "{input:?}");
    }
}

#[test]
fn heads_that_lighttpd_and_apache_take_are_taken() {
    for (input, answer, names) in [
        ("\n", "200", ""),
        ("\r\n", "200", ""),
        ("X: y\n\n", "200", "X"),
        (
            "Set-Cookie: a=b\nSet-Cookie: c=d\n\n",
            "200",
            "Set-Cookie Set-Cookie",
        ),
        ("Content-Length: 5\n\n", "200", ""),
        ("Content-Type:\n\n", "200", ""),
        ("Status: 404\nstatus: 404\n\n", "404", ""),
        ("Status: 404 A\nStatus: 404 B\n\n", "404 B", ""),
        (
            "Content-Type: a/b\ncontent-type: c/d\n\n",
            "200",
            "Content-Type",
        ),
        ("X: a\nX: b\n\n", "200", "X X"),
        (
            "Location: http://h/\nLocation: http://h/\n\n",
            "302",
            "Location",
        ),
        ("HTTP/1.1 404 Not Found\n\n", "404 Not Found", ""),
        (
            "HTTP/1.0 404 Not Found\r\nX: y\r\n\r\n",
            "404 Not Found",
            "X",
        ),
        ("HTTP/1.1 404\nX: y\n\n", "404", "X"),
        ("HTTP/1.1 404 \n\n", "404", ""),
        ("HTTP/2 404 \n\n", "404", ""),
        ("HTTP/1.1 404 Not Found\nStatus: 404\n\n", "404", ""),
        (
            "HTTP/1.1 302 Found\nLocation: /x\n\n",
            "302 Found",
            "Location",
        ),
        (
            "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nConnection: close\n\n",
            "200 OK",
            "",
        ),
    ] {
        assert_eq!(show(input), (answer.into(), names.into()), "{input:?}");
    }
}

#[test]
fn of_a_field_that_is_no_list_the_last_one_counts() {
    for (fields, want, repeated) in [
        (
            "Content-Type: a/b\nX: 1\ncontent-type: c/d",
            "Content-Type: c/d|X: 1",
            "Content-Type",
        ),
        (
            "ETag: \"a\"\nETag: \"b\"\nETag: \"c\"",
            "ETag: \"c\"",
            "ETag",
        ),
        (
            "Date: x\nServer: y\nServer: z\nDate: v",
            "Date: v|Server: z",
            "Server Date",
        ),
        ("Vary: a\nVary: b", "Vary: a|Vary: b", ""),
        ("Content-Type: a/b\nContent-Type:", "Content-Type: a/b", ""),
    ] {
        let head = read(format!("{fields}\n\n").as_bytes()).unwrap();
        let each = head
            .fields
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)));
        assert_eq!(each.collect::<Vec<_>>().join("|"), want);
        assert_eq!(head.repeated.join(" "), repeated);
    }
}

#[test]
fn fields_of_one_connection_are_dropped() {
    for (field, kept) in [
        ("Connection: close", ""),
        ("Keep-Alive: 5", ""),
        ("Transfer-Encoding: chunked", ""),
        ("TE: x", ""),
        ("Trailer: x", ""),
        ("Upgrade: h2c", ""),
        ("Proxy-Connection: x", ""),
        (
            "Connection: X-One , x-two\nX-One: 1\nX-Two: 2\nX-Three: 3",
            " X-Three",
        ),
        ("Content-Length: 5", ""),
        ("Date: x\nServer: y", " Date Server"),
    ] {
        let (_, names) = show(&format!("Content-Type: a/b\n{field}\n\n"));
        assert_eq!(names, format!("Content-Type{kept}"), "{field}");
    }
}

#[test]
fn content_length_is_one_number() {
    for (value, want) in [
        ("0", Ok(0)),
        ("18446744073709551615", Ok(u64::MAX)),
        ("5\nContent-Length: 5", Ok(5)),
        ("5\nContent-Length: 6", Err(HeadFault::BadLength)),
        ("", Err(HeadFault::BadLength)),
        ("+5", Err(HeadFault::BadLength)),
        ("-5", Err(HeadFault::BadLength)),
        ("5, 5", Err(HeadFault::BadLength)),
        ("0x5", Err(HeadFault::BadLength)),
        ("18446744073709551616", Err(HeadFault::BadLength)),
    ] {
        let head = read(format!("Status: 200\nContent-Length: {value}\n\n").as_bytes());
        let got = head.map(|head| head.content_length.unwrap());
        assert_eq!(got, want, "{value}");
    }
}

#[test]
fn heads_that_are_none_are_refused() {
    for (input, want) in [
        ("hello\n\n", HeadFault::BadField),
        ("<html>\n\n", HeadFault::BadField),
        (": x\n\n", HeadFault::BadField),
        ("Content-Type : x\n\n", HeadFault::BadField),
        (" Content-Type: x\n\n", HeadFault::BadField),
        ("Content-Type: x\n folded\n\n", HeadFault::BadField),
        ("Content-Type: x\rX: y\n\n", HeadFault::BadField),
        ("Content-Type: x\r\r\n\n", HeadFault::BadField),
        ("Content-Type: a\0b\n\n", HeadFault::BadField),
        ("Content-Type: a\x1bb\n\n", HeadFault::BadField),
        ("Cont\u{e9}nt: x\n\n", HeadFault::BadField),
        ("HTTP/ 200 OK\n\n", HeadFault::BadStatusLine),
        ("HTTP/x 200 OK\n\n", HeadFault::BadStatusLine),
        ("HTTP/1.1\t200 OK\n\n", HeadFault::BadStatusLine),
        ("HTTP/1.1 200 O\rK\n\n", HeadFault::BadStatusLine),
        ("HTTP/1.1 200 O\0K\n\n", HeadFault::BadStatusLine),
        ("HTTP/1.1\n\n", HeadFault::BadStatus),
        ("HTTP/1.1 20x\n\n", HeadFault::BadStatus),
        ("HTTP/1.1 100 Continue\n\n", HeadFault::BadStatus),
        ("HTTP/1.1 101 Switching\n\n", HeadFault::BadStatus),
        ("X: y\nHTTP/1.1 200 OK\n\n", HeadFault::BadField),
        ("HTTP/1.1 200 OK\nHTTP/1.1 200 OK\n\n", HeadFault::BadField),
        ("HTTP/1.1 200 OK\nStatus: 404\n\n", HeadFault::Contradiction),
        ("Status: 20\n\n", HeadFault::BadStatus),
        ("Status: 2000\n\n", HeadFault::BadStatus),
        ("Status: 100\n\n", HeadFault::BadStatus),
        ("Status: 101 Switching\n\n", HeadFault::BadStatus),
        ("Status: +20\n\n", HeadFault::BadStatus),
        ("Status: OK\n\n", HeadFault::BadStatus),
        ("Status:\n\n", HeadFault::BadStatus),
        ("Status: 200\nStatus: 204\n\n", HeadFault::Contradiction),
        ("Location: /x\nlocation: /y\n\n", HeadFault::Contradiction),
        ("Location:\n\n", HeadFault::BadLocation),
        ("Location: \nStatus: 302\n\n", HeadFault::BadLocation),
    ] {
        assert_eq!(read(input.as_bytes()), Err(want), "{input:?}");
    }
}

#[test]
fn a_head_has_bounds() {
    let start = b"Content-Type: a/b\nX: ";
    for (len, fits) in [(HEAD_BYTES_MAX, true), (HEAD_BYTES_MAX + 1, false)] {
        let mut input = start.to_vec();
        input.resize(len - 2, b'x');
        input.extend_from_slice(b"\n\n");
        let got = match read_script_head(&[&input]) {
            Outcome::Complete { consumed, .. } => consumed == len,
            Outcome::Failed(fault) => fault != HeadFault::TooLarge,
            Outcome::Incomplete => panic!(),
        };
        assert_eq!(got, fits, "{len}");
    }
    for (count, want) in [(FIELDS_MAX, true), (FIELDS_MAX + 1, false)] {
        let input = "Content-Type: a/b\n".to_owned() + &"X: y\n".repeat(count - 1) + "\n";
        let got = read(input.as_bytes());
        assert_eq!(got.is_ok(), want);
        assert!(want || got == Err(HeadFault::FieldsTooMany));
    }
}

#[test]
fn the_body_starts_after_the_blank_line() {
    for (input, used) in [
        (&b"Status: 200\n\nbody"[..], 13),
        (b"Status: 200\r\n\r\n\r\n\r\n", 15),
        (b"Status: 200\n\n\n", 13),
        (b"Status: 200\r\n\n", 14),
    ] {
        let mut parser = HeadParser::default();
        assert!(parser.is_empty());
        let (got, _) = parser.feed(input).unwrap().unwrap();
        assert_eq!(got, used, "{}", input.escape_ascii());
    }
    let mut parser = HeadParser::default();
    assert_eq!(parser.feed(b"Status: 200\n"), Ok(None));
    assert!(!parser.is_empty());
}

#[test]
fn status_of_a_script_that_speaks_for_itself() {
    for (output, want) in [
        ("HTTP/1.1 404 Not Found\r\n", Some(404)),
        ("HTTP/1.0 200\n", Some(200)),
        ("HTTP/1.1 4", None),
        ("HTTP/1.1  40", None),
        ("HTTP/2 200 OK", None),
        ("hello", None),
        ("", None),
    ] {
        let got = spoken_status(output.as_bytes()).map(Status::code);
        assert_eq!(got, want, "{output:?}");
    }
}

#[test]
fn every_fault_says_why() {
    for fault in [
        HeadFault::TooLarge,
        HeadFault::FieldsTooMany,
        HeadFault::BadStatusLine,
        HeadFault::BadField,
        HeadFault::BadStatus,
        HeadFault::BadLength,
        HeadFault::BadLocation,
        HeadFault::Contradiction,
    ] {
        assert!(fault.cause().starts_with("script's "));
    }
}

#[test]
fn seeds_of_cgi_head_hold() {
    replay("cgi_head", cgi_head);
}
