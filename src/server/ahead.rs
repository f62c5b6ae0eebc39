//! Reading ahead: what a turn's connections have sent is read before any of it is answered.
//!
//! So whatever is looked at for the first request was looked at after all of them were received,
//! and one look at a file is enough for all that ask for it.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;

use crate::reactor::token::Key;

/// What is read ahead of one connection at most, in bytes: a head is seldom longer.
pub const READ_AHEAD_BYTES: usize = 2 * 1024;

/// What is read ahead in one turn at most, in bytes; others are read when they are driven.
pub const AHEAD_BYTES: usize = 32 * 1024;

/// What was read ahead in this turn, and of whom.
#[derive(Default)]
pub struct Ahead {
    bytes: Vec<u8>,
    /// In the order of the ready queue.
    reads: VecDeque<Read>,
}

struct Read {
    key: Key,
    outcome: io::Result<Range<usize>>,
}

impl Ahead {
    /// Where to read the next ones; `None` if a read of [`READ_AHEAD_BYTES`] might not fit.
    pub fn room(&mut self) -> Option<&mut Vec<u8>> {
        if self.reads.is_empty() {
            self.bytes.clear();
            self.bytes.reserve_exact(AHEAD_BYTES);
        }
        (self.bytes.len() + READ_AHEAD_BYTES <= AHEAD_BYTES).then_some(&mut self.bytes)
    }

    /// A connection has sent this, the last bytes there, or has failed.
    pub fn add(&mut self, key: Key, read: io::Result<usize>) {
        let end = self.bytes.len();
        let outcome = read.map(|len| end - len..end);
        self.reads.push_back(Read { key, outcome });
    }

    /// What a connection has sent, once.
    pub fn take(&mut self, key: Key) -> Option<io::Result<&[u8]>> {
        if self.next() != Some(key) {
            return None;
        }
        let read = self.reads.pop_front()?;
        Some(read.outcome.map(|range| &self.bytes[range]))
    }

    /// The connection whose turn is next.
    pub fn next(&self) -> Option<Key> {
        self.reads.front().map(|read| read.key)
    }

    /// A connection is gone, and what it has sent with it.
    pub fn forget(&mut self, key: Key) {
        self.reads.retain(|read| read.key != key);
    }
}

#[cfg(test)]
mod tests;
