//! Opening a file beneath a directory, so that no path can leave it: `openat2(2)`, or a walk.
//!
//! Everything is relative to a descriptor, so a rename while it runs can change which file is
//! found, but never whether it lies beneath the root.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, fstat, openat, readlinkat};
pub use rustix::io::Errno;

/// How often an open is tried again after `EAGAIN`, a count: a racing rename makes one fail.
const RETRIES_MAX: usize = 4;

/// Symbolic links followed in one walk, a count; Linux's own limit.
const LINKS_MAX: usize = 40;

/// Directories a walk goes down, a count: it holds a descriptor for each.
const DEPTH_MAX: usize = 128;

/// Path components looked at in one walk, a count: links multiply them.
const STEPS_MAX: usize = 4096;

/// For reading, without ever blocking on a FIFO or taking a terminal.
const READ: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// A directory to go on from: search permission is enough where there is `O_PATH`.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const SEARCH: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// A directory to go on from.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const SEARCH: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// What to do with symbolic links.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Symlinks {
    /// Follow them anywhere, but not the magic ones of `/proc`, which name open files.
    Follow,
    /// Follow them while they stay beneath the root.
    #[default]
    Inside,
    /// Follow none.
    Never,
}

/// Opens any path for reading, never blocking: where a root comes from.
///
/// # Errors
/// What `open(2)` says.
pub fn open_path(path: &[u8]) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, READ, Mode::empty())?)
}

/// Opens a directory to open files beneath; where the system has `O_PATH`, it need not be
/// readable.
///
/// # Errors
/// What `open(2)` says.
pub fn open_base(path: &[u8]) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, SEARCH, Mode::empty())?)
}

/// Opens `path`, relative and without dot segments, beneath `root` for reading, never blocking.
/// An empty path is the root itself. `root_path` is the root's own absolute, resolved path, which
/// absolute links are compared with; if the root was removed, what has that path now is meant.
///
/// # Errors
/// What `open(2)` says; `EXDEV` for a link that leads outside; `ELOOP` for a link under `Never`.
pub fn open_beneath(
    root: BorrowedFd<'_>,
    root_path: &[u8],
    path: &[u8],
    symlinks: Symlinks,
) -> io::Result<OwnedFd> {
    Ok(open_with(root, root_path, path, symlinks, READ)?)
}

/// Opens a directory as [`open_beneath`] does, but only to open files beneath it: it need not be
/// readable where the system has `O_PATH`.
///
/// # Errors
/// As [`open_beneath`]; `ENOTDIR` if it is none.
pub fn search_beneath(
    root: BorrowedFd<'_>,
    root_path: &[u8],
    path: &[u8],
    symlinks: Symlinks,
) -> io::Result<OwnedFd> {
    Ok(open_with(root, root_path, path, symlinks, SEARCH)?)
}

fn open_with(
    root: BorrowedFd<'_>,
    root_path: &[u8],
    path: &[u8],
    symlinks: Symlinks,
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    let start = path
        .iter()
        .position(|&byte| byte != b'/')
        .unwrap_or(path.len());
    let path: &[u8] = if start == path.len() {
        b"."
    } else {
        &path[start..]
    };
    let answer = open_in(root, root_path, path, symlinks, flags);
    let may_be_gone = match &answer {
        Ok(_) => path == b".",
        Err(error) => *error == Errno::NOENT,
    };
    // Asked only where the answer would be a wrong one: it costs a system call.
    let again = may_be_gone.then(|| made_again(root, root_path));
    if let Some(root) = again.flatten() {
        return open_in(root.as_fd(), root_path, path, symlinks, flags);
    }
    answer
}

/// The directory that has a removed root's path now. Build tools remove what they have built, and
/// build it again.
fn made_again(root: BorrowedFd<'_>, root_path: &[u8]) -> Option<OwnedFd> {
    let is_removed = fstat(root).is_ok_and(|stat| stat.st_nlink == 0);
    if is_removed {
        return rustix::fs::open(root_path, SEARCH, Mode::empty()).ok();
    }
    None
}

fn open_in(
    root: BorrowedFd<'_>,
    root_path: &[u8],
    path: &[u8],
    symlinks: Symlinks,
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    if let Some(answer) = kernel::open(root, path, symlinks, flags) {
        // The kernel refuses every absolute link; the walk knows those that lead back inside.
        if symlinks != Symlinks::Inside || answer.as_ref().err() != Some(&Errno::XDEV) {
            return answer;
        }
    }
    match symlinks {
        Symlinks::Follow => retry(|| openat(root, path, flags, Mode::empty())),
        Symlinks::Inside | Symlinks::Never => walk_beneath(root, root_path, path, symlinks, flags),
    }
}

