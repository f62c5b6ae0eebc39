//! Connections: framing of requests, keep-alive, pipelining, half-close, unread bodies (RFC 9112).

use crate::assert_same;
use crate::support::server::request;
use crate::support::{Framing, Raw, Reply, Server, Site};

const GET: &str = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A site with `/a.txt` (`a`), `/b.txt` (`b`) and ten numbered files.
fn serve(name: &str, options: &[&str]) -> (Site, Server) {
    let site = Site::new(name);
    site.file("a.txt", "a");
    site.file("b.txt", "b");
    for number in 0..10 {
        site.file(format!("{number}"), format!("file {number}"));
    }
    let server = site.serve(options);
    (site, server)
}

fn without_date(mut reply: Reply) -> Reply {
    reply.headers.retain(|(name, _)| name != "Date");
    reply
}

/// The connection still answers, and answers the right request.
fn assert_usable(peer: &mut Raw) {
    peer.send("GET /b.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let reply = peer.read_response();
    assert_eq!((reply.status, reply.text()), (200, "b"));
}

#[test]
fn a_request_may_be_split_anywhere() {
    let (_site, server) = serve("split", &[]);
    let bytes = request("GET", "/a.txt", "Accept: */*\r\n");
    let mut peer = server.connect();
    peer.send(&bytes);
    let whole = without_date(peer.read_response());
    assert_eq!((whole.status, whole.text()), (200, "a"));
    for at in 1..bytes.len() {
        peer.send(&bytes[..at]);
        peer.wait_until_read();
        peer.send(&bytes[at..]);
        assert_eq!(without_date(peer.read_response()), whole, "split at {at}");
    }
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let (_site, server) = serve("bytes", &["--header-timeout", "0"]);
    let mut peer = server.connect();
    for _ in 0..2 {
        peer.send_slowly(GET);
        assert_eq!(peer.read_response().text(), "a");
    }
}

#[test]
fn a_request_with_a_body_may_be_split_anywhere() {
    let (_site, server) = serve("split-body", &[]);
    let mut peer = server.connect();
    let bytes = request("GET", "/a.txt", "Transfer-Encoding: chunked\r\n");
    let bytes = [
        &bytes[..],
        b"3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
        GET.as_bytes(),
    ]
    .concat();
    for at in (1..bytes.len()).step_by(3) {
        peer.send(&bytes[..at]);
        peer.wait_until_read();
        peer.send(&bytes[at..]);
        for _ in 0..2 {
            assert_eq!(peer.read_response().text(), "a", "split at {at}");
        }
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    const REQUESTS: usize = 100;
    let (_site, server) = serve("pipeline", &[]);
    let mut bytes = Vec::new();
    for number in 0..REQUESTS {
        bytes.extend(request("GET", format!("/{}", number % 10), ""));
    }
    let mut peer = server.connect();
    peer.send(&bytes);
    for number in 0..REQUESTS {
        let want = format!("file {}", number % 10);
        assert_eq!(peer.read_response().text(), want, "answer {number}");
    }
    assert_usable(&mut peer);
}

#[test]
fn pipelining_mixes_large_and_small_and_head() {
    let site = Site::new("mixed");
    let large: Vec<u8> = (0..3_000_000u32).map(|n| (n * 7 + n / 256) as u8).collect();
    site.file("large", &large);
    site.file("b.txt", "b");
    let server = site.serve(&[]);
    let mut peer = server.connect();
    for method in ["GET", "HEAD", "GET"] {
        peer.send(request(method, "/large", ""));
        peer.send(request(method, "/b.txt", ""));
    }
    for method in ["GET", "HEAD", "GET"] {
        for (name, want) in [("large", &large[..]), ("b.txt", b"b")] {
            let reply = peer.read_response_to(method);
            assert_eq!(reply.field("Content-Length"), want.len().to_string());
            let want = if method == "GET" { want } else { b"" };
            assert!(reply.body == want, "{method} {name}");
        }
    }
}

#[test]
fn connections_persist_as_version_and_tokens_say() {
    let (_site, server) = serve("persist", &[]);
    for (version, connection, persists) in [
        ("1.1", None, true),
        ("1.1", Some("close"), false),
        ("1.1", Some("Close"), false),
        ("1.1", Some("CLOSE"), false),
        ("1.1", Some("te, close"), false),
        ("1.1", Some("close,te"), false),
        ("1.1", Some(" , close ,"), false),
        ("1.1", Some("keep-alive, close"), false),
        ("1.1", Some("keep-alive"), true),
        ("1.1", Some("closed"), true),
        ("1.1", Some("not close"), true),
        ("1.1", Some("upgrade"), true),
        ("1.0", None, false),
        ("1.0", Some("keep-alive"), true),
        ("1.0", Some("Keep-Alive"), true),
        ("1.0", Some("te, Keep-Alive"), true),
        ("1.0", Some("keep-alive, close"), false),
        ("1.0", Some("close"), false),
        ("1.0", Some("keep-alives"), false),
    ] {
        let line = connection.map_or(String::new(), |tokens| format!("Connection: {tokens}\r\n"));
        let about = format!("HTTP/{version} {line}");
        let mut peer = server.connect();
        peer.send(format!(
            "GET /a.txt HTTP/{version}\r\nHost: localhost\r\n{line}\r\n"
        ));
        let reply = peer.read_response();
        assert_eq!((reply.status, reply.text()), (200, "a"), "{about}");
        let said = reply.header("Connection").map(str::to_ascii_lowercase);
        if persists {
            let want = (version == "1.0").then_some("keep-alive");
            assert_eq!(said.as_deref(), want, "{about}");
            assert_usable(&mut peer);
        } else {
            if version == "1.1" {
                assert_eq!(said.as_deref(), Some("close"), "{about}");
            }
            peer.expect_close();
        }
    }
}

#[test]
fn two_connection_fields_count_as_one_list() {
    let (_site, server) = serve("two-lists", &[]);
    let mut peer = server.connect();
    let fields = "Connection: te\r\nConnection: close\r\n";
    peer.send(request("GET", "/a.txt", fields));
    assert_eq!(peer.read_response().text(), "a");
    peer.expect_close();
}

#[test]
fn protocol_1_0_closes_after_each_response() {
    for option in [&["-p", "HTTP/1.0"][..], &["--protocol", "HTTP/1.0"]] {
        let (_site, server) = serve("protocol", option);
        for target in ["/a.txt", "/", "/nope"] {
            let mut peer = server.connect();
            peer.send(request("GET", target, "Connection: keep-alive\r\n"));
            let reply = peer.read_response();
            assert_eq!(reply.version, "HTTP/1.0", "{target}");
            assert_eq!(reply.framing, Framing::Length, "{target}");
            peer.expect_close();
        }
    }
}

#[test]
fn half_close_still_gets_the_whole_answer() {
    let site = Site::new("half-close");
    let large: Vec<u8> = (0..8_000_000u32).map(|n| (n % 251) as u8).collect();
    site.file("large", &large);
    site.file("a.txt", "a");
    let server = site.serve(&[]);
    for (target, want) in [("/a.txt", &b"a"[..]), ("/large", &large)] {
        let mut peer = server.connect();
        peer.send(request("GET", target, ""));
        peer.half_close();
        let reply = peer.read_response();
        assert!(reply.body == want, "{target}");
        peer.expect_close();
    }
}

#[test]
fn half_close_after_pipelined_requests_gets_all_answers() {
    let (_site, server) = serve("half-close-pipeline", &[]);
    let mut peer = server.connect();
    for number in 0..10 {
        peer.send(request("GET", format!("/{number}"), ""));
    }
    peer.half_close();
    for number in 0..10 {
        assert_eq!(peer.read_response().text(), format!("file {number}"));
    }
    peer.expect_close();
}

#[test]
fn a_connection_without_a_byte_is_closed_silently() {
    let (_site, server) = serve("silent", &[]);
    let mut peer = server.connect();
    peer.half_close();
    peer.expect_close();
    let mut peer = server.connect();
    peer.send(GET);
    assert_eq!(peer.read_response().text(), "a");
    peer.half_close();
    peer.expect_close();
}

#[test]
fn request_bodies_never_become_the_next_request() {
    let (_site, server) = serve("bodies", &[]);
    let evil = "GET /b.txt HTTP/1.1\r\nHost: evil\r\n\r\n";
    let length = format!("Content-Length: {}\r\n", evil.len());
    let chunked = format!("{:x}\r\n{evil}\r\n0\r\n\r\n", evil.len());
    let coding = "Transfer-Encoding: chunked\r\n".to_owned();
    for method in ["GET", "HEAD", "OPTIONS"] {
        for (fields, body) in [(&length, evil), (&coding, &chunked)] {
            let mut peer = server.connect();
            peer.send(request(method, "/a.txt", fields));
            peer.send(body);
            peer.send(request("GET", "/3", ""));
            let first = peer.read_response_to(method);
            assert!(first.status < 300, "{method} {fields}");
            assert_eq!(peer.read_response().text(), "file 3", "{method} {fields}");
        }
    }
}

#[test]
fn a_refused_method_does_not_leave_its_body_behind() {
    let (_site, server) = serve("refused-body", &[]);
    for method in ["POST", "PUT", "FOO"] {
        let evil = "GET /b.txt HTTP/1.1\r\nHost: evil\r\n\r\n";
        let fields = format!("Content-Length: {}\r\n", evil.len());
        let mut peer = server.connect();
        peer.send(request(method, "/a.txt", &fields));
        peer.send(evil);
        assert_eq!(peer.read_response().status, 501, "{method}");
        // Open or closed, the body is not answered.
        peer.half_close();
        peer.expect_close();
    }
}

#[test]
fn a_body_past_the_bound_closes_with_a_lingering_close() {
    const BODY_BYTES: usize = 1 << 20;
    let (_site, server) = serve("linger", &[]);
    for method in ["GET", "POST"] {
        let mut peer = server.connect();
        let fields = format!("Content-Length: {BODY_BYTES}\r\n");
        peer.send(request(method, "/a.txt", &fields));
        // All of it before reading: were the server to close at once, the reset would take the
        // response with it.
        let sent = peer.try_send(vec![b'x'; 200_000]);
        sent.expect("200 KB fit within what lingering swallows");
        let reply = peer.read_response();
        assert_eq!(reply.status, if method == "GET" { 200 } else { 501 });
        assert_eq!(reply.field("Connection"), "close");
        peer.half_close();
        peer.expect_close();
    }
}

#[test]
fn a_response_survives_a_peer_that_sends_a_megabyte_first() {
    const BODY_BYTES: usize = 1 << 20;
    let (_site, server) = serve("megabyte", &[]);
    let mut peer = server.connect();
    let fields = format!("Content-Length: {BODY_BYTES}\r\n");
    peer.send(request("POST", "/a.txt", &fields));
    let reply = peer.read_response();
    assert_eq!(reply.status, 501);
    // The response is here; the rest of the body is dropped or the connection is cut.
    let _ = peer.try_send(vec![b'x'; BODY_BYTES]);
    let _ = peer.read_until_cut();
}

#[test]
fn a_chunked_body_with_extensions_and_trailers_is_dropped() {
    let (_site, server) = serve("chunked", &[]);
    for body in [
        "0\r\n\r\n",
        "3\r\nabc\r\n0\r\n\r\n",
        "003\r\nabc\r\n000\r\n\r\n",
        "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
        "3;name=value\r\nabc\r\n0;last\r\n\r\n",
        "3 ;\tname=\"quoted ; value\"\r\nabc\r\n0\r\n\r\n",
        "3 ; name = value\r\nabc\r\n0\r\n\r\n",
        "3\r\nabc\r\n0\r\nTrailer: one\r\nX-Two: two\r\n\r\n",
        "2\r\n\r\n\r\n0\r\n\r\n",
    ] {
        let mut peer = server.connect();
        peer.send(request("GET", "/a.txt", "Transfer-Encoding: chunked\r\n"));
        peer.send(body);
        assert_eq!(peer.read_response().text(), "a", "{body:?}");
        assert_usable(&mut peer);
    }
}

#[test]
fn chunked_is_a_name_in_any_case() {
    let (_site, server) = serve("chunked-case", &[]);
    let mut peer = server.connect();
    peer.send(request("GET", "/a.txt", "transfer-encoding: ChunKed\r\n"));
    peer.send("1\r\nx\r\n0\r\n\r\n");
    assert_eq!(peer.read_response().text(), "a");
    assert_usable(&mut peer);
}

#[test]
fn a_broken_chunked_body_never_becomes_a_request() {
    let (_site, server) = serve("bad-chunks", &[]);
    let long_line = format!("3;{}\r\nabc\r\n0\r\n\r\n", "x".repeat(300));
    let long_trailer = format!("0\r\nT: {}\r\n\r\n", "x".repeat(9_000));
    let many_extensions = format!("1;{}\r\na\r\n", "x".repeat(200)).repeat(100) + "0\r\n\r\n";
    for body in [
        "\r\n\r\n",
        ";ext\r\nabc\r\n",
        "+3\r\nabc\r\n0\r\n\r\n",
        "-1\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "g\r\n",
        "3 \r\nabc\r\n0\r\n\r\n",
        "3\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "10000000000000000\r\n",
        "ffffffffffffffffff\r\n",
        " 3\r\nabc\r\n0\r\n\r\n",
        "3 4\r\nabc\r\n0\r\n\r\n",
        &long_line,
        &long_trailer,
        &many_extensions,
    ] {
        let mut peer = server.connect();
        peer.send(request("GET", "/a.txt", "Transfer-Encoding: chunked\r\n"));
        let _ = peer.try_send(format!("{body}{GET}{GET}"));
        peer.half_close();
        let answers = peer.read_until_cut();
        let responses = answers.windows(9).filter(|w| w == b"HTTP/1.1 ").count();
        assert!(
            responses <= 1,
            "{}: {responses} responses",
            body.escape_debug()
        );
    }
}

#[test]
fn a_known_answer_comes_instead_of_100_continue() {
    let (_site, server) = serve("expect", &[]);
    // The answer is known without the body: it comes instead of 100 (RFC 9110 section 10.1.1).
    let mut peer = server.connect();
    let fields = "Content-Length: 5\r\nExpect: 100-continue\r\n";
    peer.send(request("GET", "/a.txt", fields));
    let reply = peer.read_response();
    assert_eq!((reply.status, reply.text()), (200, "a"));
    assert_eq!(reply.field("Connection"), "close");
    peer.expect_close();
}

#[test]
fn expect_without_a_body_changes_nothing() {
    let (_site, server) = serve("expect-nothing", &[]);
    let mut peer = server.connect();
    peer.send(request("GET", "/a.txt", "Expect: 100-Continue\r\n"));
    assert_eq!(peer.read_response().text(), "a");
    assert_usable(&mut peer);
    // HTTP/1.0 knows no Expect.
    let reply = server.answer("GET /a.txt HTTP/1.0\r\nExpect: the-worst\r\n\r\n");
    assert_eq!(reply.status, 200);
}

#[test]
fn other_expectations_are_417() {
    let (_site, server) = serve("expect-other", &[]);
    for value in [
        "the-worst",
        "100-continued",
        "200-ok",
        "100-continue, magic",
    ] {
        let fields = format!("Expect: {value}\r\n");
        let reply = server.answer(request("GET", "/a.txt", &fields));
        assert_eq!(reply.status, 417, "{value}");
    }
}

#[test]
fn keep_alive_says_a_second_less_than_the_idle_time() {
    let site = Site::new("keep-alive-time");
    site.file("a.txt", "a");
    for (options, want) in [
        (&[][..], Some("timeout=14")),
        (&["--idle-timeout", "5"], Some("timeout=4")),
        (&["--idle-timeout", "1"], None),
        (&["--idle-timeout", "0"], None),
        (&["-p", "HTTP/1.0"], None),
    ] {
        let server = site.serve(options);
        for target in ["/a.txt", "/", "/nope"] {
            let mut peer = server.connect();
            peer.send(request("GET", target, ""));
            let reply = peer.read_response();
            assert_eq!(reply.header("Keep-Alive"), want, "{options:?} {target}");
        }
        let last = server.answer(request("GET", "/a.txt", "Connection: close\r\n"));
        assert_eq!(last.header("Keep-Alive"), None);
    }
}

#[test]
fn the_absolute_form_is_understood() {
    let (_site, server) = serve("absolute", &[]);
    for (target, status) in [
        ("http://localhost/a.txt", 200),
        ("http://LOCALHOST:8000/a.txt?x=y", 200),
        ("HTTP://other.example/a.txt", 200),
        ("https://other.example/a.txt", 400),
        ("https://localhost/", 400),
        ("ftp://localhost/a.txt", 400),
        ("localhost:80", 400),
        ("[::1]:8000", 400),
        ("http://localhost", 200),
        ("http://localhost?x", 200),
        ("http://localhost/nope", 404),
        ("http://", 400),
        ("http:///a.txt", 400),
        ("*", 400),
        ("http://user@localhost/a.txt", 400),
    ] {
        let reply = server.answer(request("GET", target, ""));
        assert_eq!(reply.status, status, "{target}");
    }
}

#[test]
fn options_is_204_with_allow() {
    let (_site, server) = serve("options", &[]);
    for target in ["*", "/", "/a.txt"] {
        let mut peer = server.connect();
        peer.send(request("OPTIONS", target, ""));
        let reply = peer.read_response_to("OPTIONS");
        assert_eq!(reply.status, 204, "{target}");
        assert_eq!(reply.header("Content-Length"), None, "{target}");
        let mut methods: Vec<&str> = reply.field("Allow").split(", ").collect();
        methods.sort();
        assert_eq!(methods, ["GET", "HEAD", "OPTIONS"], "{target}");
        assert_usable(&mut peer);
    }
}

#[test]
fn blank_lines_before_a_request_are_skipped() {
    let (_site, server) = serve("blank", &[]);
    for before in ["\r\n", "\r\n\r\n", "\n"] {
        let mut peer = server.connect();
        for _ in 0..2 {
            peer.send(format!("{before}{GET}"));
            assert_eq!(peer.read_response().text(), "a", "{before:?}");
        }
    }
}

#[test]
fn a_bare_lf_ends_a_head_line() {
    let (_site, server) = serve("bare-lf", &[]);
    let mut peer = server.connect();
    peer.send("GET /a.txt HTTP/1.1\nHost: localhost\n\n");
    assert_eq!(peer.read_response().text(), "a");
    peer.send("GET /b.txt HTTP/1.1\r\nHost: localhost\n\r\n");
    assert_eq!(peer.read_response().text(), "b");
}

#[test]
fn head_never_has_a_body() {
    let (site, server) = serve("head", &[]);
    site.dir("dir");
    for (target, fields) in [
        ("/a.txt", ""),
        ("/", ""),
        ("/dir/", ""),
        ("/dir", ""),
        ("/nope", ""),
        ("/a.txt", "If-None-Match: *\r\n"),
        ("/a.txt", "If-Match: \"other\"\r\n"),
        ("/a.txt", "Range: bytes=0-0\r\n"),
        ("/a.txt", "Range: bytes=99-\r\n"),
    ] {
        let mut peer = server.connect();
        peer.send(request("HEAD", target, fields));
        let reply = peer.read_head();
        // The next byte is another response's, or there is none.
        if reply.header("Connection") == Some("close") {
            peer.expect_close();
            continue;
        }
        peer.send("GET /b.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let start = peer.read_exactly(9);
        assert_same!(start, b"HTTP/1.1 ", "{target} {fields}");
    }
}

#[test]
fn head_has_the_headers_of_get() {
    let (site, server) = serve("head-headers", &[]);
    site.dir("dir");
    for target in ["/a.txt", "/", "/dir/", "/dir", "/nope"] {
        let mut get = without_date(server.get(target));
        get.body.clear();
        get.framing = Framing::None;
        assert_eq!(without_date(server.head(target)), get, "{target}");
    }
}
