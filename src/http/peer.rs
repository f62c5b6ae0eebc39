//! What counts as one peer, where peers share what there is.

use std::net::{IpAddr, SocketAddr};

/// One peer: an address of IPv4, in either spelling; of IPv6 the first 64 bits, for whoever has one
/// such address has all of them (RFC 4291 section 2.5.4); or all that have none (Unix sockets).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PeerKey {
    Nameless,
    V4(u32),
    V6(u64),
}

/// A peer in a table of counts that doubles, while it is moved to a larger one, in bytes: of eight
/// entries one is left free, and each has a byte of its own.
pub const COUNT_BYTES: usize = 3 * (size_of::<(PeerKey, usize)>() + 1) * 8 / 7;

impl PeerKey {
    /// The peer at this address.
    pub fn of(addr: Option<SocketAddr>) -> PeerKey {
        match addr.map(|addr| addr.ip().to_canonical()) {
            None => PeerKey::Nameless,
            Some(IpAddr::V4(v4)) => PeerKey::V4(v4.to_bits()),
            Some(IpAddr::V6(v6)) => PeerKey::V6((v6.to_bits() >> 64) as u64),
        }
    }
}

#[cfg(test)]
mod tests;
