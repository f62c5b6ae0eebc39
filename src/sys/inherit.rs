//! Descriptors that this process was started with: `sd_listen_fds(3)` names them by number.

use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

/// Takes over a descriptor that was inherited. From then on it is closed in programs that this
/// process starts, so nobody can take it a second time.
///
/// # Errors
/// `NotFound` if it is not open, and `InvalidInput` for stdin, stdout and stderr, and for one that
/// is closed on exec: no such descriptor can have been inherited, so it is somebody's here.
pub fn take(number: RawFd) -> io::Result<OwnedFd> {
    if (0..=2).contains(&number) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    if number < 0 {
        return Err(io::ErrorKind::NotFound.into());
    }
    // SAFETY: it is not kept, and asking for the flags of a number that is no descriptor is EBADF.
    let asked = unsafe { BorrowedFd::borrow_raw(number) };
    let flags = fcntl_getfd(asked).map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
    if flags.contains(FdFlags::CLOEXEC) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    fcntl_setfd(asked, FdFlags::CLOEXEC)?;
    // SAFETY: it is open, and was not closed on exec. Whatever opens descriptors in this process
    // (std, mio, rustix, this crate) sets that flag at once, so nobody here owns it; and now that
    // it has the flag, it is not given out again.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

#[cfg(test)]
mod tests;
