//! What ties a server to others: those on the same listeners, and who wakes it by a stream.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::Builder;
use super::group::AcceptGroup;

impl Builder {
    /// Shares the listeners that are added from now on with other servers, which have the same
    /// ones: of those that wait, one is woken by who connects, and takes one in a turn.
    ///
    /// # Errors
    /// What the poller says.
    pub fn accept_group(mut self, group: AcceptGroup) -> io::Result<Builder> {
        self.listeners.share(group, self.poll.registry())?;
        Ok(self)
    }

    /// The listeners, in the order in which they were added, in place of a server: for several
    /// servers that share them ([`accept_group`](Builder::accept_group)).
    pub fn into_listeners(self) -> Vec<OwnedFd> {
        self.listeners.into_descriptors()
    }

    /// Ends the wait of a [`turn`](super::Server::turn) when a byte arrives on `stream`, and does
    /// nothing else: the host looks after what it was told about, such as a signal to open its log
    /// anew.
    ///
    /// # Errors
    /// `stream` cannot be made non-blocking or be polled.
    pub fn wake_on(self, stream: UnixStream) -> io::Result<Builder> {
        self.watch(stream, None)
    }

    pub(super) fn watch(
        mut self,
        stream: UnixStream,
        grace: Option<Duration>,
    ) -> io::Result<Builder> {
        self.signals.add(stream, grace, self.poll.registry())?;
        Ok(self)
    }
}
