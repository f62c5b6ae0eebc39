//! The path at which monitors ask how the server is.

use rustix::process::Signal;

use crate::support::server::{request, run_to_end, wait_for};
use crate::support::{Raw, Server, Site, measure};

/// More than all socket buffers between two processes hold.
const LARGE: u64 = 64 << 20;

fn site(name: &str) -> Site {
    let site = Site::new(name);
    site.file("a.txt", "a");
    site.sparse("large", LARGE);
    site
}

/// A connection that asks how the server is, and is told that it is well.
fn poll(server: &Server) -> Raw {
    let mut monitor = server.connect();
    monitor.send(request("GET", "/healthz", ""));
    let reply = monitor.read_response();
    assert_eq!((reply.status, reply.text()), (200, "ok"));
    monitor
}

/// Connections that take their time over a response.
fn busy(server: &Server, count: usize) -> Vec<Raw> {
    let begin = |_| {
        let mut peer = server.connect();
        peer.send(request("GET", "/large", ""));
        assert_eq!(peer.read_head().status, 200);
        peer
    };
    (0..count).map(begin).collect()
}

#[test]
fn it_says_that_it_is_well_and_the_log_hears_nothing_of_it() {
    for format in ["python", "combined", "json"] {
        let site = site("health");
        let server = site.serve(&["--health", "/healthz", "--log-format", format]);
        let get = server.get("/healthz");
        assert_eq!((get.status, get.text()), (200, "ok"));
        assert_eq!(get.field("Content-Type"), "text/plain; charset=utf-8");
        assert_eq!(get.field("Cache-Control"), "no-store");
        // However it is spelled.
        assert_eq!(server.get("/x/../%68ealthz?now").text(), "ok");
        let head = server.head("/healthz");
        assert_eq!((head.status, head.field("Content-Length")), (200, "2"));
        for method in ["POST", "OPTIONS", "DELETE", "get"] {
            let other = server.request(method, "/healthz", "");
            assert_eq!((other.status, other.field("Allow")), (405, "GET, HEAD"));
        }
        // A body that nobody reads, and a connection that lives on.
        let mut peer = server.connect();
        peer.send(request("PUT", "/healthz", "Content-Length: 1\r\n"));
        peer.send("x");
        assert_eq!(peer.read_response().status, 405);
        peer.send(request("GET", "/healthz", ""));
        assert_eq!(peer.read_response().text(), "ok");
        peer.send(request(
            "PUT",
            "/healthz",
            "Expect: 100-continue\r\nContent-Length: 1\r\n",
        ));
        assert_eq!(peer.read_response().status, 405);
        assert_eq!(server.get("/a.txt").text(), "a");
        let line = server.log_lines(1).remove(0);
        assert!(line.contains("/a.txt"), "{line}");
    }
}

#[test]
fn it_is_never_a_file_and_needs_no_directory() {
    let site = site("health-file");
    site.file("healthz", "a file");
    let server = site.serve(&["--health", "/healthz"]);
    assert_eq!(server.get("/healthz").text(), "ok");
    assert_eq!(server.get("/healthz/").status, 404);
    std::fs::remove_dir_all(site.root()).unwrap();
    assert_eq!(server.get("/a.txt").status, 404);
    assert_eq!(server.get("/healthz").text(), "ok");
}

#[test]
#[cfg(feature = "cgi")]
fn a_script_that_leads_there_gets_no_file_either() {
    let site = site("health-script");
    site.file("healthz", "a file");
    site.script(
        "cgi-bin/s",
        "#!/bin/sh\nprintf 'Location: /healthz\\n\\n'\n",
    );
    let server = site.serve(&["--cgi", "--health", "/healthz"]);
    assert_eq!(server.get("/cgi-bin/s").text(), "ok");
    // It is a request like any other.
    let line = server.log_lines(1).remove(0);
    assert!(line.contains("/cgi-bin/s"), "{line}");
}

#[test]
fn rules_about_hosts_do_not_hold_for_it_and_fields_of_all_answers_do() {
    let site = site("health-rules");
    let server = site.serve(&[
        "--health",
        "/healthz",
        "--allow-host",
        "example.org",
        "--cors",
        "-H",
        "X-A",
        "1",
        "--header-for",
        "/**/*",
        "X-B",
        "2",
    ]);
    let by = |target: &str| {
        let mut peer = server.connect();
        peer.send(format!("GET {target} HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n"));
        peer.read_response()
    };
    assert_eq!(by("/a.txt").status, 421);
    let reply = by("/healthz");
    assert_eq!((reply.status, reply.field("X-A")), (200, "1"));
    assert_eq!(reply.field("Access-Control-Allow-Origin"), "*");
    assert_eq!(reply.header("X-B"), None);
}

