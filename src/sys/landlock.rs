//! A fence that a thread puts around itself and cannot take down again: `landlock(7)`.

use std::io;
use std::path::{Path, PathBuf};

/// Rights to files and directories, by their numbers in `<linux/landlock.h>`.
mod right {
    pub const EXECUTE: u64 = 1;
    pub const WRITE_FILE: u64 = 1 << 1;
    pub const READ_FILE: u64 = 1 << 2;
    pub const READ_DIR: u64 = 1 << 3;
    pub const REMOVE_FILE: u64 = 1 << 5;
    pub const MAKE_REG: u64 = 1 << 8;
    pub const REFER: u64 = 1 << 13;
    pub const TRUNCATE: u64 = 1 << 14;
    pub const IOCTL_DEV: u64 = 1 << 15;
    pub const RESOLVE_UNIX: u64 = 1 << 16;
}
use right::*;

const READ: u64 = READ_FILE | READ_DIR;
/// To append to files, and to make them.
const APPEND: u64 = WRITE_FILE | MAKE_REG;
/// What there can be a right to in what is no directory.
const OF_FILES: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV | RESOLVE_UNIX;

/// What can be forbidden, and since which version of Landlock: about files; about TCP (to bind, to
/// connect); about those outside (their abstract sockets, signals to them).
const FORBIDDEN: &[(u32, Forbidden)] = &[
    (1, Forbidden::files(REFER - 1)),
    (2, Forbidden::files(REFER)),
    (3, Forbidden::files(TRUNCATE)),
    (
        4,
        Forbidden {
            tcp: 0b11,
            ..NOTHING
        },
    ),
    (5, Forbidden::files(IOCTL_DEV)),
    (
        6,
        Forbidden {
            outside: 0b11,
            ..NOTHING
        },
    ),
    (9, Forbidden::files(RESOLVE_UNIX)),
];

/// `struct landlock_ruleset_attr`. Old kernels take a longer one if they see zeros there.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Forbidden {
    files: u64,
    tcp: u64,
    outside: u64,
}

const NOTHING: Forbidden = Forbidden::files(0);

impl Forbidden {
    const fn files(files: u64) -> Forbidden {
        Forbidden {
            files,
            tcp: 0,
            outside: 0,
        }
    }

    /// All that this version can forbid.
    fn by(version: u32) -> Forbidden {
        let known = FORBIDDEN.iter().filter(|(since, _)| *since <= version);
        known.fold(NOTHING, |all, (_, more)| Forbidden {
            files: all.files | more.files,
            tcp: all.tcp | more.tcp,
            outside: all.outside | more.outside,
        })
    }
}

/// What a thread, and all that it starts from then on, may still do once it has
/// [entered](Sandbox::enter), by Landlock of Linux (landlock(7)).
///
/// A new one allows what serving files takes, and no more: to read all files, and to use what is
/// open already. No file is written, made, renamed or removed, no program is run, no TCP port
/// is bound and no connection made, no abstract Unix socket of others is reached, no signal sent to
/// others, no device controlled. What of this an old kernel cannot forbid stays allowed: of TCP
/// before Linux 6.7, sockets and signals before 6.12, Unix sockets by their paths before 7.1.
///
/// Rules are about what has a path when it is entered: a directory that is moved takes its rule
/// with it, and another one that gets its path has none.
///
/// ```no_run
/// # use sprat::{Builder, FileServer, Sandbox};
/// # fn main() -> std::io::Result<()> {
/// let files = FileServer::new("/srv/www")?;
/// let mut server = Builder::bind("[::]:8000")?.serve(files);
/// Sandbox::new().read_beneath("/srv").enter()?;
/// server.run()
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sandbox {
    rules: Vec<(PathBuf, u64)>,
    /// What is not forbidden, wherever.
    allowed: u64,
}

impl Sandbox {
    /// One in which all files can be read.
    pub fn new() -> Sandbox {
        Sandbox::default()
    }

    /// Lets files and directories be read beneath this directory (or this file), and beneath others
    /// for which this is said, and nowhere else. Names are still looked up everywhere.
    pub fn read_beneath(&mut self, path: impl AsRef<Path>) -> &mut Sandbox {
        self.with(path.as_ref(), READ)
    }

    /// Lets files beneath this directory (or this file) be appended to or overwritten, and be made
    /// and given other names there, but not emptied or removed: for a log that is opened anew.
    pub fn append_beneath(&mut self, path: impl AsRef<Path>) -> &mut Sandbox {
        self.with(path.as_ref(), APPEND)
    }

    /// Lets files be emptied (truncate(2)) everywhere. Where that is forbidden the kernel asks at
    /// every file that is opened, in all directories above it, whether this one may be; that takes
    /// a third as long as opening it.
    pub fn empty_anywhere(&mut self) -> &mut Sandbox {
        self.allowed |= TRUNCATE;
        self
    }

    /// Lets what is no directory be removed beneath this directory: for a socket.
    pub fn remove_beneath(&mut self, path: impl AsRef<Path>) -> &mut Sandbox {
        self.with(path.as_ref(), REMOVE_FILE)
    }

    /// Lets Unix sockets beneath this directory (or this one) be connected to.
    pub fn connect_beneath(&mut self, path: impl AsRef<Path>) -> &mut Sandbox {
        self.with(path.as_ref(), RESOLVE_UNIX)
    }

