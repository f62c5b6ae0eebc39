//! The addresses of a connection's two ends, packed: ten thousand that are idle have little else.

use std::net::{SocketAddr, SocketAddrV4};

use crate::handler::ASKER_BYTES;
use crate::http::proxy_header::ProxyHeader;
use crate::http::scheme::Scheme;

/// The addresses of both ends, the peer's first; a Unix socket has none.
pub type Addrs = (Option<SocketAddr>, Option<SocketAddr>);

/// The same, in a connection's slot; and for whom the peer asks, if it is a trusted proxy.
pub struct Ends(Packed);

enum Packed {
    Nameless,
    V4(SocketAddrV4, SocketAddrV4),
    /// More than twice as long, or only one end is known.
    Other(Box<Addrs>),
    /// From what a proxy has said of the connection on, or the first request that was forwarded.
    Forwarding(Box<Forwarding>),
}

struct Forwarding {
    /// Who is at the other end of the socket.
    proxy: Option<SocketAddr>,
    /// The ends that count: the socket's own, or those of the connection that is passed on.
    addrs: Addrs,
    /// Who is at the other end of that, is known.
    is_known: bool,
    /// How it came to the proxy, if that has told.
    scheme: Option<Scheme>,
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

    /// The peer is a proxy, and has said whose connection it passes on.
    #[cold]
    pub fn pass_on(&mut self, told: &ProxyHeader) {
        let own = self.addrs();
        let addrs = told.ends.unwrap_or(own);
        self.0 = Packed::Forwarding(Box::new(Forwarding {
            proxy: own.0,
            addrs,
            is_known: told.ends.is_some_and(|(peer, _)| peer.is_some()),
            scheme: told.scheme,
            asker: addrs.0,
        }));
    }

    /// The request that was received last is of this one; `None` if it is the peer's own.
    #[cold]
    pub fn ask_for(&mut self, asker: Option<SocketAddr>) {
        let addrs = self.addrs();
        match &mut self.0 {
            Packed::Forwarding(last) => last.asker = asker.or(addrs.0),
            _ if asker.is_none() => {}
            _ => {
                self.0 = Packed::Forwarding(Box::new(Forwarding {
                    proxy: addrs.0,
                    addrs,
                    is_known: true,
                    scheme: None,
                    asker,
                }));
            }
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
            Packed::Forwarding(forwarding) => Some(forwarding.proxy),
            _ => None,
        }
    }

    /// Whose fields a request has: of the one who is at the other end, of the connection that is
    /// passed on if it is one. `None`: of one whom a proxy does not name.
    pub fn speaker(&self) -> Option<Option<SocketAddr>> {
        match &self.0 {
            Packed::Forwarding(forwarding) if !forwarding.is_known => None,
            _ => Some(self.addrs().0),
        }
    }

    /// How the connection that is passed on came to the proxy, if that has told.
    pub fn scheme(&self) -> Option<Scheme> {
        match &self.0 {
            Packed::Forwarding(forwarding) => forwarding.scheme,
            _ => None,
        }
    }

    /// The addresses of the two ends: of the connection that a proxy passes on, or else of the
    /// socket.
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
