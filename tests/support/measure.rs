//! What a process uses, read from `/proc` (proc(5)): memory, processor time, descriptors.

use std::fs;
use std::io;

/// Resident memory of a process, in KiB.
pub fn rss_kib(pid: u32) -> u64 {
    status_kib(pid, "VmRSS:")
}

/// A line of a process's status that is an amount of memory, like its peak, `VmHWM:`, in KiB.
pub fn status_kib(pid: u32, name: &str) -> u64 {
    field_kib(&format!("/proc/{pid}/status"), name)
}

/// Memory of a process without the pages of files, in KiB.
pub fn anonymous_kib(pid: u32) -> u64 {
    field_kib(&format!("/proc/{pid}/status"), "RssAnon:")
}

/// Memory that a process alone has written to, in KiB.
pub fn private_dirty_kib(pid: u32) -> u64 {
    field_kib(&format!("/proc/{pid}/smaps_rollup"), "Private_Dirty:")
}

fn field_kib(path: &str, name: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("{path} has no {name}"));
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Processor time that a process has used, in clock ticks (hundredths of a second).
pub fn cpu_ticks(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name, in parentheses, may hold spaces; state is the first field after it.
    let after_name = &text[text.rfind(')').unwrap() + 1..];
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<u64>().unwrap();
    ticks(11) + ticks(12)
}

/// How many descriptors a process has open.
pub fn open_fds(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

/// Whether this machine has a `/proc` to measure with; prints a line where it has none.
pub fn can_measure() -> bool {
    let can = fs::metadata("/proc/self/smaps_rollup").is_ok();
    if !can {
        super::skip("no /proc here");
    }
    can
}

/// Bytes that have arrived for a socket of ours and that its owner has not read yet, by the
/// socket's own and its peer's port. `None` where that cannot be seen.
pub fn unread_bytes(own_port: u16, peer_port: u16) -> Option<u64> {
    queues(own_port, peer_port).map(|(_, unread)| unread)
}

/// Bytes on their way from one socket of this machine to another, by their ports: not yet sent,
/// not yet read.
pub fn bytes_under_way(from_port: u16, to_port: u16) -> Option<u64> {
    let (unsent, _) = queues(from_port, to_port)?;
    let (_, unread) = queues(to_port, from_port)?;
    Some(unsent + unread)
}

/// What a socket has not got rid of, and what its owner has not read, in bytes.
fn queues(own_port: u16, peer_port: u16) -> Option<(u64, u64)> {
    let text = fs::read_to_string("/proc/net/tcp").ok()?;
    let (own, peer) = (format!(":{own_port:04X}"), format!(":{peer_port:04X}"));
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if fields[1].ends_with(&own) && fields[2].ends_with(&peer) {
            let (unsent, unread) = fields[4].split_once(':')?;
            let number = |hex| u64::from_str_radix(hex, 16).ok();
            return Some((number(unsent)?, number(unread)?));
        }
    }
    None
}

/// Lets this process, and those it starts from now on, open `count` descriptors. Says whether it
/// could, and prints a line where it could not.
pub fn allow_descriptors(count: u64) -> bool {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= count) {
        return true;
    }
    limit.current = Some(count);
    let raised = setrlimit(Resource::Nofile, limit).map_err(io::Error::from);
    if let Err(error) = &raised {
        super::skip(&format!("cannot have {count} descriptors: {error}"));
    }
    raised.is_ok()
}
