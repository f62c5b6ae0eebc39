//! The argument without an option: a number is the port, a directory is what to serve.

use std::ffi::OsStr;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

use super::flag::{DIRECTORY, Flag, PORT};
use super::flags::flags;
use super::hints::{self, Endpoint, shell};
use super::others::{EVERYWHERE, NO_TLS};
use super::values::text;

/// What a word processor makes of one hyphen or two, and hyphens.
const DASHES: [char; 4] = ['\u{2013}', '\u{2014}', '\u{2212}', '-'];

/// Which option or argument it stands for.
///
/// # Errors
/// It is none; what to type instead.
pub fn meaning(arg: &OsStr) -> Result<&'static Flag, String> {
    let is_number = arg.to_str().is_some_and(hints::is_number);
    if is_number {
        return Ok(&PORT);
    }
    match fs::metadata(arg) {
        Ok(found) if found.is_dir() => Ok(&DIRECTORY),
        Ok(_) => Err(format!(
            "argument PORT or DIRECTORY: {arg:?} is a file; to serve it alone: sprat -d {}",
            shell(arg, "FILE")
        )),
        Err(error) => {
            let hint = text(arg).ok().and_then(meant);
            let hint = hint.or_else(|| hints::directory(Path::new(arg), &error));
            let hint = hint.unwrap_or_else(|| "sprat 8000, or sprat public".into());
            Err(format!(
                "argument PORT or DIRECTORY: {arg:?} is neither a port, 0 to 65535, nor a \
                 directory ({hint})"
            ))
        }
    }
}

fn meant(text: &str) -> Option<String> {
    if let Some(endpoint) = Endpoint::of(text) {
        return Some(format!("type {}", endpoint.command()));
    }
    if is_address(text) {
        return Some(format!("an address takes -b: sprat -b {text}"));
    }
    match text {
        "" => return Some("it is empty: type sprat 8000".into()),
        "-4" => return Some("type sprat -b 0.0.0.0".into()),
        "-6" => return Some("type sprat -b ::".into()),
        "http.server" => return Some("type sprat 8000".into()),
        "serve" | "server" | "start" | "run" => {
            return Some("there are no commands: sprat 8000, or sprat public".into());
        }
        "port" | "http" | "web" => return Some("type sprat 8000".into()),
        "https" | "tls" | "ssl" => return Some(NO_TLS.into()),
        "all" | "any" => return Some(EVERYWHERE.into()),
        "cgi-bin" | "htbin" => {
            return Some(format!("type mkdir {text}, and sprat --cgi"));
        }
        "HTTP/1.0" | "HTTP/1.1" => return Some(format!("type sprat -p {text}")),
        _ => {}
    }
    if let Some(name) = text.strip_prefix(&DASHES[..3]) {
        let name = name.trim_start_matches(DASHES);
        let dashes = if name.chars().count() == 1 { "-" } else { "--" };
        let name = shell(OsStr::new(name), "NAME");
        return Some(format!("its dash is no hyphen: {dashes}{name}"));
    }
    let word = format!("--{text}");
    if flags().any(|flag| flag.long == word) {
        return Some(format!("did you mean {word}?"));
    }
    let is_path = text.starts_with(['.', '/', '~']) || text.contains('/');
    let port = hints::port_in(text).filter(|_| !is_path)?;
    Some(format!("type sprat {port}"))
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || text.eq_ignore_ascii_case("localhost")
}

/// What is wrong with a second one.
pub fn second(first: &OsStr, arg: &OsStr) -> String {
    let is_number = |arg: &OsStr| arg.to_str().is_some_and(hints::is_number);
    let is_address = |arg: &OsStr| arg.to_str().is_some_and(is_address);
    let (a, b) = (shell(first, "PORT"), shell(arg, "DIRECTORY"));
    let hint = match (is_number(first), is_number(arg)) {
        (true, true) => format!("one port for each server: sprat {a} & sprat {b}"),
        (true, false) if is_address(arg) => format!("the address is -b/--bind: sprat -b {b} {a}"),
        (true, false) => format!("the directory is -d/--directory: sprat {a} -d {b}"),
        (false, true) => format!("the directory is -d/--directory: sprat {b} -d {a}"),
        (false, false) => "one directory for each server, and a * in quotes: '*'".into(),
    };
    format!("unexpected argument {arg:?} ({hint})")
}

/// Whether a directory has the name of one for scripts. After `--cgi` it is meant as its value, and
/// to serve it would publish the scripts.
#[cfg(feature = "cgi")]
pub fn is_for_scripts(path: &OsStr, urls: &[String]) -> bool {
    let path = fs::canonicalize(path).unwrap_or_default();
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let mut names = urls
        .iter()
        .filter_map(|url| url.trim_end_matches('/').rsplit('/').next());
    names.any(|other| !other.is_empty() && other.eq_ignore_ascii_case(name))
}

/// What is wrong with one that does.
#[cfg(feature = "cgi")]
pub fn scripts(arg: &OsStr) -> String {
    format!(
        "unexpected argument {arg:?} (--cgi takes no value; the directory above it is what is \
         served: sprat --cgi -d .)"
    )
}

/// What is wrong with a directory that is given twice, by `-d` and without it.
pub fn twice(arg: &OsStr) -> String {
    format!(
        "unexpected argument {arg:?} (the directory is named twice: sprat -d {})",
        shell(arg, "DIRECTORY")
    )
}

#[cfg(test)]
mod tests;
