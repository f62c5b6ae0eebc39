//! Who belongs to the session or the group of a leader: from `/proc`, where there is one.

use rustix::process::{Pid, Signal};

/// All members of the session that `leader` leads, or else of its group, itself among them. Empty
/// where the system does not say.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn of(leader: Pid) -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let by_session = leads_session(leader);
    let pid = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.ok()?.file_name();
        Pid::from_raw(name.to_str()?.parse().ok()?)
    };
    let all = entries.filter_map(pid);
    all.filter(|&pid| is_of(pid, leader, by_session)).collect()
}

/// Sends a signal to a member, unless it has ended since and another has its id.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn signal(member: Pid, leader: Pid, signal: Signal) {
    use rustix::process::{PidfdFlags, kill_process, pidfd_open, pidfd_send_signal};
    // In this order: if the id is a member's now, then either it was so when the descriptor was
    // opened, or the descriptor is of one that has ended, which no signal reaches.
    let pidfd = pidfd_open(member, PidfdFlags::empty());
    if !is_of(member, leader, leads_session(leader)) {
        return;
    }
    // One that has ended is what was wanted; one that belongs to another user is out of reach.
    let _ = match pidfd {
        Ok(pidfd) => pidfd_send_signal(pidfd, signal),
        // An old kernel, or no descriptor to be had: the look was a moment ago.
        Err(_) => kill_process(member, signal),
    };
}

/// Whether it runs: a zombie does not.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn is_alive(member: Pid) -> bool {
    let path = format!("/proc/{}/stat", member.as_raw_nonzero());
    let stat = std::fs::read(path).unwrap_or_default();
    // The state follows the name, which is in parentheses and may hold some (proc_pid_stat(5)).
    let end = stat.iter().rposition(|&byte| byte == b')');
    let state = end.and_then(|end| stat.get(end + 2));
    state.is_some_and(|state| !b"ZXx".contains(state))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn leads_session(leader: Pid) -> bool {
    is_of(leader, leader, true)
}

/// Nobody: this system has no such list that can be asked without more.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn of(_: Pid) -> Vec<Pid> {
    Vec::new()
}

/// Nothing: there are no members to signal.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn signal(_: Pid, _: Pid, _: Signal) {}

/// Never asked: there are no members.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn is_alive(_: Pid) -> bool {
    true
}

/// Whether it is in the session of `leader`, or in its group.
///
/// rustix takes 0 for no id; but it is that of whoever came into a container from outside.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_of(pid: Pid, leader: Pid, by_session: bool) -> bool {
    if !by_session {
        return is_in_group(pid, leader);
    }
    // SAFETY: it only asks.
    let session = unsafe { libc::getsid(pid.as_raw_nonzero().get()) };
    session == leader.as_raw_nonzero().get()
}

/// Whether it is in the group that `leader` leads.
pub fn is_in_group(pid: Pid, leader: Pid) -> bool {
    // SAFETY: it only asks.
    let group = unsafe { libc::getpgid(pid.as_raw_nonzero().get()) };
    group == leader.as_raw_nonzero().get()
}
