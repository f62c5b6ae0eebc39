//! Option values: text that is checked once, and what is wrong with it in a phrase.

use std::ffi::OsStr;
#[cfg(feature = "cgi")]
use std::ffi::OsString;
#[cfg(feature = "cgi")]
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use sprat::limits::HEAD_BYTES_CEILING;
use sprat::{
    CommonHeaders, Etags, Glob, ListingStyle, MimeMap, Policy, Symlinks, UrlPath, Version,
};

use super::hints;
use super::others::NO_TLS;
use super::{Charset, SandboxUse, Shell};
use crate::cores;
use crate::exit::cause;

type Checked<T> = Result<T, String>;

/// Longest time an option may set, in seconds: a year. More would overflow deadlines.
const SECONDS_MAX: u64 = 31_536_000;

/// Most processes that serve, a count: more than machines have cores.
pub const PROCESSES_MAX: usize = 512;

#[inline(never)]
pub fn text(value: &OsStr) -> Checked<&str> {
    value
        .to_str()
        .ok_or_else(|| format!("{value:?} is not UTF-8"))
}

/// A message with what to type instead, if that is known.
fn with_hint(said: String, hint: Option<String>) -> String {
    match hint {
        Some(hint) => format!("{said} ({hint})"),
        None => said,
    }
}

/// Digits only: the standard parser would take a `+`.
#[inline(never)]
pub fn number(value: &str) -> Option<u64> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().ok()).flatten()
}

pub fn port(value: &str) -> Checked<u16> {
    number(value)
        .and_then(|port| u16::try_from(port).ok())
        .ok_or_else(|| format!("{value:?} is not a port, 0 to 65535"))
}

/// A descriptor that is neither stdin, stdout nor stderr.
pub fn descriptor(value: &str) -> Checked<i32> {
    number(value)
        .and_then(|number| i32::try_from(number).ok())
        .filter(|number| *number > 2)
        .ok_or_else(|| format!("{value:?} is not a descriptor from 3 on (--ready-fd 3 3>FILE)"))
}

pub fn count(value: &str) -> Checked<usize> {
    number(value)
        .and_then(|count| usize::try_from(count).ok())
        .ok_or_else(|| {
            let hint = hints::without_unit(value, &[("k", 1000), ("m", 1_000_000)], "digits");
            with_hint(format!("{value:?} is not a count"), hint)
        })
}

/// How many processes serve.
pub fn processes(value: &str) -> Checked<usize> {
    if value == "auto" {
        return Ok(cores::usable().min(PROCESSES_MAX));
    }
    let number = number(value).and_then(|count| usize::try_from(count).ok());
    number
        .filter(|count| (1..=PROCESSES_MAX).contains(count))
        .ok_or_else(|| {
            format!(
                "{value:?} is no count from 1 to {PROCESSES_MAX} (one for each core: \
                 --processes auto)"
            )
        })
}

/// A count of at least 1.
#[cfg(feature = "cgi")]
pub fn positive(value: &str) -> Checked<usize> {
    count(value)
        .ok()
        .filter(|&count| count > 0)
        .ok_or_else(|| format!("{value:?} is not a count of 1 or more"))
}

/// A length of something in a request head, in bytes.
pub fn head_bytes(value: &str) -> Checked<usize> {
    count(value)
        .ok()
        .filter(|bytes| (1..=HEAD_BYTES_CEILING).contains(bytes))
        .ok_or_else(|| format!("{value:?} is not a number of bytes from 1 to {HEAD_BYTES_CEILING}"))
}

/// A length in bytes.
pub fn bytes(value: &str) -> Checked<u64> {
    const UNITS: &[(&str, u64)] = &[
        ("b", 1),
        ("k", 1 << 10),
        ("kb", 1 << 10),
        ("kib", 1 << 10),
        ("m", 1 << 20),
        ("mb", 1 << 20),
        ("mib", 1 << 20),
        ("g", 1 << 30),
        ("gb", 1 << 30),
        ("gib", 1 << 30),
    ];
    number(value).ok_or_else(|| {
        let hint = hints::without_unit(value, UNITS, "bytes");
        with_hint(format!("{value:?} is not a number of bytes"), hint)
    })
}

