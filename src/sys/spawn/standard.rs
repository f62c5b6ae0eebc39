//! Starting a program by std, which waits until it runs: by `posix_spawn(3)`, or for a change of
//! user by `fork(2)`. std opens every descriptor close-on-exec, as mio and we do, so that the child
//! gets its stdio only; it has SIGPIPE reset and no signal blocked.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};

use rustix::io::Errno;

use super::command::Command;

/// Starts a program.
///
/// # Errors
/// See [`super::spawn`].
pub fn spawn(command: Command) -> io::Result<Child> {
    check_format(&command.program)?;
    let [stdin, stdout, stderr] = command.stdio;
    let mut child = std::process::Command::new(&command.program);
    child
        .args(command.arguments.iter().map(|word| OsStr::from_bytes(word)))
        .env_clear()
        .current_dir(command.program.parent().unwrap_or(Path::new("/")))
        .process_group(0)
        .stdin(Stdio::from(stdin))
        .stdout(Stdio::from(stdout))
        .stderr(Stdio::from(stderr));
    for (name, value) in &command.variables {
        child.env(OsStr::from_bytes(name), OsStr::from_bytes(value));
    }
    if let Some((user, group)) = command.user {
        child.gid(group).uid(user);
    }
    child.spawn()
}

/// Refuses a file that does not start as a script or a program does: the C library would hand it to
/// a shell (`execvp(3)`).
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
    File::open(file)?.take(4).read_to_end(&mut start)?;
    if MAGIC.iter().any(|magic| start.starts_with(magic)) {
        Ok(())
    } else {
        Err(Errno::NOEXEC.into())
    }
}
