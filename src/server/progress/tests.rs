//! Tests of `server::progress`.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Looks when it is time to, `under_way` telling what is found at a second; returns the second
/// of the cut.
fn cut_at(stall: u32, under_way: impl Fn(u64) -> Option<u32>) -> Option<u64> {
    let start = Instant::now();
    let (mut progress, mut since) = (Progress::default(), start);
    loop {
        let now = progress.due(since, SECOND * stall).unwrap();
        let second = (now - start).as_secs();
        if second > 10_000 {
            return None;
        }
        match progress.look(under_way(second), now, since, SECOND * stall) {
            Pace::Moves => since = now,
            Pace::Waits => {}
            Pace::Stalls => return Some(second),
        }
    }
}

#[test]
fn whoever_acknowledges_is_never_cut_and_whoever_does_not_is_cut_in_time() {
    const MANY: u32 = 4_000_000;
    // Nothing at all, or the system cannot tell: then what was written is all that counts.
    assert_eq!(cut_at(300, |_| Some(MANY)), Some(300));
    assert_eq!(cut_at(300, |_| None), Some(300));
    assert_eq!(cut_at(0, |_| Some(MANY)), None);
    // A byte every 285 seconds.
    let byte = |second: u64| Some(MANY - (second / 285) as u32);
    assert_eq!(cut_at(300, byte), None);
    // The same for one that may stand still for 30 seconds, and one that is too late.
    assert_eq!(cut_at(30, |second| Some(MANY - (second / 20) as u32)), None);
    assert!(cut_at(30, |second| Some(MANY - (second / 60) as u32)).is_some());
    // It comes on for 100 seconds, then no more.
    let stops = |second: u64| Some(MANY - 1000 * second.min(100) as u32);
    assert!((400..=410).contains(&cut_at(300, stops).unwrap()));
    // It comes on for two seconds after the last write, and then pauses for nearly all of its time.
    let pauses = |second: u64| Some(MANY - 1000 * second.min(2) as u32);
    assert!(cut_at(300, pauses).unwrap() >= 302);
}

#[test]
fn bytes_that_were_sent_are_no_progress_of_the_peer() {
    let start = Instant::now();
    let mut progress = Progress::default();
    let look = |progress: &mut Progress, under_way, second: u32| {
        progress.look(Some(under_way), start + SECOND * second, start, 30 * SECOND)
    };
    assert_eq!(look(&mut progress, 100, 1), Pace::Waits);
    assert_eq!(look(&mut progress, 200, 2), Pace::Waits);
    assert_eq!(look(&mut progress, 199, 3), Pace::Moves);
    progress.restart();
    assert_eq!(look(&mut progress, 10, 4), Pace::Waits);
    assert_eq!(look(&mut progress, 10, 30), Pace::Stalls);
}

#[test]
fn the_first_look_comes_soon_and_the_next_in_their_time() {
    let start = Instant::now();
    let mut progress = Progress::default();
    let stall = 300 * SECOND;
    let due = |progress: &Progress| progress.due(start, stall).unwrap() - start;
    assert_eq!(due(&progress), PROGRESS_LOOK_TIME / FIRST_LOOK);
    assert_eq!(progress.look(Some(9), start, start, stall), Pace::Waits);
    assert_eq!(due(&progress), 2 * PROGRESS_LOOK_TIME);
    // It has moved, and what is under way is known.
    assert_eq!(progress.look(Some(8), start, start, stall), Pace::Moves);
    assert_eq!(due(&progress), PROGRESS_LOOK_TIME);
}
