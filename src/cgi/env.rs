//! The meta-variables and the arguments of a script: pure functions (RFC 3875 sections 4.1, 4.4).
//!
//! Nothing of the server's own environment comes in here; see the builder for what is passed on.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use super::limits::ARGUMENTS_MAX;
use crate::http::grammar::{digits, same_word};
use crate::http::scheme::Scheme;
use crate::http::target::authority;

/// A name and a value of the environment.
pub type Variable = (Vec<u8>, Vec<u8>);

/// The value of `SERVER_SOFTWARE`.
const SOFTWARE: &str = concat!("sprat/", env!("CARGO_PKG_VERSION"));

/// Fields that never become `HTTP_*`. The first four have meta-variables of their own or none
/// (`Proxy` would become `HTTP_PROXY`, which many programs take for their own setting: httpoxy);
/// the others concern the connection, which a script does not see.
const WITHHELD: [&str; 11] = [
    "connection",
    "content-length",
    "content-type",
    "proxy",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What one request is, as far as its script is told.
pub struct RequestFacts<'a> {
    /// The method's name.
    pub method: &'a str,
    /// The target as it was sent.
    pub target: &'a [u8],
    /// What follows the first `?` of the target.
    pub query: Option<&'a [u8]>,
    /// The request's version, `HTTP/1.1`.
    pub version: &'a str,
    /// All fields in order.
    pub fields: Vec<(&'a str, &'a [u8])>,
    /// The length of the body in bytes, where there is one and its length is known.
    pub body_bytes: Option<u64>,
    /// The address of who asks; `None` on a Unix socket. Its port is 0 if it is not known.
    pub peer: Option<SocketAddr>,
    /// How they ask.
    pub scheme: Scheme,
    /// The server's address; `None` on a Unix socket.
    pub local: Option<SocketAddr>,
    /// The path of the script's URL, decoded.
    pub script_name: &'a [u8],
    /// The path that follows it, decoded; empty or with a leading slash.
    pub path_info: &'a [u8],
    /// The script's file, an absolute path.
    pub script_file: &'a [u8],
    /// The served directory, an absolute path.
    pub document_root: &'a [u8],
    /// Whether the script may see `Authorization`.
    pub pass_authorization: bool,
}

/// The meta-variables of a request, each name once.
///
/// `AUTH_TYPE`, `REMOTE_USER` and `REMOTE_IDENT` are never set: the server has verified nothing.
/// `REMOTE_HOST` is the address, as section 4.1.9 allows, for names are never looked up.
pub fn variables(facts: &RequestFacts<'_>) -> Vec<Variable> {
    let (named, uri) = split_target(facts.target);
    let host = named.or_else(|| field(facts, "host"));
    let ip = |addr: SocketAddr| addr.ip().to_canonical().to_string();
    let (own_ip, peer_ip) = (facts.local.map(ip), facts.peer.map(ip).unwrap_or_default());
    let peer_port = facts.peer.map_or(0, |addr| addr.port());
    let peer_port = (peer_port > 0).then(|| peer_port.to_string());
    let body_bytes = facts.body_bytes.map(|bytes| bytes.to_string());
    let root = facts.document_root;
    let bare = root.strip_suffix(b"/").unwrap_or(root);
    let translated = [bare, facts.path_info].concat();
    let server = (
        server_name(host, facts.local),
        server_port(host, facts.local),
    );
    let list: [(&str, Option<&[u8]>); 21] = [
        ("GATEWAY_INTERFACE", Some(b"CGI/1.1")),
        ("SERVER_SOFTWARE", Some(SOFTWARE.as_bytes())),
        ("SERVER_PROTOCOL", Some(facts.version.as_bytes())),
        ("SERVER_NAME", Some(&server.0)),
        ("SERVER_PORT", Some(server.1.as_bytes())),
        ("SERVER_ADDR", own_ip.as_deref().map(str::as_bytes)),
        ("REQUEST_METHOD", Some(facts.method.as_bytes())),
        ("REQUEST_SCHEME", Some(facts.scheme.name().as_bytes())),
        ("HTTPS", (facts.scheme == Scheme::Https).then_some(b"on")),
        ("REQUEST_URI", Some(&uri)),
        ("QUERY_STRING", Some(facts.query.unwrap_or_default())),
        ("SCRIPT_NAME", Some(facts.script_name)),
        ("SCRIPT_FILENAME", Some(facts.script_file)),
        ("DOCUMENT_ROOT", Some(root)),
        ("PATH_INFO", Some(facts.path_info)),
        (
            "PATH_TRANSLATED",
            (!facts.path_info.is_empty()).then_some(&translated),
        ),
        ("REMOTE_ADDR", Some(peer_ip.as_bytes())),
        ("REMOTE_HOST", Some(peer_ip.as_bytes())),
        ("REMOTE_PORT", peer_port.as_deref().map(str::as_bytes)),
        ("CONTENT_TYPE", field(facts, "content-type")),
        ("CONTENT_LENGTH", body_bytes.as_deref().map(str::as_bytes)),
    ];
    let mut variables = Vec::with_capacity(list.len() + facts.fields.len());
    for (name, value) in list {
        // No system can pass a NUL.
        if let Some(value) = value.filter(|value| !value.contains(&0)) {
            variables.push((name.as_bytes().to_vec(), value.to_vec()));
        }
    }
    variables.extend(request_fields(facts, named));
    variables
}

/// The first value of a field.
fn field<'a>(facts: &RequestFacts<'a>, name: &str) -> Option<&'a [u8]> {
    let mut fields = facts.fields.iter();
    let found = fields.find(|(other, _)| same_word(other, name))?;
    Some(found.1)
}

