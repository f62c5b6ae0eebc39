//! Opening a file beneath a directory, so that no path can leave it: `openat2(2)`, or a walk.
//!
//! Everything is relative to a descriptor, so a rename while it runs can change which file is
//! found, but never whether it lies beneath the root.

use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, openat};

use super::file::Identity;
use super::open::{Base, Errno, Purpose, RETRIES_MAX, Symlinks, Why, retry};
use super::walk::Walk;

/// Whether the system has links that name open files, whatever their text says (proc(5)): where the
/// kernel cannot be told to refuse them, the walk goes by their text.
const HAS_MAGIC_LINKS: bool = cfg!(any(target_os = "linux", target_os = "android"));

impl Base<'_> {
    /// Opens `path`, relative and without dot segments, beneath the root, never blocking. An empty
    /// path is the root itself.
    ///
    /// # Errors
    /// Why not.
    pub fn open(&self, path: &[u8], purpose: Purpose) -> Result<OwnedFd, Why> {
        let path = relative(path);
        // Another look where the first was too short an answer.
        let again = match kernel::open(self, path, purpose.flags()) {
            Some(Ok(fd)) => return Ok(fd),
            // The kernel refuses every absolute link; the walk knows those that lead back inside,
            // circles from other loops, and races from leases.
            Some(Err(error @ (Errno::XDEV | Errno::LOOP | Errno::AGAIN))) => Some(error),
            Some(Err(error)) => return Err(error.into()),
            None if self.symlinks == Symlinks::Follow && !HAS_MAGIC_LINKS => {
                let open = || openat(self.root, path, purpose.flags(), Mode::empty());
                match retry(open) {
                    Err(error @ (Errno::LOOP | Errno::AGAIN)) => Some(error),
                    answer => return Ok(answer?),
                }
            }
            None => None,
        };
        match (again, self.walk(path, purpose)) {
            // It was a magic link, whose text means nothing.
            (Some(Errno::LOOP), Ok(_)) if self.symlinks == Symlinks::Follow => Err(Why::Circle),
            (_, walked) => walked.map(|(fd, _)| fd),
        }
    }

    /// As [`Base::open`], but tells the directories that it lies in, too: from the root (or from
    /// `/`, where a link led outside) to the last, which is the opened one itself if it is a
    /// directory. It takes two system calls and more for each.
    ///
    /// # Errors
    /// Why not.
    pub fn trace(&self, path: &[u8], purpose: Purpose) -> Result<(OwnedFd, Vec<Identity>), Why> {
        self.walk(relative(path), purpose)
    }

    /// What systems without `openat2(2)` do, and what decides about absolute links on those with
    /// it.
    pub(super) fn walk(
        &self,
        path: &[u8],
        purpose: Purpose,
    ) -> Result<(OwnedFd, Vec<Identity>), Why> {
        let mut retries = 0;
        loop {
            match Walk::new(self).open(path, purpose) {
                Err(Why::Changing) if retries < RETRIES_MAX => retries += 1,
                answer => return answer,
            }
        }
    }
}

/// A path without its first slashes; the directory itself for an empty one.
fn relative(path: &[u8]) -> &[u8] {
    match path.iter().position(|&byte| byte != b'/') {
        Some(start) => &path[start..],
        None => b".",
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    use super::*;
    use rustix::fs::{ResolveFlags, openat2};

    /// One `openat2(2)`; `None` where there is none. An old kernel says `ENOSYS`, a seccomp filter
    /// `EPERM`; if that was the file's own `EPERM`, the caller's next try says so again. The answer
    /// is not remembered: it costs far less than the walk that follows.
    pub(super) fn open(
        base: &Base<'_>,
        path: &[u8],
        flags: OFlags,
    ) -> Option<Result<OwnedFd, Errno>> {
        let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let resolve = match base.symlinks {
            Symlinks::Follow => ResolveFlags::NO_MAGICLINKS,
            Symlinks::Inside => beneath,
            Symlinks::Never => beneath | ResolveFlags::NO_SYMLINKS,
        };
        match retry(|| openat2(base.root, path, flags, Mode::empty(), resolve)) {
            Err(Errno::NOSYS | Errno::PERM) => None,
            answer => Some(answer),
        }
    }
}

// On Android a filter ends the process for asking.
#[cfg(not(target_os = "linux"))]
mod kernel {
    use super::*;

    /// No such call here.
    pub(super) fn open(_: &Base<'_>, _: &[u8], _: OFlags) -> Option<Result<OwnedFd, Errno>> {
        None
    }
}

#[cfg(test)]
mod tests;
