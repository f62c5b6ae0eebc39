//! Opening a file beneath a directory, so that no path can leave it: `openat2(2)`, or a walk.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

/// What to do with symbolic links.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Symlinks {
    /// Follow them anywhere.
    Follow,
    /// Follow them while they stay beneath the root.
    #[default]
    Inside,
    /// Follow none.
    Never,
}

/// Opens `path`, relative and without dot segments, beneath `root` for reading, never blocking.
/// An empty path is the root itself. `root_path` is the root's own absolute, resolved path, which
/// absolute links are compared with.
///
/// # Errors
/// What `open(2)` says; `EXDEV` for a link that leads outside; `ELOOP` for a link under `Never`.
pub fn open_beneath(
    root: BorrowedFd<'_>,
    root_path: &[u8],
    path: &[u8],
    symlinks: Symlinks,
) -> io::Result<OwnedFd> {
    let _ = (root, root_path, path, symlinks);
    Err(io::ErrorKind::Unsupported.into())
}
