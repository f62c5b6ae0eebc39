//! Fuzz target of the PROXY protocol, held against a slow reading of its specification (haproxy's
//! doc/proxy-protocol.txt) that shares no code with ours.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::framing::{Outcome, feed_every_way};
use crate::http::proxy_header::{BadProxyHeader, ProxyHeader};
use crate::http::scheme::Scheme;

/// The longest headers of both versions, in bytes.
const LINE_MAX: usize = 107;
const BLOCK_MAX: usize = 16 * 1024;

/// Fuzz target: a header is the same however it arrives, and says what the slow reading finds. Of
/// bytes that are none, both say so.
pub fn proxy_header(input: &[u8]) {
    let found = match feed_every_way(input, feed) {
        Outcome::Complete { value, consumed } => Some((consumed, said(&value))),
        Outcome::Failed(_) => None,
        Outcome::Incomplete => {
            // Nothing waits for ever.
            assert!(input.len() < BLOCK_MAX);
            return;
        }
    };
    assert_eq!(found, reference(input), "{}", input.escape_ascii());
    // Most inputs have a wrong sum, so they are tried with the right one as well.
    let mut other = input.to_vec();
    if mend(&mut other) {
        let found = ProxyHeader::read(&other).ok().flatten();
        let found = found.map(|header| (header.len, said(&header)));
        assert_eq!(found, reference(&other), "{}", other.escape_ascii());
    }
}

/// Gives pieces to the reader as they come.
pub fn feed(pieces: &[&[u8]]) -> Outcome<ProxyHeader, BadProxyHeader> {
    let mut unread = Vec::new();
    for piece in pieces {
        unread.extend_from_slice(piece);
        match ProxyHeader::read(&unread) {
            Ok(Some(value)) => {
                let consumed = value.len;
                return Outcome::Complete { value, consumed };
            }
            Ok(None) => {}
            Err(bad) => return Outcome::Failed(bad),
        }
    }
    Outcome::Incomplete
}

/// A header in words: `FROM TO SCHEME`, or `- -`.
pub fn said(header: &ProxyHeader) -> String {
    let Some((from, to)) = header.ends else {
        assert_eq!(header.scheme, None);
        return "- -".into();
    };
    let [from, to] = [from, to].map(|end| end.map_or("unix".into(), |end| end.to_string()));
    format!("{from} {to} {}", header.scheme.map_or("-", Scheme::name))
}

/// A header of version 2, with what follows its length.
pub fn block(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let len = (rest.len() as u16).to_be_bytes();
    let start = b"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a";
    [&start[..], &[command, family], &len, rest].concat()
}

/// A value of version 2, behind its type and its length.
pub fn value(kind: u8, value: &[u8]) -> Vec<u8> {
    let len = (value.len() as u16).to_be_bytes();
    [&[kind], &len[..], value].concat()
}

/// What a header is, its length first; `None` if it is none.
fn reference(input: &[u8]) -> Option<(usize, String)> {
    match input.starts_with(b"PROXY ") {
        true => reference_line(input),
        false => reference_block(input),
    }
}

fn reference_line(input: &[u8]) -> Option<(usize, String)> {
    let len = input.windows(2).position(|two| two == b"\r\n")? + 2;
    let line: String = input[..len - 2].iter().copied().map(char::from).collect();
    if len > LINE_MAX || line.contains(['\r', '\n']) {
        return None;
    }
    if line == "PROXY UNKNOWN" || line.starts_with("PROXY UNKNOWN ") {
        return Some((len, "- -".into()));
    }
    let [_, family, from, to, from_port, to_port] = line.split(' ').collect::<Vec<_>>()[..] else {
        return None;
    };
    let ends = [(from, from_port), (to, to_port)].map(|(ip, port)| {
        let number = u16::from_str(port).ok()?;
        let is_plain = number.to_string() == port;
        let ip = match family {
            "TCP4" => Ipv4Addr::from_str(ip).ok()?.to_string(),
            "TCP6" => v6(Ipv6Addr::from_str(ip).ok()?),
            _ => return None,
        };
        is_plain.then(|| format!("{ip}:{port}"))
    });
    let [Some(from), Some(to)] = ends else {
        return None;
    };
    Some((len, format!("{from} {to} -")))
}

/// An address without its port: IPv4 in IPv6's form is IPv4.
fn v6(ip: Ipv6Addr) -> String {
    match ip.octets() {
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d] => format!("{a}.{b}.{c}.{d}"),
        _ => format!("[{ip}]"),
    }
}

