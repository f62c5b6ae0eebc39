//! Every limit of a script run: its unit, its default, and what happens past it.

use std::time::Duration;

const KIB: usize = 1024;

/// Most scripts at once, a count. Past it: requests wait.
pub const SCRIPTS_MAX: usize = 32;

/// Most requests that wait for a script to end, a count. Past it: 503 with `Retry-After`, to the
/// newest of the peer that has most.
pub const WAITING_MAX: usize = 128;

/// How long a request waits for its turn. Past it: 503 with `Retry-After`.
pub const WAITING_TIME: Duration = Duration::from_secs(30);

/// How long a script may be silent, before its head (504) and after it (the connection is cut).
pub const SILENCE_TIME: Duration = Duration::from_secs(300);

/// From the end of a script's output to its exit, and from its exit to the end of its output; from
/// its head to the answer to a HEAD.
pub const GRACE_TIME: Duration = Duration::from_secs(2);

/// Longest head of a script, in bytes, blank line included. Past it: 502. As for a request.
pub const HEAD_BYTES_MAX: usize = 32 * KIB;

/// How much of a request body is in before its script starts, and takes a place, in bytes: all of
/// a shorter one. Past it: the script has the rest as it comes.
pub const START_BYTES: usize = 64 * KIB;

/// Most bytes of a chunked request body that are kept in memory, in bytes. Past it: a file.
pub const SPOOL_MEMORY_BYTES_MAX: usize = START_BYTES;

/// Longest chunked request body, in bytes. Past it: 413.
pub const SPOOL_BYTES_MAX: u64 = 1 << 30;

/// Most bytes that all chunked request bodies have in files together, in bytes. Past it: 507.
pub const SPACE_BYTES_MAX: u64 = 1 << 30;

/// Most arguments that a query makes, a count. Past it: none at all.
pub const ARGUMENTS_MAX: usize = 256;

/// Longest line of a script's stderr in the log, in bytes. Past it: the line is broken.
pub const STDERR_LINE_BYTES_MAX: usize = KIB;

/// Most bytes of one run's stderr in the log, in bytes, with the name before each line. Past it:
/// read, counted and dropped.
pub const STDERR_BYTES_MAX: usize = 64 * KIB;

/// Most output read and dropped of a script whose response has no body, in bytes. Past it: the
/// script is stopped.
pub const DROPPED_BYTES_MAX: u64 = KIB as u64 * KIB as u64;

/// How much is read of a pipe by one call, in bytes. A Linux pipe holds 64 KiB.
pub const READ_BYTES: usize = 32 * KIB;

/// Most reads of one pipe in one call of the exchange, a count, so that no script owns the loop.
pub const READS_MAX: usize = 4;

/// The value of `Retry-After`, in seconds.
pub const RETRY_AFTER: &str = "2";

const _: () = assert!(STDERR_LINE_BYTES_MAX <= STDERR_BYTES_MAX);
const _: () = assert!(HEAD_BYTES_MAX <= READ_BYTES * READS_MAX);

/// Appends bytes, with room that grows as a vector's does but not past `bytes_max`.
pub(super) fn append_within(buf: &mut Vec<u8>, bytes: &[u8], bytes_max: usize) {
    let len = buf.len() + bytes.len();
    if len > buf.capacity() {
        let room = (2 * buf.capacity()).min(bytes_max).max(len);
        buf.reserve_exact(room - buf.len());
    }
    buf.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests;
