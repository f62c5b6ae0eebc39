//! An open directory and what is in it.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::files::listing::{Budget, STATS_PER_LINK, TargetStat, name_in_html};
use crate::http::limits::DIRECTORY_ENTRIES_MAX;
use crate::http::target::encode_segment;
use crate::sys::directory::Directory;
use crate::sys::file::{Kind, Stat, stat_at};

/// How many names are read before they are counted, a count.
const STEP_ENTRIES: usize = 256;

/// What the entries of a directory take at most, in bytes: the vector of names doubles, and the
/// last read may bring more than are allowed.
pub const ENTRIES_BYTES: usize = {
    const NAME_BYTES_MAX: usize = 255;
    const READ_ENTRIES_MAX: usize = 341;
    let each = NAME_BYTES_MAX + 2 * size_of::<Vec<u8>>() + size_of::<DirectoryEntry>();
    (DIRECTORY_ENTRIES_MAX + STEP_ENTRIES + READ_ENTRIES_MAX) * each
};

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

impl DirectoryEntry {
    /// Whether it is a directory, as far as is known.
    pub fn is_directory(&self) -> bool {
        self.stat.is_some_and(|stat| stat.kind == Kind::Directory)
    }

    /// A reference to it from the page of its directory, all of it safe in HTML and in JSON: its
    /// bytes encoded, and a slash behind a directory.
    pub fn href(&self) -> String {
        let mut href = String::new();
        encode_segment(self.name.as_bytes(), &mut href);
        if self.is_directory() {
            href.push('/');
        }
        href
    }

    /// Its name for the text of a page in HTML: escaped, what is not UTF-8 replaced, and on one
    /// line. It is not for attributes, where quotes count.
    pub fn name_in_html(&self) -> String {
        let mut html = Vec::new();
        name_in_html(self.name.as_bytes(), &mut html);
        String::from_utf8_lossy(&html).into_owned()
    }
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
    /// each entry, and holds the thread meanwhile: a [page of one's
    /// own](super::FileServerBuilder::listing_page) is given them when they were read in steps.
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
        let mut entries = Entries::of(self, |_| false, None);
        while !entries.step()? {}
        Ok(entries.found)
    }
}

/// The entries of a directory, read and looked at in steps, none longer than a millisecond or so.
pub struct Entries {
    directory: Directory,
    hides: fn(&[u8]) -> bool,
    /// What is told of links: what they lead to, or, without this, they themselves.
    target: Option<TargetStat>,
    has_more: bool,
    /// Those that were not looked at; when all are read, the first is the last.
    names: Vec<Vec<u8>>,
    /// Those that were.
    pub found: Vec<DirectoryEntry>,
}

impl Entries {
    /// None yet of those that are not hidden.
    pub fn of(dir: OpenDir, hides: fn(&[u8]) -> bool, target: Option<TargetStat>) -> Entries {
        Entries {
            directory: Directory::new(dir.dir),
            hides,
            target,
            has_more: true,
            names: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Goes on with them. Returns whether all are found.
    ///
    /// # Errors
    /// Those of [`OpenDir::entries`].
    pub fn step(&mut self) -> io::Result<bool> {
        if self.has_more {
            let (names, hides) = (&mut self.names, self.hides);
            self.has_more = self.directory.read(STEP_ENTRIES, &mut |name, _| {
                if !hides(name) {
                    names.push(name.to_vec());
                }
            })?;
            if self.names.len() > DIRECTORY_ENTRIES_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            if !self.has_more {
                self.names.sort_unstable_by(|one, other| other.cmp(one));
                self.found.reserve_exact(self.names.len());
            }
            return Ok(false);
        }
        let mut budget = Budget::start();
        while !budget.is_over() {
            let Some(name) = self.names.pop() else {
                break;
            };
            self.look(name, &mut budget);
        }
        Ok(self.names.is_empty())
    }

    fn look(&mut self, name: Vec<u8>, budget: &mut Budget) {
        budget.count(1);
        let stat = match (
            stat_at(self.directory.fd().as_fd(), &name, false),
            &self.target,
        ) {
            (Ok(stat), Some(target)) if stat.kind == Kind::Symlink => {
                budget.count(STATS_PER_LINK);
                target(&name)
            }
            (Ok(stat), _) => Some(stat),
            // Removed since its name was read.
            (Err(error), _) if error.kind() == io::ErrorKind::NotFound => return,
            (Err(_), _) => None,
        };
        let name = OsString::from_vec(name);
        self.found.push(DirectoryEntry { name, stat });
    }
}

#[cfg(test)]
mod tests;
