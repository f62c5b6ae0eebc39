//! Requests that cannot be served: which status each gets, and Python's error page.

use crate::assert_same;
use crate::support::{Framing, Server, Site};

const HOST: &str = "Host: localhost\r\n";

fn serve(name: &str) -> (Site, Server) {
    let site = Site::new(name);
    site.file("a.txt", "a");
    let server = site.serve(&[]);
    (site, server)
}

/// Each gets this status, a page of exact length, and then the connection closes.
fn assert_refused(server: &Server, status: u16, rows: &[&[u8]]) {
    for row in rows {
        let about = row[..row.len().min(300)].escape_ascii();
        let mut peer = server.connect();
        peer.send(row);
        let reply = peer.read_response();
        assert_eq!(reply.status, status, "{about}: {reply:?}");
        assert_eq!(reply.framing, Framing::Length, "{about}");
        assert_eq!(reply.field("Connection"), "close", "{about}");
        assert!(reply.text().starts_with("<!DOCTYPE HTML>\n"), "{about}");
        assert!(reply.text().ends_with("</html>\n"), "{about}");
        peer.half_close();
        peer.expect_close();
    }
}

#[test]
fn well_formed_oddities_are_served() {
    let (_site, server) = serve("oddities");
    for row in [
        &b"GET /a.txt HTTP/1.0\r\n\r\n"[..],
        b"GET /a.txt HTTP/1.1\r\nHost:\r\n\r\n",
        b"GET /a.txt HTTP/1.1\r\nhOsT:localhost:8000\r\n\r\n",
        b"GET /a.txt HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n",
        b"GET /a.txt HTTP/1.9\r\nHost: a\r\n\r\n",
        b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Tab:\tvalue\t\r\n\r\n",
        b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX-Latin: caf\xe9\r\n\r\n",
        b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX!#$%&'*+-.^_`|~9: token\r\n\r\n",
        b"GET /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        b"GET /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 00\r\n\r\n",
        b"GET /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        b"GET /a.txt#fragment HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let reply = server.answer(row);
        assert_eq!(reply.status, 200, "{}", row.escape_ascii());
        assert_eq!(reply.text(), "a");
    }
}

#[test]
fn bad_hosts_are_400() {
    let (_site, server) = serve("host");
    assert_refused(
        &server,
        400,
        &[
            b"GET /a.txt HTTP/1.1\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nX-Host: a\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a b\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a/b\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a, b\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: user@a\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: <script>\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a:port\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: [::1\r\n\r\n",
            b"GET http://a/a.txt HTTP/1.1\r\n\r\n",
        ],
    );
}

#[test]
fn bad_fields_are_400() {
    let (_site, server) = serve("fields");
    assert_refused(
        &server,
        400,
        &[
            b"GET /a.txt HTTP/1.1\r\nHost : a\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX-Space : b\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX-Tab\t: b\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX-Fold: b\r\n folded\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX-Fold: b\r\n\tfolded\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\n Host: a\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX-Nul: b\0c\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX-Cr: b\rc\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX-Bell: b\x07\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX(Y): b\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX\xe9: b\r\n\r\n",
            b"GET /a.txt HTTP/1.1\r\nHost: a\r\nX\0Y: b\r\n\r\n",
        ],
    );
}