    #[inline(never)]
    fn with(&mut self, path: &Path, right: u64) -> &mut Sandbox {
        self.rules.push((path.to_path_buf(), right));
        self
    }

    /// The version of Landlock that this system has, 1 or more.
    ///
    /// # Errors
    /// `Unsupported`, with the reason: the system has none, it is turned off, or a filter forbids
    /// it.
    pub fn version() -> io::Result<u32> {
        kernel::version()
    }

    /// Puts this thread, and all that it starts from now on, in the sandbox for good, and keeps
    /// programs from [gaining privileges](crate::no_new_privileges). Threads that run already stay
    /// outside. The time zone of the log is read before. What is forbidden is `PermissionDenied`. A
    /// path that leads nowhere has no rule. Returns the version of Landlock that does it.
    ///
    /// # Errors
    /// As [`version`](Sandbox::version); `E2BIG` for the seventeenth sandbox in another; `EMFILE`
    /// and `ENFILE` without a descriptor.
    pub fn enter(&self) -> io::Result<u32> {
        super::localtime::local_time(0);
        let version = kernel::version()?;
        let mut forbidden = Forbidden::by(version);
        forbidden.files &= !self.allowed;
        if !self.rules.iter().any(|(_, right)| right & READ != 0) {
            forbidden.files &= !READ;
        }
        super::no_new_privs::no_new_privileges()?;
        let rules = self.rules.iter();
        let rules = rules.map(|(path, right)| (&**path, right & forbidden.files));
        kernel::restrict(&forbidden, rules)?;
        Ok(version)
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::fs::OpenOptions;
    use std::io::ErrorKind;
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    use std::os::unix::fs::OpenOptionsExt;

    use super::*;

    /// LANDLOCK_CREATE_RULESET_VERSION, LANDLOCK_RULE_PATH_BENEATH.
    const ASK_VERSION: libc::c_uint = 1;
    const PATH_BENEATH: libc::c_uint = 1;

    /// `struct landlock_path_beneath_attr`.
    #[repr(C, packed)]
    struct Beneath {
        allowed: u64,
        place: libc::c_int,
    }

    fn done(result: libc::c_long) -> io::Result<libc::c_int> {
        match result {
            -1 => Err(io::Error::last_os_error()),
            // A version, or a descriptor.
            done => Ok(done as libc::c_int),
        }
    }

    pub(super) fn version() -> io::Result<u32> {
        let nothing = std::ptr::null::<Forbidden>();
        // SAFETY: with this flag the call reads no memory, and gives a number.
        let answer = unsafe {
            libc::syscall(
                libc::SYS_landlock_create_ruleset,
                nothing,
                0usize,
                ASK_VERSION,
            )
        };
        done(answer).map(i32::unsigned_abs).map_err(|error| {
            let why = match error.raw_os_error() {
                Some(libc::ENOSYS) => "the kernel has no Landlock (Linux 5.13 or later can)",
                Some(libc::EOPNOTSUPP) => "Landlock is turned off in this kernel (lsm= at boot)",
                _ => "Landlock is forbidden here (a container's filter?)",
            };
            io::Error::new(ErrorKind::Unsupported, why)
        })
    }

    pub(super) fn restrict<'a>(
        forbidden: &Forbidden,
        rules: impl Iterator<Item = (&'a Path, u64)>,
    ) -> io::Result<()> {
        // SAFETY: the struct lives through the call, is as long as it says, and is only read.
        let ruleset = unsafe {
            let made = libc::syscall(
                libc::SYS_landlock_create_ruleset,
                forbidden,
                size_of::<Forbidden>(),
                0,
            );
            OwnedFd::from_raw_fd(done(made)?)
        };
        for (path, right) in rules {
            allow(&ruleset, path, right)?;
        }
        // SAFETY: numbers only.
        let entered =
            unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0) };
        done(entered).map(drop)
    }

    fn allow(ruleset: &OwnedFd, path: &Path, right: u64) -> io::Result<()> {
        let look = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_PATH)
            .open(path);
        let Ok(place) = look else {
            return Ok(());
        };
        let is_directory = place.metadata()?.is_dir();
        let allowed = if is_directory {
            right
        } else {
            right & OF_FILES
        };
        if allowed == 0 {
            return Ok(());
        }
        let rule = Beneath {
            allowed,
            place: place.as_raw_fd(),
        };
        // SAFETY: the struct lives through the call, is what this kind of rule has, and is only
        // read.
        let added = unsafe {
            libc::syscall(
                libc::SYS_landlock_add_rule,
                ruleset.as_raw_fd(),
                PATH_BENEATH,
                &raw const rule,
                0,
            )
        };
        done(added).map(drop)
    }
}

// On Android a filter ends the process for asking.
#[cfg(not(target_os = "linux"))]
mod kernel {
    use super::*;

    pub(super) fn version() -> io::Result<u32> {
        let why = "there is no Landlock on this system";
        Err(io::Error::new(io::ErrorKind::Unsupported, why))
    }

    pub(super) fn restrict<'a>(
        _: &Forbidden,
        _: impl Iterator<Item = (&'a Path, u64)>,
    ) -> io::Result<()> {
        version().map(drop)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
