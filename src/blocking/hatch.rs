//! What a request that a worker has shares with its exchange on the server's thread: two pipes and
//! the answer. Each lock is held for a copy of at most [`PIPE_BYTES_MAX`] bytes.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::handler::{Parcel, Sink};
use crate::http::status::Status;
use crate::reactor::wake::ExchangeWaker;

/// Bytes that wait at most in one direction of a request: of its body for the worker, of the
/// response for the server. Who has more to give waits.
pub const PIPE_BYTES_MAX: usize = 64 * 1024;
const _: () = assert!(PIPE_BYTES_MAX.is_power_of_two());

/// What a worker answers.
pub enum Given {
    Response(Parcel),
    /// Another protocol, and fields for the 101.
    Switch(Cow<'static, str>, Vec<(String, String)>),
    /// Nothing: it was dropped.
    Nothing,
}

/// Why an exchange is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CloseReason {
    /// It was answered whole, or its peer has gone, or the server has ended.
    Closed,
    /// The worker has taken too long.
    Late,
    /// The server has answered this in the worker's place.
    Refused(Status),
}

impl CloseReason {
    fn error(self, otherwise: io::ErrorKind) -> io::Error {
        match self {
            CloseReason::Closed => {
                io::Error::new(otherwise, "the peer has gone, or the server has ended")
            }
            CloseReason::Late => {
                io::Error::new(io::ErrorKind::TimedOut, "answered 504: out of time")
            }
            CloseReason::Refused(status) => {
                let kind = match status {
                    Status::REQUEST_TIMEOUT => io::ErrorKind::TimedOut,
                    _ => otherwise,
                };
                io::Error::new(kind, format!("the server has answered {}", status.code()))
            }
        }
    }
}

/// How far one direction has come.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Flow {
    #[default]
    Open,
    /// All was given.
    Ended,
    /// It will never be whole.
    Cut,
}

#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    flow: Flow,
}

impl Pipe {
    /// Takes as much as there is room for; returns how much that was.
    fn put(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(PIPE_BYTES_MAX - self.bytes.len());
        let len = self.bytes.len() + n;
        if len > self.bytes.capacity() {
            // By itself it would grow past the most that is used.
            let more = len.next_power_of_two() - self.bytes.len();
            self.bytes.reserve_exact(more);
        }
        self.bytes.extend(&bytes[..n]);
        n
    }

    /// Gives to `take`, which says how much it took, until it takes no more. Memory that is of no
    /// use now is given back.
    fn give(&mut self, mut take: impl FnMut(&[u8]) -> usize) -> usize {
        let mut given = 0;
        loop {
            let (front, _) = self.bytes.as_slices();
            let n = take(front);
            self.bytes.drain(..n);
            given += n;
            if n == 0 || self.bytes.is_empty() {
                break;
            }
        }
        if self.bytes.is_empty() && self.flow != Flow::Open {
            self.bytes = VecDeque::new();
        }
        given
    }
}

#[derive(Default)]
struct HatchState {
    /// From the peer.
    inward: Pipe,
    /// To the peer.
    outward: Pipe,
    /// The worker wants bytes of the peer.
    reads: bool,
    /// It waits for them now.
    waits_for_peer: bool,
    /// The peer has more than was taken.
    is_held_back: bool,
    given: Option<Given>,
    over: Option<CloseReason>,
    waker: Option<ExchangeWaker>,
    /// What the worker has done, a count.
    acts: u64,
}

/// The one thing that both sides hold.
#[derive(Default)]
pub struct Hatch {
    state: Mutex<HatchState>,
    /// The server's thread has moved something.
    moved: Condvar,
}

impl Hatch {
    fn lock(&self) -> MutexGuard<'_, HatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, HatchState>) -> MutexGuard<'a, HatchState> {
        let state = self.moved.wait(state);
        state.unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody waits for the answer any more.
    pub fn is_over(&self) -> bool {
        self.lock().over.is_some()
    }
}

/// The worker's side. What waits is the worker.
impl Hatch {
    /// The worker has done something that the exchange is to see. It is woken without the lock,
    /// which it will want.
    fn act(mut state: MutexGuard<'_, HatchState>) {
        state.acts += 1;
        let waker = state.waker.clone();
        drop(state);
        if let Some(waker) = waker {
            // It fails only if the server's poller does, which ends the server.
            let _ = waker.wake();
        }
    }

    /// It was received.
    pub fn receive(&self) {
        self.lock().acts += 1;
    }

    /// Takes bytes of the peer; 0 is their end.
    pub fn read(&self, out: &mut [u8]) -> io::Result<usize> {
        let mut state = self.lock();
        loop {
            state.waits_for_peer = false;
            if !state.inward.bytes.is_empty() || out.is_empty() {
                let mut rest = &mut *out;
                let n = state.inward.give(|bytes| {
                    let n = bytes.len().min(rest.len());
                    let (now, later) = std::mem::take(&mut rest).split_at_mut(n);
                    now.copy_from_slice(&bytes[..n]);
                    rest = later;
                    n
                });
                state.acts += 1;
                let has_room = state.inward.bytes.len() <= PIPE_BYTES_MAX / 2;
                if has_room && std::mem::take(&mut state.is_held_back) {
                    Hatch::act(state);
                }
                return Ok(n);
            }
            match (state.inward.flow, state.over) {
                (Flow::Ended, _) => return Ok(0),
                (_, Some(over)) => return Err(over.error(io::ErrorKind::ConnectionAborted)),
                _ => {}
            }
            state.waits_for_peer = true;
            state = match std::mem::replace(&mut state.reads, true) {
                true => self.wait(state),
                false => {
                    Hatch::act(state);
                    self.lock()
                }
            };
        }
    }

