//! Paths that lead to nothing, and are asked for again and again: icons, and what scanners try.
//!
//! A directory's times tell of each name that comes or goes in it. So as long as the deepest
//! directory on the way is as it was, the next name is missing from it still: one `lstat(2)` tells
//! that, and that the root is there.
//!
//! Whoever asks for names that he makes up takes no place of a file here, only one of another name
//! that is missing; and he must ask twice for it.

use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use super::open_file::facts_of;
use crate::files::cache::{Cache, Known};
use crate::http::etag::Etags;
use crate::http::mix::fold;
use crate::http::target::UrlPath;
use crate::sys::file::{Kind, Stat};
use crate::tree::{Root, Way};

/// What they take together, in bytes.
const PATHS_BYTES: usize = 64 * 1024;

/// Paths that were asked for once of late, a count of slots, 4 bytes each.
const ASKED: usize = 256;

/// All that they take, in bytes.
pub const ABSENT_BYTES: usize = PATHS_BYTES + ASKED * size_of::<u32>();

/// How deep beneath a directory that is there a path is remembered that is not, in names.
const DEPTH_MAX: usize = 4;

/// The paths that were missing of late.
#[derive(Debug)]
pub struct Absences {
    cache: Cache<Absence>,
    /// Of each path that was asked for once a part of its number, at the place of another part.
    asked: Mutex<[u32; ASKED]>,
}

/// A path that leads to nothing for as long as a directory is what it was.
#[derive(Debug)]
struct Absence {
    directory: Way,
    was: Stat,
}

impl Default for Absences {
    fn default() -> Absences {
        Absences {
            cache: Cache::new(PATHS_BYTES),
            asked: Mutex::new([0; ASKED]),
        }
    }
}

impl Absences {
    /// Whether a path is known to lead to nothing: see [`Cache::get`].
    pub fn has(&self, path: &UrlPath, serial: Option<u64>, now: Instant) -> bool {
        let path = path.as_bytes();
        match self.cache.get(path, serial, now) {
            Known::Nothing => false,
            Known::Surely(_) => true,
            Known::Perhaps(absence) if absence.is_so() => true,
            Known::Once(_) | Known::Perhaps(_) => {
                self.cache.forget(path);
                false
            }
        }
    }

    /// Remembers that a path leads to nothing, nor do the paths of its forms in the same directory,
    /// if it was asked for before.
    pub fn add(
        &self,
        root: &Root,
        path: &UrlPath,
        forms: &[Vec<u8>],
        received: SystemTime,
        now: Instant,
    ) {
        if !self.is_asked_again(path.as_bytes()) {
            return;
        }
        if let Some(absence) = Absence::find(root, path.relative(), forms, received) {
            let bytes = size_of::<Absence>() + absence.directory.bytes();
            self.cache.put(path.as_bytes(), absence.into(), bytes, now);
        }
    }

    fn is_asked_again(&self, path: &[u8]) -> bool {
        let number = fold(0, path);
        let part = (number >> 32) as u32 | 1;
        // Nothing in here panics.
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut asked[number as usize % ASKED], part) == part
    }
}

impl Absence {
    /// Finds the directory that tells of it. `None` if it could change unseen.
    fn find(
        root: &Root,
        relative: &[u8],
        forms: &[Vec<u8>],
        received: SystemTime,
    ) -> Option<Absence> {
        let mut missing = relative;
        for _ in 0..DEPTH_MAX {
            let slash = missing.iter().rposition(|&byte| byte == b'/');
            let above = &missing[..slash.unwrap_or(0)];
            let directory = root.way(above);
            let found = directory.and_then(|directory| Some((directory.look()?, directory)));
            if let Some((was, directory)) = found.filter(|(was, _)| was.kind == Kind::Directory) {
                // A name that comes after that look changes the directory's times.
                let is_told = is_at_rest(&was, received) && directory.is_faithful();
                let is_missing = |path: &[u8]| root.way(path).is_some_and(|way| way.is_vacant());
                // Where their directory is missing, they are as well.
                let forms = if missing == relative { forms } else { &[] };
                let is_so =
                    is_told && is_missing(missing) && forms.iter().all(|form| is_missing(form));
                return is_so.then_some(Absence { directory, was });
            }
            missing = above;
        }
        None
    }

    /// Looks whether it is so still.
    fn is_so(&self) -> bool {
        self.directory.look().as_ref() == Some(&self.was)
    }
}

/// Whether a directory's next change will show.
pub(super) fn is_at_rest(stat: &Stat, now: SystemTime) -> bool {
    facts_of(stat).is_at_rest(Etags::Strict, now)
}

#[cfg(test)]
mod tests;
