//! Tests of `server::steps`.

use std::time::Instant;

use super::*;

#[test]
fn steps_without_progress_are_paused_and_told_once() {
    let now = Instant::now();
    let mut steps = Steps::default();
    for _ in 0..STEPS_MAX {
        assert_eq!(steps.count(now), Stepped::Again);
        assert_eq!(steps.paused_until(), None);
    }
    assert_eq!(steps.count(now), Stepped::TooOften);
    assert_eq!(steps.paused_until(), Some(now + STEP_PAUSE_TIME));
    steps.resume();
    assert_eq!(steps.paused_until(), None);
    assert_eq!(steps.count(now), Stepped::Pauses);
    steps.moved();
    assert_eq!(steps.paused_until(), None);
    assert_eq!(steps.count(now), Stepped::Again);
}
