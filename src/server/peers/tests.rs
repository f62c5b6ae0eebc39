//! Tests of `server::peers`.

use super::*;

const ONE: PeerKey = PeerKey::V4(1);
const OTHER: PeerKey = PeerKey::V6(1);

#[test]
fn each_peer_has_as_many_as_it_may_and_what_is_gone_leaves_nothing() {
    let mut peers = PeerCounts::new(2);
    assert!(peers.are_limited() && peers.has_room(ONE));
    peers.join(ONE);
    assert!(peers.has_room(ONE));
    peers.join(ONE);
    assert!(!peers.has_room(ONE) && peers.has_room(OTHER));
    peers.join(OTHER);
    assert_eq!(peers.look(), [(ONE, 2), (OTHER, 1)]);
    peers.leave(ONE);
    assert!(peers.has_room(ONE));
    peers.leave(OTHER);
    assert_eq!(peers.look(), [(ONE, 1)]);
    peers.leave(ONE);
    assert_eq!(peers.look(), []);
}

#[test]
fn without_a_limit_there_is_always_room() {
    let peers = PeerCounts::new(0);
    assert!(!peers.are_limited() && peers.has_room(ONE));
}
