//! The URL of `--check`: who is asked, and for what.

use std::path::PathBuf;

use super::hints::{self, Endpoint, shell};
use super::others::NO_TLS;

/// The port of a URL that names none.
const PORT: u16 = 80;

/// Who is asked, and for what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckUrl {
    /// As it was given.
    pub text: String,
    /// Where.
    pub place: CheckPlace,
    /// The host, as the field of that name has it.
    pub host: String,
    /// The target of the request.
    pub target: String,
}

/// Where a server listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CheckPlace {
    /// An address or a name without brackets, and a port.
    Tcp(String, u16),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

/// `http://HOST:PORT/PATH` or `unix:PATH:/PATH`; what follows the host or the socket may be left
/// out.
///
/// # Errors
/// What is neither, in a phrase.
pub fn check_url(text: &str) -> Result<CheckUrl, String> {
    let parts = match text.strip_prefix("unix:") {
        Some(rest) => unix(rest),
        None => tcp(text),
    };
    let is_target = |target: &str| target.bytes().all(|byte| byte.is_ascii_graphic());
    match parts.filter(|(.., target)| is_target(target) && !target.contains('#')) {
        Some((place, host, target)) => Ok(CheckUrl {
            text: text.into(),
            place,
            host: host.into(),
            target: match target.starts_with('/') {
                true => target.into(),
                false => format!("/{target}"),
            },
        }),
        None => Err(format!(
            "{text:?} is neither http://HOST:PORT/PATH nor unix:PATH:/PATH ({})",
            hint(text)
        )),
    }
}

fn unix(rest: &str) -> Option<(CheckPlace, &str, &str)> {
    let (path, target) = match rest.find(":/") {
        Some(colon) => (&rest[..colon], &rest[colon + 1..]),
        None => (rest, ""),
    };
    (!path.is_empty()).then(|| (CheckPlace::Unix(path.into()), "localhost", target))
}

fn tcp(text: &str) -> Option<(CheckPlace, &str, &str)> {
    let rest = text.strip_prefix("http://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, port) = Endpoint::of(text)?.parts();
    let port = port.map_or(Some(PORT), |port| port.parse().ok())?;
    let name = host.trim_matches(['[', ']']);
    let is_one = !name.is_empty() && name != "*";
    is_one.then(|| {
        (
            CheckPlace::Tcp(name.into(), port),
            &rest[..end],
            &rest[end..],
        )
    })
}

fn hint(text: &str) -> String {
    match Endpoint::of(text) {
        _ if text.starts_with("https://") => NO_TLS.into(),
        Some(_) if !text.contains("://") => {
            format!(
                "--check {}",
                shell(format!("http://{text}/").as_ref(), "URL")
            )
        }
        _ if hints::is_number(text) => format!("--check http://localhost:{text}/"),
        _ => "--check http://localhost:8000/".into(),
    }
}

#[cfg(test)]
mod tests;
