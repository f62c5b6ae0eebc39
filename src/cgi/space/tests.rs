//! Tests of `cgi::space`.

use super::*;

#[test]
fn shares_never_add_up_to_more_than_there_is_and_come_back() {
    let space = Space::new(10);
    let (mut one, mut other) = (space.share(), space.share());
    assert!(one.grow(6));
    assert!(!other.grow(5));
    assert!(other.grow(4));
    assert!(!one.grow(1));
    assert!(one.grow(0));
    assert!(!one.grow(u64::MAX));
    drop(one);
    assert!(other.grow(6));
    assert!(!space.is_free());
    drop(other);
    assert!(space.is_free());
}
