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
    /// It has asked for one.
    has_asked: bool,
    /// Its other end was closed.
    is_over: bool,
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
        self.0.push(SignalStream {
            stream,
            grace,
            has_asked: false,
            is_over: false,
        });
        Ok(())
    }

    /// Reads what was written; the end of a stream is as a byte. Returns the grace of the drain
    /// that was asked for, which is none if a stream has done so twice.
    pub fn take(&mut self) -> Option<Duration> {
        let mut asked = None;
        let mut bytes = [0; 16];
        for signal in &mut self.0 {
            let mut asks = 0;
            while !signal.is_over {
                match signal.stream.read(&mut bytes) {
                    Ok(count) => {
                        signal.is_over = count == 0;
                        asks += count.max(1);
                    }
                    Err(_) => break,
                }
            }
            if let Some(grace) = signal.grace.filter(|_| asks > 0) {
                let is_again = signal.has_asked || asks > 1;
                signal.has_asked = true;
                let grace = if is_again { Duration::ZERO } else { grace };
                asked = Some(asked.map_or(grace, |other: Duration| other.min(grace)));
            }
        }
        asked
    }
}
