//! What to type instead of what was typed, in a phrase. Hints end messages, in brackets.

use std::ffi::OsStr;
use std::fs;
use std::io::{Error, ErrorKind};
use std::net::Ipv6Addr;
use std::path::Path;

/// Most entries of a directory that are searched for a similar name.
const SIBLINGS_MAX: usize = 1000;

/// How alike two names must be for one to be a slip of the other; 1 is equal.
const ALIKE: f64 = 0.84;

/// How alike they are where nothing else can be meant.
const VERY_ALIKE: f64 = 0.94;

/// The name that is most like this one, the last of several, if any is, and whether nothing else
/// can be meant.
pub fn most_alike<'a>(name: &str, names: &[&'a str]) -> Option<(&'a str, bool)> {
    let mut most = (ALIKE, None);
    for other in names {
        let alike = alike(name, other);
        if alike >= most.0 {
            most = (alike, Some(*other));
        }
    }
    most.1.map(|other| (other, most.0 >= VERY_ALIKE))
}

/// One letter wrong is a slip in a short word, too.
fn alike(name: &str, other: &str) -> f64 {
    const LETTERS_MIN: usize = 3;
    match strsim::osa_distance(name, other) {
        1 if name.len() >= LETTERS_MIN => 1.0,
        _ => strsim::jaro_winkler(name, other),
    }
}

/// A word as a shell takes it. What cannot be shown in one line is `word` in its place.
pub fn shell(text: &OsStr, word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"%+,-./:=@_[]~".contains(&b);
    match text.to_str() {
        None | Some("") => word.into(),
        Some(text) if text.chars().any(char::is_control) => word.into(),
        Some(text) if text.bytes().all(|b| plain(b) || !b.is_ascii()) => text.into(),
        Some(text) => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// Digits and nothing else.
pub fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How a port is given.
pub fn port(port: &str) -> String {
    format!("the port is an argument without an option: sprat {port}")
}

/// A port as it is most likely meant: `+80`, `8000,`, `port=8000`, `-p8000`.
pub fn port_in(text: &str) -> Option<&str> {
    let is_between = |c: char| !c.is_alphanumeric() && !c.is_control();
    let bare = text.trim_matches(is_between);
    let words = ["port", "Port", "PORT", "p", "tcp"];
    let after = words.iter().find_map(|word| bare.strip_prefix(word));
    let digits = after.unwrap_or(bare).trim_start_matches(is_between);
    (is_number(digits) && digits.parse::<u16>().is_ok()).then_some(digits)
}

/// Where to listen, as it stands in the address line of a browser: `:8000`, `0.0.0.0:8000`,
/// `[::1]:8000`, `http://localhost:8000/`.
pub struct Endpoint<'a> {
    host: &'a str,
    port: Option<&'a str>,
}

impl<'a> Endpoint<'a> {
    /// An address with a port, or a URL.
    pub fn of(text: &'a str) -> Option<Endpoint<'a>> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, text),
        };
        if scheme.is_some_and(|scheme| !["http", "https", "tcp"].contains(&scheme)) {
            return None;
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let ends_with_port = |(_, port): &(&str, &str)| port_in(port) == Some(port);
        let (host, port) = match authority.rsplit_once(':').filter(ends_with_port) {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let inner = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let is_host = match inner {
            Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
            None => host.bytes().all(is_host_byte) || host == "*",
        };
        let is_whole = authority.len() == rest.len() || scheme.is_some();
        (is_host && is_whole && (port.is_some() || scheme.is_some()))
            .then_some(Endpoint { host, port })
    }

    /// Its host, an IPv6 address in brackets, and its port.
    pub fn parts(&self) -> (&'a str, Option<&'a str>) {
        (self.host, self.port)
    }

    /// The command line for it.
    pub fn command(&self) -> String {
        let mut line = String::from("sprat");
        // Two ports are a container's.
        if !matches!(self.host, "" | "*") && !is_number(self.host) {
            line += &format!(" -b {}", self.host);
        }
        if let Some(port) = self.port {
            line += &format!(" {port}");
        }
        line
    }
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._%".contains(&byte)
}

/// A field in one word, as curl takes it, in the two that it is here, behind an option.
pub fn header(option: &str, name: &str, value: &str) -> Option<String> {
    let (name, rest) = name.split_once([':', '='])?;
    let value = match rest.trim() {
        "" => value,
        rest => rest,
    };
    let name = name.trim();
    let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
    is_name.then(|| {
        format!(
            "name and value are two arguments: {option} {} {}",
            shell(OsStr::new(name), "NAME"),
            shell(OsStr::new(value), "VALUE")
        )
    })
}

/// A number with a unit, in the one that counts here.
pub fn without_unit(text: &str, units: &[(&str, u64)], unit: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, suffix) = text.split_at(end);
    let suffix = suffix.trim().to_ascii_lowercase();
    let (_, factor) = units.iter().find(|(name, _)| *name == suffix)?;
    let number = number.parse::<u64>().ok()?.checked_mul(*factor)?;
    Some(format!("in {unit}: {number}"))
}

/// Why a directory that was named is none, and what may have been meant.
pub fn directory(path: &Path, error: &Error) -> Option<String> {
    let text = path.to_str()?;
    if error.kind() != ErrorKind::NotFound {
        return None;
    }
    if is_number(text) {
        return Some(port(text));
    }
    if text.starts_with("~") {
        return Some(format!(
            "only a shell knows ~, in a word of its own without quotes: -d {text}"
        ));
    }
    if let Some(path) = text.strip_prefix("file://") {
        return Some(format!("it is a path: -d {}", shell(path.as_ref(), "PATH")));
    }
    if let Some(other) = similar(path) {
        return Some(format!("did you mean -d {}?", shell(other.as_ref(), "DIR")));
    }
    let here = std::env::current_dir().ok()?;
    path.is_relative()
        .then(|| format!("no such name in {here:?}; to serve that directory itself: sprat -d ."))
}

/// A directory next to it with a similar name.
fn similar(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let parent = path.parent()?;
    let place = match parent.as_os_str().is_empty() {
        true => Path::new("."),
        false => parent,
    };
    let names: Vec<String> = fs::read_dir(place)
        .ok()?
        .take(SIBLINGS_MAX)
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (other, _) = most_alike(name, &names)?;
    Some(parent.join(other).to_str()?.to_owned())
}
