//! The command line: from arguments to a [`Config`], by the one table in `flags.rs`.
//!
//! Spelling is that of Python's argparse, which `python -m http.server` has: names may be cut
//! short, values attached, options may follow the port, and the last of several wins unless an
//! option may be repeated. Unlike there, a directory may be the only argument, and mistakes get
//! hints.

pub mod address;
mod completions;
mod flag;
mod flags;
mod free;
pub mod hints;
mod log;
#[cfg(test)]
mod mistakes;
pub mod others;
#[cfg(test)]
mod pages;
mod proxies;
mod render;
#[cfg(feature = "cgi")]
mod scripts;
mod service;
mod spelling;
#[cfg(test)]
mod tests;
mod unknown;
mod url;
mod values;

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sprat::limits::HASHED_BYTES_MAX;
use sprat::log::LogFormat;
use sprat::{
    Etags, ForwardedFields, Limits, ListingStyle, MimeMap, Policy, Symlinks, TrustedProxies,
    UrlPath, Version,
};

use crate::exit::cause;

pub use completions::{Shell, completions};
pub use render::{help, man};
pub use url::{CheckPlace, CheckUrl};

use flag::{Act, Flag, PORT};
use spelling::{Word, Words};

/// What the command line asks for.
#[derive(Debug)]
pub enum Action {
    /// Print something and end.
    Show(Show),
    /// Print the limits that this makes, and end.
    Limits(Box<Config>),
    /// Ask a server how it is, as a proxy of its own would or not, and end.
    Check(CheckUrl, bool),
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
    /// `--completions`.
    Completions(Shell),
}

/// How to serve.
#[derive(Clone, Debug)]
pub struct Config {
    /// The port; 0 takes any free one.
    pub port: u16,
    /// Whether it was given.
    pub has_port: bool,
    /// Whether addresses are listened on beside sockets that were handed over.
    pub also_bind: bool,
    /// The descriptor that hears where the program listens.
    pub ready_fd: Option<i32>,
    /// How long running responses may take after SIGTERM.
    pub drain_time: Duration,
    /// For how much of that time connections are still accepted.
    pub drain_delay: Duration,
    /// After how long without a connection the program ends.
    pub idle_end: Option<Duration>,
    /// Whether it ends when its file was taken.
    pub once: bool,
    /// The path at which monitors ask how the server is.
    pub health: Option<UrlPath>,
    /// How many processes serve beneath a supervisor; `None`: this one does, alone.
    pub processes: Option<usize>,
    /// What is asked in place of serving.
    pub check: Option<CheckUrl>,
    /// The addresses to listen on; none means all.
    pub bind: Vec<Bind>,
    /// The directory, or the single file, to serve.
    pub directory: PathBuf,
    /// Whether that becomes the root of the file system.
    pub chroot: bool,
    /// Its path from then on.
    pub root: Option<PathBuf>,
    /// Who serves, if it is another user than the one that starts the program.
    pub user: Option<String>,
    /// Whether the kernel is to keep from it what serving does not take.
    pub sandbox: SandboxUse,
    /// The version of HTTP to speak.
    pub protocol: Version,
    /// Fields added to every answer.
    pub headers: Vec<(String, String)>,
    /// Fields of files by their path: a pattern, a name, a value.
    pub headers_for: Vec<[String; 3]>,
    /// Which origins and hosts are served.
    pub policy: Policy,
    /// Which proxies are believed, and the fields in which they say for whom they ask.
    pub proxies: TrustedProxies,
    pub forwarded: ForwardedFields,
    /// Whether they must say first whose connection they pass on.
    pub proxy_protocol: bool,
    /// Which symbolic links are followed.
    pub symlinks: Symlinks,
    pub etags: Etags,
    /// Longest file that has a tag of its content, in bytes.
    pub etag_content_bytes_max: u64,
    /// Whether files in content codings are sent for others.
    pub precompressed: bool,
    /// Whether pages in Markdown are sent for others.
    pub markdown: bool,
    /// How a directory without an index page is listed; `None`: as the protocol has it.
    pub listing: Option<ListingStyle>,
    /// Whether files are remembered.
    pub file_cache: bool,
    /// The page of an application, and that of a 404: paths in the directory.
    pub spa: Option<String>,
    pub not_found: Option<String>,
    /// Whether pages are found without their extension.
    pub clean_urls: bool,
    /// Whether names that begin with a dot are hidden.
    pub hide_dotfiles: bool,
    /// Names of index pages, the best first.
    pub index_pages: Vec<String>,
    /// Media types, those that were given before the built-in ones.
    pub mime: MimeMap,
    /// The media type of unknown extensions.
    pub content_type: String,
    /// The charset of text types.
    pub charset: Charset,
    /// The shell whose completions are printed, and nothing is served.
    pub completions: Option<Shell>,
    /// Whether the limits are printed, and nothing is served.
    pub only_limits: bool,
    /// Whether nothing is logged.
    pub quiet: bool,
    /// How lines of the log look.
    pub log_format: LogFormat,
    /// The file that the log is appended to, in place of stderr.
    pub log_file: Option<PathBuf>,
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
    /// How many of them for one peer.
    pub scripts_per_peer_max: usize,
    /// Variables for them; those without a value are passed on from the server's own.
    pub variables: Vec<(OsString, Option<OsString>)>,
    /// Whether they see Authorization.
    pub pass_authorization: bool,
    /// The user that scripts run as.
    pub user: Option<String>,
    /// Whether they may gain privileges, as set-uid programs do.
    pub setuid: bool,
    /// The longest chunked request body for one, in bytes.
    pub body_bytes_max: u64,
    /// The most bytes that all of these have in files together.
    pub spool_bytes_max: u64,
    /// How many of these for one peer.
    pub spool_per_peer_bytes_max: u64,
}

