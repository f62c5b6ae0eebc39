//! Tests of `cgi::turns`: by hand, and against a model that looks through lists.

use std::sync::{Arc, Mutex};

use super::*;

const A: PeerKey = PeerKey::V4(1);
const B: PeerKey = PeerKey::V4(2);
const C: PeerKey = PeerKey::V6(1);
const D: PeerKey = PeerKey::Nameless;

/// Who was woken, in order.
type Woken = Arc<Mutex<Vec<u64>>>;

fn waker(id: u64, woken: &Woken) -> CallUp {
    let woken = Arc::clone(woken);
    Box::new(move || woken.lock().unwrap().push(id))
}

/// Requests of these peers for one place, which is taken; then who runs, one after the other.
fn order(each_max: usize, running: &[PeerKey], peers: &[PeerKey]) -> Vec<PeerKey> {
    let mut turns = Turns::new(running.len(), each_max);
    let quiet = || Box::new(|| {}) as CallUp;
    let mut running: Vec<_> = (running.iter())
        .map(|&key| (key, turns.enter(key, quiet)))
        .collect();
    let mut waiting: Vec<_> = (peers.iter())
        .map(|&key| (key, turns.enter(key, quiet)))
        .collect();
    let mut order = Vec::new();
    while !running.is_empty() {
        turns.leave(running.remove(0).1);
        waiting.retain_mut(|(key, place)| {
            *place = turns.take_turn(*place);
            let runs = matches!(place, Seat::Runs(_));
            if runs {
                order.push(*key);
                running.push((*key, *place));
            }
            !runs
        });
    }
    assert!(waiting.is_empty() && turns.is_at_rest());
    order
}

#[test]
fn peers_are_served_in_turn_and_a_newcomer_waits_for_one_of_each() {
    assert_eq!(
        order(9, &[A], &[A, A, A, B, B, C]),
        [A, B, C, A, B, A],
        "as they came in line"
    );
    assert_eq!(
        order(9, &[A], &[A, A, A, A, B, B, C, D]),
        [A, B, C, D, A, B, A, A]
    );
    // One that has a place, and no more requests, comes behind those who wait.
    assert_eq!(order(9, &[A, B], &[C, A, B, C]), [C, A, B, C]);
}

#[test]
fn who_runs_as_many_as_it_may_lets_others_pass() {
    assert_eq!(order(1, &[A, B], &[A, A, C, D]), [C, D, A, A]);
    assert_eq!(order(2, &[A, A], &[A, A, A, B]), [B, A, A, A]);
}

#[test]
fn a_place_is_left_free_for_others() {
    let quiet = || Box::new(|| {}) as CallUp;
    let mut turns = Turns::new(3, 1);
    let runs = |place| matches!(place, Seat::Runs(_));
    let first = turns.enter(A, quiet);
    let second = turns.enter(A, quiet);
    assert!(runs(first) && !runs(second) && !runs(turns.take_turn(second)));
    // Whoever waits for its own peer alone holds up nobody.
    let other = turns.enter(B, quiet);
    assert!(runs(other));
    turns.leave(first);
    let second = turns.take_turn(second);
    assert!(runs(second));
    turns.leave(second);
    turns.leave(other);
    assert!(turns.is_at_rest());
}

#[test]
fn the_newest_of_the_largest_crowd_gives_way_to_a_newcomer() {
    let woken = Woken::default();
    let mut turns = Turns::new(1, 2);
    let quiet = || Box::new(|| {}) as CallUp;
    let running = turns.enter(A, quiet);
    let mut places = Vec::new();
    for id in 0..WAITING_MAX as u64 {
        let key = if id < 100 { A } else { B };
        assert!(!turns.is_full_for(key));
        places.push(turns.enter(key, || waker(id, &woken)));
    }
    assert!(turns.is_full_for(A) && !turns.is_full_for(B) && !turns.is_full_for(C));
    assert_eq!(turns.enter(A, quiet), Seat::None);
    assert_eq!(woken.lock().unwrap()[..], []);
    for (key, evicted) in [(C, 99), (B, 98), (D, 97)] {
        assert!(matches!(turns.enter(key, quiet), Seat::Waits(..)));
        assert_eq!(woken.lock().unwrap().pop(), Some(evicted));
        let place = places[evicted as usize];
        assert_eq!(turns.take_turn(place), Seat::None);
        // It leaves nothing.
        turns.leave(place);
    }
    // The first of all has kept its place.
    turns.leave(running);
    assert!(matches!(turns.take_turn(places[0]), Seat::Runs(_)));
}

