//! Tests of `http::proxy_header`: one fact a row, however the bytes arrive.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;
use crate::testing::doors::framing::{Outcome, feed_every_way};
use crate::testing::doors::proxy_header::{block, feed, said, value};

/// What a header says that is followed by a request: `FROM TO SCHEME`, `unix` and `-` where there
/// is no address, and none is told; or what is wrong.
fn read(input: &[u8]) -> String {
    match feed_every_way(input, feed) {
        Outcome::Complete { value, consumed } => {
            assert_eq!(consumed, input.len(), "{}", input.escape_ascii());
            said(&value)
        }
        Outcome::Incomplete => "incomplete".into(),
        Outcome::Failed(bad) => bad.line().into(),
    }
}

const MISSING: &str = "closed: its PROXY header is missing";
const MALFORMED: &str = "closed: its PROXY header is malformed";
const TOO_LONG: &str = "closed: its PROXY header is too long";
const DATAGRAMS: &str = "closed: its PROXY header is of datagrams";
const CHECKSUM: &str = "closed: the checksum of its PROXY header is wrong";

#[test]
fn lines_of_version_1() {
    let longest = "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff \
        ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
    let all = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535";
    // The longest of all is one that says nothing.
    let unknown = longest.replace("TCP6", "UNKNOWN");
    assert_eq!(unknown.len(), PROXY_LINE_BYTES_MAX);
    let longer = unknown.replace("\r", "5\r");
    let endless = "PROXY UNKNOWN".to_owned() + &" ".repeat(PROXY_LINE_BYTES_MAX);
    for (line, want) in [
        (
            "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n",
            "192.0.2.1:56324 198.51.100.7:443 -",
        ),
        (
            "PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n",
            "255.255.255.255:65535 0.0.0.0:0 -",
        ),
        (
            "PROXY TCP6 2001:DB8::1 ::1 1 2\r\n",
            "[2001:db8::1]:1 [::1]:2 -",
        ),
        (longest, &format!("{all} {all} -")),
        // An IPv4 address in IPv6's form is that address, as on a socket.
        (
            "PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6407 1 2\r\n",
            "192.0.2.1:1 198.51.100.7:2 -",
        ),
        ("PROXY UNKNOWN\r\n", "- -"),
        ("PROXY UNKNOWN \r\n", "- -"),
        ("PROXY UNKNOWN 192.0.2.1 ? \t x\r\n", "- -"),
        (&unknown, "- -"),
        (&longer, TOO_LONG),
        (&endless, TOO_LONG),
        ("", "incomplete"),
        ("P", "incomplete"),
        (
            "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r",
            "incomplete",
        ),
        // Something else.
        ("GET / HTTP/1.1\r\n", MISSING),
        ("POST / HTTP/1.1\r\n", MISSING),
        ("PROXY\r\n", MISSING),
        ("PROXYTCP4 1.1.1.1 2.2.2.2 1 2\r\n", MISSING),
        ("proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n", MISSING),
        (" PROXY UNKNOWN\r\n", MISSING),
        ("\n", MISSING),
        ("\r\nPROXY UNKNOWN\r\n", MISSING),
    ] {
        assert_eq!(read(line.as_bytes()), want, "{line:?}");
    }
}

#[test]
fn lines_of_version_1_that_are_wrong_by_a_byte() {
    for line in [
        "PROXY \r\n",
        "PROXY TCP4\r\n",
        "PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY tcp4 1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY UNKNOWNS\r\n",
        "PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n",
        "PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP4\t1.1.1.1 2.2.2.2 1 2\r\n",
        // Families, and how their addresses and ports are written.
        "PROXY TCP4 ::1 2.2.2.2 1 2\r\n",
        "PROXY TCP4 ::ffff:1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP6 1.1.1.1 ::1 1 2\r\n",
        "PROXY TCP6 [::1] ::1 1 2\r\n",
        "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
        "PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP4 1.1.1.256 2.2.2.2 1 2\r\n",
        "PROXY TCP4 1.1.1.01 2.2.2.2 1 2\r\n",
        "PROXY TCP4 a.example 2.2.2.2 1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 -1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 00\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 0x1 2\r\n",
        // Its end is CRLF and nothing else.
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\rx",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\r\n",
        "PROXY UNKNOWN a\nb\r\n",
        "PROXY UNKNOWN a\rb\r\n",
    ] {
        assert_eq!(read(line.as_bytes()), MALFORMED, "{line:?}");
    }
    assert_eq!(read(b"PROXY UNKNOWN \xff\r\n"), "- -");
    assert_eq!(read(b"PROXY TCP4 \xff 2.2.2.2 1 2\r\n"), MALFORMED);
}

const V4: [u8; 12] = [192, 0, 2, 1, 198, 51, 100, 7, 0xdc, 0x04, 0x01, 0xbb];

fn v6() -> Vec<u8> {
    let one = |text: &str| Ipv6Addr::from_str(text).unwrap().octets();
    [&one("2001:db8::1")[..], &one("::1"), &[0, 1, 0, 2]].concat()
}

