//! A script that was found, and the tree that it was found in.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::find::{Lookup, ScriptPath};
use crate::sys::file::Kind;
use crate::tree::{Closed, Guard, Refused, Root, View};

/// A script, and how the path of a request splits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    at: ScriptPath,
    file: PathBuf,
    view: View,
}

impl Script {
    /// The script at this path of the tree.
    pub(super) fn new(at: ScriptPath, view: View) -> Script {
        let name = &at.path[1..at.name_len];
        Script {
            file: view.path().join(OsStr::from_bytes(name)),
            at,
            view,
        }
    }

    /// The URL path of the script, decoded (SCRIPT_NAME).
    pub fn name(&self) -> &[u8] {
        &self.at.path[..self.at.name_len]
    }

    /// What follows it in the path, decoded: empty, or with a leading slash (PATH_INFO).
    pub fn path_info(&self) -> &[u8] {
        &self.at.path[self.at.name_len..]
    }

    /// Its file, an absolute path (SCRIPT_FILENAME).
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The name of the index page that a request has left out, or nothing.
    pub(super) fn index_page(&self) -> &[u8] {
        &self.name()[self.at.name_len - self.at.index_len..]
    }

    /// The directory that is served.
    pub(super) fn root(&self) -> &Path {
        self.view.path()
    }

    /// Opens the directory that it is to be started in.
    ///
    /// # Errors
    /// Why it cannot be started there: it, or the way to it, is not what it was.
    pub(super) fn directory(&self) -> Result<OwnedFd, Refused> {
        self.view.directory_of(&self.name()[1..])
    }
}

/// The tree at the time of one request, looked at when there is something to look up.
pub struct Glance<'a> {
    root: &'a Root,
    guard: &'a Guard,
    view: OnceCell<Result<View, Refused>>,
    closed: OnceCell<Result<Closed, Refused>>,
}

impl<'a> Glance<'a> {
    pub fn new(root: &'a Root, guard: &'a Guard) -> Glance<'a> {
        Glance {
            root,
            guard,
            view: OnceCell::new(),
            closed: OnceCell::new(),
        }
    }

    /// What the root is.
    ///
    /// # Errors
    /// Why nothing can be found in it.
    pub fn view(&self) -> Result<&View, Refused> {
        let view = self.view.get_or_init(|| self.root.view());
        view.as_ref().map_err(|refused| *refused)
    }
}

impl Lookup for Glance<'_> {
    fn kind_of(&self, path: &[u8]) -> Result<(Kind, u32), Refused> {
        self.view()?.kind_of(path)
    }

    fn judge(&self, path: &[u8]) -> Result<(Kind, u32, bool), Refused> {
        let guards = std::slice::from_ref(self.guard);
        let closed = self.closed.get_or_init(|| Guard::closed(guards));
        let closed = closed.as_ref().map_err(|refused| *refused)?;
        self.view()?.judge(path, closed)
    }
}
