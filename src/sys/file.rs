//! Facts about an open file, by `fstat(2)`, and reading at an offset, by `pread(2)`.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, FileType, fstat, statat};
use rustix::io::{Errno, pread, retry_on_intr};

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

/// Facts about a file.
#[derive(Clone, Copy, Debug)]
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
/// What the system says.
pub fn stat(file: BorrowedFd<'_>) -> io::Result<Stat> {
    Ok(facts(&retry_on_intr(|| fstat(file))?))
}

/// `fstatat(2)`, following links or not.
///
/// # Errors
/// What the system says.
pub fn stat_at(dir: BorrowedFd<'_>, name: &[u8], follow: bool) -> io::Result<Stat> {
    let flags = if follow {
        AtFlags::empty()
    } else {
        AtFlags::SYMLINK_NOFOLLOW
    };
    Ok(facts(&retry_on_intr(|| statat(dir, name, flags))?))
}

/// Which file this is, by `fstat(2)`.
///
/// # Errors
/// What the system says.
pub fn node(file: BorrowedFd<'_>) -> Result<Node, Errno> {
    Ok(node_of(&retry_on_intr(|| fstat(file))?))
}

/// Which file has this path, links followed, by `stat(2)`.
///
/// # Errors
/// What the system says.
pub fn node_at(path: &[u8]) -> Result<Node, Errno> {
    Ok(node_of(&retry_on_intr(|| rustix::fs::stat(path))?))
}

/// Which file, or which link, has this name in a directory, by `fstatat(2)`.
///
/// # Errors
/// What the system says.
pub fn node_in(dir: BorrowedFd<'_>, name: &[u8]) -> Result<Node, Errno> {
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    Ok(node_of(&retry_on_intr(|| statat(dir, name, flags))?))
}

#[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
fn node_of(stat: &rustix::fs::Stat) -> Node {
    Node {
        identity: Identity {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
        },
        kind: facts(stat).kind,
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
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let second = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(whole)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(whole)
    };
    second
        .and_then(|second| second.checked_add(Duration::from_nanos(nanoseconds.into())))
        .unwrap_or(SystemTime::UNIX_EPOCH)
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
    let mut read = || super::append(buf, len, |room| Ok(pread(file, room, offset)?.0));
    Ok(retry_on_intr(&mut read)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::os::fd::AsFd;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    #[test]
    fn stat_tells_kind_length_inode_and_mode() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), b"twelve bytes").unwrap();
        fs::set_permissions(dir.path().join("file"), PermissionsExt::from_mode(0o640)).unwrap();
        symlink("file", dir.path().join("link")).unwrap();
        let root = File::open(dir.path()).unwrap();
        let file = File::open(dir.path().join("file")).unwrap();
        let inode = file.metadata().unwrap().ino();
        let device = file.metadata().unwrap().dev();
        let got = stat(file.as_fd()).unwrap();
        assert_eq!((got.kind, got.len), (Kind::Regular, 12));
        assert_eq!((got.inode, got.mode), (inode, 0o640));
        assert_eq!(got.device, device);
        let changed = got.changed.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let (seconds, nanoseconds) = (changed.as_secs(), changed.subsec_nanos());
        let meta = file.metadata().unwrap();
        assert_eq!(
            (seconds as i64, i64::from(nanoseconds)),
            (meta.ctime(), meta.ctime_nsec())
        );
        assert_eq!(got.modified, file.metadata().unwrap().modified().unwrap());
        assert_eq!(stat(root.as_fd()).unwrap().kind, Kind::Directory);
        assert_eq!(stat_at(root.as_fd(), b"link", true).unwrap().inode, inode);
        assert_eq!(
            stat_at(root.as_fd(), b"link", false).unwrap().kind,
            Kind::Symlink
        );
        let missing = stat_at(root.as_fd(), b"missing", true).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        let null = File::open("/dev/null").unwrap();
        assert_eq!(stat(null.as_fd()).unwrap().kind, Kind::Special);
    }

    #[test]
    fn times_keep_nanoseconds_before_and_after_the_epoch() {
        let epoch = SystemTime::UNIX_EPOCH;
        for (seconds, nanoseconds, want) in [
            (0, 0, Some(epoch)),
            (1, 1, epoch.checked_add(Duration::new(1, 1))),
            (-1, 0, epoch.checked_sub(Duration::from_secs(1))),
            (-1, 999_999_999, epoch.checked_sub(Duration::from_nanos(1))),
            (
                -2,
                250_000_000,
                epoch.checked_sub(Duration::from_millis(1750)),
            ),
        ] {
            assert_eq!(
                Some(time(seconds, nanoseconds)),
                want,
                "{seconds} {nanoseconds}"
            );
        }
        let dir = tempfile::tempdir().unwrap();
        let file = File::create(dir.path().join("old")).unwrap();
        let old = epoch.checked_sub(Duration::new(5, 7)).unwrap();
        file.set_modified(old).unwrap();
        assert_eq!(stat(file.as_fd()).unwrap().modified, old);
    }

    #[test]
    fn read_at_appends_and_keeps_to_its_length() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), b"0123456789").unwrap();
        let file = File::open(dir.path().join("file")).unwrap();
        let mut buf = Vec::with_capacity(100);
        buf.extend_from_slice(b"head ");
        assert_eq!(read_at(file.as_fd(), 2, 3, &mut buf).unwrap(), 3);
        assert_eq!(buf, b"head 234");
        assert_eq!(read_at(file.as_fd(), 8, 50, &mut buf).unwrap(), 2);
        assert_eq!(buf, b"head 23489");
        assert_eq!(read_at(file.as_fd(), 10, 50, &mut buf).unwrap(), 0);
        assert_eq!(read_at(file.as_fd(), 0, 0, &mut buf).unwrap(), 0);
        let root = File::open(dir.path()).unwrap();
        assert!(read_at(root.as_fd(), 0, 5, &mut buf).is_err());
        assert_eq!(buf, b"head 23489");
    }
}
