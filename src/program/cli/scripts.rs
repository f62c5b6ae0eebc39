//! Options for scripts where there are none: without `--cgi` the files in `/cgi-bin` would be sent
//! to anyone as source, although somebody has just said how to run them.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::flag::Flag;
use super::flags::SECTIONS;
use super::hints::shell;
use super::{Config, SandboxUse, UsageError};

/// The first option for scripts that was given.
#[derive(Default)]
pub struct ForScripts(Option<UsageError>);

impl ForScripts {
    /// An option was given, with these values.
    pub fn note(&mut self, flag: &Flag, values: &[OsString]) {
        let mut sections = SECTIONS.iter().filter(|section| section.title == "CGI");
        let is_one = sections.any(|section| section.flags.iter().any(|one| one.long == flag.long));
        if !is_one || self.0.is_some() {
            return;
        }
        let mut typed = flag.long.to_owned();
        for (value, name) in values.iter().zip(flag.values) {
            typed.push(' ');
            typed.push_str(&shell(value, name));
        }
        let cause = format!("scripts are run with --cgi only (type sprat --cgi {typed})");
        self.0 = Some(UsageError::of(flag, cause));
    }

    /// Whether that is in order, now that all options are known.
    ///
    /// # Errors
    /// If no script will ever be run.
    pub fn check(self, config: &Config) -> Result<(), UsageError> {
        match self.0 {
            Some(error) if !config.cgi.on => Err(error),
            _ if config.user.is_some() && config.cgi.user.is_some() => Err(UsageError(
                "argument --cgi-user: scripts run as --user, too (leave one out)".into(),
            )),
            _ if config.sandbox == SandboxUse::On && config.cgi.on => Err(UsageError(
                "argument --sandbox: scripts would be in it, too (leave out --cgi, or --sandbox)"
                    .into(),
            )),
            _ => match config
                .cgi
                .directories
                .iter()
                .find_map(|url| on_disk(url, config))
            {
                Some(error) if config.cgi.on => Err(error),
                _ => Ok(()),
            },
        }
    }
}

/// Where scripts are is said by URL paths. Somebody who gives the path of a directory on disk would
/// have the source of its scripts sent.
fn on_disk(path: &str, config: &Config) -> Option<UsageError> {
    let root = fs::canonicalize(&config.directory).ok()?;
    let inside = fs::canonicalize(path).ok()?;
    let url = inside.strip_prefix(&root).ok()?;
    let is_url = root.join(path.trim_start_matches('/')).exists();
    (Path::new(path).is_absolute() && !is_url).then(|| {
        let url = Path::new("/").join(url);
        UsageError(format!(
            "argument --cgi-directories: {path:?} is a path on disk, not a URL path \
             (--cgi-directories {})",
            shell(url.as_os_str(), "LIST")
        ))
    })
}

#[cfg(test)]
mod tests;
