//! A request body's bytes, whatever delimits them.

use super::chunked::Chunked;
use super::fault::Fault;
use super::framing::BodyLen;

/// What comes next in the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// The first `skip` bytes are framing; then more input is needed.
    More {
        /// Bytes of framing, which are consumed.
        skip: usize,
    },
    /// The first `skip` bytes are framing, the `len` after them are body bytes. The decoder counts
    /// them only when it is told through [`Decoder::took`].
    Data {
        /// Bytes of framing, which are consumed.
        skip: usize,
        /// Body bytes that follow; at least 1.
        len: usize,
    },
    /// The first `skip` bytes end the body.
    End {
        /// Bytes of framing, which are consumed.
        skip: usize,
    },
}

/// A resumable decoder of one request body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoder {
    /// This many bytes are left.
    Length(u64),
    /// Chunked.
    Chunked(Chunked),
}

impl Decoder {
    /// A decoder for a body of this length; `None` for no body.
    pub fn new(len: BodyLen) -> Option<Decoder> {
        let _ = len;
        None
    }

    /// Looks at the input without taking body bytes.
    ///
    /// # Errors
    /// [`Fault::BadChunk`] or [`Fault::TrailersTooLarge`].
    pub fn next(&mut self, input: &[u8]) -> Result<Next, Fault> {
        let _ = input;
        Ok(Next::More { skip: 0 })
    }

    /// `len` body bytes of the last [`Next::Data`] were taken.
    pub fn took(&mut self, len: usize) {
        let _ = len;
    }

    /// How many body bytes are left, if known.
    pub fn remaining(&self) -> Option<u64> {
        None
    }
}
