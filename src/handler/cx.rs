//! What a handler, a source or an exchange may do while the server calls it.

use std::io;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::http::response::write_interim;
use crate::http::status::Status;
use crate::reactor::clock::Now;
use crate::reactor::reap::ChildProcess;
use crate::reactor::token::{self, Key};
use crate::reactor::wake::{ExchangeWaker, Handle, Wake};

/// What a handler, a source or an exchange may do while it is being called.
pub struct Cx<'a> {
    pub(crate) now: &'a Now,
    pub(crate) handle: &'a Handle,
    pub(crate) key: Key,
    pub(crate) registry: &'a mio::Registry,
    pub(crate) draining: bool,
    pub(crate) wake_ups: &'a mut WakeUps,
    pub(crate) effects: &'a mut Effects,
}

/// What will cause the next call of an exchange or a source.
#[derive(Default)]
pub(crate) struct WakeUps {
    /// The deadline that it set.
    pub at: Option<Instant>,
    /// Made with its first waker.
    pub wake: Option<Arc<Wake>>,
    /// How many sources it has on the poller.
    pub sources: u8,
    /// The peer has ended its side, for good.
    pub peer_ended: bool,
}

impl WakeUps {
    /// It is over: nothing calls it any more.
    pub fn end(&mut self) {
        if let Some(wake) = self.wake.take() {
            wake.close();
        }
        *self = WakeUps {
            peer_ended: self.peer_ended,
            ..WakeUps::default()
        };
    }
}

/// What a call asks the server to do after it has returned.
#[derive(Default)]
pub(crate) struct Effects {
    pub adopted: Vec<Box<dyn ChildProcess>>,
    /// The children of this exchange are to end now.
    pub ends_children: bool,
    pub notes: Vec<String>,
    /// Interim responses, written out.
    pub interim: Vec<u8>,
}

