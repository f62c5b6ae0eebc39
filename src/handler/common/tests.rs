//! Tests of `handler::common`.

use super::*;
use crate::http::status::Status;

fn common(fields: &[(&str, &str)]) -> CommonHeaders {
    let none = CommonHeaders::default();
    let add = |all: CommonHeaders, field: &(&str, &str)| all.header(field.0, field.1).unwrap();
    fields.iter().fold(none, add)
}

fn applied(fields: &[(&str, &str)], mut response: Response) -> Vec<String> {
    common(fields).apply(&mut response);
    let lines = response.headers();
    let lines = lines.map(|(name, value)| format!("{name}: {}", value.escape_ascii()));
    lines.collect()
}

#[test]
fn the_operators_field_wins_unless_the_answer_must_decide() {
    let file = || Body::File {
        file: std::fs::File::open("Cargo.toml").unwrap().into(),
        range: 0..1,
    };
    for (given, own, body, want) in [
        (
            ("X-A", "1"),
            ("X-B", "2"),
            Body::Empty,
            &["X-B: 2", "X-A: 1"][..],
        ),
        (
            ("x-frame-options", "DENY"),
            ("X-Frame-Options", "b"),
            Body::Empty,
            &["x-frame-options: DENY"],
        ),
        (
            ("Vary", "Origin"),
            ("Vary", "Accept"),
            Body::Empty,
            &["Vary: Accept", "Vary: Origin"],
        ),
        (
            ("Location", "/x"),
            ("location", "/own"),
            Body::Empty,
            &["location: /own"],
        ),
        (
            ("Allow", "PUT"),
            ("Allow", "GET"),
            Body::Empty,
            &["Allow: GET"],
        ),
        (
            ("Content-Encoding", "br"),
            ("X-B", "2"),
            Body::Empty,
            &["X-B: 2"],
        ),
        (
            ("Content-Encoding", "br"),
            ("X-B", "2"),
            file(),
            &["X-B: 2", "Content-Encoding: br"],
        ),
        (
            ("Content-Encoding", "br"),
            ("Content-Encoding", "gzip"),
            file(),
            &["Content-Encoding: gzip"],
        ),
    ] {
        let response = Response::new(Status::OK)
            .header(own.0, own.1)
            .with_body(body);
        assert_eq!(applied(&[given], response), want, "{given:?}");
    }
}

#[test]
fn a_field_given_twice_stands_once_if_it_is_no_list() {
    let given = [
        ("Refresh", "1"),
        ("Link", "<a>"),
        ("REFRESH", "2"),
        ("Link", "<b>"),
        ("Location", "/a"),
        ("Location", "/b"),
    ];
    let want = ["Link: <a>", "REFRESH: 2", "Link: <b>", "Location: /b"];
    assert_eq!(applied(&given, Response::new(Status::OK)), want);
    assert_eq!(common(&given[..2]).bytes(), 7 + 1 + 4 + 4 + 3 + 4);
}

#[test]
fn what_is_no_field_is_refused() {
    for (name, value) in [("", "x"), ("a b", "x"), ("a", "x\r\ny"), ("Date", "\0")] {
        assert!(CommonHeaders::default().header(name, value).is_err());
    }
}

#[test]
fn what_only_the_server_writes_is_refused() {
    for name in NEVER.into_iter().chain(["Content-Length", "ETag"]) {
        let error = CommonHeaders::default().header(name, "5").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("only the server writes {name:?}")
        );
    }
}
