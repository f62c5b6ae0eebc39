//! Tests of `http::forwarded`: one fact a row.

use super::*;
use crate::http::head::Head;
use crate::http::limits::Limits;

/// Reads these lines, with 10.0.0.0/8 and fd00::/8 trusted: `ADDRESS SCHEME`, `-` for what is not
/// told. A port of 0 is left out.
fn read(kind: ForwardedFields, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let text = format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n").into_bytes();
    let head = Head::parse(&text, &Limits::default()).unwrap();
    let trusted = ["10.0.0.0/8", "fd00::/8"].map(|text| Network::parse(text).unwrap());
    let found = ForwardedFor::read(head.headers(&text), kind, &trusted);
    let peer = found.peer.map_or("-".into(), |peer| match peer.port() {
        0 => peer.ip().to_string(),
        _ => peer.to_string(),
    });
    format!("{peer} {}", found.scheme.map_or("-", Scheme::name))
}

#[test]
fn x_forwarded_for_is_walked_from_the_right_over_trusted_addresses() {
    for (value, want) in [
        ("192.0.2.1", "192.0.2.1"),
        ("198.51.100.1, 192.0.2.1", "192.0.2.1"),
        ("192.0.2.1, 10.0.0.1", "192.0.2.1"),
        ("6.6.6.6, 192.0.2.1,10.0.0.2 , 10.0.0.1", "192.0.2.1"),
        ("192.0.2.1, fd00::1, ::ffff:10.0.0.1", "192.0.2.1"),
        // All are trusted.
        ("10.0.0.3, 10.0.0.2, 10.0.0.1", "10.0.0.3"),
        ("10.0.0.3", "10.0.0.3"),
        // What is no address ends the walk at the last good one.
        ("192.0.2.1, unknown, 10.0.0.1", "10.0.0.1"),
        ("192.0.2.1, evil\", 10.0.0.1", "10.0.0.1"),
        ("192.0.2.1, unknown", "-"),
        ("192.0.2.1 10.0.0.1", "-"),
        // Empty elements are none (RFC 9110 section 5.6.1.2).
        ("192.0.2.1,, 10.0.0.1, ,", "192.0.2.1"),
        ("", "-"),
        (",", "-"),
        // A quote is nothing here.
        ("\", 192.0.2.1", "192.0.2.1"),
        ("\"6.6.6.6\", 192.0.2.1", "192.0.2.1"),
        ("\"192.0.2.1\"", "-"),
        ("for=192.0.2.1", "-"),
    ] {
        let line = format!("X-Forwarded-For: {value}");
        let got = read(ForwardedFields::XForwarded, &[&line]);
        assert_eq!(got, format!("{want} -"), "{value}");
    }
}

#[test]
fn all_fields_of_the_name_are_one_list_and_other_fields_are_not_in_it() {
    for (lines, want) in [
        (
            &["X-Forwarded-For: 6.6.6.6", "x-forwarded-for: 192.0.2.1"][..],
            "192.0.2.1 -",
        ),
        (
            &[
                "X-Forwarded-For: 192.0.2.1",
                "X-A: b",
                "X-FORWARDED-FOR: 10.0.0.1",
            ],
            "192.0.2.1 -",
        ),
        (
            &["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For:"],
            "192.0.2.1 -",
        ),
        (&["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: x"], "- -"),
        (
            &["X-Forwarded: 192.0.2.1", "X-Forwarded-Fo: 192.0.2.1"],
            "- -",
        ),
        (&["Forwarded: for=192.0.2.1;proto=https"], "- -"),
        (&["X-Real-IP: 192.0.2.1", "X-Forwarded-Host: b"], "- -"),
        (&["X-Forwarded-Proto: https"], "- https"),
        (&["X-Forwarded-Proto: http, HTTPS"], "- https"),
        (
            &["X-Forwarded-Proto: https", "X-Forwarded-Proto: http"],
            "- http",
        ),
        // The rightmost counts, and nothing in place of it.
        (&["X-Forwarded-Proto: https, wss"], "- -"),
        (&["X-Forwarded-Proto: https://"], "- -"),
        (&["X-Forwarded-Proto: \"https\""], "- -"),
        (&["X-Forwarded-Proto: on"], "- -"),
        (
            &[
                "X-Forwarded-Proto: https",
                "X-Forwarded-For: 10.0.0.9, 192.0.2.1",
            ],
            "192.0.2.1 https",
        ),
    ] {
        assert_eq!(read(ForwardedFields::XForwarded, lines), want, "{lines:?}");
    }
}

