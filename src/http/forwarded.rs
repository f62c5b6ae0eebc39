//! For whom a proxy asks, as it says in fields: X-Forwarded-For and X-Forwarded-Proto, or Forwarded
//! (RFC 7239). It knows which addresses are trusted, and not who sent the fields.
//!
//! A proxy adds what it knows at the right end, so that is where reading begins; further left
//! stands what its own peer has sent. That may be anything, and must change nothing.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use super::grammar::{digits, is_token_byte, same_word, trim};
use super::headers::Headers;
use super::network::Network;
use super::scheme::Scheme;

/// The fields in which trusted proxies say for whom they ask.
///
/// One kind counts. A proxy that writes one hands on the other as its peer has sent it, so to
/// believe both would be to believe everyone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum ForwardedFields {
    /// `X-Forwarded-For` and `X-Forwarded-Proto`, which most proxies write.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// For whom a request was forwarded, as far as that is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ForwardedFor {
    /// Who asks; port 0 where that is not told.
    pub peer: Option<SocketAddr>,
    /// How they ask.
    pub scheme: Option<Scheme>,
}

impl ForwardedFor {
    /// Reads the fields of one kind, from the right: over trusted addresses to the first that is
    /// not, or to the last one that can be read. Of schemes the rightmost counts.
    pub fn read(fields: Headers<'_>, kind: ForwardedFields, trusted: &[Network]) -> ForwardedFor {
        let (name, mut scheme_name) = match kind {
            ForwardedFields::XForwarded => (
                "X-Forwarded-For",
                Backwards::new(fields, "X-Forwarded-Proto").next(),
            ),
            ForwardedFields::Forwarded => ("Forwarded", None),
        };
        let mut peer = None;
        for element in Backwards::new(fields, name) {
            let (node, proto) = match kind {
                ForwardedFields::XForwarded => (Some(element), None),
                ForwardedFields::Forwarded => pairs(element).unwrap_or_default(),
            };
            scheme_name = scheme_name.or(proto);
            let Some(found) = node.and_then(address) else {
                break;
            };
            peer = Some(found);
            if !trusted.iter().any(|network| network.holds(found.ip())) {
                break;
            }
        }
        ForwardedFor {
            peer,
            scheme: scheme_name.and_then(scheme),
        }
    }
}

/// The elements of a list over all fields of a name, the last one first: trimmed, empty ones left
/// out, commas in quoted strings kept.
struct Backwards<'a> {
    fields: Headers<'a>,
    name: &'static str,
    /// What is left of the value at hand.
    rest: Option<&'a [u8]>,
}

impl<'a> Backwards<'a> {
    fn new(fields: Headers<'a>, name: &'static str) -> Backwards<'a> {
        Backwards {
            fields,
            name,
            rest: None,
        }
    }

    /// The last of the fields that are left, if it has the name.
    fn pop(&mut self) -> Option<&'a [u8]> {
        loop {
            let ((name, value), before) = self.fields.fields.split_last()?;
            self.fields.fields = before;
            let buf = self.fields.buf;
            if same_word(name.of(buf), self.name) {
                return Some(value.of(buf));
            }
        }
    }
}

impl<'a> Iterator for Backwards<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let value = self.rest.take().or_else(|| self.pop())?;
            let element = match last_comma(value) {
                Some(at) => {
                    self.rest = Some(&value[..at]);
                    &value[at + 1..]
                }
                None => value,
            };
            let element = trim(element);
            if !element.is_empty() {
                return Some(element);
            }
        }
    }
}

/// The last comma outside a quoted string, by the quotes that follow it: one that a peer has opened
/// and not closed swallows nothing of what its proxy has added.
fn last_comma(value: &[u8]) -> Option<usize> {
    let mut quoted = false;
    value.iter().enumerate().rposition(|(at, byte)| {
        match byte {
            b'"' if !is_escaped(&value[..at]) => quoted = !quoted,
            b',' => return !quoted,
            _ => {}
        }
        false
    })
}

/// Whether a backslash takes the meaning from what follows.
fn is_escaped(before: &[u8]) -> bool {
    let others = before.iter().rposition(|&byte| byte != b'\\');
    let backslashes = before.len() - others.map_or(0, |at| at + 1);
    backslashes % 2 == 1
}

/// The values of `for` and `proto` in one element of Forwarded, without their quotes.
type Pairs<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

/// Reads an element of Forwarded (RFC 7239 section 4), with spaces around its semicolons. `None` if
/// any of it breaks the grammar: then a quote of a peer's may have swallowed half of it.
fn pairs(element: &[u8]) -> Option<Pairs<'_>> {
    let (mut node, mut proto) = (None, None);
    let mut rest = element;
    loop {
        let (name, after) = token(trim(rest));
        let after = match (name, after) {
            ([], after) => after,
            (_, [b'=', after @ ..]) => {
                let (value, after) = value(after)?;
                let before = match name {
                    _ if same_word(name, "for") => node.replace(value),
                    _ if same_word(name, "proto") => proto.replace(value),
                    _ => None,
                };
                if before.is_some() {
                    return None;
                }
                after
            }
            _ => return None,
        };
        rest = match trim(after) {
            [] => return Some((node, proto)),
            [b';', rest @ ..] => rest,
            _ => return None,
        };
    }
}

/// A token, which may be empty, and what follows it.
fn token(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|&byte| !is_token_byte(byte));
    text.split_at(end.unwrap_or(text.len()))
}

/// A token or what stands between quotes, and what follows it. Backslashes are left in: no address
/// and no scheme needs one.
fn value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(text) = text.strip_prefix(b"\"") else {
        let (value, after) = token(text);
        return (!value.is_empty()).then_some((value, after));
    };
    let is_end = |at: usize| text[at] == b'"' && !is_escaped(&text[..at]);
    let end = (0..text.len()).find(|&at| is_end(at))?;
    Some((&text[..end], &text[end + 1..]))
}

/// An address, with or without a port: IPv6 in brackets if it has one (RFC 7239 section 6).
fn address(text: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let (ip, port) = match text.strip_prefix('[') {
        Some(text) => {
            let (ip, after) = text.split_once(']')?;
            let port = match after {
                "" => None,
                after => Some(after.strip_prefix(':')?),
            };
            (IpAddr::V6(Ipv6Addr::from_str(ip).ok()?), port)
        }
        None => {
            // Two colons are IPv6's own.
            let parts = text.split_once(':');
            let (ip, port) = match parts.filter(|(_, port)| !port.contains(':')) {
                Some((ip, port)) => (ip, Some(port)),
                None => (text, None),
            };
            (IpAddr::from_str(ip).ok()?, port)
        }
    };
    let port = port.map_or(Some(0), |port| port_number(port.as_bytes()))?;
    Some(SocketAddr::new(ip.to_canonical(), port))
}

/// A port; 0 for one that is hidden behind a word (RFC 7239 section 6.3).
fn port_number(text: &[u8]) -> Option<u16> {
    match text {
        [b'_', word @ ..] => {
            let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
            (!word.is_empty() && word.iter().all(is_plain)).then_some(0)
        }
        _ => u16::try_from(digits(text)?).ok(),
    }
}

fn scheme(name: &[u8]) -> Option<Scheme> {
    [Scheme::Http, Scheme::Https]
        .into_iter()
        .find(|scheme| same_word(name, scheme.name()))
}

#[cfg(test)]
mod tests;
