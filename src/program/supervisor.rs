//! `--processes`: one process that has the listeners, starts servers on them, and does nothing
//! else. It waits in one place: for signals, for what its servers say, and for the time to start
//! one again.

mod back_off;
mod child;

use std::io::{self, Read};
use std::mem;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, WaitStatus, getppid};
use sprat::{AcceptGroup, Builder, Forks, Handler, Log};

use crate::activation;
use crate::announce::{Announcement, Watcher};
use crate::cli::Config;
use crate::exit::Fatal;
use crate::program::Program;
use crate::serve::serve;
use crate::signals::Signals;
use crate::unix::UnixPlace;
use back_off::BackOff;
use child::{Child, Forked, how};

/// How long servers have that were told to end at once; then they are killed.
const KILL_AFTER_TIME: Duration = Duration::from_secs(5);

/// Starts that fail in a row, a count, after which the program ends if no server is left.
const START_FAILURES_MAX: u32 = 6;

/// What every server has from the supervisor.
pub struct Inherited<'a> {
    pub config: &'a Config,
    pub program: Program,
    pub listeners: Vec<OwnedFd>,
    /// The supervisor's to remove.
    pub places: Vec<UnixPlace>,
    pub forks: Forks,
}

/// A server, or when it is started again.
#[derive(Default)]
struct Post {
    child: Option<Child>,
    due: Option<Instant>,
    back_off: BackOff,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Serving,
    /// Responses are finished.
    Draining,
    /// They are cut. Who is there at this time is killed.
    Ending(Instant),
}

struct Supervisor<'a> {
    inherited: Inherited<'a>,
    group: AcceptGroup,
    announcement: Announcement,
    id: u32,
    signals: Signals,
    /// Has bytes when a signal came.
    woken: UnixStream,
    posts: Vec<Post>,
    mode: Mode,
    /// That all serve is told.
    is_told: bool,
    /// That the log was opened anew is to be told.
    reloads: bool,
    start_failures: u32,
    /// Why it ends, if nobody has asked for it.
    fatal: Option<Fatal>,
}

/// Keeps so many servers until a signal ends all. It returns in each server that has ended, too.
///
/// # Errors
/// Why servers cannot be started.
pub fn supervise(
    inherited: Inherited<'_>,
    count: usize,
    announcement: Announcement,
) -> Result<(), Fatal> {
    let hang_up = inherited.config.log_file.is_some();
    let made = AcceptGroup::new().and_then(|group| {
        let mut signals = Signals::new(hang_up)?;
        Ok((group, signals.written(hang_up)?, signals))
    });
    let (group, woken, signals) = made.map_err(|error| Fatal::system("cannot start", &error))?;
    let mut supervisor = Supervisor {
        inherited,
        group,
        announcement,
        id: std::process::id(),
        signals,
        woken,
        posts: (0..count).map(|_| Post::default()).collect(),
        mode: Mode::Serving,
        is_told: false,
        reloads: false,
        start_failures: 0,
        fatal: None,
    };
    loop {
        if let Some(stream) = supervisor.start_due() {
            return supervisor.become_server(stream);
        }
        if supervisor.is_over() {
            break;
        }
        supervisor.wait();
        supervisor.hear();
        supervisor.heed_signals();
        supervisor.tell();
    }
    if supervisor.signals.interrupted() {
        supervisor.announcement.interrupted();
    }
    supervisor.fatal.map_or(Ok(()), Err)
}

