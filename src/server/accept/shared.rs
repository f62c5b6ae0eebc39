//! Listeners that other servers have as well: who is woken, and who looks instead.

use std::io;

use super::{Listen, Listeners, token_of};
use crate::http::limits::{ACCEPTS_PER_TURN, SHARED_ACCEPTS_PER_TURN};
use crate::server::group::AcceptGroup;

impl<L: Listen> Listeners<L> {
    /// From now on listeners are shared with these.
    ///
    /// # Errors
    /// What the poller says.
    pub fn share(&mut self, group: AcceptGroup, registry: &mio::Registry) -> io::Result<()> {
        group.watch(registry)?;
        self.group = Some(group);
        Ok(())
    }

    pub(super) fn accepts_per_turn(&self) -> usize {
        match self.group {
            None => ACCEPTS_PER_TURN,
            Some(_) => SHARED_ACCEPTS_PER_TURN,
        }
    }

    /// Puts one on the poller, and adds it.
    ///
    /// # Errors
    /// What the poller says.
    pub fn register(&mut self, mut listener: L, registry: &mio::Registry) -> io::Result<()> {
        listener.watch(registry, self.next_token(), self.group.is_some())?;
        self.add(listener);
        Ok(())
    }

    /// Another server has passed on that connections wait.
    pub fn nudged(&mut self) {
        if let Some(group) = &self.group {
            group.hear();
            self.look_again();
        }
    }

    /// Nobody is taken for now: those who come wake others, one of whom looks at once for the one
    /// that this server was woken for.
    pub fn step_aside(&mut self, registry: &mio::Registry) {
        let Some(group) = self.group.as_ref().filter(|_| !self.is_aside) else {
            return;
        };
        self.is_aside = true;
        // What is off the poller already is meant to be.
        let _ = group.unwatch(registry);
        for entry in &mut self.entries {
            let _ = entry.listener.unwatch(registry);
        }
        group.nudge();
    }

    /// Takes connections again, as the last in the queue of those that wait for them.
    pub(super) fn step_back(&mut self, registry: &mio::Registry) {
        let Some(group) = self.group.as_ref().filter(|_| self.is_aside) else {
            return;
        };
        let mut is_back = is_watched(group.watch(registry));
        for (at, entry) in self.entries.iter_mut().enumerate() {
            // Nobody may have been woken for those who came meanwhile.
            entry.ready = true;
            is_back &= is_watched(entry.listener.watch(registry, token_of(at), true));
        }
        // Else it is tried again in the next turn.
        self.is_aside = !is_back;
    }

    /// Goes to the end of that queue, where it has just taken somebody: the kernel wakes the first
    /// one that waits, and the same one again and again.
    pub(super) fn let_others(&mut self, at: usize, registry: &mio::Registry) {
        let entry = self.entries.get_mut(at);
        let Some(entry) = entry.filter(|_| self.group.is_some()) else {
            return;
        };
        let _ = entry.listener.unwatch(registry);
        // The poller tells anew of those who wait still.
        entry.ready = false;
        self.is_aside |= !is_watched(entry.listener.watch(registry, token_of(at), true));
    }
}

fn is_watched(said: io::Result<()>) -> bool {
    said.map_or_else(
        |error| error.kind() == io::ErrorKind::AlreadyExists,
        |()| true,
    )
}

#[cfg(test)]
mod tests;