    /// Gives bytes to the peer: as many as there is room for, which it waits for.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.lock();
        loop {
            if let Some(over) = state.over {
                return Err(over.error(io::ErrorKind::BrokenPipe));
            }
            let n = state.outward.put(bytes);
            if n > 0 || bytes.is_empty() {
                Hatch::act(state);
                return Ok(n);
            }
            state = self.wait(state);
        }
    }

    /// Nothing more is written: that was all, or, cut, it was not.
    pub fn end(&self, is_whole: bool) -> io::Result<()> {
        let mut state = self.lock();
        if state.outward.flow == Flow::Open {
            state.outward.flow = if is_whole { Flow::Ended } else { Flow::Cut };
        }
        let lost = state.over.filter(|_| !state.outward.bytes.is_empty());
        Hatch::act(state);
        lost.map_or(Ok(()), |over| Err(over.error(io::ErrorKind::BrokenPipe)))
    }

    /// Nothing more is read of another protocol.
    pub fn stop_reading(&self) {
        let mut state = self.lock();
        state.inward = Pipe::default();
        state.inward.flow = Flow::Cut;
    }

    /// Answers, once. Of a body nothing is read from then on; of another protocol all is.
    pub fn answer(&self, given: Given) -> io::Result<()> {
        let mut state = self.lock();
        state.inward = Pipe::default();
        match given {
            Given::Switch(..) => state.reads = true,
            _ => state.inward.flow = Flow::Cut,
        }
        if let Some(over) = state.over {
            return Err(over.error(io::ErrorKind::BrokenPipe));
        }
        state.given = Some(given);
        Hatch::act(state);
        Ok(())
    }
}

/// The exchange's side, which never waits.
impl Hatch {
    pub fn set_waker(&self, waker: ExchangeWaker) {
        self.lock().waker = Some(waker);
    }

    /// Whether bytes of the peer would be taken now.
    pub fn wants_bytes(&self) -> bool {
        let state = self.lock();
        state.reads && state.inward.flow == Flow::Open && state.inward.bytes.len() < PIPE_BYTES_MAX
    }

    /// Bytes of the peer; returns how many are taken.
    pub fn put(&self, chunk: &[u8]) -> usize {
        let mut state = self.lock();
        if !state.reads || state.inward.flow != Flow::Open {
            return 0;
        }
        let n = state.inward.put(chunk);
        state.is_held_back = n < chunk.len();
        drop(state);
        self.moved.notify_all();
        n
    }

    /// The peer sends nothing more: of its body, if it is not another protocol that comes then.
    pub fn end_inward(&self) {
        let mut state = self.lock();
        let is_switched = matches!(state.given, Some(Given::Switch(..)));
        if state.inward.flow == Flow::Open && !is_switched {
            state.inward.flow = Flow::Ended;
        }
        drop(state);
        self.moved.notify_all();
    }

    /// Whether the worker reads no more.
    pub fn is_deaf(&self) -> bool {
        self.lock().inward.flow == Flow::Cut
    }

    pub fn take_given(&self) -> Option<Given> {
        self.lock().given.take()
    }

    /// Moves what was written into the sink.
    ///
    /// # Errors
    /// The worker has given up midway.
    pub fn pull(&self, out: &mut Sink<'_>) -> io::Result<Pulled> {
        let mut state = self.lock();
        let moved = state.outward.give(|bytes| out.put(bytes));
        let pulled = match (state.outward.bytes.is_empty(), state.outward.flow) {
            (false, _) => Pulled::Full,
            (true, Flow::Open) => Pulled::Dry,
            (true, Flow::Ended) => Pulled::All,
            (true, Flow::Cut) => return Err(io::Error::other("a worker gave its response up")),
        };
        drop(state);
        if moved > 0 {
            self.moved.notify_all();
        }
        Ok(pulled)
    }

    /// Whether the worker has done something since it had done so much, or waits for the peer.
    pub fn has_acted(&self, acts: &mut u64) -> bool {
        let state = self.lock();
        let acted = std::mem::replace(acts, state.acts) != state.acts;
        acted || state.waits_for_peer && state.inward.bytes.is_empty()
    }

    /// It is over, for the first reason that is told.
    pub fn close(&self, over: CloseReason) {
        let mut state = self.lock();
        state.over.get_or_insert(over);
        let waker = state.waker.take();
        drop(state);
        drop(waker);
        self.moved.notify_all();
    }
}

/// What there was to be pulled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pulled {
    /// More than the sink has room for.
    Full,
    /// What there is by now.
    Dry,
    /// The last byte.
    All,
}

#[cfg(test)]
mod tests;
