//! Facts about an open file, by `fstat(2)`, and reading at an offset, by `pread(2)`.

use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, FileType, fstat, statat};
use rustix::io::{Errno, pread, retry_on_intr};
use rustix::path::Arg;

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
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

/// Facts about a file. Two that are equal tell that it is the same, and has not changed, as far as
/// its file system's clock can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Its length in bytes.
    pub len: u64,
    /// When its content was last modified.
    pub modified: SystemTime,
    /// When its content, its owner, its mode or its links were last changed.
    pub changed: SystemTime,
    /// The device that it is on.
    pub device: u64,
    /// Its inode number.
    pub inode: u64,
    /// Its permission bits.
    pub mode: u32,
}

/// Which file it is, whatever it is called: two names of one file have the same. While the file is
/// open nowhere, some file systems give its number to another, or it another number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// That of a file that was looked at.
    pub fn of(stat: &Stat) -> Identity {
        Identity {
            device: stat.device,
            inode: stat.inode,
        }
    }
}

#[cfg(test)]
impl Identity {
    /// One that is made up.
    pub fn made_up(inode: u64) -> Identity {
        Identity { device: 0, inode }
    }
}

/// What tells whether a file is the one that was meant, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Which file it is.
    pub identity: Identity,
    /// What it is.
    pub kind: Kind,
    /// The user that owns it.
    pub owner: u32,
    /// How many names it has; some file systems say 1 of all directories, removed ones too.
    pub links: u64,
    /// When its content, its owner, its mode or its links were last changed.
    pub changed: SystemTime,
}

impl Kind {
    /// From `d_type` or `st_mode`; `None` where it is not known.
    pub(super) fn from_file_type(file_type: FileType) -> Option<Kind> {
        match file_type {
            FileType::RegularFile => Some(Kind::Regular),
            FileType::Directory => Some(Kind::Directory),
            FileType::Symlink => Some(Kind::Symlink),
            FileType::Unknown => None,
            _ => Some(Kind::Special),
        }
    }
}

/// `fstat(2)`.
///
/// # Errors
/// `EIO` or `ESTALE` where the disk, or the server of a network disk, has failed.
pub fn stat(file: BorrowedFd<'_>) -> io::Result<Stat> {
    Ok(facts(&retry_on_intr(|| fstat(file))?))
}

/// `fstatat(2)`, following links or not.
///
/// # Errors
/// `ENOENT`, `ENOTDIR` or `ELOOP` for what is not there, `EACCES` without the right to search
/// `dir`, and those of [`stat`].
pub fn stat_at(dir: BorrowedFd<'_>, name: &[u8], follow: bool) -> io::Result<Stat> {
    let flags = if follow {
        AtFlags::empty()
    } else {
        AtFlags::SYMLINK_NOFOLLOW
    };
    Ok(facts(&retry_on_intr(|| statat(dir, name, flags))?))
}

/// `stat(2)` or `lstat(2)` of a path.
///
/// # Errors
/// Those of [`stat_at`].
pub fn stat_at_path(path: &CStr, follow: bool) -> Result<Stat, Errno> {
    let look = || match follow {
        true => rustix::fs::stat(path),
        false => rustix::fs::lstat(path),
    };
    Ok(facts(&retry_on_intr(look)?))
}

/// Which file this is, by `fstat(2)`.
///
/// # Errors
/// Those of [`stat`].
pub fn node(file: BorrowedFd<'_>) -> Result<Node, Errno> {
    Ok(node_of(&retry_on_intr(|| fstat(file))?))
}

/// Which file has this path, by `stat(2)` or `lstat(2)`.
///
/// # Errors
/// Those of [`stat_at`].
pub fn node_at(path: impl Arg + Copy, follow: bool) -> Result<Node, Errno> {
    let look = || match follow {
        true => rustix::fs::stat(path),
        false => rustix::fs::lstat(path),
    };
    Ok(node_of(&retry_on_intr(look)?))
}

/// Which file, or which link, has this name in a directory, by `fstatat(2)`.
///
/// # Errors
/// Those of [`stat_at`].
pub fn node_in(dir: BorrowedFd<'_>, name: &[u8]) -> Result<Node, Errno> {
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    Ok(node_of(&retry_on_intr(|| statat(dir, name, flags))?))
}

#[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
fn node_of(stat: &rustix::fs::Stat) -> Node {
    let facts = facts(stat);
    Node {
        identity: Identity {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
        },
        kind: facts.kind,
        changed: facts.changed,
        owner: stat.st_uid as u32,
        links: stat.st_nlink as u64,
    }
}

// The types of these fields differ between systems; where a cast changes nothing, clippy says so.
#[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
fn facts(stat: &rustix::fs::Stat) -> Stat {
    let mode = u32::from(stat.st_mode);
    Stat {
        kind: Kind::from_file_type(FileType::from_raw_mode(mode as rustix::fs::RawMode))
            .unwrap_or(Kind::Special),
        len: u64::try_from(stat.st_size).unwrap_or(0),
        modified: time(stat.st_mtime as i64, stat.st_mtime_nsec as u32),
        changed: time(stat.st_ctime as i64, stat.st_ctime_nsec as u32),
        device: stat.st_dev as u64,
        inode: stat.st_ino as u64,
        mode: mode & 0o7777,
    }
}

/// The time `seconds` and then `nanoseconds` after the epoch; before it, `seconds` is negative.
/// The epoch itself where `SystemTime` cannot hold it.
fn time(seconds: i64, nanoseconds: u32) -> SystemTime {
    let epoch = SystemTime::UNIX_EPOCH;
    let time = match u64::try_from(seconds) {
        Ok(seconds) => epoch.checked_add(Duration::new(seconds, nanoseconds)),
        Err(_) => epoch
            .checked_sub(Duration::from_secs(seconds.unsigned_abs()))
            .and_then(|second| second.checked_add(Duration::from_nanos(nanoseconds.into()))),
    };
    time.unwrap_or(epoch)
}

/// Appends up to `len` bytes at `offset` to `buf`, by `pread(2)` into its spare room; returns how
/// many.
///
/// # Errors
/// `EIO` or `ESTALE` of a failed disk, and `EISDIR` for a directory.
pub fn read_at(
    file: BorrowedFd<'_>,
    offset: u64,
    len: usize,
    buf: &mut Vec<u8>,
) -> io::Result<usize> {
    let mut read = || super::append(buf, len, |room| Ok(pread(file, room, offset)?.0));
    Ok(retry_on_intr(&mut read)?)
}

#[cfg(test)]
mod tests;
