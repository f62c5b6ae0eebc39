//! How many processors there are for this program.

use std::fs;
use std::path::Path;

/// Where Linux has its control groups.
const GROUPS: &str = "/sys/fs/cgroup";

/// As many as it may run on (sched_setaffinity(2)), but no more than its control groups let it use,
/// rounded up. At least one.
pub fn usable() -> usize {
    let groups = text(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let quota = quota(Path::new(GROUPS), &groups).unwrap_or(usize::MAX);
    allowed().min(quota).max(1)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn allowed() -> usize {
    // Not by std, which rounds quotas down.
    match rustix::thread::sched_getaffinity(None) {
        Ok(set) => set.count() as usize,
        // There are more than 1,024.
        Err(rustix::io::Errno::INVAL) => usize::MAX,
        Err(_) => 1,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn allowed() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The least quota of the control group (version 2) that proc_pid_cgroup(5) names, and of those
/// around it, in processors.
fn quota(mount: &Path, groups: &str) -> Option<usize> {
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    // In a container the path may be that outside of it: then the root alone is there.
    let groups = Path::new(own).ancestors();
    groups
        .filter_map(|group| of_group(&mount.join(group)))
        .min()
}

/// A short file that the kernel makes up.
fn text(path: &Path) -> Option<String> {
    String::from_utf8(fs::read(path).ok()?).ok()
}

/// What `cpu.max` of a group says: a quota, or `max`, and its period, in microseconds.
fn of_group(group: &Path) -> Option<usize> {
    let text = text(&group.join("cpu.max"))?;
    let (quota, period) = text.trim_end().split_once(' ')?;
    let [quota, period] = [quota, period].map(|text| text.parse::<u64>().ok());
    let period = period.filter(|&period| period > 0)?;
    usize::try_from(quota?.div_ceil(period)).ok()
}

#[cfg(test)]
mod tests;
