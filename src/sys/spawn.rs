//! Starting a program without waiting until it is started.
//!
//! `posix_spawn(3)` and `vfork(2)` hold the caller until the child has loaded its program, which
//! takes milliseconds on a busy machine; `fork(2)` copies the address space. `clone` does neither,
//! on the processors it knows (`raw_calls`, of `build.rs`); `standard` is std's way, for others.

#[cfg(raw_calls)]
mod clone;
mod command;
#[cfg(any(test, not(raw_calls)))]
mod standard;

use std::io;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::process::test_kill_process;

use super::process::{peek_exit, pid, wait_until};
#[cfg(raw_calls)]
pub use clone::spawn;
pub use command::{SpawnedChild, StartCommand, StartFailure};
#[cfg(not(raw_calls))]
pub use standard::spawn;

/// How long the end of a child is waited for that ends at once.
const TRY_TIME: Duration = Duration::from_secs(1);

/// Why programs that are another user's are of no use.
#[derive(Debug)]
pub enum UserFault {
    /// None can be started.
    Become(io::Error),
    /// They cannot be signalled, and so not be ended.
    Signal(io::Error),
}

impl From<io::Error> for UserFault {
    fn from(error: io::Error) -> UserFault {
        UserFault::Become(error)
    }
}

/// Finds out whether programs could be started, and ended, as this user and group, by a child that
/// does nothing else. Waits for its end.
///
/// # Errors
/// Why not; whether it could be signalled is not known where std starts it.
pub fn try_user(user: u32, group: u32) -> Result<(), UserFault> {
    let (ours, its) = UnixStream::pair()?;
    let started = spawn(StartCommand {
        // A directory, which the system refuses to run.
        program: "/".into(),
        directory: None,
        arguments: Vec::new(),
        variables: Vec::new(),
        user: Some((user, group)),
        descriptors_max: u64::MAX,
        stdio: [its.try_clone()?.into(), its.into(), ours.into()],
    });
    let mut signalled = Ok(());
    let error = match started {
        Ok((mut child, failure)) => {
            let id = child.id();
            // While nobody has reaped it, it is its user's: the kernel asks for the same rights.
            if wait_until(TRY_TIME, || peek_exit(id).is_some()) {
                signalled = may_signal(id);
            }
            child.wait()?;
            failure.error()
        }
        Err(error) => Some(error),
    };
    // One with a number is of the system's, and about the program.
    match error.filter(|error| error.raw_os_error().is_none()) {
        Some(error) => Err(UserFault::Become(error)),
        None => signalled.map_err(UserFault::Signal),
    }
}

/// Whether this child of ours, which was not reaped, may be sent signals.
///
/// # Errors
/// `PermissionDenied`: it is another user's, and this process lacks CAP_KILL.
fn may_signal(child: u32) -> io::Result<()> {
    match pid(child) {
        Some(child) => Ok(test_kill_process(child)?),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
