//! Processes made of this one: `fork(2)`, while it has one thread.

use std::io;

/// Makes processes that go on as this one does (fork(2)): servers on the listeners that it has.
///
/// Only a process of one thread can be split: another thread's locks would be held for ever in the
/// child, and its work half done. Make one of these first, before the root is changed: the threads
/// are counted by a file in /proc that it opens.
#[derive(Debug)]
pub struct Forks {
    /// Whose threads are counted.
    process: u32,
    #[cfg(any(target_os = "linux", target_os = "android"))]
    status: std::fs::File,
}

impl Forks {
    /// Prepares for it.
    ///
    /// # Errors
    /// `NotFound` where there is no /proc, on Linux.
    pub fn new() -> io::Result<Forks> {
        Ok(Forks {
            process: std::process::id(),
            #[cfg(any(target_os = "linux", target_os = "android"))]
            status: std::fs::File::open("/proc/self/status")?,
        })
    }

    /// Splits this process in two: `None` in the child, the child's id in its parent, whose it is
    /// to reap (wait(2)). The child has all that its parent has: descriptors, handlers of signals,
    /// and the destructors that are still to come.
    ///
    /// # Errors
    /// `WouldBlock` past a limit on processes, `OutOfMemory`, `Other` in a child that has this from
    /// its parent; on Linux, `Other` in a process of more than one thread. Elsewhere that is the
    /// caller's to know.
    pub fn fork(&self) -> io::Result<Option<u32>> {
        if self.process != std::process::id() {
            return Err(io::Error::other("it was made by another process"));
        }
        self.check_alone()?;
        // SAFETY: there is no other thread, whose locks and half-done work the child would have;
        // where the system does not tell, its C library sets its own locks right in the child, and
        // those of others are waited for in vain, which is no harm to memory.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            0 => Ok(None),
            child => Ok(Some(child.unsigned_abs())),
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn check_alone(&self) -> io::Result<()> {
        use std::os::unix::fs::FileExt;
        let mut text = [0; 4096];
        let count = self.status.read_at(&mut text, 0)?;
        match is_alone(&text[..count]) {
            true => Ok(()),
            false => Err(io::Error::other("the process has several threads")),
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn check_alone(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a status of proc_pid_status(5) is that of a process with one thread.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_alone(status: &[u8]) -> bool {
    let mut lines = status.split(|&byte| byte == b'\n');
    lines.any(|line| line == b"Threads:\t1")
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
