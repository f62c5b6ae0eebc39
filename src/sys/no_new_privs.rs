//! No more privileges for programs than for those that start them: `PR_SET_NO_NEW_PRIVS`.

use std::io;

/// From now on no program that this thread starts gains privileges from its file.
///
/// # Errors
/// `Unsupported` where there is no such thing.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn no_new_privileges() -> io::Result<()> {
    // SAFETY: numbers only.
    let done = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    match done {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// From now on no program that this process starts gains privileges from its file.
///
/// # Errors
/// `InvalidInput` before FreeBSD 14.
#[cfg(target_os = "freebsd")]
pub fn no_new_privileges() -> io::Result<()> {
    Ok(rustix::process::set_no_new_privs(None)?)
}

/// There is no such thing here.
///
/// # Errors
/// `Unsupported` always.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub fn no_new_privileges() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
