//! Tests of `server::times`.

use super::*;
use crate::http::limits::PROGRESS_LOOK_TIME;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn each_wait_has_its_limit() {
    let start = Instant::now();
    let limits = Limits {
        head_time: 1 * SECOND,
        idle_time: 2 * SECOND,
        stall_time: 3 * SECOND,
        ..Limits::default()
    };
    let mut times = Times::new(start);
    times.linger(start);
    for (wait, want) in [
        (Wait::Head, Some(SECOND)),
        (Wait::Request, Some(2 * SECOND)),
        (Wait::Body, Some(3 * SECOND)),
        (Wait::Discard, Some(3 * SECOND)),
        // The first look at it.
        (Wait::Reader, Some(3 * SECOND / 4 / 8)),
        (Wait::End, Some(LINGER_TIME)),
        (Wait::Answer, None),
    ] {
        let end = want.map(|want| start + want);
        assert_eq!(times.end_of(wait, &limits), end, "{wait:?}");
    }
    // Progress moves all but the end of lingering.
    let later = start + LINGER_TIME_MAX - SECOND;
    times.begin(later);
    let end = times.end_of(Wait::End, &limits);
    assert_eq!(end, Some(start + LINGER_TIME_MAX));
    assert_eq!(times.end_of(Wait::Head, &limits), Some(later + SECOND));
}

#[test]
fn who_is_far_behind_is_looked_at_instead_of_closed() {
    const FAR: Option<u32> = Some(1 << 20);
    let (start, limits) = (Instant::now(), Limits::default());
    let stall = limits.stall_time;
    for wait in [Wait::Request, Wait::End] {
        let mut times = Times::new(start);
        if wait == Wait::End {
            times.linger(start);
        }
        let first = times.end_of(wait, &limits).unwrap();
        assert!(times.may_stand_still(FAR, first, stall), "{wait:?}");
        let next = times.end_of(wait, &limits).unwrap();
        assert!(next > first, "{wait:?}");
        // It takes something, and all begins anew.
        assert!(times.may_stand_still(Some(1), next, stall));
        let own = first - start;
        assert_eq!(times.end_of(wait, &limits), Some(next + own), "{wait:?}");
        // What it sends meanwhile is nothing that it takes.
        let since = times.still_since();
        let late = since + stall;
        if wait == Wait::End {
            times.begin(late - SECOND);
        }
        assert_eq!(times.still_since(), since, "{wait:?}");
        assert!(!times.may_stand_still(FAR, late, stall), "{wait:?}");
    }
}

#[test]
fn what_is_sent_begins_the_looks_anew() {
    let (start, limits) = (Instant::now(), Limits::default());
    let mut times = Times::new(start);
    let first = times.end_of(Wait::Reader, &limits).unwrap();
    assert!(times.may_stand_still(Some(9), first, limits.stall_time));
    times.sent(first);
    let next = times.end_of(Wait::Reader, &limits);
    assert_eq!(next, Some(first + (first - start)));
    // Nor is an idle connection one of those that were found to be behind.
    let idle = times.end_of(Wait::Request, &limits);
    assert_eq!(idle, Some(first + limits.idle_time));
}

#[test]
fn a_new_wait_has_its_looks_in_time_however_many_there_were_before() {
    let (start, limits) = (Instant::now(), Limits::default());
    let mut times = Times::new(start);
    let mut now = start;
    for _ in 0..9 {
        now = times.end_of(Wait::Reader, &limits).unwrap();
        assert!(times.may_stand_still(Some(9), now, limits.stall_time));
    }
    times.begin(now);
    let next = times.end_of(Wait::Reader, &limits);
    assert_eq!(next, Some(now + PROGRESS_LOOK_TIME));
}

#[test]
fn a_body_waits_its_own_time_at_most_and_one_that_nobody_reads_has_an_end() {
    let start = Instant::now();
    let times = Times::new(start);
    for (stall, read, unread) in [
        (300 * SECOND, Some(BODY_TIME), Some(BODY_TIME)),
        (SECOND, Some(SECOND), Some(SECOND)),
        (Duration::ZERO, None, Some(BODY_TIME)),
    ] {
        let limits = Limits {
            stall_time: stall,
            ..Limits::default()
        };
        let after = |time: Option<Duration>| time.map(|time| start + time);
        assert_eq!(times.end_of(Wait::Body, &limits), after(read), "{stall:?}");
        let end = times.end_of(Wait::Discard, &limits);
        assert_eq!(end, after(unread), "{stall:?}");
    }
}

#[test]
fn a_reader_is_timed_while_nothing_but_its_reading_moves_its_response_on() {
    let start = Instant::now();
    let mut times = Times::new(start);
    let first = Some(start + SECOND);
    // (what is waited for, whether nothing can be written, when it is looked at)
    for (wait, is_full, due) in [
        (Wait::Head, false, None),
        (Wait::Answer, true, None),
        (Wait::Reader, false, None),
        (Wait::Reader, true, first),
        // What is under way when all was written is not known yet.
        (Wait::Request, true, None),
        (Wait::Reader, true, first),
        (Wait::End, true, None),
        (Wait::Reader, true, first),
        (Wait::Reader, false, None),
    ] {
        times.time_reader(wait, is_full, start);
        times.wait_for_reader(wait == Wait::Reader, start);
        assert_eq!(times.uptake_due(), due, "{wait:?} {is_full}");
    }
    for (wait, due) in [
        (Wait::Request, first),
        (Wait::End, first),
        (Wait::Body, None),
    ] {
        times.begin_uptake(start);
        times.wait_for_reader(false, start);
        times.time_reader(wait, false, start);
        assert_eq!(times.uptake_due(), due, "{wait:?}, found far behind");
    }
}

#[test]
fn a_time_of_zero_is_no_limit_nor_is_one_past_the_clocks_end() {
    let times = Times::new(Instant::now());
    assert_eq!(times.after(Duration::ZERO), None);
    assert_eq!(times.after(Duration::MAX), None);
}

#[test]
fn an_entry_that_fires_early_is_armed_again() {
    let start = Instant::now();
    let (mut timers, mut times) = (Timers::new(start), Times::new(start));
    times.set_deadline(Some(start + SECOND));
    times.arm(7, &mut timers);
    times.set_deadline(Some(start + 3 * SECOND));
    let now = start + 2 * SECOND;
    assert_eq!(timers.expire(now), Some(7));
    assert!(!times.fire(7, now, &mut timers));
    let now = start + 4 * SECOND;
    assert_eq!(timers.expire(now), Some(7));
    assert!(times.fire(7, now, &mut timers));
    assert!(times.take_fired() && !times.take_fired());
    times.disarm(7, &mut timers);
    assert_eq!(timers.next(), None);
}
