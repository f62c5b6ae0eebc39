//! How a connection's bytes travel: one small trait, and the sockets that implement it.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};

use crate::sys::{sendfile, socket};

/// A byte stream that never blocks.
pub trait Transport {
    /// Appends up to `len` bytes to `buf`; 0 is the end of the stream.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing now.
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize>;

    /// Writes some of `bytes`; `more` says that others follow at once.
    ///
    /// # Errors
    /// `WouldBlock` if nothing can be taken now.
    fn write(&mut self, bytes: &[u8], more: bool) -> io::Result<usize>;

    /// Moves file bytes without copying them through user space; 0 is the end of the file.
    ///
    /// # Errors
    /// `Unsupported` tells the caller to copy for the rest of this body.
    fn send_file(&mut self, file: BorrowedFd<'_>, offset: u64, len: usize) -> io::Result<usize> {
        let _ = (file, offset, len);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Ends our side of the stream.
    ///
    /// # Errors
    /// What the system says.
    fn close_write(&mut self) -> io::Result<()>;

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

    /// Has the peer told that the stream was cut, not ended, when it is closed.
    fn reset_on_close(&mut self) {}
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

    fn write(&mut self, bytes: &[u8], more: bool) -> io::Result<usize> {
        socket::send(self.as_fd(), bytes, more)
    }

    fn send_file(&mut self, file: BorrowedFd<'_>, offset: u64, len: usize) -> io::Result<usize> {
        sendfile::send_file(self.as_fd(), file, offset, len)
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

    fn reset_on_close(&mut self) {
        // A Unix socket has no such thing, and a connection that is gone needs none.
        let _ = socket::reset_on_close(self.as_fd());
    }
}
