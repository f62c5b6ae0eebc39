//! Lines to a descriptor that may be a stuck pipe: gathered, written without waiting, or dropped.

use std::io::{ErrorKind, Write};
use std::os::fd::AsFd;

use crate::sys::output::{PIPE_BYTES, is_regular_file, write_without_waiting};

/// Most bytes of lines that wait to be written. Past it: lines are dropped and counted. A Linux
/// pipe holds as much.
pub const PENDING_BYTES_MAX: usize = 64 * 1024;

/// Writes whole lines to a descriptor, and never waits for it.
///
/// Lines are gathered until [`flush`](LineSink::flush). What nobody takes is kept up to
/// [`PENDING_BYTES_MAX`]; lines past that are dropped, and once the descriptor takes bytes again a
/// line says how many they were. A descriptor that gives an error (closed, or the reader is gone)
/// swallows everything. The descriptor is never made non-blocking, for it may be shared.
pub struct LineSink<F> {
    fd: F,
    regular_file: bool,
    pending: Vec<u8>,
    /// Dropped since the last report of it.
    dropped: u64,
    reported: u64,
}

impl<F: AsFd> LineSink<F> {
    /// A sink for this descriptor.
    pub fn new(fd: F) -> LineSink<F> {
        LineSink {
            regular_file: is_regular_file(fd.as_fd()),
            fd,
            pending: Vec::new(),
            dropped: 0,
            reported: 0,
        }
    }

    /// Adds a line that has its line end.
    pub fn line(&mut self, line: &[u8]) {
        if self.pending.len() + line.len() > PENDING_BYTES_MAX {
            self.flush();
        }
        // Once a line was dropped, so are the ones after it until the gap is reported: the log
        // stays in order, and a gap is where its report says.
        if self.dropped > 0 || self.pending.len() + line.len() > PENDING_BYTES_MAX {
            self.dropped += 1;
        } else {
            self.pending.extend_from_slice(line);
        }
    }

    /// Writes what was gathered, as far as that does not wait.
    pub fn flush(&mut self) {
        self.write_pending();
        if self.dropped > 0 && self.pending.is_empty() {
            // A write to a `Vec` cannot fail.
            let _ = writeln!(self.pending, "sprat: {} log lines dropped", self.dropped);
            self.reported += self.dropped;
            self.dropped = 0;
            self.write_pending();
        }
    }

    /// How many bytes wait to be written.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// How many lines were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.reported + self.dropped
    }

    fn write_pending(&mut self) {
        let mut written = 0;
        while written < self.pending.len() {
            let rest = &self.pending[written..];
            let piece = if self.regular_file { rest } else { piece(rest) };
            match write_without_waiting(self.fd.as_fd(), piece) {
                Ok(n) => written += n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // Closed, or its reader is gone, or the disk is full: there is nobody to tell.
                Err(_) => written = self.pending.len(),
            }
        }
        self.pending.drain(..written);
    }
}

/// The whole lines at the start of `rest` that a writable pipe takes at once; of a line that is
/// longer, as much as it takes.
fn piece(rest: &[u8]) -> &[u8] {
    let Some(head) = rest.get(..PIPE_BYTES) else {
        return rest;
    };
    match head.iter().rposition(|&byte| byte == b'\n') {
        Some(end) => &head[..=end],
        None => head,
    }
}

#[cfg(test)]
mod tests;
