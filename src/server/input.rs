//! The bytes at hand in one drive, and what is kept of them between two.

use std::ops::Range;

use crate::http::body::Decoder;
use crate::http::fault::Fault;
use crate::http::head::find_end;
use crate::reactor::scratch::READ_BYTES;

/// What a connection has read and not taken, from the end of one drive to the next.
///
/// Nothing is the rule, and takes no more than a pointer.
#[derive(Default)]
pub struct Held(Option<Box<Kept>>);

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    /// So many of them, the first ones, are of a chunked body, and without its framing.
    body: u32,
    /// How far the rest was searched for a head's end.
    searched: u32,
}

impl Held {
    /// What is held.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_deref().map_or(&[], |kept| &kept.bytes)
    }

    /// What it has room for, in bytes.
    pub fn capacity(&self) -> usize {
        self.0.as_ref().map_or(0, |kept| kept.bytes.capacity())
    }

    /// Whether it holds nothing that says anything; see [`Input::says_nothing`].
    pub fn says_nothing(&self) -> bool {
        says_nothing(self.bytes())
    }
}

/// The bytes at hand in one drive.
pub struct Input {
    buf: Vec<u8>,
    /// Where the bytes begin that were neither taken nor decoded.
    at: usize,
    /// Bytes of a chunked body that were found before there, and not taken.
    body: Range<usize>,
    searched: usize,
}

impl Input {
    /// In this buffer, which is empty, with what was held.
    pub fn new(mut buf: Vec<u8>, held: &Held) -> Input {
        debug_assert!(buf.is_empty());
        let (mut body, mut searched) = (0, 0);
        if let Some(kept) = &held.0 {
            buf.extend_from_slice(&kept.bytes);
            (body, searched) = (kept.body as usize, kept.searched as usize);
        }
        Input {
            buf,
            at: body,
            body: 0..body,
            searched,
        }
    }

    /// Holds what was not taken, sized exactly; nothing is the rule. Gives the buffer back.
    pub fn hold(mut self, held: &mut Held) -> Vec<u8> {
        self.compact();
        if self.buf.is_empty() {
            held.0 = None;
            return self.buf;
        }
        let kept = held.0.get_or_insert_default();
        // Not by length: as much may have been read as was taken.
        if self.buf != kept.bytes {
            kept.bytes = self.buf.as_slice().into();
        }
        kept.body = self.body.len() as u32;
        kept.searched = self.searched as u32;
        self.buf
    }

    /// The buffer; what is in it is dropped.
    pub fn drop_all(self) -> Vec<u8> {
        self.buf
    }

    /// The buffer to read into, and how many bytes may be appended to it: what is here already
    /// counts, so that no connection ever keeps more than [`READ_BYTES`].
    pub fn room(&mut self) -> (&mut Vec<u8>, usize) {
        self.compact();
        let room = READ_BYTES.saturating_sub(self.buf.len());
        (&mut self.buf, room)
    }

    /// Drops what was taken.
    fn compact(&mut self) {
        if self.body.is_empty() && self.at == self.buf.len() {
            // The rule, and the cheapest.
            self.buf.clear();
            (self.at, self.body) = (0, 0..0);
            return;
        }
        // Body bytes that were not taken go before the next byte that is to be decoded.
        let start = self.at - self.body.len();
        self.buf.copy_within(self.body.clone(), start);
        self.buf.drain(..start);
        self.at -= start;
        self.body = 0..self.at;
    }

    /// Bytes that were read elsewhere, and follow those that are here.
    pub fn append(&mut self, bytes: &[u8]) {
        self.buf.extend_from_slice(bytes);
    }

    /// What was not taken yet.
    #[inline]
    pub fn rest(&self) -> &[u8] {
        &self.buf[self.at..]
    }

    /// The first so many bytes of the rest were taken.
    #[inline]
    pub fn take(&mut self, len: usize) {
        debug_assert!(len <= self.rest().len());
        self.at += len;
        self.searched = 0;
    }

    /// Drops the rest.
    pub fn clear(&mut self) {
        self.drop_body();
        self.take(self.rest().len());
    }

    /// Where a head ends that begins here, once it is complete.
    pub fn head_len(&mut self) -> Option<usize> {
        debug_assert!(self.body.is_empty(), "body bytes outlive their body");
        find_end(&self.buf[self.at..], &mut self.searched)
    }

    /// Whether there are no bytes, or empty lines only, which some peers send behind a body and
    /// which are no request (RFC 9112 section 2.2).
    pub fn says_nothing(&self) -> bool {
        says_nothing(self.rest())
    }
}

/// Bodies.
impl Input {
    /// Finds all body bytes that are here, together and without their framing; none where its end
    /// is, or more input is needed.
    ///
    /// # Errors
    /// As [`Decoder::gather`].
    pub fn find_body(&mut self, decoder: &mut Decoder) -> Result<&[u8], Fault> {
        if self.body.is_empty() {
            let got = decoder.gather(&mut self.buf[self.at..])?;
            let start = self.at + got.start;
            // Those of a known length are found again.
            if !decoder.keeps_gathered() {
                return Ok(&self.buf[start..start + got.len]);
            }
            self.body = start..start + got.len;
            self.take(got.used);
        }
        Ok(&self.buf[self.body.clone()])
    }

    /// Takes all body bytes that are here, with their framing; returns how many bytes that were.
    ///
    /// # Errors
    /// As [`Decoder::gather`].
    pub fn skip_body(&mut self, decoder: &mut Decoder) -> Result<usize, Fault> {
        let found = self.drop_body();
        let got = decoder.gather(&mut self.buf[self.at..])?;
        decoder.took_gathered(got.len);
        self.take(got.used);
        Ok(found + got.used)
    }

    /// The first so many of the body bytes that were found were taken.
    pub fn take_body(&mut self, len: usize) {
        if self.body.is_empty() {
            return self.take(len);
        }
        debug_assert!(len <= self.body.len());
        self.body.start += len;
    }

    /// Drops the body bytes that count as taken by their decoder, and were not; returns how many.
    pub fn drop_body(&mut self) -> usize {
        std::mem::take(&mut self.body).len()
    }
}

fn says_nothing(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| b"\r\n".contains(byte))
}

#[cfg(test)]
mod tests;
