//! A script in play: a leader, perhaps a child of it, and what becomes of them.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::pipe::{Got, Pipe};
use crate::cgi::staging::Ticket;
use crate::handler::ChildProcess;
use crate::testing::sim::fixture::digest;
use crate::testing::sim::net::Shared;

const SIGKILL: i32 = 9;
const SIGSEGV: i32 = 11;
const SIGPIPE: i32 = 13;
const SIGTERM: i32 = 15;

/// Bytes that an echo keeps at most.
const ECHO_BYTES_MAX: usize = 3000;

/// What a script does next.
pub enum Act {
    /// Writes these bytes to stdout, so many at a time.
    Say(Vec<u8>, usize),
    /// Writes these to stderr.
    Complain(Vec<u8>),
    /// Reads all of its stdin.
    Read,
    /// Says a document about what it has read.
    Report,
    /// Sends back what it reads, while it reads, behind this head.
    Echo(Vec<u8>),
    Sleep(Duration),
    /// Nothing, for ever.
    Hang,
    CloseStdout,
    /// Has a child that holds stdout, outlives it and heeds no TERM.
    Fork,
    Exit(i32),
    Crash,
}

/// One process group.
pub struct Process {
    id: u32,
    acts: VecDeque<Act>,
    stdin: Option<Shared<Pipe>>,
    stdout: Option<Shared<Pipe>>,
    stderr: Option<Shared<Pipe>>,
    /// The same stdout, in the hands of its child.
    child: Option<Shared<Pipe>>,
    /// What it has read and not sent back.
    body: Vec<u8>,
    until: Option<Instant>,
    ignores_term: bool,
    /// How it has ended, as wait(2) says it.
    exit: Option<i32>,
    /// It was told to end while it ran.
    ended: bool,
    reaped: bool,
    /// Its drop tells of the end.
    bell: Option<UnixStream>,
    /// That has happened, and was not told.
    rings: bool,
    /// It has no descriptor that could tell.
    is_mute: bool,
}

impl Process {
    /// One that has just begun, with its stdin, stdout and stderr.
    pub fn new(
        id: u32,
        acts: Vec<Act>,
        ignores_term: bool,
        (stdin, stdout, stderr): (Option<Shared<Pipe>>, Shared<Pipe>, Shared<Pipe>),
        body: Vec<u8>,
    ) -> Process {
        Process {
            id,
            acts: acts.into(),
            stdin,
            stdout: Some(stdout),
            stderr: Some(stderr),
            child: None,
            body,
            until: None,
            ignores_term,
            exit: None,
            ended: false,
            reaped: false,
            bell: None,
            rings: false,
            is_mute: id % 3 == 0,
        }
    }

    /// Whether it has ended, and nobody remembers it.
    pub fn is_reaped(&self) -> bool {
        self.reaped
    }

    /// Whether its leader has ended.
    pub fn has_ended(&self) -> bool {
        self.exit.is_some()
    }

    /// Whether its descriptor has something to tell that nobody was told.
    pub fn rings(&self) -> bool {
        self.rings
    }

    /// It is told now.
    pub fn hush(&mut self) {
        self.rings = false;
    }

    /// When it will do something by itself.
    pub fn next_at(&self) -> Option<Instant> {
        self.until.filter(|_| self.exit.is_none())
    }

    /// Does something; returns whether it did.
    pub fn step(&mut self, now: Instant) -> bool {
        if self.exit.is_some() {
            return false;
        }
        let Some(act) = self.acts.pop_front() else {
            self.die(0);
            return true;
        };
        match act {
            Act::Say(bytes, piece) => self.say(bytes, piece),
            Act::Complain(bytes) => self.complain(bytes),
            Act::Read => match self.read(usize::MAX) {
                Got::End => true,
                got => {
                    self.acts.push_front(Act::Read);
                    matches!(got, Got::Bytes(_))
                }
            },
            Act::Report => {
                let text = digest(&self.body);
                let head = format!(
                    "Content-Type: text/plain\nContent-Length: {}\n\n",
                    text.len()
                );
                self.say((head + &text).into_bytes(), usize::MAX)
            }
            Act::Echo(head) => self.echo(head),
            Act::Sleep(time) => {
                let until = *self.until.get_or_insert(now + time);
                if until > now {
                    self.acts.push_front(Act::Sleep(time));
                    return false;
                }
                self.until = None;
                true
            }
            Act::Hang => {
                self.acts.push_front(Act::Hang);
                false
            }
            Act::CloseStdout => {
                let stdout = self.stdout.take();
                stdout.inspect(|pipe| pipe.borrow_mut().close_writer());
                true
            }
            Act::Fork => {
                self.child = self.stdout.clone();
                self.child.iter().for_each(|pipe| pipe.borrow_mut().share());
                true
            }
            Act::Exit(code) => {
                self.die(code << 8);
                true
            }
            Act::Crash => {
                self.die(SIGSEGV);
                true
            }
        }
    }

