//! One connection: three parts, each with its own state, and the loop that joins them.
//!
//! `link` moves bytes, `dialog` knows where the two sides stand, `cycle` is the request in flight.
//! `receive` takes the peer's bytes to the handler and the exchange, `answer` brings a response to
//! the link, `watch` is what happens when nothing does. Somebody else's code is called in `call`.

mod answer;
mod call;
mod receive;
mod watch;

use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::Instant;

use super::cycle::Cycle;
use super::ends::{Addrs, Ends};
use super::input::Input;
use super::link::{Event, Filled, Link};
use super::shed::{self, Spare};
use super::times::Times;
use super::transport::Transport;
use super::world::World;
use crate::handler::{Cause, Handler, Log};
use crate::http::dialog::{Dialog, Joint, Phase};
use crate::http::fault::Fault;
use crate::http::limits::Limits;
use crate::reactor::clock::later;
use crate::reactor::timers::Timers;
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
    key: Key,
    ends: Ends,
    /// It is in the ready queue.
    is_queued: bool,
}

/// What is left after a drive.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing to do until an event or the deadline.
    Wait,
    /// More to do, the budget is spent.
    Again,
    /// Over: drop it. `None` if it has come to its end.
    Gone(Option<Cause>),
}

impl<T: Transport> Conn<T> {
    /// Does all that can be done now, within one turn's budget.
    pub fn drive<H: Handler>(&mut self, world: &mut World<'_, H>) -> Outcome {
        world.shared.serial += 1;
        let mut input = self.link.open(&mut world.shared.scratch);
        let worked = self.work(&mut input, world);
        let scratch = &mut world.shared.scratch;
        match worked {
            Ok(()) if !self.dialog.is_gone() => self.link.keep(input, scratch),
            ended => {
                self.link.recycle(input, scratch);
                return Outcome::Gone(ended.err());
            }
        }
        if let Some(cycle) = &mut self.cycle {
            cycle.keep();
        }
        self.watch_peer();
        let deadline = self.next_deadline(&world.shared.limits, world.now.mono);
        self.times.set_deadline(deadline);
        match world.again || self.link.is_spent(self.wants_input()) {
            true => Outcome::Again,
            false => Outcome::Wait,
        }
    }

