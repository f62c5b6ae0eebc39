//! What is started, and what is known of it then.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit};

use crate::sys::process::{kill_sessions, peek_exit, wait_until};

/// How long a child that was dropped and killed is waited for.
const END_TIME: Duration = Duration::from_secs(1);

/// What to start.
pub struct StartCommand {
    /// The program, an absolute path; it is its own first argument.
    pub program: PathBuf,
    /// Its directory, open, if what is in there now is meant, whatever the path leads to by then.
    /// Then it is started as `./name`, where the system can do that.
    pub directory: Option<OwnedFd>,
    /// The other arguments.
    pub arguments: Vec<Vec<u8>>,
    /// The whole environment: names and values.
    pub variables: Vec<(Vec<u8>, Vec<u8>)>,
    /// The user and the group to become, without other groups; `None` for our own.
    pub user: Option<(u32, u32)>,
    /// Its soft limit on descriptors, a count; it cannot pass our hard one.
    pub descriptors_max: u64,
    /// stdin, stdout and stderr; it gets no other descriptor.
    pub stdio: [OwnedFd; 3],
}

/// A child: in the program's directory, leader of its own session, with default signals. On Linux
/// it is killed when the thread ends that has started it. Dropped before it was waited for, it is
/// killed with its session, and reaped.
pub trait SpawnedChild {
    /// Its process id.
    fn id(&self) -> u32;

    /// Waits for its end and reaps it.
    ///
    /// # Errors
    /// What `waitpid(2)` says.
    fn wait(&mut self) -> io::Result<ExitStatus>;
}

/// Ends a child that was dropped before it was waited for, with its session, and reaps it.
pub fn end(child: &mut dyn SpawnedChild) {
    let id = child.id();
    kill_sessions(&[id]);
    // After KILL this waits for the kernel only; but a file system that hangs can hold a process
    // there, and then, or if another has reaped it, what belongs to it is never freed.
    if wait_until(END_TIME, || peek_exit(id).is_some()) {
        let _ = child.wait();
    }
}

/// A child, and why it is none, which is found out late.
pub type StartedChild = (Box<dyn SpawnedChild>, StartFailure);

/// Why a program that was started never ran, as an error number, negative for the change of user.
/// It is known once its stdio is closed.
#[derive(Clone, Default)]
pub struct StartFailure(pub(super) Arc<AtomicI32>);

impl StartFailure {
    /// One that is known.
    #[cfg(any(test, fuzzing))]
    pub fn known(errno: rustix::io::Errno) -> StartFailure {
        StartFailure(Arc::new(AtomicI32::new(errno.raw_os_error())))
    }

    /// What the system said; `None` if the program runs or ran, or has not yet begun to.
    pub fn error(&self) -> Option<io::Error> {
        match self.0.load(Ordering::Acquire) {
            0 => None,
            number => Some(error_of(number)),
        }
    }
}

/// The error of such a number.
pub fn error_of(number: i32) -> io::Error {
    if number >= 0 {
        return io::Error::from_raw_os_error(number);
    }
    // One of its own, for the program is not to blame: `EPERM` would say that it may not be run.
    let error = io::Error::from_raw_os_error(number.wrapping_neg());
    io::Error::other(format!("cannot become another user: {error}"))
}

impl StartCommand {
    /// Our limits on descriptors with its soft one, if that is another.
    pub fn descriptor_limits(&self) -> Option<Rlimit> {
        let own = getrlimit(Resource::Nofile);
        let soft = own
            .maximum
            .map_or(self.descriptors_max, |hard| hard.min(self.descriptors_max));
        (own.current.unwrap_or(u64::MAX) != soft).then_some(Rlimit {
            current: Some(soft).filter(|&soft| soft != u64::MAX),
            maximum: own.maximum,
        })
    }
}
