//! Tests of `program::cli::address`.

use super::*;

#[test]
fn short_addresses_are_read_as_inet_aton_does() {
    for (text, want) in [
        ("127.1", "127.0.0.1"),
        ("127.0.1", "127.0.0.1"),
        ("10.1.258", "10.1.1.2"),
        ("10.66051", "10.1.2.3"),
        ("2130706433", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.01", "127.0.0.1"),
        ("0x7F000001", "127.0.0.1"),
    ] {
        let want = want.parse().unwrap();
        assert_eq!(bind(text), Ok(Bind::Address(want)), "{text}");
    }
    for text in [
        "127.",
        ".1",
        "1..2",
        "256.1",
        "1.2.3.256",
        "1.2.65536",
        "1.2.3.4.5",
        "08.1",
        "4294967296",
        "999.1.1.1",
    ] {
        let said = format!("{text:?} is not an address (for this machine: -b localhost)");
        assert_eq!(bind(text), Err(said));
    }
    for text in ["0x", "+1.2", "0xg.1", "1.2.3.x"] {
        assert_eq!(short_ipv4(text), None, "{text}");
    }
}

#[test]
fn mapped_addresses_are_ipv4() {
    for text in ["::ffff:127.0.0.1", "[::ffff:127.0.0.1]", "::ffff:7f00:1"] {
        let want = Bind::Address(Ipv4Addr::LOCALHOST.into());
        assert_eq!(bind(text), Ok(want), "{text}");
    }
}

#[test]
fn names_of_interfaces_are_known_by_their_looks() {
    for name in ["eth0", "enp3s0", "wlan0", "lo", "lo0", "en0", "docker0"] {
        assert!(looks_like_interface(name), "{name}");
    }
    for name in ["localhost", "box", "enterprise", "eth0.example", "web1"] {
        assert!(!looks_like_interface(name), "{name}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_interface_is_no_address() {
    let error = bind("lo").unwrap_err();
    assert!(error.starts_with(r#""lo" is a network interface (-b wants an address;"#));
}
