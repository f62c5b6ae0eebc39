//! A path that was opened beneath a root, and how one look tells that it still leads there.
//!
//! To open a path by the rules (`openat2(2)`) costs twice what a look at it does (`stat(2)`), which
//! knows no rules: it follows links on the way. But it tells which file it came to, and a file that
//! was opened by the rules a moment ago, and is the same still, is no secret (a new name of it, by
//! which it could be brought in from elsewhere, would change its ctime). What is left is that a
//! directory on the way was moved outside, and a link put in its place. So that is looked at as
//! well: as many steps above the file's directory as there are names in its path must be the root,
//! and then it lies beneath that, whatever led there.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

use super::place::Place;
use crate::sys::file::{Identity, Stat, node_at, stat_at_path};
use crate::sys::filesystem::is_faithful_at;
use crate::sys::open::{Errno, Symlinks};

/// Longest path that is looked at, in bytes: `PATH_MAX` of Linux, the end's NUL included.
const WAY_BYTES_MAX: usize = 4096;

/// The way to a file: it can be looked at again.
#[derive(Debug)]
pub(crate) struct Way {
    path: CString,
    follows: bool,
    /// The root as it is reached from the file's directory, if that is another, and which it is.
    up: Option<(CString, Identity)>,
}

impl Way {
    /// The way to a path beneath a place. `None` where a look would not tell enough.
    pub(super) fn new(place: &Place, symlinks: Symlinks, relative: &[u8]) -> Option<Way> {
        let root = place.given().as_os_str().as_bytes();
        let path = [root, b"/", relative].concat();
        let names = relative.split(|&byte| byte == b'/').count();
        let up = match (symlinks, names) {
            (Symlinks::Follow, _) | (_, 1) => None,
            (Symlinks::Inside, _) => {
                let name = relative.rsplit(|&byte| byte == b'/').next()?;
                let directory = &path[..path.len() - name.len()];
                let up = [directory, &b"../".repeat(names - 1)].concat();
                Some((to_path(up)?, place.current().identity))
            }
            // A link on the way that stays inside would not be seen.
            (Symlinks::Never, _) => return None,
        };
        Some(Way {
            path: to_path(path)?,
            follows: symlinks == Symlinks::Follow,
            up,
        })
    }

    /// What it leads to now; `None` where it leads nowhere, or may not.
    pub fn look(&self) -> Option<Stat> {
        if !self.is_beneath() {
            return None;
        }
        stat_at_path(&self.path, self.follows).ok()
    }

    /// Whether it leads to nothing, and did not lose its directory.
    pub fn is_vacant(&self) -> bool {
        self.is_beneath() && stat_at_path(&self.path, self.follows) == Err(Errno::NOENT)
    }

    /// Whether each change to what it leads to can be told by a look.
    pub fn is_faithful(&self) -> bool {
        is_faithful_at(&self.path)
    }

    fn is_beneath(&self) -> bool {
        let is_root = |(up, root): &(CString, Identity)| {
            node_at(&**up).is_ok_and(|node| node.identity == *root)
        };
        self.up.as_ref().is_none_or(is_root)
    }

    /// What it takes beside its own size, in bytes.
    pub fn bytes(&self) -> usize {
        let up = self.up.as_ref().map_or(0, |(up, _)| up.count_bytes() + 1);
        self.path.count_bytes() + 1 + up
    }
}

fn to_path(bytes: Vec<u8>) -> Option<CString> {
    let fits = bytes.len() < WAY_BYTES_MAX;
    fits.then_some(bytes)
        .and_then(|bytes| CString::new(bytes).ok())
}

#[cfg(test)]
mod tests;
