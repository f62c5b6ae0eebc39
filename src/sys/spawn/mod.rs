//! Starting a program without waiting until it is started.
//!
//! `posix_spawn(3)` and `vfork(2)` hold the caller until the child has loaded its program, which
//! takes milliseconds on a busy machine; `fork(2)` copies the address space. `clone` does neither,
//! on the systems it knows; `standard` is std's way, for all others.

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod clone;
mod command;
mod standard;

use std::io;

pub use command::{Child, Command, StartFailure};

/// Starts a program. What is found out late is told by the [`StartFailure`].
///
/// # Errors
/// What the system says: being out of processes or memory; with std's way also `NotFound` for a
/// missing interpreter, `ENOEXEC` for a file that is no program, and `PermissionDenied`.
/// `InvalidInput` for a string with NUL in it.
pub fn spawn(command: Command) -> io::Result<(Box<dyn Child>, StartFailure)> {
    #[cfg(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    let command = match clone::spawn(command)? {
        clone::Outcome::Started(child, failure) => return Ok((Box::new(child), failure)),
        // An emulator that knows threads and forks only.
        clone::Outcome::Unknown(command) => command,
    };
    let child = standard::spawn(command)?;
    Ok((Box::new(child), StartFailure::default()))
}

#[cfg(test)]
mod tests;
