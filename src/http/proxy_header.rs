//! Whose connection a proxy passes on, as it says before the first byte of that: the header of the
//! PROXY protocol, in text (version 1) or in binary (version 2), as haproxy's
//! doc/proxy-protocol.txt has it. It knows nothing of who is trusted to send one.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use super::grammar::digits;
use super::limits::{PROXY_HEADER_BYTES_MAX, PROXY_LINE_BYTES_MAX};
use super::scheme::Scheme;

/// What version 1 begins with.
const LINE: &[u8] = b"PROXY ";

/// What version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// From there to the end of the length, in bytes.
const FIXED_BYTES: usize = 16;

/// The values that count of those that follow the addresses, each behind its type and its length.
const TYPE_CRC32C: u8 = 3;
const TYPE_SSL: u8 = 0x20;

/// The bit of the second one that says that the client speaks TLS with the proxy.
const CLIENT_SSL: u8 = 1;

/// Who has connected, and to what.
type ClientEnds = (Option<SocketAddr>, Option<SocketAddr>);

/// A header that is whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProxyHeader {
    /// How long it is, in bytes.
    pub len: usize,
    /// Who has connected, and to what; neither where that is a Unix socket. `None`: nobody says, or
    /// it is the proxy itself, and what is known of the socket counts.
    pub ends: Option<ClientEnds>,
    /// How, where that is told.
    pub scheme: Option<Scheme>,
}

/// Why bytes are no header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadProxyHeader {
    /// Something else comes first.
    Missing,
    Malformed,
    TooLong,
    /// It is of datagrams, in which nobody speaks HTTP/1.1.
    Datagrams,
    Checksum,
    /// The stream has ended inside of it.
    Truncated,
    /// It did not come in time.
    Late,
}

impl BadProxyHeader {
    /// What the log says of a connection that is closed for it.
    pub fn line(self) -> &'static str {
        match self {
            BadProxyHeader::Missing => "closed: its PROXY header is missing",
            BadProxyHeader::Malformed => "closed: its PROXY header is malformed",
            BadProxyHeader::TooLong => "closed: its PROXY header is too long",
            BadProxyHeader::Datagrams => "closed: its PROXY header is of datagrams",
            BadProxyHeader::Checksum => "closed: the checksum of its PROXY header is wrong",
            BadProxyHeader::Truncated => "closed: its PROXY header ends early",
            BadProxyHeader::Late => "closed: its PROXY header timed out",
        }
    }
}

impl ProxyHeader {
    /// Reads the header that a stream begins with; `None` while more of it is to come.
    ///
    /// # Errors
    /// Why it is none, as soon as that is known.
    pub fn read(bytes: &[u8]) -> Result<Option<ProxyHeader>, BadProxyHeader> {
        if begins(bytes, LINE) {
            return read_line(bytes);
        }
        if !begins(bytes, SIGNATURE) {
            return Err(BadProxyHeader::Missing);
        }
        read_block(bytes)
    }
}

/// Whether bytes begin with others, as far as they go.
fn begins(bytes: &[u8], with: &[u8]) -> bool {
    let len = bytes.len().min(with.len());
    bytes[..len] == with[..len]
}

/// Version 1 (section 2.1).
fn read_line(bytes: &[u8]) -> Result<Option<ProxyHeader>, BadProxyHeader> {
    let whole = &bytes[..bytes.len().min(PROXY_LINE_BYTES_MAX - 1)];
    let end = whole.iter().position(|byte| b"\r\n".contains(byte));
    let end = match end {
        Some(end) => end,
        None if whole.len() < PROXY_LINE_BYTES_MAX - 1 => return Ok(None),
        None => return Err(BadProxyHeader::TooLong),
    };
    match &bytes[end..] {
        [b'\r', b'\n', ..] => {}
        [b'\r'] => return Ok(None),
        _ => return Err(BadProxyHeader::Malformed),
    }
    let ends = match &bytes[LINE.len()..end] {
        // Whatever else stands there.
        b"UNKNOWN" | [b'U', b'N', b'K', b'N', b'O', b'W', b'N', b' ', ..] => None,
        words => Some(ends_of_line(words).ok_or(BadProxyHeader::Malformed)?),
    };
    Ok(Some(ProxyHeader {
        len: end + 2,
        ends,
        scheme: None,
    }))
}

/// What the words behind the first say; `None` if they break the grammar.
fn ends_of_line(line: &[u8]) -> Option<ClientEnds> {
    let mut words = [""; 5];
    for (at, word) in std::str::from_utf8(line).ok()?.split(' ').enumerate() {
        *words.get_mut(at)? = word;
    }
    let [family, from, to, from_port, to_port] = words;
    let is_v6 = match family {
        "TCP4" => false,
        "TCP6" => true,
        _ => return None,
    };
    let one = |ip, word| {
        let ip = IpAddr::from_str(ip).ok();
        end(ip.filter(|ip| ip.is_ipv6() == is_v6)?, port(word)?)
    };
    Some((Some(one(from, from_port)?), Some(one(to, to_port)?)))
}

