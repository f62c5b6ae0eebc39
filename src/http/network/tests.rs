//! Tests of `http::network`.

use super::*;

fn address(text: &str) -> IpAddr {
    IpAddr::from_str(text).unwrap()
}

#[test]
fn a_network_holds_the_addresses_that_begin_like_it() {
    for (network, inside, outside) in [
        (
            "10.0.0.0/8",
            &["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"][..],
            &["9.255.255.255", "11.0.0.0", "::a00:0", "a00::"][..],
        ),
        (
            "192.0.2.7",
            &["192.0.2.7", "::ffff:192.0.2.7"],
            &["192.0.2.6", "192.0.2.8"],
        ),
        ("192.0.2.7/32", &["192.0.2.7"], &["192.0.2.6"]),
        ("192.0.2.6/31", &["192.0.2.6", "192.0.2.7"], &["192.0.2.8"]),
        (
            "128.0.0.0/1",
            &["128.0.0.0"],
            &["127.255.255.255", "8000::"],
        ),
        (
            "0.0.0.0/0",
            &["0.0.0.0", "255.255.255.255", "::ffff:0:0"],
            &["::", "::1", "::fffe:ffff:ffff", "::1:0:0:0"],
        ),
        (
            "::ffff:10.0.0.0/104",
            &["10.9.9.9", "::ffff:10.9.9.9"],
            &["11.0.0.0"],
        ),
        ("::ffff:0:0/96", &["10.0.0.1"], &["::1"]),
        (
            "2001:db8::/32",
            &["2001:db8::", "2001:db8:ffff::1"],
            &["2001:db9::", "32.1.13.184"],
        ),
        (
            "fe80::/10",
            &["fe80::1", "febf::1"],
            &["fec0::1", "fe7f::1"],
        ),
        ("::1", &["::1"], &["::2", "0.0.0.1", "127.0.0.1"]),
        // IPv6 alone, though IPv4 could be written so.
        (
            "::/0",
            &["::", "::1", "ffff::"],
            &["0.0.0.0", "::ffff:1.2.3.4"],
        ),
        ("::/80", &["::1"], &["1.2.3.4"]),
    ] {
        let parsed = Network::parse(network).unwrap();
        for text in inside {
            assert!(parsed.holds(address(text)), "{text} in {network}");
        }
        for text in outside {
            assert!(!parsed.holds(address(text)), "{text} in {network}");
        }
    }
}

#[test]
fn what_is_no_network_is_told_why() {
    for (text, want) in [
        ("", BadNetwork::Address),
        ("/8", BadNetwork::Address),
        ("localhost", BadNetwork::Address),
        ("10.0.0", BadNetwork::Address),
        ("10.0.0.0.0", BadNetwork::Address),
        ("010.0.0.0/8", BadNetwork::Address),
        ("[::1]", BadNetwork::Address),
        ("fe80::1%eth0", BadNetwork::Address),
        (" 10.0.0.0", BadNetwork::Address),
        ("10.0.0.0/", BadNetwork::Length(32)),
        ("10.0.0.0/+8", BadNetwork::Length(32)),
        ("10.0.0.0/33", BadNetwork::Length(32)),
        ("10.0.0.0/8/8", BadNetwork::Length(32)),
        ("10.0.0.0/255.0.0.0", BadNetwork::Length(32)),
        ("::/129", BadNetwork::Length(128)),
        ("::/99999999999999999999", BadNetwork::Length(128)),
        ("10.0.0.1/8", BadNetwork::Bits(address("10.0.0.0"), 8)),
        ("0.0.0.1/0", BadNetwork::Bits(address("0.0.0.0"), 0)),
        ("192.0.2.7/31", BadNetwork::Bits(address("192.0.2.6"), 31)),
        (
            "2001:db8::1/32",
            BadNetwork::Bits(address("2001:db8::"), 32),
        ),
        ("::ffff:10.0.0.0/8", BadNetwork::Bits(address("::"), 8)),
    ] {
        assert_eq!(Network::parse(text), Err(want), "{text}");
    }
}

#[test]
fn the_reason_says_what_to_write() {
    let said = |text| Network::parse(text).unwrap_err().to_string();
    assert_eq!(said("x"), "it has no address in digits");
    assert_eq!(said("::/129"), "its length is not 0 to 128");
    assert_eq!(
        said("10.0.0.1/8"),
        "it goes on past its length, as 10.0.0.0/8 does not"
    );
}