#[test]
fn blocks_of_version_2() {
    let told = "192.0.2.1:56324 198.51.100.7:443";
    let mapped = [
        &Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped().octets()[..],
        &[0; 16],
        &[0, 1, 0, 2],
    ];
    let most = PROXY_HEADER_BYTES_MAX - FIXED_BYTES;
    let full = value(4, &vec![0; most - V4.len() - 3]);
    for (command, family, rest, want) in [
        (0x21, 0x11, V4.to_vec(), format!("{told} -")),
        (0x21, 0x21, v6(), "[2001:db8::1]:1 [::1]:2 -".into()),
        (0x21, 0x21, mapped.concat(), "192.0.2.1:1 [::]:2 -".into()),
        (0x21, 0x31, vec![b'/'; 216], "unix unix -".into()),
        // The proxy's own connection, and one of which it knows nothing, whatever is in them.
        (0x20, 0x00, vec![], "- -".into()),
        (0x20, 0x11, V4.to_vec(), "- -".into()),
        (0x20, 0xff, vec![0; 9], "- -".into()),
        (0x20, 0x12, vec![], "- -".into()),
        (0x21, 0x00, vec![], "- -".into()),
        (0x21, 0x00, vec![1; 9], "- -".into()),
        (0x21, 0x10, V4.to_vec(), "- -".into()),
        (0x21, 0x01, vec![1; 99], "- -".into()),
        // What follows the addresses is skipped.
        (
            0x21,
            0x11,
            [&V4[..], &value(4, b"")].concat(),
            format!("{told} -"),
        ),
        (
            0x21,
            0x11,
            [&V4[..], &value(0xee, b"x")].concat(),
            format!("{told} -"),
        ),
        (0x21, 0x11, [&V4[..], &full].concat(), format!("{told} -")),
        (0x21, 0x11, vec![0; most + 1], TOO_LONG.into()),
        (0x20, 0x00, vec![0; most + 1], TOO_LONG.into()),
        // Too few bytes for the addresses, or for what follows them.
        (0x21, 0x11, V4[..11].to_vec(), MALFORMED.into()),
        (0x21, 0x21, V4.to_vec(), MALFORMED.into()),
        (0x21, 0x31, vec![0; 215], MALFORMED.into()),
        (0x21, 0x11, vec![], MALFORMED.into()),
        (0x21, 0x11, [&V4[..], &[4]].concat(), MALFORMED.into()),
        (0x21, 0x11, [&V4[..], &[4, 0]].concat(), MALFORMED.into()),
        (0x21, 0x11, [&V4[..], &[4, 0, 1]].concat(), MALFORMED.into()),
        (
            0x21,
            0x11,
            [&V4[..], &[4, 0xff, 0xff, 0]].concat(),
            MALFORMED.into(),
        ),
        // Other versions, commands, families and transports.
        (0x11, 0x11, V4.to_vec(), MALFORMED.into()),
        (0x31, 0x11, V4.to_vec(), MALFORMED.into()),
        (0x01, 0x11, V4.to_vec(), MALFORMED.into()),
        (0x22, 0x11, V4.to_vec(), MALFORMED.into()),
        (0x21, 0x41, V4.to_vec(), MALFORMED.into()),
        (0x21, 0x13, V4.to_vec(), MALFORMED.into()),
        (0x21, 0x12, V4.to_vec(), DATAGRAMS.into()),
        (0x21, 0x22, v6(), DATAGRAMS.into()),
        (0x21, 0x32, vec![0; 216], DATAGRAMS.into()),
    ] {
        let input = block(command, family, &rest);
        assert_eq!(read(&input), want, "{}", input.escape_ascii());
    }
    assert_eq!(read(b"\r\n\r\n\0\r\nQUIT\r"), MISSING);
    assert_eq!(read(b"\r\n\r\n\0\r\nQUIT\n"), "incomplete");
}

#[test]
fn tls_with_the_client_is_what_its_scheme_comes_from() {
    let told = "192.0.2.1:56324 198.51.100.7:443";
    let version = value(0x21, b"TLSv1.3");
    let ssl = |client: u8| [&[client, 0, 0, 0, 0][..], &version].concat();
    for (values, want) in [
        (value(0x20, &ssl(1)), format!("{told} https")),
        (value(0x20, &ssl(7)), format!("{told} https")),
        (value(0x20, &ssl(0)), format!("{told} http")),
        (value(0x20, &ssl(6)), format!("{told} http")),
        (value(0x20, &ssl(1)[..5]), format!("{told} https")),
        (value(0x20, &ssl(1)[..4]), MALFORMED.into()),
        (value(0x20, b""), MALFORMED.into()),
        // Its parts are of their own kind, and none of ours.
        (value(0x21, b"TLSv1.3"), format!("{told} -")),
    ] {
        let input = block(0x21, 0x11, &[&V4[..], &values].concat());
        assert_eq!(read(&input), want, "{}", input.escape_ascii());
    }
    let hidden = block(0x20, 0x11, &[&V4[..], &value(0x20, &ssl(1))].concat());
    assert_eq!(read(&hidden), "- -");
}

#[test]
fn a_checksum_is_compared_wherever_it_stands() {
    assert_eq!(crc32c(b"123456789", 0), 0xe306_9283);
    assert_eq!(crc32c(b"6789", crc32c(b"12345", 0)), 0xe306_9283);
    let around = [value(4, b"abc"), value(2, b"a.example")];
    let at = FIXED_BYTES + V4.len() + around[0].len() + 3;
    let values = [&around[0][..], &value(3, &[0; 4]), &around[1]].concat();
    let mut input = block(0x21, 0x11, &[&V4[..], &values].concat());
    assert_eq!(read(&input), CHECKSUM);
    let sum = crc32c(&input, 0).to_be_bytes();
    input[at..at + 4].copy_from_slice(&sum);
    assert_eq!(read(&input), "192.0.2.1:56324 198.51.100.7:443 -");
    for at in [17, at, input.len() - 1] {
        let mut input = input.clone();
        input[at] ^= 1;
        assert_eq!(read(&input), CHECKSUM, "byte {at}");
    }
    for bad in [&[0; 3][..], &[0; 5], &[]] {
        let input = block(0x21, 0x11, &[&V4[..], &value(3, bad)].concat());
        assert_eq!(read(&input), MALFORMED, "{bad:?}");
    }
}
