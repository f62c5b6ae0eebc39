//! Remote control of a server: who is to be woken, whether to end, and a `mio::Waker`.

use std::io;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::token::Key;

/// What other threads have asked of the server since it last looked.
#[derive(Debug, Default)]
pub struct Orders {
    /// Drive these connections. Each waker is in here once at most.
    pub wakes: Vec<Key>,
    /// Stop accepting, finish what is in flight, give up after this long: the shortest asked for.
    pub drain: Option<Duration>,
}

#[derive(Debug)]
struct Remote {
    orders: Mutex<Orders>,
    waker: mio::Waker,
}

/// A clonable remote control that any thread may hold.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Remote>);

impl Handle {
    pub(crate) fn new(waker: mio::Waker) -> Handle {
        let orders = Mutex::default();
        Handle(Arc::new(Remote { orders, waker }))
    }

    /// Stops accepting, finishes what is in flight, and aborts what is left after `grace`. With
    /// `Builder::drain_delay` it is announced first.
    ///
    /// # Errors
    /// What waking the poller says.
    pub fn drain(&self, grace: Duration) -> io::Result<()> {
        let mut orders = self.orders();
        orders.drain = Some(orders.drain.map_or(grace, |other| other.min(grace)));
        drop(orders);
        self.wake()
    }

    /// Ends at once: a drain without a grace.
    ///
    /// # Errors
    /// What waking the poller says.
    pub fn stop(&self) -> io::Result<()> {
        self.drain(Duration::ZERO)
    }

    /// Has the server take a turn: `turn` returns, if it waits, and
    /// [`Handler::work`](crate::Handler::work) is called. So a thread that has something for the
    /// handler says so.
    ///
    /// # Errors
    /// What waking the poller says.
    pub fn wake(&self) -> io::Result<()> {
        self.0.waker.wake()
    }

    pub(crate) fn take(&self) -> Orders {
        std::mem::take(&mut self.orders())
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        let orders = self.0.orders.lock();
        orders.unwrap_or_else(PoisonError::into_inner)
    }
}

/// It is in the server's queue.
const QUEUED: u8 = 1;
/// `wake` was called since the server last looked.
const WOKEN: u8 = 2;
/// The exchange is over.
const CLOSED: u8 = 4;

/// What the wakers of one exchange share with its connection.
#[derive(Debug)]
pub struct Wake {
    handle: Handle,
    key: Key,
    state: AtomicU8,
    /// Wakers that somebody holds, a count.
    wakers: AtomicUsize,
}

impl Wake {
    pub(crate) fn new(handle: Handle, key: Key) -> Arc<Wake> {
        Arc::new(Wake {
            handle,
            key,
            state: AtomicU8::new(0),
            wakers: AtomicUsize::new(0),
        })
    }

    /// The server drives the connection now: the next wake is a new one.
    pub fn look(&self) {
        self.state.fetch_and(CLOSED, Ordering::AcqRel);
    }

    /// The exchange is over: wakes are nothing from now on.
    pub fn close(&self) {
        self.state.store(CLOSED, Ordering::Release);
    }

    /// Whether nobody can wake the exchange, and nobody has.
    pub fn is_abandoned(&self) -> bool {
        // In this order: whoever gave up the last waker may have woken before.
        self.wakers.load(Ordering::Acquire) == 0 && self.state.load(Ordering::Acquire) & WOKEN == 0
    }

    /// Sets these bits and joins the queue; not if it is there already, or the exchange is over.
    fn queue(&self, bits: u8) -> io::Result<()> {
        let before = self.state.fetch_or(bits | QUEUED, Ordering::AcqRel);
        if before & (QUEUED | CLOSED) != 0 {
            return Ok(());
        }
        let mut orders = self.handle.orders();
        orders.wakes.push(self.key);
        // The first in the queue has woken the poller, or is about to.
        if orders.wakes.len() > 1 {
            return Ok(());
        }
        drop(orders);
        self.handle.wake()
    }
}

/// Wakes one exchange, from any thread.
///
/// A wake that comes too late is harmless, and many are one. An exchange that waits while nothing
/// is left that could wake it, all clones of its waker dropped among them, is answered 500.
#[derive(Debug)]
pub struct ExchangeWaker(Arc<Wake>);

impl ExchangeWaker {
    pub(crate) fn new(wake: &Arc<Wake>) -> ExchangeWaker {
        wake.wakers.fetch_add(1, Ordering::Relaxed);
        ExchangeWaker(Arc::clone(wake))
    }

    /// Makes the server call the exchange's `poll_response` or `pull` again.
    ///
    /// # Errors
    /// What waking the poller says.
    pub fn wake(&self) -> io::Result<()> {
        self.0.queue(WOKEN)
    }

    /// Whether what it wakes is over: answered, or given up because its peer has left. Then it can
    /// be dropped; a list of those who wait is kept short by it.
    ///
    /// ```
    /// fn tell_all(waiting: &mut Vec<sprat::ExchangeWaker>) {
    ///     waiting.retain(|waker| !waker.is_over());
    ///     for waker in waiting {
    ///         // It fails only if the server's poller does.
    ///         let _ = waker.wake();
    ///     }
    /// }
    /// ```
    pub fn is_over(&self) -> bool {
        self.0.state.load(Ordering::Acquire) & CLOSED != 0
    }
}

impl Clone for ExchangeWaker {
    fn clone(&self) -> ExchangeWaker {
        ExchangeWaker::new(&self.0)
    }
}

impl Drop for ExchangeWaker {
    fn drop(&mut self) {
        if self.0.wakers.fetch_sub(1, Ordering::AcqRel) == 1 {
            // The server is to see that nobody is left. If it is gone, nobody waits.
            let _ = self.0.queue(0);
        }
    }
}

#[cfg(test)]
mod tests;