/// URL paths with commas between them.
#[cfg(feature = "cgi")]
pub fn url_paths(value: &str) -> Checked<Vec<String>> {
    value
        .split(',')
        .map(|path| match path.contains('\0') || path.trim().is_empty() {
            true => Err(format!("{path:?} is not a URL path")),
            false => Ok(path.trim().to_owned()),
        })
        .collect()
}

/// `NAME` or `NAME=VALUE`; the value is any bytes.
#[cfg(feature = "cgi")]
pub fn variable(value: &OsStr) -> Checked<(OsString, Option<OsString>)> {
    let bytes = value.as_bytes();
    let mut parts = bytes.splitn(2, |&byte| byte == b'=').map(OsStr::from_bytes);
    let name = parts.next().unwrap_or_default();
    if name.is_empty() {
        return Err(format!("{value:?} is not NAME or NAME=VALUE"));
    }
    Ok((name.to_owned(), parts.next().map(OsStr::to_owned)))
}

/// Seconds, with a fraction if need be.
pub fn seconds(value: &str) -> Checked<Duration> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    let nanos = format!("{fraction:0<9}");
    let time = match (number(whole), number(fraction), number(&nanos)) {
        (Some(whole), Some(_), Some(nanos)) if nanos < 1_000_000_000 => {
            Duration::from_secs(whole) + Duration::from_nanos(nanos)
        }
        _ => {
            const UNITS: &[(&str, u64)] =
                &[("s", 1), ("sec", 1), ("m", 60), ("min", 60), ("h", 3600)];
            let hint = hints::without_unit(value, UNITS, "seconds");
            let hint = hint.or_else(|| value.starts_with('-').then(|| "0 = no limit".into()));
            return Err(with_hint(
                format!("{value:?} is not a time in seconds"),
                hint,
            ));
        }
    };
    if time > Duration::from_secs(SECONDS_MAX) {
        return Err(format!("{value:?} is over {SECONDS_MAX} seconds"));
    }
    Ok(time)
}

pub fn version(value: &str) -> Checked<Version> {
    [Version::Http10, Version::Http11]
        .into_iter()
        .find(|version| version.name() == value)
        .ok_or_else(|| {
            let hint = version_hint(value);
            with_hint(format!("{value:?} is neither HTTP/1.0 nor HTTP/1.1"), hint)
        })
}

/// What may be meant by a version that is none. One digit is one of those that there are.
fn version_hint(value: &str) -> Option<String> {
    let lower = value.to_ascii_lowercase();
    let number = lower.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let number = number.trim_start_matches(['/', ' ', '-']);
    match (lower.as_str(), number) {
        ("https" | "tls" | "ssl", _) => return Some(NO_TLS.into()),
        ("http", _) | (_, "1" | "1.1" | "11") => return Some("-p HTTP/1.1".into()),
        (_, "1.0") => return Some("-p HTTP/1.0".into()),
        ("quic" | "spdy" | "h2c", _) | (_, "2" | "2.0" | "3" | "3.0") => {
            return Some("for HTTP/2 and HTTP/3 put a proxy in front".into());
        }
        _ => {}
    }
    let port = value.trim_start_matches([':', '=', '+', ' ']);
    (port.len() > 1 && hints::port_in(port) == Some(port)).then(|| hints::port(port))
}

pub fn symlinks(value: &str) -> Checked<Symlinks> {
    match value {
        "follow" => Ok(Symlinks::Follow),
        "inside" => Ok(Symlinks::Inside),
        "never" => Ok(Symlinks::Never),
        _ => Err(format!("{value:?} is none of follow, inside, never")),
    }
}

