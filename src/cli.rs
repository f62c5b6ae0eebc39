//! The command line: from arguments to a [`Config`], by the one table in `flags.rs`.
//!
//! Spelling is that of Python's argparse, which `python -m http.server` has: names may be cut
//! short, values attached, options may follow the port, and the last of several wins.

mod flags;
mod render;
mod spelling;
#[cfg(test)]
mod tests;
mod values;

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::net::IpAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
#[cfg(feature = "cgi")]
use std::time::Duration;

use pico_args::Arguments;
use sprat::{Etags, Limits, Symlinks, Version};

pub use render::{help, man};

use flags::{Act, Flag, PORT, flags};
use spelling::Spelled;

/// What the command line asks for.
#[derive(Debug)]
pub enum Command {
    /// Print something and end.
    Show(Show),
    /// Print the limits that this makes, and end.
    Limits(Box<Config>),
    /// Serve.
    Serve(Box<Config>),
}

/// A text that is printed in place of serving.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Show {
    /// `--help`.
    Help,
    /// `--version`.
    Version,
    /// `--man`.
    Man,
}

/// How to serve.
#[derive(Clone, Debug)]
pub struct Config {
    /// The port; 0 takes any free one.
    pub port: u16,
    /// The addresses to listen on.
    pub bind: Bind,
    /// The directory, or the single file, to serve.
    pub directory: PathBuf,
    /// The version of HTTP to speak.
    pub protocol: Version,
    /// Fields added to files and listings.
    pub headers: Vec<(String, String)>,
    /// Which symbolic links are followed.
    pub symlinks: Symlinks,
    pub etags: Etags,
    /// Whether a directory without an index page is listed.
    pub listing: bool,
    /// Names of index pages, the best first.
    pub index_pages: Vec<String>,
    /// Media types by extension, before the built-in ones.
    pub media_types: Vec<(String, String)>,
    /// The media type of unknown extensions.
    pub content_type: String,
    /// The charset of text types.
    pub charset: Charset,
    /// Whether the limits are printed, and nothing is served.
    pub only_limits: bool,
    /// Whether nothing is logged.
    pub quiet: bool,
    /// Times and counts.
    pub limits: Limits,
    /// Whether and how scripts are run.
    #[cfg(feature = "cgi")]
    pub cgi: CgiConfig,
}

/// Whether and how scripts are run.
#[cfg(feature = "cgi")]
#[derive(Clone, Debug)]
pub struct CgiConfig {
    /// Whether they are run at all.
    pub on: bool,
    /// Where they are.
    pub directories: Vec<String>,
    /// How long one may be silent.
    pub timeout: Duration,
    /// How many may run at once.
    pub scripts_max: usize,
    /// Variables for them; those without a value are handed on.
    pub variables: Vec<(OsString, Option<OsString>)>,
    /// Whether they see Authorization.
    pub pass_authorization: bool,
    /// Whom they run as.
    pub user: Option<String>,
    /// The longest chunked request body for one, in bytes.
    pub body_bytes_max: u64,
    /// The most bytes that all of these have in files together.
    pub spool_bytes_max: u64,
}

#[cfg(feature = "cgi")]
impl Default for CgiConfig {
    fn default() -> CgiConfig {
        CgiConfig {
            on: false,
            directories: vec!["/cgi-bin".into(), "/htbin".into()],
            timeout: Duration::from_secs(300),
            scripts_max: 32,
            variables: Vec::new(),
            pass_authorization: false,
            user: None,
            body_bytes_max: 1 << 30,
            spool_bytes_max: 1 << 30,
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            port: 8000,
            bind: Bind::All,
            directory: PathBuf::from("."),
            protocol: Version::Http11,
            headers: Vec::new(),
            symlinks: Symlinks::Inside,
            etags: Etags::Mtime,
            listing: true,
            index_pages: vec!["index.html".into(), "index.htm".into()],
            media_types: Vec::new(),
            content_type: "application/octet-stream".into(),
            charset: Charset::Usual,
            only_limits: false,
            quiet: false,
            limits: Limits::default(),
            #[cfg(feature = "cgi")]
            cgi: CgiConfig::default(),
        }
    }
}

/// The charset of text types.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Charset {
    /// UTF-8; none with HTTP/1.0, as in Python.
    Usual,
    /// This one, or none.
    Given(Option<String>),
}

/// The addresses to listen on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Bind {
    /// Every address, IPv6 and IPv4.
    All,
    /// Both loopback addresses.
    Localhost,
    /// This one.
    Address(IpAddr),
    /// Those that this name has.
    Name(String),
}

/// What is wrong with the arguments, in one line.
#[derive(PartialEq, Eq, Debug)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl UsageError {
    fn of(flag: &Flag, cause: impl fmt::Display) -> UsageError {
        UsageError(format!("argument {}: {cause}", flag.names("/")))
    }
}

/// Reads the arguments, program name left out.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(args: Vec<OsString>) -> Result<Command, UsageError> {
    let mut args = match spelling::unify(args)? {
        Spelled::Show(show) => return Ok(Command::Show(show)),
        Spelled::Arguments(args) => Arguments::from_vec(args),
    };
    let mut config = Config::default();
    for flag in flags() {
        let Act::Set(set) = flag.act else { continue };
        for values in occurrences(&mut args, flag) {
            set(&mut config, &values).map_err(|cause| UsageError::of(flag, cause))?;
        }
    }
    let mut free = args.finish().into_iter().map(|arg| values_of(&arg));
    if let Some(port) = free.next() {
        let Act::Set(set) = PORT.act else {
            unreachable!("PORT sets something")
        };
        set(&mut config, &port).map_err(|cause| UsageError::of(&PORT, cause))?;
    }
    match free.next() {
        Some(extra) => Err(UsageError(format!("unexpected argument {:?}", extra[0]))),
        None if config.only_limits => Ok(Command::Limits(Box::new(config))),
        None => Ok(Command::Serve(Box::new(config))),
    }
}

/// Takes all occurrences of an option; each has as many values as the option takes.
fn occurrences(args: &mut Arguments, flag: &Flag) -> Vec<Vec<OsString>> {
    if flag.values.is_empty() {
        return std::iter::from_fn(|| args.contains(flag.long).then(Vec::new)).collect();
    }
    let take = |arg: &OsStr| Ok::<_, Infallible>(values_of(arg));
    // `unify` gave each occurrence its values, so nothing can be missing.
    args.values_from_os_str(flag.long, take).unwrap_or_default()
}

/// Undoes what [`spelling::joined`] did.
fn values_of(arg: &OsStr) -> Vec<OsString> {
    arg.as_bytes()[1..]
        .split(|&byte| byte == 0)
        .map(|value| OsString::from_vec(value.to_vec()))
        .collect()
}
