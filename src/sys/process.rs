//! The user that this process acts as, and its children: signals to their groups and to the
//! sessions that they lead, and their ends.
//!
//! A group is signalled by `killpg(2)`. Whoever has left it is found by its session, which only its
//! leader can leave. Elsewhere than on Linux the group is all that is reached.

mod exit;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod list;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "process/no_list.rs"]
mod list;
mod members;

use std::collections::HashSet;
use std::mem::MaybeUninit;

use rustix::io::Errno;
pub use rustix::process::Signal;
use rustix::process::{kill_process, kill_process_group};

pub use exit::{peek_exit, pid, wait_until};
pub use list::Processes;
pub use members::{Leader, Member};

/// Looks for members of sessions that were born while they were being ended, a count.
const ROUNDS_MAX: usize = 8;

/// The number of the user that this process acts as.
pub fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Sends TERM to the group that this child of ours leads, and to itself. It must not have been
/// reaped: while it is not, nobody else has its id.
pub fn terminate_group(leader: u32) {
    signal_group(leader, Signal::TERM);
}

/// Sends KILL to the group that this child of ours leads, and to itself. It must not have been
/// reaped.
pub fn kill_group(leader: u32) {
    signal_group(leader, Signal::KILL);
}

/// Sends KILL to all of the groups and the sessions that these children of ours lead, also to those
/// that they start meanwhile. They must not have been reaped. It takes milliseconds where there are
/// thousands of processes.
pub fn kill_sessions(leaders: &[u32]) {
    let mut known = HashSet::new();
    let Some(&first) = leaders.iter().min() else {
        return;
    };
    for _ in 0..ROUNDS_MAX {
        leaders.iter().for_each(|&leader| kill_group(leader));
        let before = known.len();
        let led: Vec<Leader> = leaders.iter().map(|&leader| Leader::of(leader)).collect();
        let Some(mut processes) = Processes::list(first) else {
            return;
        };
        while let Some(members) = processes.slice() {
            for member in &members {
                if let Some(leader) = led.iter().find(|leader| leader.leads(member)) {
                    leader.signal(member, Signal::KILL);
                    known.insert(member.id);
                }
            }
        }
        if known.len() == before {
            return;
        }
    }
}

fn signal_group(leader: u32, signal: Signal) {
    let Some(leader) = pid(leader) else {
        return;
    };
    let signalled = kill_process_group(leader, signal);
    // One that has just been started leads no group yet, and one of a host's may have left its own.
    // In this order: what leads none at first may do so a moment later.
    if signalled == Err(Errno::SRCH) || !members::leads_group(leader) {
        let _ = kill_process(leader, signal);
    }
}

/// Reaps children that have ended, but none of `keep`: the orphans that the first process of a
/// container is given. Where there is no list of children in /proc, one of `keep` that has ended
/// hides others until its owner has reaped it.
pub fn reap_all_but(keep: &[u32]) {
    let options = libc::WEXITED | libc::WNOHANG;
    let look = |kind, id: u32, options| {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: it fills `info`, or leaves its zeros, which say that there is nobody.
        unsafe {
            let answer = libc::waitid(kind, id as libc::id_t, info.as_mut_ptr(), options);
            let id = info.assume_init_ref().si_pid();
            u32::try_from(id).ok().filter(|&id| answer == 0 && id != 0)
        }
    };
    while let Some(id) = look(libc::P_ALL, 0, options | libc::WNOWAIT) {
        if keep.contains(&id) {
            // The same again and again: the others must be named (proc_tid_children(5)).
            let own = std::process::id();
            let list = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
            let list = list.unwrap_or_default();
            for id in list
                .split_ascii_whitespace()
                .filter_map(|id| id.parse().ok())
            {
                if !keep.contains(&id) {
                    look(libc::P_PID, id, options);
                }
            }
            return;
        }
        if look(libc::P_PID, id, options).is_none() {
            return;
        }
    }
}
