//! Bodies that are changed on their way: compressed, filled in, counted.

use std::borrow::Cow;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use super::body::Body;
use super::cx::Cx;
use super::response::Response;
use super::shared::{SharedBytes, SharedFile};
use super::stream::{BodySource, Pull, Sink};

/// What a filter is given at a time, in bytes, at most.
const FILTER_BYTES: usize = 16 * 1024;

/// What changes the bytes of a body while they are sent. What it puts out of one piece is held
/// until the peer takes it, and counts among what the handler [bounds](crate::Limits) itself.
pub trait BodyFilter {
    /// Takes the next bytes, 16 KiB at most, and appends to `out` what has come of them, if
    /// anything has yet.
    ///
    /// # Errors
    /// An error cuts the connection, because the head has already gone out.
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()>;

    /// The body waits for something: what the filter holds back can be of use to the peer now, as
    /// in a stream of events.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let _ = out;
        Ok(())
    }

    /// The body is complete: appends what is left.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let _ = out;
        Ok(())
    }
}

impl Response {
    /// Sends the body through a filter. Its length is not known then, so it is sent in chunks.
    /// Left as they are: an empty body, several ranges of a file, what an exchange gives itself
    /// ([`Body::Streamed`]), and an [error](Response::error), whose page is made later; `false` is
    /// returned for these. What fields say of the body (a coding, a tag, a range) is for the
    /// caller to change.
    ///
    /// ```
    /// # use std::io;
    /// # use sprat::{BodyFilter, Response, Status};
    /// struct Upper;
    ///
    /// impl BodyFilter for Upper {
    ///     fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    ///         out.extend(bytes.iter().map(u8::to_ascii_uppercase));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut response = Response::new(Status::OK).text("quiet\n");
    /// assert!(response.filter(Upper));
    /// ```
    pub fn filter(&mut self, filter: impl BodyFilter + 'static) -> bool {
        if self.is_error_page() {
            return false;
        }
        let source = match self.take_body() {
            Body::Bytes(bytes) => Raw::Bytes(bytes, 0),
            Body::File { file, range } => Raw::File(file, range),
            Body::Held { bytes, range } => match bytes {
                Some(bytes) => Raw::Held(bytes, range),
                // It answers HEAD, for which nobody pulls.
                None => Raw::Bytes(Cow::Borrowed(&[]), 0),
            },
            Body::Source(source) => Raw::Source(source),
            other => {
                self.set_body(other);
                return false;
            }
        };
        self.set_body(Body::Source(Box::new(Filtered {
            source,
            filter,
            piece: Vec::new(),
            ready: Vec::new(),
            sent: 0,
            is_over: false,
        })));
        true
    }
}

enum Raw {
    /// And how many of them were given.
    Bytes(Cow<'static, [u8]>, usize),
    File(SharedFile, Range<u64>),
    Held(SharedBytes, Range<u64>),
    Source(Box<dyn BodySource>),
}

impl Raw {
    /// Appends the next piece.
    fn pull(&mut self, piece: &mut Vec<u8>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        match self {
            Raw::Bytes(bytes, at) => {
                let end = bytes.len().min(*at + FILTER_BYTES);
                piece.extend_from_slice(&bytes[*at..end]);
                *at = end;
                Ok(if end == bytes.len() {
                    Pull::Done
                } else {
                    Pull::More
                })
            }
            Raw::File(_, range) | Raw::Held(_, range) if range.is_empty() => Ok(Pull::Done),
            Raw::Held(bytes, range) => {
                // What is in memory has a length that fits.
                let next = range.end.min(range.start + FILTER_BYTES as u64);
                let part = bytes.get(range.start as usize..next as usize);
                piece.extend_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
                range.start = next;
                Ok(Pull::More)
            }
            Raw::File(file, range) => {
                let len = (range.end - range.start).min(FILTER_BYTES as u64) as usize;
                piece.resize(len, 0);
                let read = file.as_ref().read_at(piece, range.start)?;
                piece.truncate(read);
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                range.start += read as u64;
                Ok(Pull::NextTurn)
            }
            Raw::Source(source) => source.pull(&mut Sink::new(piece, FILTER_BYTES), cx),
        }
    }
}

struct Filtered<F> {
    source: Raw,
    filter: F,
    piece: Vec<u8>,
    /// What the filter has put out, and how much of it was sent.
    ready: Vec<u8>,
    sent: usize,
    is_over: bool,
}

impl<F: BodyFilter> BodySource for Filtered<F> {
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        let mut pull = Pull::More;
        if self.sent == self.ready.len() && !self.is_over {
            self.ready.clear();
            self.piece.clear();
            self.sent = 0;
            pull = self.source.pull(&mut self.piece, cx)?;
            self.filter.push(&self.piece, &mut self.ready)?;
            match pull {
                Pull::Pending => self.filter.flush(&mut self.ready)?,
                Pull::Done => {
                    self.is_over = true;
                    self.filter.finish(&mut self.ready)?;
                }
                Pull::More | Pull::NextTurn => {}
            }
        }
        self.sent += out.put(&self.ready[self.sent..]);
        Ok(match self.sent == self.ready.len() {
            true if self.is_over => Pull::Done,
            true => pull,
            // The source is asked again when this is gone.
            false => Pull::More,
        })
    }
}

#[cfg(test)]
mod tests;
