//! This process: its user, and what the programs that it starts inherit.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;

use rustix::io::{FdFlags, fcntl_setfd};

pub use super::process::effective_user;

/// The number of the group that this process acts as.
pub fn effective_group() -> u32 {
    rustix::process::getegid().as_raw()
}

/// Has every descriptor from 3 on closed in programs that this process starts.
///
/// # Errors
/// `EMFILE` without a descriptor, where the open ones must be listed.
pub fn close_on_exec() -> io::Result<()> {
    // Linux since 5.11: without a list, which is in /proc.
    #[cfg(target_os = "linux")]
    {
        let flag = libc::CLOSE_RANGE_CLOEXEC as libc::c_uint;
        // SAFETY: it only sets a flag of descriptors.
        if unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, flag) } == 0 {
            return Ok(());
        }
    }
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

/// Makes the system keep the exit of every child until it is asked for, even if this process was
/// started with SIGCHLD ignored, which a new program inherits (sigaction(2)). What else is done at
/// that signal stays as it is.
///
/// # Errors
/// None that is known; `sigaction(2)` refuses only bad arguments.
pub fn keep_exits() -> io::Result<()> {
    let mut act = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: it only asks, and all zeros are a valid `struct sigaction`, should it not answer.
    let act = unsafe {
        if libc::sigaction(libc::SIGCHLD, std::ptr::null(), act.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        act.assume_init()
    };
    if act.sa_sigaction != libc::SIG_IGN {
        return Ok(());
    }
    // SAFETY: the default action of SIGCHLD is to do nothing.
    match unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) } {
        libc::SIG_ERR => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
