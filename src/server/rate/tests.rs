//! Tests of `server::rate`.

use super::*;

/// The second at which a body is too slow for 500 bytes a second, `bytes` telling how many come
/// in each.
fn found_at(bytes: impl Fn(u32) -> usize) -> Option<u32> {
    let start = Instant::now();
    let mut rate = Rate::new(start);
    (1..1000).find(|&second| {
        rate.count(bytes(second));
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
    let mut rate = Rate::new(start);
    rate.count(500 * 100);
    assert!(!rate.is_too_slow(at(100), 500));
    rate.count(500 * 20);
    assert!(!rate.is_too_slow(at(120), 500));
    // No rate at all.
    assert!(!rate.is_too_slow(at(200), 0));
}
