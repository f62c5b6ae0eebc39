//! Tests of `sys::localtime`.

use super::*;

#[test]
fn zones_are_within_a_day_of_utc() {
    // Noon of the 15th is the 14th, 15th or 16th everywhere on Earth.
    let time = local_time(1_763_208_000).unwrap();
    assert_eq!((time.year, time.month), (2025, 10));
    assert!((14..=16).contains(&time.day));
    assert!(time.hour < 24 && time.minute < 60 && time.second == 0);
}

#[test]
fn years_beyond_the_calendar_are_none() {
    assert_eq!(local_time(i64::MAX), None);
}

#[test]
fn what_is_shown_is_as_far_ahead_of_utc_as_it_says() {
    let noon = 12 * 3600;
    let time = local_time(1_763_208_000).unwrap();
    let clock = 3600 * i64::from(time.hour) + 60 * i64::from(time.minute);
    assert_eq!(clock, (noon + time.offset).rem_euclid(86_400));
    let days = (noon + time.offset).div_euclid(86_400);
    assert_eq!(i64::from(time.day), 15 + days);
}

#[test]
fn years_past_2038_are_known_where_seconds_have_64_bits() {
    let has_64_bits = cfg!(any(target_pointer_width = "64", target_env = "musl"));
    let year = local_time(6_255_026_048).map(|time| time.year);
    assert_eq!(year, has_64_bits.then_some(2168));
}
