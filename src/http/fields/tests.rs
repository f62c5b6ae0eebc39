//! Tests of `http::fields`.

use super::*;

#[test]
fn the_table_is_sorted_and_fits() {
    assert!(SINGLE.is_sorted());
    assert_eq!(SINGLE.iter().map(|name| name.len()).max(), Some(40));
    assert!(SINGLE.iter().all(|name| *name == name.to_ascii_lowercase()));
}

#[test]
fn lists_and_cookies_may_repeat() {
    for (name, want) in [
        ("Content-Type", true),
        ("ETAG", true),
        ("access-control-allow-origin", true),
        ("X-Frame-Options", true),
        ("Cross-Origin-Embedder-Policy-Report-Only", true),
        ("Set-Cookie", false),
        ("Vary", false),
        ("Cache-Control", false),
        ("Content-Encoding", false),
        ("Content-Security-Policy", false),
        ("WWW-Authenticate", false),
        ("Link", false),
        ("Allow", false),
        ("X-Own", false),
        ("", false),
        ("Content-Typ", false),
        ("Cross-Origin-Embedder-Policy-Report-Only-Not", false),
    ] {
        assert_eq!(is_single(name), want, "{name}");
    }
}
