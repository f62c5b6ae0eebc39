//! What a worker writes: a response's body, or another protocol.

use std::io::{self, Read, Write};
use std::sync::Arc;

use super::hatch::Hatch;

/// A response's body that is being written, by
/// [`Request::respond_writing`](super::Request::respond_writing).
///
/// What is written is on its way at once, and [`flush`](Write::flush) does nothing. A write waits
/// while [`PIPE_BYTES_MAX`](super::PIPE_BYTES_MAX) bytes are not taken by the peer, for
/// [`Limits::stall_time`](crate::Limits::stall_time) at most; `BrokenPipe` says that the peer has
/// gone, or was cut. Many small pieces are cheaper through a [`BufWriter`](io::BufWriter).
///
/// The body is complete with [`finish`](Self::finish). One that is dropped before, as by a panic,
/// is cut, so that its peer can tell.
pub struct BodyWriter {
    /// None where the response has no body, as for HEAD.
    hatch: Option<Arc<Hatch>>,
}

impl BodyWriter {
    pub(super) fn new(hatch: Option<Arc<Hatch>>) -> BodyWriter {
        BodyWriter { hatch }
    }

    /// Whether what is written goes anywhere.
    pub(super) fn has_body(&self) -> bool {
        self.hatch.is_some()
    }

    /// That was all.
    ///
    /// # Errors
    /// `BrokenPipe` if the peer has gone before all was handed over. (Of what was handed over the
    /// end is in the log, as [`Log::Over`](crate::Log::Over).)
    pub fn finish(mut self) -> io::Result<()> {
        self.hatch.take().map_or(Ok(()), |hatch| hatch.end(true))
    }
}

impl Write for BodyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.hatch {
            Some(hatch) => hatch.write(bytes),
            None => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for BodyWriter {
    fn drop(&mut self) {
        if let Some(hatch) = self.hatch.take() {
            // Nobody is left who could be told.
            let _ = hatch.end(false);
        }
    }
}

/// A connection that was switched to another protocol, by
/// [`Request::upgrade`](super::Request::upgrade).
///
/// Reading waits for bytes of the peer, and gives 0 when it has ended its side; writing is that of
/// a [`BodyWriter`]. As with a [`TcpStream`](std::net::TcpStream), `&Stream` reads and writes, so
/// that two threads can share one. The connection is cut when nothing was sent or received for
/// [`Limits::stall_time`](crate::Limits::stall_time): a protocol that is quiet for longer sends
/// something now and then.
///
/// With the drop our side ends, after what was written. What the peer still sends is dropped, for 2
/// seconds at most; then the connection is cut, as it is, after its time, with one that is quiet.
pub struct Stream {
    hatch: Arc<Hatch>,
}

impl Stream {
    pub(super) fn new(hatch: Arc<Hatch>) -> Stream {
        Stream { hatch }
    }

    /// Ends our side; what the peer sends can still be read.
    ///
    /// # Errors
    /// `BrokenPipe` if the peer has gone before all was handed over.
    pub fn finish(&self) -> io::Result<()> {
        self.hatch.end(true)
    }
}

impl Read for &Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.hatch.read(out)
    }
}

impl Write for &Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hatch.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.hatch.read(out)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hatch.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.hatch.stop_reading();
        let _ = self.hatch.end(true);
    }
}
