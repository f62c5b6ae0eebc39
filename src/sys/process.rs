//! Whom this process acts as, and children with what belongs to them: their group, and the session
//! that they lead.
//!
//! A group is signalled by `killpg(2)`. Whoever has left it is found in `/proc` by its session,
//! which only its leader can leave. Without `/proc`, or elsewhere than on Linux, the group is all
//! that is reached.

mod members;

use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::thread::sleep;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};

/// Looks for members of a session that were born while it was being ended, a count.
const ROUNDS_MAX: usize = 8;

/// The longest sleep between two looks at children that were sent KILL.
const NAP_TIME_MAX: Duration = Duration::from_millis(32);

/// The number of the user that this process acts as.
pub fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

/// Sends TERM once to all of the group and the session that this child of ours leads. It must not
/// have been reaped: while it is not, nobody else has its id.
pub fn terminate_group(leader: u32) {
    let Some(leader) = pid(leader) else {
        return;
    };
    signal_group(leader, Signal::TERM);
    // Those of the group have heard it, and hear it once.
    for member in members::of(leader) {
        if !members::is_in_group(member, leader) {
            members::signal(member, leader, Signal::TERM);
        }
    }
}

/// Sends KILL to all of the group and the session that this child of ours leads, those included
/// that they start meanwhile. It must not have been reaped.
pub fn kill_group(leader: u32) {
    let Some(leader) = pid(leader) else {
        return;
    };
    let mut known = Vec::new();
    for _ in 0..ROUNDS_MAX {
        signal_group(leader, Signal::KILL);
        let before = known.len();
        for member in members::of(leader) {
            if !known.contains(&member) {
                members::signal(member, leader, Signal::KILL);
                known.push(member);
            }
        }
        if known.len() == before {
            return;
        }
    }
}

/// Whether somebody of the group or the session that this child of ours leads is still alive
/// beside it; `true` where that cannot be known.
pub fn leaves_others(leader: u32) -> bool {
    let Some(leader) = pid(leader) else {
        return false;
    };
    let members = members::of(leader);
    let mut others = members.iter().filter(|&&member| member != leader);
    // The leader itself is among them, where they can be known at all.
    members.is_empty() || others.any(|&member| members::is_alive(member))
}

fn signal_group(leader: Pid, signal: Signal) {
    let signalled = kill_process_group(leader, signal);
    // One that has just been started leads no group yet, and one of a host's may have left its own.
    // In this order: what leads none at first may do so a moment later.
    if signalled == Err(Errno::SRCH) || !members::is_in_group(leader, leader) {
        let _ = kill_process(leader, signal);
    }
}

/// How this child of ours ended, without reaping it; `None` while it runs.
pub fn peek_exit(child: u32) -> Option<ExitStatus> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let status = waitid(WaitId::Pid(pid(child)?), options).ok()??;
    // The words of wait(2): the signal in the low bits, or the exit code above them.
    let raw = match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => (code & 0xff) << 8,
        (None, Some(signal)) => signal & 0x7f,
        (None, None) => return None,
    };
    Some(ExitStatus::from_raw(raw))
}

/// Reaps children that have ended, but none of `keep`: the orphans that the first process of a
/// container is given. One of `keep` that has ended may hide others until its owner has reaped it.
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
        if keep.contains(&id) || look(libc::P_PID, id, options).is_none() {
            return;
        }
    }
}

/// Waits until `is_over`, asking often at first, for about `time` at most; returns whether it came
/// to that. For what KILL ends at once, unless the kernel holds it.
pub fn wait_until(time: Duration, mut is_over: impl FnMut() -> bool) -> bool {
    let (mut nap, mut left) = (Duration::from_micros(500), time);
    loop {
        if is_over() {
            return true;
        }
        if left.is_zero() {
            return false;
        }
        sleep(nap.min(left));
        left = left.saturating_sub(nap);
        nap = (nap * 2).min(NAP_TIME_MAX);
    }
}