#[test]
fn nobody_gives_way_for_nothing() {
    let quiet = || Box::new(|| {}) as CallUp;
    let mut turns = Turns::new(1, 1);
    turns.enter(D, quiet);
    for number in 0..WAITING_MAX as u32 {
        turns.enter(PeerKey::V4(number), quiet);
    }
    // All have one, and a newcomer would have as many.
    assert_eq!(turns.enter(A, quiet), Seat::None);
    assert_eq!(turns.enter(C, quiet), Seat::None);
}

/// The same rules, in lists that are looked through.
struct Model {
    running_max: usize,
    each_max: usize,
    running: Vec<(u64, PeerKey)>,
    waiting: Vec<(u64, PeerKey)>,
    line: Vec<PeerKey>,
}

fn count(list: &[(u64, PeerKey)], key: PeerKey) -> usize {
    list.iter().filter(|(_, other)| *other == key).count()
}

impl Model {
    /// Who does not belong in line leaves it, who does and is not there joins it.
    fn line_up(&mut self, key: PeerKey) {
        let may_run = count(&self.running, key) < self.each_max;
        if !may_run || count(&self.waiting, key) == 0 {
            self.line.retain(|&other| other != key);
        } else if !self.line.contains(&key) {
            self.line.push(key);
        }
    }

    fn may_run(&self, key: PeerKey) -> bool {
        let own = count(&self.running, key);
        self.running.len() < self.running_max && own < self.each_max
    }

    fn next(&self) -> Option<u64> {
        let key = self.line.first()?;
        let mut waiting = self.waiting.iter();
        let first = waiting.find(|(_, other)| other == key)?.0;
        (self.running.len() < self.running_max).then_some(first)
    }

    /// Whose newest request may give way for one of `key`.
    fn crowded(&self, key: PeerKey) -> Vec<u64> {
        let keys = self.waiting.iter().map(|(_, key)| *key);
        let most = keys.map(|key| count(&self.waiting, key)).max().unwrap_or(0);
        if most <= count(&self.waiting, key) + 1 {
            return Vec::new();
        }
        let newest = |(at, (_, key)): (usize, &(u64, PeerKey))| {
            count(&self.waiting, *key) == most && count(&self.waiting[at + 1..], *key) == 0
        };
        let waiting = self.waiting.iter().enumerate();
        waiting
            .filter(|one| newest(*one))
            .map(|(_, (id, _))| *id)
            .collect()
    }
}

/// Numbers that look random (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

/// A request in both.
struct Both {
    id: u64,
    key: PeerKey,
    place: Seat,
}

/// Both, side by side.
struct Play {
    dice: Dice,
    turns: Turns,
    model: Model,
    woken: Woken,
    all: Vec<Both>,
    /// How often somebody gave way, and how often there was no place.
    evicted: usize,
    refused: usize,
}

impl Play {
    fn new(seed: u64) -> Play {
        let mut dice = Dice(seed);
        let (running_max, each_max) = (1 + dice.below(5), 1 + dice.below(4));
        Play {
            dice,
            turns: Turns::new(running_max, each_max),
            model: Model {
                running_max,
                each_max,
                running: Vec::new(),
                waiting: Vec::new(),
                line: Vec::new(),
            },
            woken: Woken::default(),
            all: Vec::new(),
            evicted: 0,
            refused: 0,
        }
    }

