//! Tests of `handler::request`.

use super::*;

#[test]
fn a_media_type_is_in_lower_case_and_without_parameters() {
    for (value, want) in [
        ("text/html", Some("text/html")),
        ("Text/HTML; charset=utf-8", Some("text/html")),
        (" application/json ;x=\";\"", Some("application/json")),
        (
            "multipart/form-data;boundary=a/b",
            Some("multipart/form-data"),
        ),
        ("image/svg+xml", Some("image/svg+xml")),
        ("text", None),
        ("text/", None),
        ("/html", None),
        ("text /html", None),
        ("text/ht ml", None),
        ("text/html/x", None),
        ("text\u{e4}/html", None),
        ("", None),
        (";", None),
    ] {
        assert_eq!(media_type(value.as_bytes()).as_deref(), want, "{value}");
    }
}
