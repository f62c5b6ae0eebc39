//! Listening sockets, TCP and Unix, and the streams that come from them.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use rustix::net::AddressFamily;

use super::accept::{Listen, Listeners};
use super::ends::Addrs;
use super::transport::Socket;
use crate::sys;

enum Acceptor {
    Tcp(mio::net::TcpListener),
    Unix(mio::net::UnixListener),
}

/// A listening socket.
pub struct Listener {
    source: Acceptor,
    /// Its address if that is also the address of its connections: not for a wildcard.
    local: Option<SocketAddr>,
    /// Its connections have TCP_NODELAY without asking: Linux hands it on from the listener.
    has_nodelay: bool,
}

impl Listeners<Listener> {
    /// Adds a TCP listener.
    ///
    /// # Errors
    /// The listener cannot be made non-blocking, has no address, or the poller does not take it
    /// (`epoll_ctl(2)`: no memory, too many watches).
    pub fn add_tcp(
        &mut self,
        listener: TcpListener,
        registry: &mio::Registry,
    ) -> io::Result<SocketAddr> {
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let local = (!addr.ip().is_unspecified()).then_some(addr);
        let has_nodelay =
            cfg!(target_os = "linux") && sys::socket::set_nodelay(listener.as_fd()).is_ok();
        let source = Acceptor::Tcp(mio::net::TcpListener::from_std(listener));
        self.register(
            Listener {
                source,
                local,
                has_nodelay,
            },
            registry,
        )?;
        Ok(addr)
    }

    /// Adds a Unix listener.
    ///
    /// # Errors
    /// The listener cannot be made non-blocking, or the poller does not take it.
    pub fn add_unix(&mut self, listener: UnixListener, registry: &mio::Registry) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let source = Acceptor::Unix(mio::net::UnixListener::from_std(listener));
        self.register(
            Listener {
                source,
                local: None,
                has_nodelay: false,
            },
            registry,
        )
    }

    /// The sockets, on no poller any more.
    pub fn into_descriptors(self) -> Vec<OwnedFd> {
        let sockets = self.into_listeners().map(|listener| listener.source);
        sockets
            .map(|source| match source {
                Acceptor::Tcp(source) => source.into(),
                Acceptor::Unix(source) => source.into(),
            })
            .collect()
    }
}

impl AsFd for Acceptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Acceptor::Tcp(source) => source.as_fd(),
            Acceptor::Unix(source) => source.as_fd(),
        }
    }
}

impl Listen for Listener {
    type Taken = Socket;

    fn accept(&mut self) -> io::Result<(Socket, Addrs)> {
        match &self.source {
            Acceptor::Tcp(listener) => {
                let (stream, peer) = listener.accept()?;
                if !self.has_nodelay {
                    // Some systems refuse it for a peer that has gone; the first read tells that.
                    let _ = stream.set_nodelay(true);
                }
                let local = self.local.or_else(|| stream.local_addr().ok());
                Ok((Socket::Tcp(stream), (Some(peer), local)))
            }
            Acceptor::Unix(listener) => {
                let (stream, _) = listener.accept()?;
                Ok((Socket::Unix(stream), (None, None)))
            }
        }
    }

    fn has_waiting(&self) -> bool {
        sys::socket::is_readable(self.source.as_fd())
    }

    fn watch(
        &mut self,
        registry: &mio::Registry,
        token: mio::Token,
        is_shared: bool,
    ) -> io::Result<()> {
        if is_shared {
            return sys::exclusive::add(registry, self.source.as_fd(), token);
        }
        let readable = mio::Interest::READABLE;
        match &mut self.source {
            Acceptor::Tcp(source) => registry.register(source, token, readable),
            Acceptor::Unix(source) => registry.register(source, token, readable),
        }
    }

    fn unwatch(&mut self, registry: &mio::Registry) -> io::Result<()> {
        sys::exclusive::remove(registry, self.source.as_fd())
    }

    fn register(taken: &mut Socket, registry: &mio::Registry, token: mio::Token) -> io::Result<()> {
        taken.register(registry, token)
    }
}

/// A stream that was accepted already, with the addresses of its ends.
///
/// # Errors
/// `InvalidInput` if it is no stream socket of a kind that is served, `NotConnected` if it has no
/// peer, and what making it non-blocking says.
pub fn adopted(descriptor: OwnedFd) -> io::Result<(Socket, Addrs)> {
    match sys::socket::stream_family(descriptor.as_fd())? {
        AddressFamily::UNIX => {
            let stream = UnixStream::from(descriptor);
            stream.set_nonblocking(true)?;
            let stream = mio::net::UnixStream::from_std(stream);
            Ok((Socket::Unix(stream), (None, None)))
        }
        AddressFamily::INET | AddressFamily::INET6 => {
            let stream = TcpStream::from(descriptor);
            stream.set_nonblocking(true)?;
            let addrs = (Some(stream.peer_addr()?), stream.local_addr().ok());
            let stream = mio::net::TcpStream::from_std(stream);
            // As in `accept`.
            let _ = stream.set_nodelay(true);
            Ok((Socket::Tcp(stream), addrs))
        }
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}
