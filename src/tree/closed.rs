//! The files that are closed whatever they are called, by identity.

use std::os::fd::{AsFd, OwnedFd};

use super::refused::Refused;
use crate::sys::file::{Identity, Kind, Node, node};

/// What is closed at present.
#[derive(Default)]
pub(crate) struct Closed {
    identities: Vec<Identity>,
    /// Held open: else some file systems would give them other numbers.
    _open: Vec<OwnedFd>,
}

impl Closed {
    pub fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }

    pub fn add(&mut self, fd: OwnedFd) -> Result<(), Refused> {
        let identity = node(fd.as_fd()).map_err(Refused::of)?.identity;
        self.identities.push(identity);
        self._open.push(fd);
        Ok(())
    }

    /// Whether a file is closed: it, or a directory that it was found in. Those of a directory end
    /// with itself, as [`Base::trace`](crate::sys::open::Base::trace) has them.
    pub fn covers(&self, ancestors: &[Identity], file: Identity) -> bool {
        let mut way = ancestors.iter().chain([&file]);
        way.any(|identity| self.identities.contains(identity))
    }

    /// Whether the answer about a file is closed. That about a directory whose path has no slash at
    /// its end is where its slash is: nothing in it is shown.
    pub fn hides(&self, ancestors: &[Identity], file: &Node, has_slash: bool) -> bool {
        match ancestors.split_last() {
            Some((_, above)) if file.kind == Kind::Directory && !has_slash => {
                above.iter().any(|directory| self.covers(&[], *directory))
            }
            _ => self.covers(ancestors, file.identity),
        }
    }
}

#[cfg(test)]
mod tests;
