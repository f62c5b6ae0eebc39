//! Looks for those that children lead among all processes: a slice at a time, and one search for
//! all children, so that thousands of processes hold up nobody. A peer can have a script ended as
//! often as it likes.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use slab::Slab;

use super::entry::{Seek, Supervised};
use crate::reactor::clock::later;
use crate::reactor::token::Key;
use crate::sys::process::{Leader, Member, Processes, Signal};

/// Between two slices, each of which takes a fraction of that: others are served meanwhile.
const PAUSE_TIME: Duration = Duration::from_millis(1);

/// One search through all processes at a time, for all that is wanted when it begins.
#[derive(Default)]
pub struct Hunters {
    search: Option<(Processes, Vec<Hunt>)>,
    /// When the next slice may be had.
    at: Option<Instant>,
}

/// What is wanted for one child.
struct Hunt {
    key: Key,
    leader: Leader,
    wanted: (Seek, Instant),
    lives: bool,
    is_new: bool,
}

impl Hunters {
    /// When to call [`run`](Self::run).
    pub fn next(&self, entries: &Slab<Supervised>) -> Option<Instant> {
        let seeks = entries.iter().filter_map(|(_, entry)| entry.seek);
        let first = seeks.map(|(_, since)| since).min();
        first.map(|since| self.at.map_or(since, |at| at.max(since)))
    }

    /// This child's id may soon be another's.
    pub fn forget(&mut self, key: Key) {
        if let Some((_, hunts)) = &mut self.search {
            hunts.retain(|hunt| hunt.key != key);
        }
    }

    /// Looks through one slice of the processes, if that is wanted and its time has come.
    pub fn run(&mut self, entries: &mut Slab<Supervised>, now: Instant) {
        if self.next(entries).is_none_or(|at| at > now) {
            return;
        }
        self.at = Some(later(now, PAUSE_TIME));
        let Some((mut processes, mut hunts)) = self.search.take().or_else(|| begin(entries)) else {
            // They cannot be known. Who lingers has its time; the group was sent KILL.
            for (_, entry) in entries {
                if let Some(wanted) = entry.seek {
                    entry.sought(wanted, true, false, now);
                }
            }
            return;
        };
        if let Some(members) = processes.slice() {
            for hunt in &mut hunts {
                let known = &mut entries[hunt.key].known;
                for member in &members {
                    hunt.meet(member, known, &processes);
                }
            }
            self.search = Some((processes, hunts));
            return;
        }
        for hunt in hunts {
            entries[hunt.key].sought(hunt.wanted, hunt.lives, hunt.is_new, now);
        }
    }
}

/// Begins a search for all that is wanted now.
fn begin(entries: &Slab<Supervised>) -> Option<(Processes, Vec<Hunt>)> {
    let hunt = |(key, entry): (Key, &Supervised)| {
        Some(Hunt {
            key,
            leader: Leader::of(entry.child.id()),
            wanted: entry.seek?,
            lives: false,
            is_new: false,
        })
    };
    let hunts = entries.iter().filter_map(hunt).collect();
    let sought = entries.iter().filter(|(_, entry)| entry.seek.is_some());
    let first = sought.map(|(_, entry)| entry.child.id()).min()?;
    Some((Processes::list(first)?, hunts))
}

impl Hunt {
    fn meet(&mut self, member: &Member, known: &mut HashSet<u32>, all: &Processes) {
        if !self.leader.leads(member) || self.leader.is(member) {
            return;
        }
        let signal = match self.wanted.0 {
            Seek::Alive => None,
            // Those of the group have heard it, and hear it once.
            Seek::Terminate if self.leader.is_in_group(member) => None,
            Seek::Terminate => Some(Signal::TERM),
            Seek::Kill => Some(Signal::KILL),
        };
        if let Some(signal) = signal {
            self.is_new |= known.insert(member.id);
            self.leader.signal(member, signal);
        }
        self.lives = self.lives || all.is_alive(member);
    }
}
