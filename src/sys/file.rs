//! Facts about an open file, by `fstat(2)`, and reading at an offset, by `pread(2)`.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::SystemTime;

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link (only from `lstat`-like calls).
    Symlink,
    /// A FIFO, socket or device.
    Special,
}

/// Facts about a file.
#[derive(Clone, Copy, Debug)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Its length in bytes.
    pub len: u64,
    /// When its content was last modified.
    pub modified: SystemTime,
    /// Its inode number.
    pub inode: u64,
    /// Its permission bits.
    pub mode: u32,
}

/// `fstat(2)`.
///
/// # Errors
/// What the system says.
pub fn stat(file: BorrowedFd<'_>) -> io::Result<Stat> {
    let _ = file;
    Err(io::ErrorKind::Unsupported.into())
}

/// `fstatat(2)`, following links or not.
///
/// # Errors
/// What the system says.
pub fn stat_at(dir: BorrowedFd<'_>, name: &[u8], follow: bool) -> io::Result<Stat> {
    let _ = (dir, name, follow);
    Err(io::ErrorKind::Unsupported.into())
}

/// Appends up to `len` bytes at `offset` to `buf`, by `pread(2)` into its spare room; returns how
/// many.
///
/// # Errors
/// What the system says.
pub fn read_at(
    file: BorrowedFd<'_>,
    offset: u64,
    len: usize,
    buf: &mut Vec<u8>,
) -> io::Result<usize> {
    let _ = (file, offset, len, buf);
    Err(io::ErrorKind::Unsupported.into())
}
