//! What handler and exchanges write down, for the run to look at.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::http::limits::REROUTES_MAX;
use crate::reactor::wake::ExchangeWaker;

/// What the handler leaves for the run to look at.
#[derive(Default)]
pub struct Seen {
    /// Access log lines of each client, by its port.
    pub accesses: Vec<(u16, u16)>,
    /// Records of responses that are over, likewise.
    pub overs: Vec<(u16, u16)>,
    /// Whose responses have begun in this turn.
    began: Vec<u16>,
    /// How often exchanges and sources were called in this turn, by their numbers.
    calls: BTreeMap<usize, usize>,
    /// Numbers that were given out.
    numbers: usize,
    /// What was done for each client in this turn, by its port: requests that were handled and
    /// begun to be answered, and bytes that exchanges and sources have taken or given.
    done: BTreeMap<u16, usize>,
    /// Lines of the error log: whose, and what.
    pub errors: Vec<(Option<u16>, String)>,
    /// Those who wait to be woken.
    pub sleepers: Vec<Sleeper>,
    /// Requests handled for which nothing was said or begun, in a row.
    pub unanswered: usize,
    /// Exchanges begun, closed and dropped.
    pub begun: usize,
    pub closed: usize,
    pub dropped: usize,
}

impl Seen {
    /// A request has come to the handler: its own, or one that it was redirected to.
    pub fn handle(&mut self, port: u16) {
        self.count(port, 1);
        self.unanswered += 1;
        let most = 1 + usize::from(REROUTES_MAX);
        assert!(self.unanswered <= most, "a redirect loop");
    }

    /// An exchange has begun.
    pub fn begin(&mut self) {
        self.unanswered = 0;
        self.begun += 1;
    }

    /// A response has begun.
    pub fn answer(&mut self, port: u16, status: u16) {
        self.unanswered = 0;
        self.accesses.push((port, status));
        self.began.push(port);
        self.count(port, 1);
    }

    /// A number for an exchange or a source.
    pub fn number(&mut self) -> usize {
        self.numbers += 1;
        self.numbers
    }

    /// The exchange or source with this number was called.
    pub fn call(&mut self, number: usize) {
        *self.calls.entry(number).or_default() += 1;
    }

    /// The most calls of one of them since this was last asked.
    pub fn take_calls(&mut self) -> usize {
        let calls = std::mem::take(&mut self.calls);
        calls.into_values().max().unwrap_or(0)
    }

    /// Whose responses have begun since this was last asked.
    pub fn take_began(&mut self) -> Vec<u16> {
        std::mem::take(&mut self.began)
    }

    /// So much was done for this client.
    pub fn count(&mut self, port: u16, done: usize) {
        *self.done.entry(port).or_default() += done;
    }

    /// What was done for each client since this was last asked.
    pub fn take_done(&mut self) -> BTreeMap<u16, usize> {
        std::mem::take(&mut self.done)
    }
}

/// An exchange that waits to be woken.
pub struct Sleeper {
    pub waker: ExchangeWaker,
    pub woken: Rc<Cell<bool>>,
    /// Its exchange is over.
    pub closed: Rc<Cell<bool>>,
}

/// What happened, shared with exchanges and the run.
pub type Diary = Rc<RefCell<Seen>>;
