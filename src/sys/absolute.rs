//! Opening an absolute path with a say about the symbolic links in it.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, openat, readlinkat};

use super::file::node_in;
use super::open::{Errno, Purpose, SEARCH, retry};

/// Opens this path, never blocking. `follows` gets each name in the path that is a
/// link: where in the path the name ends, and whose the link is. It says whether the link may be
/// followed. Links that a link leads through belong to it, and nobody is told of them.
///
/// # Errors
/// What `open(2)` says; `ELOOP` for a link that may not be followed.
pub fn open_absolute(
    path: &[u8],
    purpose: Purpose,
    follows: &mut dyn FnMut(usize, u32) -> bool,
) -> Result<OwnedFd, Errno> {
    let open = |dir: &OwnedFd, name: &[u8], flags: OFlags| {
        retry(|| openat(dir, name, flags, Mode::empty()))
    };
    let mut here = retry(|| openat(CWD, "/", SEARCH, Mode::empty()))?;
    let mut end = 0;
    loop {
        let start = end + path[end..].iter().take_while(|&&byte| byte == b'/').count();
        let Some(rest) = path.get(start..).filter(|rest| !rest.is_empty()) else {
            return open(&here, b".", purpose.flags());
        };
        let len = rest.iter().position(|&byte| byte == b'/');
        end = start + len.unwrap_or(rest.len());
        let name = &path[start..end];
        let is_last = path[end..].iter().all(|&byte| byte == b'/');
        let flags = if is_last { purpose.flags() } else { SEARCH };
        let target = readlinkat(&here, name, Vec::new());
        let next = match target {
            Ok(target) => {
                if !follows(end, node_in(here.as_fd(), name)?.owner) {
                    return Err(Errno::LOOP);
                }
                open(&here, target.as_bytes(), flags)
            }
            // No link, and it must be none a moment later.
            Err(_) => open(&here, name, flags | OFlags::NOFOLLOW),
        }?;
        if is_last {
            return Ok(next);
        }
        here = next;
    }
}

#[cfg(test)]
mod tests;
