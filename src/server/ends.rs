//! The addresses of a connection's two ends, packed: ten thousand that are idle have little else.

use std::net::{SocketAddr, SocketAddrV4};

use crate::handler::ASKER_BYTES;

/// The addresses of both ends, the peer's first; a Unix socket has none.
pub type Addrs = (Option<SocketAddr>, Option<SocketAddr>);

/// The same, in a connection's slot; and for whom the peer asks, if it is a trusted proxy.
pub struct Ends(Packed);

enum Packed {
    Nameless,
    V4(SocketAddrV4, SocketAddrV4),
    /// More than twice as long, or only one end is known.
    Other(Box<Addrs>),
    /// From the first request on that was forwarded.
    Forwarding(Box<Forwarding>),
}

struct Forwarding {
    addrs: Addrs,
    /// Who has asked last.
    asker: Option<SocketAddr>,
}

const _: () = assert!(size_of::<Ends>() <= 16);
const _: () = assert!(size_of::<Forwarding>() <= ASKER_BYTES);

impl Ends {
    /// Packs them.
    pub fn new(addrs: Addrs) -> Ends {
        Ends(match addrs {
            (None, None) => Packed::Nameless,
            (Some(SocketAddr::V4(peer)), Some(SocketAddr::V4(local))) => Packed::V4(peer, local),
            other => Packed::Other(Box::new(other)),
        })
    }

    /// The request that was received last is of this one; `None` if it is the peer's own.
    #[cold]
    pub fn ask_for(&mut self, asker: Option<SocketAddr>) {
        let addrs = self.addrs();
        let forwarding = Forwarding {
            addrs,
            asker: asker.or(addrs.0),
        };
        match &mut self.0 {
            Packed::Forwarding(last) => **last = forwarding,
            _ if asker.is_none() => {}
            _ => self.0 = Packed::Forwarding(Box::new(forwarding)),
        }
    }

    /// Who asks: the one that a trusted proxy names, or else who is at the other end.
    pub fn peer(&self) -> Option<SocketAddr> {
        match &self.0 {
            Packed::Nameless => None,
            Packed::V4(peer, _) => Some((*peer).into()),
            Packed::Other(addrs) => addrs.0,
            Packed::Forwarding(forwarding) => forwarding.asker,
        }
    }

    /// Who is at the other end of the socket, where that is a trusted proxy.
    pub fn proxy(&self) -> Option<Option<SocketAddr>> {
        match &self.0 {
            Packed::Forwarding(forwarding) => Some(forwarding.addrs.0),
            _ => None,
        }
    }

    /// The addresses of the socket's two ends.
    pub fn addrs(&self) -> Addrs {
        match &self.0 {
            Packed::Nameless => (None, None),
            Packed::V4(peer, local) => (Some((*peer).into()), Some((*local).into())),
            Packed::Other(addrs) => **addrs,
            Packed::Forwarding(forwarding) => forwarding.addrs,
        }
    }
}

#[cfg(test)]
mod tests;
