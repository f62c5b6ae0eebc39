//! The server: a mio poll around the engine. Poll, mark, run, accept; that is a turn.
//!
//! `accept` takes connections from a `listener`, `refusals` are those whose `peers` have enough;
//! `engine` holds them all; `shed` says who makes room, `scarce` closes some for memory. A `conn`
//! joins three parts: `link` moves bytes between `transport` and `input` or `outgoing`, the
//! protocol's `dialog` knows where the two sides stand, and `cycle` is the request in flight.
//! `times` says for how long it waits, by the `progress` of its peer and the `rate` at which that
//! sends and takes.
//! `leaving` is how all that comes to an end.

pub(crate) mod accept;
pub(crate) mod conn;
mod cycle;
pub(crate) mod drive;
pub(crate) mod ends;
pub(crate) mod engine;
pub(crate) mod group;
mod input;
mod leaving;
pub(crate) mod link;
mod listener;
pub(crate) mod marks;
mod memory;
mod outgoing;
mod peers;
mod progress;
mod rate;
mod reasons;
mod refusals;
mod scarce;
mod shed;
mod signals;
mod steps;
mod takings;
mod ties;
mod times;
pub(crate) mod transport;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use accept::{Listen, Listeners};
use drive::Host;
use engine::Engine;
use link::Event;
use listener::Listener;
use signals::SignalStreams;
use transport::Socket;

use crate::handler::{Handler, TrustedProxies};
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::http::target::UrlPath;
use crate::reactor::clock::Clock;
use crate::reactor::token::{self, CHILD, SERVER, SOCKET};
use crate::reactor::wake::Handle;
use crate::sys;

/// Events taken in one turn, a count.
const EVENTS_MAX: usize = 256;

/// An event of the poller, in bytes, rounded up: epoll_event(3type), kevent(2).
const EVENT_BYTES: usize = 32;

/// The events of a turn, in bytes.
const EVENTS_BYTES: usize = EVENTS_MAX * EVENT_BYTES;

/// The longest wait for events; then it is waited again.
const WAIT_TIME_MAX: Duration = Duration::from_secs(24 * 3600);

/// An idle connection has less than 300 bytes of memory in all; this is most of it. (Debug builds
/// of mio remember the poller, too.)
const _: () = assert!(cfg!(debug_assertions) || size_of::<conn::Conn<Socket>>() <= 224);

/// The waker's key; listeners count from 1.
const WAKER: usize = 0;

/// What one turn of the loop left behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Ready work is left: call again soon, without waiting.
    More,
    /// Nothing to do until the descriptor is readable or this long has passed.
    Idle(Option<Duration>),
    /// Drained and finished.
    Stopped,
}

/// A server in the making: bound and listening, not yet serving. It is `Send`: bind here, serve on
/// another thread.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let builder = sprat::Builder::bind("127.0.0.1:0".parse().unwrap())?;
/// assert_ne!(builder.local_addrs()[0].port(), 0);
/// # Ok(())
/// # }
/// ```
pub struct Builder {
    poll: mio::Poll,
    handle: Handle,
    listeners: Listeners<Listener>,
    local_addrs: Vec<SocketAddr>,
    limits: Limits,
    protocol: Version,
    proxies: TrustedProxies,
    dual_stack: bool,
    drain_delay: Duration,
    deserted: Option<Deserted>,
    taken: Option<Duration>,
    health: Option<UrlPath>,
    signals: SignalStreams,
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

