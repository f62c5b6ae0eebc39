//! Tests of `http::origin`.

use super::*;

#[test]
fn origins_are_written_as_browsers_write_them() {
    for (text, want) in [
        ("https://a.example", "https://a.example"),
        ("HTTPS://A.Example", "https://a.example"),
        ("https://a.example:443", "https://a.example"),
        ("http://a.example:80", "http://a.example"),
        ("https://a.example:80", "https://a.example:80"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("tauri://localhost", "tauri://localhost"),
        ("chrome-extension://abc", "chrome-extension://abc"),
    ] {
        assert_eq!(origin(text).as_deref(), Ok(want), "{text}");
    }
}

#[test]
fn what_is_no_origin_is_told_why() {
    for (text, want) in [
        ("", BadOrigin::NoScheme),
        ("a.example", BadOrigin::NoScheme),
        ("a.example:8000", BadOrigin::NoScheme),
        ("//a.example", BadOrigin::NoScheme),
        ("://a.example", BadOrigin::NoScheme),
        ("1://a", BadOrigin::NoScheme),
        ("null", BadOrigin::Null),
        ("https://a.example/", BadOrigin::Path),
        ("https://a.example/x", BadOrigin::Path),
        ("https://a.example?x", BadOrigin::Path),
        ("https://", BadOrigin::Host),
        ("https://a b", BadOrigin::Host),
        ("https://*.a.example", BadOrigin::Host),
        ("*", BadOrigin::NoScheme),
        ("https://me@a.example", BadOrigin::Host),
        ("https://a.example:", BadOrigin::Host),
        ("https://a.example:x", BadOrigin::Host),
        ("https://a\r\nX: y", BadOrigin::Host),
        ("https://\u{e9}.example", BadOrigin::Host),
    ] {
        assert_eq!(origin(text), Err(want), "{text}");
    }
}