    /// The fixpoint: each pass consumes input or budget, or moves a state that only moves forward
    /// within a cycle.
    fn work<H: Handler>(
        &mut self,
        input: &mut Input,
        world: &mut World<'_, H>,
    ) -> Result<(), Cause> {
        if self.link.is_broken() && !self.dialog.is_lingering() {
            return Err(Cause::PeerGone(std::io::ErrorKind::ConnectionReset.into()));
        }
        if self.times.take_fired() {
            self.expire(input, world)?;
        }
        self.tell_news(world)?;
        let mut doubts = 0;
        for pass in 0.. {
            assert!(!COUNTS_PASSES || pass < PASSES_MAX, "a drive does not end");
            if self.dialog.is_gone() {
                break;
            }
            // Only what comes can move one that waits for a request.
            if self.is_quiet(input, world.shared.draining) && !self.read(input, world)? {
                break;
            }
            let mut moved = self.receive(input, world)?;
            moved |= self.answer(world)?;
            let joint = self.dialog.join(self.has_exchange());
            let goes_on = self.go_on(joint, input, world);
            if goes_on && world.requests_left > 0 {
                continue;
            }
            moved |= self.flush(world)?;
            moved |= !goes_on && self.go_on(joint, input, world);
            if world.requests_left == 0 || world.calls_left == 0 {
                world.again = true;
                break;
            }
            if self.link.is_sent() {
                self.conclude(joint, input, world)?;
            }
            if !moved && !self.fill(input, world)? && !self.doubt(&mut doubts, world)? {
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

    /// Begins the next cycle, if it is time: requests that are here already are answered into one
    /// write, others when what was before them is sent.
    fn go_on<H: Handler>(&mut self, joint: Joint, input: &Input, world: &mut World<'_, H>) -> bool {
        if joint != Joint::NextCycle {
            return false;
        }
        let has_begun = !input.rest().is_empty();
        let may = match has_begun {
            true => self.link.has_room(),
            false => self.link.is_sent(),
        };
        if !may {
            return false;
        }
        self.end_cycle(None, world);
        self.dialog.next_cycle(has_begun);
        self.begin_wait(world.now.mono);
        world.requests_left -= 1;
        true
    }

    /// Acts on a joint state that ends the connection, once everything was sent.
    fn conclude<H: Handler>(
        &mut self,
        joint: Joint,
        input: &Input,
        world: &World<'_, H>,
    ) -> Result<(), Cause> {
        let now = world.now.mono;
        match joint {
            _ if self.dialog.is_lingering() => {
                self.link.end_output()?;
                if self.link.has_ended() && !self.link.is_far_behind() {
                    self.dialog.close();
                }
            }
            Joint::Stay | Joint::NextCycle => {
                let drains = world.shared.draining && self.dialog.is_between();
                if drains && input.says_nothing() {
                    self.close(now);
                }
            }
            // A plain close would reset the connection under the response if bytes were unread,
            // or on their way: only a peer that said so sends none.
            Joint::Close
                if self.dialog.peer_closes()
                    && input.rest().is_empty()
                    && !self.link.is_readable()
                    && !self.link.is_far_behind() =>
            {
                self.close(now);
            }
            _ if self.link.input_has_ended() && !self.link.is_far_behind() => self.close(now),
            Joint::Close | Joint::Linger => self.linger(now)?,
        }
        Ok(())
    }

    /// Closes without a wait for the peer's end.
    fn close(&mut self, now: Instant) {
        if self.link.finish() {
            self.dialog.close();
        } else if !self.dialog.is_lingering() {
            self.dialog.linger();
            self.times.linger(now);
        }
    }

    fn linger(&mut self, now: Instant) -> Result<(), Cause> {
        self.dialog.linger();
        self.times.linger(now);
        self.link.end_output()
    }

    fn flush<H: Handler>(&mut self, world: &mut World<'_, H>) -> Result<bool, Cause> {
        let mut moved = self.link.flush()?;
        if moved {
            self.times.sent(world.now.mono);
            if let Some(cycle) = &mut self.cycle {
                cycle.sent(self.link.sent_bytes(), world.now.mono);
            }
        }
        if self.dialog.is_answering() && self.link.is_queued() {
            self.dialog.answer_ended();
            moved = true;
        }
        if self.dialog.is_answered() && self.link.is_sent() && !self.has_exchange() {
            self.end_cycle(None, world);
        }
        Ok(moved)
    }

    fn fill<H: Handler>(
        &mut self,
        input: &mut Input,
        world: &mut World<'_, H>,
    ) -> Result<bool, Cause> {
        match self.wants_input() {
            true => self.read(input, world),
            false => Ok(false),
        }
    }

    fn read<H: Handler>(
        &mut self,
        input: &mut Input,
        world: &mut World<'_, H>,
    ) -> Result<bool, Cause> {
        debug_assert!(self.wants_input());
        match self.link.fill(input)? {
            Filled::Nothing => return Ok(false),
            Filled::Unblocked => {}
            Filled::Bytes => {
                world.shared.serial += 1;
                if self.dialog.input_came(self.link.is_unsent()) {
                    self.times.begin(world.now.mono);
                }
            }
            // It is half-close, not abort: what was asked is still answered.
            Filled::End => {
                if self.dialog.input_ended() {
                    self.refuse(Fault::BodyTruncated, world)?;
                }
            }
        }
        Ok(true)
    }

    /// Something else is waited for from now on, unless that is still the peer, to take what it was
    /// sent: all that it sends meanwhile, whole requests, too, is nothing that it takes.
    fn begin_wait(&mut self, now: Instant) {
        if !self.link.is_unsent() {
            self.times.begin(now);
        }
    }

    fn wants_input(&self) -> bool {
        !self.link.input_has_ended() && self.dialog.wants_input(self.link.is_sent())
    }

    fn has_exchange(&self) -> bool {
        self.cycle
            .as_ref()
            .is_some_and(|cycle| cycle.has_exchange())
    }

    /// The request is over: its record goes to the log.
    fn end_cycle<H: Handler>(&mut self, cause: Option<&Cause>, world: &mut World<'_, H>) {
        let Some(cycle) = self.cycle.take() else {
            return;
        };
        // One that is complete counts as sent with those before it.
        let queued = match cause {
            Some(_) => 0,
            None => self.link.queued_bytes() as u64,
        };
        let reached = self.link.sent_bytes() + queued;
        let record = cycle.record(self.ends.peer(), reached, world.now.mono, cause);
        world.log(Log::Over(record));
        if let Some(spare) = cycle.end() {
            world.shared.spare_cycle = Some(spare);
        }
    }
}

/// What the engine asks of a connection.
impl<T: Transport> Conn<T> {
    /// A connection that was just accepted.
    pub fn new(transport: T, key: Key, addrs: Addrs, now: Instant, limits: &Limits) -> Conn<T> {
        let mut conn = Conn {
            link: Link::new(transport),
            dialog: Dialog::default(),
            cycle: None,
            times: Times::new(now),
            key,
            ends: Ends::new(addrs),
            is_queued: false,
        };
        conn.times.set_deadline(conn.next_deadline(limits, now));
        conn
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.ends.peer()
    }

    /// Puts it into the ready queue; returns whether it was not there.
    pub fn enqueue(&mut self) -> bool {
        !std::mem::replace(&mut self.is_queued, true)
    }

    /// Takes it out of the ready queue; returns whether it was there.
    pub fn dequeue(&mut self) -> bool {
        std::mem::take(&mut self.is_queued)
    }

    /// The poller says this of its transport.
    pub fn announce(&mut self, event: Event) {
        self.link.announce(event);
    }

    /// A source of its exchange's own is ready.
    pub fn mark_source(&mut self, which: u8) {
        if let Some(cycle) = &mut self.cycle {
            cycle.mark_source(which);
        }
    }

    /// Its exchange was woken, or nobody is left who could.
    pub fn wake(&mut self) {
        if let Some(cycle) = &mut self.cycle {
            cycle.wake();
        }
    }

    /// A child of its exchange has ended; returns whether there is an exchange to be told.
    pub fn mark_exit(&mut self, status: ExitStatus) -> bool {
        match &mut self.cycle {
            Some(cycle) if cycle.has_exchange() => {
                cycle.mark_exit(status);
                true
            }
            _ => false,
        }
    }

    /// Its entry in the timers has fired; returns whether there is something to do.
    pub fn fire(&mut self, now: Instant, timers: &mut Timers) -> bool {
        self.times.fire(self.key, now, timers)
    }

    /// Sees to it that its entry in the timers fires in time.
    pub fn arm(&mut self, timers: &mut Timers) {
        self.times.arm(self.key, timers);
    }

    /// If it may be closed to make room: why, and since when.
    pub fn spare(&self, now: Instant) -> Option<(Spare, Instant)> {
        let wait = self.dialog.wait(self.link.is_unsent());
        let has_input = !self.link.holds_nothing();
        let (spare, after) = shed::spare(wait, self.dialog.is_answered(), has_input)?;
        let since = self.times.still_since();
        (now > later(since, after)).then_some((spare, since))
    }

    fn is_idle(&self) -> bool {
        self.dialog.is_between() && self.link.holds_nothing() && self.link.is_sent()
    }

    /// Whether it is idle after a request: then it may be closed at once to make room.
    pub fn has_come_to_rest(&self) -> bool {
        self.dialog.phase() == Phase::Idle && self.is_idle()
    }

    /// About how much memory it holds beside its slot, and whether its answer may need more.
    pub fn memory_bytes(&self) -> (usize, bool) {
        let cycle = self.cycle.as_ref().map_or(0, |cycle| cycle.memory_bytes());
        let is_fed = self.has_exchange() || self.link.is_pulled();
        (self.link.memory_bytes() + cycle, is_fed)
    }

    /// Before the drop: takes its entry out of the timers and its transport off the poller.
    pub fn leave(&mut self, timers: &mut Timers, registry: &mio::Registry) {
        self.times.disarm(self.key, timers);
        if self.dialog.is_answering() {
            self.link.cut();
        } else if self.dialog.is_between() {
            // One that is idle is not cut. If it cannot hear it now, it never will.
            self.link.finish();
        }
        self.link.deregister(registry);
    }

    /// Before the drop: ends what is in flight, for this reason if it was cut.
    pub fn end<H: Handler>(&mut self, cause: Option<Cause>, world: &mut World<'_, H>) {
        if let Some(cause) = cause.as_ref().filter(|cause| !cause.is_told()) {
            self.tell_cut(cause, world);
        }
        self.end_exchange(false, world);
        self.end_cycle(cause.as_ref(), world);
    }
}

impl<T: Transport> Conn<T> {
    /// Logs why its response ends before its end, if one is under way.
    fn tell_cut<H: Handler>(&self, cause: &Cause, world: &mut World<'_, H>) {
        if !self.dialog.is_unanswered() && !self.link.is_sent() {
            let (peer, message) = (self.ends.peer(), &*format!("response cut: {cause}"));
            world.log(Log::Error { peer, message });
        }
    }
}

#[cfg(any(test, fuzzing))]
pub mod inspect;
#[cfg(test)]
mod tests;
