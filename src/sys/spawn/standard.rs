//! Starting a program by std, which waits until it runs, with `fork(2)`. std opens every descriptor
//! close-on-exec, as mio and we do, so that the child gets its stdio only; others that a host has
//! opened are closed on Linux alone. It has no signal blocked.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::command::{SpawnedChild, StartCommand, StartFailure, StartedChild, end, error_of};

/// The last signal that a system here has; the first is 1.
const SIGNALS: libc::c_int = 64;

/// A child of std's. Dropped before it was waited for, it is killed with its session, and reaped.
struct StandardChild {
    child: Child,
    is_reaped: bool,
}

impl SpawnedChild for StandardChild {
    fn id(&self) -> u32 {
        self.child.id()
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        self.is_reaped = true;
        Ok(status)
    }
}

impl Drop for StandardChild {
    fn drop(&mut self) {
        if !self.is_reaped {
            end(self);
        }
    }
}

/// Starts a program.
///
/// # Errors
/// Out of processes or memory; `NotFound` for a missing interpreter, `ENOEXEC` for a file that is
/// no program, and `PermissionDenied`. `InvalidInput` for a string with NUL in it.
pub fn spawn(command: StartCommand) -> io::Result<StartedChild> {
    // The child still has the descriptor when it goes there.
    let pinned = command.directory.as_ref().and_then(path_of_directory);
    let (directory, program) = match (&pinned, command.program.file_name()) {
        (Some(directory), Some(name)) => (&**directory, Path::new(".").join(name)),
        _ => {
            let directory = command.program.parent().unwrap_or(Path::new("/"));
            (directory, command.program.clone())
        }
    };
    check_format(&directory.join(&program))?;
    let (limits, user) = (command.descriptor_limits(), command.user);
    let [stdin, stdout, stderr] = command.stdio;
    let mut child = Command::new(program);
    child
        .args(command.arguments.iter().map(|word| OsStr::from_bytes(word)))
        .env_clear()
        .current_dir(directory)
        .stdin(Stdio::from(stdin))
        .stdout(Stdio::from(stdout))
        .stderr(Stdio::from(stderr));
    for (name, value) in &command.variables {
        child.env(OsStr::from_bytes(name), OsStr::from_bytes(value));
    }
    let parent = std::process::id();
    // SAFETY: between `fork` and `exec` it makes system calls only, takes no lock and allocates
    // nothing.
    unsafe { child.pre_exec(move || settle(parent, limits, user)) };
    match child.spawn() {
        Ok(child) => {
            let is_reaped = false;
            let child = StandardChild { child, is_reaped };
            Ok((Box::new(child), StartFailure::default()))
        }
        Err(error) => Err(error.raw_os_error().map_or(error, error_of)),
    }
}

/// In the child: makes it what `clone` makes of its own. std hands the number of an error on, and
/// nothing else of it.
fn settle(parent: u32, limits: Option<Rlimit>, user: Option<(u32, u32)>) -> io::Result<()> {
    for signal in 1..=SIGNALS {
        // SAFETY: the default action is nobody's code. KILL and STOP are refused.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    rustix::process::setsid()?;
    #[cfg(target_os = "linux")]
    // SAFETY: it only sets a flag of descriptors. Linux before 5.11 does not know how.
    unsafe {
        let flag = libc::CLOSE_RANGE_CLOEXEC as libc::c_uint;
        libc::syscall(libc::SYS_close_range, 3, u32::MAX, flag);
    }
    if let Some(limits) = limits {
        setrlimit(Resource::Nofile, limits)?;
    }
    if let Some(user) = user {
        change_user(user)?;
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{Signal, getppid, set_parent_process_death_signal};
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // Too late for a parent that has ended before.
        if getppid().map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs()) != parent {
            return Err(Errno::CANCELED.into());
        }
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = parent;
    Ok(())
}

/// In the child: becomes this user and group. An error has its number negated; see
/// [`StartFailure`](super::StartFailure).
fn change_user((user, group): (u32, u32)) -> io::Result<()> {
    // SAFETY: numbers only, and no list of groups to read; a forked child has one thread.
    let changed = unsafe {
        libc::setgroups(0, std::ptr::null()) == 0 && libc::setgid(group) == 0 && set_user(user)
    };
    if changed {
        return Ok(());
    }
    let number = io::Error::last_os_error().raw_os_error();
    let number = number.unwrap_or(libc::EPERM);
    Err(io::Error::from_raw_os_error(number.wrapping_neg()))
}

/// In the child: changes the saved user last, without which nobody may trace it; by then nobody may
/// at all. Its memory is a copy of ours, and a new effective user makes that as dumpable as
/// `fs.suid_dumpable` says: see `clone`.
///
/// # Safety
/// It is a process of one thread.
#[cfg(any(target_os = "linux", target_os = "android"))]
unsafe fn set_user(user: u32) -> bool {
    const SAME: u32 = u32::MAX;
    // SAFETY: numbers only.
    unsafe {
        libc::setresuid(user, user, SAME) == 0
            && libc::prctl(libc::PR_SET_DUMPABLE, 0) == 0
            && libc::setresuid(SAME, SAME, user) == 0
    }
}

/// In the child: changes all of its users. Here nobody may trace a process that has done so before
/// it runs a program.
///
/// # Safety
/// It is a process of one thread.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
unsafe fn set_user(user: u32) -> bool {
    // SAFETY: a number only.
    unsafe { libc::setuid(user) == 0 }
}

/// A path that leads to an open directory, wherever that is by now. `None` where the system has no
/// such paths.
fn path_of_directory(directory: &OwnedFd) -> Option<PathBuf> {
    if !cfg!(any(target_os = "linux", target_os = "android")) {
        return None;
    }
    let path = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
    path.is_dir().then_some(path)
}

/// Refuses a file that does not start as a script or a program does: the C library would hand it to
/// a shell (`execvp(3)`). One that we cannot read may be a program all the same, and no shell could
/// read it either.
fn check_format(file: &Path) -> io::Result<()> {
    const MAGIC: [&[u8]; 8] = [
        b"#!",
        b"\x7fELF",
        // Mach-O: 32 and 64 bits in either byte order, and for several processors.
        b"\xfe\xed\xfa\xce",
        b"\xfe\xed\xfa\xcf",
        b"\xce\xfa\xed\xfe",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
        b"\xca\xfe\xba\xbf",
    ];
    let mut start = Vec::with_capacity(4);
    // Without blocking, should it be a FIFO by now.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(file, flags, Mode::empty()) {
        Err(Errno::ACCESS) => return Ok(()),
        file => File::from(file?),
    };
    if !file.metadata()?.is_file() {
        // The system refuses it by itself.
        return Ok(());
    }
    file.take(4).read_to_end(&mut start)?;
    if MAGIC.iter().any(|magic| start.starts_with(magic)) {
        Ok(())
    } else {
        Err(Errno::NOEXEC.into())
    }
}
