//! Who is asked, when, and what came of it.

use super::*;

/// One that is awaited, of a connection with key 7, up to byte 100.
fn one() -> (Takings, Instant) {
    let mut takings = Takings::default();
    takings.await_one();
    takings.begin(7, 100);
    (takings, Instant::now())
}

#[test]
fn it_is_not_looked_at_before_its_last_byte_is_sent() {
    let (mut takings, now) = one();
    let looked = takings.look(now, |_| 99, |_| panic!("it is asked"));
    assert_eq!((looked, takings.next()), (None, None));
    assert_eq!(takings.look(now, |_| 100, |_| true), Some(7));
    assert!(takings.is_taken());
    assert_eq!(
        takings.look(now, |_| 100, |_| panic!("it is asked again")),
        None
    );
}

#[test]
fn the_looks_come_at_growing_distances_up_to_a_second() {
    let (mut takings, mut now) = one();
    let mut waits = Vec::new();
    for _ in 0..14 {
        assert_eq!(takings.look(now, |_| 200, |_| false), None);
        let next = takings.next().unwrap();
        // Nothing is asked in between.
        let early = next - Duration::from_micros(1);
        takings.look(early, |_| 200, |_| panic!("it is asked too soon"));
        waits.push((next - now).as_millis());
        now = next;
    }
    let want = [
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000, 1000, 1000,
    ];
    assert_eq!(waits, want);
    assert!(!takings.is_taken());
}

#[test]
fn at_the_end_of_its_connection_counts_what_has_arrived() {
    for (key, arrived, want) in [
        (7, 0, false),
        (7, 99, false),
        (7, 100, true),
        (8, 500, false),
    ] {
        let (mut takings, _) = one();
        takings.end(key, || arrived);
        assert_eq!(takings.is_taken(), want, "{key} {arrived}");
    }
    let (mut takings, now) = one();
    takings.end(7, || 99);
    // Another connection has its key now.
    assert_eq!(takings.look(now, |_| 100, |_| true), None);
}

#[test]
fn of_two_on_one_connection_the_first_counts() {
    let (mut takings, now) = one();
    takings.begin(7, 300);
    assert_eq!(takings.under_way.len(), 1);
    assert_eq!(takings.look(now, |_| 100, |_| true), Some(7));
    assert_eq!(takings.next(), None);
}