/// The parts of a header of version 2 that is whole: its command, its family, the rest.
fn parts(input: &[u8]) -> Option<(u8, u8, &[u8])> {
    let rest = input.strip_prefix(b"\r\n\r\n\0\r\nQUIT\n")?;
    let (&[command, family, high, low], rest) = rest.split_first_chunk()?;
    let len = usize::from(high) << 8 | usize::from(low);
    Some((command, family, rest.get(..len)?))
}

fn reference_block(input: &[u8]) -> Option<(usize, String)> {
    let (command, family, rest) = parts(input)?;
    let len = 16 + rest.len();
    if len > BLOCK_MAX || ![0x20, 0x21].contains(&command) {
        return None;
    }
    let hidden = Some((len, "- -".into()));
    let (ends, values) = match (command, family) {
        (0x20, _) | (_, 0x00 | 0x01 | 0x10 | 0x20 | 0x30) => return hidden,
        (_, 0x11) => {
            let (block, values) = rest.split_first_chunk::<12>()?;
            let [a, b, c, d, e, f, g, h, ..] = block;
            let ips = [format!("{a}.{b}.{c}.{d}"), format!("{e}.{f}.{g}.{h}")];
            (with_ports(ips, &block[8..]), values)
        }
        (_, 0x21) => {
            let (block, values) = rest.split_first_chunk::<36>()?;
            let ip = |at: usize| v6(<[u8; 16]>::try_from(&block[at..at + 16]).unwrap().into());
            (with_ports([ip(0), ip(16)], &block[32..]), values)
        }
        (_, 0x31) => ("unix unix".into(), rest.get(216..)?),
        _ => return None,
    };
    let (mut rest, mut scheme) = (values, "-");
    while !rest.is_empty() {
        let (kind, value, after) = split_value(rest)?;
        match kind {
            3 => {
                let at = len - after.len() - value.len();
                let mut zeroed = input[..len].to_vec();
                let own = <[u8; 4]>::try_from(value).ok()?;
                zeroed[at..at + 4].fill(0);
                (castagnoli(&zeroed) == own).then_some(())?;
            }
            0x20 if value.len() < 5 => return None,
            0x20 if value[0] % 2 == 1 => scheme = "https",
            0x20 => scheme = "http",
            _ => {}
        }
        rest = after;
    }
    Some((len, format!("{ends} {scheme}")))
}

fn with_ports([from, to]: [String; 2], ports: &[u8]) -> String {
    let port = |at: usize| 256 * u32::from(ports[at]) + u32::from(ports[at + 1]);
    format!("{from}:{} {to}:{}", port(0), port(2))
}

/// The first of some values, and what follows it.
fn split_value(rest: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (kind, rest) = rest.split_first()?;
    let (len, rest) = rest.split_first_chunk::<2>()?;
    let len = usize::from(u16::from_be_bytes(*len));
    Some((*kind, rest.get(..len)?, rest.get(len..)?))
}

/// Puts the right sum into a header's first place for one; returns whether there is one.
fn mend(input: &mut [u8]) -> bool {
    let Some((0x21, family, rest)) = parts(input) else {
        return false;
    };
    let len = 16 + rest.len();
    let skipped = match family {
        0x11 => 12,
        0x21 => 36,
        _ => 216,
    };
    let mut rest = rest.get(skipped..).unwrap_or_default();
    while let Some((kind, value, after)) = split_value(rest) {
        if (kind, value.len()) == (3, 4) {
            let at = len - after.len() - 4;
            input[at..at + 4].fill(0);
            let sum = castagnoli(&input[..len]);
            input[at..at + 4].copy_from_slice(&sum);
            return true;
        }
        rest = after;
    }
    false
}

/// CRC32C as polynomials: the message, its first 32 bits inverted, times x^32, and what is left of
/// it after division by the generator.
fn castagnoli(message: &[u8]) -> [u8; 4] {
    let bits = |byte: &u8| (0..8).map(|at| byte >> at & 1 == 1).collect::<Vec<bool>>();
    let mut rest: Vec<bool> = message.iter().chain(&[0; 4]).flat_map(bits).collect();
    rest[..32].iter_mut().for_each(|bit| *bit = !*bit);
    let generator = (0..33).map(|at| 0x1_1edc_6f41_u64 >> (32 - at) & 1 == 1);
    let generator: Vec<bool> = generator.collect();
    for at in 0..rest.len() - 32 {
        if rest[at] {
            let part = rest[at..].iter_mut().zip(&generator);
            part.for_each(|(bit, other)| *bit ^= other);
        }
    }
    let left = &rest[rest.len() - 32..];
    let sum = (left.iter().enumerate()).fold(0u32, |sum, (at, &bit)| sum | u32::from(!bit) << at);
    sum.to_be_bytes()
}

#[cfg(test)]
mod tests;
