//! `pidfd_open(2)`: a descriptor that is readable when a child has ended.

use std::io;
use std::os::fd::OwnedFd;

/// Opens a pidfd for our own unreaped child.
///
/// # Errors
/// `Unsupported` where there is no such call; else that of `pidfd_open(2)`: descriptors or memory
/// are short, or there is no such child.
#[cfg(target_os = "linux")]
pub fn open(child: u32) -> io::Result<OwnedFd> {
    use super::process::pid;
    use rustix::process::{PidfdFlags, pidfd_open};
    let pid = pid(child).ok_or(io::ErrorKind::InvalidInput)?;
    // Old kernels say ENOSYS, which is `Unsupported`; a seccomp filter says EPERM.
    pidfd_open(pid, PidfdFlags::empty()).map_err(|error| match error {
        rustix::io::Errno::PERM => io::ErrorKind::Unsupported.into(),
        error => error.into(),
    })
}

/// Opens a pidfd for our own unreaped child.
///
/// # Errors
/// `Unsupported` always: there is no such call here.
#[cfg(not(target_os = "linux"))]
pub fn open(_: u32) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