    /// A request comes.
    fn comes(&mut self, id: u64, key: PeerKey) {
        let (turns, model) = (&mut self.turns, &mut self.model);
        let is_full_for = turns.is_full_for(key);
        let place = turns.enter(key, || waker(id, &self.woken));
        let told = std::mem::take(&mut *self.woken.lock().unwrap());
        let is_full = model.waiting.len() == WAITING_MAX;
        let crowded = match is_full {
            true => model.crowded(key),
            false => Vec::new(),
        };
        if model.may_run(key) && model.line.is_empty() {
            assert!(matches!(place, Seat::Runs(_)) && !is_full_for);
            model.running.push((id, key));
            assert_eq!(told, []);
        } else if is_full && crowded.is_empty() {
            assert!(place == Seat::None && is_full_for && told.is_empty());
            self.refused += 1;
            return;
        } else {
            assert!(matches!(place, Seat::Waits(..)) && !is_full_for);
            if is_full {
                assert!(told.len() == 1 && crowded.contains(&told[0]));
                model.waiting.retain(|(other, _)| *other != told[0]);
                self.evicted += 1;
            } else {
                assert_eq!(told, []);
            }
            model.waiting.push((id, key));
        }
        self.all.push(Both { id, key, place });
    }

    /// One of those that have a place, or had one, asks whether it is its turn.
    fn asks(&mut self, at: usize) {
        let (one, model) = (&mut self.all[at], &mut self.model);
        let (id, is_next) = (one.id, model.next() == Some(one.id));
        let waits = model.waiting.iter().any(|(other, _)| *other == id);
        let runs = model.running.iter().any(|(other, _)| *other == id);
        one.place = self.turns.take_turn(one.place);
        let got = match one.place {
            Seat::Runs(_) => (true, false),
            Seat::Waits(..) => (false, true),
            Seat::None => (false, false),
        };
        assert_eq!(got, (runs || is_next, waits && !is_next));
        if is_next {
            model.waiting.retain(|(other, _)| *other != id);
            model.running.push((id, one.key));
            model.line.remove(0);
        }
    }

    /// One of them leaves.
    fn leaves(&mut self, at: usize) {
        let one = self.all.swap_remove(at);
        self.turns.leave(one.place);
        self.model.running.retain(|(other, _)| *other != one.id);
        self.model.waiting.retain(|(other, _)| *other != one.id);
    }

    /// Whose turn it is finds out.
    fn wakes(&self) {
        self.woken.lock().unwrap().clear();
        self.turns.call_next();
        let woken = self.woken.lock().unwrap().pop();
        assert_eq!(woken, self.model.next());
    }

    fn go(&mut self) {
        const OPERATIONS: u64 = 800;
        let peers = [1, 2, 3, 5, 40, 300][self.dice.below(6)];
        // How many of eight operations bring somebody.
        let crowd = 3 + self.dice.below(5);
        for id in 0..OPERATIONS {
            let key;
            if self.all.is_empty() || self.dice.below(8) < crowd {
                // Some come more often than others.
                let number = self.dice.below(peers).min(self.dice.below(peers));
                key = PeerKey::V4(number as u32);
                self.comes(id, key);
            } else {
                let at = self.dice.below(self.all.len());
                key = self.all[at].key;
                match self.dice.below(3) {
                    0 => self.leaves(at),
                    _ => self.asks(at),
                }
            }
            self.model.line_up(key);
            self.wakes();
            let (turns, model) = (&self.turns, &self.model);
            assert!(turns.peers.len() <= model.running.len() + model.waiting.len());
            assert_eq!(turns.waiting.len(), model.waiting.len());
        }
        while !self.all.is_empty() {
            self.leaves(0);
        }
        assert!(self.turns.is_at_rest(), "nothing is left");
    }
}

#[test]
fn whatever_comes_and_goes_it_is_as_in_lists_that_are_looked_through() {
    let (mut evicted, mut refused) = (0, 0);
    for seed in 0..20 {
        println!("seed {seed}");
        let mut play = Play::new(seed);
        play.go();
        evicted += play.evicted;
        refused += play.refused;
    }
    assert!(evicted > 100 && refused > 100, "{evicted} {refused}");
}
