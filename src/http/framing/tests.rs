//! Framings, good and doubtful.

use super::*;

fn decided(version: &str, fields: &str) -> Result<RequestFraming, Fault> {
    let buf = format!("POST / HTTP/{version}\r\n{fields}\r\n").into_bytes();
    let limits = Limits {
        body_bytes_max: 1_000,
        ..Limits::default()
    };
    let head = Head::parse(&buf, &limits).map_err(|fault| panic!("{fault:?}: {fields:?}"))?;
    decide(&head, &buf, &limits)
}

/// In HTTP/1.1, with a Host.
fn decided_with_host(fields: &str) -> Result<RequestFraming, Fault> {
    decided("1.1", &format!("Host: a\r\n{fields}"))
}

#[test]
fn bodies_have_one_length_rfc9112_6_3() {
    for (fields, want) in [
        ("", BodyLen::None),
        ("Content-Length: 0\r\n", BodyLen::None),
        ("Content-Length: 5\r\n", BodyLen::Exact(5)),
        ("content-length:\t005 \r\n", BodyLen::Exact(5)),
        ("Content-Length: 1000\r\n", BodyLen::Exact(1_000)),
        (
            "Content-Length: 5\r\nA: b\r\nCONTENT-LENGTH: 5\r\n",
            BodyLen::Exact(5),
        ),
        ("Transfer-Encoding: chunked\r\n", BodyLen::Chunked),
        ("transfer-encoding: \tCHUNKED\t\r\n", BodyLen::Chunked),
        (
            "Content-Lengths: 5\r\nTransfer_Encoding: x\r\nTransfer-Encodin: y\r\n",
            BodyLen::None,
        ),
    ] {
        assert_eq!(
            decided_with_host(fields).map(|f| f.body),
            Ok(want),
            "{fields:?}"
        );
    }
}

#[test]
fn doubtful_lengths_are_refused() {
    for value in [
        "",
        "+5",
        "-5",
        " 5 5",
        "5 5",
        "5,5",
        "5, 5",
        "5,6",
        "0x5",
        "5.0",
        "5a",
        "a",
        "\u{665}",
        "18446744073709551616",
        "99999999999999999999999",
        "5;q=1",
        "\"5\"",
        "5\t5",
        ",5",
    ] {
        let got = decided_with_host(&format!("Content-Length: {value}\r\n"));
        assert_eq!(got, Err(Fault::BadLength), "{value:?}");
    }
    for (one, other) in [
        ("5", "6"),
        ("5", "05"),
        ("5", ""),
        ("", "5"),
        ("0", "5"),
        ("5", "x"),
    ] {
        let fields = format!("Content-Length: {one}\r\nContent-Length: {other}\r\n");
        assert_eq!(
            decided_with_host(&fields),
            Err(Fault::BadLength),
            "{fields:?}"
        );
    }
    let fields = "Content-Length: 5\r\nContent-Length: 6\r\nContent-Length: 5\r\n";
    assert_eq!(decided_with_host(fields), Err(Fault::BadLength));
    for len in ["1001", "18446744073709551615"] {
        let got = decided_with_host(&format!("Content-Length: {len}\r\n"));
        assert_eq!(got, Err(Fault::BodyTooLarge));
    }
}

