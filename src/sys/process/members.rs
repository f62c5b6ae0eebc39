//! Who belongs to the session or the group of a leader.

use rustix::process::{Pid, Signal};

#[cfg(any(target_os = "linux", target_os = "android"))]
use super::exit::pid;

/// A process, and what it belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its id.
    pub id: u32,
    pub(super) session: i32,
    group: i32,
}

/// A child of ours whose session, or whose group if it leads none, is meant. It must not have been
/// reaped: while it is not, nobody else has its id.
#[derive(Clone, Copy, Debug)]
pub struct Leader {
    id: i32,
    by_session: bool,
}

impl Leader {
    /// The child with this id.
    pub fn of(id: u32) -> Leader {
        let id = i32::try_from(id).unwrap_or(-1);
        let by_session = session_of(id) == id;
        Leader { id, by_session }
    }

    /// Whether it leads this process; it leads itself.
    pub fn leads(self, member: &Member) -> bool {
        let lead = match self.by_session {
            true => member.session,
            false => member.group,
        };
        lead == self.id && self.id > 0
    }

    /// Whether it is this process itself.
    pub fn is(self, member: &Member) -> bool {
        i64::from(member.id) == i64::from(self.id)
    }

    /// Whether a signal to its group reaches this process.
    pub fn is_in_group(self, member: &Member) -> bool {
        member.group == self.id
    }

    /// Sends a signal to one that it leads, unless that has ended since and another has its id.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn signal(self, member: &Member, signal: Signal) {
        use rustix::process::{PidfdFlags, kill_process, pidfd_open, pidfd_send_signal};
        let Some(pid) = pid(member.id) else {
            return;
        };
        // In this order: if the id is a member's now, then either it was so when the descriptor was
        // opened, or the descriptor is of one that has ended, which no signal reaches.
        let pidfd = pidfd_open(pid, PidfdFlags::empty());
        if !self.leads(&Member::of(pid)) {
            return;
        }
        // One that has ended is what was wanted; one that belongs to another user is out of reach.
        let _ = match pidfd {
            Ok(pidfd) => pidfd_send_signal(pidfd, signal),
            // An old kernel, or no descriptor to be had: the look was a moment ago.
            Err(_) => kill_process(pid, signal),
        };
    }

    /// Nothing: there are no members to signal.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub fn signal(self, _: &Member, _: Signal) {}
}

impl Member {
    /// What this process belongs to now.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn of(pid: Pid) -> Member {
        let id = pid.as_raw_nonzero().get();
        Member {
            id: id.unsigned_abs(),
            session: session_of(id),
            group: group_of(id),
        }
    }
}

/// rustix takes 0 for no id; but it is that of whoever came into a container from outside.
fn session_of(id: i32) -> i32 {
    // SAFETY: it only asks.
    unsafe { libc::getsid(id) }
}

fn group_of(id: i32) -> i32 {
    // SAFETY: it only asks.
    unsafe { libc::getpgid(id) }
}

/// Whether this process leads a group.
pub fn leads_group(pid: Pid) -> bool {
    let id = pid.as_raw_nonzero().get();
    group_of(id) == id
}

#[cfg(test)]
mod tests;
