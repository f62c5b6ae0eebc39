//! Unix sockets by their path: made, replaced when nobody answers any more, and removed at the end.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};

use rustix::io::FdFlags;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

use crate::exit::{Fatal, cause, warn};

/// The permissions of one, before the umask: it is written to by whoever connects (unix(7)).
const MODE: u32 = 0o666;

/// Connections that may wait to be accepted, as for other sockets.
const BACKLOG: i32 = 4096;

/// A socket that was made here, and is removed with this.
#[derive(Debug)]
pub struct UnixPlace {
    path: PathBuf,
    /// Device and inode: somebody else may have made another one.
    identity: (u64, u64),
    is_kept: bool,
}

impl UnixPlace {
    /// From now on nothing has its path any more: it is left behind.
    pub fn keep(&mut self) {
        warn(format_args!(
            "--chroot: {} is not removed at the end",
            self.name()
        ));
        self.is_kept = true;
    }

    /// Where it is removed at the end, if it is.
    pub fn directory(&self) -> Option<&Path> {
        self.path.parent().filter(|_| !self.is_kept)
    }

    /// As it is shown, and given to `-b`.
    pub fn name(&self) -> String {
        name(&self.path)
    }
}

/// A socket by its path, as it is shown, and given to `-b`.
pub fn name(path: &Path) -> String {
    format!("unix:{}", path.display())
}

impl Drop for UnixPlace {
    fn drop(&mut self) {
        let is_ours = identity(&self.path).is_ok_and(|identity| identity == self.identity);
        if self.is_kept || !is_ours {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            warn(format_args!(
                "{} is not removed: {}",
                self.name(),
                cause(&error)
            ));
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = path.symlink_metadata()?;
    Ok((found.dev(), found.ino()))
}

/// Listens at this path; without a mode with 0666 less the umask.
pub fn listen(path: &Path, mode: Option<u32>) -> Result<(UnixListener, UnixPlace), Fatal> {
    let failed = |why: String| Fatal {
        code: 1,
        line: format!("cannot listen on {}: {why}", name(path)),
    };
    if SocketAddr::from_pathname(path).is_err() {
        let bytes = path.as_os_str().len();
        return Err(failed(format!(
            "a path of {bytes} bytes is too long for a socket (start sprat in its directory: \
             -b unix:NAME)"
        )));
    }
    let listener = match bind(path, mode) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            remove_stale(path).map_err(failed)?;
            bind(path, mode)
        }
        other => other,
    };
    let listener = listener.map_err(|error| failed(cause(&error)))?;
    let identity = identity(path).map_err(|error| failed(cause(&error)))?;
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let place = UnixPlace {
        path,
        identity,
        is_kept: false,
    };
    Ok((listener, place))
}

/// Makes the socket. Nobody can connect before it listens, and then it has its mode.
fn bind(path: &Path, mode: Option<u32>) -> io::Result<UnixListener> {
    let socket = socket()?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    // It was made with 0777 less the umask.
    let made = path.symlink_metadata()?.permissions().mode();
    let mode = mode.unwrap_or(made & MODE);
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

fn socket() -> io::Result<OwnedFd> {
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    Ok(socket)
}

/// Removes what has the path, if it is a socket that nobody answers.
fn remove_stale(path: &Path) -> Result<(), String> {
    let found = path.symlink_metadata().map_err(|error| cause(&error))?;
    if !found.file_type().is_socket() {
        return Err("there is a file of this name that is no socket".into());
    }
    let stale = (found.dev(), found.ino());
    match connect(path).map_err(|error| error.kind()) {
        // Another that starts now may have put its own there meanwhile.
        Err(ErrorKind::ConnectionRefused) if identity(path).is_ok_and(|now| now == stale) => {
            fs::remove_file(path).map_err(|error| cause(&error))
        }
        Err(ErrorKind::PermissionDenied) => Err("the socket there may be another user's".into()),
        _ => Err("another program answers there".into()),
    }
}

/// Whether somebody listens; one whose queue is full does.
fn connect(path: &Path) -> io::Result<()> {
    let socket = socket()?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(())
}

#[cfg(test)]
mod tests;
