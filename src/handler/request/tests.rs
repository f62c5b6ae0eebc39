//! Tests of `handler::request`.

use super::*;
use crate::handler::{Cx, Response, handler};
use crate::http::status::Status;
use crate::testing::Site;

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

/// What is chosen of those offered, by a request with these fields.
fn chosen(fields: &str, choose: fn(&Request<'_>) -> Option<&'static str>) -> String {
    let mut site = Site::new(handler(move |req: &Request<'_>, _: &mut Cx<'_>| {
        Response::new(Status::OK).text(choose(req).unwrap_or("-"))
    }));
    site.ask(format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n"))
        .text()
}

#[test]
fn a_peer_gets_the_coding_that_it_likes_best() {
    for (value, want) in [
        ("gzip, br", "br"),
        ("gzip;q=1, br;q=0.5", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP;Q=0.1", "gzip"),
        ("*", "br"),
        ("*;q=0.5, gzip", "gzip"),
        ("*, br;q=0", "gzip"),
        ("gzip;q=0, br;q=0", "-"),
        ("identity", "-"),
        ("identity, gzip;q=0.5", "-"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity;q=0, gzip", "gzip"),
        ("deflate", "-"),
        ("", "-"),
        ("gzip;q=2", "-"),
        ("gzip;q=nan, br;q=0.1", "br"),
        ("gzipp, xbr", "-"),
    ] {
        let fields = format!("Accept-Encoding: {value}\r\n");
        let got = chosen(&fields, |req| req.accepts_encoding(&["br", "gzip"]));
        assert_eq!(got, want, "{value}");
    }
    let several = "Accept-Encoding: br;q=0.2\r\naccept-encoding: gzip;q=0.3\r\n";
    let got = chosen(several, |req| req.accepts_encoding(&["br", "gzip"]));
    assert_eq!(got, "gzip");
    assert_eq!(chosen("", |req| req.accepts_encoding(&["br", "gzip"])), "-");
    assert_eq!(
        chosen("Accept-Encoding: gzip\r\n", |req| req.accepts_encoding(&[])),
        "-"
    );
}

#[test]
fn a_peer_gets_the_type_that_it_likes_best() {
    const OFFERED: [&str; 3] = ["text/html", "application/json", "text/csv; header=present"];
    for (value, want) in [
        ("application/json", "application/json"),
        ("APPLICATION/JSON", "application/json"),
        ("text/csv", "text/csv; header=present"),
        ("text/*", "text/html"),
        ("text/*;q=0.5, application/*", "application/json"),
        ("*/*", "text/html"),
        ("*/*, text/html;q=0", "application/json"),
        ("*/*;q=0.1, text/*;q=0, text/csv;q=0.1", "application/json"),
        (
            "text/html;level=1;q=0.4, application/json;q=0.5",
            "application/json",
        ),
        (
            "text/html;q=0.5, text/html;q=0.9, application/json;q=0.7",
            "text/html",
        ),
        ("image/*", "-"),
        ("text", "-"),
        ("*", "-"),
        ("text/html;q=0", "-"),
        ("", "text/html"),
    ] {
        let fields = format!("Accept: {value}\r\n");
        let got = chosen(&fields, |req| req.accepts(&OFFERED));
        assert_eq!(got, want, "{value}");
    }
    assert_eq!(chosen("", |req| req.accepts(&OFFERED)), "text/html");
    assert_eq!(chosen("", |req| req.accepts(&[])), "-");
}
