//! The words of opening: for what, beneath what, by which policy for links, and why not.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
pub use rustix::io::Errno;

use super::file::Identity;

/// How often an open is tried again after `EAGAIN`, a count: a racing rename makes one fail.
pub(super) const RETRIES_MAX: usize = 4;

/// For reading, without ever blocking on a FIFO or taking a terminal.
const READ: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Only to say which file it is: no permission is needed, and no lease is broken.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const LOOK: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);
/// Only to say which file it is.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const LOOK: OFlags = READ;

/// A directory to go on from: search permission is enough where there is `O_PATH`.
pub const SEARCH: OFlags = LOOK.union(OFlags::DIRECTORY);

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

/// What a file is opened for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To read it.
    Read,
    /// To open what is in it: it must be a directory, and need not be readable where the system has
    /// `O_PATH`.
    Search,
    /// To know what it is. Where the system has no `O_PATH`, it must be readable.
    Look,
}

/// Why nothing was opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// A link, and the policy follows none.
    Link,
    /// Links that lead in a circle, or that are too many.
    Circle,
    /// A link, or the path, leads outside the root.
    Outside,
    /// The directories on the way keep moving.
    Changing,
    /// What the system says. `ELOOP` among these has nothing to do with links.
    System(Errno),
}

impl From<Errno> for Why {
    fn from(error: Errno) -> Why {
        Why::System(error)
    }
}

/// An open directory, which files are opened beneath.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// The directory.
    pub root: BorrowedFd<'a>,
    /// Which directory it is: absolute links that come through it lead inside.
    pub identity: Identity,
    /// What to do with links.
    pub symlinks: Symlinks,
}

impl Purpose {
    pub(super) fn flags(self) -> OFlags {
        match self {
            Purpose::Read => READ,
            Purpose::Search => SEARCH,
            Purpose::Look => LOOK,
        }
    }
}

/// Opens any path, links followed, never blocking.
///
/// # Errors
/// What `open(2)` says.
pub fn open_path(path: &[u8], purpose: Purpose) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, purpose.flags(), Mode::empty())?)
}

/// Tries again after `EINTR`, and a few times after `EAGAIN`.
pub(super) fn retry(mut open: impl FnMut() -> Result<OwnedFd, Errno>) -> Result<OwnedFd, Errno> {
    let mut retries = 0;
    loop {
        match open() {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if retries < RETRIES_MAX => retries += 1,
            answer => return answer,
        }
    }
}
