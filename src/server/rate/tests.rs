//! Tests of `server::rate`.

use super::*;

/// The second at which a body is too slow for 500 bytes a second, `bytes` telling how many come
/// in each.
fn found_at(bytes: impl Fn(u32) -> usize) -> Option<u32> {
    let start = Instant::now();
    let mut rate = Rate::default();
    rate.run(start);
    (1..1000).find(|&second| {
        rate.count(bytes(second) as u64);
        let now = start + Duration::from_secs(second.into());
        rate.due().unwrap() <= now && rate.is_too_slow(now, 500)
    })
}

#[test]
fn a_body_must_come_at_its_rate_over_any_time_of_so_long() {
    let each = |period: u32, bytes: usize| move |s: u32| if s % period == 0 { bytes } else { 0 };
    assert_eq!(found_at(|_| 500), None);
    assert_eq!(found_at(|_| 499), Some(30));
    assert_eq!(found_at(|_| 0), Some(30));
    // A byte every 25 seconds, as the slowest that were let live.
    assert_eq!(found_at(each(25, 1)), Some(30));
    // In bursts with pauses, as radio links have them.
    assert_eq!(found_at(each(15, 7_500)), None);
    assert_eq!(found_at(each(15, 7_000)), Some(30));
    // In one second of thirty.
    assert_eq!(found_at(each(30, 15_000)), None);
    assert_eq!(found_at(each(30, 14_999)), Some(30));
    // What came before does not count for ever.
    assert_eq!(
        found_at(|s| if s <= 100 { 1_000_000 } else { 1 }),
        Some(135)
    );
}

#[test]
fn a_loop_that_came_late_is_no_fault_of_the_peers() {
    let start = Instant::now();
    let at = |second| start + Duration::from_secs(second);
    let mut rate = Rate::default();
    rate.run(start);
    rate.count(500 * 100);
    assert!(!rate.is_too_slow(at(100), 500));
    rate.count(500 * 20);
    assert!(!rate.is_too_slow(at(120), 500));
    // No rate at all.
    assert!(!rate.is_too_slow(at(200), 0));
}

#[test]
fn only_the_time_counts_in_which_the_peer_is_waited_for() {
    let start = Instant::now();
    let at = |second: u64| start + Duration::from_secs(second);
    // (seconds of ten in which it is waited for, bytes in these ten, when it is too slow)
    for (waits, bytes, want) in [
        (10, 4_999, Some(30)),
        (10, 5_000, None),
        (5, 2_400, Some(60)),
        (5, 2_500, None),
        // It does not begin anew with each wait, or nobody would ever be found.
        (1, 499, Some(300)),
        (1, 500, None),
        (0, 0, None),
    ] {
        let mut rate = Rate::default();
        let found = (0..1000).find(|&second| {
            let part = second % 10;
            if part == 0 {
                rate.count(if second == 0 { 0 } else { bytes });
            }
            match part < waits {
                true => rate.run(at(second)),
                false => rate.stop(at(second)),
            }
            let is_due = rate.due().is_some_and(|due| due <= at(second));
            is_due && rate.is_too_slow(at(second), 500)
        });
        assert_eq!(found, want, "{waits} s of ten, {bytes} bytes");
    }
}

/// Looks when it is due at a peer that has taken so much at a second; returns the second at which
/// it is too slow for 500 bytes a second.
fn slow_at(taken: impl Fn(u64) -> u64) -> Option<u64> {
    let start = Instant::now();
    let mut uptake = Uptake::default();
    uptake.wait(true, start);
    for _ in 0..100 {
        let now = uptake.due().unwrap();
        let second = (now - start).as_secs();
        if uptake.look(taken(second), now, 500) {
            return Some(second);
        }
    }
    None
}

#[test]
fn a_reader_is_judged_by_what_it_has_taken_since_the_first_look() {
    assert_eq!(slow_at(|_| 0), Some(31));
    // What its system has taken before that says nothing of it.
    assert_eq!(
        slow_at(|second| if second > 0 { 9_000_000 } else { 0 }),
        Some(31)
    );
    assert_eq!(slow_at(|second| 500 * second), None);
    assert_eq!(slow_at(|second| 499 * second), Some(31));
    // It pauses for 29 seconds, and makes up for it in one.
    for shift in 0..30 {
        let bursts = |second| (second + shift) / 30;
        assert_eq!(slow_at(|second| 15_000 * bursts(second)), None, "{shift}");
        assert!(slow_at(|second| 14_000 * bursts(second)).is_some());
    }
    // Numbers that go back are no progress, and nothing worse.
    assert_eq!(slow_at(|second| 1_000 - second), Some(31));
}

#[test]
fn the_first_look_comes_when_it_was_waited_for_a_second() {
    let start = Instant::now();
    let at = |ms: u64| start + Duration::from_millis(ms);
    let mut uptake = Uptake::default();
    assert_eq!(uptake.due(), None);
    uptake.wait(true, at(0));
    assert_eq!(uptake.due(), Some(at(1_000)));
    uptake.wait(true, at(300));
    uptake.wait(false, at(400));
    assert_eq!(uptake.due(), None);
    uptake.wait(true, at(5_000));
    assert_eq!(uptake.due(), Some(at(5_600)));
    assert!(!uptake.look(7, at(5_700), u64::MAX));
    assert_eq!(uptake.due(), Some(at(20_700)));
}
