//! Another root directory for this process: `chroot(2)`.

use std::io;
use std::path::Path;

use super::localtime::local_time;

/// Makes a directory the root of this process, and its working directory. The time zone, which the
/// C library finds in files, is read before.
///
/// # Errors
/// What chroot(2) says.
pub fn change_root(directory: &Path) -> io::Result<()> {
    local_time(0);
    rustix::process::chroot(directory)?;
    Ok(rustix::process::chdir("/")?)
}
