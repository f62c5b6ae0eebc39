//! The limits on open descriptors and memory (`getrlimit(2)`), and how much of them is used.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors tried one by one where the system has no list of them, a count. The lowest free one
/// is given out first, so those in use lie low.
const PROBES_MAX: usize = 4096;

/// Highest soft limit macOS takes where the hard one is infinite: its `OPEN_MAX`, a count.
#[cfg(target_vendor = "apple")]
const OPEN_MAX: u64 = 10_240;

/// The soft limit on descriptors, a count; `usize::MAX` if there is none.
pub fn descriptors_max() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(usize::MAX)
}

/// How many descriptors this process has open, a count.
pub fn descriptors_open() -> usize {
    // Without fdescfs, /dev/fd of the BSDs lists the first three and no more.
    let list = if cfg!(target_vendor = "apple") {
        "/dev/fd"
    } else {
        "/proc/self/fd"
    };
    match std::fs::read_dir(list) {
        // One of them is the list's own.
        Ok(entries) => entries.count().saturating_sub(1),
        Err(_) => descriptors_probed(),
    }
}

fn descriptors_probed() -> usize {
    let count = descriptors_max().min(PROBES_MAX);
    (0..count as libc::c_int)
        // SAFETY: F_GETFD only asks; a number that is no descriptor gives EBADF.
        .filter(|&fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } != -1)
        .count()
}

/// Whether this process's memory has a limit of its own.
pub fn is_memory_limited() -> bool {
    let limits = [Resource::As, Resource::Data];
    limits
        .iter()
        .any(|&limit| getrlimit(limit).current.is_some())
}

/// Whether so many bytes of memory can be had. They are asked for, and given back at once.
pub fn has_memory(bytes: usize) -> bool {
    let mut probe: Vec<u8> = Vec::new();
    let had = probe.try_reserve_exact(bytes).is_ok();
    // Or the compiler would do without.
    std::hint::black_box(&mut probe);
    had
}

/// Raises the soft limit on descriptors to the hard one.
///
/// # Errors
/// `EPERM` where a sandbox forbids it.
pub fn raise_descriptors() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let goal = limit.maximum;
    #[cfg(target_vendor = "apple")]
    let goal = Some(goal.map_or(OPEN_MAX, |hard| hard.min(OPEN_MAX)));
    // No limit at all, or more than the goal already: nothing to raise.
    if limit
        .current
        .is_none_or(|current| goal.is_some_and(|goal| goal <= current))
    {
        return Ok(());
    }
    Ok(setrlimit(
        Resource::Nofile,
        Rlimit {
            current: goal,
            maximum: limit.maximum,
        },
    )?)
}

#[cfg(test)]
mod tests;
