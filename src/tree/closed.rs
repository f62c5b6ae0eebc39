//! The files that are closed whatever they are called, by identity.

use std::os::fd::{AsFd, OwnedFd};

use super::refused::Refused;
use crate::sys::file::{Identity, node};

/// What is closed at present. It is held open: else some file systems would give it another number.
#[derive(Default)]
pub(crate) struct Closed(Vec<(OwnedFd, Identity)>);

impl Closed {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn add(&mut self, fd: OwnedFd) -> Result<(), Refused> {
        let identity = node(fd.as_fd()).map_err(Refused::of)?.identity;
        self.0.push((fd, identity));
        Ok(())
    }

    pub fn holds(&self, identity: Identity) -> bool {
        self.0.iter().any(|(_, closed)| *closed == identity)
    }
}
