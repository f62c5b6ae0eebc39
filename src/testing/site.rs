//! A server without sockets, clock and threads, for tests of handlers (feature `testing`).
//!
//! Bytes are given by [`Peer`]s and come back as [`Answer`]s; the clock stands still until it is
//! [moved](Site::pass), and time that is waited for passes at once. All else is the server itself:
//! parser, limits, deadlines, pages of errors, the log. Files and scripts that a handler serves are
//! real ones.
//!
//! A handler that answers after an hour is tested in a millisecond:
//!
//! ```
//! use std::task::Poll;
//! use std::time::Duration;
//!
//! use sprat::testing::Site;
//! use sprat::{Reply, Response, Status};
//!
//! const HOUR: Duration = Duration::from_secs(3600);
//!
//! let mut site = Site::new(sprat::handler(|_, cx| {
//!     let due = cx.now() + HOUR;
//!     cx.set_deadline(Some(due));
//!     Reply::later(move |cx| match cx.now() >= due {
//!         true => Poll::Ready(Ok(Response::new(Status::OK).text("at last\n"))),
//!         false => Poll::Pending,
//!     })
//! }));
//! let peer = site.connect();
//! peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
//! site.pass(HOUR - Duration::from_secs(1));
//! assert!(peer.answer().is_none());
//! site.pass(Duration::from_secs(1));
//! let answer = peer.answer().expect("an hour is over");
//! assert_eq!((answer.status, answer.text()), (200, "at last\n".into()));
//! assert_eq!(site.log(), ["200 GET / HTTP/1.1"]);
//! ```

mod answer;
mod heard;
mod wire;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant, SystemTime};

pub use answer::Answer;
use heard::Heard;
pub use wire::Peer;
use wire::Pipe;

use super::poller::Poller;
use crate::handler::Handler;
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::reactor::clock::{Clock, Now};
use crate::reactor::token::{CHILD, SERVER};
use crate::reactor::wake::Handle;
use crate::server::engine::Engine;

/// Turns in a row in which something moves, a count: a handler that always has more to do never
/// comes to rest.
const TURNS_MAX: usize = 1_000_000;

/// What the wall clock says at first: 14 November 2023, 22:13:20 UTC, in seconds since 1970.
const START_SECONDS: u64 = 1_700_000_000;

/// A server and its handler.
pub struct Site<H: Handler> {
    poller: Poller,
    engine: Engine<Pipe>,
    handler: Heard<H>,
    clock: Clock,
    start: Instant,
    now: Instant,
    wall: SystemTime,
    peers: Vec<Peer>,
    port: u16,
    /// When the handler's own work goes on.
    work: Option<Instant>,
}

impl<H: Handler> Site<H> {
    /// A server of this handler, with the limits that are the default.
    ///
    /// # Panics
    /// Where the system gives no poller, for which it takes two descriptors.
    pub fn new(handler: H) -> Site<H> {
        Site::with_limits(handler, Limits::default())
    }

