//! Streams that the signal handlers of a program write to: so signals need no thread, and the
//! library needs no handlers.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::reactor::token::{self, SERVER};

/// The first of their keys: those of listeners are below.
pub const FIRST_KEY: usize = 1 << 20;

struct SignalStream {
    stream: mio::net::UnixStream,
    /// Asks for a drain with this grace; without one it only ends a wait.
    grace: Option<Duration>,
}

/// All of them.
#[derive(Default)]
pub struct SignalStreams(Vec<SignalStream>);

impl SignalStreams {
    /// Adds one.
    ///
    /// # Errors
    /// It cannot be made non-blocking or be polled.
    pub fn add(
        &mut self,
        stream: UnixStream,
        grace: Option<Duration>,
        registry: &mio::Registry,
    ) -> io::Result<()> {
        stream.set_nonblocking(true)?;
        let mut stream = mio::net::UnixStream::from_std(stream);
        let token = token::encode(FIRST_KEY + self.0.len(), SERVER);
        registry.register(&mut stream, token, mio::Interest::READABLE)?;
        self.0.push(SignalStream { stream, grace });
        Ok(())
    }

    /// Reads what was written. Returns the grace of the drain that was asked for, which is none if
    /// that was done twice.
    pub fn take(&mut self) -> Option<Duration> {
        let mut asked = None;
        let mut bytes = [0; 16];
        for signal in &mut self.0 {
            while let Ok(count @ 1..) = signal.stream.read(&mut bytes) {
                let Some(grace) = signal.grace else {
                    continue;
                };
                let is_again = count > 1 || asked.is_some();
                asked = Some(if is_again { Duration::ZERO } else { grace });
            }
        }
        asked
    }
}