impl Supervisor<'_> {
    fn children(&mut self) -> impl Iterator<Item = &mut Child> {
        self.posts.iter_mut().filter_map(|post| post.child.as_mut())
    }

    fn is_over(&mut self) -> bool {
        self.mode != Mode::Serving && self.children().next().is_none()
    }

    /// Starts the servers whose time has come; at first each when the one before it serves, so that
    /// what is wrong is told once. In a server it returns what that has to its supervisor.
    fn start_due(&mut self) -> Option<UnixStream> {
        let now = Instant::now();
        for at in 0..self.posts.len() {
            let post = &mut self.posts[at];
            if post.child.is_some() || post.due.is_some_and(|due| due > now) {
                continue;
            }
            if self.mode != Mode::Serving || (!self.is_told && self.children().any(|c| !c.serves)) {
                break;
            }
            match Child::start(&self.inherited.forks, now) {
                Ok(Forked::Here(stream)) => return Some(stream),
                Ok(Forked::There(child)) => {
                    (self.posts[at].child, self.posts[at].due) = (Some(child), None);
                }
                Err(error) => {
                    let fatal = Fatal::system("cannot start a server", &error);
                    self.start_failed(at, Duration::ZERO, fatal);
                }
            }
        }
        None
    }

    /// Goes on as a server, with nothing that is the supervisor's.
    fn become_server(self, stream: UnixStream) -> Result<(), Fatal> {
        drop((self.announcement, self.woken, self.posts));
        mem::forget(self.inherited.places);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _ = rustix::process::set_parent_process_death_signal(Some(Signal::TERM));
        let parent = getppid().map_or(0, |id| id.as_raw_nonzero().get().unsigned_abs());
        if parent != self.id {
            return Ok(());
        }
        let config = self.inherited.config;
        let made = listen(self.inherited.listeners, self.group).and_then(|builder| {
            let said = stream.try_clone()?;
            Ok((builder.drain_on(stream, config.drain_grace())?, said))
        });
        let (builder, said) = made.map_err(|error| Fatal::system("cannot start", &error))?;
        let watcher = Watcher::Supervisor(said);
        serve(
            builder,
            config,
            self.inherited.program,
            watcher,
            Some(self.signals),
        )
    }

    /// Waits for whatever comes next.
    fn wait(&mut self) {
        let dues = self.posts.iter().filter_map(|post| post.due);
        let next = match self.mode {
            Mode::Serving => dues.min(),
            Mode::Draining => None,
            Mode::Ending(until) => Some(until),
        };
        let left = next.map(|at| at.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        let streams = self
            .posts
            .iter()
            .filter_map(|post| post.child.as_ref()?.stream());
        let watched = streams.chain([&self.woken]);
        let mut polled: Vec<_> = watched
            .map(|stream| PollFd::new(stream, PollFlags::IN))
            .collect();
        // Interrupted or not, everything is looked at.
        let _ = poll(&mut polled, left.as_ref());
        while matches!((&self.woken).read(&mut [0; 64]), Ok(1..)) {}
    }

    /// Takes what servers have said.
    fn hear(&mut self) {
        let served = self.children().map(|child| child.hear());
        if served.fold(false, |any, first| any | first) {
            self.start_failures = 0;
        }
    }

    fn heed_signals(&mut self) {
        if self.signals.terminated() {
            self.announcement.stopping();
            let is_again = self.mode != Mode::Serving;
            self.end(is_again || self.signals.interrupted());
        }
        if self.signals.hung_up() && self.mode == Mode::Serving {
            self.announcement.reloading();
            self.inherited.program.reopen_log();
            self.reloads = true;
            for child in self.children() {
                child.reloads = true;
                child.signal(Signal::HUP);
            }
        }
        if self.signals.child_ended() {
            for at in 0..self.posts.len() {
                self.reap(at);
            }
            let keep: Vec<u32> = self.children().map(|child| child.id()).collect();
            sprat::reap_orphans(&keep);
        }
        let now = Instant::now();
        if matches!(self.mode, Mode::Ending(until) if until <= now) {
            self.mode = Mode::Ending(now + KILL_AFTER_TIME);
            self.children().for_each(|child| child.signal(Signal::KILL));
        }
    }

    /// Tells outside what is so of all servers.
    fn tell(&mut self) {
        if self.mode != Mode::Serving {
            return;
        }
        let all_serve =
            (self.posts.iter()).all(|post| post.child.as_ref().is_some_and(|child| child.serves));
        let is_first = !self.is_told && all_serve;
        let is_reloaded = self.reloads && self.children().all(|child| !child.reloads);
        if is_first || (self.is_told && is_reloaded) {
            (self.is_told, self.reloads) = (true, false);
            self.announcement.ready();
        }
    }

    /// Tells all to end. Nobody is let in by a listener that no server has any more.
    fn end(&mut self, at_once: bool) {
        self.inherited.listeners.clear();
        self.mode = match at_once {
            true => Mode::Ending(Instant::now() + KILL_AFTER_TIME),
            false => Mode::Draining,
        };
        self.children().for_each(|child| child.end(at_once));
    }

    /// Sees to the end of a server, if it has ended.
    fn reap(&mut self, at: usize) {
        let post = &mut self.posts[at];
        let Some(status) = post.child.as_ref().and_then(Child::reap) else {
            return;
        };
        let Some(child) = post.child.take() else {
            return;
        };
        // Somebody may wait whom it was woken for.
        self.group.nudge();
        let lived = child.lived(Instant::now());
        if self.mode != Mode::Serving {
            self.fatal = self.fatal.take().or_else(|| failure(status));
        } else if child.serves {
            let wait = self.start_again(at, lived);
            let (id, how, wait) = (child.id(), how(status), wait.as_millis());
            self.note(&format!(
                "server {id} {how}; another one starts in {wait} ms"
            ));
        } else {
            let silent = Fatal {
                code: 1,
                line: format!("a server {} as it started", how(status)),
            };
            self.start_failed(at, lived, failure(status).unwrap_or(silent));
        }
    }

    /// One could not be started. It is tried again, unless there has never been one or there is
    /// none left.
    fn start_failed(&mut self, at: usize, lived: Duration, fatal: Fatal) {
        self.start_failures += 1;
        let is_last = !self.children().any(|child| child.serves);
        if !self.is_told || (is_last && self.start_failures >= START_FAILURES_MAX) {
            self.fatal = Some(fatal);
            return self.end(true);
        }
        let wait = self.start_again(at, lived).as_millis();
        self.note(&format!(
            "a server could not be started; it is tried again in {wait} ms"
        ));
    }

    fn start_again(&mut self, at: usize, lived: Duration) -> Duration {
        let post = &mut self.posts[at];
        let wait = post.back_off.ended(lived);
        post.due = Instant::now().checked_add(wait);
        wait
    }

    /// Says something in the log.
    fn note(&mut self, message: &str) {
        let entry = Log::Error {
            peer: None,
            message,
        };
        self.inherited.program.log(entry);
        self.inherited.program.turn_ended();
    }
}

/// A server in the making, on all of these.
fn listen(listeners: Vec<OwnedFd>, group: AcceptGroup) -> io::Result<Builder> {
    let mut builder = Builder::new()?.accept_group(group)?;
    for listener in listeners {
        activation::add(&mut builder, listener)?;
    }
    Ok(builder)
}

/// What the program ends with for a server that ended so, if it has not ended well. One that has
/// exited has said why.
fn failure(status: WaitStatus) -> Option<Fatal> {
    match status.exit_status() {
        Some(0) => None,
        Some(code) => Some(Fatal {
            code: u8::try_from(code).unwrap_or(1),
            line: String::new(),
        }),
        None => Some(Fatal {
            code: 1,
            line: format!("a server {}", how(status)),
        }),
    }
}