#[test]
fn bad_request_lines_are_400() {
    let (_site, server) = serve("lines");
    assert_refused(
        &server,
        400,
        &[
            b"GET\r\n\r\n",
            b"GET /a.txt\r\n\r\n",
            b"POST /a.txt\r\n\r\n",
            b"GET / a HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /a.txt HTTP/1.x\r\nHost: a\r\n\r\n",
            b"GET /a.txt FOO/1.0\r\nHost: a\r\n\r\n",
            b"GET /a.txt http/1.1\r\nHost: a\r\n\r\n",
            b"GET /a.txt HTTP/1.1 \r\nHost: a\r\n\r\n",
            b"GET /a.txt HTTP/1\r\nHost: a\r\n\r\n",
            b"GET /a.txt HTTP/+1.1\r\nHost: a\r\n\r\n",
            b"GET /a.txt HTTP/0.9\r\nHost: a\r\n\r\n",
            b" GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n",
            b"G<T /a.txt HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /a\0.txt HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /a\r.txt HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        ],
    );
}

#[test]
fn doubtful_lengths_are_400() {
    let (_site, server) = serve("lengths");
    assert_refused(
        &server,
        400,
        &[
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5,6\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5.0\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: five\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\
              Transfer-Encoding: chunked\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\
              Content-Length: 5\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n",
            b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        ],
    );
}

#[test]
fn unknown_codings_and_methods_are_501() {
    let (_site, server) = serve("501");
    let rows: Vec<Vec<u8>> = ["POST", "PUT", "DELETE", "TRACE", "get", "FOO", "PATCH"]
        .iter()
        .map(|method| format!("{method} /a.txt HTTP/1.1\r\n{HOST}\r\n").into_bytes())
        .collect();
    for row in &rows {
        let reply = server.answer(row);
        let method = row.split(|&byte| byte == b' ').next().unwrap();
        let method = std::str::from_utf8(method).unwrap();
        assert_eq!(reply.status, 501, "{method}");
        assert_eq!(reply.reason, format!("Unsupported method ('{method}')"));
        assert!(reply.header("Allow").is_some(), "{method}");
    }
    assert_refused(
        &server,
        501,
        &[
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        ],
    );
}

#[test]
fn versions_from_2_on_are_505() {
    let (_site, server) = serve("505");
    assert_refused(
        &server,
        505,
        &[
            b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
            b"GET / HTTP/3.1\r\nHost: a\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ],
    );
}

#[test]
fn a_target_past_its_limit_is_414() {
    const TARGET_BYTES_MAX: usize = 16_384;
    let (_site, server) = serve("414");
    let longest = format!("/{}", "x".repeat(TARGET_BYTES_MAX - 1));
    let row = |target: &str| format!("GET {target} HTTP/1.1\r\n{HOST}\r\n").into_bytes();
    assert_eq!(server.answer(row(&longest)).status, 404);
    assert_refused(&server, 414, &[&row(&format!("{longest}x"))]);
    // As soon as it is known, without the end of the line.
    let endless = format!("GET /{}", "x".repeat(40_000));
    assert_refused(&server, 414, &[endless.as_bytes()]);
}

#[test]
fn a_head_past_its_limits_is_431() {
    const HEAD_BYTES_MAX: usize = 65_535;
    const FIELDS_MAX: usize = 128;
    let (_site, server) = serve("431");
    let head = |fields: &str| format!("GET /a.txt HTTP/1.1\r\n{HOST}{fields}\r\n").into_bytes();
    let long = |bytes: usize| {
        let room = bytes - head("X: \r\n").len();
        head(&format!("X: {}\r\n", "x".repeat(room)))
    };
    assert_eq!(long(HEAD_BYTES_MAX).len(), HEAD_BYTES_MAX);
    assert_eq!(server.answer(long(HEAD_BYTES_MAX)).status, 200);
    let many = |count: usize| head(&"X: y\r\n".repeat(count - 1));
    assert_eq!(server.answer(many(FIELDS_MAX)).status, 200);
    let rows = [long(HEAD_BYTES_MAX + 1), many(FIELDS_MAX + 1), many(2_000)];
    assert_refused(&server, 431, &[&rows[0], &rows[1], &rows[2]]);
    let endless = format!("GET /a.txt HTTP/1.1\r\n{HOST}X: {}", "x".repeat(80_000));
    assert_refused(&server, 431, &[endless.as_bytes()]);
}

#[test]
fn limits_of_heads_are_options() {
    let site = Site::new("head-options");
    site.file("a.txt", "hello");
    let server = site.serve(&["--max-head", "200", "--max-target", "10"]);
    let row = |target: &str, field: usize| {
        let field = "x".repeat(field);
        format!("GET {target} HTTP/1.1\r\n{HOST}X: {field}\r\n\r\n").into_bytes()
    };
    assert_eq!(server.answer(row("/a.txt?123", 100)).status, 200);
    assert_refused(&server, 414, &[&row("/a.txt?1234", 100)]);
    assert_refused(&server, 431, &[&row("/a.txt", 200)]);
}

#[test]
fn a_name_as_long_as_the_system_takes_is_served_by_its_link() {
    let site = Site::new("path-max");
    let server = site.serve(&[]);
    let name = |letter: &str| letter.repeat(255);
    // 15 names of 255 bytes and their slashes: within PATH_MAX below a directory that is open.
    let target = format!("/{}", name("%25")).repeat(15);
    let make = "for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do mkdir $N && cd $N || exit 1; done";
    let made = std::process::Command::new("sh")
        .args(["-c", &format!("{make}; echo hello >$N")])
        .current_dir(site.root())
        .env("N", name("%"))
        .status();
    assert!(made.unwrap().success());
    assert!(target.len() > 11_000);
    assert_eq!(server.get(&target).text(), "hello\n");
}

#[test]
fn error_pages_are_pythons_but_for_a_line_for_phones() {
    let (_site, server) = serve("pages");
    for (method, target, status, message, explain) in [
        (
            "GET",
            "/nope",
            404,
            "File not found",
            "Nothing matches the given URI",
        ),
        (
            "FOO",
            "/",
            501,
            "Unsupported method ('FOO')",
            "Server does not support this operation",
        ),
    ] {
        let request = format!("{method} {target} HTTP/1.1\r\n{HOST}\r\n");
        let reply = server.answer(request);
        assert_eq!((reply.status, reply.reason.as_str()), (status, message));
        assert_eq!(reply.field("Content-Type"), "text/html;charset=utf-8");
        assert_eq!(reply.field("Content-Length"), reply.body.len().to_string());
        assert_same!(reply.body, page(status, message, explain));
    }
}

#[test]
fn error_pages_escape_what_the_peer_sent() {
    let (_site, server) = serve("escape");
    let reply = server.answer("GET / <b>&\"' HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(reply.status, 400);
    assert!(!reply.text().contains("<b>"), "{}", reply.text());
    let wanted = "(&#x27;GET / &lt;b&gt;&amp;";
    let unquoted = "('GET / &lt;b&gt;&amp;";
    let text = reply.text();
    assert!(text.contains(wanted) || text.contains(unquoted), "{text}");
}

#[test]
fn error_responses_are_whole_even_where_the_method_has_no_body() {
    let (_site, server) = serve("head-errors");
    for (bytes, status) in [
        (
            "HEAD /nope HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            404,
        ),
        ("HEAD /a.txt HTTP/1.1\r\n\r\n", 400),
        ("HEAD /a.txt HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    ] {
        let mut peer = server.connect();
        peer.send(bytes);
        let reply = peer.read_head();
        assert_eq!(reply.status, status, "{bytes:?}");
        peer.half_close();
        peer.expect_close();
    }
}

#[test]
fn a_missing_file_keeps_the_connection() {
    let (_site, server) = serve("keep-404");
    let mut peer = server.connect();
    peer.send(format!("GET /nope HTTP/1.1\r\n{HOST}\r\n"));
    assert_eq!(peer.read_response().status, 404);
    peer.send(format!("GET /a.txt HTTP/1.1\r\n{HOST}\r\n"));
    assert_eq!(peer.read_response().text(), "a");
}

fn page(status: u16, message: &str, explain: &str) -> String {
    format!(
        r#"<!DOCTYPE HTML>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <style type="text/css">
            :root {{
                color-scheme: light dark;
            }}
        </style>
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: {status}</p>
        <p>Message: {message}.</p>
        <p>Error code explanation: {status} - {explain}.</p>
    </body>
</html>
"#
    )
}
