//! How long a connection waits: since when, for how long at most, and its entry in the timers.

use std::time::{Duration, Instant};

use super::progress::{Pace, Progress};
use super::rate::Uptake;
use crate::http::dialog::Wait;
use crate::http::limits::{BODY_TIME, LINGER_TIME, LINGER_TIME_MAX, Limits};
use crate::reactor::timers::{Tick, Timers};
use crate::reactor::token::Key;

/// The entry of one that has fired, and was not told. No clock comes so far.
const FIRED: Tick = Tick::MAX;

/// The clock of a connection. It is told the time, and reads none.
pub struct Times {
    /// Start of the present wait: accept, end of a response, first byte of a head, or progress.
    since: Instant,
    /// Since when its peer, while it lingers, was not seen to take anything: what comes does not
    /// move that, or it could drip for ever.
    still_since: Option<Instant>,
    /// What is known of a peer that takes no bytes.
    progress: Progress,
    /// How fast it takes what it is sent, once that was looked at.
    uptake: Option<Box<Uptake>>,
    /// When the timer is to fire, and where its entry is: 0 for nowhere, or it has [`FIRED`].
    deadline: Option<Instant>,
    entry: Tick,
}

impl Times {
    /// Of a connection that was just accepted.
    pub fn new(now: Instant) -> Times {
        Times {
            since: now,
            still_since: None,
            progress: Progress::default(),
            uptake: None,
            deadline: None,
            entry: 0,
        }
    }

    /// There was progress, or something else is waited for from now on.
    pub fn begin(&mut self, now: Instant) {
        self.since = now;
        if self.still_since.is_none() {
            self.progress.wait_anew();
        }
    }

    /// From now on its peer is waited for, to take what it was sent, or is no more: what a
    /// transport with layers holds may come between any two other waits.
    pub fn wait_for_reader(&mut self, waits: bool, now: Instant) {
        if self.progress.expect(waits) {
            self.begin(now);
        }
    }

    /// How fast its peer takes what it is sent is of interest, and this is what is waited for;
    /// `is_full` tells whether nothing can be written. Called before `wait_for_reader`.
    pub fn time_reader(&mut self, wait: Wait, is_full: bool, now: Instant) {
        let is_waited_for = match wait {
            Wait::Reader => is_full,
            // All was written, and a look has found that much of it is under way.
            Wait::Request | Wait::End => !self.progress.is_awaited() && self.uptake_due().is_some(),
            _ => false,
        };
        if is_waited_for || self.uptake.is_some() {
            let uptake = self.uptake.get_or_insert_default();
            uptake.wait(is_waited_for, now);
        }
    }

    /// It was found to be far behind with what it was sent before.
    pub fn begin_uptake(&mut self, now: Instant) {
        self.uptake.get_or_insert_default().wait(true, now);
    }

    /// When to look at how much it has taken.
    pub fn uptake_due(&self) -> Option<Instant> {
        self.uptake.as_ref().and_then(|uptake| uptake.due())
    }

    /// Takes in how many bytes it has taken; returns whether that is fewer than `least` a second.
    pub fn takes_too_slowly(&mut self, taken: u64, now: Instant, least: u64) -> bool {
        let uptake = self.uptake.as_mut();
        uptake.is_some_and(|uptake| uptake.look(taken, now, least))
    }

    /// Bytes were given to the transport.
    pub fn sent(&mut self, now: Instant) {
        self.since = now;
        self.progress.restart();
    }

    /// Lingering begins.
    pub fn linger(&mut self, now: Instant) {
        self.since = now;
        self.still_since = Some(now);
    }

    /// Since when nothing moves.
    pub fn still_since(&self) -> Instant {
        self.still_since.unwrap_or(self.since)
    }

