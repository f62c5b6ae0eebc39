//! Options that are none, and what they are called here: slips of the finger, and the names that
//! other servers have.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::flag::Flag;
use super::flags::flags;
use super::hints::{self, Endpoint, most_alike, shell};

/// What an unknown name means, and where its value goes.
enum Meaning {
    /// The port.
    Port,
    /// The address.
    Address,
    /// The directory.
    Directory,
    /// Something else, which the phrase says all about.
    Phrase(&'static str),
}

use Meaning::{Address, Directory, Phrase, Port};

const PORT: &[&str] = &["--port", "--listen-port", "--http-port", "-P"];
const ADDRESS: &[&str] = &[
    "--host",
    "--hostname",
    "--address",
    "--addr",
    "--interface",
    "--ip",
    "--listen",
    "--listen-address",
    "-a",
    "-i",
    "-l",
];
const DIRECTORY: &[&str] = &[
    "--root",
    "--path",
    "--folder",
    "--docroot",
    "--document-root",
    "--web-root",
    "--webroot",
    "--www",
    "--public",
    "--base",
    "--base-dir",
    "--serve",
    "-r",
    "-t",
    "-w",
    "-C",
    "-D",
];

/// Names of other servers (http-server, serve, miniserve, darkhttpd, php, busybox httpd, ruby,
/// caddy), and of Python 3.14.
const OTHERS: &[(&[&str], Meaning)] = &[
    (PORT, Port),
    (ADDRESS, Address),
    (DIRECTORY, Directory),
    (
        &["-v", "--verbose", "--debug"],
        Phrase("requests are logged anyway; the version is -V/--version: sprat -V"),
    ),
    (
        &["--log", "--log-file", "--access-log"],
        Phrase("the log goes to stderr: sprat 2>>access.log"),
    ),
    (
        &["-m", "--module"],
        Phrase("sprat is a program of its own: sprat 8000"),
    ),
    (
        &["--no-cgi"],
        Phrase("scripts are run with --cgi only: leave it out"),
    ),
    (
        &["--silent", "-s"],
        Phrase("that is -q/--quiet: sprat --quiet"),
    ),
    (
        &["--cors", "--allow-origin"],
        Phrase("it is a field: sprat -H Access-Control-Allow-Origin '*'"),
    ),
    (
        &[
            "--cache",
            "--no-cache",
            "--cache-control",
            "--max-age",
            "-c-1",
        ],
        Phrase("it is a field: sprat -H Cache-Control no-cache"),
    ),
    (
        &[
            "--ssl",
            "--tls",
            "--https",
            "--cert",
            "--tls-cert",
            "--key",
            "--tls-key",
            "--tls-password-file",
            "--certfile",
            "--keyfile",
            "-S",
        ],
        Phrase("there is no TLS here: put a proxy in front, and type sprat -b localhost"),
    ),
    (
        &[
            "--gzip",
            "--brotli",
            "--compress",
            "--compression",
            "-g",
            "-z",
        ],
        Phrase("nothing is compressed here: leave it out"),
    ),
    (
        &["--auth", "--basic-auth", "--username", "--password"],
        Phrase(
            "no passwords are asked for here: put a proxy in front, and type sprat -b localhost",
        ),
    ),
    (
        &["--upload", "--upload-files", "--put", "--webdav", "-u"],
        Phrase("nothing is uploaded here, except to scripts: leave it out"),
    ),
    (
        &["--daemon", "--daemonize", "--background", "--fork"],
        Phrase("it stays in the foreground: sprat &"),
    ),
    (
        &["--foreground", "-f"],
        Phrase("it is in the foreground anyway: sprat"),
    ),
    (
        &["--open", "--browser", "--no-browser", "-o"],
        Phrase("it opens no browser: leave it out, and take the URL of the startup line"),
    ),
    (
        &["--single", "--spa", "--rewrite", "--fallback"],
        Phrase("a path without a file is 404, and nothing is rewritten: leave it out"),
    ),
    (
        &["--follow", "--follow-symlinks", "--follow-links", "-L"],
        Phrase("type sprat --symlinks follow"),
    ),
    (
        &["--no-symlinks", "--no-follow", "--no-follow-symlinks"],
        Phrase("type sprat --symlinks never"),
    ),
    (
        &[
            "--no-index",
            "--no-dirlist",
            "--no-dir-listing",
            "--no-dir-list",
            "--no-autoindex",
            "--disable-indexing",
        ],
        Phrase("type sprat --no-listing"),
    ),
    (&["--ipv4", "--inet"], Phrase("type sprat -b 0.0.0.0")),
    (&["--ipv6", "--inet6"], Phrase("type sprat -b ::")),
    (
        &["--workers", "--threads", "--processes", "-j"],
        Phrase("one thread serves everybody: leave it out"),
    ),
    (
        &["--config", "--conf", "-c"],
        Phrase("there is no configuration file; sprat --help lists the options"),
    ),
    (&["--usage", "-?"], Phrase("did you mean --help?")),
];

/// Says that there is no such option, and what may be meant. `rest` is what was typed after it.
pub fn unknown(arg: &OsStr, rest: &VecDeque<OsString>) -> String {
    let hint = hint(arg, rest.front().map(OsString::as_os_str));
    let hint = hint.unwrap_or_else(|| "sprat --help lists them".into());
    format!("unknown option {arg:?} ({hint})")
}

/// What a word with one dash too few means: `-port`, `-help`, `-directory`.
pub fn one_dash(arg: &OsStr) -> bool {
    const LETTERS_MIN: usize = 3;
    let Some(text) = arg.to_str() else {
        return false;
    };
    let is_word = !text.starts_with("--") && text.len() > LETTERS_MIN;
    let name = format!("-{}", text.split('=').next().unwrap_or(text));
    is_word && (flags().any(|flag| flag.long == name) || meaning(&name).is_some())
}

fn meaning(name: &str) -> Option<&'static Meaning> {
    let row = OTHERS.iter().find(|(names, _)| names.contains(&name))?;
    Some(&row.1)
}

