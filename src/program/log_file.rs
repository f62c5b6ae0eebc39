//! Where the log goes: to stderr, or to a file that is opened anew after it was rotated.

use std::fs::{File, OpenOptions};
use std::io::{self, Stderr, stderr};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use sprat::Log;
use sprat::log::ServerLog;

use crate::cli::Config;
use crate::exit::{Fatal, cause, warn};

/// What the log is written to.
enum Output {
    Stderr(Stderr),
    File(File),
}

impl AsFd for Output {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Output::Stderr(stderr) => stderr.as_fd(),
            Output::File(file) => file.as_fd(),
        }
    }
}

/// The program's log.
pub struct ProgramLog {
    log: ServerLog<Output>,
    /// Where it is opened anew.
    path: Option<PathBuf>,
    /// That it cannot be opened anew is known.
    is_told: bool,
}

impl ProgramLog {
    /// Opens it: the file if there is one, else stderr. There is none with `--quiet`.
    ///
    /// # Errors
    /// The file cannot be opened for appending.
    pub fn open(config: &Config) -> Result<Option<ProgramLog>, Fatal> {
        if config.quiet {
            return Ok(None);
        }
        let path = config.log_file.as_deref();
        let output = match path {
            None => Output::Stderr(stderr()),
            Some(path) => Output::File(append_to(path).map_err(|error| {
                Fatal::usage(format_args!(
                    "argument --log-file: cannot write to {path:?}: {}",
                    cause(&error)
                ))
            })?),
        };
        Ok(Some(ProgramLog {
            log: ServerLog::new(output).format(config.log_format),
            path: path.map(Path::to_path_buf),
            is_told: false,
        }))
    }

    /// Adds an entry.
    pub fn entry(&mut self, entry: &Log<'_>) {
        self.log.entry(entry);
    }

    /// Writes what was gathered.
    pub fn flush(&mut self) {
        self.log.flush();
    }

    /// From now on nothing has its path any more.
    pub fn keep(&mut self) {
        if self.path.take().is_some() {
            warn("--chroot: the log is not opened anew at SIGHUP (logrotate has copytruncate)");
        }
    }

    /// Goes on with what has the path now. If that cannot be opened, the old file stays, and says
    /// why, once.
    pub fn reopen(&mut self) {
        let Some(path) = &self.path else {
            return;
        };
        match append_to(path) {
            Ok(file) => {
                self.log.replace(Output::File(file));
                self.is_told = false;
            }
            Err(_) if self.is_told => {}
            Err(error) => {
                self.log.entry(&Log::Error {
                    peer: None,
                    message: &format!("cannot open the log anew: {}", cause(&error)),
                });
                self.is_told = true;
            }
        }
        self.log.flush();
    }
}

/// Opens a file to append to, and never waits: a FIFO that nobody reads is an error.
fn append_to(path: &Path) -> io::Result<File> {
    let no_wait = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o640)
        .custom_flags(no_wait as i32)
        .open(path)
        .map_err(|error| match path.symlink_metadata() {
            Ok(found) if found.file_type().is_fifo() => io::Error::other("nobody reads this FIFO"),
            _ => error,
        })?;
    Ok(file)
}
