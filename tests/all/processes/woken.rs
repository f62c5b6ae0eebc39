//! How many of those that wait are woken by a connection.

use std::fs;

use super::{can_list, servers, site, start};

/// How often processes have gone to sleep by themselves so far: after each time that they were
/// woken.
fn sleeps(ids: &[u32]) -> u64 {
    let of = |id: &u32| {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.expect("a count").trim().parse::<u64>().unwrap()
    };
    ids.iter().map(of).sum()
}

#[test]
fn a_connection_wakes_one_of_those_that_wait_and_each_has_its_turn() {
    const SERVERS: usize = 8;
    const CONNECTIONS: u64 = 200;
    if !can_list() {
        return;
    }
    let site = site("woken");
    let server = start(&site, SERVERS, &["-q"]);
    let ids = servers(&server);
    let before: Vec<u64> = ids.iter().map(|id| sleeps(&[*id])).collect();
    for _ in 0..CONNECTIONS {
        server.get("/a.txt");
    }
    let after: Vec<u64> = ids.iter().map(|id| sleeps(&[*id])).collect();
    let slept: Vec<u64> = before
        .iter()
        .zip(&after)
        .map(|(before, after)| after - before)
        .collect();
    // A connection may wake its server more than once: for itself, its request and its end. Were
    // all woken, it would be eight times.
    let all: u64 = slept.iter().sum();
    assert!(all < CONNECTIONS * 4, "{slept:?}");
    // They take turns.
    assert!(slept.iter().all(|&slept| slept > 0), "{slept:?}");
}
