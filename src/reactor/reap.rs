//! Children given to the server: their exits are told, their groups ended, none left a zombie.
//!
//! Linux tells an exit through a pidfd on the poller; elsewhere, or where that fails, the child is
//! asked on a timer that backs off. Never `waitpid(-1)`, never a SIGCHLD handler: a library must
//! not reap its host's children. A group is always signalled before its leader is reaped, for while
//! the zombie exists its id cannot be used again.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use slab::Slab;

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
}

const POLL_MIN: Duration = Duration::from_millis(1);
const POLL_MAX: Duration = Duration::from_millis(250);

/// What was last done to end a group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its exchange lives, and so does it.
    Owned,
    /// Its leader ended and was told; the rest of the group has until the deadline, for it may
    /// still hold the output open. The leader stays a zombie until then.
    Exited,
    /// Its exchange has ended well: it may end by itself until the deadline.
    Released,
    /// TERM was sent.
    Terminated,
    /// KILL was sent.
    Killed,
}

struct Entry {
    child: Box<dyn ChildProcess>,
    owner: Option<Key>,
    pidfd: Option<OwnedFd>,
    stage: Stage,
    /// When the stage ends.
    deadline: Option<Instant>,
    /// Without a pidfd: when to ask, and how long to wait after that.
    poll: Option<(Instant, Duration)>,
    /// Its exit may have happened.
    due: bool,
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
    /// [`GRACE_TIME`]; else their groups are sent TERM at once.
    pub fn release(&mut self, owner: Key, well: bool, now: Instant) {
        for (_, entry) in &mut self.entries {
            if entry.owner != Some(owner) {
                continue;
            }
            if !mutant!("child_keeps_owner") {
                entry.owner = None;
            }
            entry.deadline = Some(now + GRACE_TIME);
            if entry.stage == Stage::Exited {
                entry.deadline = Some(now);
            } else if well {
                entry.stage = Stage::Released;
            } else {
                entry.child.terminate_group();
                entry.stage = Stage::Terminated;
            }
        }
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

    /// Tells and reaps who has ended, and signals those whose time is up.
    pub fn run(&mut self, registry: &mio::Registry, now: Instant, mut exited: impl FnMut(Exit)) {
        let keys: Vec<Key> = self.entries.iter().map(|(key, _)| key).collect();
        for key in keys {
            let entry = &mut self.entries[key];
            if let Some(exit) = entry.look(now) {
                exited(exit);
            }
            if entry.step(now) {
                self.reap(key, registry);
            }
        }
    }

    /// Ends what is left of a group whose leader is a zombie, then frees its id.
    fn reap(&mut self, key: Key, registry: &mio::Registry) {
        let mut entry = self.entries.remove(key);
        if !mutant!("group_not_killed") {
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
            entry.child.kill_group();
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
            self.poll = Some((now + wait, (wait * 2).min(POLL_MAX)));
        }
        if self.stage == Stage::Exited || !std::mem::take(&mut self.due) {
            return None;
        }
        let status = self.child.peek_exit()?;
        let killed = matches!(self.stage, Stage::Terminated | Stage::Killed);
        self.stage = Stage::Exited;
        self.poll = None;
        let grace = if self.owner.is_some() {
            GRACE_TIME
        } else {
            Duration::ZERO
        };
        self.deadline = Some(now + grace);
        Some(Exit {
            owner: self.owner,
            pid: self.child.id(),
            status,
            killed,
        })
    }

    /// Takes the next step if its time has come; returns whether the leader is to be reaped.
    fn step(&mut self, now: Instant) -> bool {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return false;
        }
        self.deadline = Some(now + GRACE_TIME);
        match self.stage {
            Stage::Owned => self.deadline = None,
            Stage::Exited => return true,
            Stage::Released => {
                self.child.terminate_group();
                self.stage = Stage::Terminated;
            }
            Stage::Terminated | Stage::Killed if mutant!("only_terminated") => {}
            Stage::Terminated | Stage::Killed => {
                self.child.kill_group();
                self.stage = Stage::Killed;
            }
        }
        false
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.kill_all();
    }
}
