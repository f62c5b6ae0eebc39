//! A server, as its supervisor has it: a process and a stream. On the stream the server says that
//! it answers, and its supervisor that it is to end: by a byte, and at once by a second one.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid};
use sprat::Forks;

/// Where a process goes on that was split.
pub enum Forked {
    /// In the supervisor.
    There(Child),
    /// In the server, with its end of the stream.
    Here(UnixStream),
}

pub struct Child {
    pid: Pid,
    stream: Option<UnixStream>,
    started: Instant,
    /// It has answered once: it serves.
    pub serves: bool,
    /// It has been asked to open its log anew, and has not said that it did.
    pub reloads: bool,
}

impl Child {
    /// Splits this process.
    ///
    /// # Errors
    /// There are no descriptors, or there may be no more processes.
    pub fn start(forks: &Forks, now: Instant) -> io::Result<Forked> {
        let (ours, its) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let Some(id) = forks.fork()? else {
            return Ok(Forked::Here(its));
        };
        let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
        Ok(Forked::There(Child {
            pid: pid.ok_or(ErrorKind::InvalidData)?,
            stream: Some(ours),
            started: now,
            serves: false,
            reloads: false,
        }))
    }

    pub fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub fn lived(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }

    /// What it says something on, until its end.
    pub fn stream(&self) -> Option<&UnixStream> {
        self.stream.as_ref()
    }

    /// Takes what it has said. Returns whether that is that it serves, for the first time.
    pub fn hear(&mut self) -> bool {
        let served = self.serves;
        while let Some(stream) = &mut self.stream {
            match stream.read(&mut [0; 16]) {
                // Its end is told by SIGCHLD.
                Ok(0) => self.stream = None,
                Ok(_) => (self.serves, self.reloads) = (true, false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.serves && !served
    }

    /// Tells it to finish its responses, or to end `at_once`.
    pub fn end(&mut self, at_once: bool) {
        let word: &[u8] = if at_once { b"\n\n" } else { b"\n" };
        if let Some(stream) = &mut self.stream {
            // One that has gone has no need of it.
            let _ = stream.write(word);
        }
    }

    /// It was not reaped: nobody else has its id.
    pub fn signal(&self, signal: Signal) {
        let _ = kill_process(self.pid, signal);
    }

    /// How it ended, if it did.
    pub fn reap(&self) -> Option<WaitStatus> {
        match waitpid(Some(self.pid), WaitOptions::NOHANG) {
            Ok(ended) => ended.map(|(_, status)| status),
            Err(_) => None,
        }
    }
}

/// The words for an end.
pub fn how(status: WaitStatus) -> String {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => format!("has exited with status {code}"),
        (_, Some(signal)) => format!("was ended by signal {signal}"),
        _ => "has ended".into(),
    }
}
