//! What the server asks of a child that it supervises.

use std::io;
use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus};

use crate::sys::{pidfd, process};

/// A process that the server supervises, the leader of its own session, or at least of its own
/// process group: [`std::process::Child`], or one that was started in another way.
///
/// What is said of its group below holds for its whole session where it leads one: on Linux for
/// members, too, that have left the group, elsewhere for the group alone.
///
/// Only [`id`](Self::id) and [`wait`](Self::wait) are asked of an implementation; the rest follows
/// from the id of a child that has not been reaped.
pub trait ChildProcess {
    /// Its process id, which is its group's, too.
    fn id(&self) -> u32;

    /// Waits for its end and reaps it. Called once, when it has ended or was killed.
    ///
    /// # Errors
    /// What `waitpid(2)` says.
    fn wait(&mut self) -> io::Result<ExitStatus>;

    /// How it ended, without reaping it; `None` while it runs.
    fn peek_exit(&mut self) -> Option<ExitStatus> {
        process::peek_exit(self.id())
    }

    /// A descriptor that is readable once it has ended (`pidfd_open(2)`).
    ///
    /// # Errors
    /// Any: then [`peek_exit`](Self::peek_exit) is asked from time to time.
    fn exit_descriptor(&self) -> io::Result<OwnedFd> {
        pidfd::open(self.id())
    }

    /// Sends TERM to its whole group.
    fn terminate_group(&mut self) {
        process::terminate_group(self.id());
    }

    /// Sends KILL to its whole group.
    fn kill_group(&mut self) {
        process::kill_group(self.id());
    }

    /// Whether others that it leads are alive. Asked of one that was terminated and has ended: they
    /// have their time, too. `None`, as it is by default: the server is to look for them among all
    /// processes, and to signal those that have left the group.
    fn leaves_others(&mut self) -> Option<bool> {
        None
    }
}

impl ChildProcess for Child {
    fn id(&self) -> u32 {
        Child::id(self)
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        Child::wait(self)
    }
}

/// One that may be any of them.
impl ChildProcess for Box<dyn ChildProcess> {
    fn id(&self) -> u32 {
        (**self).id()
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        (**self).wait()
    }

    fn peek_exit(&mut self) -> Option<ExitStatus> {
        (**self).peek_exit()
    }

    fn exit_descriptor(&self) -> io::Result<OwnedFd> {
        (**self).exit_descriptor()
    }

    fn terminate_group(&mut self) {
        (**self).terminate_group();
    }

    fn kill_group(&mut self) {
        (**self).kill_group();
    }

    fn leaves_others(&mut self) -> Option<bool> {
        (**self).leaves_others()
    }
}
