//! Peers that want all there is: each other one has its share.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::client::raw_from;
use crate::support::server::{request, wait_for};
use crate::support::{Raw, Server, skip};
use crate::watch::{Ending, Watch};
use crate::{LARGE, site};

/// Most connections of each peer.
const EACH: usize = 6;

/// A connection, or none, for it was refused before that was known.
type Connected = Option<Raw>;

/// A connection from this address of the machine; `None` where it is none.
fn from(last: u8, server: &Server) -> Option<Connected> {
    match raw_from(IpAddr::from([127, 0, 0, last]), server.addr()) {
        Ok(peer) => Some(Some(peer)),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Some(None),
        Err(_) => {
            skip("127.0.0.2 and the like are no addresses of this machine");
            None
        }
    }
}

/// A connection that asks for more than it will ever read.
fn greedy(last: u8, server: &Server) -> Option<Connected> {
    let mut connected = from(last, server)?;
    if let Some(peer) = &mut connected {
        let _ = peer.try_send(request("GET", "/large", ""));
    }
    Some(connected)
}

/// Waits until each has an answer or has been refused; returns those that have one.
fn taken(peers: Vec<Connected>) -> Vec<Raw> {
    let heard = |mut peer: Raw| {
        wait_for("an answer or an end", || peer.has_data().then_some(()));
        (!peer.has_ended()).then_some(peer)
    };
    peers.into_iter().flatten().filter_map(heard).collect()
}

#[test]
fn a_flood_from_one_address_locks_nobody_out() {
    const FLOOD: usize = 400;
    let site = site("flood");
    site.sparse("large", LARGE);
    let (each, all) = (EACH.to_string(), (3 * EACH).to_string());
    let options = ["--per-peer", &each, "--max-connections", &all];
    let server = site.serve(&[&options[..], &["--health", "/healthz"]].concat());
    let Some(first) = greedy(2, &server) else {
        return;
    };
    let held = Watch::of(&server).cpu(300).descriptors(40).during(|| {
        let mut peers = vec![first];
        peers.extend((1..FLOOD).map_while(|_| greedy(2, &server)));
        assert_eq!(peers.len(), FLOOD);
        taken(peers)
    });
    // Those that it has read nothing of keep their places, and it has no others.
    assert_eq!(held.len(), EACH);
    let log = server.log_until(|log| log.contains("connections refused by --per-peer: "));
    let lines = log.lines().filter(|line| line.contains("by --per-peer"));
    let counts = lines.map(|line| {
        assert!(line.starts_with("127.0.0.2 - - ["), "{line}");
        let (_, rest) = line.split_once("--per-peer: ").unwrap();
        rest.split_once(',').unwrap().0.parse::<usize>().unwrap()
    });
    // Not a line for each.
    let counts: Vec<usize> = counts.collect();
    assert!(counts.len() < FLOOD / 4, "{counts:?}");
    // One that goes makes room for one of its own.
    held.into_iter().for_each(Raw::reset);
    wait_for("another of its connections is taken", || {
        let peers = taken(vec![greedy(2, &server)?]);
        (peers.len() == 1).then_some(())
    });
}

#[test]
fn who_has_its_share_takes_no_place_of_others_nor_that_of_health() {
    const ASKS: usize = 20;
    let site = site("flood-full");
    site.sparse("large", LARGE);
    let (each, all) = (EACH.to_string(), (2 * EACH + 1).to_string());
    let options = ["--per-peer", &each, "--max-connections", &all];
    let server = site.serve(&[&options[..], &["--health", "/healthz"]].concat());
    let Some(first) = greedy(2, &server) else {
        return;
    };
    let mut peers = vec![first];
    peers.extend((1..EACH).filter_map(|_| greedy(2, &server)));
    let held = taken(peers);
    assert_eq!(held.len(), EACH);
    let others = (0..EACH).filter_map(|_| from(3, &server));
    let mut others: Vec<Raw> = others.flatten().collect();
    assert_eq!(others.len(), EACH);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let flood = scope.spawn(|| {
            while !over.load(Ordering::Acquire) {
                let refused = taken(Vec::from_iter(greedy(2, &server)));
                assert_eq!(refused.len(), 0);
            }
        });
        let end = Ending(&over);
        // All places are taken, and these could make room at any time.
        for _ in 0..ASKS {
            for peer in &mut others {
                peer.send(request("GET", "/canary", ""));
                assert_eq!(peer.read_response().status, 200);
            }
        }
        // Nor is there a place at all, but the one for health.
        for peer in &mut others {
            peer.send(request("GET", "/large", ""));
            assert_eq!(peer.read_head().status, 200);
        }
        for _ in 0..ASKS {
            assert_eq!(server.get("/healthz").text(), "ok");
        }
        drop(end);
        flood.join().unwrap();
    });
}
