//! Whether a request asks for another protocol on its connection (RFC 9110 section 7.8).

use super::grammar::is_token;
use super::headers::Headers;
use super::method::{Method, Version};

/// Whether this names a protocol: a token, and perhaps a version behind a slash.
pub fn is_protocol(name: &str) -> bool {
    let (name, version) = name.split_once('/').unwrap_or((name, "1"));
    is_token(name.as_bytes()) && is_token(version.as_bytes())
}

/// Whether the peer asks to go on with this protocol, in any case of letters. HTTP/1.0 knows no
/// Upgrade; without its connection option the field may come from a hop before; the answer to HEAD
/// is that to GET, which is none of the other protocol; and CONNECT asks for a tunnel.
pub fn asks_for(protocol: &str, method: Method<'_>, version: Version, fields: Headers<'_>) -> bool {
    version == Version::Http11
        && !matches!(method, Method::Head | Method::Connect)
        && fields.has_token("Connection", "upgrade")
        && fields.has_token("Upgrade", protocol)
}

#[cfg(test)]
mod tests;
