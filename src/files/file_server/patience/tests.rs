//! Tests of `files::file_server::patience`.

use super::*;

#[test]
fn a_wait_is_known_for_two_seconds_and_many_are_bounded() {
    let patience = Patience::default();
    let start = Instant::now();
    patience.waited(1, Wish::Tick, start);
    let at = |millis| start + Duration::from_millis(millis);
    for (path, wish, millis, want) in [
        (1, Wish::Tick, 0, true),
        (1, Wish::Tick, 1_999, true),
        (1, Wish::Tick, 2_000, false),
        (1, Wish::Hash, 0, false),
        (2, Wish::Tick, 0, false),
    ] {
        let got = patience.has_waited(path, wish, at(millis));
        assert_eq!(got, want, "{path} {wish:?} {millis}");
    }
    for path in 0..1_000 {
        patience.waited(path, Wish::Hash, at(1));
    }
    assert!(patience.has_waited(999, Wish::Hash, at(2)));
    assert!(!patience.has_waited(0, Wish::Hash, at(2)));
    assert_eq!(patience.0.lock().unwrap().len(), RESTLESS_MAX);
}
