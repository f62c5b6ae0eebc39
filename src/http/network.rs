//! Networks: addresses that begin alike, as operators write them (CIDR: RFC 4632 section 3.1, RFC
//! 4291 section 2.3).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use super::grammar::digits;

/// Addresses that begin with the same bits. Those of IPv4 are in IPv6's form (RFC 4291 section
/// 2.5.5.2), so that both spellings are one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    first: u128,
    mask: u128,
}

/// Why a text is no network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadNetwork {
    /// It does not begin with an address.
    Address,
    /// The length is no number, or longer than the address.
    Length(u32),
    /// The address goes on past the length; this one does not.
    Bits(IpAddr, u32),
}

impl fmt::Display for BadNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadNetwork::Address => f.write_str("it has no address in digits"),
            BadNetwork::Length(most) => write!(f, "its length is not 0 to {most}"),
            BadNetwork::Bits(first, len) => {
                write!(f, "it goes on past its length, as {first}/{len} does not")
            }
        }
    }
}

impl Network {
    /// A network, or a single address without a length.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Network, BadNetwork> {
        let (address, len) = match text.split_once('/') {
            Some((address, len)) => (address, Some(len)),
            None => (text, None),
        };
        let address = IpAddr::from_str(address).map_err(|_| BadNetwork::Address)?;
        let most = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let len = match len {
            Some(len) => digits(len.as_bytes())
                .filter(|&len| len <= u64::from(most))
                .ok_or(BadNetwork::Length(most))? as u32,
            None => most,
        };
        let mask = u128::MAX.checked_shl(most - len).unwrap_or(0);
        let first = bits(address) & mask;
        if first == bits(address) {
            return Ok(Network { first, mask });
        }
        let first = match address {
            IpAddr::V4(_) => IpAddr::V6(Ipv6Addr::from_bits(first)).to_canonical(),
            IpAddr::V6(_) => Ipv6Addr::from_bits(first).into(),
        };
        Err(BadNetwork::Bits(first, len))
    }

    /// Whether an address is in it, in either spelling.
    pub fn holds(self, address: IpAddr) -> bool {
        let bits = bits(address);
        // One that is wider than all of IPv4, such as ::/0, is meant for IPv6 alone.
        is_v4(bits) == is_v4(self.first) && bits & self.mask == self.first
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Whether this is an IPv4 address in IPv6's form.
fn is_v4(bits: u128) -> bool {
    bits >> 32 == 0xffff
}

#[cfg(test)]
mod tests;
