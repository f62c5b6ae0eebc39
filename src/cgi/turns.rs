//! Who runs a script, who waits for one, and whose turn is next: peers in turn, and of each peer
//! the request that has waited longest. No time and no lock is in here.

use std::collections::{BTreeSet, HashMap};

use slab::Slab;

use super::limits::WAITING_MAX;
use crate::http::peer::{COUNT_BYTES, PeerKey};

/// What wakes a waiting request.
pub type CallUp = Box<dyn Fn() + Send>;

/// An entry in a tree, in bytes: a node has room for eleven of 16 bytes and holds five at least,
/// and there is a share of the nodes above it.
const ENTRY_BYTES: usize = 64;

/// The smallest tree that is not empty, in bytes, rounded up.
const TREE_BYTES: usize = 256;

/// What a peer that runs a script or waits for one takes, in bytes: its place in a list that
/// doubles while it is moved, and in the table; its own tree, and an entry in two others.
pub const PEER_BYTES: usize = 3 * size_of::<Peer>() + COUNT_BYTES + TREE_BYTES + 2 * ENTRY_BYTES;

/// All of it.
pub struct Turns {
    running: usize,
    running_max: usize,
    running_each_max: usize,
    /// Those that run a script or wait for one, and where each is.
    peers: Slab<Peer>,
    places: HashMap<PeerKey, usize>,
    /// What wakes those that wait.
    waiting: Slab<CallUp>,
    /// Whose turn comes, in order, with the number that each has drawn: those that wait, and do not
    /// run as many as they may.
    in_line: BTreeSet<(u64, usize)>,
    /// Those that wait, with the number of their requests.
    crowds: BTreeSet<(u64, usize)>,
    /// The last number that was drawn.
    drawn: u64,
}

/// A peer.
struct Peer {
    key: PeerKey,
    running: usize,
    /// Its requests that wait: the number that each has drawn, and where its waker is.
    waiting: BTreeSet<(u64, usize)>,
    /// Its entries in line and among the crowds; 0 is none.
    number: u64,
    crowd: u64,
}

/// A request's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seat {
    /// Its script may run: it is of the peer that is there.
    Runs(usize),
    /// It waits: of the peer that is there, with a number and a waker.
    Waits(usize, (u64, usize)),
    /// It has none.
    None,
}

impl Turns {
    /// So many scripts at once, and so many of one peer.
    pub fn new(running_max: usize, running_each_max: usize) -> Turns {
        Turns {
            running: 0,
            running_max,
            running_each_max,
            peers: Slab::new(),
            places: HashMap::new(),
            waiting: Slab::new(),
            in_line: BTreeSet::new(),
            crowds: BTreeSet::new(),
            drawn: 0,
        }
    }

    /// How many scripts may run at once.
    pub fn running_max(&self) -> usize {
        self.running_max
    }

    /// Whether no script runs, and nobody waits for one.
    #[cfg(any(test, fuzzing))]
    pub fn is_at_rest(&self) -> bool {
        let is_empty = self.in_line.is_empty() && self.crowds.is_empty();
        assert!(!self.peers.is_empty() || is_empty && self.places.is_empty());
        self.running == 0 && self.waiting.is_empty() && self.peers.is_empty()
    }

    fn peer(&self, key: PeerKey) -> Option<&Peer> {
        self.places.get(&key).map(|&at| &self.peers[at])
    }

    /// Whether a request of this peer would find no place: all places to wait are taken, and no
    /// other peer has so many of them that it would still have as many with one less.
    pub fn is_full_for(&self, key: PeerKey) -> bool {
        if self.may_run(key) || self.waiting.len() < WAITING_MAX {
            return false;
        }
        let own = self.peer(key).map_or(0, |peer| peer.crowd);
        let most = self.crowds.last().map_or(0, |&(most, _)| most);
        most <= own + 1
    }

    /// Whether a request of this peer would run at once: nobody's turn comes before it.
    fn may_run(&self, key: PeerKey) -> bool {
        let own = self.peer(key).map_or(0, |peer| peer.running);
        let has_place = self.running < self.running_max && own < self.running_each_max;
        has_place && self.in_line.is_empty()
    }

