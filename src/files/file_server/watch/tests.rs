//! Tests of `files::file_server::watch`.

use super::*;
use std::time::{Duration, UNIX_EPOCH};

fn at(millis: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_700_000_000_000 + millis)
}

#[test]
fn a_file_is_steady_after_two_seconds_as_it_is() {
    let watched = Watched::default();
    for (number, time, steady) in [
        (1, 0, false),
        (1, 1_999, false),
        (2, 1_999, false),
        (1, 2_000, true),
        (1, 9_000, true),
        (2, 3_998, false),
        (2, 3_999, true),
        // The clock was set back.
        (1, 100, false),
        (1, 2_100, true),
    ] {
        assert_eq!(
            watched.is_steady(number, at(time)),
            steady,
            "{number} {time}"
        );
    }
}

#[test]
fn memory_is_bounded_and_most_of_too_many_files_get_steady() {
    let watched = Watched::default();
    let count = 2 * WATCHED_MAX as u64;
    let mut steady = 0;
    for round in 0..20 {
        for number in 0..count {
            let now = at(round * 1_000 + number % 1_000);
            steady += u32::from(watched.is_steady(number, now));
        }
    }
    assert_eq!(watched.0.lock().unwrap().len(), WATCHED_MAX);
    assert!(steady > 0);
}
