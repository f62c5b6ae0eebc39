//! Writing to a descriptor that is shared with others, without ever waiting: `poll(2)`, `write(2)`.
//!
//! `O_NONBLOCK` is no way: it belongs to the open file, which the shell and other programs share.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::FileType;
use rustix::io::Errno;

/// Most bytes that a writable pipe takes without waiting, in bytes.
pub const PIPE_BYTES: usize = libc::PIPE_BUF;

/// Whether this is a regular file, for which a write never waits for another program.
pub fn is_regular_file(fd: BorrowedFd<'_>) -> bool {
    rustix::fs::fstat(fd)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
}

/// Writes some of `bytes` if that does not wait. At most [`PIPE_BYTES`] of them should be given,
/// unless it is a regular file.
///
/// # Errors
/// `WouldBlock` if nobody reads at the other end, `EPIPE` if there is none, `ENOSPC` on a full
/// disk.
pub fn write_without_waiting(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    const AT_ONCE: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let mut polled = [PollFd::from_borrowed_fd(fd, PollFlags::OUT)];
    loop {
        match poll(&mut polled, Some(&AT_ONCE)) {
            Ok(0) => return Err(io::ErrorKind::WouldBlock.into()),
            Ok(_) => match rustix::io::write(fd, bytes) {
                Err(Errno::INTR) => {}
                done => return Ok(done?),
            },
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
