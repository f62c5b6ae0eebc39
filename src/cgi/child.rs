//! Starting a script: its own session, three pipes and nothing else of ours.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::rc::Rc;

use mio::unix::pipe::{self, Receiver};

use super::environment::Environment;
use super::pumps::{ReadPipe, WritePipe};
use super::queue::Ticket;
use super::user::User;
use crate::handler::ChildProcess;
use crate::sys::spawn::{self, SpawnedChild, StartCommand, StartFailure};

/// What to start.
#[derive(Default)]
pub struct Plan {
    /// The script, an absolute path.
    pub file: PathBuf,
    /// Its arguments.
    pub arguments: Vec<Vec<u8>>,
    /// Its whole environment.
    pub variables: Environment,
    /// The user that the script runs as; `None` for the server's own.
    pub user: Option<User>,
    /// Its soft limit on descriptors, a count.
    pub descriptors_max: u64,
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

/// How scripts are started: by [`spawn`], or in play by the simulator.
/// The script keeps its place, the ticket, until it is reaped.
pub type Start = fn(Plan, OwnedFd, Stdin, Rc<Ticket>) -> io::Result<Spawned>;

/// A script that was started and the server's ends of its pipes, which never block.
pub struct Spawned {
    /// The process, leader of its own session.
    pub child: Box<dyn ChildProcess>,
    /// Why it does not run, if it does not: known when its pipes have ended.
    pub failure: StartFailure,
    /// Its stdin, if that is a pipe.
    pub stdin: Option<Box<dyn WritePipe>>,
    /// Its stdout.
    pub stdout: Box<dyn ReadPipe>,
    /// Its stderr.
    pub stderr: Box<dyn ReadPipe>,
}

/// The process of a script.
struct ScriptLeader {
    child: Box<dyn SpawnedChild>,
    /// Its place, which it has until it is reaped.
    ticket: Rc<Ticket>,
}

impl ChildProcess for ScriptLeader {
    fn id(&self) -> u32 {
        self.child.id()
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait();
        self.ticket.ends(self.child.id());
        status
    }
}

/// Starts a script in its own directory, which the caller has opened, without waiting until it
/// runs.
///
/// # Errors
/// Out of processes, memory or descriptors. Why a script cannot run is told by the
/// [`StartFailure`], or, where std has to start it, here.
pub fn spawn(
    plan: Plan,
    directory: OwnedFd,
    stdin: Stdin,
    ticket: Rc<Ticket>,
) -> io::Result<Spawned> {
    let (stdin, ours) = match stdin {
        Stdin::Nothing => (nothing()?, None),
        Stdin::File(file) => (owned_by(file.into(), plan.user), None),
        Stdin::Pipe => {
            let (ours, its) = pipe::new()?;
            its.set_nonblocking(false)?;
            (owned_by(its.into(), plan.user), Some(ours))
        }
    };
    let (its_stdout, stdout) = output(plan.user)?;
    let (its_stderr, stderr) = output(plan.user)?;
    let (child, failure) = spawn::spawn(StartCommand {
        program: plan.file,
        directory: Some(directory),
        arguments: plan.arguments,
        variables: plan.variables.into_list(),
        user: plan.user.map(|user| (user.uid, user.gid)),
        descriptors_max: plan.descriptors_max,
        stdio: [stdin, its_stdout, its_stderr],
    })?;
    ticket.begins(child.id());
    Ok(Spawned {
        child: Box::new(ScriptLeader { child, ticket }),
        failure,
        stdin: ours.map(|pipe| Box::new(pipe) as Box<dyn WritePipe>),
        stdout: Box::new(stdout),
        stderr: Box::new(stderr),
    })
}

/// `/dev/null`; where there is none, a pipe that has ended is as good.
fn nothing() -> io::Result<OwnedFd> {
    match File::open("/dev/null") {
        Ok(file) => Ok(file.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let (_, its) = pipe::new()?;
            its.set_nonblocking(false)?;
            Ok(its.into())
        }
        Err(error) => Err(error),
    }
}

/// A pipe for a script's output: its end, which waits, and ours, which does not.
fn output(user: Option<User>) -> io::Result<(OwnedFd, Receiver)> {
    let (its, ours) = pipe::new()?;
    its.set_nonblocking(false)?;
    Ok((owned_by(its.into(), user), ours))
}

/// Makes a script's user the owner of its end, so that `/dev/stdout` and the like can be opened.
fn owned_by(fd: OwnedFd, user: Option<User>) -> OwnedFd {
    if let Some(user) = user {
        // Where it may not be done, a script can still use what it has open.
        let _ = std::os::unix::fs::fchown(&fd, Some(user.uid), Some(user.gid));
    }
    fd
}
