//! How a child ended, and waiting for that.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// The longest sleep between two looks at children that were sent KILL.
const NAP_TIME_MAX: Duration = Duration::from_millis(32);

/// An id as rustix has it.
pub fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
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
