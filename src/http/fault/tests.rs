//! Tests of `http::fault`.

use super::*;

const ALL: [(Fault, u16); 22] = [
    (Fault::BadRequestLine, 400),
    (Fault::BadVersion, 400),
    (Fault::VersionUnsupported, 505),
    (Fault::BadTarget, 400),
    (Fault::TargetTooLong, 414),
    (Fault::BadField, 400),
    (Fault::FieldsTooMany, 431),
    (Fault::HeadTooLarge, 431),
    (Fault::HostMissing, 400),
    (Fault::HostRepeated, 400),
    (Fault::HostInvalid, 400),
    (Fault::BadLength, 400),
    (Fault::LengthConflict, 400),
    (Fault::TransferCodingUnknown, 501),
    (Fault::BadTransferCoding, 400),
    (Fault::ExpectationUnknown, 417),
    (Fault::BadChunk, 400),
    (Fault::TrailersTooLarge, 400),
    (Fault::BodyTooLarge, 413),
    (Fault::HeadTimeout, 408),
    (Fault::BodyTimeout, 408),
    (Fault::BodyTruncated, 400),
];

#[test]
fn every_fault_has_a_status_a_cause_and_a_message_fit_for_a_status_line() {
    let mut line: Vec<u8> = (0..=255).rev().collect();
    line.extend([b'\r', b'\n', b'\'', b'"', 0]);
    for (fault, status) in ALL {
        assert_eq!(fault.status().code(), status, "{fault:?}");
        assert!(!fault.cause().is_empty());
        for line in [&b""[..], b"GET / HTTP/1.1", &line] {
            let message = fault.message(line);
            assert!(!message.is_empty());
            let printable = message.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            assert!(printable, "{fault:?}: {message:?}");
        }
    }
}

#[test]
fn messages_have_pythons_words() {
    for (fault, line, want) in [
        (
            Fault::BadRequestLine,
            &b"GET / a HTTP/1.0"[..],
            "Bad request syntax ('GET / a HTTP/1.0')",
        ),
        (Fault::BadRequestLine, b"", "Bad request syntax ('')"),
        (
            Fault::BadRequestLine,
            b"\x16\x03\x01",
            r"Bad request syntax ('\x16\x03\x01')",
        ),
        (
            Fault::BadRequestLine,
            b"it's",
            r#"Bad request syntax ("it's")"#,
        ),
        (
            Fault::BadRequestLine,
            b"'\"",
            r#"Bad request syntax ('\'"')"#,
        ),
        (
            Fault::BadRequestLine,
            b"a\\\xff",
            r"Bad request syntax ('a\\\xff')",
        ),
        (
            Fault::BadVersion,
            b"GET / FOO/1.0",
            "Bad request version ('FOO/1.0')",
        ),
        (
            Fault::VersionUnsupported,
            b"PRI * HTTP/2.0",
            "Invalid HTTP version (2.0)",
        ),
        (Fault::VersionUnsupported, b"", "Invalid HTTP version ()"),
        (Fault::TargetTooLong, b"GET /xx", "URI Too Long"),
        (Fault::FieldsTooMany, b"", "Too many headers"),
        (Fault::HeadTooLarge, b"", "Line too long"),
    ] {
        assert_eq!(fault.message(line), want);
    }
}

#[test]
fn a_message_quotes_only_so_many_bytes() {
    let line = vec![b'x'; QUOTED_BYTES_MAX + 1];
    let want = format!("Bad request syntax ('{}')", "x".repeat(QUOTED_BYTES_MAX));
    assert_eq!(Fault::BadRequestLine.message(&line), want);
    let binary = vec![0; 100 * QUOTED_BYTES_MAX];
    let message = Fault::BadRequestLine.message(&binary);
    assert_eq!(
        message.len(),
        "Bad request syntax ('')".len() + 4 * QUOTED_BYTES_MAX
    );
}
