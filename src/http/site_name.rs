//! The names that a server is known by, and whether a request asks for one of them (RFC 9110
//! sections 7.2 and 7.4).

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use super::host::is_host;

/// A host without its port, so that two spellings of one are equal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SiteName {
    /// A name, in lower case, without the dot that may end it.
    Name(String),
    /// An address; one of IPv4 that is written as one of IPv6 is the former.
    Address(IpAddr),
}

impl SiteName {
    /// A host as it is given to a program: a name or an address, the latter with or without its
    /// brackets. `None` if it is none, or has a port.
    pub fn given(text: &str) -> Option<SiteName> {
        if let Ok(address) = IpAddr::from_str(text) {
            return Some(SiteName::Address(address.to_canonical()));
        }
        // What else a name may hold by RFC 3986 (stars, commas, escapes) is a slip here.
        let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let is_name = text.bytes().all(is_name_byte) && !text.trim_matches('.').is_empty();
        let is_literal = text.ends_with(']') && is_host(text.as_bytes());
        (is_name || is_literal).then(|| SiteName::asked(text.as_bytes()))?
    }

    /// The host of a Host field or a target's authority, its port left out.
    pub fn asked(host: &[u8]) -> Option<SiteName> {
        let host = std::str::from_utf8(host).ok()?;
        if let Some(rest) = host.strip_prefix('[') {
            let address = Ipv6Addr::from_str(rest.split(']').next()?).ok()?;
            return Some(SiteName::Address(IpAddr::from(address).to_canonical()));
        }
        let name = host.split(':').next()?;
        let name = name.strip_suffix('.').unwrap_or(name);
        Some(match IpAddr::from_str(name) {
            Ok(address) => SiteName::Address(address),
            Err(_) => SiteName::Name(name.to_ascii_lowercase()),
        })
    }

    /// Whether it names the machine itself to whoever is on it.
    pub fn is_loopback(&self) -> bool {
        match self {
            SiteName::Name(name) => name == "localhost",
            SiteName::Address(address) => address.is_loopback(),
        }
    }
}

#[cfg(test)]
mod tests;
