//! What was found of late, so that it need not be opened, read and described again: the cache of
//! files.
//!
//! It is never asked alone. What it holds counts for a request only after a look at the path (one
//! system call, in the `answer` of a file server) has told that it is what it was; and of what is
//! that young that a change could not be told, nothing is held. Requests that one read has brought,
//! one behind the other, share a look: all of them were received before it.
//!
//! It knows no files and no responses: only what entries take, how old they are, and which of them
//! was asked for of late.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::http::limits::FILES_CACHED_MAX;
use crate::http::mix::{fold, mix};

/// What an entry takes beside what it says of itself, in bytes: its places in two tables, the
/// blocks' heads.
const ENTRY_BYTES: usize = 384;

/// For how long an entry counts: a program that writes through a mapping it has had for long
/// changes no time of the file. Past it: what it holds is compared with what is there.
const AGE_MAX: Duration = Duration::from_secs(1);

/// What was found, by the path that was asked for.
#[derive(Debug)]
pub struct Cache<T>(Mutex<Table<T>>);

#[derive(Debug)]
struct Table<T> {
    places: HashMap<Arc<[u8]>, usize, Keyed>,
    entries: Vec<CacheEntry<T>>,
    /// Where the next one is looked for that makes room: anywhere, or files that are asked for in
    /// turn, a few more than there is room for, would all be gone when their turn comes.
    hand: u64,
    /// What all of them take, in bytes, and may take.
    bytes: usize,
    bytes_max: usize,
    /// The request that was asked last.
    serial: Option<u64>,
    /// The number of the present row of requests that one look is enough for.
    row: u64,
}

#[derive(Debug)]
struct CacheEntry<T> {
    path: Arc<[u8]>,
    value: Arc<T>,
    bytes: usize,
    /// Until when it may count.
    until: Instant,
    /// The row in which it was looked at last.
    row: u64,
    /// Since the hand came by.
    is_used: bool,
}

/// What is known of a path.
pub enum Known<T> {
    /// Nothing.
    Nothing,
    /// This, if all of it is compared.
    Once(Arc<T>),
    /// This, if a look at it agrees.
    Perhaps(Arc<T>),
    /// This: it was looked at after the request was received.
    Surely(Arc<T>),
}

impl<T> Cache<T> {
    /// An empty one, whose entries take at most so many bytes.
    pub fn new(bytes_max: usize) -> Cache<T> {
        Cache(Mutex::new(Table {
            places: HashMap::with_hasher(Keyed::default()),
            entries: Vec::new(),
            hand: 0,
            bytes: 0,
            bytes_max,
            serial: None,
            row: 0,
        }))
    }

    fn with<R>(&self, act: impl FnOnce(&mut Table<T>) -> R) -> R {
        // Nothing in here panics while the table is not whole.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is known of a path, for the request of this number. One whose number follows the one
    /// before shares its look; one without a number shares none.
    pub fn get(&self, path: &[u8], serial: Option<u64>, now: Instant) -> Known<T> {
        self.with(|table| {
            if serial.is_none() || serial != table.serial.map(|before| before + 1) {
                table.row += 1;
            }
            table.serial = serial;
            let Some(&at) = table.places.get(path) else {
                return Known::Nothing;
            };
            let entry = &mut table.entries[at];
            entry.is_used = true;
            if now >= entry.until {
                return Known::Once(entry.value.clone());
            }
            let is_looked_at = entry.row == table.row;
            // The answer that is made of it now is the row's, if the look agrees.
            entry.row = table.row;
            let value = entry.value.clone();
            match is_looked_at {
                true => Known::Surely(value),
                false => Known::Perhaps(value),
            }
        })
    }

    /// The request that was asked last is not looked for: what follows shares no look with it.
    pub fn end_row(&self) {
        self.with(|table| table.serial = None);
    }

    /// What its entries take at most, in bytes.
    pub fn bytes_max(&self) -> usize {
        self.with(|table| table.bytes_max)
    }

    /// What is known of a path was compared with what is there: it counts on.
    pub fn renew(&self, path: &[u8], now: Instant) {
        self.with(|table| {
            if let Some(&at) = table.places.get(path) {
                table.entries[at].until = now + AGE_MAX;
            }
        });
    }

    /// Forgets a path.
    pub fn forget(&self, path: &[u8]) {
        self.with(|table| {
            if let Some(&at) = table.places.get(path) {
                table.remove(at);
            }
        });
    }

    /// Holds what was just found at a path, and takes so many bytes; whatever was not asked for
    /// since the hand last came by makes room.
    pub fn put(&self, path: &[u8], value: Arc<T>, bytes: usize, now: Instant) {
        let bytes = bytes + path.len() + ENTRY_BYTES;
        self.with(|table| {
            if bytes > table.bytes_max {
                return;
            }
            if let Some(&at) = table.places.get(path) {
                table.remove(at);
            }
            while table.entries.len() >= FILES_CACHED_MAX || table.bytes + bytes > table.bytes_max {
                table.make_room();
            }
            let path: Arc<[u8]> = path.into();
            table.places.insert(path.clone(), table.entries.len());
            table.bytes += bytes;
            table.entries.push(CacheEntry {
                path,
                value,
                bytes,
                until: now + AGE_MAX,
                row: table.row,
                is_used: false,
            });
        });
    }
}

impl<T> Table<T> {
    /// Drops one that was not asked for since the hand came by (the clock of Corbató, with a hand
    /// that jumps).
    fn make_room(&mut self) {
        self.hand = mix(self.hand);
        let count = self.entries.len();
        let mut at = self.hand as usize % count.max(1);
        while let Some(entry) = self.entries.get_mut(at) {
            if !std::mem::take(&mut entry.is_used) {
                return self.remove(at);
            }
            at = (at + 1) % count;
        }
    }

    fn remove(&mut self, at: usize) {
        let entry = self.entries.swap_remove(at);
        self.places.remove(&entry.path);
        self.bytes -= entry.bytes;
        if let Some(moved) = self.entries.get(at) {
            self.places.insert(moved.path.clone(), at);
        }
    }
}

/// Hashes paths under a number that nobody knows, so that nobody can choose names that get in each
/// other's way; for less than the standard library's takes, as there are few entries anyway.
#[derive(Clone, Debug)]
struct Keyed(u64);

impl Default for Keyed {
    fn default() -> Keyed {
        Keyed(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for Keyed {
    type Hasher = Folding;

    fn build_hasher(&self) -> Folding {
        Folding(self.0)
    }
}

struct Folding(u64);

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = fold(self.0, bytes);
    }

    // The length of a slice, which the bytes have with them.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests;
