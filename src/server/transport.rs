//! How a connection's bytes travel: the contract that a stream keeps, and the sockets that do.
//!
//! A [`Transport`] is a byte stream that never blocks. It may be bare, as a socket is, or have
//! layers of its own, as TLS has: frames, keys that are exchanged meanwhile, bytes that wait
//! inside. What the server does about that, for every transport that does not say that it is
//! [bare](Transport::is_bare):
//!
//! - A call that needs the other direction (a read that must write first) sees to it by itself.
//!   `WouldBlock` means that it has come to an end at one of the two, so that the poller will tell;
//!   an event of either direction has both calls tried again. Where a call has moved bytes below,
//!   perhaps for the other direction, of which the poller may never tell, `take_moved` says so.
//! - A read may bring fewer bytes than were asked for and have more inside, of which no event will
//!   tell: it is read again, when there is room, until it says `WouldBlock`.
//! - What `write` has taken may still be inside. A response counts as sent, and the next one as
//!   due, only when `flush` has said that nothing is; and only what `take_moved` says was written
//!   below is progress of a peer that was waited for.
//! - The end of our side may take several calls: `close_write`, or `finish` before the drop, is
//!   called again after an event until it says something else than `WouldBlock`.
//! - While `holds_output`, the peer is what is waited for, whatever else is due: to take what it
//!   was sent. A read that must write first reads nothing meanwhile, so it is not late with a head
//!   or a body; and it has as long for the end of our side as for a response.
//! - A stream that is dropped without one of the two was cut, and its peer may know.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};

#[cfg(doc)]
use crate::http::limits::DISK_TIME;
use crate::http::scheme::Scheme;
use crate::sys::ahead::ready_bytes;
use crate::sys::{sendfile, socket};

/// What calls of a transport with layers have done below it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Moved {
    /// Bytes of the peer were read.
    pub read: bool,
    /// Bytes for the peer were written.
    pub written: bool,
}

/// A byte stream that never blocks.
pub trait Transport {
    /// Appends up to `len` bytes to `buf`; 0 is the end of the stream.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing now.
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize>;

    /// Whether there is something to read now, be it the end, which no event has told yet. Asked of
    /// bare ones alone, before they are closed: it costs a system call.
    fn has_input(&self) -> bool {
        false
    }

    /// Takes some of `bytes`; `more` says that others follow at once.
    ///
    /// # Errors
    /// `WouldBlock` if nothing can be taken now.
    fn write(&mut self, bytes: &[u8], more: bool) -> io::Result<usize>;

    /// Moves file bytes without copying them through user space; 0 is the end of the file.
    ///
    /// # Errors
    /// `Unsupported` tells the caller to copy for the rest of this body; `ResourceBusy` that the
    /// bytes are not in memory yet, so that it tries again in [`DISK_TIME`].
    fn send_file(&mut self, file: BorrowedFd<'_>, offset: u64, len: usize) -> io::Result<usize> {
        let _ = (file, offset, len);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Hands on what was taken and is still inside.
    ///
    /// # Errors
    /// `WouldBlock` if some of it still is.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Whether something inside waits to be written below: it is flushed as soon as that takes it.
    fn holds_output(&self) -> bool {
        false
    }

    /// What calls since this was last asked have moved below, perhaps for another than themselves:
    /// a read may have written, a write may have read. So both are tried again without an event.
    /// A bare transport need not tell.
    fn take_moved(&mut self) -> Moved {
        Moved::default()
    }

    /// Ends our side of the stream, while the peer's is still read.
    ///
    /// # Errors
    /// `WouldBlock` if it must be called again; `NotConnected` and others if the peer has gone.
    fn close_write(&mut self) -> io::Result<()>;

    /// Says to the peer what it must hear before the stream is dropped, if anything.
    ///
    /// # Errors
    /// `WouldBlock` if it must be called again.
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Takes it off the poller. To close it is not enough: a process that was just started has it
    /// open, too, for a moment, and its events would be taken for those of the next connection.
    fn deregister(&mut self, registry: &mio::Registry) {
        let _ = registry;
    }

    /// Finds out, if there is a way, whether a peer that has ended its stream is still there, where
    /// no byte can be sent to ask it. One that is not is an error of the stream, in time.
    fn watch_peer(&mut self) {}

    /// How many bytes were written that the peer has not acknowledged, a count; `None` where nobody
    /// can tell.
    fn under_way(&self) -> Option<u32> {
        None
    }

    /// Whether the peer has all that was written and has not reset the stream; true where nobody
    /// can tell.
    fn has_arrived(&self) -> bool {
        true
    }

    /// Has the peer told that the stream was cut, not ended, when it is closed.
    fn reset_on_close(&mut self) {}

    /// Whether nothing is inside: a read that brings less than it might has emptied it, the two
    /// directions need nothing of each other. That spares a system call for each request.
    fn is_bare(&self) -> bool {
        false
    }

    /// What the peer's URIs begin with.
    fn scheme(&self) -> Scheme {
        Scheme::Http
    }
}

/// A TCP or Unix stream socket.
pub enum Socket {
    /// TCP.
    Tcp(mio::net::TcpStream),
    /// A Unix socket.
    Unix(mio::net::UnixStream),
}

impl Socket {
    /// Puts it on the poller, edge-triggered, once for its life.
    ///
    /// # Errors
    /// What the poller says.
    pub fn register(&mut self, registry: &mio::Registry, token: mio::Token) -> io::Result<()> {
        let interest = mio::Interest::READABLE | mio::Interest::WRITABLE;
        match self {
            Socket::Tcp(stream) => registry.register(stream, token, interest),
            Socket::Unix(stream) => registry.register(stream, token, interest),
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Tcp(stream) => stream.as_fd(),
            Socket::Unix(stream) => stream.as_fd(),
        }
    }
}

impl Transport for Socket {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        socket::recv(self.as_fd(), buf, len)
    }

    fn has_input(&self) -> bool {
        socket::is_readable(self.as_fd())
    }

    fn write(&mut self, bytes: &[u8], more: bool) -> io::Result<usize> {
        socket::send(self.as_fd(), bytes, more)
    }

    fn send_file(&mut self, file: BorrowedFd<'_>, offset: u64, len: usize) -> io::Result<usize> {
        match ready_bytes(file, offset, len) {
            0 if len > 0 => Err(io::ErrorKind::ResourceBusy.into()),
            ready => sendfile::send_file(self.as_fd(), file, offset, ready),
        }
    }

    fn is_bare(&self) -> bool {
        true
    }

    fn deregister(&mut self, registry: &mio::Registry) {
        // It only fails for what is not registered.
        let _ = match self {
            Socket::Tcp(stream) => registry.deregister(stream),
            Socket::Unix(stream) => registry.deregister(stream),
        };
    }

    fn close_write(&mut self) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Socket::Unix(stream) => stream.shutdown(Shutdown::Write),
        }
    }

    fn watch_peer(&mut self) {
        // A Unix socket needs none: its peer is gone at once.
        let _ = socket::keep_alive(self.as_fd());
    }

    fn under_way(&self) -> Option<u32> {
        socket::under_way(self.as_fd())
    }

    fn has_arrived(&self) -> bool {
        // In this order: a peer that closes a Unix socket empties its queue after it has reset it.
        self.under_way().is_none_or(|bytes| bytes == 0) && !socket::has_failed(self.as_fd())
    }

    fn reset_on_close(&mut self) {
        // A Unix socket has no such thing, and a connection that is gone needs none.
        let _ = socket::reset_on_close(self.as_fd());
    }
}

#[cfg(test)]
mod tests;
