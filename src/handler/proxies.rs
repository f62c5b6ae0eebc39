//! Which peers are proxies that are believed when they say for whom they ask.

use std::io;
use std::net::SocketAddr;

use super::common::invalid;
use crate::http::forwarded::{ForwardedFields, ForwardedFor};
use crate::http::headers::Headers;
use crate::http::memory::Memory;
use crate::http::network::Network;

/// What is kept of each connection of theirs besides, in bytes: who is the proxy, both ends of what
/// it passes on, and who asks.
pub(crate) const ASKER_BYTES: usize = 144;

/// Proxies in front of a server, which are trusted to say for whom they ask.
///
/// What they say counts for [`Request::peer`] and [`Request::scheme`], the log, and what scripts
/// are told. Of all others the same fields are fields like any: everybody can send them. So name
/// the proxies' own addresses and no others, and have no peer of theirs among them.
///
/// ```no_run
/// use sprat::{Builder, FileServer, TrustedProxies};
///
/// let proxies = TrustedProxies::default().trust("10.0.0.0/8")?.trust("unix")?;
/// let builder = Builder::bind("0.0.0.0:8000")?.trusted_proxies(proxies);
/// builder.serve(FileServer::new("public")?).run()
/// # ; std::io::Result::Ok(())
/// ```
///
/// [`Request::peer`]: crate::Request::peer
/// [`Request::scheme`]: crate::Request::scheme
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    unix: bool,
    fields: ForwardedFields,
    header: bool,
}

impl TrustedProxies {
    /// Trusts peers at an address, in a network (`10.0.0.0/8`, `2001:db8::/32`: CIDR notation), or
    /// on Unix sockets (`unix`). It may be called again for others.
    ///
    /// An IPv4 address in IPv6's form is that IPv4 address. A network of IPv6 that is wider, such
    /// as `::/0`, holds no IPv4.
    ///
    /// # Errors
    /// `InvalidInput` for what is none of these, and for an address that goes on past the length.
    pub fn trust(mut self, proxy: &str) -> io::Result<TrustedProxies> {
        if proxy == "unix" {
            self.unix = true;
            return Ok(self);
        }
        let network = Network::parse(proxy)
            .map_err(|why| invalid(format!("{proxy:?} is not a network: {why}")))?;
        self.networks.push(network);
        Ok(self)
    }

    /// The fields in which they say it; `X-Forwarded-For` and `X-Forwarded-Proto` by default. The
    /// other kind never counts.
    pub fn fields(mut self, fields: ForwardedFields) -> TrustedProxies {
        self.fields = fields;
        self
    }

    /// Requires of them that each connection begins with a header of the PROXY protocol, which says
    /// whose it is (haproxy's doc/proxy-protocol.txt, version 1 or 2); not so by default.
    ///
    /// Then [`Request::peer`] and [`Request::local_addr`] are the ends that it tells, and
    /// [`Request::scheme`] is `Https` where its SSL value says that the client speaks TLS. Fields
    /// of requests count only if the client that it tells is itself trusted. For connections of
    /// the proxy's own (LOCAL) and those of which it knows nothing (UNKNOWN, UNSPEC) the socket's
    /// ends count, and no fields; clients on Unix sockets have no address, and no fields count
    /// either.
    ///
    /// It must come within [`Limits::head_time`], together with the first head, and its checksum
    /// must be right if it has one. Otherwise the connection is closed without an answer, and the
    /// log has a line. Peers that are not trusted send none, or are answered 400.
    ///
    /// [`Request::peer`]: crate::Request::peer
    /// [`Request::local_addr`]: crate::Request::local_addr
    /// [`Request::scheme`]: crate::Request::scheme
    /// [`Limits::head_time`]: crate::Limits::head_time
    pub fn proxy_protocol(mut self, required: bool) -> TrustedProxies {
        self.header = required;
        self
    }

    /// Whether a peer must say whose connection it passes on.
    pub(crate) fn must_pass_on(&self, peer: Option<SocketAddr>) -> bool {
        self.header && self.trusts(peer)
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty() && !self.unix
    }

    /// The most memory that it takes to remember who asks.
    pub fn memory(&self) -> Memory {
        let each = if self.is_empty() { 0 } else { ASKER_BYTES };
        Memory::default().plus("who asks, by proxies", 0, each)
    }

    /// For whom a peer asks with these fields; nothing is known of it if it is not trusted.
    pub(crate) fn asker(&self, peer: Option<SocketAddr>, fields: Headers<'_>) -> ForwardedFor {
        match self.trusts(peer) {
            true => ForwardedFor::read(fields, self.fields, &self.networks),
            false => ForwardedFor::default(),
        }
    }

    /// Whether this is one of them.
    pub(crate) fn trusts(&self, peer: Option<SocketAddr>) -> bool {
        match peer {
            Some(peer) => (self.networks.iter()).any(|network| network.holds(peer.ip())),
            None => self.unix,
        }
    }
}

#[cfg(test)]
mod tests;