pub fn sandbox(value: &str) -> Checked<SandboxUse> {
    match value {
        "on" => Ok(SandboxUse::On),
        "off" => Ok(SandboxUse::Off),
        "auto" => Ok(SandboxUse::Auto),
        _ => Err(format!("{value:?} is none of on, off, auto")),
    }
}

pub fn listing(value: &str) -> Checked<ListingStyle> {
    match value {
        "rich" => Ok(ListingStyle::Rich),
        "plain" => Ok(ListingStyle::Plain),
        "off" => Ok(ListingStyle::Off),
        _ => Err(format!("{value:?} is none of rich, plain, off")),
    }
}

pub fn shell(value: &str) -> Checked<Shell> {
    match value {
        "bash" => Ok(Shell::Bash),
        "zsh" => Ok(Shell::Zsh),
        "fish" => Ok(Shell::Fish),
        _ => Err(format!("{value:?} is none of bash, zsh, fish")),
    }
}

pub fn etags(value: &str) -> Checked<Etags> {
    match value {
        "mtime" => Ok(Etags::Mtime),
        "strict" => Ok(Etags::Strict),
        "content" => Ok(Etags::Content),
        "none" => Ok(Etags::None),
        _ => Err(format!("{value:?} is none of mtime, strict, content, none")),
    }
}

/// A header field (RFC 9110 section 5) behind an option: nothing here may split a response.
pub fn header(option: &str, name: &str, value: &str) -> Checked<(String, String)> {
    if !is_token(name) {
        let said = format!("{name:?} is not a field name");
        return Err(with_hint(said, hints::header(option, name, value)));
    }
    if !is_field_value(value) {
        return Err(format!("{value:?} has control characters"));
    }
    if CommonHeaders::default().header(name, "").is_err() {
        let hint = match name.to_ascii_lowercase().as_str() {
            "content-type" => "--mime and --content-type set it".into(),
            "connection" => "to close after each response: -p HTTP/1.0".into(),
            "keep-alive" => "--idle-timeout sets it".into(),
            "etag" => "--etag says what it is made of".into(),
            _ => "leave it out".into(),
        };
        let said = format!("{name:?} is for the server alone to write");
        return Err(with_hint(said, Some(hint)));
    }
    Ok((name.into(), value.trim_matches([' ', '\t']).into()))
}

/// The policy with one more origin.
pub fn cors(policy: &Policy, origin: &str) -> Checked<Policy> {
    policy.clone().cors(origin).map_err(|error| {
        let bare = origin.trim_end_matches('/');
        let with_scheme = match bare.contains("://") {
            true => bare.to_owned(),
            false => format!("https://{bare}"),
        };
        let origin = match with_scheme.match_indices('/').nth(2) {
            Some((at, _)) => &with_scheme[..at],
            None => &with_scheme,
        };
        let is_one = bare.contains(['.', ':', '/']) && policy.clone().cors(origin).is_ok();
        let hint = match is_one {
            true => format!("--cors={}", hints::shell(OsStr::new(origin), "ORIGIN")),
            false => "for every origin: --cors".into(),
        };
        with_hint(error.to_string(), Some(hint))
    })
}

/// The policy with one more host.
pub fn allowed_host(policy: &Policy, host: &str) -> Checked<Policy> {
    policy.clone().allow_host(host).map_err(|error| {
        let rest = host.split_once("://").map_or(host, |(_, rest)| rest);
        let name = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let name = match name.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => name,
        };
        let is_one = policy.clone().allow_host(name).is_ok();
        let hint = match host {
            "*" => Some("for all hosts leave it out".into()),
            _ => is_one.then(|| format!("--allow-host {name}")),
        };
        with_hint(error.to_string(), hint)
    })
}

/// A pattern for paths.
pub fn glob(value: &str) -> Checked<String> {
    Glob::new(value).map(|_| value.to_owned()).map_err(|error| {
        let is_relative = !value.is_empty() && !value.starts_with('/');
        let hint = is_relative.then(|| {
            // In quotes: a shell would put the names of files in its place.
            let path = match value.contains('/') {
                true => format!("/{value}"),
                false => format!("/**/{value}"),
            };
            hints::shell(OsStr::new(&path), "GLOB")
        });
        with_hint(error.to_string(), hint)
    })
}

