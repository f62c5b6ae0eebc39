//! One child on its way: from TERM to KILL to nothing.

use std::collections::HashSet;
use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::child::ChildProcess;
use crate::reactor::clock::later;
use crate::reactor::token::Key;

/// From the end of an exchange, or from TERM, to the next step: TERM, then KILL.
pub const GRACE_TIME: Duration = Duration::from_secs(2);

/// The same at the end of the server, from TERM to KILL and from there to whoever is left behind:
/// a container's runtime waits for ten seconds in all.
pub const END_TIME: Duration = Duration::from_secs(1);

/// The shortest and the longest time between two looks at what no event is told of.
const POLL_MIN: Duration = Duration::from_millis(1);
const POLL_MAX: Duration = Duration::from_millis(250);

/// A child that ended.
pub struct ChildExit {
    /// The connection whose exchange adopted it, if that exchange still lives.
    pub owner: Option<Key>,
    /// The id it had.
    pub pid: u32,
    /// How it ended.
    pub status: ExitStatus,
    /// Whether the server ended it.
    pub killed: bool,
}

/// How far a child is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stage {
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
    /// It ended when it was told to; those it leads have until the deadline. It stays a zombie
    /// until then.
    Lingers,
    /// It has ended, and those it leads are sent KILL until none is left, or the deadline.
    Clears,
}

/// What is wanted of those a child leads who are found among all processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seek {
    /// To know whether one is alive.
    Alive,
    /// TERM, for who has left the group.
    Terminate,
    /// KILL.
    Kill,
}

/// What to do with a child.
pub enum Step {
    Wait,
    /// It has ended.
    Reap,
    /// Not even KILL has ended it.
    GiveUp,
}

pub struct Supervised {
    pub child: Box<dyn ChildProcess>,
    pub owner: Option<Key>,
    pub pidfd: Option<OwnedFd>,
    pub stage: Stage,
    /// When the stage ends.
    pub deadline: Option<Instant>,
    /// Without a pidfd, and for others that it leads: when to ask, and how long to wait after that.
    pub poll: Option<(Instant, Duration)>,
    /// What it leads is to be looked for, from then on.
    pub seek: Option<(Seek, Instant)>,
    /// Who was found and signalled.
    pub known: HashSet<u32>,
    /// Its exit may have happened.
    pub due: bool,
}

impl Supervised {
    pub fn new(
        child: Box<dyn ChildProcess>,
        owner: Key,
        pidfd: Option<OwnedFd>,
        now: Instant,
    ) -> Supervised {
        Supervised {
            child,
            owner: Some(owner),
            poll: pidfd.is_none().then_some((now, POLL_MIN)),
            // A pidfd tells also of one that had ended when it was registered.
            due: pidfd.is_none(),
            pidfd,
            stage: Stage::Owned,
            deadline: None,
            seek: None,
            known: HashSet::new(),
        }
    }

    /// Whether its exit is still to be told.
    pub fn runs(&self) -> bool {
        use Stage::{Killed, Owned, Released, Terminated};
        matches!(self.stage, Owned | Released | Terminated | Killed)
    }

    /// Looks whether the leader has ended, if there is reason to.
    pub fn look(&mut self, now: Instant) -> Option<ChildExit> {
        if let Some((_, wait)) = self.poll.filter(|(at, _)| *at <= now) {
            self.due = true;
            self.poll = Some((later(now, wait), (wait * 2).min(POLL_MAX)));
        }
        if !std::mem::take(&mut self.due) {
            return None;
        }
        match self.stage {
            Stage::Clears => return None,
            Stage::Lingers => {
                self.look_at_others(now);
                return None;
            }
            _ => {}
        }
        let status = self.child.peek_exit()?;
        let killed = matches!(self.stage, Stage::Terminated | Stage::Killed);
        self.poll = None;
        if self.stage == Stage::Killed && self.child.leaves_others().is_none() {
            self.clear(now);
        } else if self.stage == Stage::Killed {
            self.stage = Stage::Lingers;
            self.deadline = Some(now);
        } else if killed {
            self.stage = Stage::Lingers;
            self.deadline = self.deadline.or(Some(now));
            self.poll = Some((later(now, POLL_MIN), POLL_MIN));
            self.look_at_others(now);
        } else {
            self.deadline = Some(now);
            self.stage = Stage::Left;
        }
        Some(ChildExit {
            owner: self.owner,
            pid: self.child.id(),
            status,
            killed,
        })
    }

