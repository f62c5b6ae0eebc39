//! Addresses to listen on, as people and resolvers write them.

use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt;

use super::hints::{self, Endpoint, shell};
use super::others::EVERYWHERE;
use super::values::text;
use super::{Bind, Config};

/// An address in digits, IPv6 with or without brackets, a host's name, or a Unix socket.
///
/// # Errors
/// What is none of these, in a phrase.
pub fn bind(value: &OsStr) -> Result<Bind, String> {
    match value.as_bytes().strip_prefix(b"unix:") {
        Some(place) => unix(place),
        None => internet(text(value)?),
    }
}

/// `PATH` or `PATH,mode=MODE`, where the last comma counts.
fn unix(place: &[u8]) -> Result<Bind, String> {
    let comma = place.iter().rposition(|&byte| byte == b',');
    let (path, mode) = match comma.map(|at| (&place[..at], &place[at + 1..])) {
        Some((path, option)) if option.starts_with(b"mode=") => {
            let digits = std::str::from_utf8(&option[5..]).unwrap_or_default();
            let is_octal = digits.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
            let mode = u32::from_str_radix(digits, 8).ok();
            let mode = mode.filter(|&mode| is_octal && mode <= 0o777);
            let wrong = || format!("{digits:?} is no mode (in octal digits, such as mode=0660)");
            (path, Some(mode.ok_or_else(wrong)?))
        }
        _ => (place, None),
    };
    match path {
        b"" => Err("the path of the Unix socket is missing (-b unix:/run/sprat.sock)".into()),
        path => Ok(Bind::Unix(OsStr::from_bytes(path).into(), mode)),
    }
}

/// Whether the port has an address that it could be of.
///
/// # Errors
/// It has none.
pub fn check(config: &Config) -> Result<(), String> {
    let is_unix = |bind: &Bind| matches!(bind, Bind::Unix(..));
    match config.has_port && !config.bind.is_empty() && config.bind.iter().all(is_unix) {
        true => Err(
            "argument PORT: Unix sockets have no port (leave it out, or listen on an address as \
             well: -b localhost)"
                .into(),
        ),
        false => Ok(()),
    }
}

fn internet(value: &str) -> Result<Bind, String> {
    if value.eq_ignore_ascii_case("localhost") {
        return Ok(Bind::Localhost);
    }
    let refused = |hint: String| match hint.is_empty() {
        true => Err(format!(
            "{value:?} is not an address (for this machine: -b localhost)"
        )),
        false => Err(format!("{value:?} is not an address ({hint})")),
    };
    if means_all(value) {
        return refused(EVERYWHERE.into());
    }
    let bracketed = value.strip_prefix('[').and_then(|v| v.strip_suffix(']'));
    if let Some(inner) = bracketed {
        return match inner.parse::<Ipv6Addr>() {
            Ok(address) => Ok(Bind::Address(IpAddr::from(address).to_canonical())),
            Err(_) => Err(format!("{value:?} is not an IPv6 address")),
        };
    }
    if let Ok(address) = value.parse::<IpAddr>() {
        // An IPv4 address in IPv6's clothes: only an IPv4 socket listens on it alone.
        return Ok(Bind::Address(address.to_canonical()));
    }
    if value != "0" && hints::is_number(value) && value.parse::<u16>().is_ok() {
        return refused(hints::port(value));
    }
    if let Some(address) = short_ipv4(value) {
        return Ok(Bind::Address(address.into()));
    }
    if let Some(endpoint) = Endpoint::of(value) {
        return refused(format!(
            "the port is an argument of its own: {}",
            endpoint.command()
        ));
    }
    if value.contains(',') {
        return refused(format!(
            "each takes a -b of its own: -b {}",
            value.replace(',', " -b ")
        ));
    }
    // Asking a name server about these would only take its time. `%` is an interface.
    if value.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return refused(String::new());
    }
    if value.contains('/') {
        return refused("-b takes an address of this machine, or its name: -b localhost".into());
    }
    if value.contains(':') && !value.contains('%') {
        return refused("the port is an argument of its own".into());
    }
    if value.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(format!("{value:?} is not a host name"));
    }
    if is_interface_here(value) {
        return Err(format!(
            "{value:?} is a network interface ({})",
            of_interface(value)
        ));
    }
    Ok(Bind::Name(value.into()))
}

/// IPv4 as resolvers take it (`inet_aton(3)`): one to four numbers, decimal, octal or hexadecimal,
/// of which the last fills the bytes that are left. `127.1` is `127.0.0.1`.
fn short_ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, bytes) = parts.split_last()?;
    let free_bits = 32u32.checked_sub(8 * bytes.len() as u32)?;
    let fits = free_bits > 0 && u64::from(*last) < 1 << free_bits;
    if !fits || bytes.iter().any(|&byte| byte > 255) {
        return None;
    }
    let shifted = |(at, byte): (usize, &u32)| byte << (24 - 8 * at as u32);
    let high: u32 = bytes.iter().enumerate().map(shifted).sum();
    Some(Ipv4Addr::from(high | last))
}

fn number(text: &str) -> Option<u32> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match (hex, text.strip_prefix('0')) {
        (Some(hex), _) => (hex, 16),
        (None, Some(octal)) if !octal.is_empty() => (octal, 8),
        _ => (text, 10),
    };
    // The parser alone would take a `+`.
    let is_plain = digits.chars().all(|c| c.is_digit(radix));
    is_plain.then(|| u32::from_str_radix(digits, radix).ok())?
}

/// Whether it stands for all addresses elsewhere.
pub fn means_all(text: &str) -> bool {
    let words = [
        "",
        "*",
        "any",
        "all",
        "everywhere",
        "everything",
        "public",
        "inaddr_any",
    ];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether it is an interface, or has the name of one.
pub fn is_interface(text: &str) -> bool {
    looks_like_interface(text) || is_interface_here(text)
}

/// Where an interface's addresses are found.
pub fn of_interface(name: &str) -> String {
    let name = shell(OsStr::new(name), "INTERFACE");
    format!("-b wants an address; an interface's are shown by: ip addr show {name}")
}

/// Whether there is such an interface here.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_interface_here(name: &str) -> bool {
    use rustix::net::{AddressFamily, SocketType, netdevice, socket};
    let socket = socket(AddressFamily::INET, SocketType::DGRAM, None);
    socket.is_ok_and(|socket| netdevice::name_to_index(&socket, name).is_ok())
}

/// Elsewhere the system has no safe way to ask; the look-up of the name fails.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_interface_here(_: &str) -> bool {
    false
}

/// Whether a name is one that systems give to interfaces: letters, then a number.
pub fn looks_like_interface(name: &str) -> bool {
    const KINDS: &[&str] = &[
        "eth", "en", "em", "wl", "ww", "lo", "br", "docker", "veth", "virbr", "tun", "tap", "wg",
        "bond", "utun", "igb", "ix", "re", "vtnet", "bridge", "ppp", "awdl",
    ];
    let has_kind = KINDS.iter().any(|kind| name.starts_with(kind));
    has_kind && !name.contains('.') && (name == "lo" || name.contains(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
