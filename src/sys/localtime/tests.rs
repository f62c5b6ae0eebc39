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
fn utc_is_no_zone() {
    let time = utc_time(1_763_208_000).unwrap();
    assert_eq!((time.year, time.month, time.day), (2025, 10, 15));
    assert_eq!((time.hour, time.minute, time.second), (12, 0, 0));
    assert_eq!(time.offset, 0);
    // What is shown beside it is as far ahead as it says.
    let local = local_time(1_763_208_000).unwrap();
    let ahead = utc_time(1_763_208_000 + local.offset).unwrap();
    assert_eq!((local.day, local.hour), (ahead.day, ahead.hour));
}