fn hint(arg: &OsStr, next: Option<&OsStr>) -> Option<String> {
    let text = arg.to_str()?;
    let (name, attached) = match text.split_once('=') {
        Some((name, value)) => (name, Some(OsStr::new(value))),
        None => (text, None),
    };
    if !name.starts_with("--") {
        if one_dash(arg) {
            let dashed = OsString::from(format!("-{text}"));
            let exact = flags().find(|flag| dashed.as_bytes() == flag.long.as_bytes());
            return match exact {
                Some(flag) => Some(format!("did you mean {}?", flag.long)),
                None => hint(&dashed, next),
            };
        }
        return short(name, next);
    }
    let next = next.filter(|next| !next.as_bytes().starts_with(b"-"));
    match meaning(name) {
        Some(meaning) => Some(explained(meaning, attached.or(next))),
        None => similar(name),
    }
}

/// One dash and a letter, with its value perhaps attached.
fn short(text: &str, next: Option<&OsStr>) -> Option<String> {
    let letter = text.chars().nth(1)?;
    let (name, attached) = text.split_at(1 + letter.len_utf8());
    let attached = Some(OsStr::new(attached)).filter(|value| !value.is_empty());
    if let Some(meaning) = meaning(text).or_else(|| meaning(name)) {
        return Some(explained(meaning, attached.or(next)));
    }
    let other = flags().find(|flag| flag.short.eq_ignore_ascii_case(name))?;
    Some(did_you_mean(&[other]))
}

fn explained(meaning: &Meaning, value: Option<&OsStr>) -> String {
    let text = value.and_then(OsStr::to_str);
    let endpoint = text.and_then(Endpoint::of);
    let value = |word| shell(value.unwrap_or_default(), word);
    match (meaning, endpoint) {
        (Port | Address, Some(endpoint)) => {
            let line = endpoint.command();
            format!("the address is -b/--bind, and the port an argument without an option: {line}")
        }
        (Port, None) => hints::port(text.and_then(hints::port_in).unwrap_or("8000")),
        (Address, None) if text.is_some_and(hints::is_number) => hints::port(&value("8000")),
        (Address, None) => {
            format!("the address is -b/--bind: sprat -b {}", value("ADDRESS"))
        }
        (Directory, _) => {
            format!(
                "the directory is -d/--directory: sprat -d {}",
                value("DIRECTORY")
            )
        }
        (Phrase(phrase), _) => (*phrase).into(),
    }
}

/// Options with this word in their name, or the one that looks most like it.
fn similar(name: &str) -> Option<String> {
    let bare = name.trim_start_matches('-');
    let is_part = |flag: &&&Flag| flag.long.split('-').any(|part| part == bare);
    let parts: Vec<&Flag> = flags().collect();
    let parts: Vec<&Flag> = parts.iter().filter(is_part).copied().collect();
    if !bare.is_empty() && !parts.is_empty() {
        return Some(did_you_mean(&parts));
    }
    let find = |long: &str| flags().find(|flag| &flag.long[2..] == long);
    let lower = bare.to_ascii_lowercase().replace('_', "-");
    let alike = most_alike(&lower, flags().map(|flag| &flag.long[2..]));
    // `--help-me`, `--cgi-bin`: a name, and a word too many.
    let is_start = |flag: &&Flag| {
        name.strip_prefix(flag.long)
            .is_some_and(|r| r.starts_with('-'))
    };
    let flag = match alike {
        Some((long, true)) => find(long),
        _ => flags().find(is_start).or_else(|| find(alike?.0)),
    };
    flag.map(|flag| did_you_mean(&[flag]))
}

fn did_you_mean(flags: &[&Flag]) -> String {
    let names: Vec<&str> = flags.iter().map(|flag| flag.long).collect();
    match &names[..] {
        [most @ .., last] if !most.is_empty() => {
            format!("did you mean {} or {last}?", most.join(", "))
        }
        _ => format!("did you mean {}?", names.concat()),
    }
}

#[cfg(test)]
mod tests;
