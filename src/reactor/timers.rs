//! Deadlines in order, at most one entry a connection, re-armed lazily.
//!
//! Moving a deadline later costs nothing: the old entry fires, finds the deadline moved on, and is
//! put back. So keep-alive traffic touches the tree about once a timeout, not once a request.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::clock::later;
use super::token::Key;

/// Milliseconds since the timers were made; 0 is "no entry".
pub type Tick = u64;

/// The last tick but a few, so that rounding up has room.
const TICK_MAX: Tick = Tick::MAX / 2;

/// The deadlines of all connections.
pub struct Timers {
    start: Instant,
    entries: BTreeSet<(Tick, Key)>,
}

impl Timers {
    /// No deadlines; `start` is before all that will come.
    pub fn new(start: Instant) -> Timers {
        Timers {
            start,
            entries: BTreeSet::new(),
        }
    }

    /// The first tick that is not before `at`: a timer never fires early.
    fn tick(&self, at: Instant) -> Tick {
        let since = at.saturating_duration_since(self.start);
        // Far enough for any deadline, and still a time that `start` can be moved by.
        let millis = Tick::try_from(since.as_millis())
            .unwrap_or(Tick::MAX)
            .min(TICK_MAX);
        millis + Tick::from(since.subsec_nanos() % 1_000_000 != 0) + 1
    }

    /// Makes sure that an entry of `key` fires by `deadline`. `entry` is where its entry is now.
    pub fn arm(&mut self, key: Key, entry: &mut Tick, deadline: Instant) {
        let tick = self.tick(deadline);
        if *entry != 0 {
            if *entry <= tick {
                return;
            }
            self.entries.remove(&(*entry, key));
        }
        self.entries.insert((tick, key));
        *entry = tick;
    }

    /// Takes the entry of `key` out.
    pub fn cancel(&mut self, key: Key, entry: &mut Tick) {
        if *entry != 0 {
            self.entries.remove(&(*entry, key));
            *entry = 0;
        }
    }

    /// Takes out one entry that is due. Its owner must clear the tick it holds, and arm again if
    /// its deadline has moved on.
    pub fn expire(&mut self, now: Instant) -> Option<Key> {
        let &(tick, key) = self.entries.first()?;
        if self.fires(tick) > now {
            return None;
        }
        self.entries.pop_first();
        Some(key)
    }

    /// When the first entry fires.
    pub fn next(&self) -> Option<Instant> {
        let &(tick, _) = self.entries.first()?;
        Some(self.fires(tick))
    }

    /// When an entry with this tick, which is not 0, fires.
    pub fn fires(&self, tick: Tick) -> Instant {
        later(self.start, Duration::from_millis(tick - 1))
    }

    /// Whether `key` has an entry at this tick, and no other.
    #[cfg(any(test, fuzzing))]
    pub fn has(&self, key: Key, entry: Tick) -> bool {
        let mut own = self.entries.iter().filter(|(_, other)| *other == key);
        own.next() == Some(&(entry, key)) && own.next().is_none()
    }

    /// Entries, a count.
    #[cfg(any(test, fuzzing))]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Keys in the order in which their entries fire.
    #[cfg(any(test, fuzzing))]
    pub fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        self.entries.iter().map(|&(_, key)| key)
    }
}

#[cfg(test)]
mod tests {
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
}