    /// The same with these limits.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn with_limits(handler: H, limits: Limits) -> Site<H> {
        let clock = Clock::new();
        let start = clock.mono();
        Site {
            poller: Poller::new(),
            engine: Engine::new(limits, Version::Http11, start),
            handler: Heard::new(handler),
            clock,
            start,
            now: start,
            wall: SystemTime::UNIX_EPOCH + Duration::from_secs(START_SECONDS),
            peers: Vec::new(),
            port: 0,
            work: None,
        }
    }

    /// Sets what the wall clock says now; it moves with the other one.
    pub fn set_wall(&mut self, wall: SystemTime) {
        self.wall = wall - (self.now - self.start);
    }

    /// A peer connects, from 127.0.0.1 and a port of its own.
    pub fn connect(&mut self) -> Peer {
        self.port = self.port.wrapping_add(1).max(1);
        let at = |port| Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let (peer, pipe) = wire::pair();
        let key = self.engine.insert(pipe, (at(self.port), at(80)), self.now);
        peer.set_key(key);
        self.peers.push(peer.clone());
        self.settle();
        peer
    }

    /// Connects, sends these bytes, and returns the final answer to them, that to HEAD without a
    /// body. The peer stays.
    ///
    /// ```
    /// use sprat::testing::Site;
    /// use sprat::{Failure, Status};
    ///
    /// let mut site = Site::new(sprat::handler(|_, _| Failure::new(Status::NOT_FOUND)));
    /// let answer = site.ask("GET /missing HTTP/1.1\r\nHost: h\r\n\r\n");
    /// assert_eq!(answer.status, 404);
    /// assert_eq!(answer.header("Content-Type"), Some("text/html;charset=utf-8"));
    /// ```
    ///
    /// # Panics
    /// If there is no whole answer without time passing.
    pub fn ask(&mut self, request: impl AsRef<[u8]>) -> Answer {
        let request = request.as_ref();
        let is_head = request.starts_with(b"HEAD ");
        let peer = self.connect();
        peer.send(request);
        self.settle();
        while let Some(answer) = peer.take_answer(is_head) {
            if answer.status >= 200 {
                return answer;
            }
        }
        panic!(
            "no answer: {:?}",
            peer.received().escape_ascii().to_string()
        )
    }

    /// Does what is to be done now, until nothing moves any more.
    ///
    /// # Panics
    /// If that does not end: an exchange or a source asks to be called again, and does nothing.
    pub fn settle(&mut self) {
        for _ in 0..TURNS_MAX {
            if !self.turn() {
                return;
            }
        }
        panic!("a handler does not come to rest");
    }

    /// So much time passes, with all that is due meanwhile at its own moment.
    ///
    /// # Panics
    /// As [`settle`](Self::settle).
    pub fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        self.settle();
        while let Some(next) = self.next().filter(|next| *next <= end) {
            // What is due and stays so is due a millisecond later again.
            self.now = next.max(self.now + Duration::from_millis(1)).min(end);
            self.settle();
            if self.now == end {
                return;
            }
        }
        self.now = end;
        self.settle();
    }

    /// The time that has passed since the server was made.
    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// Begins to drain: what is in flight may go on for this long
    /// ([`Handle::drain`](crate::Handle::drain)).
    pub fn drain(&mut self, grace: Duration) {
        self.engine.leave(grace, self.now);
        self.engine.drain();
        self.settle();
    }

    /// Whether it was drained, or a handler has asked for it, and nothing is left.
    pub fn is_drained(&self) -> bool {
        self.engine.is_drained()
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.engine.len()
    }

    /// Its remote control, as [`Server::handle`](crate::Server::handle) gives it. What is asked for
    /// by it happens when the site is driven next.
    pub fn handle(&self) -> Handle {
        self.poller.handle.clone()
    }

    /// The handler.
    pub fn handler_mut(&mut self) -> &mut H {
        self.handler.inner()
    }

    /// The log since this was last asked: a line for each answer, of its status and its request
    /// line, and the messages of errors.
    pub fn log(&mut self) -> Vec<String> {
        self.handler.take_lines()
    }

    fn next(&self) -> Option<Instant> {
        [self.engine.next_deadline(), self.work]
            .into_iter()
            .flatten()
            .min()
    }

    fn now(&mut self) -> Now {
        let wall = self.wall + (self.now - self.start);
        self.clock.at(self.now, wall)
    }

    /// One turn; returns whether something has moved.
    fn turn(&mut self) -> bool {
        let mut told = false;
        self.peers.retain(|peer| !peer.is_forgotten());
        for peer in &self.peers {
            if let Some((key, event)) = peer.take_event() {
                self.engine.announce(key, event);
                told = true;
            }
        }
        let orders = self.poller.handle.take();
        for key in orders.wakes {
            self.engine.wake(key);
            told = true;
        }
        if let Some(grace) = orders.drain {
            self.engine.leave(grace, self.now);
            self.engine.drain();
            told = true;
        }
        for (key, role) in self.poller.events() {
            match role {
                CHILD => self.engine.mark_child(key),
                // Somebody wants a turn, perhaps for the handler's own work.
                SERVER => {}
                which => self.engine.mark_source(key, which),
            }
            told = true;
        }
        let is_due = self.next().is_some_and(|next| next <= self.now);
        if !told && !is_due && !self.engine.is_ready() {
            return false;
        }
        let now = self.now();
        let mut host = self.poller.host(&mut self.handler, &now);
        self.engine.run(&mut host);
        self.work = self.handler.work(now.mono);
        if self.engine.take_logged() {
            self.handler.turn_ended();
        }
        told || self.engine.is_ready()
    }
}

impl<H: Handler> Drop for Site<H> {
    fn drop(&mut self) {
        let now = self.now();
        let (registry, handle) = (self.poller.registry(), &self.poller.handle);
        self.engine.abandon(&now, registry, handle);
    }
}

#[cfg(test)]
mod tests;
