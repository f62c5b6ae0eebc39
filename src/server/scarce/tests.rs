//! When scarce memory is told of. That it is felt, `tests/faults` shows, in a process with a limit.

use super::*;

#[test]
fn it_is_told_once_a_second() {
    let start = Instant::now();
    let mut scarcity = Scarcity::new();
    for (millis, want) in [
        (0, true),
        (1, false),
        (999, false),
        (1000, true),
        (1500, false),
    ] {
        let now = start + Duration::from_millis(millis);
        assert_eq!(scarcity.is_news(now), want, "{millis}");
    }
}

#[test]
fn without_a_limit_it_is_never_felt() {
    let mut scarcity = Scarcity::new();
    scarcity.limited = false;
    assert!(!scarcity.is_felt(usize::MAX / 4));
    scarcity.limited = true;
    assert!(scarcity.is_felt(usize::MAX / 4), "nobody has so much");
}
