//! A server in the making.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::os::unix::net::UnixListener;
use std::time::Duration;

use super::accept::{self, Listen, Listeners};
use super::engine::Engine;
use super::listener::Listener;
use super::signals::SignalStreams;
use super::{Deserted, EVENTS_MAX, Server, WAKER};
use crate::handler::{Handler, TrustedProxies};
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::http::target::UrlPath;
use crate::reactor::clock::Clock;
use crate::reactor::token::{self, SERVER};
use crate::reactor::wake::Handle;
use crate::sys;

/// A server in the making: bound and listening, not yet serving. It is `Send`: bind here, serve on
/// another thread.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let builder = sprat::Builder::bind("127.0.0.1:0")?;
/// assert_ne!(builder.local_addrs()[0].port(), 0);
/// # Ok(())
/// # }
/// ```
pub struct Builder {
    pub(super) poll: mio::Poll,
    pub(super) handle: Handle,
    pub(super) listeners: Listeners<Listener>,
    pub(super) local_addrs: Vec<SocketAddr>,
    pub(super) limits: Limits,
    pub(super) protocol: Version,
    pub(super) proxies: TrustedProxies,
    pub(super) dual_stack: bool,
    pub(super) drain_delay: Duration,
    pub(super) deserted: Option<Deserted>,
    pub(super) taken: Option<Duration>,
    pub(super) health: Option<UrlPath>,
    pub(super) signals: SignalStreams,
}