/// Tries again after `EINTR`, and a few times after `EAGAIN`.
fn retry(mut open: impl FnMut() -> Result<OwnedFd, Errno>) -> Result<OwnedFd, Errno> {
    let mut retries = 0;
    loop {
        match open() {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if retries < RETRIES_MAX => retries += 1,
            answer => return answer,
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod kernel {
    use super::*;
    use rustix::fs::{ResolveFlags, openat2};

    /// One `openat2(2)`; `None` where there is none. An old kernel says `ENOSYS`, a seccomp filter
    /// `EPERM`; if that was the file's own `EPERM`, the caller's next try says so again. The answer
    /// is not remembered: it costs far less than the walk that follows.
    pub(super) fn open(
        root: BorrowedFd<'_>,
        path: &[u8],
        symlinks: Symlinks,
        flags: OFlags,
    ) -> Option<Result<OwnedFd, Errno>> {
        let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let resolve = match symlinks {
            Symlinks::Follow => ResolveFlags::NO_MAGICLINKS,
            Symlinks::Inside => beneath,
            Symlinks::Never => beneath | ResolveFlags::NO_SYMLINKS,
        };
        match retry(|| openat2(root, path, flags, Mode::empty(), resolve)) {
            Err(Errno::NOSYS | Errno::PERM) => None,
            answer => Some(answer),
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod kernel {
    use super::*;

    /// No such call here.
    pub(super) fn open(
        _: BorrowedFd<'_>,
        _: &[u8],
        _: Symlinks,
        _: OFlags,
    ) -> Option<Result<OwnedFd, Errno>> {
        None
    }
}

/// What systems without `openat2(2)` do, and what decides about absolute links on those with it.
/// `ELOOP` and `ENAMETOOLONG` past the walk's own limits. `symlinks` is `Inside` or `Never`.
fn walk_beneath(
    root: BorrowedFd<'_>,
    root_path: &[u8],
    path: &[u8],
    symlinks: Symlinks,
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    Walk {
        root,
        root_path,
        symlinks,
        below: Vec::new(),
        links: 0,
    }
    .open(path, flags)
}

/// One walk, component by component, no link followed by the kernel.
struct Walk<'a> {
    root: BorrowedFd<'a>,
    root_path: &'a [u8],
    symlinks: Symlinks,
    /// The directories gone down from the root; `..` pops one, and never the root.
    below: Vec<OwnedFd>,
    links: usize,
}

impl Walk<'_> {
    fn here(&self) -> BorrowedFd<'_> {
        self.below.last().map_or(self.root, |dir| dir.as_fd())
    }

    fn open(mut self, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
        let mut rest = path.to_vec();
        let mut at = 0;
        for _ in 0..STEPS_MAX {
            let start = at + rest[at..].iter().take_while(|&&byte| byte == b'/').count();
            let slash = rest[start..].iter().position(|&byte| byte == b'/');
            let end = slash.map_or(rest.len(), |len| start + len);
            at = end;
            match &rest[start..end] {
                b"" => return self.open_one(b".", flags),
                b"." => {}
                b".." => _ = self.below.pop().ok_or(Errno::XDEV)?,
                name if slash.is_some() => match self.open_one(name, SEARCH) {
                    Ok(_) if self.below.len() == DEPTH_MAX => return Err(Errno::NAMETOOLONG),
                    Ok(dir) => self.below.push(dir),
                    Err(error) => {
                        let mut target = self.follow(name, error)?;
                        target.extend_from_slice(&rest[end..]);
                        (rest, at) = (target, 0);
                    }
                },
                name => match self.open_one(name, flags) {
                    Ok(file) => return Ok(file),
                    Err(error) => (rest, at) = (self.follow(name, error)?, 0),
                },
            }
        }
        Err(Errno::LOOP)
    }

    fn open_one(&self, name: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
        retry(|| openat(self.here(), name, flags | OFlags::NOFOLLOW, Mode::empty()))
    }

    /// The path to go on with, from [`Walk::here`], if `name` failed to open for being a link;
    /// else the error it failed with. Systems disagree about that error, so the name is asked.
    fn follow(&mut self, name: &[u8], error: Errno) -> Result<Vec<u8>, Errno> {
        if matches!(
            error,
            Errno::NOENT | Errno::ACCESS | Errno::MFILE | Errno::NFILE
        ) {
            return Err(error);
        }
        let Ok(target) = readlinkat(self.here(), name, Vec::new()) else {
            return Err(error);
        };
        if self.symlinks == Symlinks::Never || self.links == LINKS_MAX {
            return Err(Errno::LOOP);
        }
        self.links += 1;
        let target = target.into_bytes();
        if target.first() != Some(&b'/') {
            return Ok(target);
        }
        let inside = beneath(&target, self.root_path).ok_or(Errno::XDEV)?;
        self.below.clear();
        Ok(inside.to_vec())
    }
}

/// What remains of an absolute path below the directory `root_path`, if it lies there. `..` is not
/// resolved: what stands before it could be a link.
fn beneath<'p>(path: &'p [u8], root_path: &[u8]) -> Option<&'p [u8]> {
    let mut rest = path;
    for wanted in root_path
        .split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty())
    {
        loop {
            let start = rest.iter().position(|&byte| byte != b'/')?;
            let name = rest[start..].split(|&byte| byte == b'/').next()?;
            rest = &rest[start + name.len()..];
            match name {
                b"." => {}
                name if name == wanted => break,
                _ => return None,
            }
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests;
