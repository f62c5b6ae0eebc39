//! Tests of `program::cli::address`.

use super::*;
use crate::cli::parse;
use crate::cli::tests::os;

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
        assert_eq!(bind(text.as_ref()), Ok(Bind::Address(want)), "{text}");
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
        assert_eq!(bind(text.as_ref()), Err(said));
    }
    for text in ["0x", "+1.2", "0xg.1", "1.2.3.x"] {
        assert_eq!(short_ipv4(text), None, "{text}");
    }
}

#[test]
fn mapped_addresses_are_ipv4() {
    for text in ["::ffff:127.0.0.1", "[::ffff:127.0.0.1]", "::ffff:7f00:1"] {
        let want = Bind::Address(Ipv4Addr::LOCALHOST.into());
        assert_eq!(bind(text.as_ref()), Ok(want), "{text}");
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
    let error = bind("lo".as_ref()).unwrap_err();
    assert!(error.starts_with(r#""lo" is a network interface (-b wants an address;"#));
}

#[test]
fn a_unix_socket_has_a_path_and_may_have_a_mode() {
    for (value, path, mode) in [
        ("unix:/run/s", "/run/s", None),
        ("unix:s,mode=0660", "s", Some(0o660)),
        ("unix:s,mode=7", "s", Some(0o7)),
        ("unix:a,mode=0600,mode=0777", "a,mode=0600", Some(0o777)),
        ("unix:a,b", "a,b", None),
        ("unix:@a", "@a", None),
    ] {
        let want = Bind::Unix(path.into(), mode);
        assert_eq!(bind(value.as_ref()), Ok(want), "{value}");
    }
    for (value, end) in [
        ("unix:", "(-b unix:/run/sprat.sock)"),
        ("unix:,mode=0660", "(-b unix:/run/sprat.sock)"),
        ("unix:s,mode=", "(in octal digits, such as mode=0660)"),
        ("unix:s,mode=8", "(in octal digits, such as mode=0660)"),
        ("unix:s,mode=+7", "(in octal digits, such as mode=0660)"),
        ("unix:s,mode=1777", "(in octal digits, such as mode=0660)"),
        ("unix:s,mode=\u{e9}", "(in octal digits, such as mode=0660)"),
    ] {
        let said = bind(value.as_ref()).unwrap_err();
        assert!(said.ends_with(end), "{value}: {said}");
    }
    let bytes = OsStr::from_bytes(b"unix:/\xff");
    let want = Bind::Unix(OsStr::from_bytes(b"/\xff").into(), None);
    assert_eq!(bind(bytes), Ok(want));
}

#[test]
fn a_port_is_that_of_the_addresses_and_unix_sockets_have_none() {
    for args in [
        &["-b", "unix:/s"][..],
        &["-b", "unix:/s", "-b", "localhost", "8000"],
        &["-b", "::1", "8000"],
        &["8000"],
    ] {
        assert!(parse(os(args)).is_ok(), "{args:?}");
    }
    let error = parse(os(&["-b", "unix:/s", "-b", "unix:/t", "8000"])).unwrap_err();
    let want = "argument PORT: Unix sockets have no port (leave it out, or listen on an address \
                as well: -b localhost)";
    assert_eq!(error.to_string(), want);
}
