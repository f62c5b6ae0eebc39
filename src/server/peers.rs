//! How many connections each peer has, where there is a limit on that.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::handler::TrustedProxies;
use crate::http::peer::{COUNT_BYTES, PeerKey};

/// What a connection takes in the table, in bytes: each may be its peer's only one.
pub const COUNTED_BYTES: usize = COUNT_BYTES;

/// The counts, none of them zero.
pub struct PeerCounts {
    each_max: usize,
    counts: HashMap<PeerKey, usize>,
}

impl PeerCounts {
    /// PeerCounts with no connections yet; so many each at most, 0 for any number.
    pub fn new(each_max: usize) -> PeerCounts {
        PeerCounts {
            each_max,
            counts: HashMap::new(),
        }
    }

    /// Whether there is a limit.
    pub fn are_limited(&self) -> bool {
        self.each_max > 0
    }

    /// Whose connections are limited, of all that come from this address: not those of peers
    /// without one, nor of these proxies, which come for many.
    pub fn limited(
        &self,
        addr: Option<SocketAddr>,
        proxies: Option<&TrustedProxies>,
    ) -> Option<PeerKey> {
        let is_proxy = || proxies.is_some_and(|proxies| proxies.trusts(addr));
        let is_limited = self.are_limited() && addr.is_some() && !is_proxy();
        is_limited.then(|| PeerKey::of(addr))
    }

    /// Whether this one may have another connection.
    pub fn has_room(&self, peer: PeerKey) -> bool {
        !self.are_limited() || self.count(peer) < self.each_max
    }

    fn count(&self, peer: PeerKey) -> usize {
        self.counts.get(&peer).copied().unwrap_or(0)
    }

    /// It has one more.
    pub fn join(&mut self, peer: PeerKey) {
        *self.counts.entry(peer).or_insert(0) += 1;
    }

    /// It has one less.
    pub fn leave(&mut self, peer: PeerKey) {
        let count = self.count(peer);
        debug_assert_ne!(count, 0, "it has left already");
        match count {
            0 | 1 => drop(self.counts.remove(&peer)),
            more => drop(self.counts.insert(peer, more - 1)),
        }
    }

    /// All counts.
    #[cfg(any(test, fuzzing))]
    pub fn look(&self) -> Vec<(PeerKey, usize)> {
        let mut counts: Vec<_> = self.counts.iter().map(|(&key, &n)| (key, n)).collect();
        counts.sort_unstable();
        counts
    }
}

#[cfg(test)]
mod tests;
