//! Tests of `files::listing::slots`.

use super::*;

#[test]
fn places_are_limited_and_given_back() {
    let slots = Slots::new(3, 0);
    let mut taken: Vec<Slot> = (0..3).map(|_| slots.take().unwrap()).collect();
    assert!(slots.take().is_none());
    taken.pop();
    assert!(slots.take().is_some());
    drop(taken);
    assert_eq!(slots.0.places_taken.load(Ordering::Relaxed), 0);
}

#[test]
fn room_for_names_is_shared_but_for_a_first_part() {
    let slots = Slots::new(2, 3 * NAME_BYTES_MIN);
    let (mut one, mut other) = (slots.take().unwrap(), slots.take().unwrap());
    assert!(one.hold(2 * NAME_BYTES_MIN));
    assert!(!one.hold(4 * NAME_BYTES_MIN));
    assert!(other.hold(NAME_BYTES_MIN - 1));
    assert!(!other.hold(NAME_BYTES_MIN));
    drop(one);
    assert!(other.hold(2 * NAME_BYTES_MIN));
    drop(other);
    assert_eq!(slots.0.bytes_taken.load(Ordering::Relaxed), 0);
}

#[test]
fn what_all_listings_may_have_is_what_was_asked_for() {
    assert_eq!(Slots::new(3, 7).limits(), (3, 7));
    assert_eq!(
        Slots::default().limits(),
        (LISTINGS_MAX, LISTING_NAME_BYTES_MAX)
    );
}
