//! Trees that are served: where one is, what may be opened beneath it, and why not.
//!
//! Files and scripts are found through the same look-up here. A [`Root`] is a path; a [`View`] is
//! what that path is for one request, and holds it open.

mod closed;
mod dotfiles;
mod guard;
mod landmark;
mod place;
mod refused;
#[cfg(feature = "cgi")]
mod scripts;
#[cfg(test)]
mod tests;
mod way;

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use closed::Closed;
#[cfg(feature = "cgi")]
pub(crate) use closed::is_alike;
pub(crate) use dotfiles::is_hidden;
pub use guard::Guard;
use place::Place;
pub use refused::Refused;
pub(crate) use way::Way;

use crate::http::target::UrlPath;
pub use crate::sys::file::{Kind, Stat};
use crate::sys::file::{node, stat};
use crate::sys::open::{Base, Errno, Purpose, Symlinks};

/// How often a single file is looked for again that was replaced at that moment, a count.
const TRIES_MAX: usize = 4;

/// A directory (or one file) that is served, and a policy for symbolic links. Cheap to clone.
///
/// It is a path: each look-up finds what has it then. Another directory counts only if it belongs
/// to the owner of the first, to root or to the user that this process runs as, and a link on the
/// way only if there was one at the start. While nothing has the path, the directory that was found
/// last is served on until it is removed, so renaming it stops nothing.
#[derive(Clone, Debug)]
pub struct Root {
    place: Arc<Place>,
    symlinks: Symlinks,
}

/// What a path names.
#[derive(Debug)]
#[non_exhaustive]
pub enum Opened {
    /// A regular file.
    File(File, Stat),
    /// A directory. Without read permission it cannot be listed, but files in it can be found.
    Directory(File, Stat),
}

/// What a root is at one time. It stays so for whoever holds it.
#[derive(Clone, Debug)]
pub(crate) struct View {
    ground: Arc<place::Ground>,
    symlinks: Symlinks,
}

impl Root {
    /// Opens a directory, or a single file, which is then served alone: under its own name, and as
    /// `/`. Links in `path` itself are followed, whatever the policy. A relative path means what it
    /// does now, wherever the process goes later.
    ///
    /// # Errors
    /// There is nothing at `path`, it may not be read, or it is neither a directory nor a regular
    /// file.
    pub fn open(path: &Path, symlinks: Symlinks) -> io::Result<Root> {
        let place = Arc::new(Place::open(path)?);
        Ok(Root { place, symlinks })
    }

    /// The directory's absolute path, links resolved, when it was last opened; of a single file,
    /// the directory it is in.
    pub fn path(&self) -> PathBuf {
        self.place.current().path.clone()
    }

    /// The name of the single file, if one is served alone.
    pub fn single_file(&self) -> Option<&OsStr> {
        self.place.name().filter(|_| self.place.is_single())
    }

    /// Whether one file is served alone.
    pub(crate) fn is_single_file(&self) -> bool {
        self.place.is_single()
    }

    /// Opens what a path names: one `stat(2)` of the root's path, one `openat2(2)` and one
    /// `fstat(2)` where there is the second. A path that ends in a slash names no file; one that
    /// does not may name a directory.
    ///
    /// # Errors
    /// Why not.
    pub fn find(&self, path: &UrlPath) -> Result<Opened, Refused> {
        self.find_relative(path.relative(), path.is_directory(), &Closed::default())
    }

    /// As [`Root::find`], of a path below the root, without its first and last slash.
    pub(crate) fn find_relative(
        &self,
        path: &[u8],
        is_directory: bool,
        closed: &Closed,
    ) -> Result<Opened, Refused> {
        let Some(name) = self.single_file() else {
            return self.view()?.find(path, is_directory, closed);
        };
        if !path.is_empty() && (path != name.as_bytes() || is_directory) {
            return Err(Refused::NotFound);
        }
        for _ in 0..TRIES_MAX {
            let view = self.view()?;
            let Some(single) = &view.ground.single else {
                return Err(Refused::NotFound);
            };
            let opened = view.find(&single.name, false, closed)?;
            let (Opened::File(file, _) | Opened::Directory(file, _)) = &opened;
            if single.is_still(&node(file.as_fd()).map_err(Refused::of)?) {
                return Ok(opened);
            }
        }
        Err(Refused::Busy)
    }

