//! Tests of `http::reroute`.

use super::*;

#[test]
fn only_the_request_line_changes() {
    let head = b"\r\nPOST /a?b HTTP/1.1\r\nHost: h\r\n\r\n";
    let want = b"GET /c?d HTTP/1.1\r\nHost: h\r\n\r\n".to_vec();
    assert_eq!(with_target(head, "/c?d"), Some(want));
    let want = b"HEAD /c HTTP/1.0\r\n\n".to_vec();
    assert_eq!(with_target(b"HEAD /a HTTP/1.0\n\n", "/c"), Some(want));
}

#[test]
fn fields_about_the_body_go_with_it() {
    let head = b"PUT / HTTP/1.0\nContent-Type: a/b\r\ncontent-length:1\nX-Content-Y: z\r\n\
        Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nExpected: a\r\nTE: b\r\n\r\n";
    let want = b"GET /c HTTP/1.0\r\nX-Content-Y: z\r\nExpected: a\r\nTE: b\r\n\r\n".to_vec();
    assert_eq!(with_target(head, "/c"), Some(want));
}

#[test]
fn a_target_that_is_no_path_is_refused() {
    let head = b"GET / HTTP/1.1\r\n\r\n";
    for target in ["", "a", "http://h/", "/a b", "/a\r\nX: y", "/\0", "/\u{e4}"] {
        assert_eq!(with_target(head, target), None, "{target:?}");
    }
}