const BAD_CODINGS: &[(&str, Fault)] = &[
    ("Transfer-Encoding: gzip\r\n", Fault::TransferCodingUnknown),
    (
        "Transfer-Encoding: gzip, chunked\r\n",
        Fault::TransferCodingUnknown,
    ),
    (
        "Transfer-Encoding: gzip;a=b, chunked\r\n",
        Fault::TransferCodingUnknown,
    ),
    (
        "Transfer-Encoding: xchunked\r\n",
        Fault::TransferCodingUnknown,
    ),
    (
        "Transfer-Encoding: identity\r\n",
        Fault::TransferCodingUnknown,
    ),
    (
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        Fault::TransferCodingUnknown,
    ),
    ("Transfer-Encoding:\r\n", Fault::BadTransferCoding),
    ("Transfer-Encoding: ,\r\n", Fault::BadTransferCoding),
    ("Transfer-Encoding: , chunked\r\n", Fault::BadTransferCoding),
    ("Transfer-Encoding: chunked,\r\n", Fault::BadTransferCoding),
    (
        "Transfer-Encoding: chunked, chunked\r\n",
        Fault::BadTransferCoding,
    ),
    (
        "Transfer-Encoding: chunked, gzip\r\n",
        Fault::BadTransferCoding,
    ),
    (
        "Transfer-Encoding: chunked, identity\r\n",
        Fault::BadTransferCoding,
    ),
    (
        "Transfer-Encoding: gzip, chunked, chunked\r\n",
        Fault::BadTransferCoding,
    ),
    (
        "Transfer-Encoding: chunked;q=1\r\n",
        Fault::BadTransferCoding,
    ),
    ("Transfer-Encoding: chunked;\r\n", Fault::BadTransferCoding),
    (
        "Transfer-Encoding: \"chunked\"\r\n",
        Fault::BadTransferCoding,
    ),
    ("Transfer-Encoding: chun ked\r\n", Fault::BadTransferCoding),
    ("Transfer-Encoding: ;chunked\r\n", Fault::BadTransferCoding),
    (
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        Fault::BadTransferCoding,
    ),
    (
        "Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n",
        Fault::BadTransferCoding,
    ),
    (
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        Fault::LengthConflict,
    ),
    (
        "Content-Length: 5\r\nTransfer-Encoding: gzip\r\n",
        Fault::LengthConflict,
    ),
    (
        "Content-Length:\r\nTransfer-Encoding:\r\n",
        Fault::LengthConflict,
    ),
];

#[test]
fn doubtful_transfer_codings_are_refused() {
    for &(fields, fault) in BAD_CODINGS {
        assert_eq!(decided_with_host(fields), Err(fault), "{fields:?}");
    }
}

#[test]
fn http_1_0_has_no_transfer_codings_rfc9112_6_1() {
    for fields in [
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
    ] {
        assert_eq!(decided("1.0", fields), Err(Fault::BadTransferCoding));
    }
}

#[test]
fn connections_live_on_as_both_sides_wish_rfc9112_9_3() {
    // (fields, in HTTP/1.0, in HTTP/1.1)
    for (fields, old, new) in [
        ("", false, true),
        ("Connection: close\r\n", false, false),
        ("Connection: CLOSE\r\n", false, false),
        ("connection: te, Close\r\n", false, false),
        ("Connection: te\r\nConnection: close\r\n", false, false),
        ("Connection: keep-alive\r\n", true, true),
        ("Connection: Keep-Alive,te\r\n", true, true),
        ("Connection: keep-alive, close\r\n", false, false),
        (
            "Connection: close\r\nConnection: keep-alive\r\n",
            false,
            false,
        ),
        // Not these tokens:
        ("Connection:\r\n", false, true),
        ("Connection: ,,\r\n", false, true),
        ("Connection: closed, keep-alives\r\n", false, true),
        ("Connection: close keep-alive\r\n", false, true),
        ("Connection: \"close\"\r\n", false, true),
        (
            "Keep-Alive: timeout=5\r\nProxy-Connection: close\r\n",
            false,
            true,
        ),
    ] {
        let fields = format!("Host: a\r\n{fields}");
        assert_eq!(
            decided("1.0", &fields).map(|f| f.keep_alive),
            Ok(old),
            "{fields:?}"
        );
        assert_eq!(
            decided("1.1", &fields).map(|f| f.keep_alive),
            Ok(new),
            "{fields:?}"
        );
        assert_eq!(
            decided("1.5", &fields).map(|f| f.keep_alive),
            Ok(new),
            "{fields:?}"
        );
    }
}