    /// The way to a path beneath it, to look at again. `None` where a look would not tell enough.
    pub(crate) fn way(&self, relative: &[u8]) -> Option<Way> {
        Way::new(&self.place, self.symlinks, relative)
    }

    /// The same to a path that these guards do not close: looks at it tell whether they do by then.
    pub(crate) fn way_past(&self, guards: &[Guard], relative: &[u8]) -> Option<Way> {
        if guards.is_empty() {
            return self.way(relative);
        }
        let closed = Guard::landmarks(guards, &self.place, relative)?;
        Way::past(closed, &self.place, relative)
    }

    /// Looks at what has the root's path now.
    ///
    /// # Errors
    /// Why nothing can be served.
    pub(crate) fn view(&self) -> Result<View, Refused> {
        Ok(View {
            ground: self.place.look()?,
            symlinks: self.symlinks,
        })
    }
}

impl View {
    fn base(&self) -> Base<'_> {
        Base {
            root: self.ground.fd.as_fd(),
            identity: self.ground.identity,
            symlinks: self.symlinks,
        }
    }

    /// Opens what a path below it, without its first and last slash, names. What is closed is
    /// refused, but that a directory is one.
    ///
    /// # Errors
    /// Why not.
    pub fn find(
        &self,
        path: &[u8],
        is_directory: bool,
        closed: &Closed,
    ) -> Result<Opened, Refused> {
        // A directory that may only be searched still has an index file, as in Python.
        let fd = match self.open_unless_closed(path, Purpose::Read, is_directory, closed) {
            Err(Refused::Denied) => {
                let fd = self.open_unless_closed(path, Purpose::Search, is_directory, closed);
                fd.map_err(|refused| match refused {
                    Refused::NotFound => Refused::Denied,
                    refused => refused,
                })?
            }
            answer => answer?,
        };
        let stat = stat(fd.as_fd()).map_err(|error| Refused::from(&error))?;
        match stat.kind {
            Kind::Regular if is_directory => Err(Refused::NotFound),
            Kind::Regular => Ok(Opened::File(fd.into(), stat)),
            Kind::Directory => Ok(Opened::Directory(fd.into(), stat)),
            Kind::Symlink | Kind::Special => Err(Refused::NotRegular),
        }
    }

    /// One system call where nothing is closed; else every directory on the way is compared.
    fn open_unless_closed(
        &self,
        path: &[u8],
        purpose: Purpose,
        is_directory: bool,
        closed: &Closed,
    ) -> Result<OwnedFd, Refused> {
        if closed.is_empty() {
            return Ok(self.base().open(path, purpose)?);
        }
        let (fd, ancestors) = self.base().trace(path, purpose)?;
        let node = node(fd.as_fd()).map_err(Refused::of)?;
        match closed.hides(path, &ancestors, &node, is_directory) {
            true => Err(Refused::Script),
            false => Ok(fd),
        }
    }
}

impl PartialEq for View {
    fn eq(&self, other: &View) -> bool {
        Arc::ptr_eq(&self.ground, &other.ground) && self.symlinks == other.symlinks
    }
}

impl Eq for View {}

impl From<&io::Error> for Refused {
    fn from(error: &io::Error) -> Refused {
        match (Errno::from_io_error(error), error.kind()) {
            (Some(error), _) => Refused::of(error),
            (None, io::ErrorKind::PermissionDenied) => Refused::Denied,
            (None, _) => Refused::Failed(Errno::IO.raw_os_error()),
        }
    }
}
