//! Tests of `reactor::clock`.

use super::*;

#[test]
fn no_time_is_too_long() {
    let now = Instant::now();
    assert_eq!(later(now, Duration::ZERO), now);
    let second = Duration::from_secs(1);
    assert_eq!(later(now, second), now + second);
    for time in [Duration::MAX, Duration::from_secs(u64::MAX / 2), FAR] {
        assert!(later(now, time) >= now + FAR, "{time:?}");
    }
}

#[test]
fn date_follows_the_wall_clock() {
    let mut clock = Clock::new();
    let mono = Instant::now();
    let wall = SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_777_900);
    assert_eq!(&clock.at(mono, wall).date, b"Sun, 06 Nov 1994 08:49:37 GMT");
    let later = wall + Duration::from_millis(100);
    assert_eq!(
        &clock.at(mono, later).date,
        b"Sun, 06 Nov 1994 08:49:38 GMT"
    );
}
