//! Many clients at once: the backlog, fairness, many connections.

use std::net::TcpStream;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::server::request;
use crate::support::{PATIENCE, Raw, Site, measure, skip};

#[test]
fn the_backlog_holds_1024_who_wait() {
    const BACKLOG: usize = 1_024;
    let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap_or_default();
    if most.trim().parse().is_ok_and(|most: usize| most < BACKLOG) {
        skip("this system's backlogs are shorter");
        return;
    }
    if !measure::allow_descriptors(BACKLOG as u64 + 500) {
        return;
    }
    let site = Site::new("backlog");
    site.file("a.txt", "a");
    let server = site.serve(&["--quiet"]);
    server.signal(Signal::STOP);
    let connect = |_| TcpStream::connect_timeout(&server.addr(), PATIENCE);
    let waiting: Vec<_> = (0..BACKLOG).map(connect).collect();
    server.signal(Signal::CONT);
    for (number, peer) in waiting.iter().enumerate() {
        assert!(peer.is_ok(), "number {number}: {peer:?}");
    }
    assert_eq!(server.get("/a.txt").text(), "a");
}

#[test]
fn a_small_request_is_answered_while_32_clients_pull_large_files() {
    const PULLERS: usize = 32;
    const LARGE: u64 = 100 << 20;
    const ROUNDS: usize = 40;
    let site = Site::new("fair");
    site.sparse("large", LARGE);
    site.file("small", "small");
    let server = site.serve(&["--quiet"]);
    let mut pullers: Vec<Raw> = (0..PULLERS).map(|_| server.connect()).collect();
    for puller in &mut pullers {
        puller.send(request("GET", "/large", ""));
        puller.read_head();
    }
    let mut other = server.connect();
    for round in 0..ROUNDS {
        // All of them may be sent to while the small request waits its turn.
        for puller in &mut pullers {
            puller.skip_bytes(64 * 1_024);
        }
        other.send(request("GET", "/small", ""));
        assert_eq!(other.read_response().text(), "small", "round {round}");
    }
    // No download has got to its end for it.
    for puller in &mut pullers {
        assert!(!puller.has_ended());
    }
}

#[test]
fn a_small_request_overtakes_a_download_at_full_speed() {
    const LARGE: u64 = 1 << 30;
    let site = Site::new("overtake");
    site.sparse("large", LARGE);
    site.file("small", "small");
    let server = site.serve(&["--quiet"]);
    let mut pullers: Vec<Raw> = (0..8).map(|_| server.connect()).collect();
    for puller in &mut pullers {
        puller.send(request("GET", "/large", ""));
        puller.read_head();
    }
    let running = std::thread::scope(|scope| {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let mut first = pullers.pop().unwrap();
        let download = scope.spawn(move || {
            let mut got = 0;
            while got < LARGE && stopped.recv_timeout(Duration::ZERO).is_err() {
                first.skip_bytes((LARGE - got).min(1 << 20));
                got += 1 << 20;
            }
            got
        });
        let mut other = server.connect();
        for _ in 0..20 {
            other.send(request("GET", "/small", ""));
            assert_eq!(other.read_response().text(), "small");
        }
        let _ = stop.send(());
        download.join().unwrap()
    });
    assert!(running < LARGE, "twenty answers took a gigabyte");
}

#[test]
fn many_connections_are_served_side_by_side() {
    const PEERS: usize = 500;
    if !measure::allow_descriptors(2 * PEERS as u64) {
        return;
    }
    let site = Site::new("side-by-side");
    site.file("a.txt", "a");
    let server = site.serve(&["--quiet"]);
    let mut peers: Vec<Raw> = (0..PEERS).map(|_| server.connect()).collect();
    for _ in 0..3 {
        for peer in &mut peers {
            peer.send(request("GET", "/a.txt", ""));
        }
        for peer in &mut peers {
            assert_eq!(peer.read_response().text(), "a");
        }
    }
}
