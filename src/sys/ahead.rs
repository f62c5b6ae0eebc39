//! Whether file bytes are in memory, and having the system fetch them (`preadv2(2)` with
//! `RWF_NOWAIT`, `posix_fadvise(2)`): a read from a slow disk makes its caller wait.

use std::os::fd::BorrowedFd;

/// Bytes that are asked for at a time, beyond those that are needed next.
#[cfg(target_os = "linux")]
const FETCH_BYTES: u64 = 2 * 1024 * 1024;

/// How many of the next `len` bytes of a file can be read without waiting for a disk; if none can,
/// they are asked for. Where nobody can tell, all of them.
///
/// Only the last page of a stretch is looked at, and the first where that is not there. The system
/// reads ahead in order, so what lies between is there as a rule; where it is not, the wait is for
/// one stretch.
#[cfg(target_os = "linux")]
pub fn ready_bytes(file: BorrowedFd<'_>, offset: u64, len: usize) -> usize {
    use std::num::NonZero;

    use rustix::fs::{Advice, fadvise};

    const PAGE_BYTES: u64 = 4096;
    if len == 0 || is_there(file, offset + len as u64 - 1) {
        return len;
    }
    if !is_there(file, offset) {
        let fetch = NonZero::new((len as u64).max(FETCH_BYTES));
        // It is advice: where it is not taken, the wait is what it was.
        let _ = fadvise(file, offset, fetch, Advice::WillNeed);
        return 0;
    }
    // What is left of the first page, which is there.
    let least = (PAGE_BYTES - offset % PAGE_BYTES) as usize;
    let mut ready = (len / 2).max(least);
    while ready > least && !is_there(file, offset + ready as u64 - 1) {
        ready = (ready / 2).max(least);
    }
    ready
}

/// How many of the next `len` bytes of a file can be read without waiting for a disk: nobody can
/// tell here.
#[cfg(not(target_os = "linux"))]
pub fn ready_bytes(_: BorrowedFd<'_>, _: u64, len: usize) -> usize {
    len
}

/// Whether one byte can be read without waiting. The end of the file, and errors, are for the read
/// that follows; so are file systems that do not tell.
#[cfg(target_os = "linux")]
fn is_there(file: BorrowedFd<'_>, offset: u64) -> bool {
    use std::io::IoSliceMut;

    use rustix::io::{Errno, ReadWriteFlags, preadv2};

    let mut byte = [0];
    let mut room = [IoSliceMut::new(&mut byte)];
    preadv2(file, &mut room, offset, ReadWriteFlags::NOWAIT) != Err(Errno::AGAIN)
}

#[cfg(test)]
mod tests;