#[test]
fn it_is_answered_although_all_other_connections_are_taken() {
    let site = site("health-full");
    let server = site.serve(&["--health", "/healthz", "--max-connections", "3"]);
    let mut busy = busy(&server, 2);
    for _ in 0..5 {
        poll(&server).expect_close();
    }
    // Others are told to come again.
    for _ in 0..2 {
        let mut other = server.connect();
        other.send(request("GET", "/a.txt", ""));
        let reply = other.read_response();
        assert_eq!((reply.status, reply.field("Retry-After")), (503, "1"));
        assert_eq!(reply.field("Connection"), "close");
        poll(&server).expect_close();
    }
    let log = server.log_until(|log| log.contains("\"GET /a.txt HTTP/1.1\" 503 -"));
    assert!(
        log.contains("(all connections are taken but the one for health)"),
        "{log}"
    );
    for peer in &mut busy {
        peer.skip_bytes(LARGE);
    }
    assert_eq!(server.get("/a.txt").text(), "a");
}

#[test]
fn whoever_says_nothing_has_that_place_for_a_second() {
    let site = site("health-silent");
    let server = site.serve(&["--health", "/healthz", "--max-connections", "2"]);
    let _busy = busy(&server, 1);
    let mut silent = server.connect();
    silent.send("GET /healthz");
    let mut dripping = server.connect();
    dripping.send("G");
    poll(&server).expect_close();
    for mut peer in [silent, dripping] {
        assert_eq!(peer.read_until_cut(), b"");
    }
}

#[test]
fn whoever_is_in_that_place_when_another_leaves_has_one_of_its_own() {
    if !measure::can_measure() {
        return;
    }
    let site = site("health-stays");
    let server = site.serve(&["--health", "/healthz", "--max-connections", "2"]);
    let busy = busy(&server, 1).remove(0);
    let mut guest = server.connect();
    guest.send("GET /a.txt HTTP/1.1\r\n");
    guest.wait_until_read();
    let fds = measure::open_fds(server.pid());
    busy.reset();
    wait_for("the busy one is gone", || {
        (measure::open_fds(server.pid()) < fds).then_some(())
    });
    guest.send("Host: a\r\n\r\n");
    let reply = guest.read_response();
    assert_eq!((reply.text(), reply.header("Connection")), ("a", None));
    // And the place is free again.
    guest.send(request("GET", "/large", ""));
    guest.read_head();
    poll(&server).expect_close();
}

#[test]
fn one_connection_beside_it_is_the_least() {
    let site = site("health-least");
    let options = ["--health", "/healthz", "--max-connections", "1"];
    let server = site.serve(&options);
    let _busy = busy(&server, 1);
    poll(&server).expect_close();
    for (health, want) in [(&options[..], "2"), (&options[2..], "1")] {
        let (_, said, _) = run_to_end(site.command(&[health, &["--limits"]].concat()));
        let row = said
            .lines()
            .find(|line| line.starts_with("connections at once"));
        assert!(row.unwrap().ends_with(&format!(" {want}")), "{said}");
        let guest = said.contains("a guest in the place kept for health          1 s");
        assert_eq!(guest, want == "2", "{said}");
    }
}

#[test]
fn from_the_signal_on_it_says_that_it_drains() {
    let site = site("health-drain");
    let options = [
        "--health",
        "/healthz",
        "--drain-timeout",
        "60",
        "--drain-delay",
        "60",
    ];
    let mut server = site.serve(&options);
    let mut monitor = poll(&server);
    server.signal(Signal::TERM);
    let reply = wait_for("it drains", || {
        let reply = server.get("/healthz");
        (reply.status != 200).then_some(reply)
    });
    assert_eq!((reply.status, reply.text()), (503, "draining"));
    assert_eq!(server.head("/healthz").status, 503);
    assert_eq!(server.request("POST", "/healthz", "").status, 405);
    monitor.send(request("GET", "/healthz", ""));
    let reply = monitor.read_response();
    assert_eq!(
        (reply.text(), reply.field("Connection")),
        ("draining", "close")
    );
    // What is asked for is still there.
    assert_eq!(server.get("/a.txt").text(), "a");
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_path_that_is_none_is_a_mistake() {
    let site = site("health-mistake");
    for path in ["healthz", "", "/a?b", "/a#b", "http://a/"] {
        let (code, _, said) = run_to_end(site.command(&["--health", path]));
        assert_eq!(code, Some(2));
        let want =
            format!("argument --health: {path:?} is not the path of a URL, such as /healthz");
        assert_eq!(said, format!("sprat: error: {want}\n"));
    }
}
