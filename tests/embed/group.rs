//! Servers that share their listeners, here in threads.

use std::collections::HashSet;
use std::os::fd::OwnedFd;

use sprat::{AcceptGroup, Builder, Cx, Handler, Limits, Reply, Request};

use super::support::{Raw, raw};
use super::{Running, serve_by, text};

/// Answers with its number.
struct Number(usize);

impl Handler for Number {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        text(self.0.to_string()).into()
    }
}

/// Servers on one listener, each with so many connections at most.
fn family(count: usize, connections: usize) -> Vec<Running> {
    let bound = Builder::bind("127.0.0.1:0").unwrap();
    let listeners: Vec<OwnedFd> = bound.into_listeners();
    let group = AcceptGroup::new().unwrap();
    let limits = Limits {
        connections_max: connections,
        ..Limits::default()
    };
    let start = |number: usize| {
        let builder = Builder::new().unwrap();
        let mut builder = builder.accept_group(group.try_clone().unwrap()).unwrap();
        let listener = listeners[0].try_clone().unwrap();
        builder.listen_on(listener.into()).unwrap();
        serve_by(builder.limits(limits.clone()), move || Number(number))
    };
    (0..count).map(start).collect()
}

const HALF: &str = "GET / HTTP/1.1\r\nHost: a\r\n";

/// A peer that is taken, and has not asked yet.
fn taken(server: &Running) -> Raw {
    let mut peer = raw(server.addr);
    peer.send(HALF);
    peer.wait_until_read();
    peer
}

#[test]
fn who_connects_is_taken_by_each_in_its_turn() {
    let servers = family(4, 100);
    let answers = (0..40).map(|_| servers[0].get("/").text().to_owned());
    let found: HashSet<String> = answers.collect();
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn who_finds_one_full_is_taken_by_another_and_waits_where_all_are() {
    let servers = family(3, 1);
    for _ in 0..10 {
        let mut peers: Vec<Raw> = (0..3).map(|_| taken(&servers[0])).collect();
        let mut late = raw(servers[0].addr);
        late.send(HALF);
        let mut found = HashSet::new();
        for peer in &mut peers {
            peer.send("Connection: close\r\n\r\n");
            found.insert(peer.read_response().text().to_owned());
            peer.expect_close();
        }
        assert_eq!(found.len(), 3, "{found:?}");
        late.send("Connection: close\r\n\r\n");
        late.read_response();
        late.expect_close();
    }
}