#[test]
fn only_100_continue_is_expected_rfc9110_10_1_1() {
    let with_body = "Host: a\r\nContent-Length: 5\r\n";
    for (version, fields, want) in [
        ("1.1", "Expect: 100-continue\r\n", Ok(true)),
        ("1.1", "expect: 100-Continue\r\n", Ok(true)),
        ("1.1", "Expect: 100-continue, 100-continue\r\n", Ok(true)),
        ("1.1", "", Ok(false)),
        ("1.0", "Expect: 100-continue\r\n", Ok(false)),
        ("1.0", "Expect: 200-maybe\r\n", Ok(false)),
        (
            "1.1",
            "Expect: 200-maybe\r\n",
            Err(Fault::ExpectationUnknown),
        ),
        (
            "1.1",
            "Expect: 100-continue, x\r\n",
            Err(Fault::ExpectationUnknown),
        ),
        (
            "1.1",
            "Expect: 100-continue\r\nExpect: x\r\n",
            Err(Fault::ExpectationUnknown),
        ),
        (
            "1.1",
            "Expect: 100-continue=1\r\n",
            Err(Fault::ExpectationUnknown),
        ),
        ("1.1", "Expect: 100\r\n", Err(Fault::ExpectationUnknown)),
        // Elements that are empty do not count (section 5.6.1.2).
        ("1.1", "Expect:\r\n", Ok(false)),
        ("1.1", "Expect: , 100-continue,\r\n", Ok(true)),
        ("1.1", "Expect: ,x\r\n", Err(Fault::ExpectationUnknown)),
    ] {
        let got = decided(version, &format!("{with_body}{fields}"));
        assert_eq!(
            got.map(|f| f.expects_continue),
            want,
            "{version} {fields:?}"
        );
    }
    for body in ["", "Content-Length: 0\r\n"] {
        let got = decided_with_host(&format!("{body}Expect: 100-continue\r\n"));
        assert_eq!(
            got.map(|f| f.expects_continue),
            Ok(false),
            "nothing to wait for"
        );
    }
}

const GOOD_HOSTS: &[&str] = &[
    "",
    "a",
    "localhost",
    "example.com:8000",
    "a.",
    "1.2.3.4:80",
    "[::1]",
    "[::1]:8000",
    "[fe80::1%25eth0]:1",
    "[fe80::1%eth0]",
    "[::ffff:1.2.3.4]",
    "[v7.a:b]",
    "a_b-c~d",
    "a%20b",
    "a:",
    "x:99999",
    "a,b",
    "!$&'()*+,;=",
];

#[test]
fn hosts_are_checked_rfc9110_7_2() {
    for value in GOOD_HOSTS {
        for version in ["1.0", "1.1"] {
            let got = decided(version, &format!("Host: {value}\r\n"));
            assert!(got.is_ok(), "{value:?}: {got:?}");
        }
    }
    for value in [
        "a b",
        "a, b",
        "a/b",
        "http://a",
        "a@b",
        "a:b",
        "a:80:80",
        "a:+80",
        "a:-1",
        ":80",
        "::1",
        "[::1",
        "::1]",
        "[]",
        "[]:80",
        "[::1]80",
        "[::1]a",
        "[::1]:x",
        "[%eth0]",
        "[g::1]",
        "[v]",
        "[::1%a/b]",
        "[::1]]",
        "[[::1]]",
        "a%",
        "a%2",
        "a%zz",
        "a\\b",
        "a#b",
        "a?b",
        "a\"",
        "<a>",
        "caf\u{e9}",
        "a\tb",
        "^",
        "`",
        "{}",
        "|",
    ] {
        for version in ["1.0", "1.1"] {
            let got = decided(version, &format!("Host: {value}\r\n"));
            assert_eq!(got, Err(Fault::HostInvalid), "{value:?}");
        }
    }
    for (version, fields, want) in [
        ("1.0", "", None),
        ("1.1", "", Some(Fault::HostMissing)),
        ("1.2", "", Some(Fault::HostMissing)),
        ("1.1", "Hosts: a\r\nX-Host: a\r\n", Some(Fault::HostMissing)),
        ("1.1", "Host: a\r\nhost: a\r\n", Some(Fault::HostRepeated)),
        ("1.0", "Host: a\r\nHost: b\r\n", Some(Fault::HostRepeated)),
        ("1.1", "Host:\r\nHost: b c\r\n", Some(Fault::HostRepeated)),
    ] {
        assert_eq!(decided(version, fields).err(), want, "{version} {fields:?}");
    }
}

#[test]
fn an_absolute_target_does_not_replace_a_host() {
    let buf = b"GET http://a/ HTTP/1.1\r\n\r\n";
    let head = Head::parse(buf, &Limits::default()).ok().unwrap();
    assert_eq!(
        decide(&head, buf, &Limits::default()),
        Err(Fault::HostMissing)
    );
}
