//! Scripts in play, for the real CGI handler: their processes and pipes are of memory.
//!
//! A script's name says what it does: `/cgi-bin/doc/500` is a document of 500 bytes.

mod pipe;
mod process;

use std::cell::RefCell;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::diary::Seen;
use super::fixture::folder;
use super::fixture::pattern;
use super::net::{Faults, Shared};
use super::tape::Tape;
use crate::cgi::Cgi;
use crate::cgi::staging::{Plan, Spawned, Stdin, Ticket};
use crate::handler::{Cx, Reply, Request};
use crate::reactor::token::Key;
use crate::sys::own::effective_user;
use crate::sys::spawn::StartFailure;
use pipe::{Pipe, SimPipe};
use process::{Act, Leader, Process};

/// The first process id: no process of the system has it.
const FIRST_ID: u32 = 1 << 30;

/// Bytes that a script which makes noise says to stderr.
const NOISE_BYTES: usize = 100_000;

/// How long a script may be silent: longer than a peer may stall.
const SILENCE_TIME: Duration = Duration::from_secs(60);

/// Bytes that one of them may have in the log, in bytes: what its stderr may, each perhaps of a
/// character that stands for a byte that is none, and a line about its end.
const LOGGED_BYTES_MAX: usize = 3 * 64 * 1024 + 2000;

/// All scripts of a run.
pub struct Scripts {
    tape: Shared<Tape>,
    faults: Faults,
    processes: Vec<Shared<Process>>,
    pipes: Vec<Shared<Pipe>>,
    /// The stdout of each, and for whom it is.
    outputs: Vec<(Shared<Pipe>, String)>,
}

thread_local! {
    static STAGE: RefCell<Option<Shared<Scripts>>> = const { RefCell::new(None) };
}

/// Has scripts started from here on played in this run.
pub fn open(tape: Shared<Tape>, faults: Faults) -> Shared<Scripts> {
    let scripts = Rc::new(RefCell::new(Scripts {
        tape,
        faults,
        processes: Vec::new(),
        pipes: Vec::new(),
        outputs: Vec::new(),
    }));
    STAGE.set(Some(scripts.clone()));
    scripts
}

/// Starts a script: what the CGI handler is given for the real thing.
///
/// # Errors
/// What the script's name asks for.
pub fn start(plan: Plan, _: OwnedFd, stdin: Stdin, ticket: Rc<Ticket>) -> io::Result<Spawned> {
    let scripts = STAGE.with_borrow(Clone::clone).expect("a run");
    let mut scripts = scripts.borrow_mut();
    scripts.start(plan, stdin, ticket)
}

impl Scripts {
    fn start(&mut self, plan: Plan, stdin: Stdin, ticket: Rc<Ticket>) -> io::Result<Spawned> {
        let variable = |name: &[u8]| {
            let value = plan.variables.get(name).unwrap_or_default();
            String::from_utf8_lossy(value).into_owned()
        };
        let name = plan.file.file_name().unwrap_or_default().to_string_lossy();
        let info = variable(b"PATH_INFO");
        let n = info
            .split('/')
            .nth(1)
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
        let mut names: Vec<_> = plan.variables.clone().into_list();
        names.sort();
        assert!(
            names.windows(2).all(|two| two[0].0 != two[1].0),
            "a name twice"
        );
        let failure = match (&*name, n % 3) {
            ("nostart", 0) => return Err(Errno::AGAIN.into()),
            ("nostart", 1) => return Err(Errno::NOENT.into()),
            ("nostart", _) => StartFailure::known(Errno::ACCESS),
            _ => StartFailure::default(),
        };
        let is_head = variable(b"REQUEST_METHOD") == "HEAD";
        let acts = self.acts(&name, n, &info, is_head);
        let (mut body, mut pipe) = (Vec::new(), None);
        match stdin {
            Stdin::Nothing => {}
            Stdin::File(mut file) => drop(file.read_to_end(&mut body)?),
            Stdin::Pipe => pipe = Some(self.pipe(true)),
        }
        let (stdout, stderr) = (self.pipe(false), self.pipe(false));
        self.outputs
            .push((stdout.clone(), variable(b"REMOTE_ADDR")));
        let id = FIRST_ID + self.processes.len() as u32;
        let pipes = (pipe.clone(), stdout.clone(), stderr.clone());
        let process = Process::new(id, acts, n % 2 == 1, pipes, body);
        let process = Rc::new(RefCell::new(process));
        self.processes.push(process.clone());
        let end = |pipe| Box::new(SimPipe::new(pipe, self.tape.clone(), self.faults));
        Ok(Spawned {
            child: Box::new(Leader {
                process,
                _ticket: ticket,
            }),
            failure,
            stdin: pipe.map(|pipe| end(pipe) as _),
            stdout: end(stdout),
            stderr: end(stderr),
        })
    }

