//! The room that all bodies in temporary files have together, and those of one peer.
//!
//! A share of it is given back when the file is gone: with the request, or with the script whose
//! stdin it became.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::http::peer::PeerKey;

/// All of it. Clones are the same.
#[derive(Clone, Debug)]
pub struct Space(Arc<Mutex<SpaceUse>>);

#[derive(Debug)]
struct SpaceUse {
    bytes: u64,
    bytes_max: u64,
    each_bytes_max: u64,
    /// What each peer has of it, where that is limited.
    peers: HashMap<PeerKey, u64>,
}

/// What one body has of it. Dropping it gives it back.
#[derive(Debug)]
pub struct Share {
    space: Space,
    peer: PeerKey,
    bytes: u64,
}

/// Why there is no more of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoSpace {
    /// All of it is taken.
    ForAll,
    /// The peer has as much as it may.
    ForPeer,
}

impl Space {
    /// Room for so many bytes, of which each peer may have so many; 0 for all.
    pub fn new(bytes_max: u64, each_bytes_max: u64) -> Space {
        Space(Arc::new(Mutex::new(SpaceUse {
            bytes: 0,
            bytes_max,
            each_bytes_max,
            peers: HashMap::new(),
        })))
    }

    /// A share of nothing yet, for this peer.
    pub fn share(&self, peer: PeerKey) -> Share {
        Share {
            space: self.clone(),
            peer,
            bytes: 0,
        }
    }

    /// Whether there is a limit for each peer.
    pub fn limits_peers(&self) -> bool {
        self.lock().each_bytes_max > 0
    }

    /// Whether nobody has any of it.
    #[cfg(any(test, fuzzing))]
    pub fn is_free(&self) -> bool {
        let taken = self.lock();
        taken.bytes == 0 && taken.peers.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, SpaceUse> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SpaceUse {
    fn of(&self, peer: PeerKey) -> u64 {
        self.peers.get(&peer).copied().unwrap_or(0)
    }
}

impl Share {
    /// Takes this many bytes more.
    ///
    /// # Errors
    /// There are not so many; then it takes none.
    pub fn grow(&mut self, bytes: u64) -> Result<(), NoSpace> {
        let mut taken = self.space.lock();
        let more = |taken: u64, max| taken.checked_add(bytes).filter(|sum| *sum <= max);
        let all = more(taken.bytes, taken.bytes_max).ok_or(NoSpace::ForAll)?;
        if bytes > 0 && taken.each_bytes_max > 0 {
            let own = more(taken.of(self.peer), taken.each_bytes_max).ok_or(NoSpace::ForPeer)?;
            taken.peers.insert(self.peer, own);
        }
        taken.bytes = all;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.space.lock();
        taken.bytes -= self.bytes;
        match taken.of(self.peer).saturating_sub(self.bytes) {
            0 => taken.peers.remove(&self.peer),
            left => taken.peers.insert(self.peer, left),
        };
    }
}

#[cfg(test)]
mod tests;
