//! Tests of `cgi::space`.

use super::*;

const ONE: PeerKey = PeerKey::V4(1);
const OTHER: PeerKey = PeerKey::V6(1);

#[test]
fn shares_never_add_up_to_more_than_there_is_and_come_back() {
    for other in [ONE, OTHER] {
        let space = Space::new(10, 0);
        let (mut one, mut other) = (space.share(ONE), space.share(other));
        assert_eq!(one.grow(6), Ok(()));
        assert_eq!(other.grow(5), Err(NoSpace::ForAll));
        assert_eq!(other.grow(4), Ok(()));
        assert_eq!(one.grow(1), Err(NoSpace::ForAll));
        assert_eq!(one.grow(0), Ok(()));
        assert_eq!(one.grow(u64::MAX), Err(NoSpace::ForAll));
        drop(one);
        assert_eq!(other.grow(6), Ok(()));
        assert!(!space.is_free());
        drop(other);
        assert!(space.is_free());
    }
}

#[test]
fn what_a_peer_may_have_is_that_of_all_its_bodies_together() {
    let space = Space::new(10, 6);
    let (mut one, mut same, mut other) = (space.share(ONE), space.share(ONE), space.share(OTHER));
    assert_eq!(one.grow(4), Ok(()));
    assert_eq!(same.grow(3), Err(NoSpace::ForPeer));
    assert_eq!(same.grow(2), Ok(()));
    assert_eq!(other.grow(5), Err(NoSpace::ForAll));
    assert_eq!(other.grow(4), Ok(()));
    drop(one);
    assert_eq!(same.grow(5), Err(NoSpace::ForAll));
    assert_eq!(other.grow(3), Err(NoSpace::ForPeer));
    assert_eq!(same.grow(4), Ok(()));
    // One that has nothing leaves nothing.
    drop(space.share(PeerKey::Nameless));
    drop((same, other));
    assert!(space.is_free());
}
