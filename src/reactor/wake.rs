//! Remote control of a server: a queue of commands and a `mio::Waker`.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::token::Key;

/// What another thread may ask of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Drive this connection.
    Wake(Key),
    /// Stop accepting, finish what is in flight, give up after this long.
    Drain(Duration),
}

/// A clonable remote control that any thread may hold.
#[derive(Clone, Debug)]
pub struct Handle {
    queue: Arc<Mutex<VecDeque<Command>>>,
    waker: Arc<mio::Waker>,
}

impl Handle {
    pub(crate) fn new(waker: mio::Waker) -> Handle {
        Handle {
            queue: Arc::default(),
            waker: Arc::new(waker),
        }
    }

    /// Stops accepting, finishes what is in flight, and aborts what is left after `grace`.
    /// `drain(Duration::ZERO)` ends at once.
    ///
    /// # Errors
    /// What waking the poller says.
    pub fn drain(&self, grace: Duration) -> io::Result<()> {
        self.send(Command::Drain(grace))
    }

    /// Makes `turn` return, if it waits.
    ///
    /// # Errors
    /// What waking the poller says.
    pub fn wake(&self) -> io::Result<()> {
        self.waker.wake()
    }

    fn send(&self, command: Command) -> io::Result<()> {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(command);
        self.waker.wake()
    }

    pub(crate) fn next(&self) -> Option<Command> {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }
}

/// Wakes one exchange, from any thread. A wake that comes too late is harmless.
#[derive(Clone, Debug)]
pub struct ExchangeWaker {
    handle: Handle,
    key: Key,
}

impl ExchangeWaker {
    pub(crate) fn new(handle: Handle, key: Key) -> ExchangeWaker {
        ExchangeWaker { handle, key }
    }

    /// Has the exchange's `poll_response` or `pull` called again.
    ///
    /// # Errors
    /// What waking the poller says.
    pub fn wake(&self) -> io::Result<()> {
        self.handle.send(Command::Wake(self.key))
    }
}
