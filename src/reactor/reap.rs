//! Children given to the server: their exits are told, those ended that outlive their exchange, and
//! none is left a zombie. Whoever ends by itself leaves its own children alone.
//!
//! Linux tells an exit through a pidfd on the poller; elsewhere, or where that fails, the child is
//! asked on a timer that backs off. Never `waitpid(-1)`, never a SIGCHLD handler: a library must
//! not reap its host's children. A group is only signalled while its leader is not reaped, for then
//! its id cannot be another's.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use slab::Slab;

use super::clock::later;
use super::token::{self, CHILD, Key};
use crate::sys::process::wait_until;
use crate::sys::{pidfd, process};

/// From the end of an exchange, or from TERM, to the next step: TERM, then KILL.
pub const GRACE_TIME: Duration = Duration::from_secs(2);

/// How long the end of the server waits for children that were sent KILL.
pub const END_TIME: Duration = Duration::from_secs(1);

/// A process that the server supervises, the leader of its own session, or at least of its own
/// process group: [`std::process::Child`], or one that was started in another way.
///
/// What is said of its group below holds for its whole session where it leads one: on Linux for
/// members, too, that have left the group, elsewhere for the group alone.
///
/// Only [`id`](Self::id) and [`wait`](Self::wait) are asked of an implementation; the rest follows
/// from the id of a child that has not been reaped.
pub trait ChildProcess {
    /// Its process id, which is its group's, too.
    fn id(&self) -> u32;

    /// Waits for its end and reaps it. Called once, when it has ended or was killed.
    ///
    /// # Errors
    /// What `waitpid(2)` says.
    fn wait(&mut self) -> io::Result<ExitStatus>;

    /// How it ended, without reaping it; `None` while it runs.
    fn peek_exit(&mut self) -> Option<ExitStatus> {
        process::peek_exit(self.id())
    }

    /// A descriptor that is readable once it has ended (`pidfd_open(2)`).
    ///
    /// # Errors
    /// Any: then [`peek_exit`](Self::peek_exit) is asked from time to time.
    fn exit_descriptor(&self) -> io::Result<OwnedFd> {
        pidfd::open(self.id())
    }

    /// Sends TERM to its whole group.
    fn terminate_group(&mut self) {
        process::terminate_group(self.id());
    }

    /// Sends KILL to its whole group.
    fn kill_group(&mut self) {
        process::kill_group(self.id());
    }

    /// Whether others of its group are alive; `true` where that cannot be known. Asked of one that
    /// was terminated and has ended: they have their time, too.
    fn leaves_others(&mut self) -> bool {
        process::leaves_others(self.id())
    }
}

impl ChildProcess for Child {
    fn id(&self) -> u32 {
        Child::id(self)
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        Child::wait(self)
    }
}

/// One that may be any of them.
impl ChildProcess for Box<dyn ChildProcess> {
    fn id(&self) -> u32 {
        (**self).id()
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        (**self).wait()
    }

    fn peek_exit(&mut self) -> Option<ExitStatus> {
        (**self).peek_exit()
    }

    fn exit_descriptor(&self) -> io::Result<OwnedFd> {
        (**self).exit_descriptor()
    }

    fn terminate_group(&mut self) {
        (**self).terminate_group();
    }

    fn kill_group(&mut self) {
        (**self).kill_group();
    }

    fn leaves_others(&mut self) -> bool {
        (**self).leaves_others()
    }
}

const POLL_MIN: Duration = Duration::from_millis(1);
const POLL_MAX: Duration = Duration::from_millis(250);

/// How far a child is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its exchange lives, and so does it.
    Owned,
    /// Its exchange has ended well: it may end by itself until the deadline.
    Released,
    /// TERM was sent.
    Terminated,
    /// KILL was sent.
    Killed,
    /// It ended by itself and was told. What it leaves is none of ours.
    Left,
    /// It ended when it was told to; the rest of its group has until the deadline. It stays a
    /// zombie until then.
    Lingers,
}

struct Entry {
    child: Box<dyn ChildProcess>,
    owner: Option<Key>,
    pidfd: Option<OwnedFd>,
    stage: Stage,
    /// When the stage ends.
    deadline: Option<Instant>,
    /// Without a pidfd, and for others of its group: when to ask, and how long to wait after that.
    poll: Option<(Instant, Duration)>,
    /// Its exit may have happened.
    due: bool,
}

/// What to do with a child.
enum Step {
    Wait,
    /// It has ended.
    Reap,
    /// Not even KILL has ended it.
    GiveUp,
}

