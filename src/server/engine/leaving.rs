//! How all connections come to their end, when the server does, and what may bring that about.

use std::time::{Duration, Instant};

use super::Engine;
use crate::reactor::token::Key;
use crate::server::transport::Transport;

impl<T: Transport> Engine<T> {
    /// From now on it is to be known whether a peer has taken a whole file.
    pub fn with_takings(mut self, are_awaited: bool) -> Engine<T> {
        if are_awaited {
            self.shared.takings.await_one();
        }
        self
    }

    /// Whether one has.
    pub fn is_taken(&self) -> bool {
        self.shared.takings.is_taken()
    }

    /// Since when nobody is there but monitors, if that is so. Who has asked for nothing yet is
    /// somebody.
    pub fn deserted_since(&self) -> Option<Instant> {
        (self.conns.len() == self.shared.monitors).then_some(self.deserted_since)
    }

    /// From now on each response is the last of its connection; aborts what is left after `grace`.
    pub fn leave(&mut self, grace: Duration, now: Instant) {
        // A grace past the clock's end is none.
        let times = [self.drain_until, now.checked_add(grace)];
        self.drain_until = times.into_iter().flatten().min();
        self.shared.leaving = true;
    }

    /// Ends idle connections now, those that were just taken or answered after a moment, others
    /// after their response.
    pub fn drain(&mut self) {
        self.shared.draining = true;
        let keys: Vec<Key> = self.conns.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.enqueue(key);
        }
    }

    /// Whether a drain was asked for.
    pub fn is_leaving(&self) -> bool {
        self.shared.leaving
    }

    /// Whether it has begun.
    pub fn is_draining(&self) -> bool {
        self.shared.draining
    }

    /// Whether a drain has come to its end.
    pub fn is_drained(&self) -> bool {
        self.shared.draining && self.conns.is_empty() && self.shared.reaper.is_empty()
    }

    /// Who has taken a file may leave.
    pub(super) fn look_at_takings(&mut self, now: Instant) {
        let sent = |key: Key| self.conns[key].sent_bytes();
        let has_arrived = |key: Key| self.conns[key].has_arrived();
        if let Some(key) = self.shared.takings.look(now, sent, has_arrived) {
            self.enqueue(key);
        }
    }
}
