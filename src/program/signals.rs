//! Signals, written to a pipe that the server reads in its own loop: no thread, and next to nothing
//! in a signal's context.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::SigId;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use signal_hook::low_level::{pipe, unregister};
use sprat::Builder;

/// Which signals came.
pub struct Signals {
    interrupted: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
    hung_up: Arc<AtomicBool>,
    child_ended: Arc<AtomicBool>,
    actions: Vec<SigId>,
}

/// From now on SIGINT ends the server at once, SIGTERM after its responses, which may take so long,
/// and a second one at once. A write past a limit on file sizes is an error, as
/// it is in Python, and not the end; scripts do not inherit the handler, and are ended by it as
/// ever. With `hang_up`, SIGHUP does not end it either.
pub fn watch(builder: Builder, grace: Duration, hang_up: bool) -> io::Result<(Builder, Signals)> {
    let mut signals = Signals::new(hang_up)?;
    let builder = builder.drain_on(signals.written_at(SIGINT)?, Duration::ZERO)?;
    let mut builder = builder.drain_on(signals.written_at(SIGTERM)?, grace)?;
    for signal in [SIGCHLD].into_iter().chain(hang_up.then_some(SIGHUP)) {
        builder = builder.wake_on(signals.written_at(signal)?)?;
    }
    Ok((builder, signals))
}

impl Signals {
    /// From now on they are noted, SIGHUP if that is asked for.
    pub fn new(hang_up: bool) -> io::Result<Signals> {
        let mut signals = Signals {
            interrupted: Arc::default(),
            terminated: Arc::default(),
            hung_up: Arc::default(),
            // One may have ended before.
            child_ended: Arc::new(true.into()),
            actions: Vec::new(),
        };
        // Actions of a signal run in this order: the flag is up when the byte arrives.
        let flags = [
            (SIGINT, &signals.interrupted),
            (SIGINT, &signals.terminated),
            (SIGTERM, &signals.terminated),
            (SIGXFSZ, &Arc::default()),
            (SIGCHLD, &signals.child_ended),
            (SIGHUP, &signals.hung_up),
        ];
        let flags = flags
            .iter()
            .filter(|(signal, _)| *signal != SIGHUP || hang_up);
        let actions = flags.map(|(signal, flag)| flag::register(*signal, Arc::clone(flag)));
        let actions: io::Result<Vec<SigId>> = actions.collect();
        signals.actions = actions?;
        Ok(signals)
    }

    /// A stream that has a byte for each of these signals.
    fn written_at(&mut self, signal: i32) -> io::Result<UnixStream> {
        let (received, sent) = UnixStream::pair()?;
        self.actions.push(pipe::register(signal, sent)?);
        Ok(received)
    }

    /// A stream that has bytes when any of them came.
    pub fn written(&mut self, hang_up: bool) -> io::Result<UnixStream> {
        let (received, sent) = UnixStream::pair()?;
        received.set_nonblocking(true)?;
        let watched = [SIGINT, SIGTERM, SIGCHLD];
        for signal in watched.iter().chain(hang_up.then_some(&SIGHUP)) {
            self.actions
                .push(pipe::register(*signal, sent.try_clone()?)?);
        }
        Ok(received)
    }

    /// From now on they are noted by others alone: those of the process that this one was made of.
    pub fn forget(&mut self) {
        for action in self.actions.drain(..) {
            unregister(action);
        }
    }

    /// Whether SIGHUP came since the last look.
    pub fn hung_up(&self) -> bool {
        self.hung_up.swap(false, Ordering::AcqRel)
    }

    /// Whether a child may have ended since the last look: a script, or one that nobody here has
    /// started: an orphan that the first process of a container is given, a child of the shell
    /// that this program took the place of, one that a script has made its sibling (clone(2),
    /// CLONE_PARENT).
    pub fn child_ended(&self) -> bool {
        self.child_ended.swap(false, Ordering::AcqRel)
    }

    /// Whether SIGINT or SIGTERM came since the last look.
    pub fn terminated(&self) -> bool {
        self.terminated.swap(false, Ordering::AcqRel)
    }

    /// Whether SIGINT came.
    pub fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Acquire)
    }
}
