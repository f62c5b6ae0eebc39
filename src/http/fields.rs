//! Which fields a response may have more than once (RFC 9110 section 5.3), and what a handler may
//! not decide.

use super::grammar::same_word;

/// Fields whose value is no list: a second line of one has no meaning, and recipients differ in
/// which they believe. In lower case and sorted. Sources: the IANA registry of HTTP field names
/// with the documents that it names, Fetch (`access-control-*`, `cross-origin-*`,
/// `x-content-type-options`), HTML (`refresh`, `x-frame-options`), RFC 6797, RFC 8594, RFC 9745.
const SINGLE: [&str; 35] = [
    "access-control-allow-credentials",
    "access-control-allow-origin",
    "access-control-allow-private-network",
    "access-control-max-age",
    "age",
    "content-disposition",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "cross-origin-embedder-policy",
    "cross-origin-embedder-policy-report-only",
    "cross-origin-opener-policy",
    "cross-origin-opener-policy-report-only",
    "cross-origin-resource-policy",
    "date",
    "deprecation",
    "etag",
    "expires",
    "last-modified",
    "location",
    "origin-agent-cluster",
    "refresh",
    "retry-after",
    "server",
    "service-worker-allowed",
    "sourcemap",
    "strict-transport-security",
    "sunset",
    "x-accel-buffering",
    "x-content-type-options",
    "x-dns-prefetch-control",
    "x-frame-options",
    "x-xss-protection",
];

/// The longest of them, in bytes.
const SINGLE_BYTES_MAX: usize = 40;

/// Whether a response has this field once: all others may be lists, or are Set-Cookie.
pub fn is_single(name: &str) -> bool {
    let mut room = [0; SINGLE_BYTES_MAX];
    let Some(lower) = room.get_mut(..name.len()) else {
        return false;
    };
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let lower = &*lower;
    SINGLE
        .binary_search_by(|single| single.as_bytes().cmp(lower))
        .is_ok()
}

/// Whether more than one line of this field means all of them, so that one that is added takes
/// nothing away: cookies and links of any number, what a cache is to mind, policies that must all
/// be kept.
pub fn adds_up(name: &str) -> bool {
    const ADDING: [&str; 5] = [
        "Content-Security-Policy",
        "Content-Security-Policy-Report-Only",
        "Link",
        "Set-Cookie",
        "Vary",
    ];
    ADDING.iter().any(|other| same_word(other, name))
}

#[cfg(test)]
mod tests;
