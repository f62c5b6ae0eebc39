//! The queue between the server's thread, which never waits, and those who take from it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A bounded queue of things that may become void while they wait.
pub struct Lobby<T> {
    state: Mutex<LobbyState<T>>,
    /// There is something to take, or a reason not to wait.
    came: Condvar,
    len_max: usize,
    is_void: fn(&T) -> bool,
}

struct LobbyState<T> {
    items: VecDeque<T>,
    /// Calls that are to return without anything, a count.
    unblocks: usize,
    is_open: bool,
}

/// What came of waiting.
#[derive(PartialEq, Eq, Debug)]
pub enum Taken<T> {
    Item(T),
    /// Nothing by now.
    Nothing,
    Unblocked,
    /// Nothing, and nothing will come.
    Closed,
}

impl<T> Lobby<T> {
    /// A queue of so many things at most, a count.
    pub fn new(len_max: usize, is_void: fn(&T) -> bool) -> Lobby<T> {
        Lobby {
            state: Mutex::new(LobbyState {
                items: VecDeque::new(),
                unblocks: 0,
                is_open: true,
            }),
            came: Condvar::new(),
            len_max,
            is_void,
        }
    }

    fn lock(&self) -> MutexGuard<'_, LobbyState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something at the end; gives it back if the queue is full or closed.
    pub fn put(&self, item: T) -> Result<(), T> {
        let mut state = self.lock();
        if state.items.len() >= self.len_max {
            state.items.retain(|item| !(self.is_void)(item));
        }
        if !state.is_open || state.items.len() >= self.len_max {
            return Err(item);
        }
        state.items.push_back(item);
        drop(state);
        self.came.notify_one();
        Ok(())
    }

    /// Takes the first, and waits for it, for so long at most.
    pub fn take(&self, time: Option<Duration>) -> Taken<T> {
        let is_idle = |state: &mut LobbyState<T>| {
            while state.items.front().is_some_and(self.is_void) {
                state.items.pop_front();
            }
            state.items.is_empty() && state.unblocks == 0 && state.is_open
        };
        let state = self.lock();
        let mut state = match time {
            Some(time) => {
                let waited = self.came.wait_timeout_while(state, time, is_idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                let waited = self.came.wait_while(state, is_idle);
                waited.unwrap_or_else(PoisonError::into_inner)
            }
        };
        // Who does not wait leaves it to who does.
        if state.unblocks > 0 && time != Some(Duration::ZERO) {
            state.unblocks -= 1;
            return Taken::Unblocked;
        }
        match state.items.pop_front() {
            Some(item) => Taken::Item(item),
            None if state.is_open => Taken::Nothing,
            None => Taken::Closed,
        }
    }

    /// Has one call that waits, or the next one, return without anything.
    pub fn unblock(&self) {
        self.lock().unblocks += 1;
        self.came.notify_one();
    }

    /// Takes nothing more in; what is in it can still be taken.
    pub fn close(&self) {
        self.lock().is_open = false;
        self.came.notify_all();
    }

    /// Takes all that is in it.
    pub fn empty(&self) -> VecDeque<T> {
        std::mem::take(&mut self.lock().items)
    }
}

#[cfg(test)]
mod tests;