/// The request's fields as `HTTP_*` (section 4.1.18).
///
/// A name with anything but letters, digits and hyphens is dropped: an underscore would stand for
/// a hyphen that a proxy in front has checked, and shells cannot name the rest. The authority of an
/// absolute target is what `Host` should have been (RFC 9112 section 3.2.2).
fn request_fields(facts: &RequestFacts<'_>, named: Option<&[u8]>) -> Vec<Variable> {
    let mut list: Vec<Variable> = Vec::with_capacity(facts.fields.len());
    let host = named.map(|host| ("host", host));
    let fields = facts.fields.iter().copied();
    let fields = fields.filter(|field| host.is_none() || !same_word(field.0, "host"));
    for (name, value) in host.into_iter().chain(fields) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let withheld = WITHHELD.iter().any(|other| same_word(name, other))
            || (same_word(name, "authorization") && !facts.pass_authorization);
        if withheld || !name.bytes().all(plain) || value.contains(&0) {
            continue;
        }
        let mut variable = b"HTTP_".to_vec();
        variable.extend(name.bytes().map(|byte| match byte {
            b'-' => b'_',
            other => other.to_ascii_uppercase(),
        }));
        match list.iter_mut().find(|(other, _)| *other == variable) {
            Some((_, values)) => {
                let cookie = same_word(name, "cookie");
                values.extend_from_slice(if cookie { b"; " } else { b", " });
                values.extend_from_slice(value);
            }
            None => list.push((variable, value.to_vec())),
        }
    }
    list
}

/// Splits a target into the authority, if it is of absolute form, and the rest, which gets the
/// leading slash that it may lack.
fn split_target(target: &[u8]) -> (Option<&[u8]>, Cow<'_, [u8]>) {
    let authority = authority(target);
    let rest = &target[authority.as_ref().map_or(0, |authority| authority.end)..];
    let uri = match rest.first() {
        Some(b'/') => Cow::Borrowed(rest),
        _ => Cow::Owned([b"/", rest].concat()),
    };
    (authority.map(|authority| &target[authority]), uri)
}

/// The host part of an authority if it is a plain name or address, and its port.
fn split_host(host: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    let bracket = host.iter().position(|&byte| byte == b']');
    let from = bracket.unwrap_or(0);
    let colon = host[from..].iter().position(|&byte| byte == b':');
    let (name, port) = match colon {
        Some(at) => (&host[..from + at], Some(&host[from + at + 1..])),
        None => (host, None),
    };
    let inner = name
        .strip_prefix(b"[")
        .and_then(|name| name.strip_suffix(b"]"));
    let valid = match inner {
        Some(address) => address
            .iter()
            .all(|byte| byte.is_ascii_hexdigit() || b":.".contains(byte)),
        None => name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte)),
    };
    let valid = valid && !name.is_empty() && inner != Some(b"");
    (valid.then_some(name), port)
}

/// `SERVER_NAME`: what the peer called the server, else the address it reached (section 4.1.14).
fn server_name(host: Option<&[u8]>, local: Option<SocketAddr>) -> Vec<u8> {
    if let (Some(name), _) = host.map_or((None, None), split_host) {
        return name.to_vec();
    }
    match local.map(|addr| addr.ip().to_canonical()) {
        Some(IpAddr::V4(ip)) => ip.to_string().into_bytes(),
        Some(IpAddr::V6(ip)) => format!("[{ip}]").into_bytes(),
        None => b"localhost".to_vec(),
    }
}

/// `SERVER_PORT`: the port the peer reached (section 4.1.15); on a Unix socket, the one it named.
fn server_port(host: Option<&[u8]>, local: Option<SocketAddr>) -> String {
    let named = || host.and_then(|host| split_host(host).1).and_then(digits);
    match local {
        Some(addr) => addr.port().to_string(),
        None => named()
            .filter(|&port| port <= 65_535)
            .unwrap_or(80)
            .to_string(),
    }
}

/// The arguments that an indexed query makes (section 4.4): a GET or HEAD whose query holds no `=`
/// is split at `+`, and each word is decoded.
///
/// All or none: no arguments at all if they are more than [`ARGUMENTS_MAX`], if one word is empty,
/// holds NUL or a bad escape, or starts with `-`, for a peer must not set an interpreter's options
/// (CVE-2012-1823).
pub fn arguments(method: &str, query: Option<&[u8]>) -> Vec<Vec<u8>> {
    let Some(query) = query else {
        return Vec::new();
    };
    if !matches!(method, "GET" | "HEAD") || query.is_empty() || query.contains(&b'=') {
        return Vec::new();
    }
    if query.iter().filter(|&&byte| byte == b'+').count() >= ARGUMENTS_MAX {
        return Vec::new();
    }
    let words: Option<Vec<Vec<u8>>> = query.split(|&byte| byte == b'+').map(decode_word).collect();
    words.unwrap_or_default()
}

/// Decodes a search word; `None` if it must not become an argument.
fn decode_word(word: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(word.len());
    let mut rest = word.iter();
    while let Some(&byte) = rest.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let high = char::from(*rest.next()?).to_digit(16)?;
        let low = char::from(*rest.next()?).to_digit(16)?;
        out.push((high * 16 + low) as u8);
    }
    let allowed = !out.is_empty() && !out.starts_with(b"-") && !out.contains(&0);
    allowed.then_some(out)
}

#[cfg(test)]
mod tests;
