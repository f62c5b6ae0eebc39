//! Children given to the server: their exits are told, those ended that outlive their exchange, and
//! none is left a zombie. Whoever ends by itself leaves its own children alone.
//!
//! Linux tells an exit through a pidfd on the poller; elsewhere, or where that fails, the child is
//! asked on a timer that backs off. Never `waitpid(-1)`, never a SIGCHLD handler: a library must
//! not reap its host's children. A group is only signalled while its leader is not reaped, for then
//! its id cannot be another's.

mod child;
mod entry;
mod hunt;

use std::os::fd::AsRawFd;
use std::time::Instant;

use slab::Slab;

use super::clock::later;
use super::token::{self, CHILD, Key};
use crate::sys::process::{kill_sessions, wait_until};
pub use child::ChildProcess;
pub use entry::{ChildExit, END_TIME, GRACE_TIME};
use entry::{Stage, Step, Supervised};
use hunt::Hunters;

/// All adopted children.
#[derive(Default)]
pub struct Reaper {
    entries: Slab<Supervised>,
    hunters: Hunters,
    /// The server ends: nobody is waited for past KILL and [`END_TIME`].
    ending: bool,
}

impl Reaper {
    /// Takes a child, the leader of its own session or group, for the exchange of `owner`.
    pub fn adopt(
        &mut self,
        child: Box<dyn ChildProcess>,
        owner: Key,
        registry: &mio::Registry,
        now: Instant,
    ) {
        let pidfd = child.exit_descriptor().ok();
        let slot = self.entries.vacant_entry();
        let token = token::encode(slot.key(), CHILD);
        let pidfd = pidfd.filter(|fd| {
            let raw = fd.as_raw_fd();
            let mut source = mio::unix::SourceFd(&raw);
            registry
                .register(&mut source, token, mio::Interest::READABLE)
                .is_ok()
        });
        slot.insert(Supervised::new(child, owner, pidfd, now));
    }

    /// The exchange of `owner` has ended. Well: its children may end by themselves for
    /// [`GRACE_TIME`]; else those that run are sent TERM at once, with their groups.
    pub fn release(&mut self, owner: Key, well: bool, now: Instant) {
        for (_, entry) in &mut self.entries {
            if entry.owner != Some(owner) {
                continue;
            }
            entry.owner = None;
            if well && entry.stage == Stage::Owned {
                entry.stage = Stage::Released;
                entry.deadline = Some(later(now, GRACE_TIME));
            } else {
                entry.terminate(now);
            }
        }
    }

    /// The time of the children of `owner` is up: those that run are sent TERM now, with their
    /// groups, and KILL after [`GRACE_TIME`].
    pub fn terminate(&mut self, owner: Key, now: Instant) {
        for (_, entry) in &mut self.entries {
            if entry.owner == Some(owner) {
                entry.terminate(now);
            }
        }
    }

    /// The server ends: all are sent TERM now, KILL after [`END_TIME`], and are left behind after
    /// that time again.
    pub fn end(&mut self, now: Instant) {
        self.ending = true;
        for (_, entry) in &mut self.entries {
            entry.terminate(now);
            entry.hurry(now);
        }
    }

    /// Whether [`end`](Self::end) was called.
    pub fn is_ending(&self) -> bool {
        self.ending
    }

    /// A child's source is ready.
    pub fn mark(&mut self, key: Key) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.due = true;
        }
    }

    /// Whether the exchange of `owner` has a child whose exit is still to be told.
    pub fn owns(&self, owner: Key) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|(_, entry)| entry.owner == Some(owner) && entry.runs())
    }

    /// Whether no child is left.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// When to call [`run`](Self::run) although nothing was marked.
    pub fn next(&self) -> Option<Instant> {
        let polls = self
            .entries
            .iter()
            .filter_map(|(_, entry)| entry.poll.map(|poll| poll.0));
        let deadlines = self.entries.iter().filter_map(|(_, entry)| entry.deadline);
        let hunt = self.hunters.next(&self.entries);
        polls.chain(deadlines).chain(hunt).min()
    }

    /// Tells and reaps who has ended, and signals those whose time is up. Returns how many were
    /// left behind, as in [`kill_all`](Self::kill_all).
    pub fn run(
        &mut self,
        registry: &mio::Registry,
        now: Instant,
        mut exited: impl FnMut(ChildExit),
    ) -> usize {
        let keys: Vec<Key> = self.entries.iter().map(|(key, _)| key).collect();
        let mut left = 0;
        for key in keys {
            let entry = &mut self.entries[key];
            if let Some(exit) = entry.look(now) {
                exited(exit);
            }
            match entry.step(now, self.ending) {
                Step::Wait => {}
                Step::Reap => self.reap(key, registry),
                Step::GiveUp => {
                    left += 1;
                    self.hunters.forget(key);
                    // Its drop might wait.
                    std::mem::forget(self.entries.remove(key).child);
                }
            }
        }
        self.hunters.run(&mut self.entries, now);
        left
    }

    /// Frees the id of one that has ended.
    fn reap(&mut self, key: Key, registry: &mio::Registry) {
        let mut entry = self.entries.remove(key);
        self.hunters.forget(key);
        if entry.stage == Stage::Lingers {
            entry.child.kill_group();
        }
        if let Some(fd) = &entry.pidfd {
            let raw = fd.as_raw_fd();
            // An error leaves a registration that dies with its descriptor.
            let _ = registry.deregister(&mut mio::unix::SourceFd(&raw));
        }
        // It has ended: this does not wait.
        let _ = entry.child.wait();
    }

    /// Ends all at once, and reaps them. Returns how many did not end within [`END_TIME`], and are
    /// left to whoever comes after us: the kernel holds them, in a file system that hangs.
    pub fn kill_all(&mut self) -> usize {
        let mut leaders = Vec::new();
        for (_, entry) in &mut self.entries {
            if entry.kill() && entry.child.leaves_others().is_none() {
                leaders.push(entry.child.id());
            }
        }
        kill_sessions(&leaders);
        let mut entries = self.entries.iter_mut();
        // One after the other, in one time for all.
        let mut next = entries.next();
        wait_until(END_TIME, || {
            while let Some((_, entry)) = &mut next {
                if entry.child.peek_exit().is_none() {
                    return false;
                }
                next = entries.next();
            }
            true
        });
        let mut left = 0;
        for mut entry in self.entries.drain() {
            if entry.child.peek_exit().is_some() {
                let _ = entry.child.wait();
            } else {
                left += 1;
                // Its drop might wait.
                std::mem::forget(entry.child);
            }
        }
        left
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.kill_all();
    }
}

#[cfg(test)]
mod tests;
