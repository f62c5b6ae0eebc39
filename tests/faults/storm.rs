//! Peers by the thousand that come and go without a word, or in the middle of one.

use crate::support::server::{request, wait_for};
use crate::support::{Raw, Server, measure};
use crate::watch::{SONG, Watch};
use crate::{LARGE, site};

const PEERS: usize = 2_000;

/// Waits until the server holds no connection of the storm any more.
fn wait_until_calm(server: &Server, before: usize) {
    if measure::can_measure() {
        wait_for("all descriptors are closed", || {
            (measure::open_fds(server.pid()) <= before).then_some(())
        });
    }
    assert_eq!(server.get("/canary").text(), SONG);
}

fn open_fds(server: &Server) -> usize {
    server.get("/canary");
    if measure::can_measure() {
        measure::open_fds(server.pid())
    } else {
        0
    }
}

#[test]
fn a_storm_of_resets_costs_nothing_that_lasts() {
    let site = site("resets");
    site.sparse("large", LARGE);
    let mut server = site.serve(&["--quiet"]);
    let before = open_fds(&server);
    Watch::of(&server).descriptors(64).cpu(100).during(|| {
        for number in 0..PEERS {
            let mut peer = server.connect();
            match number % 5 {
                // As soon as it was accepted, or before.
                0 => {}
                1 => peer.send("GET /canary HT"),
                2 => peer.send(request("GET", "/canary", "")),
                // In the middle of a body, either way.
                3 => {
                    peer.send(request("GET", "/large", ""));
                    peer.read_head();
                }
                _ => peer.send(request("GET", "/canary", "Content-Length: 9\r\n")),
            }
            peer.reset();
        }
    });
    wait_until_calm(&server, before);
    assert!(server.is_running());
}

#[test]
fn a_storm_of_peers_that_say_half_of_it_is_timed_out() {
    const AT_ONCE: usize = 500;
    if !measure::allow_descriptors(4 * AT_ONCE as u64) {
        return;
    }
    let site = site("half-open");
    let server = site.serve(&["--quiet", "--header-timeout", "1", "--stall-timeout", "1"]);
    let before = open_fds(&server);
    Watch::of(&server)
        .descriptors(AT_ONCE + 32)
        .cpu(100)
        .during(|| {
            for _ in 0..2 {
                let start = |number: usize| -> Raw {
                    let mut peer = server.connect();
                    match number % 5 {
                        0 => {}
                        1 => peer.half_close(),
                        2 => peer.send("GET /canary HTTP/1.1\r\nHost: a\r\nX: "),
                        3 => {
                            peer.send("GET /canary HTTP/1.1\r\n");
                            peer.half_close();
                        }
                        _ => peer.send(request("GET", "/canary", "Content-Length: 9\r\n")),
                    }
                    peer
                };
                let mut peers: Vec<Raw> = (0..AT_ONCE).map(start).collect();
                for peer in &mut peers {
                    peer.read_until_cut();
                }
            }
        });
    wait_until_calm(&server, before);
}
