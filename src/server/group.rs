//! Servers that accept from the same sockets, each on a poller of its own.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use super::signals;
use crate::reactor::token::{self, SERVER};
use crate::sys::exclusive;

/// Its key: those of listeners are below.
pub const KEY: usize = signals::FIRST_KEY - 1;

/// Servers that share their listeners: processes made by [`Forks`](crate::Forks), or threads with
/// clones of the listeners and of this. Who connects wakes one of them (on Linux; elsewhere all, of
/// which one finds the connection). A server that was woken and takes nobody, for it is full or
/// drains, has another one look in its place. One that was killed cannot: whoever learns of its end
/// calls [`nudge`](AcceptGroup::nudge).
///
/// Give it to each of them by [`Builder::accept_group`](crate::Builder::accept_group).
#[derive(Debug)]
pub struct AcceptGroup {
    heard: UnixStream,
    told: UnixStream,
}

impl AcceptGroup {
    /// A group without members.
    ///
    /// # Errors
    /// No descriptors.
    pub fn new() -> io::Result<AcceptGroup> {
        let (heard, told) = UnixStream::pair()?;
        heard.set_nonblocking(true)?;
        told.set_nonblocking(true)?;
        Ok(AcceptGroup { heard, told })
    }

    /// The same group, for another thread.
    ///
    /// # Errors
    /// No descriptors.
    pub fn try_clone(&self) -> io::Result<AcceptGroup> {
        Ok(AcceptGroup {
            heard: self.heard.try_clone()?,
            told: self.told.try_clone()?,
        })
    }

    /// Has one of them look for connections that wait.
    pub fn nudge(&self) {
        // Where it is full, enough was said.
        let _ = (&self.told).write(b"\n");
    }

    /// Takes what was said: it need not be heard by another one.
    pub(super) fn hear(&self) {
        let _ = (&self.heard).read(&mut [0; 64]);
    }

    /// The same, and whether anything was said.
    #[cfg(test)]
    pub(super) fn was_nudged(&self) -> bool {
        matches!((&self.heard).read(&mut [0; 64]), Ok(1..))
    }

    pub(super) fn watch(&self, registry: &mio::Registry) -> io::Result<()> {
        exclusive::add(registry, self.heard.as_fd(), token::encode(KEY, SERVER))
    }

    pub(super) fn unwatch(&self, registry: &mio::Registry) -> io::Result<()> {
        exclusive::remove(registry, self.heard.as_fd())
    }
}