impl Cx<'_> {
    /// The time of this turn, by the monotonic clock.
    pub fn now(&self) -> Instant {
        self.now.mono
    }

    /// The time of this turn, by the wall clock.
    pub fn wall(&self) -> SystemTime {
        self.now.wall
    }

    /// The time of this turn as a response's `Date` (Python's `date_time_string`).
    pub fn date(&self) -> &str {
        std::str::from_utf8(&self.now.date).unwrap_or_default()
    }

    /// Wakes this exchange (only this one) from anywhere, any thread.
    pub fn waker(&mut self) -> ExchangeWaker {
        let wake = self
            .wake_ups
            .wake
            .get_or_insert_with(|| Wake::new(self.handle.clone(), self.key));
        ExchangeWaker::new(wake)
    }

    /// Whether the peer has ended its side of the connection and will send nothing more. Most peers
    /// that do so have left, and will not read an answer; a few (`nc -N`) still wait for it, so the
    /// server itself goes on. An exchange or a source is called when this becomes true, so that a
    /// long wait can be given up.
    ///
    /// The server itself probes such a peer after [`PROBE_TIME`](crate::limits::PROBE_TIME), and
    /// closes its exchange if it has left. A peer that speaks HTTP/1.0, or was promised a length,
    /// cannot be sent a byte to probe it; the kernel finds out after about a minute. A peer that
    /// vanishes without a word is noticed only when something is written to it.
    pub fn peer_has_ended(&self) -> bool {
        self.wake_ups.peer_ended
    }

    /// Whether the server is being drained ([`Handle::drain`]); not while that is only
    /// [announced](crate::Builder::drain_delay). What would go on for ever (a stream
    /// of events, a long poll) can end now instead of being cut when the grace is over. An
    /// exchange or a source is called when this becomes true.
    pub fn is_draining(&self) -> bool {
        self.draining
    }

    /// Sends an interim response before the response itself, such as 103 Early Hints (Python's
    /// `send_response_only`; RFC 9110 section 15.2). It is left out if the peer speaks HTTP/1.0 or
    /// does not read, if the response has begun, or if the status is not one of 102 to 199. A field
    /// that cannot be sent is left out, with a `bug:` line in the log; so are fields that frame a
    /// body, because an interim response has none.
    ///
    /// ```
    /// # use sprat::{Cx, Status};
    /// fn hint(cx: &mut Cx<'_>) {
    ///     cx.interim(Status::EARLY_HINTS, &[("Link", "</style.css>; rel=preload; as=style")]);
    /// }
    /// ```
    pub fn interim(&mut self, status: Status, fields: &[(&str, &str)]) {
        if !(102..200).contains(&status.code()) {
            return;
        }
        if let Some(name) = write_interim(&mut self.effects.interim, status, fields) {
            self.log(format!(
                "bug: a field that cannot be sent is left out of {}: {name:?}",
                status.code()
            ));
        }
    }

    /// Gives the server a child, the leader of its own session or at least process group, to wait
    /// for; [`Exchange::on_exit`](crate::Exchange::on_exit) reports its exit. If it still runs when
    /// this exchange ends, for whatever reason, its whole group or session is ended: TERM, and KILL
    /// 2 seconds later. After a complete response it has 2 seconds before that, unless
    /// [its time is up](Self::end_children). If it has ended by itself, its own children are left
    /// alone.
    pub fn adopt(&mut self, child: impl ChildProcess + 'static) {
        self.effects.adopted.push(Box::new(child));
    }

    /// Ends the children of this exchange that still run, with their groups or sessions: TERM now,
    /// KILL 2 seconds later. For those whose time is up, whatever is answered then; their exits are
    /// reported as long as the exchange lives.
    pub fn end_children(&mut self) {
        self.effects.ends_children = true;
    }

    /// Sets or clears the moment at which this exchange or source is called again, to the
    /// millisecond: one that has passed is the next. What [`Reply::timeout`](crate::Reply::timeout)
    /// puts around an exchange leaves it its own.
    pub fn set_deadline(&mut self, at: Option<Instant>) {
        self.wake_ups.at = at;
    }

    /// When this exchange or source is called again by the clock, if nothing else happens before:
    /// what was [set](Self::set_deadline) last. Within [`Reply::timeout`](crate::Reply::timeout) it
    /// is what the exchange itself has set, not when its time is up.
    pub fn deadline(&self) -> Option<Instant> {
        self.wake_ups.at
    }

    /// The server's remote control: a handler can have it drained, or keep this for another thread.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sprat::{Cx, Reply, Request, Response, Status};
    /// fn quit(_: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
    ///     match cx.handle().drain(Duration::from_secs(5)) {
    ///         Ok(()) => Response::new(Status::ACCEPTED).text("ends within 5 s\n").into(),
    ///         Err(_) => Response::new(Status::INTERNAL_SERVER_ERROR).into(),
    ///     }
    /// }
    /// ```
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Sends a line to [`Handler::log`](crate::Handler::log) as a
    /// [`Log::Error`](crate::Log::Error) of this connection.
    pub fn log(&mut self, message: impl Into<String>) {
        self.effects.notes.push(message.into());
    }

    /// Registers one of the exchange's sources under a number from 1 to 5, edge-triggered.
    ///
    /// # Errors
    /// `InvalidInput` for another number; `AlreadyExists` for a source that is registered, and
    /// others of `epoll_ctl(2)` or `kevent(2)`, such as `ENOSPC`.
    pub fn register(
        &mut self,
        source: &mut dyn mio::event::Source,
        which: u8,
        interest: mio::Interest,
    ) -> io::Result<()> {
        if !(1..=5).contains(&which) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        source.register(self.registry, token::encode(self.key, which), interest)?;
        self.wake_ups.sources = self.wake_ups.sources.saturating_add(1);
        Ok(())
    }

    /// Takes one of the exchange's sources out of the poller. Do it before the source is dropped.
    ///
    /// # Errors
    /// `NotFound` for a source that is not registered.
    pub fn deregister(&mut self, source: &mut dyn mio::event::Source) -> io::Result<()> {
        source.deregister(self.registry)?;
        self.wake_ups.sources = self.wake_ups.sources.saturating_sub(1);
        Ok(())
    }
}
