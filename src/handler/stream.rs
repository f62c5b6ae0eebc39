//! Response bodies that are made while they are sent.

use std::fmt;
use std::io;

use super::cx::Cx;

/// What one `pull` achieved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pull {
    /// Wrote what it could; call again when there is room. Writing nothing asks for more room, or,
    /// if the buffer is empty, for another turn: for work that is done in steps. The loop does not
    /// sleep meanwhile, so whoever waits says [`Pending`](Self::Pending) instead; after
    /// [`STEPS_MAX`](crate::limits::STEPS_MAX) such steps in a row the log has a `bug:` line, and
    /// there is one in each 10 milliseconds only.
    More,
    /// Wrote what it could, or nothing, and has worked long enough for one turn: call again in the
    /// next, after the other connections, if there is room. So a body whose bytes are dear holds up
    /// nobody. Steps that give nothing count as those of [`More`](Self::More) do.
    NextTurn,
    /// Wrote what it had, or nothing, and will call the waker, or has set a deadline. What it
    /// wrote is sent.
    Pending,
    /// The body is complete.
    Done,
}

/// In an error: its cause is in the log already.
#[derive(Debug)]
pub(crate) struct Told(io::ErrorKind);

impl Told {
    /// Such an error.
    #[cfg(any(test, feature = "cgi"))]
    pub(crate) fn error(kind: io::ErrorKind) -> io::Error {
        io::Error::new(kind, Told(kind))
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Told {}

/// A window onto the connection's send buffer. Never grows: [`room`](Sink::room) is the
/// backpressure. When the buffer is empty there are at least 60 KiB of it, so that a line or an
/// event of up to that length can be put whole or not at all.
pub struct Sink<'a> {
    buf: &'a mut Vec<u8>,
    room: usize,
}

impl<'a> Sink<'a> {
    /// A window that appends at most `room` bytes to `buf`.
    pub fn new(buf: &'a mut Vec<u8>, room: usize) -> Sink<'a> {
        Sink { buf, room }
    }

    /// How many bytes may still be put, in bytes.
    pub fn room(&self) -> usize {
        self.room
    }

    /// Appends as much of `bytes` as fits; returns how much that was.
    pub fn put(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(self.room);
        self.buf.extend_from_slice(&bytes[..n]);
        self.room -= n;
        n
    }
}

/// A response body that is made while it is sent.
pub trait BodySource {
    /// Writes some bytes. Called only while the peer takes them; each call should be short.
    ///
    /// # Errors
    /// An error cuts the connection, because the head has already gone out.
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull>;

    /// The exact length in bytes if known: picks `Content-Length` over chunked.
    fn len(&self) -> Option<u64> {
        None
    }

    /// Whether the length is known to be zero.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }
}
