//! What handler and exchanges write down, for the run to look at.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::reactor::wake::ExchangeWaker;

/// What the handler leaves for the run to look at.
#[derive(Default)]
pub struct Seen {
    /// Access log lines of each client, by its port.
    pub accesses: Vec<(u16, u16)>,
    /// Lines of the error log: whose, and what.
    pub errors: Vec<(Option<u16>, String)>,
    /// Those who wait to be woken.
    pub sleepers: Vec<(ExchangeWaker, Rc<Cell<bool>>)>,
    /// Exchanges begun, closed and dropped.
    pub begun: usize,
    pub closed: usize,
    pub dropped: usize,
}

/// What happened, shared with exchanges and the run.
pub type Diary = Rc<RefCell<Seen>>;
