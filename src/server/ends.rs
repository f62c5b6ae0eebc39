//! The addresses of a connection's two ends, packed: ten thousand that are idle have little else.

use std::net::{SocketAddr, SocketAddrV4};

/// The addresses of both ends, the peer's first; a Unix socket has none.
pub type Addrs = (Option<SocketAddr>, Option<SocketAddr>);

/// The same, in a connection's slot.
pub struct Ends(Packed);

enum Packed {
    Nameless,
    V4(SocketAddrV4, SocketAddrV4),
    /// More than twice as long, or only one end is known.
    Other(Box<Addrs>),
}

const _: () = assert!(size_of::<Ends>() <= 16);

impl Ends {
    /// Packs them.
    pub fn new(addrs: Addrs) -> Ends {
        Ends(match addrs {
            (None, None) => Packed::Nameless,
            (Some(SocketAddr::V4(peer)), Some(SocketAddr::V4(local))) => Packed::V4(peer, local),
            other => Packed::Other(Box::new(other)),
        })
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.unpack().0
    }

    /// Where it was taken.
    pub fn local(&self) -> Option<SocketAddr> {
        self.unpack().1
    }

    fn unpack(&self) -> Addrs {
        match &self.0 {
            Packed::Nameless => (None, None),
            Packed::V4(peer, local) => (Some((*peer).into()), Some((*local).into())),
            Packed::Other(addrs) => **addrs,
        }
    }
}

#[cfg(test)]
mod tests;
