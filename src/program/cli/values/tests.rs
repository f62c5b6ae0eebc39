//! Tests of what is said about values that are none.

use super::*;

#[test]
fn versions_that_are_none_are_told_what_to_type() {
    for (text, hint) in [
        ("h2", "for HTTP/2 and HTTP/3 put a proxy in front"),
        ("H2C", "for HTTP/2 and HTTP/3 put a proxy in front"),
        ("HTTP/2.0", "for HTTP/2 and HTTP/3 put a proxy in front"),
        ("3", "for HTTP/2 and HTTP/3 put a proxy in front"),
        ("http1.1", "-p HTTP/1.1"),
        ("HTTP/1", "-p HTTP/1.1"),
        ("http", "-p HTTP/1.1"),
        ("1.0", "-p HTTP/1.0"),
        ("https", NO_TLS),
        ("81", "the port is an argument without an option: sprat 81"),
    ] {
        let want = format!("{text:?} is neither HTTP/1.0 nor HTTP/1.1 ({hint})");
        assert_eq!(version(text), Err(want));
    }
    assert_eq!(version_hint("HTTP/9"), None);
}

#[test]
fn fields_that_only_the_server_writes_are_refused() {
    for (name, hint) in [
        ("Content-Length", "leave it out"),
        ("transfer-encoding", "leave it out"),
        ("Date", "leave it out"),
        ("Server", "leave it out"),
        ("Last-Modified", "leave it out"),
        ("Connection", "to close after each response: -p HTTP/1.0"),
        ("Keep-Alive", "--idle-timeout sets it"),
        ("Content-Type", "--mime and --content-type set it"),
        ("ETag", "--etag says what it is made of"),
    ] {
        let want = format!("{name:?} is for the server alone to write ({hint})");
        assert_eq!(header("-H", name, "5"), Err(want));
    }
}
