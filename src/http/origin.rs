//! Origins, as browsers name them (RFC 6454 section 6, WHATWG HTML "origin").

use super::grammar::same_word;
use super::host::is_host;

/// Why a text is no origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadOrigin {
    NoScheme,
    Null,
    Path,
    Host,
}

impl BadOrigin {
    /// What is wrong, in a phrase.
    pub fn phrase(self) -> &'static str {
        match self {
            BadOrigin::NoScheme => "it has no scheme, as in https://example.org",
            BadOrigin::Null => "every page in a sandbox says null",
            BadOrigin::Path => "nothing follows its host and port",
            BadOrigin::Host => "it has no valid host",
        }
    }
}

impl std::fmt::Display for BadOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.phrase())
    }
}

/// An origin as a browser writes it: a scheme, a host, and a port unless it is the scheme's own; in
/// lower case.
///
/// # Errors
/// Why it is none.
pub fn origin(text: &str) -> Result<String, BadOrigin> {
    if same_word(text, "null") {
        return Err(BadOrigin::Null);
    }
    let (scheme, authority) = text.split_once("://").ok_or(BadOrigin::NoScheme)?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    if !is_scheme {
        return Err(BadOrigin::NoScheme);
    }
    if authority.contains(['/', '?', '#']) {
        return Err(BadOrigin::Path);
    }
    // A star is a letter of names, and would be taken for a pattern.
    let is_odd = authority.is_empty() || authority.contains('*') || authority.ends_with(':');
    if is_odd || !is_host(authority.as_bytes()) {
        return Err(BadOrigin::Host);
    }
    let (scheme, authority) = (scheme.to_ascii_lowercase(), authority.to_ascii_lowercase());
    let usual = match &*scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    let authority = authority.strip_suffix(usual).unwrap_or(&authority);
    Ok(format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests;