impl Builder {
    /// A server without a listener.
    ///
    /// # Errors
    /// What making a poller says.
    pub fn new() -> io::Result<Builder> {
        let poll = mio::Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), token::encode(WAKER, SERVER))?;
        Ok(Builder {
            poll,
            handle: Handle::new(waker),
            listeners: Listeners::new(),
            local_addrs: Vec::new(),
            limits: Limits::default(),
            protocol: Version::Http11,
            proxies: TrustedProxies::default(),
            dual_stack: true,
            drain_delay: Duration::ZERO,
            deserted: None,
            taken: None,
            health: None,
            signals: SignalStreams::default(),
        })
    }

    /// A server that listens on this address; port 0 takes any free port. Of several addresses, as
    /// a name may have, it takes the first that it can listen on, as
    /// [`TcpListener::bind`](std::net::TcpListener::bind) does. A name is looked up before this
    /// returns, however long that takes.
    ///
    /// ```
    /// # use sprat::Builder;
    /// # fn main() -> std::io::Result<()> {
    /// let builder = Builder::bind("127.0.0.1:0")?;
    /// let builder = Builder::bind(("localhost", 0))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` for what is no address, and for none at all; those of looking a name up. Of
    /// the last address: `AddrInUse` if the port is taken, `AddrNotAvailable` if the address is not
    /// this machine's, `PermissionDenied` for a port below 1024 without the right to it.
    pub fn bind(addrs: impl ToSocketAddrs) -> io::Result<Builder> {
        let mut builder = Builder::new()?;
        let mut refused = io::Error::new(io::ErrorKind::InvalidInput, "no address to listen on");
        for addr in addrs.to_socket_addrs()? {
            match builder.listen(addr) {
                Ok(_) => return Ok(builder),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    /// Listens on one more address; returns it with its real port.
    ///
    /// # Errors
    /// `AddrInUse` if the port is taken, `AddrNotAvailable` if the address is not this machine's,
    /// `PermissionDenied` for a port below 1024 without the right to it.
    pub fn listen(&mut self, addr: SocketAddr) -> io::Result<SocketAddr> {
        self.listen_on(sys::socket::listen(addr, self.dual_stack)?)
    }

    /// Takes a listener that is bound already, or was inherited; returns its address.
    ///
    /// # Errors
    /// It is no socket that can be polled: not bound, not listening, or no memory for one more.
    pub fn listen_on(&mut self, listener: TcpListener) -> io::Result<SocketAddr> {
        let addr = self.listeners.add_tcp(listener, self.poll.registry())?;
        self.local_addrs.push(addr);
        Ok(addr)
    }

    /// Takes a Unix listener. Its peers have no address.
    ///
    /// # Errors
    /// As [`listen_on`](Builder::listen_on).
    pub fn listen_on_unix(&mut self, listener: UnixListener) -> io::Result<()> {
        self.listeners.add_unix(listener, self.poll.registry())
    }

    /// Whether a listener on `[::]` takes IPv4 peers too; it does by default. For listeners that
    /// are added from now on.
    pub fn dual_stack(mut self, dual_stack: bool) -> Builder {
        self.dual_stack = dual_stack;
        self
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Builder {
        self.limits = limits.within_bounds();
        self
    }

    /// Sets what the server speaks. HTTP/1.0 closes after each response (Python's
    /// `protocol_version`).
    pub fn protocol(mut self, protocol: Version) -> Builder {
        self.protocol = protocol;
        self
    }

    /// Believes these proxies when they say for whom they ask; by default nobody is.
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Builder {
        self.proxies = proxies;
        self
    }

    /// Answers this path without the handler, which is not asked, and hears nothing of it in its
    /// log: 200 `ok`, or 503 `draining` from when a drain was asked for, to GET and HEAD, 405 to
    /// other methods.
    ///
    /// One of the [connections](Builder::connections_max) that there may be is kept for it. When
    /// all others are taken, and none makes room, the next to come is let in there: who asks for
    /// another path gets 503, and who asks for none is closed after
    /// [`HEALTH_GUEST_TIME`](crate::limits::HEALTH_GUEST_TIME).
    ///
    /// ```
    /// let path = sprat::UrlPath::decode(b"/healthz").expect("a path without NUL");
    /// let builder = sprat::Builder::new()?.health(path);
    /// # ; std::io::Result::Ok(())
    /// ```
    pub fn health(mut self, path: UrlPath) -> Builder {
        self.health = Some(path);
        self
    }

    /// The TCP addresses it listens on, with their real ports.
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.local_addrs
    }

    /// How many connections there may be at once, a count: what the limits say, but no more than
    /// the descriptors allow that are free by now, and at least one beside that for
    /// [health](Builder::health).
    pub fn connections_max(&self) -> usize {
        let most = accept::connections_max(self.limits.connections_max, descriptors_free());
        most.max(1 + self.places_kept())
    }

    /// How many of these are for monitors alone.
    fn places_kept(&self) -> usize {
        usize::from(self.health.is_some())
    }

    /// A remote control.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Puts a handler to work.
    pub fn serve<H: Handler>(self, handler: H) -> Server<H> {
        self.serve_over(handler, |listener| listener)
    }

    /// The same over what is made of each listener: one whose connections have layers of their own.
    pub(crate) fn serve_over<H: Handler, L: Listen>(
        mut self,
        handler: H,
        over: impl FnMut(Listener) -> L,
    ) -> Server<H, L> {
        let most = self.connections_max() - self.places_kept();
        self.listeners.set_limit(most);
        let mut clock = Clock::new();
        let start = clock.read().mono;
        let engine = Engine::new(self.limits, self.protocol, start)
            .with_proxies(self.proxies)
            .with_health(self.health)
            .with_takings(self.taken.is_some());
        Server {
            poll: self.poll,
            events: mio::Events::with_capacity(EVENTS_MAX),
            handler,
            handle: self.handle,
            listeners: self.listeners.map(over),
            local_addrs: self.local_addrs,
            drain_delay: self.drain_delay,
            drains_at: None,
            deserted: self.deserted,
            taken: self.taken,
            signals: self.signals,
            engine,
            clock,
            work: None,
        }
    }
}

/// How many descriptors this process may still open, a count.
fn descriptors_free() -> usize {
    sys::limits::descriptors_max().saturating_sub(sys::limits::descriptors_open())
}
