//! The log: Python's lines on stderr, safe to show on a terminal, with the cause of each failure.

mod formats;

use crate::support::Site;

/// The part of a line after `127.0.0.1 - - [22/Nov/2026 21:26:08] `, whose form is checked.
fn message(line: &str) -> &str {
    let rest = line
        .strip_prefix("127.0.0.1 - - [")
        .unwrap_or_else(|| panic!("{line}"));
    let (time, message) = rest.split_once("] ").unwrap_or_else(|| panic!("{line}"));
    let shape: String = time
        .chars()
        .map(|c| match c {
            '0'..='9' => '9',
            'a'..='z' => 'a',
            'A'..='Z' => 'A',
            other => other,
        })
        .collect();
    assert_eq!(shape, "99/Aaa/9999 99:99:99", "{line}");
    message
}

#[test]
fn each_request_is_one_line_as_python_writes_it() {
    let site = Site::new("lines");
    site.file("a.txt", "a");
    site.dir("dir");
    let server = site.serve(&[]);
    for (method, target, want) in [
        ("GET", "/a.txt", "\"GET /a.txt HTTP/1.1\" 200 -"),
        ("HEAD", "/a.txt", "\"HEAD /a.txt HTTP/1.1\" 200 -"),
        ("GET", "/?q=%20", "\"GET /?q=%20 HTTP/1.1\" 200 -"),
        ("GET", "/dir", "\"GET /dir HTTP/1.1\" 301 -"),
        ("OPTIONS", "*", "\"OPTIONS * HTTP/1.1\" 204 -"),
    ] {
        let count = server.log_until(|_| true).lines().count();
        server.request(method, target, "");
        let lines = server.log_lines(count + 1);
        assert_eq!(message(lines.last().unwrap()), want);
    }
    let reply = server.get_with("/a.txt", "If-None-Match: *\r\n");
    assert_eq!(reply.status, 304);
    let lines = server.log_lines(6);
    assert_eq!(message(&lines[5]), "\"GET /a.txt HTTP/1.1\" 304 -");
}

#[test]
fn the_time_is_local() {
    let site = Site::new("zone");
    let mut stamps = Vec::new();
    for zone in ["UTC0", "XXX-12"] {
        let mut command = site.command(&[]);
        command.env("TZ", zone);
        let server = crate::support::Server::start(command);
        server.get("/");
        let line = server.log_lines(1).remove(0);
        let hour: u32 = line.split([' ', ':']).nth(4).unwrap().parse().unwrap();
        stamps.push(hour);
    }
    // Twelve hours apart, or eleven or thirteen around a full hour.
    let apart = stamps[0].abs_diff(stamps[1]);
    assert!((11..=13).contains(&apart), "{stamps:?}");
}

#[test]
fn an_error_is_two_lines_and_the_first_says_why() {
    let site = Site::new("errors");
    site.file("a.txt", "a");
    site.fifo("fifo");
    std::fs::write(site.outside("secret"), "s").unwrap();
    site.link("leaves", site.outside("secret"));
    site.link("broken", "nowhere");
    let server = site.serve(&[]);
    for (method, target, code, text, cause) in [
        ("GET", "/nope", 404, "File not found", "not found"),
        ("GET", "/broken", 404, "File not found", "not found"),
        (
            "GET",
            "/leaves",
            404,
            "File not found",
            "symlink leaves root",
        ),
        ("GET", "/leaves", 404, "File not found", "--symlinks"),
        ("GET", "/fifo", 404, "File not found", "not a regular file"),
        ("FOO", "/", 501, "Unsupported method ('FOO')", ""),
    ] {
        let count = server.log_until(|_| true).lines().count();
        let reply = server.request(method, target, "");
        assert_eq!((reply.status, reply.reason.as_str()), (code, text));
        let lines = server.log_lines(count + 2);
        let reason = message(&lines[count]);
        let start = format!("code {code}, message {text}");
        assert!(reason.starts_with(&start), "{reason}");
        let why = &reason[start.len()..];
        if !cause.is_empty() {
            assert!(why.starts_with(" (") || why.starts_with(" ["), "{reason}");
            assert!(why.contains(cause), "{reason}");
        }
        // The client hears nothing of it.
        assert!(cause.is_empty() || cause == "not found" || !reply.text().contains(cause));
        let want = format!("\"{method} {target} HTTP/1.1\" {code} -");
        assert_eq!(message(&lines[count + 1]), want);
    }
}