#[cfg(feature = "cgi")]
impl Default for CgiConfig {
    fn default() -> CgiConfig {
        CgiConfig {
            on: false,
            directories: vec!["/cgi-bin".into(), "/htbin".into()],
            timeout: Duration::from_secs(300),
            scripts_max: 32,
            scripts_per_peer_max: 0,
            variables: Vec::new(),
            pass_authorization: false,
            user: None,
            setuid: false,
            body_bytes_max: 1 << 30,
            spool_bytes_max: 1 << 30,
            spool_per_peer_bytes_max: 0,
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            port: 8000,
            has_port: false,
            also_bind: false,
            ready_fd: None,
            drain_time: Duration::from_secs(8),
            drain_delay: Duration::ZERO,
            idle_end: None,
            once: false,
            health: None,
            processes: None,
            check: None,
            bind: Vec::new(),
            directory: PathBuf::from("."),
            chroot: false,
            root: None,
            user: None,
            sandbox: SandboxUse::Auto,
            protocol: Version::Http11,
            headers: Vec::new(),
            headers_for: Vec::new(),
            policy: Policy::default(),
            proxies: TrustedProxies::default(),
            forwarded: ForwardedFields::default(),
            proxy_protocol: false,
            symlinks: Symlinks::Inside,
            etags: Etags::Mtime,
            etag_content_bytes_max: HASHED_BYTES_MAX,
            precompressed: false,
            markdown: false,
            listing: None,
            file_cache: true,
            spa: None,
            not_found: None,
            clean_urls: false,
            hide_dotfiles: false,
            index_pages: vec!["index.html".into(), "index.htm".into()],
            mime: MimeMap::default(),
            content_type: "application/octet-stream".into(),
            charset: Charset::Usual,
            completions: None,
            only_limits: false,
            quiet: false,
            log_format: LogFormat::Python,
            log_file: None,
            limits: Limits::default(),
            #[cfg(feature = "cgi")]
            cgi: CgiConfig::default(),
        }
    }
}

impl Config {
    /// How long responses may take at the end.
    pub fn drain_grace(&self) -> Duration {
        match self.drain_time {
            Duration::ZERO => Duration::MAX,
            time => time,
        }
    }

    /// The path of what is served, as it is now.
    pub fn root(&self) -> &Path {
        self.root.as_deref().unwrap_or(&self.directory)
    }
}

/// When there is a sandbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SandboxUse {
    /// Always, and it keeps from emptying files and from reading elsewhere, too.
    On,
    /// Never.
    Off,
    /// Where there can be one, and it gets in nobody's way.
    Auto,
}

