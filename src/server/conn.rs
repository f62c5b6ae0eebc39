//! One connection: three parts, each with its own state, and the loop that joins them.
//!
//! `link` moves bytes, `dialog` knows where the two sides stand, `cycle` is the request in flight.
//! `receive` takes the peer's bytes in (`pass_on` what a proxy puts before them), `route` a
//! request to its handler, or `refuse` and `health` answer it; `respond` begins a response, and
//! `switch` one that leads to another protocol; `answer` goes on with it, `ending` ends it; `watch`
//! is what happens when nothing does. Somebody else's code is called in `call`; `events` is the
//! engine's side.

mod answer;
mod call;
mod ending;
mod events;
mod health;
mod pass_on;
mod receive;
mod refuse;
mod respond;
mod route;
mod switch;
mod watch;

use std::io;
use std::time::Instant;

use super::cycle::Cycle;
use super::drive::Drive;
use super::ends::{Addrs, Ends};
use super::input::Input;
use super::link::Link;
use super::marks::Marks;
use super::times::Times;
use super::transport::Transport;
use crate::handler::{Cause, Handler};
use crate::http::dialog::{Dialog, Wait};
use crate::http::limits::Limits;
use crate::http::scheme::Scheme;
use crate::reactor::token::Key;

/// A bound on the passes of one drive, for the proof of debug builds and tests that they end.
const PASSES_MAX: usize = 100_000;

/// Whether it is looked at.
const COUNTS_PASSES: bool = cfg!(any(debug_assertions, test, fuzzing));

/// A connection in its slab slot.
pub struct Conn<T> {
    link: Link<T>,
    dialog: Dialog,
    cycle: Option<Box<Cycle>>,
    times: Times,
    /// Its place, in 32 bits: there are never as many descriptors.
    place: u32,
    ends: Ends,
    /// Its number among all that were taken, and of requests that are over; both start again when
    /// they are full.
    number: u32,
    requests: u32,
    /// How the request that was received last was asked.
    scheme: Scheme,
    marks: Marks,
}

/// What is left after a drive.
#[derive(Debug)]
pub enum Driven {
    /// Nothing to do until an event or the deadline.
    Wait,
    /// More to do, the budget is spent.
    Again,
    /// Over: drop it. `None` if it has come to its end.
    Gone(Option<Cause>),
}

impl<T: Transport> Conn<T> {
    /// A connection that was just accepted.
    pub fn new(transport: T, key: Key, addrs: Addrs, now: Instant, limits: &Limits) -> Conn<T> {
        let mut conn = Conn {
            scheme: transport.scheme(),
            link: Link::new(transport),
            dialog: Dialog::default(),
            cycle: None,
            times: Times::new(now),
            place: key as u32,
            ends: Ends::new(addrs),
            number: 0,
            requests: 0,
            marks: Marks::default(),
        };
        conn.times.set_deadline(conn.next_deadline(limits, now));
        conn
    }

    fn key(&self) -> Key {
        self.place as Key
    }

    /// Gives it its number among all that were taken.
    pub fn numbered(mut self, number: u32) -> Conn<T> {
        self.number = number;
        self
    }

    /// Does all that can be done now, within one turn's budget.
    pub fn drive<H: Handler>(&mut self, drive: &mut Drive<'_, H>) -> Driven {
        let mut input = self.link.open(&mut drive.shared.scratch);
        let heard = self.take_ahead(&mut input, drive);
        let worked = heard.and_then(|()| self.work(&mut input, drive));
        let scratch = &mut drive.shared.scratch;
        match worked {
            Ok(()) if !self.dialog.is_gone() => self.link.keep(input, scratch),
            ended => {
                self.link.recycle(input, scratch);
                return Driven::Gone(ended.err());
            }
        }
        if let Some(cycle) = &mut self.cycle {
            cycle.keep();
        }
        self.watch_peer();
        let steps = self.pace(drive);
        let wait = self.dialog.wait(self.link.is_unsent());
        if drive.shared.limits.response_rate_min > 0 {
            let is_full = !self.link.is_writable();
            self.times.time_reader(wait, is_full, drive.now.mono);
        }
        self.times
            .wait_for_reader(wait == Wait::Reader, drive.now.mono);
        let mut deadline = self.next_deadline(&drive.shared.limits, drive.now.mono);
        let is_idle = || self.dialog.is_between() && self.link.holds_nothing();
        if drive.shared.draining && is_idle() && !self.link.is_awaited() {
            let ends = [deadline, self.lap_ends()];
            deadline = ends.into_iter().flatten().min();
        }
        self.times.set_deadline(deadline);
        match drive.again || steps || self.link.is_spent(self.wants_input()) {
            true => Driven::Again,
            false => Driven::Wait,
        }
    }

    /// The fixpoint: each pass consumes input or budget, or moves a state that only moves forward
    /// within a cycle.
    fn work<H: Handler>(
        &mut self,
        input: &mut Input,
        drive: &mut Drive<'_, H>,
    ) -> Result<(), Cause> {
        if self.link.is_broken() && !self.dialog.is_lingering() {
            return Err(Cause::PeerGone(io::ErrorKind::ConnectionReset.into()));
        }
        if self.times.take_fired() {
            self.expire(input, drive)?;
        }
        self.tell_news(drive)?;
        let mut doubts = 0;
        for pass in 0.. {
            assert!(!COUNTS_PASSES || pass < PASSES_MAX, "a drive does not end");
            if self.dialog.is_gone() {
                break;
            }
            // Only what comes can move one that waits for a request.
            if self.is_quiet(input, drive.shared.draining) && !self.read(input, drive)? {
                break;
            }
            let mut moved = self.receive(input, drive)?;
            moved |= self.answer(drive)?;
            let joint = self.dialog.join(self.has_exchange());
            let goes_on = self.go_on(joint, input, drive);
            if goes_on && drive.requests_left > 0 {
                continue;
            }
            moved |= self.flush(drive)?;
            moved |= !goes_on && self.go_on(joint, input, drive);
            if drive.requests_left == 0 || drive.calls_left == 0 {
                drive.again = true;
                break;
            }
            if self.link.is_sent() {
                self.conclude(joint, input, drive)?;
            }
            if !moved && !self.fill(input, drive)? && !self.doubt(&mut doubts, drive)? {
                break;
            }
        }
        Ok(())
    }

    /// Whether it waits for a request, of which nothing is here, and has nothing else to do.
    #[inline]
    fn is_quiet(&self, input: &Input, drains: bool) -> bool {
        input.rest().is_empty() && self.dialog.is_between() && self.link.is_sent() && !drains
    }

    /// Whether something has happened since its exchange or source was asked last.
    fn is_stirred(&self) -> bool {
        self.cycle.as_ref().is_some_and(|cycle| cycle.is_stirred())
    }

    fn has_exchange(&self) -> bool {
        self.cycle
            .as_ref()
            .is_some_and(|cycle| cycle.has_exchange())
    }
}

#[cfg(any(test, fuzzing))]
pub mod inspect;
#[cfg(test)]
mod tests;
