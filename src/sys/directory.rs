//! Reading a directory in steps, by `getdents64(2)` or `readdir(3)`.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use super::file::{Kind, node};

/// An open directory and how far it was read.
pub struct Directory {
    fd: OwnedFd,
    reader: reader::Reader,
}

impl Directory {
    /// Starts reading a directory.
    pub fn new(fd: OwnedFd) -> Directory {
        Directory {
            fd,
            reader: reader::Reader::default(),
        }
    }

    /// The descriptor, for `stat_at`.
    pub fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// Calls `each` for at most about `entries_max` entries, `.` and `..` excepted; `None` where
    /// the file system does not say the kind. Returns whether there are more.
    ///
    /// # Errors
    /// `PermissionDenied` if the directory was opened only for searching; `EIO` or `ESTALE` of a
    /// failed disk.
    pub fn read(
        &mut self,
        entries_max: usize,
        each: &mut dyn FnMut(&[u8], Option<Kind>),
    ) -> io::Result<bool> {
        self.reader.read(&self.fd, entries_max, &mut |name, kind| {
            if !matches!(name, b"." | b"..") {
                each(name, kind);
            }
        })
    }
}

/// Whether a directory was removed. Its count of names says so on few file systems; the system
/// itself reads no directory that is dead.
pub fn is_removed(dir: BorrowedFd<'_>) -> bool {
    match node(dir) {
        Ok(node) => node.links == 0 || reader::is_dead(dir),
        Err(_) => true,
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod reader {
    use super::{Kind, io};
    use rustix::fs::RawDir;
    use rustix::io::Errno;
    use std::os::fd::{BorrowedFd, OwnedFd};

    /// Bytes asked for in one call: about 250 entries with names of ten bytes, and room for a name
    /// of any length.
    const BUFFER_BYTES: usize = 8 * 1024;

    /// Whether reading it says that it is gone. What is open only for searching is not read.
    pub(super) fn is_dead(fd: BorrowedFd<'_>) -> bool {
        let mut buffer = Vec::with_capacity(BUFFER_BYTES);
        let mut entries = RawDir::new(fd, buffer.spare_capacity_mut());
        matches!(entries.next(), Some(Err(Errno::NOENT | Errno::STALE)))
    }

    #[derive(Default)]
    pub(super) struct Reader {
        buffer: Vec<u8>,
    }

    impl Reader {
        /// Whole calls' worth of entries, the kernel keeping the position: as many calls as fit,
        /// and at least one.
        pub(super) fn read(
            &mut self,
            fd: &OwnedFd,
            entries_max: usize,
            each: &mut dyn FnMut(&[u8], Option<Kind>),
        ) -> io::Result<bool> {
            self.buffer.reserve_exact(BUFFER_BYTES);
            let mut entries = RawDir::new(fd, self.buffer.spare_capacity_mut());
            let (mut count, mut count_before) = (0, 0);
            loop {
                match entries.next() {
                    Some(Ok(entry)) => {
                        let kind = Kind::from_file_type(entry.file_type());
                        each(entry.file_name().to_bytes(), kind);
                        count += 1;
                    }
                    Some(Err(Errno::INTR)) => continue,
                    // Removed while it was read.
                    None | Some(Err(Errno::NOENT)) => return Ok(false),
                    Some(Err(Errno::BADF)) => return Err(io::ErrorKind::PermissionDenied.into()),
                    Some(Err(error)) => return Err(error.into()),
                }
                if entries.is_buffer_empty() {
                    if count + (count - count_before) > entries_max {
                        return Ok(true);
                    }
                    count_before = count;
                }
            }
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod reader {
    use super::{Kind, io};
    use rustix::fs::Dir;
    use std::os::fd::{BorrowedFd, OwnedFd};

    /// The count of names tells it here.
    pub(super) fn is_dead(_: BorrowedFd<'_>) -> bool {
        false
    }

    #[derive(Default)]
    pub(super) struct Reader {
        dir: Option<Dir>,
    }

    impl Reader {
        pub(super) fn read(
            &mut self,
            fd: &OwnedFd,
            entries_max: usize,
            each: &mut dyn FnMut(&[u8], Option<Kind>),
        ) -> io::Result<bool> {
            let dir = match &mut self.dir {
                Some(dir) => dir,
                empty => empty.insert(Dir::new(fd.try_clone()?)?),
            };
            for _ in 0..entries_max.max(1) {
                let Some(entry) = dir.read() else {
                    return Ok(false);
                };
                let entry = entry?;
                each(
                    entry.file_name().to_bytes(),
                    Kind::from_file_type(entry.file_type()),
                );
            }
            Ok(true)
        }
    }
}

#[cfg(test)]
mod tests;
