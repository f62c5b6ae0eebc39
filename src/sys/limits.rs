//! The limit on open descriptors (`getrlimit(2)`), and how many are open.

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

/// Raises the soft limit on descriptors to the hard one.
///
/// # Errors
/// What the system says.
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
mod tests {
    use super::*;

    // One test, for other tests open descriptors at the same time: only what cannot change with
    // them is claimed.
    #[test]
    fn open_descriptors_are_counted_and_the_limit_is_raised() {
        let held: Vec<_> = (0..40)
            .map(|_| std::fs::File::open("/dev/null").unwrap())
            .collect();
        assert!(descriptors_open() >= held.len());
        assert!(descriptors_probed() >= held.len());
        assert!(descriptors_max() > held.len());
        raise_descriptors().unwrap();
        let limit = getrlimit(Resource::Nofile);
        assert!(cfg!(target_vendor = "apple") || limit.current == limit.maximum);
        raise_descriptors().unwrap();
    }
}
