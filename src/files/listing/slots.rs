//! What all listings of a file server may have together: places, and memory for names.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::http::limits::{LISTING_NAME_BYTES_MAX, LISTINGS_MAX};

/// Names that a listing sorts whatever others hold, in bytes: so it gets on at all times.
pub(super) const NAME_BYTES_MIN: usize = 64 * 1024;

/// The places, shared by all listings of one file server.
#[derive(Clone, Debug)]
pub struct Slots(Arc<State>);

#[derive(Debug)]
struct State {
    places: usize,
    bytes: usize,
    places_taken: AtomicUsize,
    bytes_taken: AtomicUsize,
}

/// The place of one listing in progress.
#[derive(Debug)]
pub struct Slot {
    state: Arc<State>,
    bytes: usize,
}

impl Default for Slots {
    fn default() -> Slots {
        Slots::new(LISTINGS_MAX, LISTING_NAME_BYTES_MAX)
    }
}

impl Slots {
    /// So many places, and so many bytes of names for all of them together.
    pub fn new(places: usize, bytes: usize) -> Slots {
        Slots(Arc::new(State {
            places,
            bytes,
            places_taken: AtomicUsize::new(0),
            bytes_taken: AtomicUsize::new(0),
        }))
    }

    /// How many places there are, and for how many bytes of names.
    pub fn limits(&self) -> (usize, usize) {
        (self.0.places, self.0.bytes)
    }

    /// A place, unless all are taken.
    pub fn take(&self) -> Option<Slot> {
        let below = |taken| (taken < self.0.places).then_some(taken + 1);
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        self.0.places_taken.fetch_update(set, get, below).ok()?;
        Some(Slot {
            state: Arc::clone(&self.0),
            bytes: 0,
        })
    }
}

impl Slot {
    /// Says how many bytes of names its listing holds now; returns whether there is room for more.
    pub fn hold(&mut self, bytes: usize) -> bool {
        let taken = &self.state.bytes_taken;
        taken.fetch_add(bytes, Ordering::Relaxed);
        let before = taken.fetch_sub(self.bytes, Ordering::Relaxed);
        let taken = before - self.bytes;
        self.bytes = bytes;
        bytes < NAME_BYTES_MIN || taken < self.state.bytes
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.hold(0);
        self.state.places_taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
