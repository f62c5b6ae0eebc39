//! Temporary files that have no name, from birth where the system can do that.

use std::collections::hash_map::RandomState;
use std::fs::{File, OpenOptions};
use std::hash::BuildHasher;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Names tried for a temporary file, a count, before the error is believed.
const NAMES_MAX: u32 = 16;

/// A new file in this folder that nobody else can open, to read and to write.
///
/// # Errors
/// `NotFound`, `PermissionDenied`, `StorageFull` and `ReadOnlyFilesystem` of the folder, and
/// `EMFILE` or `ENFILE` without a descriptor.
pub fn unnamed_file(folder: &Path) -> io::Result<File> {
    // Some file systems cannot, nor could Linux before 3.11: whatever it says, the other way tells
    // whether it is the folder that is at fault.
    never_named(folder).or_else(|_| named_and_unlinked(folder))
}

/// By O_TMPFILE (open(2)); with O_EXCL it cannot be given a name later either.
#[cfg(target_os = "linux")]
fn never_named(folder: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::EXCL | OFlags::CLOEXEC;
    Ok(open(folder, flags, Mode::RUSR | Mode::WUSR)?.into())
}

#[cfg(not(target_os = "linux"))]
fn never_named(_: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Made with O_EXCL, so that a link laid in wait is not followed, and unlinked at once.
fn named_and_unlinked(folder: &Path) -> io::Result<File> {
    let mut tries = 0;
    loop {
        let name = format!(".sprat-{:016x}", RandomState::new().hash_one(tries));
        let path = folder.join(name);
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        tries += 1;
        match opened {
            Ok(file) => {
                std::fs::remove_file(&path)?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < NAMES_MAX => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
