//! The chunked transfer coding, decoded a byte at a time if need be (RFC 9112 section 7.1).

use super::body::Next;
use super::fault::Fault;

/// The state of a chunked decoder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunked {}

impl Chunked {
    /// See [`Decoder::next`](super::body::Decoder::next).
    ///
    /// # Errors
    /// [`Fault::BadChunk`] or [`Fault::TrailersTooLarge`].
    pub fn next(&mut self, input: &[u8]) -> Result<Next, Fault> {
        let _ = input;
        Ok(Next::More { skip: 0 })
    }

    /// See [`Decoder::took`](super::body::Decoder::took).
    pub fn took(&mut self, len: usize) {
        let _ = len;
    }
}
