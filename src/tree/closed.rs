//! The files that are closed whatever they are called: by identity, and by names that a file system
//! may take for the same.

use std::os::fd::{AsFd, OwnedFd};

use super::refused::Refused;
use crate::sys::file::{Identity, Kind, Node, node};

/// What is closed at present.
#[derive(Default)]
pub(crate) struct Closed {
    identities: Vec<Identity>,
    /// Their paths, which begin with a slash: a file system may give each spelling of a name a
    /// number of its own.
    places: Vec<Vec<u8>>,
    /// Held open: else some file systems would give them other numbers.
    _open: Vec<OwnedFd>,
}

impl Closed {
    pub fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }

    pub fn add(&mut self, fd: OwnedFd, place: &[u8]) -> Result<(), Refused> {
        let identity = node(fd.as_fd()).map_err(Refused::of)?.identity;
        self.identities.push(identity);
        self.places.push(place.to_vec());
        self._open.push(fd);
        Ok(())
    }

    /// Whether a file is closed: it, or a directory that it was found in. Those of a directory end
    /// with itself, as [`Base::trace`](crate::sys::open::Base::trace) has them.
    pub fn covers(&self, ancestors: &[Identity], file: Identity) -> bool {
        let mut way = ancestors.iter().chain([&file]);
        way.any(|identity| self.identities.contains(identity))
    }

    /// Whether the answer about what this path leads to is closed. That about a directory whose
    /// path has no slash at its end is where its slash is: nothing in it is shown.
    pub fn hides(&self, path: &[u8], ancestors: &[Identity], file: &Node, has_slash: bool) -> bool {
        match ancestors.split_last() {
            Some((_, above)) if file.kind == Kind::Directory && !has_slash => {
                above.iter().any(|directory| self.covers(&[], *directory))
            }
            _ => self.covers(ancestors, file.identity) || self.has_alike(path),
        }
    }

    fn has_alike(&self, path: &[u8]) -> bool {
        let mut places = self.places.iter();
        places.any(|place| is_alike(path, &place[place.len().min(1)..]))
    }
}

/// Whether a path may lead to this place, or beneath it, where letter case, and dots and spaces at
/// the end of names, are ignored: as far as that can be told for nothing. Both without their first
/// slash, or both with it.
pub(crate) fn is_alike(path: &[u8], place: &[u8]) -> bool {
    let is_slash = |byte: &u8| *byte == b'/';
    let core = |name: &[u8]| {
        let end = name.iter().rposition(|byte| !b". ".contains(byte));
        end.map_or(0, |end| end + 1)
    };
    let mut names = path.split(is_slash);
    place.split(is_slash).all(|name| {
        names
            .next()
            .is_some_and(|given| given[..core(given)].eq_ignore_ascii_case(&name[..core(name)]))
    })
}

#[cfg(test)]
mod tests;
