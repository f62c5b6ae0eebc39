//! SIGINT and SIGTERM, written to a pipe that the server reads in its own loop: no thread, and next
//! to nothing in a signal's context.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::{flag, low_level::pipe};
use sprat::Builder;

/// How long running responses may take after SIGTERM.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Which signals came.
pub struct Signals {
    interrupted: Arc<AtomicBool>,
}

/// From now on SIGINT ends the server at once, SIGTERM after its responses, and a second signal of
/// either kind at once. A write past a limit on file sizes is an error, as it is in Python, and not
/// the end; scripts, which a handler is not handed on to, are ended by it as ever.
pub fn watch(builder: Builder) -> io::Result<(Builder, Signals)> {
    let interrupted = Arc::new(AtomicBool::new(false));
    // Actions of a signal run in this order: the flag is up when the byte arrives.
    flag::register(SIGINT, Arc::clone(&interrupted))?;
    flag::register(SIGXFSZ, Arc::default())?;
    let builder = drain_on(builder, SIGINT, Duration::ZERO)?;
    let builder = drain_on(builder, SIGTERM, DRAIN_TIME)?;
    Ok((builder, Signals { interrupted }))
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
