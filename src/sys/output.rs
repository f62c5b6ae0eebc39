//! Writing to a descriptor that is shared with others, without ever waiting: `pwritev2(2)` with
//! `RWF_NOWAIT`, or `poll(2)` and `write(2)`.
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

/// Writes some of `bytes`, at most [`PIPE_BYTES`], to what is no regular file, if that does not
/// wait.
///
/// # Errors
/// `WouldBlock` if nobody reads at the other end, `EPIPE` if there is none.
pub fn write_without_waiting(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    match write_at_once(fd, bytes) {
        Some(done) => done,
        None => write_polled(fd, bytes),
    }
}

/// In one call: another process that writes to the same pipe may take the room between two. `None`
/// where there is no such call: for terminals, and for pipes before Linux 6.4.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn write_at_once(fd: BorrowedFd<'_>, bytes: &[u8]) -> Option<io::Result<usize>> {
    use rustix::io::{ReadWriteFlags, pwritev2, retry_on_intr};
    // Where the file is by now (pwritev2(2)).
    const HERE: u64 = u64::MAX;
    let bytes = [io::IoSlice::new(bytes)];
    match retry_on_intr(|| pwritev2(fd, &bytes, HERE, ReadWriteFlags::NOWAIT)) {
        Ok(count) => Some(Ok(count)),
        Err(error @ (Errno::AGAIN | Errno::PIPE)) => Some(Err(error.into())),
        Err(_) => None,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn write_at_once(_: BorrowedFd<'_>, _: &[u8]) -> Option<io::Result<usize>> {
    None
}

/// Writes some of `bytes` if there seems to be room, as there always is in a regular file.
///
/// # Errors
/// As [`write_without_waiting`], and `ENOSPC` on a full disk.
pub fn write_polled(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
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

#[cfg(all(test, target_os = "linux"))]
mod tests;
