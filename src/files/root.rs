//! The served tree: an open directory and what may be opened beneath it.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::http::target::UrlPath;
use crate::sys::file::Stat;
use crate::sys::open::Symlinks;

/// An open directory (or one file), and a policy for symbolic links.
pub struct Root {
    symlinks: Symlinks,
}

/// What a path names.
pub enum Opened {
    /// A regular file.
    File(File, Stat),
    /// A directory.
    Directory(File, Stat),
}

/// Why nothing could be opened. All of them are 404 to the peer, but `Busy`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// No such file, or a path that goes through a file.
    NotFound,
    /// A link leads outside the root.
    Outside,
    /// A link, and none may be followed.
    Link,
    /// A FIFO, socket or device.
    NotRegular,
    /// No permission.
    Denied,
    /// Out of descriptors, or the tree keeps changing: 503.
    Busy,
}

impl Root {
    /// Opens a directory, or a single file, which is then served under its own name alone.
    ///
    /// # Errors
    /// What the system says; the directory must be readable.
    pub fn open(path: &Path, symlinks: Symlinks) -> io::Result<Root> {
        let _ = path;
        Ok(Root { symlinks })
    }

    /// Opens what a path names. The trailing slash does not matter here.
    ///
    /// # Errors
    /// Why not.
    pub fn find(&self, path: &UrlPath) -> Result<Opened, Refused> {
        let _ = (path, self.symlinks);
        Err(Refused::NotFound)
    }
}

impl Refused {
    /// The cause for the log.
    pub fn cause(self) -> &'static str {
        "not found"
    }
}