    /// A request of this peer comes. If no other place is left, the newest of the peer with most
    /// that wait loses its own, and is woken to find that out. What wakes is made for whoever waits
    /// only.
    pub fn enter(&mut self, key: PeerKey, wake: impl FnOnce() -> CallUp) -> Seat {
        if self.is_full_for(key) {
            return Seat::None;
        }
        let runs = self.may_run(key);
        if !runs && self.waiting.len() >= WAITING_MAX {
            self.evict();
        }
        let at = self.place_of(key);
        let place = match runs {
            true => {
                self.running += 1;
                self.peers[at].running += 1;
                Seat::Runs(at)
            }
            false => {
                let entry = (self.draw(), self.waiting.insert(wake()));
                self.peers[at].waiting.insert(entry);
                Seat::Waits(at, entry)
            }
        };
        self.settle(at);
        place
    }

    /// The place of a peer, which may be new.
    fn place_of(&mut self, key: PeerKey) -> usize {
        *self.places.entry(key).or_insert_with(|| {
            self.peers.insert(Peer {
                key,
                running: 0,
                waiting: BTreeSet::new(),
                number: 0,
                crowd: 0,
            })
        })
    }

    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    /// The newest request of the peer with most that wait has no place any more.
    fn evict(&mut self) {
        let last = self.crowds.last().map(|&(_, at)| at);
        let newest = last.and_then(|at| Some((at, self.peers[at].waiting.pop_last()?.1)));
        if let Some((at, waker)) = newest {
            self.waiting.remove(waker)();
            self.settle(at);
        }
    }

    /// The turn of a request has come, if it has: then it runs. If its place was given to another,
    /// it has none from now on.
    pub fn take_turn(&mut self, place: Seat) -> Seat {
        let Seat::Waits(at, entry) = place else {
            return place;
        };
        let peer = self.peers.get(at);
        if !peer.is_some_and(|peer| peer.waiting.contains(&entry)) {
            return Seat::None;
        }
        if self.next() != Some((at, entry)) {
            return place;
        }
        drop(self.waiting.remove(entry.1));
        self.running += 1;
        let peer = &mut self.peers[at];
        peer.waiting.remove(&entry);
        peer.running += 1;
        // For the next one it goes to the end of the line.
        self.in_line.remove(&(peer.number, at));
        peer.number = 0;
        self.settle(at);
        Seat::Runs(at)
    }

    /// Whose turn it is, if there is a place.
    fn next(&self) -> Option<(usize, (u64, usize))> {
        let (_, at) = *self.in_line.first()?;
        let entry = *self.peers[at].waiting.first()?;
        (self.running < self.running_max).then_some((at, entry))
    }

    /// Wakes whose turn it is.
    pub fn call_next(&self) {
        if let Some((_, (_, waker))) = self.next() {
            self.waiting[waker]();
        }
    }

    /// A request gives up its place.
    pub fn leave(&mut self, place: Seat) {
        let at = match place {
            Seat::None => return,
            Seat::Runs(at) => {
                self.running -= 1;
                self.peers[at].running -= 1;
                at
            }
            Seat::Waits(at, entry) => {
                // It may be another's already, and so may be that of its peer.
                let peer = self.peers.get_mut(at);
                if !peer.is_some_and(|peer| peer.waiting.remove(&entry)) {
                    return;
                }
                drop(self.waiting.remove(entry.1));
                at
            }
        };
        self.settle(at);
    }

    /// Sees to it that a peer is where it belongs, after each change to it.
    fn settle(&mut self, at: usize) {
        let peer = &mut self.peers[at];
        let crowd = peer.waiting.len() as u64;
        if peer.crowd != crowd {
            self.crowds.remove(&(peer.crowd, at));
            if crowd > 0 {
                self.crowds.insert((crowd, at));
            }
            peer.crowd = crowd;
        }
        let may_run = crowd > 0 && peer.running < self.running_each_max;
        if may_run && peer.number == 0 {
            self.drawn += 1;
            peer.number = self.drawn;
            self.in_line.insert((peer.number, at));
        } else if !may_run && peer.number > 0 {
            self.in_line.remove(&(peer.number, at));
            peer.number = 0;
        }
        if crowd == 0 && peer.running == 0 {
            self.places.remove(&peer.key);
            self.peers.remove(at);
        }
    }
}

#[cfg(test)]
mod tests;
