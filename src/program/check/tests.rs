//! A table of first lines.

use super::*;

#[test]
fn a_status_line_is_good_from_200_to_299() {
    for (line, want) in [
        ("HTTP/1.1 200 OK", true),
        ("HTTP/1.0 204 ", true),
        ("HTTP/1.1 299", true),
        ("HTTP/1.1 199 OK", false),
        ("HTTP/1.1 301 Moved Permanently", false),
        ("HTTP/1.1 503 Service Unavailable", false),
        ("HTTP/1.1 2000", false),
        ("HTTP/1.1 20", false),
        ("HTTP/1.1 2x0 OK", false),
        ("HTTP/1.1  200 OK", false),
        ("HTTP/1.x 200 OK", false),
        ("HTTP/2 200", false),
        ("http/1.1 200 OK", false),
        ("200 OK", false),
        ("", false),
    ] {
        assert_eq!(is_good(line.as_bytes()), want, "{line}");
    }
}
