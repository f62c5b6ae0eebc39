//! Lines to a descriptor that may be a stuck pipe: gathered, written without waiting, or dropped.

use std::io::{ErrorKind, Write};
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};

use crate::sys::output::{PIPE_BYTES, is_regular_file, write_polled, write_without_waiting};

/// Most bytes of lines that wait to be written. Past it: lines are dropped and counted. A Linux
/// pipe holds as much.
pub const PENDING_BYTES_MAX: usize = 64 * 1024;

/// Writes whole lines to a descriptor, and never waits for it.
///
/// Lines are gathered until [`flush`](LineSink::flush). What nobody takes is kept up to
/// [`PENDING_BYTES_MAX`]; lines past that are dropped, as are those that meet an error (closed, the
/// reader is gone, the disk is full). Once the descriptor takes bytes again, a line says how many
/// they were. The descriptor is never made non-blocking, for it may be shared.
pub struct LineSink<F> {
    fd: F,
    lines: SinkLines,
}

impl<F: AsFd> LineSink<F> {
    /// A sink for this descriptor.
    pub fn new(fd: F) -> LineSink<F> {
        LineSink {
            lines: SinkLines {
                regular_file: is_regular_file(fd.as_fd()),
                ..SinkLines::default()
            },
            fd,
        }
    }

    /// Adds a line that has its line end.
    pub fn line(&mut self, line: &[u8]) {
        self.lines.add(self.fd.as_fd(), line);
    }

    /// Writes what was gathered, as far as that does not wait.
    pub fn flush(&mut self) {
        self.flush_telling(&append_gap);
    }

    /// The same; how many lines were dropped is told in these words.
    pub(super) fn flush_telling(&mut self, append_gap: &dyn Fn(&mut Vec<u8>, u64)) {
        self.lines.flush(self.fd.as_fd(), append_gap);
    }

    /// Goes on with another descriptor; returns the old one.
    pub(super) fn replace(&mut self, fd: F) -> F {
        self.lines.regular_file = is_regular_file(fd.as_fd());
        self.lines.is_inside = false;
        mem::replace(&mut self.fd, fd)
    }

    /// How many bytes wait to be written.
    pub fn pending(&self) -> usize {
        self.lines.pending.len()
    }

    /// How many lines were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.lines.reported + self.lines.dropped
    }
}

/// The lines of a sink, whatever its descriptor is.
#[derive(Default)]
struct SinkLines {
    regular_file: bool,
    pending: Vec<u8>,
    /// The last byte that was written is inside a line.
    is_inside: bool,
    /// Dropped since the last report of it.
    dropped: u64,
    reported: u64,
}

impl SinkLines {
    fn add(&mut self, fd: BorrowedFd<'_>, line: &[u8]) {
        if self.pending.len() + line.len() > PENDING_BYTES_MAX {
            self.write(fd);
        }
        // Once a line was dropped, so are the ones after it until the gap is reported: the log
        // stays in order, and a gap is where its report says.
        if self.dropped > 0 || self.pending.len() + line.len() > PENDING_BYTES_MAX {
            self.dropped += 1;
        } else {
            self.pending.extend_from_slice(line);
        }
    }

    fn flush(&mut self, fd: BorrowedFd<'_>, append_gap: &dyn Fn(&mut Vec<u8>, u64)) {
        self.write(fd);
        if self.dropped == 0 || !self.pending.is_empty() {
            return;
        }
        let before = self.dropped;
        append_gap(&mut self.pending, before);
        self.write(fd);
        // What could not be told is no line of the log: it is told the next time.
        if self.dropped == before {
            self.reported += before;
            self.dropped = 0;
        } else {
            self.dropped = before;
        }
    }

    fn write(&mut self, fd: BorrowedFd<'_>) {
        let mut written = 0;
        // An error has cut a line; the next one is a line of its own.
        let was_inside = self.is_inside && !self.pending.is_empty();
        if was_inside {
            self.pending.insert(0, b'\n');
        }
        while written < self.pending.len() {
            let rest = &self.pending[written..];
            let wrote = match self.regular_file {
                true => write_polled(fd, rest),
                false => write_without_waiting(fd, piece(rest)),
            };
            match wrote {
                Ok(n) => written += n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // Closed, or its reader is gone, or the disk is full.
                Err(_) => {
                    self.drop_pending(written, was_inside);
                    return;
                }
            }
        }
        if was_inside {
            // If nothing went, it goes before the next try.
            self.is_inside = written == 0;
            written = written.max(1);
        }
        self.pending.drain(..written);
    }

    /// Drops what was not written, and counts it.
    fn drop_pending(&mut self, written: usize, was_inside: bool) {
        self.is_inside = match self.pending[..written].last() {
            Some(&last) => last != b'\n',
            None => was_inside,
        };
        let rest = &self.pending[written.max(usize::from(was_inside))..];
        self.dropped += rest.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.pending.clear();
    }
}

/// Says how many lines were dropped.
pub(super) fn append_gap(out: &mut Vec<u8>, lines: u64) {
    // A write to a `Vec` cannot fail.
    let _ = writeln!(out, "sprat: {lines} log lines dropped");
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
