//! No scripts, in a library that is built without them.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use super::diary::Seen;
use super::net::{Faults, Shared};
use super::tape::Tape;
use crate::handler::{Cx, Reply, Request};
use crate::reactor::token::Key;

pub struct Scripts;

pub fn open(_: Shared<Tape>, _: Faults) -> Shared<Scripts> {
    Rc::new(RefCell::new(Scripts))
}

impl Scripts {
    pub fn perform(&mut self, _: Instant) -> bool {
        false
    }

    pub fn deliver(&mut self, _: impl FnMut(Key, u8)) -> bool {
        false
    }

    pub fn rings(&self) -> bool {
        false
    }

    pub fn take_rings(&mut self) -> bool {
        false
    }

    pub fn next_at(&self) -> Option<Instant> {
        None
    }

    pub fn running(&self) -> Vec<&str> {
        Vec::new()
    }

    pub fn are_over(&self) -> bool {
        true
    }

    pub fn check(&self, _: &Seen) {}
}

pub struct Site;

impl Site {
    pub fn new(_: usize, _: usize) -> Site {
        Site
    }

    pub fn serve(&self, _: &Request<'_>, _: &mut Cx<'_>) -> Option<Reply> {
        None
    }

    pub fn is_at_rest(&self) -> bool {
        true
    }
}
