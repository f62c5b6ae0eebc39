//! Very many connections, and very many requests on one.

use rustix::process::{Resource, getrlimit};

use crate::support::server::{request, wait_for};
use crate::support::{Raw, measure, skip};
use crate::watch::{SONG, Watch};
use crate::{serve_after, site};

/// As many connections as are asked for, or as both sides can have descriptors for.
fn as_many_as(count: u64) -> usize {
    // Ours beside the connections, and what the server leaves to files and to its host.
    const OTHERS: u64 = 1_500;
    let hard = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let most = count.min(hard.saturating_sub(OTHERS));
    if most < count {
        skip(&format!("{most} connections instead of {count}"));
    }
    // All tests of this program share what it may open.
    if measure::allow_descriptors(hard.min(2 * count)) {
        most as usize
    } else {
        0
    }
}

#[test]
fn ten_thousand_idle_connections_are_all_served() {
    // A slot, and its place in the timers.
    const BYTES_EACH: u64 = 512;
    let count = as_many_as(10_000);
    let site = site("crowd");
    let never = [
        "--header-timeout",
        "0",
        "--idle-timeout",
        "0",
        "--quiet",
        "--max-connections",
        "0",
    ];
    let server = serve_after(&site, "ulimit -n $(ulimit -Hn)", &never);
    Watch::of(&server)
        .memory((2 << 10) + count as u64 * BYTES_EACH / 1_024)
        .descriptors(count + 16)
        .cpu(400)
        .during(|| {
            let mut peers: Vec<Raw> = (0..count).map(|_| server.connect()).collect();
            let ask = request("GET", "/canary", "");
            for peer in &mut peers {
                peer.send(&ask);
                assert_eq!(peer.read_response().text(), SONG);
            }
            // And again, all at once.
            for peer in &mut peers {
                peer.send(&ask);
            }
            for peer in &mut peers {
                assert_eq!(peer.read_response().text(), SONG);
            }
        });
    if measure::can_measure() {
        wait_for("all descriptors are closed", || {
            (measure::open_fds(server.pid()) < 32).then_some(())
        });
    }
}

#[test]
fn ten_thousand_pipelined_requests_of_a_peer_that_does_not_read() {
    const REQUESTS: usize = 10_000;
    const FILES: usize = 10;
    // Ten thousand of them are far more than what the sockets of both ends hold.
    const FILE_BYTES: usize = 4_000;
    let site = site("pipeline");
    let content = |number: usize| format!("{:>FILE_BYTES$}", number % FILES);
    for number in 0..FILES {
        site.file(number.to_string(), content(number));
    }
    let server = site.serve(&["--quiet"]);
    Watch::of(&server).memory(1 << 10).cpu(100).during(|| {
        let mut peer = server.connect();
        let asks: Vec<u8> = (0..REQUESTS)
            .flat_map(|number| request("GET", format!("/{}", number % FILES), ""))
            .collect();
        let mut sender = peer.split();
        std::thread::scope(|scope| {
            // It may be that the server reads on only when it is read from.
            let sent = scope.spawn(move || sender.send(&asks));
            wait_until_still(std::slice::from_ref(&peer));
            // It has not answered all of them into nowhere.
            assert!(peer.waiting_bytes() < (REQUESTS * FILE_BYTES) as u64);
            for number in 0..REQUESTS {
                let reply = peer.read_response();
                assert!(reply.body == content(number).as_bytes(), "answer {number}");
            }
            sent.join().unwrap();
        });
        peer.send(request("GET", "/canary", ""));
        assert_eq!(peer.read_response().text(), SONG);
    });
}

/// Waits until nothing more arrives for peers that do not read.
pub fn wait_until_still(peers: &[Raw]) {
    const STILL: usize = 100;
    let (mut last, mut times) = (0, 0);
    wait_for("the server stops sending", || {
        let waiting = peers.iter().map(Raw::waiting_bytes).sum();
        times = if waiting == last { times + 1 } else { 0 };
        last = waiting;
        (times == STILL).then_some(())
    });
    assert!(last > 0);
}
