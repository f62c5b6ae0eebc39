//! What only root may is done first, and then it is given up: `--chroot` and `--user`.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use sprat::Account;

use crate::cli::{Config, cannot_serve};
use crate::exit::{Fatal, cause, warn};
use crate::program::Program;
use crate::unix::UnixPlace;

/// Who serves.
pub struct Privileges(Option<Account>);

impl Privileges {
    /// Looks everybody up who is named: later there may be no file to look in.
    ///
    /// # Errors
    /// Nobody has the name.
    pub fn look_up(config: &mut Config) -> Result<Privileges, Fatal> {
        let look_up = |option: &str, name: &str| {
            Account::look_up(name)
                .map_err(|error| Fatal::usage(format_args!("argument {option}: {}", cause(&error))))
        };
        #[cfg(feature = "cgi")]
        if config.chroot && config.cgi.on && config.user.is_none() {
            let account = match &config.cgi.user {
                Some(name) => Some(look_up("--cgi-user", name)?),
                None => is_root().then(Account::nobody),
            };
            config.cgi.user = account.map(|own| format!("{}:{}", own.user, own.group));
        }
        let user = config.user.as_deref();
        let account = user.map(|name| look_up("--user", name)).transpose()?;
        Ok(Privileges(account))
    }

    /// Gives them up.
    ///
    /// # Errors
    /// The system refuses.
    pub fn give_up(self, config: &mut Config) -> Result<(), Fatal> {
        if config.chroot {
            enter(config)?;
        }
        let (Some(account), Some(name)) = (self.0, &config.user) else {
            return Ok(());
        };
        let assumed = account.assume();
        assumed.map_err(|error| refused(format_args!("run as {name:?}"), &error))
    }
}

/// Warns of what was not given up, and of what behind another root is out of reach from now on.
pub fn settle(config: &Config, program: &mut Program, places: &mut [UnixPlace]) {
    if config.chroot {
        program.keep_log();
        places.iter_mut().for_each(UnixPlace::keep);
    }
    if config.user.is_none() && is_root() {
        warn("files are served as root (as another user: sprat --user NAME)");
    }
}

/// Makes the served directory the root, or that of the single file.
fn enter(config: &mut Config) -> Result<(), Fatal> {
    let given = &config.directory;
    let found = fs::metadata(given).and_then(|found| Ok((found, std::path::absolute(given)?)));
    let (found, path) = found.map_err(|error| Fatal::usage(cannot_serve(given, &error)))?;
    let (directory, inside) = match (path.parent(), path.file_name()) {
        (Some(directory), Some(name)) if !found.is_dir() => (directory, Path::new("/").join(name)),
        _ => (path.as_path(), PathBuf::from("/")),
    };
    sprat::change_root(directory)
        .map_err(|error| refused(format_args!("make {directory:?} the root"), &error))?;
    config.root = Some(inside);
    Ok(())
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn refused(what: std::fmt::Arguments<'_>, error: &io::Error) -> Fatal {
    let hint = match error.kind() {
        ErrorKind::PermissionDenied => " (only root can: sudo sprat)",
        _ => "",
    };
    Fatal {
        code: 1,
        line: format!("cannot {what}: {}{hint}", cause(error)),
    }
}
