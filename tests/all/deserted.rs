//! A server that nobody uses ends, and one that is used does not.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::handed::Handed;
use crate::support::server::{request, run_to_end, wait_for};
use crate::support::{PATIENCE, Server, Site};

const ASK: &str = "GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n";

fn site(name: &str) -> Site {
    let site = Site::new(name);
    site.file("a.txt", "a");
    site
}

#[test]
fn it_ends_well_when_nobody_was_there_be_it_from_the_start_or_since_the_last_one() {
    let site = site("deserted");
    let manager = UnixDatagram::bind(site.outside("notify")).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    for guests in [0, 3] {
        let mut command = site.command(&["--exit-when-idle", "0.3"]);
        command.env("NOTIFY_SOCKET", site.outside("notify"));
        let mut server = Server::start(command);
        for _ in 0..guests {
            assert_eq!(server.get("/a.txt").text(), "a");
        }
        assert_eq!(server.wait().code(), Some(0));
        let mut said = [0; 4096];
        let len = manager.recv(&mut said).unwrap();
        assert!(said[..len].starts_with(b"READY=1\n"));
        let len = manager.recv(&mut said).unwrap();
        assert_eq!(&said[..len], b"STOPPING=1");
    }
}

#[test]
fn whoever_is_connected_keeps_it_whatever_he_says_or_does_not_say() {
    let site = site("deserted-not");
    site.sparse("large", 64 << 20);
    let options = ["--exit-when-idle", "0.3", "--health", "/healthz"];
    for first in ["", ASK, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a"] {
        let mut server = site.serve(&options);
        let mut peer = server.connect();
        peer.send(first);
        if first == ASK {
            assert_eq!(peer.read_response().header("Connection"), None);
            // One that has asked for something is not taken for a monitor.
            peer.send(request("GET", "/healthz", ""));
            assert_eq!(peer.read_response().text(), "ok");
        }
        // As long as that takes in which nobody comes to another one.
        assert_eq!(site.serve(&options).wait().code(), Some(0));
        match first {
            "" | ASK => peer.send(ASK),
            "GET /a" => peer.send(&ASK[first.len()..]),
            _ => {
                assert_eq!(peer.read_head().status, 200);
                peer.skip_bytes(64 << 20);
                peer.send(ASK);
            }
        }
        let reply = peer.read_response();
        assert_eq!((reply.text(), reply.header("Connection")), ("a", None));
        drop(peer);
        assert_eq!(server.wait().code(), Some(0));
    }
}

#[test]
fn monitors_do_not_keep_it_be_they_connected_or_come_and_go() {
    let site = site("deserted-monitors");
    let options = ["--exit-when-idle", "0.3", "--health", "/healthz"];
    let mut server = site.serve(&options);
    let mut monitor = server.connect();
    let ask = request("GET", "/healthz", "");
    monitor.send(&ask);
    assert_eq!(monitor.read_response().text(), "ok");
    // While it stays, others come and go all the time.
    wait_for("nobody is taken any more", || {
        let Ok(mut peer) = TcpStream::connect(server.addr()) else {
            return Some(());
        };
        // It may end meanwhile.
        let _ = peer.write_all(&request("GET", "/healthz", "Connection: close\r\n"));
        let _ = peer.read_to_end(&mut Vec::new());
        None
    });
    assert_eq!(server.wait().code(), Some(0));
}

/// The answer to one request on a connection of its own, however long the server takes to be there.
fn ask(to: SocketAddr) -> String {
    let mut peer = TcpStream::connect(to).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    peer.write_all(&request("GET", "/a.txt", "Connection: close\r\n"))
        .unwrap();
    let mut answer = String::new();
    peer.read_to_string(&mut answer).unwrap();
    answer
}

/// Starts the program whenever somebody waits, as a service manager does, until it is told to stop;
/// returns how often.
fn manage(site: &Site, handed: &Handed, is_over: &AtomicBool) -> usize {
    let moment = Timespec {
        tv_sec: 0,
        tv_nsec: 10_000_000,
    };
    for starts in 0.. {
        let mut waiting = [PollFd::new(handed.listener(), PollFlags::IN)];
        while poll(&mut waiting, Some(&moment)).unwrap() == 0 {
            if is_over.load(Ordering::Relaxed) {
                return starts;
            }
        }
        let mut command = handed.command();
        command.args(["--exit-when-idle", "0.02", "-d"]);
        let status = command.arg(site.root()).status().unwrap();
        assert_eq!(status.code(), Some(0));
    }
    0
}

#[test]
fn on_a_socket_that_was_handed_over_nobody_who_comes_while_it_ends_is_lost() {
    let site = site("deserted-handed");
    let handed = Handed::new();
    let to = handed.listener().local_addr().unwrap();
    let is_over = AtomicBool::new(false);
    let starts = thread::scope(|scope| {
        let manager = scope.spawn(|| manage(&site, &handed, &is_over));
        for pause in 0..100 {
            let answer = ask(to);
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
            // About as long as it waits for the next one.
            thread::park_timeout(Duration::from_micros(18_000 + 40 * pause));
        }
        is_over.store(true, Ordering::Relaxed);
        manager.join().unwrap()
    });
    assert!(starts > 1, "{starts}");
}

#[test]
fn no_time_at_all_is_a_mistake() {
    let site = site("deserted-mistake");
    for (value, want) in [
        (
            "0",
            "0 would end it at once (600, or leave it out to serve for ever)",
        ),
        ("5m", "\"5m\" is not a time in seconds (in seconds: 300)"),
    ] {
        let (code, _, said) = run_to_end(site.command(&["--exit-when-idle", value]));
        assert_eq!(code, Some(2));
        assert_eq!(
            said,
            format!("sprat: error: argument --exit-when-idle: {want}\n")
        );
    }
}
