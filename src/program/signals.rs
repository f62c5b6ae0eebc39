//! SIGINT and SIGTERM, written to a pipe that the server reads in its own loop: no thread, and next
//! to nothing in a signal's context. SIGCHLD has a thread, in the first process of a container.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGCHLD, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::{flag, low_level::pipe};
use sprat::{Builder, Handle};

/// How long running responses may take after SIGTERM.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Which signals came.
pub struct Signals {
    interrupted: Arc<AtomicBool>,
}

/// From now on SIGINT ends the server at once, SIGTERM after its responses, and a second signal of
/// either kind at once. A write past a limit on file sizes is an error, as it is in Python, and not
/// the end; scripts do not inherit the handler, and are ended by it as ever.
pub fn watch(builder: Builder) -> io::Result<(Builder, Signals)> {
    let interrupted = Arc::new(AtomicBool::new(false));
    // Actions of a signal run in this order: the flag is up when the byte arrives.
    flag::register(SIGINT, Arc::clone(&interrupted))?;
    flag::register(SIGXFSZ, Arc::default())?;
    let builder = drain_on(builder, SIGINT, Duration::ZERO)?;
    let builder = drain_on(builder, SIGTERM, DRAIN_TIME)?;
    Ok((builder, Signals { interrupted }))
}

/// Makes the server take a turn when a child has ended, be it its own or an orphan.
pub fn wake_on_orphans(handle: Handle) -> io::Result<()> {
    let (mut received, sent) = UnixStream::pair()?;
    pipe::register(SIGCHLD, sent)?;
    thread::Builder::new().spawn(move || {
        // Many ends are one.
        while let Ok(1..) = received.read(&mut [0; 64]) {
            let _ = handle.wake();
        }
    })?;
    Ok(())
}

fn drain_on(builder: Builder, signal: i32, grace: Duration) -> io::Result<Builder> {
    let (received, sent) = UnixStream::pair()?;
    pipe::register(signal, sent)?;
    builder.drain_on(received, grace)
}

impl Signals {
    /// Whether SIGINT came.
    pub fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Acquire)
    }
}
