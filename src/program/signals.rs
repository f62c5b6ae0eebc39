//! Signals, written to a pipe that the server reads in its own loop: no thread, and next to nothing
//! in a signal's context.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::{flag, low_level::pipe};
use sprat::Builder;

/// Which signals came.
pub struct Signals {
    interrupted: Arc<AtomicBool>,
    hung_up: Arc<AtomicBool>,
    child_ended: Arc<AtomicBool>,
}

/// From now on SIGINT ends the server at once, SIGTERM after its responses, which may take so long,
/// and a second signal of either kind at once. A write past a limit on file sizes is an error, as
/// it is in Python, and not the end; scripts do not inherit the handler, and are ended by it as
/// ever.
pub fn watch(builder: Builder, grace: Duration) -> io::Result<(Builder, Signals)> {
    let signals = Signals {
        interrupted: Arc::default(),
        hung_up: Arc::default(),
        // One may have ended before.
        child_ended: Arc::new(true.into()),
    };
    // Actions of a signal run in this order: the flag is up when the byte arrives.
    flag::register(SIGINT, Arc::clone(&signals.interrupted))?;
    flag::register(SIGXFSZ, Arc::default())?;
    flag::register(SIGCHLD, Arc::clone(&signals.child_ended))?;
    let builder = drain_on(builder, SIGINT, Duration::ZERO)?;
    let builder = drain_on(builder, SIGTERM, grace)?;
    let builder = wake_on(builder, SIGCHLD)?;
    Ok((builder, signals))
}

fn drain_on(builder: Builder, signal: i32, grace: Duration) -> io::Result<Builder> {
    let (received, sent) = UnixStream::pair()?;
    pipe::register(signal, sent)?;
    builder.drain_on(received, grace)
}

fn wake_on(builder: Builder, signal: i32) -> io::Result<Builder> {
    let (received, sent) = UnixStream::pair()?;
    pipe::register(signal, sent)?;
    builder.wake_on(received)
}

impl Signals {
    /// From now on SIGHUP does not end the server: it is told by [`hung_up`](Signals::hung_up).
    pub fn wake_on_hang_up(&self, builder: Builder) -> io::Result<Builder> {
        flag::register(SIGHUP, Arc::clone(&self.hung_up))?;
        wake_on(builder, SIGHUP)
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

    /// Whether SIGINT came.
    pub fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Acquire)
    }
}
