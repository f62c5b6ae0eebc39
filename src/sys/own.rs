//! This process: whom it acts as, and what the programs it starts inherit of it.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::io::{FdFlags, fcntl_setfd};

/// The number of the user that this process acts as.
pub fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The number of the group that this process acts as.
pub fn effective_group() -> u32 {
    rustix::process::getegid().as_raw()
}

/// Has every descriptor from 3 on closed in programs that this process starts.
///
/// # Errors
/// What the system says.
pub fn close_on_exec() -> io::Result<()> {
    for entry in std::fs::read_dir("/dev/fd")? {
        let name = entry?.file_name();
        let Some(fd) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if fd > 2 {
            // SAFETY: the number is not kept, and setting a flag of a descriptor that was closed in
            // between, as the one that this list is read through will be, gives EBADF.
            let fd = unsafe { BorrowedFd::borrow_raw(fd) };
            let _ = fcntl_setfd(fd, FdFlags::CLOEXEC);
        }
    }
    Ok(())
}