    fn say(&mut self, bytes: Vec<u8>, piece: usize) -> bool {
        let said = self.write(&bytes, piece, true);
        if said < bytes.len() {
            self.acts
                .push_front(Act::Say(bytes[said..].to_vec(), piece));
        }
        said > 0 || self.exit.is_some() || bytes.is_empty()
    }

    fn complain(&mut self, bytes: Vec<u8>) -> bool {
        let said = self.write(&bytes, usize::MAX, false);
        if said < bytes.len() {
            self.acts.push_front(Act::Complain(bytes[said..].to_vec()));
        }
        said > 0 || self.exit.is_some()
    }

    fn echo(&mut self, head: Vec<u8>) -> bool {
        let room = ECHO_BYTES_MAX.saturating_sub(self.body.len());
        let got = match room {
            0 => Got::Nothing,
            room => self.read(room),
        };
        let ended = matches!(got, Got::End);
        let heard = matches!(got, Got::Bytes(_));
        if !head.is_empty() && (ended || !self.body.is_empty()) {
            self.acts.push_front(Act::Echo(Vec::new()));
            self.acts.push_front(Act::Say(head, usize::MAX));
            return true;
        }
        let body = std::mem::take(&mut self.body);
        let said = self.write(&body, usize::MAX, true);
        self.body = body[said..].to_vec();
        if !ended || !self.body.is_empty() {
            self.acts.push_front(Act::Echo(head));
        }
        heard || said > 0 || self.exit.is_some() || (ended && self.body.is_empty())
    }

    /// Reads into the body.
    fn read(&mut self, len: usize) -> Got {
        let Some(stdin) = &self.stdin else {
            return Got::End;
        };
        let got = stdin.borrow_mut().hear(len);
        if let Got::Bytes(bytes) = &got {
            self.body.extend_from_slice(bytes);
        }
        got
    }

    /// Writes up to `piece` bytes; whoever nobody reads is sent SIGPIPE.
    fn write(&mut self, bytes: &[u8], piece: usize, to_stdout: bool) -> usize {
        let pipe = if to_stdout {
            &self.stdout
        } else {
            &self.stderr
        };
        let said = match pipe {
            Some(pipe) => pipe.borrow_mut().say(&bytes[..bytes.len().min(piece)]),
            None => None,
        };
        said.unwrap_or_else(|| {
            self.die(SIGPIPE);
            0
        })
    }

    /// The leader ends.
    fn die(&mut self, status: i32) {
        if self.exit.is_some() {
            return;
        }
        self.exit = Some(status);
        if let Some(pipe) = self.stdin.take() {
            pipe.borrow_mut().close_reader();
        }
        for pipe in [self.stdout.take(), self.stderr.take()]
            .into_iter()
            .flatten()
        {
            pipe.borrow_mut().close_writer();
        }
        self.rings = self.bell.take().is_some();
    }

    /// A signal to the group.
    fn signal(&mut self, signal: i32) {
        assert!(!self.reaped, "its id may be another's");
        assert!(
            self.ended || self.exit.is_none(),
            "what a script leaves that has ended by itself is none of ours"
        );
        self.ended = true;
        if signal == SIGKILL || !self.ignores_term {
            self.die(signal);
        }
        let child = self.child.take_if(|_| signal == SIGKILL);
        child.inspect(|pipe| pipe.borrow_mut().close_writer());
    }
}

/// What the server has of a script.
pub struct Leader {
    pub process: Shared<Process>,
    /// Its place, which it has until it is reaped.
    pub _ticket: Rc<Ticket>,
}

impl ChildProcess for Leader {
    fn id(&self) -> u32 {
        self.process.borrow().id
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        let mut process = self.process.borrow_mut();
        assert!(!process.reaped, "waited for twice");
        let is_whole = process.ended && process.child.is_some();
        assert!(!is_whole, "reaped before its group was killed");
        process.reaped = true;
        let exit = process.exit.expect("nobody waits for one that runs");
        Ok(ExitStatus::from_raw(exit))
    }

    fn peek_exit(&mut self) -> Option<ExitStatus> {
        self.process.borrow().exit.map(ExitStatus::from_raw)
    }

    fn exit_descriptor(&self) -> io::Result<OwnedFd> {
        let mut process = self.process.borrow_mut();
        // Some systems have none.
        if process.is_mute {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let (near, far) = UnixStream::pair()?;
        process.bell = Some(far).filter(|_| process.exit.is_none());
        Ok(near.into())
    }

    fn terminate_group(&mut self) {
        self.process.borrow_mut().signal(SIGTERM);
    }

    fn kill_group(&mut self) {
        self.process.borrow_mut().signal(SIGKILL);
    }

    fn leaves_others(&mut self) -> Option<bool> {
        Some(self.process.borrow().child.is_some())
    }
}