/// A port in digits, without zeros in front.
fn port(word: &str) -> Option<u16> {
    let has_zeros = word.len() > 1 && word.starts_with('0');
    let port = digits(word.as_bytes()).filter(|_| !has_zeros)?;
    u16::try_from(port).ok()
}

fn end(ip: IpAddr, port: u16) -> Option<SocketAddr> {
    Some(SocketAddr::new(ip.to_canonical(), port))
}

/// Version 2 (section 2.2). Each byte is looked at as soon as it is here.
fn read_block(bytes: &[u8]) -> Result<Option<ProxyHeader>, BadProxyHeader> {
    let is_local = match bytes.get(SIGNATURE.len()) {
        Some(0x20) => true,
        Some(0x21) => false,
        Some(_) => return Err(BadProxyHeader::Malformed),
        None => return Ok(None),
    };
    let Some(&family) = bytes.get(SIGNATURE.len() + 1) else {
        return Ok(None);
    };
    // Where it tells nothing, all the rest is skipped (the sections of LOCAL and of UNSPEC).
    let addresses = match (family >> 4, family & 15) {
        _ if is_local => None,
        (4.., _) | (_, 3..) => return Err(BadProxyHeader::Malformed),
        (_, 2) => return Err(BadProxyHeader::Datagrams),
        (0, _) | (_, 0) => None,
        (1, _) => Some(12),
        (2, _) => Some(36),
        _ => Some(216),
    };
    let Some(&[high, low]) = bytes.get(SIGNATURE.len() + 2..FIXED_BYTES) else {
        return Ok(None);
    };
    let len = FIXED_BYTES + usize::from(u16::from_be_bytes([high, low]));
    if len > PROXY_HEADER_BYTES_MAX {
        return Err(BadProxyHeader::TooLong);
    }
    if len < FIXED_BYTES + addresses.unwrap_or(0) {
        return Err(BadProxyHeader::Malformed);
    }
    let Some(header) = bytes.get(..len) else {
        return Ok(None);
    };
    let mut found = ProxyHeader {
        len,
        ends: None,
        scheme: None,
    };
    if let Some(addresses) = addresses {
        let (addresses, _) = header[FIXED_BYTES..].split_at(addresses);
        found.ends = Some(ends_of_block(addresses));
        found.scheme = read_values(header, FIXED_BYTES + addresses.len())?;
    }
    Ok(Some(found))
}

/// What addresses of one of the three lengths say. The paths of Unix sockets are names that the
/// proxy's machine knows.
fn ends_of_block(block: &[u8]) -> ClientEnds {
    // Of an address; two ports are behind two of them.
    let size = block.len().saturating_sub(4) / 2;
    let one = |number: usize| {
        let ip = block.get(number * size..)?.get(..size)?;
        let port = block.get(2 * size + 2 * number..)?.first_chunk()?;
        let ip = match <[u8; 4]>::try_from(ip) {
            Ok(ip) => IpAddr::from(ip),
            Err(_) => <[u8; 16]>::try_from(ip).ok()?.into(),
        };
        end(ip, u16::from_be_bytes(*port))
    };
    (one(0), one(1))
}

/// What the values say that begin there: the checksum is compared, TLS is what the scheme comes
/// from, others are skipped.
fn read_values(header: &[u8], at: usize) -> Result<Option<Scheme>, BadProxyHeader> {
    let mut scheme = None;
    let mut at = at;
    while at < header.len() {
        let (kind, len) = match header[at..] {
            [kind, high, low, ..] => (kind, usize::from(u16::from_be_bytes([high, low]))),
            _ => return Err(BadProxyHeader::Malformed),
        };
        at += 3;
        let value = header.get(at..at + len);
        let value = value.ok_or(BadProxyHeader::Malformed)?;
        match (kind, value) {
            (TYPE_CRC32C, &[a, b, c, d]) => {
                let sum = crc32c(&header[..at], 0);
                let sum = crc32c(&header[at + len..], crc32c(&[0; 4], sum));
                if sum != u32::from_be_bytes([a, b, c, d]) {
                    return Err(BadProxyHeader::Checksum);
                }
            }
            // What the client has, and whether its certificate was verified.
            (TYPE_SSL, &[client, _, _, _, _, ..]) => {
                scheme = Some(match client & CLIENT_SSL {
                    0 => Scheme::Http,
                    _ => Scheme::Https,
                });
            }
            (TYPE_CRC32C | TYPE_SSL, _) => return Err(BadProxyHeader::Malformed),
            _ => {}
        }
        at += len;
    }
    Ok(scheme)
}

/// Goes on with a sum (RFC 9260 appendix A), which begins with 0. Bit by bit: it is made once in a
/// connection, of some hundred bytes.
fn crc32c(bytes: &[u8], sum: u32) -> u32 {
    let sum = bytes.iter().fold(!sum, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| match sum & 1 {
            0 => sum >> 1,
            _ => sum >> 1 ^ 0x82f6_3b78,
        })
    });
    !sum
}

#[cfg(test)]
mod tests;