/// A child that ended.
pub struct Exit {
    /// The connection whose exchange adopted it, if that exchange still lives.
    pub owner: Option<Key>,
    /// The id it had.
    pub pid: u32,
    /// How it ended.
    pub status: ExitStatus,
    /// Whether the server ended it.
    pub killed: bool,
}

/// All adopted children.
#[derive(Default)]
pub struct Reaper {
    entries: Slab<Entry>,
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
        let poll = pidfd.is_none().then_some((now, POLL_MIN));
        slot.insert(Entry {
            child,
            owner: Some(owner),
            pidfd,
            stage: Stage::Owned,
            deadline: None,
            poll,
            // It may have ended before the pidfd was registered; one early look costs little.
            due: true,
        });
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

    /// The server ends: all are sent TERM now, KILL after [`GRACE_TIME`], and are left behind
    /// [`END_TIME`] after that.
    pub fn end(&mut self, now: Instant) {
        self.ending = true;
        for (_, entry) in &mut self.entries {
            entry.terminate(now);
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
        entries.any(|(_, entry)| entry.owner == Some(owner) && entry.stage == Stage::Owned)
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
        polls.chain(deadlines).min()
    }

    /// Tells and reaps who has ended, and signals those whose time is up. Returns how many were
    /// left behind, as in [`kill_all`](Self::kill_all).
    pub fn run(
        &mut self,
        registry: &mio::Registry,
        now: Instant,
        mut exited: impl FnMut(Exit),
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
                    // Its drop might wait.
                    std::mem::forget(self.entries.remove(key).child);
                }
            }
        }
        left
    }

    /// Frees the id of one that has ended; one that was told to end takes the rest of its group
    /// along.
    fn reap(&mut self, key: Key, registry: &mio::Registry) {
        let mut entry = self.entries.remove(key);
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
        for (_, entry) in &mut self.entries {
            entry.kill();
        }
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

impl Entry {
    /// Looks whether the leader has ended, if there is reason to.
    fn look(&mut self, now: Instant) -> Option<Exit> {
        if let Some((_, wait)) = self.poll.filter(|(at, _)| *at <= now) {
            self.due = true;
            self.poll = Some((later(now, wait), (wait * 2).min(POLL_MAX)));
        }
        if !std::mem::take(&mut self.due) {
            return None;
        }
        if self.stage == Stage::Lingers {
            if !self.child.leaves_others() {
                self.deadline = Some(now);
            }
            return None;
        }
        let status = self.child.peek_exit()?;
        let killed = matches!(self.stage, Stage::Terminated | Stage::Killed);
        if killed {
            let waits = self.stage == Stage::Terminated && self.child.leaves_others();
            self.poll = waits.then_some((later(now, POLL_MIN), POLL_MIN));
            self.deadline = self.deadline.filter(|_| waits).or(Some(now));
            self.stage = Stage::Lingers;
        } else {
            self.poll = None;
            self.deadline = Some(now);
            self.stage = Stage::Left;
        }
        Some(Exit {
            owner: self.owner,
            pid: self.child.id(),
            status,
            killed,
        })
    }

    /// Takes the next step if its time has come.
    fn step(&mut self, now: Instant, ending: bool) -> Step {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return Step::Wait;
        }
        match self.stage {
            Stage::Owned => self.deadline = None,
            Stage::Left | Stage::Lingers => return Step::Reap,
            Stage::Released => self.terminate(now),
            Stage::Killed if ending => return Step::GiveUp,
            Stage::Terminated | Stage::Killed => {
                self.kill();
                let time = if ending { END_TIME } else { GRACE_TIME };
                self.deadline = Some(later(now, time));
            }
        }
        Step::Wait
    }

    /// Sends TERM to one that runs.
    fn terminate(&mut self, now: Instant) {
        if !matches!(self.stage, Stage::Owned | Stage::Released) {
            return;
        }
        if self.has_ended() {
            self.deadline = Some(now);
            return;
        }
        self.child.terminate_group();
        self.stage = Stage::Terminated;
        self.deadline = Some(later(now, GRACE_TIME));
    }

    /// Sends KILL to one that runs, and to what is left of one that was told to end.
    fn kill(&mut self) {
        if matches!(self.stage, Stage::Owned | Stage::Released) && self.has_ended() {
            return;
        }
        self.child.kill_group();
        if self.stage != Stage::Lingers {
            self.stage = Stage::Killed;
        }
    }

    /// Whether it has ended by itself, and is to be looked at: what it leaves is left alone.
    fn has_ended(&mut self) -> bool {
        let has_ended = self.child.peek_exit().is_some();
        self.due |= has_ended;
        has_ended
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.kill_all();
    }
}

#[cfg(test)]
mod tests;
