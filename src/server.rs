//! The server: a mio poll around the engine. Poll, mark, run, accept; that is a turn.
//!
//! `accept` takes connections from a `listener`, `adopt` those that somebody else has accepted;
//! `refusals` are those whose `peers` have enough;
//! `engine` holds them all; `shed` says who makes room, `scarce` closes some for memory. A `conn`
//! joins three parts: `link` moves bytes between `transport` and `input` or `outgoing`, the
//! protocol's `dialog` knows where the two sides stand, and `cycle` is the request in flight.
//! `times` says for how long it waits, by the `progress` of its peer and the `rate` at which that
//! sends and takes.
//! `leaving` is how all that comes to an end.

pub(crate) mod accept;
mod adopt;
mod ahead;
mod builder;
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
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

pub use builder::Builder;

use accept::{Listen, Listeners};
use drive::Host;
use engine::Engine;
use link::Event;
use listener::Listener;
use signals::SignalStreams;
use transport::Socket;

use crate::handler::Handler;
use crate::reactor::clock::Clock;
use crate::reactor::token::{self, CHILD, SERVER, SOCKET};
use crate::reactor::wake::Handle;

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

/// When a server that nobody uses is drained.
#[derive(Clone, Copy)]
struct Deserted {
    time: Duration,
    grace: Duration,
}

/// A server: listeners, connections and the handler that answers them, on one thread.
///
/// It is not `Send`, and neither is a handler asked to be: what it holds may be in an `Rc`. So a
/// server that is to run on a thread of its own is made there, of a [`Builder`] that was bound
/// before, which is `Send`; the compiler's "cannot be sent between threads safely" means that a
/// server was made too early:
///
/// ```
/// # use sprat::{Builder, Response, Status};
/// # fn main() -> std::io::Result<()> {
/// let builder = Builder::bind("127.0.0.1:0")?;
/// let handle = builder.handle();
/// let thread = std::thread::spawn(move || {
///     let handler = sprat::handler(|_, _| Response::new(Status::OK).text("hello\n"));
///     builder.serve(handler).run()
/// });
/// handle.stop()?;
/// thread.join().unwrap()
/// # }
/// ```
///
/// ```compile_fail,E0277
/// # use sprat::{Builder, Response, Status};
/// # fn main() -> std::io::Result<()> {
/// let handler = sprat::handler(|_, _| Response::new(Status::OK).text("hello\n"));
/// let mut server = Builder::bind("127.0.0.1:0")?.serve(handler);
/// std::thread::spawn(move || server.run());
/// # Ok(())
/// # }
/// ```
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