    /// A server that listens on this address; port 0 takes any free port.
    ///
    /// # Errors
    /// `AddrInUse` if the port is taken, `AddrNotAvailable` if the address is not this machine's,
    /// `PermissionDenied` for a port below 1024 without the right to it.
    pub fn bind(addr: SocketAddr) -> io::Result<Builder> {
        let mut builder = Builder::new()?;
        builder.listen(addr)?;
        Ok(builder)
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

/// When a server that nobody uses is drained.
#[derive(Clone, Copy)]
struct Deserted {
    time: Duration,
    grace: Duration,
}

/// A server: listeners, connections and the handler that answers them, on one thread.
pub struct Server<H, L: Listen = Listener> {
    poll: mio::Poll,
    events: mio::Events,
    handler: H,
    handle: Handle,
    listeners: Listeners<L>,
    local_addrs: Vec<SocketAddr>,
    drain_delay: Duration,
    /// A drain was announced: when it begins.
    drains_at: Option<Instant>,
    deserted: Option<Deserted>,
    /// It drains with this grace when a file was taken whole.
    taken: Option<Duration>,
    signals: SignalStreams,
    engine: Engine<L::Taken>,
    clock: Clock,
    /// When the handler's own work goes on.
    work: Option<Instant>,
}

impl<H: Handler, L: Listen> Server<H, L> {
    /// A remote control.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// The handler.
    pub fn handler_mut(&mut self) -> &mut H {
        &mut self.handler
    }

    /// The TCP addresses it listens on, with their real ports.
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.local_addrs
    }

    /// Waits at most `timeout` (`None`: as long as it takes), then serves what is ready, within
    /// one turn's budget.
    ///
    /// # Errors
    /// What the poller says; the errors of connections are no errors of the server.
    pub fn turn(&mut self, timeout: Option<Duration>) -> io::Result<Turn> {
        if self.engine.is_drained() {
            return Ok(Turn::Stopped);
        }
        let left = self.idle();
        self.turn_from(left, timeout)
    }

    /// A turn, with what the last one has left.
    fn turn_from(&mut self, left: Turn, timeout: Option<Duration>) -> io::Result<Turn> {
        let wait = match (left, timeout) {
            (Turn::Idle(own), Some(timeout)) => Some(own.map_or(timeout, |own| own.min(timeout))),
            (Turn::Idle(own), None) => own,
            _ => Some(Duration::ZERO),
        };
        // The system counts milliseconds in 32 bits, and a longer wait would be another one.
        let wait = wait.map(|wait| wait.min(WAIT_TIME_MAX));
        match self.poll.poll(&mut self.events, wait) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.events.clear(),
            other => other?,
        }
        let now = self.clock.read();
        let (woken, events) = self.mark(now.mono);
        if woken {
            self.obey(now.mono);
        }
        if self.drains_at.is_some_and(|at| at <= now.mono) {
            self.drains_at = None;
            self.listeners.step_aside(self.poll.registry());
            self.listeners.close();
            self.engine.drain();
        }
        let may_leave = self.is_to_leave(now.mono);
        let mut host = Host {
            handler: &mut self.handler,
            now: &now,
            registry: self.poll.registry(),
            handle: &self.handle,
        };
        self.engine.run(&mut host);
        self.work = host.handler.work(now.mono);
        self.engine.spare_memory(&mut host);
        self.listeners.accept(&mut self.engine, &mut host);
        self.leave_by_itself(may_leave, now.mono);
        if self.engine.take_logged() {
            self.handler.turn_ended();
        }
        if self.engine.is_drained() {
            return Ok(Turn::Stopped);
        }
        // A full batch means that more may be waiting, and an outer poller would not say so again.
        Ok(if events >= EVENTS_MAX {
            Turn::More
        } else {
            self.idle()
        })
    }

    /// Serves until it is drained.
    ///
    /// # Errors
    /// What the poller says.
    pub fn run(&mut self) -> io::Result<()> {
        let mut left = self.turn(None)?;
        while left != Turn::Stopped {
            left = self.turn_from(left, None)?;
        }
        Ok(())
    }

    /// What is left to do without an event.
    fn idle(&mut self) -> Turn {
        if self.engine.is_ready() || self.listeners.is_ready(self.engine.len()) {
            return Turn::More;
        }
        let next = [
            self.engine.next_deadline(),
            self.listeners.next(),
            self.drains_at,
            self.leaves_at(),
            self.work,
        ]
        .into_iter()
        .flatten()
        .min();
        // A wait may not be shorter than the time left, or the loop would spin through its end.
        Turn::Idle(next.map(|next| next.saturating_duration_since(self.clock.mono())))
    }

    /// Turns events into marks. Returns whether the waker fired, and how many events there were.
    fn mark(&mut self, now: Instant) -> (bool, usize) {
        let (mut woken, mut count, mut signalled) = (false, 0, false);
        for event in &self.events {
            count += 1;
            let (key, role) = token::decode(event.token());
            match role {
                SERVER if key == WAKER => woken = true,
                SERVER if key == group::KEY => self.listeners.nudged(),
                SERVER if key >= signals::FIRST_KEY => signalled = true,
                SERVER => self.listeners.mark(key),
                CHILD => self.engine.mark_child(key),
                SOCKET => {
                    let said = Event {
                        readable: event.is_readable() || event.is_read_closed(),
                        writable: event.is_writable(),
                        read_closed: event.is_read_closed(),
                        hung_up: event.is_write_closed() || event.is_error(),
                    };
                    self.engine.announce(key, said);
                }
                which => self.engine.mark_source(key, which),
            }
        }
        if signalled {
            if let Some(grace) = self.signals.take() {
                self.drain(grace, now);
            }
        }
        (woken, count)
    }

    /// Does what the handle asked for.
    fn obey(&mut self, now: Instant) {
        let orders = self.handle.take();
        for key in orders.wakes {
            self.engine.wake(key);
        }
        if let Some(grace) = orders.drain {
            self.drain(grace, now);
        }
    }
}

impl<H, L: Listen> Drop for Server<H, L> {
    fn drop(&mut self) {
        let now = self.clock.read();
        let registry = self.poll.registry();
        self.engine.abandon(&now, registry, &self.handle);
    }
}

/// The poller's own descriptor: readable when `turn` has something to do. Nest it in another loop.
impl<H, L: Listen> AsFd for Server<H, L> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.poll.registry().as_fd()
    }
}

/// How many descriptors this process may still open, a count.
fn descriptors_free() -> usize {
    sys::limits::descriptors_max().saturating_sub(sys::limits::descriptors_open())
}