    fn pipe(&mut self, is_stdin: bool) -> Shared<Pipe> {
        let room = self.tape.borrow_mut().pick(&[65_536, 4096, 1000]);
        let pipe = Rc::new(RefCell::new(Pipe::new(is_stdin, room)));
        self.pipes.push(pipe.clone());
        pipe
    }

    /// What a script does.
    fn acts(&self, name: &str, n: usize, info: &str, is_head: bool) -> Vec<Act> {
        let mut tape = self.tape.borrow_mut();
        let (piece, step) = (
            tape.pick(&[usize::MAX, 1, 5]),
            tape.pick(&[usize::MAX, 1, 900]),
        );
        let head = |text: &str| Act::Say(text.as_bytes().to_vec(), piece);
        let plain = || head(tape_plain(piece));
        let data = |n: usize| Act::Say(pattern(n), step.max(n / 40));
        let sized = |n: usize| {
            head(&format!(
                "Content-Type: text/plain\nContent-Length: {n}\n\n"
            ))
        };
        match name {
            "len" => vec![sized(n), data(n)],
            "over" => vec![sized(n), data(n + 50)],
            "under" => vec![sized(n + 5), data(n)],
            "status" => vec![head("Status: 404 Nope\nContent-Type: text/plain\n\nnope")],
            "empty" => vec![head("Status: 204 Nothing\n\n")],
            "moved" => vec![head("Location: http://h/x\n\n")],
            "late" => vec![Act::Sleep(Duration::from_secs(3)), plain(), data(n)],
            "hang" => vec![Act::Complain(b"hm\n".to_vec()), Act::Fork, Act::Hang],
            "silent" | "nostart" => vec![Act::Exit(127)],
            "half" => vec![head("Content-Type: text/pl"), Act::Exit(1)],
            "bad" => vec![head(BAD_HEADS[n % BAD_HEADS.len()]), data(n)],
            "read" => vec![Act::Read, Act::Report],
            "echo" => vec![Act::Echo(b"Content-Type: text/plain\n\n".to_vec())],
            "hold" => vec![plain(), data(n), Act::Fork],
            "linger" => vec![plain(), data(n), Act::CloseStdout, Act::Hang],
            "noisy" => vec![
                Act::Complain(pattern(NOISE_BYTES)),
                plain(),
                data(n),
                Act::Complain(b"enough".to_vec()),
            ],
            "crash" => vec![plain(), data(n), Act::Crash],
            "redirect" => vec![head(&format!("Location: {info}\n\n"))],
            "circle" => vec![head("Location: /cgi-bin/circle\n\n")],
            "nph-raw" if is_head => vec![head("HTTP/1.0 200 Fine\r\nX: y\r\n\r\n")],
            "nph-raw" => vec![head("HTTP/1.0 200 Fine\r\nX: y\r\n\r\n"), data(n)],
            _ => vec![plain(), data(n)],
        }
    }

    /// Lets each do something; returns whether one did.
    pub fn perform(&mut self, now: Instant) -> bool {
        let mut moved = false;
        for process in &self.processes {
            let mut process = process.borrow_mut();
            if process.has_ended() {
                continue;
            }
            // It dawdles, for less than any time that is waited for.
            moved |= self.tape.borrow_mut().chance(60) || process.step(now);
        }
        moved
    }

