//! Starting a script: its own process group, three pipes and nothing else of ours.
//!
//! No `pre_exec`, so that std may use `posix_spawn(3)`, which copies no address space: 0.15 ms.
//! A change of user makes std fork instead. std opens every descriptor close-on-exec, as mio and
//! we do, so a script inherits its stdio only; it has SIGPIPE reset and no signal blocked.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use mio::unix::pipe::{Receiver, Sender};

use super::env::Variable;
use super::tree::Tree;
use super::user::User;
use crate::sys::open::{Errno, open_path, path_of_directory};

/// What to start.
pub struct Plan {
    /// Where it is looked for.
    pub tree: Tree,
    /// Its path there, without a slash at its start.
    pub script: Vec<u8>,
    /// Its absolute path.
    pub file: PathBuf,
    /// Its arguments.
    pub arguments: Vec<Vec<u8>>,
    /// Its whole environment.
    pub variables: Vec<Variable>,
    /// Whom it runs as; `None` for the server's own user.
    pub user: Option<User>,
}

/// What a script's stdin is.
pub enum Stdin {
    /// `/dev/null`.
    Nothing,
    /// An open file.
    File(File),
    /// A pipe that the server writes.
    Pipe,
}

/// A running script and the server's ends of its pipes, which never block.
pub struct Spawned {
    /// The process, leader of its own group.
    pub child: Child,
    /// Its stdin, if that is a pipe.
    pub stdin: Option<Sender>,
    /// Its stdout.
    pub stdout: Receiver,
    /// Its stderr.
    pub stderr: Receiver,
}

/// Starts a script in its own directory, which the caller has open.
///
/// It is started as `./name` there: the interpreter, too, opens it by that name.
///
/// # Errors
/// What the system says: `NotFound` for a missing interpreter, `ENOEXEC` for a file that is no
/// program, `PermissionDenied`, and being out of processes, memory or descriptors.
pub fn spawn(plan: &Plan, directory: &OwnedFd, stdin: Stdin) -> io::Result<Spawned> {
    // The child still has the descriptor when it goes there.
    let pinned = path_of_directory(directory.as_fd());
    let (folder, file) = match (&pinned, plan.file.file_name()) {
        (Some(folder), Some(name)) => (&**folder, Path::new(".").join(name)),
        _ => {
            let folder = plan.file.parent().unwrap_or(Path::new("/"));
            (folder, plan.file.clone())
        }
    };
    if !KERNEL_DECIDES || plan.user.is_some() {
        check_format(&folder.join(&file))?;
    }
    let mut command = Command::new(file);
    command
        .args(plan.arguments.iter().map(|word| OsStr::from_bytes(word)))
        .env_clear()
        .current_dir(folder)
        .process_group(0)
        .stdin(match stdin {
            Stdin::Nothing => Stdio::null(),
            Stdin::File(file) => Stdio::from(file),
            Stdin::Pipe => Stdio::piped(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in &plan.variables {
        command.env(OsStr::from_bytes(name), OsStr::from_bytes(value));
    }
    if let Some(user) = plan.user {
        command.gid(user.gid).uid(user.uid);
    }
    let mut child = command.spawn()?;
    match pipes(&mut child) {
        Ok((stdin, stdout, stderr)) => Ok(Spawned {
            child,
            stdin,
            stdout,
            stderr,
        }),
        Err(error) => {
            // Its exit is certain after KILL, so the wait is short.
            let _ = child.kill().and_then(|()| child.wait());
            Err(error)
        }
    }
}

/// Whether what is no program is refused when std does not fork. Elsewhere, and after a fork, the C
/// library hands it to a shell: execvp(3).
const KERNEL_DECIDES: bool = cfg!(target_os = "linux");

/// Refuses a file that does not start as a script or a program does.
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
    let file = File::from(open_path(file.as_os_str().as_bytes())?);
    let read = file.take(4).read_to_end(&mut start);
    match read {
        Ok(_) if MAGIC.iter().any(|magic| start.starts_with(magic)) => Ok(()),
        Ok(_) => Err(Errno::NOEXEC.into()),
        Err(error) => Err(error),
    }
}

/// Takes the pipes out of a child and makes our ends non-blocking.
fn pipes(child: &mut Child) -> io::Result<(Option<Sender>, Receiver, Receiver)> {
    let missing = || io::Error::other("a pipe of the script is missing");
    let stdin = child.stdin.take().map(Sender::from);
    let stdout = Receiver::from(child.stdout.take().ok_or_else(missing)?);
    let stderr = Receiver::from(child.stderr.take().ok_or_else(missing)?);
    if let Some(stdin) = &stdin {
        stdin.set_nonblocking(true)?;
    }
    stdout.set_nonblocking(true)?;
    stderr.set_nonblocking(true)?;
    Ok((stdin, stdout, stderr))
}