#[test]
fn forwarded_is_read_by_its_grammar() {
    for (value, want) in [
        ("for=192.0.2.1", "192.0.2.1 -"),
        ("FOR=\"192.0.2.1\";Proto=\"HTTPS\"", "192.0.2.1 https"),
        (
            "proto=https; for=192.0.2.1 ;by=_x;host=\"a\\\"b;c,d\"",
            "192.0.2.1 https",
        ),
        ("for=\"[2001:db8::17]:4711\"", "[2001:db8::17]:4711 -"),
        ("for=\"192.0.2.1:80\"", "192.0.2.1:80 -"),
        ("for=\"192.0.2.1:_gazonk\"", "192.0.2.1 -"),
        ("for=\"[2001:db8::17]\"", "2001:db8::17 -"),
        ("for=6.6.6.6, for=192.0.2.1", "192.0.2.1 -"),
        (
            "for=192.0.2.1;proto=https, for=10.0.0.1;proto=http",
            "192.0.2.1 http",
        ),
        // A proxy on the way says nothing of it.
        ("for=192.0.2.1;proto=https, for=10.0.0.1", "192.0.2.1 https"),
        // What is left of the one that counts is nobody's word.
        ("for=6.6.6.6;proto=https, for=192.0.2.1", "192.0.2.1 -"),
        (
            "for=192.0.2.1;proto=https, for=10.0.0.1;proto=wss",
            "192.0.2.1 -",
        ),
        ("for=10.0.0.2, for=10.0.0.1", "10.0.0.2 -"),
        (";;for=192.0.2.1;", "192.0.2.1 -"),
        // No address.
        ("for=192.0.2.1, for=unknown, for=10.0.0.1", "10.0.0.1 -"),
        ("for=192.0.2.1, for=\"_hidden\";proto=https", "- https"),
        ("for=192.0.2.1, proto=https", "- https"),
        ("by=192.0.2.1", "- -"),
        ("for=\"192\\.0.2.1\"", "- -"),
        ("", "- -"),
        // No element.
        ("for=6.6.6.6, for=192.0.2.1;proto", "- -"),
        ("for=192.0.2.1;for=192.0.2.1", "- -"),
        ("for=192.0.2.1;proto=http;proto=https", "- -"),
        ("for=", "- -"),
        ("=192.0.2.1", "- -"),
        ("for =192.0.2.1", "- -"),
        ("for= 192.0.2.1", "- -"),
        ("for=192.0.2.1:80", "- -"),
        ("for=[2001:db8::1]", "- -"),
        ("for=192.0.2.1 proto=https", "- -"),
        ("for=\"192.0.2.1\"proto=https", "- -"),
        ("for=\"192.0.2.1", "- -"),
        ("192.0.2.1", "- -"),
        ("x@y=1;for=192.0.2.1", "- -"),
    ] {
        let line = format!("Forwarded: {value}");
        let got = read(ForwardedFields::Forwarded, &[&line]);
        assert_eq!(got, want, "{value}");
    }
    let both = [
        "X-Forwarded-For: 6.6.6.6",
        "Forwarded: for=192.0.2.1",
        "X-Forwarded-Proto: https",
        "Forwarded: for=10.0.0.1;proto=http",
    ];
    assert_eq!(read(ForwardedFields::Forwarded, &both), "192.0.2.1 http");
}

#[test]
fn a_quote_of_a_peer_takes_nothing_from_what_its_proxy_adds() {
    for peer_sent in [
        "for=\"",
        "for=6.6.6.6;x=\"",
        "for=6.6.6.6, x=\"a, for=\\\"",
        "\\",
        "x=\"\\",
        "for=6.6.6.6,\"",
        "\"\"\"",
        "for=\"6.6.6.6\", x=\"\\\\\"\\",
    ] {
        for (added, want) in [
            ("for=192.0.2.1", "192.0.2.1 -"),
            (
                "for=\"[2001:db8::1]:7\";proto=https",
                "[2001:db8::1]:7 https",
            ),
            (
                "host=\"a\\\\\\\"b, for=6.6.6.6\";for=\"192.0.2.1\"",
                "192.0.2.1 -",
            ),
        ] {
            let line = format!("Forwarded: {peer_sent}, {added}");
            let got = read(ForwardedFields::Forwarded, &[&line]);
            assert_eq!(got, want, "{line}");
        }
    }
}

#[test]
fn addresses_have_ports_or_none_and_ipv6_has_brackets_for_them() {
    for (text, want) in [
        ("192.0.2.1", Some("192.0.2.1:0")),
        ("192.0.2.1:65535", Some("192.0.2.1:65535")),
        ("192.0.2.1:_a.b-c_", Some("192.0.2.1:0")),
        ("2001:db8::1", Some("[2001:db8::1]:0")),
        ("[2001:DB8::1]", Some("[2001:db8::1]:0")),
        ("[2001:db8::1]:0", Some("[2001:db8::1]:0")),
        ("::ffff:192.0.2.1", Some("192.0.2.1:0")),
        ("[::ffff:192.0.2.1]:5", Some("192.0.2.1:5")),
        ("::1", Some("[::1]:0")),
        ("192.0.2.1:65536", None),
        ("192.0.2.1:+5", None),
        ("192.0.2.1:", None),
        ("192.0.2.1:_", None),
        ("192.0.2.1:_a b", None),
        ("192.0.2.1:a", None),
        ("192.0.2.1:1:2", None),
        ("192.0.2.01", None),
        ("192.0.2", None),
        ("3221225985", None),
        ("192.0.2.1/32", None),
        ("[192.0.2.1]:80", None),
        ("[2001:db8::1", None),
        ("2001:db8::1]", None),
        ("[2001:db8::1]80", None),
        ("[2001:db8::1]:", None),
        ("[]", None),
        ("fe80::1%eth0", None),
        ("[::1%1]:80", None),
        ("localhost", None),
        ("unix:", None),
        ("_hidden", None),
        ("unknown", None),
        ("", None),
        ("\u{e9}", None),
    ] {
        let want = want.map(|want| SocketAddr::from_str(want).unwrap());
        assert_eq!(address(text.as_bytes()), want, "{text}");
    }
    assert_eq!(address(b"192.0.2.1\xff"), None);
}
