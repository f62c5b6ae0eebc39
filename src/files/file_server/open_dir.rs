//! An open directory and what is in it.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;

use crate::http::limits::DIRECTORY_ENTRIES_MAX;
use crate::sys::directory::Directory;
use crate::sys::file::{Stat, stat_at};

/// How many names are read before they are counted, a count.
const STEP_ENTRIES: usize = 1000;

/// An open directory.
#[derive(Debug)]
#[non_exhaustive]
pub struct OpenDir {
    /// The directory.
    pub dir: OwnedFd,
}

/// One entry of a directory, from [`OpenDir::entries`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectoryEntry {
    /// Its name, which may be any bytes but `/` and NUL: escape it before it is shown.
    pub name: OsString,
    /// What it is, of a link the link itself (`lstat(2)`); `None` where the system does not tell.
    pub stat: Option<Stat>,
}

impl From<OwnedFd> for OpenDir {
    fn from(dir: OwnedFd) -> OpenDir {
        OpenDir { dir }
    }
}

impl OpenDir {
    /// What is in it, `.` and `..` excepted, sorted by the bytes of the names: for a listing of
    /// one's own. It is read from the descriptor, so nobody can put another directory in its place.
    ///
    /// All names are given, those too that a [`FileServer`](super::FileServer) would not serve
    /// (that begin with a dot, or are closed by a [`Guard`](crate::Guard)). It takes a look at
    /// each entry, and holds the thread meanwhile: [`list`](super::FileServer::list) reads in
    /// steps instead.
    ///
    /// ```
    /// # use sprat::{FileServer, Found, Reply, Request, Response, Status};
    /// fn names(files: &FileServer, req: &Request<'_>) -> Option<Reply> {
    ///     let Found::Directory(dir) = files.find(req) else {
    ///         return None;
    ///     };
    ///     let Ok(entries) = dir.entries() else {
    ///         return Some(Response::new(Status::INTERNAL_SERVER_ERROR).into());
    ///     };
    ///     let names: Vec<_> = entries.iter().map(|entry| format!("{:?}\n", entry.name)).collect();
    ///     Some(Response::new(Status::OK).text(names.concat()).into())
    /// }
    /// ```
    ///
    /// # Errors
    /// `FileTooLarge` for more than [`DIRECTORY_ENTRIES_MAX`](crate::limits::DIRECTORY_ENTRIES_MAX)
    /// entries; `PermissionDenied` if it may be searched, but not read; those of a failed disk.
    pub fn entries(self) -> io::Result<Vec<DirectoryEntry>> {
        let mut directory = Directory::new(self.dir);
        let mut names: Vec<Vec<u8>> = Vec::new();
        loop {
            let more = directory.read(STEP_ENTRIES, &mut |name, _| names.push(name.to_vec()))?;
            if names.len() > DIRECTORY_ENTRIES_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            if !more {
                break;
            }
        }
        names.sort_unstable();
        let dir = directory.fd().as_fd();
        let looked_at = names.into_iter().filter_map(|name| {
            let stat = match stat_at(dir, &name, false) {
                Ok(stat) => Some(stat),
                // Removed since its name was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
                Err(_) => None,
            };
            let name = OsString::from_vec(name);
            Some(DirectoryEntry { name, stat })
        });
        Ok(looked_at.collect())
    }
}

#[cfg(test)]
mod tests;
