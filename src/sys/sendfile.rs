//! `sendfile(2)`: file to socket without a copy through user space.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use super::sigpipe::without_sigpipe;

/// Sends up to `len` bytes from `offset`; returns how many, and 0 at the file's end.
///
/// # Errors
/// `Unsupported` where this file or this system cannot: copy instead. Else what the socket says.
pub fn send_file(
    socket: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: u64,
    len: usize,
) -> io::Result<usize> {
    if len == 0 {
        return Ok(0); // To the BSDs it would mean all of the file.
    }
    loop {
        // There is no MSG_NOSIGNAL here.
        match without_sigpipe(|| Ok(system_send(socket, file, offset, len)?)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if Errno::from_io_error(&error).is_some_and(is_unsupported) => {
                return Err(io::ErrorKind::Unsupported.into());
            }
            answer => return answer,
        }
    }
}

/// Whether copying may do what this call did not: it is not for this file, nor for this socket, no
/// such call, or a filter allows none. An error of the file itself is found again by the copy, and
/// is then told from the peer's, which are these.
fn is_unsupported(error: Errno) -> bool {
    ![
        Errno::AGAIN,
        Errno::WOULDBLOCK,
        Errno::PIPE,
        Errno::CONNRESET,
        Errno::CONNABORTED,
    ]
    .contains(&error)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn system_send(
    socket: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: u64,
    len: usize,
) -> Result<usize, Errno> {
    let mut offset = offset;
    rustix::fs::sendfile(socket, file, Some(&mut offset), len)
}

/// macOS tells in `len` how many bytes went, even when the call fails with `EAGAIN` or `EINTR`.
#[cfg(target_vendor = "apple")]
fn system_send(
    socket: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: u64,
    len: usize,
) -> Result<usize, Errno> {
    use std::os::fd::AsRawFd;
    let offset = libc::off_t::try_from(offset).map_err(|_| Errno::INVAL)?;
    let mut sent = libc::off_t::try_from(len).unwrap_or(libc::off_t::MAX);
    // SAFETY: both descriptors are borrowed for the call, `sent` is a live integer, and a null
    // header list is allowed.
    let failed = unsafe {
        let (file, socket) = (file.as_raw_fd(), socket.as_raw_fd());
        libc::sendfile(file, socket, offset, &mut sent, std::ptr::null_mut(), 0)
    };
    outcome(failed, sent)
}

/// FreeBSD tells in a last argument how many bytes went, even when the call fails. It reads from
/// the disk without blocking the caller, so `SF_NODISKIO` has nothing to add.
#[cfg(any(target_os = "freebsd", target_os = "dragonfly"))]
fn system_send(
    socket: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: u64,
    len: usize,
) -> Result<usize, Errno> {
    use std::os::fd::AsRawFd;
    let offset = libc::off_t::try_from(offset).map_err(|_| Errno::INVAL)?;
    let mut sent: libc::off_t = 0;
    // SAFETY: both descriptors are borrowed for the call, `sent` is a live integer, and a null
    // header list is allowed.
    let failed = unsafe {
        let (file, socket) = (file.as_raw_fd(), socket.as_raw_fd());
        libc::sendfile(
            file,
            socket,
            offset,
            len,
            std::ptr::null_mut(),
            &mut sent,
            0,
        )
    };
    outcome(failed, sent)
}

/// What was sent counts as success, whatever stopped the rest: the next call tells that.
#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly"
))]
fn outcome(failed: libc::c_int, sent: libc::off_t) -> Result<usize, Errno> {
    // The error is read first: nothing may come between it and the call.
    let error = Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO);
    match usize::try_from(sent) {
        Ok(sent) if failed == 0 || sent > 0 && matches!(error, Errno::AGAIN | Errno::INTR) => {
            Ok(sent)
        }
        _ => Err(error),
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly"
)))]
fn system_send(_: BorrowedFd<'_>, _: BorrowedFd<'_>, _: u64, _: usize) -> Result<usize, Errno> {
    Err(Errno::NOSYS)
}

#[cfg(test)]
mod tests;
