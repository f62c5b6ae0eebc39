//! A request body's bytes, whatever delimits them (RFC 9112 section 6).

use super::chunked::Chunked;
pub use super::chunked::{Gathered, Next};
use super::fault::Fault;
use super::framing::BodyLen;

/// A resumable decoder of one request body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoder {
    /// This many bytes are left.
    Length(u64),
    /// Chunked.
    Chunked(Chunked),
}

// It lives in each connection's slot.
const _: () = assert!(size_of::<Decoder>() <= 16);

impl Decoder {
    /// A decoder for a body of this length; `None` for no body.
    pub fn new(len: BodyLen) -> Option<Decoder> {
        match len {
            BodyLen::None | BodyLen::Exact(0) => None,
            BodyLen::Exact(len) => Some(Decoder::Length(len)),
            BodyLen::Chunked => Some(Decoder::Chunked(Chunked::default())),
        }
    }

    /// Looks at the input without taking body bytes. The input starts at the first byte that is
    /// neither skipped nor taken yet.
    ///
    /// # Errors
    /// [`Fault::BadChunk`] or [`Fault::TrailersTooLarge`]; there is no going on after one.
    pub fn next(&mut self, input: &[u8]) -> Result<Next, Fault> {
        match self {
            Decoder::Length(0) => Ok(Next::End { skip: 0 }),
            Decoder::Length(_) if input.is_empty() => Ok(Next::More { skip: 0 }),
            Decoder::Length(left) => {
                let len = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                Ok(Next::Data { skip: 0, len })
            }
            Decoder::Chunked(chunked) => chunked.next(input),
        }
    }

    /// `len` body bytes of the last [`Next::Data`] were taken.
    pub fn took(&mut self, len: usize) {
        match self {
            Decoder::Length(left) => {
                debug_assert!(len as u64 <= *left);
                *left = left.saturating_sub(len as u64);
            }
            Decoder::Chunked(chunked) => chunked.took(len),
        }
    }

    /// Finds all the body bytes in the input and moves them together, over the framing between
    /// them, so that whoever takes them is called once, even for chunks of one byte. Finds none at
    /// the end of the body, or when more input is needed.
    ///
    /// Bytes of chunks count as taken at once, and are not found again; those of a body of known
    /// length count when [`Decoder::took_gathered`] says so.
    ///
    /// # Errors
    /// As [`Decoder::next`], once the bytes before the fault have been taken.
    pub fn gather(&mut self, input: &mut [u8]) -> Result<Gathered, Fault> {
        let mut got = Gathered {
            start: 0,
            len: 0,
            used: 0,
        };
        loop {
            if let Decoder::Chunked(chunked) = self {
                chunked.gather_whole(input, &mut got);
            }
            match self.next(&input[got.used..]) {
                Ok(Next::Data { len, .. }) if matches!(self, Decoder::Length(_)) => {
                    (got.len, got.used) = (len, len);
                    return Ok(got);
                }
                Ok(Next::Data { skip, len }) => {
                    let from = got.used + skip;
                    got.append(input, from, len);
                    self.took(len);
                    got.used = from + len;
                }
                Ok(Next::More { skip } | Next::End { skip }) => {
                    got.used += skip;
                    return Ok(got);
                }
                // It is met again by the next call.
                Err(_) if got.len > 0 => return Ok(got),
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Whether what it has gathered counts as taken.
    pub fn keeps_gathered(&self) -> bool {
        matches!(self, Decoder::Chunked(_))
    }

    /// This many of the gathered bytes were taken.
    pub fn took_gathered(&mut self, len: usize) {
        if !self.keeps_gathered() {
            self.took(len);
        }
    }

    /// Whether the body's end was read.
    pub fn has_ended(&self) -> bool {
        match self {
            Decoder::Length(left) => *left == 0,
            Decoder::Chunked(chunked) => chunked.has_ended(),
        }
    }

    /// The fewest body bytes that are still to come: the rest of a known length, or of the chunk
    /// that has begun.
    pub fn announced(&self) -> u64 {
        match self {
            Decoder::Length(left) => *left,
            Decoder::Chunked(chunked) => chunked.announced(),
        }
    }
}

#[cfg(test)]
mod tests;
