//! A path that was opened beneath a root, and how one look tells that it still leads there.
//!
//! To open a path by the rules (`openat2(2)`) costs twice what a look at it does (`stat(2)`), which
//! knows no rules: it follows links on the way. But it tells which file it came to, and a file that
//! was opened by the rules a moment ago, and is the same still, is no secret (a new name of it, by
//! which it could be brought in from elsewhere, would change its ctime). What is left is that a
//! directory on the way was moved outside, and a link put in its place. So that is looked at as
//! well: as many steps above the file's directory as there are names in its path must be the root,
//! and then it lies beneath that, whatever led there.
//!
//! Where something is closed, that is not enough: the same file may lie in a closed directory by
//! now, without a change to itself. So each directory on the way is looked at by its name, which
//! must be no link, and each path that is closed as well. While all of them are what they were,
//! what was not closed is not.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

use super::landmark::{Landmark, to_path};
use super::place::Place;
use crate::sys::file::{Identity, Stat, stat_at_path};
use crate::sys::filesystem::is_faithful_at;
use crate::sys::open::{Errno, Symlinks};

/// The way to a file: it can be looked at again.
#[derive(Debug)]
pub(crate) struct Way {
    path: CString,
    follows: bool,
    /// What else must lead where it led: the root as it is reached from the file's directory, if
    /// that is another; or all that is on the way, and all that is closed.
    landmarks: Vec<Landmark>,
}

impl Way {
    /// The way to a path beneath a place. `None` where a look would not tell enough.
    pub(super) fn new(place: &Place, symlinks: Symlinks, relative: &[u8]) -> Option<Way> {
        let path = beneath(place, relative);
        let names = relative.split(|&byte| byte == b'/').count();
        let landmarks = match (symlinks, names) {
            (Symlinks::Follow, _) | (_, 1) => Vec::new(),
            (Symlinks::Inside, _) => {
                let name = relative.rsplit(|&byte| byte == b'/').next()?;
                let directory = &path[..path.len() - name.len()];
                let up = [directory, &b"../".repeat(names - 1)].concat();
                vec![Landmark::of_directory(
                    to_path(up)?,
                    place.current().identity,
                )]
            }
            // A link on the way that stays inside would not be seen.
            (Symlinks::Never, _) => return None,
        };
        Some(Way {
            path: to_path(path)?,
            follows: symlinks == Symlinks::Follow,
            landmarks,
        })
    }

    /// The way to a path beneath a place, if it leads through no link and through nothing that is
    /// closed. It is looked at without following a link, too: that could lead to what is closed.
    pub(super) fn past(closed: Vec<Landmark>, place: &Place, relative: &[u8]) -> Option<Way> {
        let root = Landmark::set(beneath(place, b""), true)?;
        if !root.led_to(place.current().identity) {
            return None;
        }
        let mut landmarks = vec![root];
        let bytes = relative.iter().enumerate();
        for (slash, _) in bytes.filter(|(_, byte)| **byte == b'/') {
            landmarks.push(Landmark::set(beneath(place, &relative[..slash]), false)?);
        }
        let is_closed = |on_way: &Landmark| closed.iter().any(|closed| closed.meets(on_way));
        let is_open = |on_way: &Landmark| on_way.is_directory() && !is_closed(on_way);
        if !landmarks.iter().all(is_open) {
            return None;
        }
        landmarks.extend(closed);
        Some(Way {
            path: to_path(beneath(place, relative))?,
            follows: false,
            landmarks,
        })
    }

    /// That to another name in the same directory, or with an empty one to that itself, for whoever
    /// looks at this one as well: what is on the way is looked at here.
    pub fn beside(&self, name: &[u8]) -> Option<Way> {
        let path = self.path.as_bytes();
        let slash = path.iter().rposition(|&byte| byte == b'/')?;
        Some(Way {
            path: to_path([&path[..=slash], name].concat())?,
            follows: self.follows,
            landmarks: Vec::new(),
        })
    }

    /// What it leads to now; `None` where it leads nowhere, or may not.
    pub fn look(&self) -> Option<Stat> {
        if !self.is_kept() {
            return None;
        }
        let stat = stat_at_path(&self.path, self.follows).ok()?;
        let found = Identity::of(&stat);
        // A script of its own is closed like a directory of them.
        (!self.landmarks.iter().any(|landmark| landmark.led_to(found))).then_some(stat)
    }

    /// Whether nothing has its name, not even a link to nothing, and it did not lose its directory.
    pub fn is_vacant(&self) -> bool {
        self.is_kept() && stat_at_path(&self.path, false) == Err(Errno::NOENT)
    }

    /// Whether each change to what it leads to can be told by a look.
    pub fn is_faithful(&self) -> bool {
        is_faithful_at(&self.path)
    }

    fn is_kept(&self) -> bool {
        self.landmarks.iter().all(Landmark::is_so)
    }

    /// What it takes beside its own size, in bytes.
    pub fn bytes(&self) -> usize {
        let landmarks: usize = self.landmarks.iter().map(Landmark::bytes).sum();
        self.path.count_bytes() + 1 + landmarks
    }
}

/// A path beneath a place.
fn beneath(place: &Place, relative: &[u8]) -> Vec<u8> {
    let root = place.given().as_os_str().as_bytes();
    [root, b"/", relative].concat()
}

#[cfg(test)]
mod tests;
