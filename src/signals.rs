//! SIGINT and SIGTERM, turned into calls of [`Handle::drain`].
//!
//! A thread waits for them in read(2): the loop then needs no second look at anything, and a call
//! from a signal's own context would be allowed next to nothing. It costs a few pages of memory.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level::pipe};
use sprat::Handle;

/// How long running responses may take after SIGTERM.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// The stack of the thread, in bytes: it calls next to nothing.
const STACK_BYTES: usize = 64 * 1024;

/// Which signals came.
pub struct Signals {
    interrupted: Arc<AtomicBool>,
}

/// From now on SIGINT ends the server at once, SIGTERM after its responses, and a second signal of
/// either kind at once.
pub fn watch(handle: Handle) -> io::Result<Signals> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let (mut received, sent) = UnixStream::pair()?;
    // Actions of a signal run in this order: the flag is up when the byte arrives.
    flag::register(SIGINT, Arc::clone(&interrupted))?;
    pipe::register(SIGINT, sent.try_clone()?)?;
    pipe::register(SIGTERM, sent)?;
    let signals = Signals {
        interrupted: Arc::clone(&interrupted),
    };
    thread::Builder::new()
        .name("signals".into())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let mut grace = DRAIN_TIME;
            while received.read_exact(&mut [0]).is_ok() {
                if interrupted.load(Ordering::Acquire) {
                    grace = Duration::ZERO;
                }
                // It fails only if the server is gone, which is what was wanted.
                let _ = handle.drain(grace);
                grace = Duration::ZERO;
            }
        })?;
    Ok(signals)
}

impl Signals {
    /// Whether SIGINT came.
    pub fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Acquire)
    }
}
