//! A file that is served until somebody has it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::support::server::{request, run_to_end};
use crate::support::{Raw, Server, Site};

/// More than all socket buffers between two processes hold.
const LARGE: u64 = 64 << 20;

/// More than a peer's system takes for one that does not read, less than ours keeps for it.
const UNTAKEN: u64 = 1 << 20;

/// What it says when nobody had the file.
const NOBODY: &str = "sprat: ended before anybody took the whole file (--once)\n";

fn command(file: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.args(["-b", "127.0.0.1", "--once", "--log-format", "common"]);
    command.args(options).arg("0").arg("-d").arg(file);
    command
}

fn serve(file: &Path) -> Server {
    Server::start(command(file, &[]))
}

/// It has not begun to end: an answer is not the last one of its connection.
fn assert_stays(server: &Server) {
    let mut peer = server.connect();
    peer.send(request("HEAD", "/f", ""));
    let reply = peer.read_response_to("HEAD");
    assert_eq!((reply.status, reply.header("Connection")), (200, None));
}

/// Asks for the file, and takes it whole.
fn take(server: &Server, fields: &str) -> Raw {
    let mut peer = server.connect();
    peer.send(request("GET", "/f", fields));
    assert_eq!(peer.read_response().text(), "0123456789");
    peer
}

#[test]
fn it_ends_well_when_one_get_has_brought_all_of_it() {
    let site = Site::new("once");
    let file = site.file("f", "0123456789");
    for fields in [
        "",
        "Connection: close\r\n",
        "Range: bytes=0-\r\n",
        "Range: bytes=0-9\r\n",
    ] {
        let mut server = serve(&file);
        let mut peer = take(&server, fields);
        assert_eq!(server.wait().code(), Some(0), "{fields}");
        peer.expect_close();
    }
    // One that leaves at once, and one that has ended its side before.
    let mut server = serve(&file);
    drop(take(&server, ""));
    assert_eq!(server.wait().code(), Some(0));
    let mut server = serve(&file);
    let mut peer = server.connect();
    peer.send("GET /f HTTP/1.0\r\n\r\n");
    peer.half_close();
    assert!(peer.read_to_end().ends_with(b"0123456789"));
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn files_of_any_length_are_taken() {
    let site = Site::new("once-length");
    for len in [0, 1, 20_000, LARGE] {
        let mut server = serve(&site.sparse("f", len));
        let mut peer = server.connect();
        peer.send(request("GET", "/f", ""));
        assert_eq!(peer.read_head().status, 200);
        peer.skip_bytes(len);
        assert_eq!(server.wait().code(), Some(0), "{len}");
    }
}

#[test]
fn what_is_not_all_of_it_waits_for_the_next() {
    let site = Site::new("once-part");
    let mut server = serve(&site.file("f", "0123456789"));
    let tag = server.head("/f").field("ETag").to_owned();
    for (fields, status) in [
        ("Range: bytes=1-\r\n".to_owned(), 206),
        ("Range: bytes=0-8\r\n".to_owned(), 206),
        ("Range: bytes=0-3,6-9\r\n".to_owned(), 206),
        ("Range: bytes=10-\r\n".to_owned(), 416),
        (format!("If-None-Match: {tag}\r\n"), 304),
    ] {
        assert_eq!(server.get_with("/f", &fields).status, status, "{fields}");
        assert_stays(&server);
    }
    assert_eq!(server.get("/other").status, 404);
    assert_eq!(server.request("POST", "/f", "").status, 501);
    assert_eq!(server.request("OPTIONS", "/f", "").status, 204);
    assert_stays(&server);
    // The rest of it after a part, on the same connection, is no whole either.
    let mut peer = server.connect();
    for range in ["0-4", "5-9"] {
        peer.send(request("GET", "/f", &format!("Range: bytes={range}\r\n")));
        assert_eq!(peer.read_response().status, 206);
    }
    assert_stays(&server);
    drop(take(&server, ""));
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn one_that_was_cut_waits_for_the_next() {
    let site = Site::new("once-cut");
    let mut server = serve(&site.sparse("f", LARGE));
    for (cuts, resets) in [(1, true), (2, false)] {
        let mut peer = server.connect();
        peer.send(request("GET", "/f", ""));
        peer.read_head();
        peer.skip_bytes(LARGE / 2);
        match resets {
            true => peer.reset(),
            false => drop(peer),
        }
        // It has heard of that.
        let log = server.log_until(|log| log.matches("GET /f ").count() == cuts);
        assert!(!log.contains(&LARGE.to_string()), "{log}");
        assert_stays(&server);
    }
    let mut peer = server.connect();
    peer.send(request("GET", "/f", ""));
    peer.read_head();
    peer.skip_bytes(LARGE);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn what_is_sent_is_not_taken_before_the_peer_acknowledges_it() {
    let site = Site::new("once-unread");
    let file = site.sparse("f", UNTAKEN);
    for fields in ["", "Connection: close\r\n"] {
        // One that takes it in the end, and one that does not.
        for takes in [true, false] {
            let mut server = serve(&file);
            let mut peer = server.connect();
            peer.send(request("GET", "/f", fields));
            peer.read_head();
            if fields.is_empty() {
                // All of it is with our system.
                server.log_until(|log| log.contains(&UNTAKEN.to_string()));
            }
            for _ in 0..20 {
                assert_stays(&server);
            }
            match takes {
                true => peer.skip_bytes(UNTAKEN),
                false => {
                    peer.reset();
                    assert_stays(&server);
                    server.signal(Signal::TERM);
                }
            }
            let want = if takes { 0 } else { 3 };
            assert_eq!(server.wait().code(), Some(want), "{fields}");
        }
    }
}

#[test]
fn of_two_at_a_time_the_first_that_is_whole_ends_it_and_the_other_has_its_time() {
    let site = Site::new("once-two");
    let file = site.sparse("f", LARGE);
    for (time, is_cut) in [("60", false), ("0.3", true)] {
        let mut server = Server::start(command(&file, &["--drain-timeout", time]));
        let [mut slow, mut fast] = [0; 2].map(|_| {
            let mut peer = server.connect();
            peer.send(request("GET", "/f", ""));
            peer.read_head();
            peer
        });
        slow.skip_bytes(1);
        fast.skip_bytes(LARGE);
        fast.expect_close();
        if !is_cut {
            assert!(server.is_running());
            slow.skip_bytes(LARGE - 1);
            slow.expect_close();
        }
        assert_eq!(server.wait().code(), Some(0));
    }
}

#[test]
fn ended_before_it_exits_with_3_and_says_why() {
    let site = Site::new("once-ended");
    let file = site.file("f", "0123456789");
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = serve(&file);
        assert_eq!(server.head("/f").status, 200);
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(3));
        assert!(server.log_lines(2).contains(&NOBODY.trim_end().to_owned()));
    }
    let (code, _, said) = run_to_end(command(&file, &["--exit-when-idle", "0.1"]));
    assert_eq!(code, Some(3));
    assert!(said.ends_with(NOBODY), "{said}");
}

#[test]
fn one_that_is_whole_while_it_drains_counts() {
    let site = Site::new("once-drained");
    let mut server = serve(&site.sparse("f", LARGE));
    let mut peer = server.connect();
    peer.send(request("GET", "/f", ""));
    peer.read_head();
    server.signal(Signal::TERM);
    peer.skip_bytes(LARGE);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_peer_on_a_unix_socket_has_what_it_has_read() {
    let site = Site::new("once-unix");
    let (file, path) = (site.sparse("f", 100_000), site.outside("s"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    let bind = format!("unix:{}", path.display());
    command.args(["-b", &bind, "--once", "-d"]).arg(&file);
    let mut server = Server::start(command);
    let ask = |method: &str| {
        let mut peer = UnixStream::connect(&path).unwrap();
        peer.write_all(&request(method, "/f", "")).unwrap();
        peer
    };
    // One that leaves before it has read all, which is in its queue by then.
    for read in [1, 99_000] {
        let mut peer = ask("GET");
        peer.read_exact(&mut vec![0; read]).unwrap();
        drop(peer);
        let mut answer = [0; 12];
        ask("HEAD").read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
    }
    let mut peer = ask("GET");
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer).unwrap();
    assert!(answer.len() > 100_000);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn what_is_no_single_file_is_a_mistake() {
    let site = Site::new("once-mistake");
    let (code, _, said) = run_to_end(site.command(&["--once"]));
    assert_eq!(code, Some(2));
    let want = "is a directory, and a single file is served so (sprat --once -d FILE)";
    assert!(said.contains(want), "{said}");
    if cfg!(feature = "cgi") {
        let file = site.file("f", "");
        let (code, _, said) = run_to_end(command(&file, &["--cgi"]));
        assert_eq!(code, Some(2));
        assert!(
            said.contains("argument --once: a single file has no scripts"),
            "{said}"
        );
    }
    let (code, _, said) = run_to_end(command(&site.path("none"), &[]));
    assert_eq!(code, Some(2));
    assert!(
        said.contains("argument -d/--directory: cannot serve"),
        "{said}"
    );
}
