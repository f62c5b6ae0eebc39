//! Files on their way to peers that are to have them whole, for a server that ends when one has:
//! decided without I/O.

use std::time::{Duration, Instant};

use crate::reactor::clock::later;
use crate::reactor::token::Key;

/// How soon after a file is sent the second look at it is due; each takes twice as long as the one
/// before.
const LOOK_TIME: Duration = Duration::from_millis(1);

/// Up to this.
const LOOK_TIME_MAX: Duration = Duration::from_secs(1);

/// What one may take for each connection, in bytes, in a list that doubles.
pub const TAKING_BYTES: usize = 2 * size_of::<Taking>();

/// All of them.
#[derive(Default)]
pub struct Takings {
    /// Whether anybody wants to know.
    is_awaited: bool,
    /// One was taken, to its last byte.
    is_taken: bool,
    under_way: Vec<Taking>,
}

/// One file, on one connection.
struct Taking {
    key: Key,
    /// How many bytes its connection has sent in all with its last one, a count.
    ends_at: u64,
    /// Once they are: when to ask next whether they have arrived, and how long it is to the time
    /// after that.
    look: Option<(Instant, Duration)>,
}

impl Takings {
    /// From now on somebody wants to know.
    pub fn await_one(&mut self) {
        self.is_awaited = true;
    }

    /// Whether somebody does.
    pub fn are_awaited(&self) -> bool {
        self.is_awaited
    }

    /// Whether one was taken.
    pub fn is_taken(&self) -> bool {
        self.is_taken
    }

    /// A response with a file is queued, whose last byte is so far down its connection. Of several
    /// on one connection the first will do.
    pub fn begin(&mut self, key: Key, ends_at: u64) {
        if self.under_way.iter().all(|taking| taking.key != key) {
            self.under_way.push(Taking {
                key,
                ends_at,
                look: None,
            });
        }
    }

    /// When to look next.
    pub fn next(&self) -> Option<Instant> {
        let looks = self.under_way.iter().filter_map(|taking| taking.look);
        looks.map(|(at, _)| at).min()
    }

    /// Looks at those that are sent, by how many bytes a connection has sent, and whether all these
    /// have arrived: that nobody tells. Returns who has taken his.
    pub fn look(
        &mut self,
        now: Instant,
        sent: impl Fn(Key) -> u64,
        has_arrived: impl Fn(Key) -> bool,
    ) -> Option<Key> {
        for taking in &mut self.under_way {
            if taking.look.is_none() && sent(taking.key) >= taking.ends_at {
                taking.look = Some((now, LOOK_TIME));
            }
            let Some((_, step)) = taking.look.filter(|(at, _)| *at <= now) else {
                continue;
            };
            if has_arrived(taking.key) {
                let key = taking.key;
                self.is_taken = true;
                self.leave(key);
                return Some(key);
            }
            taking.look = Some((later(now, step), (2 * step).min(LOOK_TIME_MAX)));
        }
        None
    }

    /// A connection ends, of which so many bytes have `arrived`: asked if it had a file.
    pub fn end(&mut self, key: Key, arrived: impl Fn() -> u64) {
        let mut own = self.under_way.iter().filter(|taking| taking.key == key);
        self.is_taken |= own.any(|taking| taking.ends_at <= arrived());
        self.leave(key);
    }

    fn leave(&mut self, key: Key) {
        self.under_way.retain(|taking| taking.key != key);
    }
}

#[cfg(test)]
mod tests;
