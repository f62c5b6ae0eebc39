//! Tests of `http::site_name`.

use super::*;

#[test]
fn spellings_of_one_host_are_equal() {
    for (given, asked, is_same) in [
        ("example.org", "example.org", true),
        ("example.org", "EXAMPLE.org:8000", true),
        ("Example.Org.", "example.org", true),
        ("example.org", "example.org.:80", true),
        ("example.org", "example.org..", false),
        ("example.org", "www.example.org", false),
        ("example.org", "example.org.evil.example", false),
        ("example.org", "xexample.org", false),
        ("example.org", "ex%61mple.org", false),
        ("example.org", "", false),
        ("192.168.1.5", "192.168.1.5:81", true),
        ("192.168.1.5", "192.168.1.50", false),
        ("::1", "[::1]:80", true),
        ("[::1]", "[0:0::1]", true),
        ("::1", "[::2]", false),
        ("127.0.0.1", "[::ffff:127.0.0.1]", true),
        ("fe80::1", "[fe80::1%25eth0]", false),
    ] {
        let asked = SiteName::asked(asked.as_bytes());
        assert_eq!(
            SiteName::given(given) == asked,
            is_same,
            "{given} {asked:?}"
        );
    }
}

#[test]
fn what_is_no_host_or_has_a_port_is_not_taken() {
    for text in [
        "",
        ".",
        "example.org:8000",
        "[::1]:80",
        "[::1",
        "http://example.org",
        "example.org/",
        "a b",
        "a,b",
        "*",
        "*.example.org",
        "\u{e9}.example",
        "me@example.org",
    ] {
        assert_eq!(SiteName::given(text), None, "{text}");
    }
}

#[test]
fn localhost_and_loopback_addresses_are_the_machine_itself() {
    for (host, want) in [
        ("localhost", true),
        ("LOCALHOST.:8000", true),
        ("127.0.0.1:8000", true),
        ("127.1.2.3", true),
        ("[::1]", true),
        ("[::ffff:127.0.0.1]", true),
        ("localhost.example", false),
        ("127.0.0.1.example", false),
        ("0.0.0.0", false),
        ("[::]", false),
        ("192.168.1.5", false),
    ] {
        let name = SiteName::asked(host.as_bytes()).unwrap();
        assert_eq!(name.is_loopback(), want, "{host}");
    }
}
