//! The tree that scripts are run in: what a path in it is, and where a script is started.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failures::busy;
use crate::handler::Failure;
use crate::http::fault::quoted;
use crate::http::status::Status;
use crate::sys::file::{Kind, Stat, stat, stat_at};
use crate::sys::open::{Errno, Symlinks, open_beneath, search_beneath};

/// An open directory, and a policy for symbolic links. Cheap to clone.
#[derive(Clone)]
pub struct Tree(Arc<Inner>);

struct Inner {
    root: OwnedFd,
    path: PathBuf,
    symlinks: Symlinks,
}

impl Tree {
    /// The tree beneath `root`, whose absolute, resolved path is `path`.
    pub fn new(root: OwnedFd, path: PathBuf, symlinks: Symlinks) -> Tree {
        Tree(Arc::new(Inner {
            root,
            path,
            symlinks,
        }))
    }

    /// Its absolute path.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    fn open(&self, relative: &[u8]) -> io::Result<OwnedFd> {
        let Inner {
            root,
            path,
            symlinks,
        } = &*self.0;
        open_beneath(
            root.as_fd(),
            path.as_os_str().as_bytes(),
            relative,
            *symlinks,
        )
    }

    fn search(&self, relative: &[u8]) -> io::Result<OwnedFd> {
        let Inner {
            root,
            path,
            symlinks,
        } = &*self.0;
        search_beneath(
            root.as_fd(),
            path.as_os_str().as_bytes(),
            relative,
            *symlinks,
        )
    }

    /// The kind and the permission bits of a path beneath the root, links followed by the policy.
    ///
    /// # Errors
    /// What the system says; see [`Tree::refusal`].
    pub fn kind_of(&self, relative: &[u8]) -> io::Result<(Kind, u32)> {
        let stat = match self.open(relative) {
            Ok(fd) => stat(fd.as_fd())?,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                // A directory that may only be searched is passed through all the same, and a
                // program that may only be run is run.
                match self.search(relative) {
                    Ok(fd) => stat(fd.as_fd())?,
                    Err(_) => self.stat_unread(relative).map_err(|_| error)?,
                }
            }
            Err(error) => return Err(error),
        };
        Ok((stat.kind, stat.mode))
    }

    /// Looks at a regular file, no link, without opening it.
    fn stat_unread(&self, relative: &[u8]) -> io::Result<Stat> {
        let (parent, name) = split_last(relative);
        let stat = stat_at(self.search(parent)?.as_fd(), name, false)?;
        match stat.kind {
            Kind::Regular => Ok(stat),
            _ => Err(Errno::ACCESS.into()),
        }
    }

    /// Opens the directory that a script is to be started in. Whatever is renamed from then on,
    /// the script comes from there.
    ///
    /// # Errors
    /// As [`Tree::kind_of`]; `ELOOP` for what is no file any more.
    pub fn directory_of(&self, script: &[u8]) -> io::Result<OwnedFd> {
        let (parent, name) = split_last(script);
        let directory = self.search(parent)?;
        match stat_at(directory.as_fd(), name, false)?.kind {
            Kind::Regular => {}
            // The policy decides, which knows the whole path.
            Kind::Symlink if self.kind_of(script)?.0 == Kind::Regular => {}
            _ => return Err(Errno::LOOP.into()),
        }
        Ok(directory)
    }

    /// What to answer when a path beneath a CGI directory cannot be opened.
    pub fn refusal(&self, path: &[u8], error: &io::Error) -> Failure {
        match Errno::from_io_error(error) {
            Some(Errno::ACCESS | Errno::PERM) => {
                let message = format!("CGI script is not executable ({})", quoted(path));
                let failure = Failure::new(Status::FORBIDDEN).message(message);
                failure.cause("no read permission")
            }
            Some(Errno::XDEV) => missing(path, "symlink leaves root, --symlinks follow allows it"),
            Some(Errno::LOOP) if self.0.symlinks == Symlinks::Never => {
                missing(path, "symlink, --symlinks inside allows it")
            }
            Some(Errno::NXIO | Errno::NODEV | Errno::OPNOTSUPP) => {
                not_plain(path, "not a regular file")
            }
            Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::AGAIN) => {
                busy("out of descriptors or memory, or the path keeps changing")
            }
            _ => missing(path, "not found"),
        }
    }
}

/// The directory of a path, and its last name.
fn split_last(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b"", path),
    }
}

/// 404 in Python's words.
pub fn missing(path: &[u8], cause: &'static str) -> Failure {
    Failure::new(Status::NOT_FOUND)
        .message(format!("No such CGI script ({})", quoted(path)))
        .cause(cause)
}

/// 403 in Python's words.
pub fn not_plain(path: &[u8], cause: &'static str) -> Failure {
    Failure::new(Status::FORBIDDEN)
        .message(format!("CGI script is not a plain file ({})", quoted(path)))
        .cause(cause)
}