    /// Tells the edges of their pipes, some late, some for nothing.
    pub fn deliver(&mut self, mut tell: impl FnMut(Key, u8)) -> bool {
        let mut moved = false;
        for pipe in &self.pipes {
            let mut pipe = pipe.borrow_mut();
            let Some((key, which)) = pipe.place else {
                continue;
            };
            let mut tape = self.tape.borrow_mut();
            let spurious = tape.chance(self.faults.spurious / 8);
            moved |= pipe.edge;
            if !spurious && (!pipe.edge || tape.chance(self.faults.late)) {
                continue;
            }
            pipe.edge = false;
            moved = true;
            tell(key, which);
        }
        moved
    }

    /// Whether the end of one is owed, by its descriptor.
    pub fn rings(&self) -> bool {
        let mut processes = self.processes.iter();
        processes.any(|process| process.borrow().rings())
    }

    /// Whether it is told now.
    pub fn take_rings(&mut self) -> bool {
        if !self.rings() || self.tape.borrow_mut().chance(self.faults.late) {
            return false;
        }
        let processes = self.processes.iter();
        processes.for_each(|process| process.borrow_mut().hush());
        true
    }

    /// When one of them will do something by itself.
    pub fn next_at(&self) -> Option<Instant> {
        let times = self.processes.iter();
        times.filter_map(|process| process.borrow().next_at()).min()
    }

    /// For whom those are whose output the server holds open.
    pub fn running(&self) -> Vec<&str> {
        let outputs = self.outputs.iter();
        let open = outputs.filter(|(pipe, _)| !pipe.borrow().is_left());
        open.map(|(_, peer)| &**peer).collect()
    }

    /// Whether all have ended, and left nothing.
    pub fn are_over(&self) -> bool {
        let mut processes = self.processes.iter();
        processes.all(|process| process.borrow().is_reaped())
    }

    /// Looks at what they leave, when all is over.
    pub fn check(&self, seen: &Seen) {
        let said = seen.errors.iter().filter_map(|(_, line)| {
            let (name, text) = line.split_once(": ")?;
            name.starts_with("/cgi-bin/").then_some(text.len())
        });
        let most = self.processes.len() * LOGGED_BYTES_MAX;
        assert!(said.sum::<usize>() <= most, "a script floods the log");
        for pipe in &self.pipes {
            let pipe = pipe.borrow();
            assert_eq!(pipe.place, None, "a pipe is still registered");
            assert!(pipe.is_left(), "a pipe is still open");
        }
    }
}

/// The head of a plain document, with the one line end or the other.
fn tape_plain(piece: usize) -> &'static str {
    match piece {
        5 => "Content-Type: text/plain\r\n\r\n",
        _ => "Content-Type: text/plain\n\n",
    }
}

/// Heads that no script may send.
const BAD_HEADS: [&str; 6] = [
    "HTTP/1.1 100 Continue\r\n\r\n",
    "no colon\n\n",
    "X: y\n z\n\n",
    "Status: 99\n\n",
    "Status: 200\nStatus: 404\n\n",
    "Content-Type: a\nContent-Length: +5\n\n",
];

/// The real CGI handler, in front of these scripts.
pub struct Site(Cgi);

impl Site {
    /// One that runs so many at once, and so many for one peer; 0 for as many.
    pub fn new(scripts_max: usize, each_max: usize) -> Site {
        let cgi = Cgi::builder(folder())
            .user(effective_user().to_string())
            .timeout(SILENCE_TIME)
            .max(scripts_max)
            .max_per_peer(each_max);
        Site(
            cgi.build()
                .expect("the simulator's scripts")
                .start_by(start),
        )
    }

    /// Answers a request for a script.
    pub fn serve(&self, req: &Request<'_>, cx: &mut Cx<'_>) -> Option<Reply> {
        let is_script = req.path().starts_with("/cgi-bin/");
        is_script.then(|| self.0.serve(req, cx)).flatten()
    }

    /// Whether no script runs, and nobody waits for one.
    pub fn is_at_rest(&self) -> bool {
        self.0.is_at_rest()
    }
}
