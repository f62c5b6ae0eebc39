//! All processes, a slice at a time, for there may be thousands.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags, RawDir, openat, readlink};

use super::exit::{peek_exit, pid};
use super::members::Member;

/// What the kernel lists in one call, in bytes: 170 processes at most, 0.1 to 0.3 ms.
const SLICE_BYTES: usize = 4096;

/// Ids that are asked for one by one in one call, a count: 0.1 to 0.3 ms.
const SLICE_IDS: u32 = 1024;

/// Ids that are asked for from the first one on, a count.
const IDS_ABOVE_MAX: u32 = 64 * 1024;

/// The highest id, at which the system begins anew, if nothing else is set.
const IDS_BELOW_MAX: u32 = 32 * 1024;

/// All processes, in the order of their ids. One that is born while they are looked through is
/// among them unless its id is lower than what was seen already.
pub enum Processes {
    /// From `/proc`.
    Listed(OwnedFd),
    /// Where that is not there, or another namespace's, or no descriptor can be had: those that
    /// were born soon after one, for whoever it leads was.
    Asked { next: u32, end: u32, first: u32 },
}

impl Processes {
    /// Begins with the first. What is sought is led by somebody whose id is at least `first`.
    pub fn list(first: u32) -> Option<Processes> {
        Some(match open() {
            Some(list) => Processes::Listed(list),
            None => Processes::asked(first),
        })
    }

    fn asked(first: u32) -> Processes {
        let end = first.saturating_add(IDS_ABOVE_MAX);
        let next = first;
        Processes::Asked { next, end, first }
    }

    /// The next few; `None` at the end.
    pub fn slice(&mut self) -> Option<Vec<Member>> {
        match self {
            Processes::Listed(list) => listed(list),
            Processes::Asked { next, end, first } => {
                if next == end {
                    // The ids may have begun anew.
                    (*next, *end) = (1, IDS_BELOW_MAX.min(*first));
                    *first = 0;
                }
                let ids = *next..next.saturating_add(SLICE_IDS).min(*end);
                *next = ids.end.max(*next);
                let is_end = ids.is_empty();
                let members = ids.filter_map(pid).map(Member::of);
                (!is_end).then(|| members.filter(|member| member.session >= 0).collect())
            }
        }
    }

    /// Whether this one runs: a zombie does not, where that can be known.
    pub fn is_alive(&self, member: &Member) -> bool {
        if matches!(self, Processes::Asked { .. }) {
            // An orphan that the first process has not reaped yet is its child.
            return peek_exit(member.id).is_none();
        }
        let stat = std::fs::read(format!("/proc/{}/stat", member.id)).unwrap_or_default();
        // The state follows the name, which is in parentheses and may hold some
        // (proc_pid_stat(5)).
        let end = stat.iter().rposition(|&byte| byte == b')');
        let state = end.and_then(|end| stat.get(end + 2));
        state.is_some_and(|state| !b"ZXx".contains(state))
    }
}

/// The list, if it is of our own namespace.
fn open() -> Option<OwnedFd> {
    let own = readlink("/proc/self", Vec::new()).ok()?;
    if own.to_bytes() != std::process::id().to_string().as_bytes() {
        return None;
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, "/proc", flags, Mode::empty()).ok()
}

fn listed(list: &OwnedFd) -> Option<Vec<Member>> {
    let mut room = [MaybeUninit::uninit(); SLICE_BYTES];
    let mut entries = RawDir::new(list, &mut room);
    let mut members = Vec::new();
    let mut is_end = true;
    // It must be emptied, for what is left in it is lost.
    while let Some(Ok(entry)) = entries.next() {
        is_end = false;
        let name = entry.file_name().to_str().unwrap_or_default();
        members.extend(name.parse().ok().and_then(pid).map(Member::of));
        if entries.is_buffer_empty() {
            break;
        }
    }
    (!is_end).then_some(members)
}

#[cfg(test)]
mod tests;
