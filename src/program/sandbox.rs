//! What the program gives up before it serves, whoever it runs as: `--sandbox`, and new privileges.

use std::path::{Path, PathBuf, absolute};

use sprat::{Sandbox, Symlinks};

use crate::cli::{Config, SandboxUse};
use crate::exit::{Fatal, cause};
use crate::notify::Notifier;
use crate::unix::UnixPlace;

/// Where files can be read, as `--limits` calls it.
const READING: &str = "reading beneath";

/// What holds from now on, as `--limits` tells it: names and values.
pub type InForce = Vec<(&'static str, String)>;

/// Gives up what serving does not take.
///
/// # Errors
/// The sandbox was asked for, and there can be none.
pub fn enter(
    config: &Config,
    sockets: &[UnixPlace],
    notifier: &Notifier,
) -> Result<InForce, Fatal> {
    let mut told = vec![("gaining privileges by execution", gaining(config))];
    let mut none = |why: &str| told.push(("sandbox", format!("none: {why}")));
    if let Some(why) = why_not(config) {
        none(why);
        return Ok(told);
    }
    let (sandbox, rules) = allowed(config, sockets, notifier);
    match sandbox.enter() {
        Ok(version) => {
            told.push(("sandbox", format!("Landlock {version}")));
            told.extend(rules);
        }
        Err(error) if config.sandbox == SandboxUse::Auto => none(&cause(&error)),
        Err(error) => {
            let why = cause(&error);
            return Err(Fatal {
                code: 1,
                line: format!("no sandbox: {why} (where there can be none: sprat --sandbox auto)"),
            });
        }
    }
    Ok(told)
}

/// What serving takes, and what of that is told.
fn allowed(config: &Config, sockets: &[UnixPlace], notifier: &Notifier) -> (Sandbox, InForce) {
    let (mut sandbox, mut told) = (Sandbox::new(), Vec::new());
    if config.sandbox == SandboxUse::Auto {
        sandbox.empty_anywhere();
    }
    let is_limited = config.sandbox == SandboxUse::On && config.symlinks != Symlinks::Follow;
    let read = match is_limited && !config.chroot {
        true => above(config.root()),
        false => Vec::new(),
    };
    for place in &read {
        told.push((READING, format!("{place:?}")));
        sandbox.read_beneath(place);
    }
    match read.is_empty() {
        true => told.push((READING, "/".into())),
        // It is served on when it is moved elsewhere.
        false => drop(sandbox.read_beneath(config.root())),
    }
    // Behind another root, what is outside has no path any more.
    if config.chroot {
        return (sandbox, told);
    }
    if let Some(place) = config.log_file.as_deref().and_then(log_place) {
        told.push(("writing beneath", format!("{place:?}")));
        sandbox.append_beneath(&place);
    }
    for place in sockets.iter().filter_map(UnixPlace::directory) {
        sandbox.remove_beneath(place);
    }
    if let Some(place) = notifier.directory() {
        sandbox.connect_beneath(place);
    }
    (sandbox, told)
}

/// Why there is to be no sandbox.
fn why_not(config: &Config) -> Option<&'static str> {
    if config.sandbox == SandboxUse::Off {
        return Some("--sandbox off");
    }
    #[cfg(feature = "cgi")]
    if config.cgi.on {
        return Some("scripts would be in it");
    }
    None
}

/// Whether programs that are started may gain privileges, and why.
fn gaining(config: &Config) -> String {
    #[cfg(feature = "cgi")]
    if config.cgi.setuid {
        return "allowed: --cgi-setuid".into();
    }
    let _ = config;
    match sprat::no_new_privileges() {
        Ok(()) => "refused".into(),
        Err(error) => format!("allowed: {}", cause(&error)),
    }
}

/// The directory above this path, through which another one that gets its path is found; above each
/// link on the way, and above what that leads to, as another release may lie there. None if that is
/// everywhere.
fn above(root: &Path) -> Vec<PathBuf> {
    let mut above: Vec<PathBuf> = Vec::new();
    let given = absolute(root).unwrap_or_default();
    let mut path = &*given;
    loop {
        if path.is_symlink() || above.is_empty() {
            let led_to = real(path);
            for directory in [directory(path), directory(&led_to)] {
                let Some(directory) = directory.filter(|place| self::directory(place).is_some())
                else {
                    return Vec::new();
                };
                let is_known = |known: &PathBuf| known.as_os_str() == directory.as_os_str();
                if !above.iter().any(is_known) {
                    above.push(directory.to_path_buf());
                }
            }
        }
        match directory(path) {
            Some(next) => path = next,
            None => return above,
        }
    }
}

/// The directory above.
#[inline(never)]
fn directory(path: &Path) -> Option<&Path> {
    path.parent()
}

/// Where the log is opened anew: in its directory, if it is a file that can be rotated.
fn log_place(path: &Path) -> Option<PathBuf> {
    let place = real(path);
    match place.is_file() {
        true => directory(&place).map(Path::to_path_buf),
        false => Some(place).filter(|place| !place.as_os_str().is_empty()),
    }
}

/// Where links lead; nowhere if that is no path.
#[inline(never)]
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_default()
}

#[cfg(test)]
mod tests;