/// `TYPE/SUBTYPE` with parameters, if there are any.
pub fn media_type(value: &str) -> Checked<String> {
    let (essence, _parameters) = value.split_once(';').unwrap_or((value, ""));
    match essence.trim_end_matches(' ').split_once('/') {
        Some((kind, subtype)) if is_token(kind) && is_token(subtype) && is_field_value(value) => {
            Ok(value.into())
        }
        _ => Err(format!("{value:?} is not a media type")),
    }
}

/// The types with those of a table.
pub fn types(types: MimeMap, path: &OsStr) -> Checked<MimeMap> {
    types.types_of(Path::new(path)).map_err(|error| {
        let is_pair = path.to_str().is_some_and(|text| extension(text).is_ok());
        let hint = is_pair.then(|| format!("--mime {}", hints::shell(path, "EXT=TYPE")));
        with_hint(cause(&error), hint)
    })
}

/// `EXT=TYPE`, where the extension may bring its dot along.
pub fn extension(value: &str) -> Checked<(String, String)> {
    let (extension, kind) = value.split_once('=').ok_or_else(|| {
        let parts = value.split_once([':', ' ']);
        let parts = parts.filter(|(_, kind)| media_type(kind.trim()).is_ok());
        let hint = parts.map(|(extension, kind)| {
            let pair = format!("{extension}={}", kind.trim());
            format!("--mime {}", hints::shell(OsStr::new(&pair), "EXT=TYPE"))
        });
        with_hint(format!("{value:?} is not EXT=TYPE"), hint)
    })?;
    let bare = extension.strip_prefix('.').unwrap_or(extension);
    if bare.is_empty() || bare.contains(['/', '\0', '.']) {
        return Err(format!("{extension:?} is not an extension"));
    }
    Ok((bare.to_ascii_lowercase(), media_type(kind)?))
}

/// A path in the directory that is served, from its root.
pub fn page(value: &str) -> Checked<String> {
    let path = value.strip_prefix("./").unwrap_or(value);
    let path = path.strip_prefix('/').unwrap_or(path);
    let is_name = |name: &str| !matches!(name, "" | "." | "..") && !name.contains('\0');
    match path.split('/').all(is_name) {
        true => Ok(path.to_owned()),
        false => Err(format!(
            "{value:?} is not the path of a file in the directory, such as /index.html"
        )),
    }
}

/// A path of the site, as it stands in a URL.
pub fn site_path(value: &str) -> Checked<UrlPath> {
    let is_path = value.starts_with('/') && !value.contains(['?', '#']);
    let path = UrlPath::decode(value.as_bytes()).ok();
    path.filter(|_| is_path)
        .ok_or_else(|| format!("{value:?} is not the path of a URL, such as /healthz"))
}

/// File names with commas between them.
pub fn names(value: &str) -> Checked<Vec<String>> {
    let is_name = |name: &str| !matches!(name, "" | "." | "..") && !name.contains(['/', '\0']);
    value
        .split(',')
        .map(|name| match is_name(name) {
            true => Ok(name.to_owned()),
            false => Err(format!("{name:?} is not a file name")),
        })
        .collect()
}

pub fn charset(value: &str) -> Checked<Charset> {
    match value {
        "none" => Ok(Charset::Given(None)),
        _ if is_token(value) => Ok(Charset::Given(Some(value.into()))),
        _ => Err(format!("{value:?} is not a charset")),
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_tchar = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(is_tchar)
}

/// RFC 9110 section 5.5: CR, LF and NUL are dangerous, the other control characters invalid.
fn is_field_value(text: &str) -> bool {
    text.bytes().all(|b| b == b'\t' || !b.is_ascii_control())
}

#[cfg(test)]
mod tests;
