//! Who may run a script now, and who waits, in order. A waiting request holds no process and no
//! pipe.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::limits::WAITING_MAX;
use super::pumps::ReadPipe;
use super::space::Share;

/// What wakes a waiting request.
pub type CallUp = Box<dyn Fn() + Send>;

/// The places for scripts, shared by all requests of one `Cgi`.
#[derive(Clone)]
pub struct Queue(Arc<Mutex<QueueState>>);

struct QueueState {
    running: usize,
    running_max: usize,
    waiting: VecDeque<(u64, CallUp)>,
    next: u64,
    /// The processes of scripts that are not reaped.
    children: Vec<u32>,
}

/// One request's place: running, or in the queue. Dropping it gives the place up.
pub struct Ticket {
    queue: Queue,
    /// The number under which it waits; `None` once it runs.
    waiting: Option<u64>,
    /// The room that its body takes in files: the script has it for stdin until it is gone.
    share: Option<Share>,
    /// What it writes to, and nobody reads any more.
    outputs: RefCell<Vec<Box<dyn ReadPipe>>>,
}

impl Queue {
    /// Places for this many scripts.
    pub fn new(running_max: usize) -> Queue {
        Queue(Arc::new(Mutex::new(QueueState {
            running: 0,
            running_max,
            waiting: VecDeque::new(),
            next: 0,
            children: Vec::new(),
        })))
    }

    /// How many scripts may run at once.
    pub fn running_max(&self) -> usize {
        self.lock().running_max
    }

    /// Whether nobody more can wait for a place.
    pub fn is_full(&self) -> bool {
        self.lock().waiting.len() == WAITING_MAX
    }

    /// The ids of the scripts' processes that are not reaped.
    pub fn children(&self) -> Vec<u32> {
        self.lock().children.clone()
    }

    /// A place, at once or at the end of the queue; `None` if the queue is full. What wakes is made
    /// for whoever waits only.
    pub fn enter(&self, wake: impl FnOnce() -> CallUp) -> Option<Ticket> {
        let mut state = self.lock();
        let has_place = state.running < state.running_max;
        if state.waiting.is_empty() && has_place {
            state.running += 1;
            return Some(self.ticket(None));
        }
        if state.waiting.len() == WAITING_MAX {
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.waiting.push_back((number, wake()));
        Some(self.ticket(Some(number)))
    }

    /// Whether no place is taken, and nobody waits for one.
    #[cfg(any(test, fuzzing))]
    pub fn is_at_rest(&self) -> bool {
        let state = self.lock();
        state.running == 0 && state.waiting.is_empty()
    }

    fn ticket(&self, waiting: Option<u64>) -> Ticket {
        Ticket {
            queue: self.clone(),
            waiting,
            share: None,
            outputs: RefCell::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueState {
    /// Wakes the first in the queue if there is a place for it.
    fn call_next(&self) {
        match self.waiting.front() {
            Some((_, wake)) if self.running < self.running_max => wake(),
            _ => {}
        }
    }
}

impl Ticket {
    /// Keeps the room of the body for as long.
    pub fn keep(&mut self, share: Share) {
        self.share = Some(share);
    }

    /// Whether the script may run: true from the first time on.
    pub fn is_up(&mut self) -> bool {
        let Some(number) = self.waiting else {
            return true;
        };
        let mut state = self.queue.lock();
        let first = state.waiting.front().is_some_and(|(n, _)| *n == number);
        if !first || state.running == state.running_max {
            return false;
        }
        state.waiting.pop_front();
        state.running += 1;
        // Two places may have come free by one and the same turn.
        state.call_next();
        drop(state);
        self.waiting = None;
        true
    }
}

impl Ticket {
    /// The script has this process.
    pub fn begins(&self, id: u32) {
        self.queue.lock().children.push(id);
    }

    /// That process is told to end. Until it has, what it writes has somewhere to go: with an end
    /// of a pipe closed, the first word that it says about that would kill it (SIGPIPE).
    pub fn hold(&self, output: impl IntoIterator<Item = Box<dyn ReadPipe>>) {
        self.outputs.borrow_mut().extend(output);
    }

    /// That process is reaped.
    pub fn ends(&self, id: u32) {
        self.queue.lock().children.retain(|&child| child != id);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        match self.waiting {
            Some(number) => state.waiting.retain(|(n, _)| *n != number),
            None => state.running -= 1,
        }
        state.call_next();
    }
}

#[cfg(test)]
mod tests;
