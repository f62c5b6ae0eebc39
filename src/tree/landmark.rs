//! A path and what it led to. One look (`stat(2)`) tells whether it leads there still.

use std::ffi::CString;

use crate::sys::file::{Identity, Kind, node_at};
use crate::sys::filesystem::is_faithful_at;
use crate::sys::open::Errno;

/// Longest path that is looked at, in bytes: `PATH_MAX` of Linux, the end's NUL included.
pub(super) const PATH_BYTES_MAX: usize = 4096;

/// A path that is to lead where it led.
#[derive(Debug)]
pub(super) struct Landmark {
    path: CString,
    follows: bool,
    /// Which file, and its kind: a link may have got the number of a directory that was removed.
    /// `None`: none.
    was: Option<(Identity, Kind)>,
}

impl Landmark {
    /// That a path, links followed, is to lead to this directory.
    pub fn of_directory(path: CString, directory: Identity) -> Landmark {
        Landmark {
            path,
            follows: true,
            was: Some((directory, Kind::Directory)),
        }
    }

    /// What a path leads to at present. `None` where that cannot be told, or where the number of
    /// a file that nobody holds open may change.
    pub fn set(path: Vec<u8>, follows: bool) -> Option<Landmark> {
        let path = to_path(path)?;
        let was = match node_at(&*path, follows) {
            Ok(node) if is_faithful_at(&path) => Some((node.identity, node.kind)),
            Err(Errno::NOENT | Errno::NOTDIR) => None,
            _ => return None,
        };
        Some(Landmark { path, follows, was })
    }

    /// Looks whether it leads there still.
    pub fn is_so(&self) -> bool {
        match node_at(&*self.path, self.follows) {
            Ok(node) => self.was == Some((node.identity, node.kind)),
            Err(Errno::NOENT | Errno::NOTDIR) => self.was.is_none(),
            Err(_) => false,
        }
    }

    /// Whether it led to a directory, as which it was looked at.
    pub fn is_directory(&self) -> bool {
        self.was.is_some_and(|(_, kind)| kind == Kind::Directory)
    }

    /// Whether it led to the same file as another.
    pub fn meets(&self, other: &Landmark) -> bool {
        self.was.is_some() && self.was == other.was
    }

    /// Whether it led to this file.
    pub fn led_to(&self, found: Identity) -> bool {
        self.was.is_some_and(|(identity, _)| identity == found)
    }

    /// What it takes, in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Landmark>() + self.path.count_bytes() + 1
    }
}

/// A path as the system takes it.
pub(super) fn to_path(bytes: Vec<u8>) -> Option<CString> {
    let fits = bytes.len() < PATH_BYTES_MAX;
    fits.then_some(bytes)
        .and_then(|bytes| CString::new(bytes).ok())
}

#[cfg(test)]
mod tests;