    /// Looks at a peer that takes nothing of what it was sent, of which so many bytes are under
    /// way; returns whether it may go on so.
    pub fn may_stand_still(
        &mut self,
        under_way: Option<u32>,
        now: Instant,
        stall: Duration,
    ) -> bool {
        let since = self.still_since();
        let found = self.progress.look(under_way, now, since, stall);
        if found == Pace::Moves {
            self.since = now;
            self.still_since = self.still_since.map(|_| now);
        }
        found != Pace::Stalls
    }

    /// So long after the present wait began; none for a time of zero, or past the clock's end.
    pub fn after(&self, time: Duration) -> Option<Instant> {
        match time {
            Duration::ZERO => None,
            time => self.since.checked_add(time),
        }
    }

    /// When a wait for this is over. That for an answer has no end here: the exchange sets its own.
    pub fn end_of(&self, wait: Wait, limits: &Limits) -> Option<Instant> {
        match wait {
            Wait::Request => self.patiently(self.after(limits.idle_time), limits),
            Wait::Head => self.after(limits.head_time),
            Wait::Reader => self.progress.due(self.still_since(), limits.stall_time),
            Wait::Body => self.after(limits.stall_time.min(BODY_TIME)),
            Wait::Switched if limits.stall_time.is_zero() => None,
            // What was written may still be on its way, and is looked at as it is for a reader.
            Wait::Switched => self.progress.due(self.still_since(), limits.stall_time),
            Wait::Discard if limits.stall_time.is_zero() => self.after(BODY_TIME),
            Wait::Discard => self.after(limits.stall_time.min(BODY_TIME)),
            Wait::End => {
                let all = self.still_since().checked_add(LINGER_TIME_MAX);
                let ends = [self.after(LINGER_TIME), all].into_iter().flatten().min();
                self.patiently(ends, limits)
            }
            Wait::Answer => None,
        }
    }

    /// The same, unless its peer was found to be far behind with what it was sent: then it is
    /// looked at again instead.
    fn patiently(&self, end: Option<Instant>, limits: &Limits) -> Option<Instant> {
        if !self.progress.has_begun() {
            return end;
        }
        let next = self.progress.due(self.still_since(), limits.stall_time);
        end.map(|end| next.map_or(end, |next| next.max(end)))
    }

    /// It is to be looked at by then.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// When it is to be looked at.
    #[cfg(any(test, fuzzing))]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether its deadline has passed, and that was not told.
    pub fn has_fired(&self) -> bool {
        self.entry == FIRED
    }

    /// Whether its deadline has passed; told once.
    pub fn take_fired(&mut self) -> bool {
        let has_fired = self.has_fired();
        if has_fired {
            self.entry = 0;
        }
        has_fired
    }

    /// Sees to it that its entry fires in time.
    pub fn arm(&mut self, key: Key, timers: &mut Timers) {
        let Some(deadline) = self.deadline else {
            return;
        };
        // One that fires before is put back then; that it need not move is known without a tick.
        if self.entry == 0 || timers.fires(self.entry) > deadline {
            timers.arm(key, &mut self.entry, deadline);
        }
    }

    /// Its entry has fired. Returns whether that was due: the deadline may have moved on.
    pub fn fire(&mut self, key: Key, now: Instant, timers: &mut Timers) -> bool {
        self.entry = 0;
        let is_due = self.deadline.is_some_and(|deadline| deadline <= now);
        if !is_due {
            self.arm(key, timers);
        } else {
            self.entry = FIRED;
        }
        is_due
    }

    /// Takes its entry out.
    pub fn disarm(&mut self, key: Key, timers: &mut Timers) {
        self.take_fired();
        timers.cancel(key, &mut self.entry);
    }

    /// Its entry's tick, 0 for none, and whether it has fired and was not told.
    #[cfg(any(test, fuzzing))]
    pub fn look(&self) -> (Tick, bool) {
        match self.entry {
            FIRED => (0, true),
            entry => (entry, false),
        }
    }
}

#[cfg(test)]
mod tests;
