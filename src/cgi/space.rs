//! The room that all bodies in temporary files have together.
//!
//! A share of it is given back when the file is gone: with the request, or with the script whose
//! stdin it became.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// All of it. Clones are the same.
#[derive(Clone, Debug)]
pub struct Space(Arc<SpaceUse>);

#[derive(Debug)]
struct SpaceUse {
    bytes: AtomicU64,
    bytes_max: u64,
}

/// What one body has of it. Dropping it gives it back.
#[derive(Debug)]
pub struct Share {
    space: Space,
    bytes: u64,
}

impl Space {
    /// Room for this many bytes.
    pub fn new(bytes_max: u64) -> Space {
        Space(Arc::new(SpaceUse {
            bytes: AtomicU64::new(0),
            bytes_max,
        }))
    }

    /// A share of nothing yet.
    pub fn share(&self) -> Share {
        Share {
            space: self.clone(),
            bytes: 0,
        }
    }

    /// Whether nobody has any of it.
    #[cfg(any(test, fuzzing))]
    pub fn is_free(&self) -> bool {
        self.0.bytes.load(Ordering::Relaxed) == 0
    }
}

impl Share {
    /// Takes this many bytes more, if there are so many; returns whether.
    #[must_use]
    pub fn grow(&mut self, bytes: u64) -> bool {
        let SpaceUse {
            bytes: taken,
            bytes_max,
        } = &*self.space.0;
        let more = |taken: u64| taken.checked_add(bytes).filter(|sum| sum <= bytes_max);
        let grown = taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        if grown.is_ok() {
            self.bytes += bytes;
        }
        grown.is_ok()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.space.0.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
