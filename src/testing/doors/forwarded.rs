//! Fuzz target of who asks by way of a proxy, held against a slow reading of the rules that shares
//! no code with ours (RFC 7239 sections 4 and 6).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use crate::http::forwarded::{ForwardedFields, ForwardedFor};
use crate::http::head::Head;
use crate::http::limits::Limits;
use crate::http::network::Network;
use crate::http::scheme::Scheme;

/// Fuzz target: who asks is whom the slow reading names, and what stands left of that moves
/// nothing. The first byte is the kind of the fields, each line is a value; one that begins with
/// `p` is of X-Forwarded-Proto.
pub fn forwarded(input: &[u8]) {
    let Some((kind, values)) = input.split_first() else {
        return;
    };
    let (kind, name) = match kind % 2 {
        0 => (ForwardedFields::XForwarded, "X-Forwarded-For"),
        _ => (ForwardedFields::Forwarded, "forwarded"),
    };
    let values: Vec<&[u8]> = values.split(|&byte| byte == b'\n').take(20).collect();
    let fields = |values: &[&[u8]]| {
        let mut text = b"GET / HTTP/1.1\r\nHost: a\r\n".to_vec();
        for value in values {
            let (name, value) = match value.strip_prefix(b"p") {
                Some(scheme) => ("X-Forwarded-Proto", scheme),
                None => (name, *value),
            };
            text.extend([name.as_bytes(), b":", value, b"\r\n"].concat());
        }
        text.extend(b"\r\n");
        text
    };
    let read = |values: &[&[u8]]| {
        let text = fields(values);
        let head = Head::parse(&text, &Limits::default()).ok()?;
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|text| Network::parse(text).unwrap());
        Some(ForwardedFor::read(head.headers(&text), kind, &trusted))
    };
    let Some(found) = read(&values) else {
        return;
    };
    assert_eq!(found, reference(kind, &values), "{}", input.escape_ascii());
    let is_told = found.peer.is_some_and(|peer| !is_trusted(peer.ip()));
    let first = values.iter().position(|value| !value.starts_with(b"p"));
    let Some(first) = first.filter(|_| is_told) else {
        return;
    };
    for lie in [values[first], b"for=6.6.6.6;x=\"", b"\\", b"6.6.6.6"] {
        let longer = [lie, b",", values[first]].concat();
        let mut more = values.clone();
        more[first] = &longer;
        more.insert(0, lie);
        assert!(read(&more).is_none_or(|other| other == found));
    }
}

fn is_trusted(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.octets()[0] == 10,
        IpAddr::V6(ip) => ip.octets()[0] == 0xfd,
    }
}

fn reference(kind: ForwardedFields, values: &[&[u8]]) -> ForwardedFor {
    let text = |value: &[u8]| -> String { value.iter().copied().map(char::from).collect() };
    let (mut elements, mut schemes) = (Vec::new(), Vec::new());
    for value in values {
        match value.strip_prefix(b"p") {
            Some(value) => schemes.extend(split(&text(value))),
            None => elements.extend(split(&text(value))),
        }
    }
    let mut scheme = schemes
        .pop()
        .filter(|_| kind == ForwardedFields::XForwarded);
    let mut peer = None;
    while let Some(element) = elements.pop() {
        let node = match kind {
            ForwardedFields::XForwarded => Some(element),
            ForwardedFields::Forwarded => {
                let pairs = pairs(&element).unwrap_or_default();
                let one = |name: &str| pairs.iter().find(|pair| pair.0 == name);
                scheme = scheme.or(one("proto").map(|pair| pair.1.clone()));
                one("for").map(|pair| pair.1.clone())
            }
        };
        let Some(found) = node.and_then(|node| socket_address(&node)) else {
            break;
        };
        peer = Some(found);
        if !is_trusted(found.ip()) {
            break;
        }
    }
    let scheme = match scheme.map(|name| name.to_ascii_lowercase()).as_deref() {
        Some("http") => Some(Scheme::Http),
        Some("https") => Some(Scheme::Https),
        _ => None,
    };
    ForwardedFor { peer, scheme }
}

/// How many quotes count: a backslash takes the meaning from the one behind it.
fn quotes(text: &str) -> usize {
    let is_one = |at: usize| {
        let slashes = text[..at].chars().rev().take_while(|c| *c == '\\');
        slashes.count() % 2 == 0
    };
    text.match_indices('"')
        .filter(|(at, _)| is_one(*at))
        .count()
}

fn blanks(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// The elements of a value, cut where an even number of quotes is to the right.
fn split(value: &str) -> Vec<String> {
    let ends = value.match_indices(',').map(|(at, _)| at);
    let all = quotes(value);
    let is_outside = |at: &usize| (all - quotes(&value[..*at])) % 2 == 0;
    let mut elements = Vec::new();
    let mut from = 0;
    for end in ends.filter(is_outside).chain([value.len()]) {
        elements.push(blanks(&value[from..end]).to_owned());
        from = end + 1;
    }
    elements.retain(|element| !element.is_empty());
    elements
}

/// Names in lower case and values of an element; `None` if it is none.
fn pairs(element: &str) -> Option<Vec<(String, String)>> {
    let mut list: Vec<(String, String)> = Vec::new();
    let mut part = String::new();
    for c in element.chars().chain([';']) {
        if c != ';' || quotes(&part) % 2 == 1 {
            part.push(c);
            continue;
        }
        let pair = std::mem::take(&mut part);
        let pair = blanks(&pair);
        if pair.is_empty() {
            continue;
        }
        let (name, value) = pair.split_once('=')?;
        let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        let is_good = match inner {
            Some(inner) => quotes(inner) == 0 && quotes(&format!("{inner}\"")) == 1,
            None => is_word(value),
        };
        let name = name.to_ascii_lowercase();
        let is_twice = ["for", "proto"].contains(&&*name) && list.iter().any(|one| one.0 == name);
        if !is_word(&name) || !is_good || is_twice {
            return None;
        }
        list.push((name, inner.unwrap_or(value).to_owned()));
    }
    part.is_empty().then_some(list)
}

fn is_word(text: &str) -> bool {
    let is_mark = |c| "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || is_mark(c))
}

fn socket_address(text: &str) -> Option<SocketAddr> {
    let bare = |text: &str| {
        let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        inner.and_then(|inner| Ipv6Addr::from_str(inner).ok())
    };
    let with_port = || {
        let (host, port) = text.rsplit_once(':')?;
        let word = port.strip_prefix('_').filter(|word| !word.is_empty());
        let is_hidden = word.is_some_and(|word| {
            word.chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        });
        let is_number = port.chars().all(|c| c.is_ascii_digit());
        let port = match is_hidden {
            true => 0,
            false => u16::from_str(port).ok().filter(|_| is_number)?,
        };
        let v4 = Ipv4Addr::from_str(host).ok().map(IpAddr::V4);
        Some((v4.or(bare(host).map(IpAddr::V6))?, port))
    };
    let whole = IpAddr::from_str(text).ok().or(bare(text).map(IpAddr::V6));
    let (ip, port) = whole.map(|ip| (ip, 0)).or_else(with_port)?;
    Some(SocketAddr::new(ip.to_canonical(), port))
}

#[cfg(test)]
mod tests;
