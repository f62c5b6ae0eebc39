//! Tests of `http::method`.

use super::*;

#[test]
fn method_names_are_case_sensitive_and_round_trip() {
    for (name, want) in [
        ("GET", Method::Get),
        ("HEAD", Method::Head),
        ("POST", Method::Post),
        ("PUT", Method::Put),
        ("DELETE", Method::Delete),
        ("OPTIONS", Method::Options),
        ("get", Method::Other("get")),
        ("GETS", Method::Other("GETS")),
        ("GE", Method::Other("GE")),
        ("PATCH", Method::Patch),
        ("TRACE", Method::Trace),
        ("CONNECT", Method::Connect),
        ("LINK", Method::Other("LINK")),
        ("", Method::Other("")),
    ] {
        assert_eq!(Method::from_name(name), want, "{name}");
        assert_eq!(want.name(), name);
    }
}

#[test]
fn versions_are_ordered_and_named() {
    assert!(Version::Http10 < Version::Http11);
    assert_eq!(Version::Http10.name(), "HTTP/1.0");
    assert_eq!(Version::Http11.name(), "HTTP/1.1");
}