    /// Looks whether others that it leads are alive. If none is, its time is over.
    fn look_at_others(&mut self, now: Instant) {
        match self.child.leaves_others() {
            Some(true) => {}
            Some(false) => self.deadline = Some(now),
            None if self.seek.is_none() => self.seek = Some((Seek::Alive, now)),
            None => {}
        }
    }

    /// All processes were looked through for what was wanted then: whether one that it leads is
    /// alive, and whether one was found that was not known.
    pub fn sought(&mut self, wanted: (Seek, Instant), lives: bool, is_new: bool, now: Instant) {
        // What was begun before something else was wanted is no answer to that.
        if self.seek != Some(wanted) {
            return;
        }
        self.seek = None;
        match self.stage {
            Stage::Killed | Stage::Clears if is_new => self.seek = Some((Seek::Kill, now)),
            Stage::Clears => self.deadline = Some(now),
            Stage::Lingers if !lives => {
                self.stage = Stage::Clears;
                self.deadline = Some(now);
            }
            _ => {}
        }
    }

    /// Takes the next step if its time has come.
    pub fn step(&mut self, now: Instant, ending: bool) -> Step {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return Step::Wait;
        }
        match self.stage {
            Stage::Owned => self.deadline = None,
            Stage::Left | Stage::Clears => return Step::Reap,
            // Its group is all that it leads, and goes with it.
            Stage::Lingers if self.child.leaves_others().is_some() => return Step::Reap,
            Stage::Lingers => self.clear(now),
            Stage::Released => self.terminate(now),
            Stage::Killed if ending => return Step::GiveUp,
            Stage::Terminated | Stage::Killed => {
                self.kill();
                self.seek(Seek::Kill, now);
                let time = if ending { END_TIME } else { GRACE_TIME };
                self.deadline = Some(later(now, time));
            }
        }
        Step::Wait
    }

    /// Sends TERM to one that runs.
    pub fn terminate(&mut self, now: Instant) {
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
        self.seek(Seek::Terminate, now);
    }

    /// The server ends: what the present stage waits for has so long.
    pub fn hurry(&mut self, now: Instant) {
        let end = later(now, END_TIME);
        self.deadline = Some(self.deadline.map_or(end, |deadline| deadline.min(end)));
    }

    /// Sends KILL to one that runs, and to what is left of one that was told to end; returns
    /// whether it was sent.
    pub fn kill(&mut self) -> bool {
        if matches!(self.stage, Stage::Owned | Stage::Released) && self.has_ended() {
            return false;
        }
        if self.stage == Stage::Left {
            return false;
        }
        self.child.kill_group();
        if !matches!(self.stage, Stage::Lingers | Stage::Clears) {
            self.stage = Stage::Killed;
        }
        true
    }

    /// It has ended: sends KILL to all that it leads, and then it can be reaped.
    fn clear(&mut self, now: Instant) {
        self.stage = Stage::Clears;
        self.poll = None;
        self.child.kill_group();
        self.seek(Seek::Kill, now);
        self.deadline = Some(later(now, END_TIME));
    }

    /// Has those that it leads looked for, where they can be.
    fn seek(&mut self, what: Seek, now: Instant) {
        if self.child.leaves_others().is_none() {
            self.seek = Some((what, now));
            self.known.clear();
        }
    }

    /// Whether it has ended by itself, and is to be looked at: what it leaves is left alone.
    fn has_ended(&mut self) -> bool {
        let has_ended = self.child.peek_exit().is_some();
        self.due |= has_ended;
        has_ended
    }
}
