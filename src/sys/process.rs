//! Process groups of children: signalled by `killpg(2)`, looked at by `waitid(2)`.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

/// Sends TERM to the group that this child of ours leads. It must not have been reaped.
pub fn terminate_group(leader: u32) {
    signal_group(leader, Signal::TERM);
}

/// Sends KILL to the group that this child of ours leads. It must not have been reaped.
pub fn kill_group(leader: u32) {
    signal_group(leader, Signal::KILL);
}

fn signal_group(leader: u32, signal: Signal) {
    if let Some(pid) = pid(leader) {
        // A group whose members are all gone gives ESRCH: that is what was wanted.
        let _ = kill_process_group(pid, signal);
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