#[test]
fn a_target_too_long_logs_an_empty_request_line() {
    let site = Site::new("log-414");
    let server = site.serve(&[]);
    let bytes = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(17_000));
    assert_eq!(server.answer(bytes).status, 414);
    let lines = server.log_lines(2);
    assert!(message(&lines[0]).starts_with("code 414, message "));
    assert_eq!(message(&lines[1]), "\"\" 414 -");
}

#[test]
fn what_is_no_request_line_is_logged_however_long_it_is() {
    let site = Site::new("log-garbage");
    let server = site.serve(&[]);
    let mut peer = server.connect();
    // It may be cut off while it is sent: the answer comes before its end.
    let _ = peer.try_send([0u8; 60_000]);
    server.log_lines(2);
    server.get("/?last");
    let lines = server.log_lines(3);
    assert!(message(&lines[0]).starts_with("code 400, message Bad request syntax ('"));
    assert!(
        message(&lines[1]).starts_with(r#""\x00\x00"#),
        "{}",
        lines[1]
    );
    assert!(
        message(&lines[1]).ends_with(r#"\x00..." 400 -"#),
        "{}",
        lines[1]
    );
    assert!(message(&lines[2]).contains("last"));
}

#[test]
fn control_characters_and_backslashes_are_escaped() {
    let site = Site::new("escapes");
    let server = site.serve(&[]);
    for (target, want) in [
        (&b"/a\\b"[..], "/a\\\\b"),
        (b"/\x1b[31mred", "/\\x1b[31mred"),
        (b"/\x7f", "/\\x7f"),
        (b"/\x01", "/\\x01"),
        (b"/\xc2\x9b31m", "\u{c2}\\x9b31m"),
        (b"/\xc3\xa9", "/\u{c3}\u{a9}"),
    ] {
        let count = server.log_until(|_| true).lines().count();
        let mut peer = server.connect();
        peer.send(crate::support::server::request("GET", target, ""));
        let reply = peer.read_response();
        assert!([400, 404].contains(&reply.status));
        let lines = server.log_lines(count + 2);
        let about = target.escape_ascii();
        for line in &lines[count..] {
            assert!(!line.chars().any(char::is_control), "{about}: {line:?}");
        }
        let line = lines.last().unwrap();
        assert!(line.contains(want), "{about}: {line:?}");
    }
}

#[test]
fn a_request_cannot_forge_a_log_line() {
    let site = Site::new("forge");
    let server = site.serve(&[]);
    server.get("/x%0A127.0.0.1%20-%20-%20forged");
    let mut peer = server.connect();
    peer.send("GET /x\rforged HTTP/1.1\r\nHost: a\r\n\r\n");
    peer.read_response();
    for line in server.log_lines(4) {
        message(&line);
    }
}

#[test]
fn many_requests_of_one_turn_are_all_logged() {
    const REQUESTS: usize = 500;
    let site = Site::new("many-lines");
    site.file("a.txt", "a");
    let server = site.serve(&[]);
    let mut peer = server.connect();
    for number in 0..REQUESTS {
        let target = format!("/a.txt?{number}");
        peer.send(crate::support::server::request("GET", target, ""));
    }
    for _ in 0..REQUESTS {
        peer.read_response();
    }
    for (number, line) in server.log_lines(REQUESTS).iter().enumerate() {
        let want = format!("\"GET /a.txt?{number} HTTP/1.1\" 200 -");
        assert_eq!(message(line), want);
    }
}

#[test]
fn a_client_that_hangs_up_is_no_news() {
    let site = Site::new("hang-up");
    site.sparse("large", 64 << 20);
    let server = site.serve(&[]);
    for _ in 0..3 {
        let mut peer = server.connect();
        peer.send(crate::support::server::request("GET", "/large", ""));
        peer.read_head();
    }
    server.get("/?last");
    let log = server.log_until(|log| log.contains("last"));
    for line in log.lines() {
        assert!(message(line).starts_with("\"GET "), "{line}");
    }
}
