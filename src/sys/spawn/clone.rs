//! `clone(2)` with CLONE_VM and without CLONE_VFORK: the child shares our memory until it runs its
//! program, and nobody waits for that. 30 µs, however much memory we have.
//!
//! Until then the child is like a thread that no C library knows of: it has a stack and a table of
//! descriptors of its own, but our thread-local storage. So it makes bare system calls only, takes
//! no lock, allocates nothing, and no signal may reach it. A change of user makes our process
//! undumpable (`prctl(2)`), so that the new user cannot trace what it shares.

mod raw;

use std::ffi::{c_char, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, fcntl_dupfd_cloexec, retry_on_intr};
use rustix::process::{Pid, WaitOptions, waitpid};

use super::command::{StartCommand, StartFailure, StartedChild, end};
use raw::call;

// On 32-bit machines the first calls of these names have users of 16 bits.
#[cfg(not(any(target_arch = "x86", target_arch = "arm")))]
use libc::{SYS_setgroups, SYS_setresgid, SYS_setresuid};
#[cfg(any(target_arch = "x86", target_arch = "arm"))]
use libc::{
    SYS_setgroups32 as SYS_setgroups, SYS_setresgid32 as SYS_setresgid,
    SYS_setresuid32 as SYS_setresuid,
};

/// The child's stack, in bytes: a dozen small frames, and as much again for a debug build.
const STACK_BYTES: usize = 16 * 1024;

/// The unit of a stack, as the strictest of the processors wants it aligned.
#[repr(align(16))]
struct Block(#[expect(dead_code, reason = "a stack is the child's")] [u8; 16]);

/// The last signal of Linux; the first is 1.
const SIGNALS: usize = 64;

/// A signal set of the kernel, in bytes.
const SIGNAL_SET_BYTES: usize = 8;

/// What a child that could not run its program exits with, as a shell does.
const EXIT_CODE: c_int = 127;

/// Held while a child is made that must have no other beside it before it runs its program: that
/// may be another thread's, for the memory of all is one.
static ALONE: Mutex<()> = Mutex::new(());

/// What the child reads, and nobody moves or frees before it has ended.
struct Launch {
    program: *const c_char,
    /// A descriptor if there is one, else a path.
    directory: Result<c_int, *const c_char>,
    arguments: Vec<*const c_char>,
    variables: Vec<*const c_char>,
    /// The bytes that all of these point into.
    _text: Vec<u8>,
    user: Option<(u32, u32)>,
    stdio: [c_int; 3],
    /// Its soft and its hard limit on descriptors, if they are not ours.
    limits: Option<[u64; 2]>,
    /// Our own process.
    parent: usize,
    failure: StartFailure,
    /// Where it says the failure, too, if it has not our memory to say it in.
    report: Option<c_int>,
    stack: Box<[MaybeUninit<Block>]>,
}

/// A child of ours. Dropped before it was waited for, it is killed with its session, and reaped.
pub struct ClonedChild {
    pid: Pid,
    /// Until it is reaped.
    launch: Option<NonNull<Launch>>,
}

/// What memory a child has until it runs its program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChildMemory {
    /// Ours.
    Shared,
    /// A copy of ours, as after `fork(2)`. It is waited for, and says by a socket why it fails.
    Copied,
}

/// Starts a program. What is found out late is told by the [`StartFailure`].
///
/// # Errors
/// Out of processes or memory. `InvalidInput` for a string with NUL in it.
pub fn spawn(command: StartCommand) -> io::Result<StartedChild> {
    let started = start(&command, ChildMemory::Shared);
    match started.as_ref().err().and_then(Errno::from_io_error) {
        // An emulator that knows threads and forks only.
        Some(Errno::INVAL | Errno::NOSYS) => fork(command),
        _ => started,
    }
}

/// [`spawn`] without shared memory.
pub fn fork(command: StartCommand) -> io::Result<StartedChild> {
    start(&command, ChildMemory::Copied)
}

fn start(command: &StartCommand, memory: ChildMemory) -> io::Result<StartedChild> {
    // Where the child puts its stdio, no descriptor may lie that it still needs.
    let above = |fd: &OwnedFd| match fd.as_raw_fd() {
        0..=2 => fcntl_dupfd_cloexec(fd, 3).map(Some),
        _ => Ok(None),
    };
    let [stdin, stdout, stderr] = &command.stdio;
    let moved = [above(stdin)?, above(stdout)?, above(stderr)?];
    let at = |which: usize| moved[which].as_ref().unwrap_or(&command.stdio[which]);
    let stdio = [0, 1, 2].map(|which| at(which).as_raw_fd());
    let mut launch = Launch::new(command, stdio)?;
    let report = match memory {
        ChildMemory::Shared => None,
        ChildMemory::Copied => {
            let (reader, writer) = UnixStream::pair()?;
            let writer = fcntl_dupfd_cloexec(writer, 3)?;
            launch.report = Some(writer.as_raw_fd());
            Some((reader, writer))
        }
    };
    let failure = launch.failure.clone();
    let launch = NonNull::from(Box::leak(Box::new(launch)));
    let pid = clone(launch, flags(command.user, memory)).inspect_err(|_| {
        // SAFETY: it was leaked above, and there is no child.
        drop(unsafe { Box::from_raw(launch.as_ptr()) });
    })?;
    if let Some((reader, writer)) = report {
        drop(writer);
        failure.0.store(told(&reader), Ordering::Release);
    }
    let launch = Some(launch);
    Ok((Box::new(ClonedChild { pid, launch }), failure))
}