/// The charset of text types.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Charset {
    /// UTF-8; none with HTTP/1.0, as in Python.
    Usual,
    /// This one, or none.
    Given(Option<String>),
}

/// Addresses to listen on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Bind {
    /// Both loopback addresses.
    Localhost,
    /// This one.
    Address(IpAddr),
    /// Those that this name has.
    Name(String),
    /// A Unix socket at this path, with these permissions.
    Unix(PathBuf, Option<u32>),
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
pub fn parse(args: Vec<OsString>) -> Result<Action, UsageError> {
    let mut config = Config::default();
    let read = read(args, &mut config);
    let asked = config.completions.map(Show::Completions);
    match read.map(|show| show.or(asked)) {
        Ok(Some(show)) => Ok(Action::Show(show)),
        Ok(None) => Ok(match config.check.take() {
            Some(url) => Action::Check(url, config.proxy_protocol),
            None if config.only_limits => Action::Limits(Box::new(config)),
            None => Action::Serve(Box::new(config)),
        }),
        // The directory is looked at when it is opened, yet it was wrong before this was.
        Err(later) => Err(match fs::metadata(&config.directory) {
            Ok(_) => later,
            Err(error) => cannot_serve(&config.directory, &error),
        }),
    }
}

/// Reads arguments in their order, up to one that is wrong or asks for a text.
fn read(args: Vec<OsString>, config: &mut Config) -> Result<Option<Show>, UsageError> {
    // The argument without an option, and the value of -d.
    let mut free: Option<(&str, OsString)> = None;
    let mut named = None;
    // The option before, if its value was left out.
    let mut bare: Option<&Flag> = None;
    #[cfg(feature = "cgi")]
    let mut for_scripts = scripts::ForScripts::default();
    let mut words = 0;
    for word in Words::new(args) {
        words += 1;
        let (flag, values) = match word? {
            Word::Option(flag, values) => {
                bare = Some(flag).filter(|_| flag.may_lack_value() && values.is_empty());
                (flag, values)
            }
            Word::Free(arg) => {
                if let Some((_, first)) = &free {
                    return Err(UsageError(free::second(first, &arg)));
                }
                let flag = free::meaning(&arg).map_err(|said| match bare.take() {
                    Some(option) => spelling::not_attached(option, &arg),
                    None => UsageError(said),
                })?;
                free = Some((flag.long, arg.clone()));
                (flag, vec![arg])
            }
        };
        let set = match flag.act {
            Act::Show(show) => return Ok(Some(show)),
            Act::Set(set) => set,
        };
        set(config, &values).map_err(|cause| UsageError::of(flag, cause))?;
        #[cfg(feature = "cgi")]
        for_scripts.note(flag, &values);
        if flag.long == "--directory" {
            named = values.into_iter().next();
        }
        if let (Some(("DIRECTORY", path)), Some(_)) = (&free, &named) {
            return Err(UsageError(free::twice(path)));
        }
    }
    config.has_port = free.as_ref().is_some_and(|(name, _)| *name == PORT.long);
    address::check(config).map_err(UsageError)?;
    log::check(config).map_err(UsageError)?;
    flags::check_limits(config).map_err(UsageError)?;
    proxies::check(config).map_err(UsageError)?;
    service::check(config, words).map_err(UsageError)?;
    #[cfg(feature = "cgi")]
    for_scripts.check(config)?;
    #[cfg(feature = "cgi")]
    flags::check_scripts(config).map_err(UsageError)?;
    #[cfg(feature = "cgi")]
    if let Some(("DIRECTORY", path)) = &free {
        if config.cgi.on && free::is_for_scripts(path, &config.cgi.directories) {
            return Err(UsageError(free::scripts(path)));
        }
    }
    Ok(None)
}

/// Says why a directory, or a single file, cannot be served.
pub fn cannot_serve(path: &Path, error: &io::Error) -> UsageError {
    let hint = hints::directory(path, error);
    let hint = hint.map_or_else(String::new, |hint| format!(" ({hint})"));
    UsageError(format!(
        "argument -d/--directory: cannot serve {path:?}: {}{hint}",
        cause(error)
    ))
}
