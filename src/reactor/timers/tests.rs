//! Tests of `reactor::timers`.

use super::*;

/// One naive timer for each key, scanned.
struct Model {
    deadlines: Vec<Option<u64>>,
}

fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn behaves_as_a_naive_scan_over_random_sequences() {
    let start = Instant::now();
    for seed in 0..200 {
        let mut seed = seed;
        let mut timers = Timers::new(start);
        let mut model = Model {
            deadlines: vec![None; 8],
        };
        let mut entries = [0; 8];
        let mut now = 0u64;
        for _ in 0..200 {
            let key = (random(&mut seed) % 8) as usize;
            match random(&mut seed) % 4 {
                0 | 1 => {
                    let at = now + random(&mut seed) % 50;
                    model.deadlines[key] = Some(at);
                    let deadline = start + Duration::from_millis(at);
                    timers.arm(key, &mut entries[key], deadline);
                }
                2 => {
                    model.deadlines[key] = None;
                    timers.cancel(key, &mut entries[key]);
                }
                _ => {
                    now += random(&mut seed) % 30;
                    let instant = start + Duration::from_millis(now);
                    let mut fired = Vec::new();
                    while let Some(key) = timers.expire(instant) {
                        entries[key] = 0;
                        match model.deadlines[key] {
                            Some(at) if at <= now => fired.push(key),
                            Some(at) => {
                                let deadline = start + Duration::from_millis(at);
                                timers.arm(key, &mut entries[key], deadline);
                            }
                            None => {}
                        }
                    }
                    fired.sort();
                    let mut due: Vec<usize> = (0..8)
                        .filter(|&key| model.deadlines[key].is_some_and(|at| at <= now))
                        .collect();
                    due.iter().for_each(|&key| model.deadlines[key] = None);
                    due.sort();
                    assert_eq!(fired, due);
                }
            }
            let first = model.deadlines.iter().flatten().min();
            if let Some(&first) = first {
                assert!(timers.next().unwrap() <= start + Duration::from_millis(first));
            }
        }
    }
}

#[test]
fn never_fires_early() {
    let start = Instant::now();
    let mut timers = Timers::new(start);
    let (mut entry, deadline) = (0, start + Duration::from_micros(1500));
    timers.arm(3, &mut entry, deadline);
    assert_eq!(timers.expire(start + Duration::from_micros(1499)), None);
    assert!(timers.next().unwrap() >= deadline);
    assert_eq!(timers.expire(start + Duration::from_millis(2)), Some(3));
}

#[test]
fn a_deadline_in_the_far_future_does_not_fire_now() {
    let start = Instant::now();
    for seconds in [
        u64::MAX / 1000 - 1,
        u64::MAX / 1000 + 1,
        i64::MAX as u64 / 2,
    ] {
        let Some(deadline) = start.checked_add(Duration::from_secs(seconds)) else {
            continue; // the clock ends before
        };
        let (mut timers, mut entry) = (Timers::new(start), 0);
        timers.arm(1, &mut entry, deadline);
        assert_eq!(timers.expire(start + Duration::from_secs(3600)), None);
        assert!(timers.next() > Some(start + Duration::from_secs(3600)));
    }
}