/// The number that a child says, or 0 once it runs its program, which closes its end.
fn told(reader: &UnixStream) -> i32 {
    let mut number = [0; 4];
    let _ = retry_on_intr(|| rustix::io::read(reader, &mut number));
    i32::from_ne_bytes(number)
}

/// Makes the child, with no signal let through to it until it has reset them.
fn clone(launch: NonNull<Launch>, flags: c_int) -> io::Result<Pid> {
    // SAFETY: there is no child yet.
    let stack = unsafe { launch.as_ref() }.stack.as_ptr_range().end;
    let waits = flags & libc::CLONE_VFORK != 0;
    let _alone = waits.then(|| ALONE.lock().unwrap_or_else(PoisonError::into_inner));
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigfillset` fills `all`, and `pthread_sigmask` fills `before`; neither can fail with
    // these arguments. The stack ends where its block ends, aligned as its unit is; `launch` stays
    // until the child is reaped.
    let pid = unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        let pid = libc::clone(
            begin,
            stack.cast_mut().cast(),
            flags,
            launch.as_ptr().cast(),
        );
        let error = io::Error::last_os_error();
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
        if pid < 0 {
            return Err(error);
        }
        pid
    };
    Pid::from_raw(pid).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The child's first and only function: it returns only if the program does not run.
extern "C" fn begin(launch: *mut c_void) -> c_int {
    // SAFETY: `spawn` passes a `Launch` that outlives this child, and nobody writes to it.
    let launch = unsafe { &*launch.cast::<Launch>() };
    let number = match launch.run() {
        Err(number) => number,
        Ok(never) => match never {},
    };
    launch.failure.0.store(number, Ordering::Release);
    if let Some(report) = launch.report {
        let number = number.to_ne_bytes();
        let bytes = [report as usize, number.as_ptr() as usize, number.len(), 0];
        // SAFETY: they are read before this returns.
        let _ = unsafe { call(libc::SYS_write, bytes) };
    }
    EXIT_CODE
}

enum Never {}

impl Launch {
    fn new(command: &StartCommand, stdio: [c_int; 3]) -> io::Result<Launch> {
        let program = command.program.as_os_str().as_bytes();
        let directory = command.program.parent().unwrap_or(Path::new("/"));
        let mut text = Text::default();
        match (&command.directory, command.program.file_name()) {
            (Some(_), Some(name)) => text.add(&[b"./", name.as_bytes()])?,
            _ => text.add(&[program])?,
        }
        text.add(&[directory.as_os_str().as_bytes()])?;
        for argument in &command.arguments {
            text.add(&[argument])?;
        }
        for (name, value) in &command.variables {
            text.add(&[name, b"=", value])?;
        }
        // It stays as long as the process does.
        text.bytes.shrink_to_fit();
        // The bytes stay where they are from now on.
        let at = |start: &usize| text.bytes[*start..].as_ptr().cast::<c_char>();
        let (arguments, variables) = text.starts[2..].split_at(command.arguments.len());
        let list = |starts: &[usize]| starts.iter().map(at).chain([ptr::null()]).collect();
        let program = at(&text.starts[0]);
        let mut arguments: Vec<*const c_char> = list(arguments);
        arguments.insert(0, program);
        Ok(Launch {
            program,
            directory: match &command.directory {
                Some(directory) => Ok(directory.as_raw_fd()),
                None => Err(at(&text.starts[1])),
            },
            arguments,
            variables: list(variables),
            _text: text.bytes,
            user: command.user,
            stdio,
            limits: command.descriptor_limits().map(|limits| {
                [limits.current, limits.maximum].map(|limit| limit.unwrap_or(u64::MAX))
            }),
            parent: std::process::id() as usize,
            failure: StartFailure::default(),
            report: None,
            stack: Box::new_uninit_slice(STACK_BYTES / size_of::<Block>()),
        })
    }

    /// In the child: makes it what was asked for, and runs the program.
    fn run(&self) -> Result<Never, i32> {
        let defaults = [0u64; 4];
        for signal in 1..=SIGNALS {
            let act = defaults.as_ptr() as usize;
            // SAFETY: 32 zero bytes are a `struct sigaction` of the kernel: the default, no flags,
            // no mask. It refuses KILL and STOP.
            let _ = unsafe { call(libc::SYS_rt_sigaction, [signal, act, 0, SIGNAL_SET_BYTES]) };
        }
        // SAFETY: from here on, numbers, and NUL-terminated strings and lists that `self` holds.
        unsafe {
            made(call(libc::SYS_setsid, [0; 4]))?;
            if let Ok(directory) = self.directory {
                made(call(libc::SYS_fchdir, [directory as usize, 0, 0, 0]))?;
            }
            for (fd, to) in self.stdio.iter().zip(0..) {
                made(call(libc::SYS_dup3, [*fd as usize, to, 0, 0]))?;
            }
            // Until the program runs they would keep connections open that the server closes, if
            // it did not wait. Kernels before 5.9 have no such call.
            let when = match self.report {
                None => 0,
                Some(_) => libc::CLOSE_RANGE_CLOEXEC as usize,
            };
            let _ = call(libc::SYS_close_range, [3, u32::MAX as usize, when, 0]);
            if let Some(limits) = &self.limits {
                let descriptors = libc::RLIMIT_NOFILE as usize;
                let limits = limits.as_ptr() as usize;
                made(call(libc::SYS_prlimit64, [0, descriptors, limits, 0]))?;
            }
            if let Some(user) = self.user {
                change_user(user).map_err(i32::wrapping_neg)?;
            }
            if let Err(directory) = self.directory {
                made(call(libc::SYS_chdir, [directory as usize, 0, 0, 0]))?;
            }
            // After the change of user, which clears it (prctl(2)).
            let kill = [
                libc::PR_SET_PDEATHSIG as usize,
                libc::SIGKILL as usize,
                0,
                0,
            ];
            made(call(libc::SYS_prctl, kill))?;
            // Too late for a parent that has ended before.
            if call(libc::SYS_getppid, [0; 4]) != self.parent as isize {
                return Err(libc::ECANCELED);
            }
            let none = [0u64; 1];
            let mask = [
                libc::SIG_SETMASK as usize,
                none.as_ptr() as usize,
                0,
                SIGNAL_SET_BYTES,
            ];
            made(call(libc::SYS_rt_sigprocmask, mask))?;
            let program = [
                self.program as usize,
                self.arguments.as_ptr() as usize,
                self.variables.as_ptr() as usize,
                0,
            ];
            let result = call(libc::SYS_execve, program);
            Err(-result as i32)
        }
    }
}

/// In the child: becomes this user and group.
///
/// A new effective user makes our memory as dumpable as `fs.suid_dumpable` says (proc_sys_fs(5)),
/// and 1 would let every process of that user trace it. But they may trace nobody who still has
/// another saved user, and the last step, which changes that alone, changes nothing else.
fn change_user((user, group): (u32, u32)) -> Result<(), i32> {
    const SAME: usize = u32::MAX as usize;
    let (user, group) = (user as usize, group as usize);
    // SAFETY: numbers only.
    unsafe {
        made(call(SYS_setgroups, [0; 4]))?;
        made(call(SYS_setresgid, [group, group, group, 0]))?;
        made(call(SYS_setresuid, [user, user, SAME, 0]))?;
        made(call(
            libc::SYS_prctl,
            [libc::PR_SET_DUMPABLE as usize, 0, 0, 0],
        ))?;
        made(call(SYS_setresuid, [SAME, SAME, user, 0]))
    }
}

/// Whether the change of user of one child would let another, which has made it and does not run
/// its program yet, be traced: unless the system says 0 or 2.
fn exposes_others(suid_dumpable: Option<u8>) -> bool {
    !matches!(suid_dumpable, Some(b'0' | b'2'))
}

/// The digit that the system says now, if it says one.
fn suid_dumpable() -> Option<u8> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open("/proc/sys/fs/suid_dumpable", flags, Mode::empty()).ok()?;
    let mut digit = [0];
    let read = rustix::io::read(&file, &mut digit[..]).ok()?;
    (read == 1).then_some(digit[0])
}

/// How a child is made that becomes this user.
fn flags(user: Option<(u32, u32)>, memory: ChildMemory) -> c_int {
    if memory == ChildMemory::Copied {
        return libc::SIGCHLD;
    }
    let usual = libc::CLONE_VM | libc::SIGCHLD;
    if user.is_none() {
        return usual;
    }
    if exposes_others(suid_dumpable()) {
        // One after the other: it is waited for until it runs its program.
        return usual | libc::CLONE_VFORK;
    }
    usual
}

/// A result of [`call`], or the error number.
fn made(result: isize) -> Result<(), i32> {
    if result < 0 {
        Err(-result as i32)
    } else {
        Ok(())
    }
}

/// NUL-terminated strings, one behind the other, and where each begins.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl Text {
    fn add(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        self.starts.push(self.bytes.len());
        for part in parts {
            if part.contains(&0) {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            self.bytes.extend_from_slice(part);
        }
        self.bytes.push(0);
        Ok(())
    }
}

impl super::command::SpawnedChild for ClonedChild {
    fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = loop {
            match waitpid(Some(self.pid), WaitOptions::empty()) {
                Ok(Some((_, status))) => break status,
                Ok(None) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        };
        if let Some(launch) = self.launch.take() {
            // SAFETY: `spawn` leaked it, and the child that read it has ended.
            drop(unsafe { Box::from_raw(launch.as_ptr()) });
        }
        Ok(ExitStatus::from_raw(status.as_raw()))
    }
}

impl Drop for ClonedChild {
    fn drop(&mut self) {
        if self.launch.is_some() {
            end(self);
        }
    }
}

#[cfg(test)]
mod tests;
