//! The chunked transfer coding, decoded a byte at a time if need be (RFC 9112 section 7.1).

use std::ops::Range;

use super::fault::Fault;
use super::grammar::{is_token_byte, is_value_byte};
use super::limits::{
    CHUNK_EXT_BYTES_MAX, CHUNK_LINE_BYTES_MAX, CHUNK_SIZE_DIGITS_MAX, TRAILER_BYTES_MAX,
};

/// What comes next in the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// The first `skip` bytes are framing; then more input is needed.
    More {
        /// Bytes of framing, which are consumed.
        skip: usize,
    },
    /// The first `skip` bytes are framing, the `len` after them are body bytes. The decoder counts
    /// them only when it is told through [`Decoder::took`](super::body::Decoder::took).
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

/// Body bytes that lie together in the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gathered {
    /// Where they begin.
    pub start: usize,
    /// How many there are.
    pub len: usize,
    /// Where the input goes on behind them and their framing.
    pub used: usize,
}

/// Body bytes up to this many are moved one by one: a call would cost more.
const SMALL_BYTES_MAX: usize = 16;

impl Gathered {
    /// Moves `len` bytes of the input, which lie at or behind the end of those gathered so far, to
    /// that end.
    pub fn append(&mut self, input: &mut [u8], from: usize, len: usize) {
        if self.len == 0 {
            self.start = from;
        }
        let to = self.start + self.len;
        if len > SMALL_BYTES_MAX {
            input.copy_within(from..from + len, to);
        } else if to < from {
            for at in 0..len {
                input[to + at] = input[from + at];
            }
        }
        self.len += len;
    }
}

/// The state of a chunked decoder.
///
/// Lines end in CRLF and nothing else: a decoder that takes a bare LF here disagrees with the
/// proxy in front of it about where the next request starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunked {
    /// Bytes left in this chunk; while its size is read, the size so far.
    left: u64,
    /// Bytes of this chunk-size line.
    line: u16,
    /// Bytes of all chunk extensions; then, of all trailer lines.
    spent: u16,
    state: ChunkState,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ChunkState {
    #[default]
    Size,
    /// White space between the size and its extensions, which RFC 9112 section 7.1.1 has us skip.
    SizeSpace,
    Extension,
    /// Inside a quoted string.
    Quoted,
    /// Behind a backslash in one.
    Escaped,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// The start of a trailer line, or of the empty line that ends the body.
    Trailer,
    TrailerName,
    TrailerValue,
    TrailerLf,
    LastLf,
    Done,
    /// The fault is met again, whatever comes.
    Broken(Fault),
}

// It lives in each connection's slot.
const _: () = assert!(size_of::<Chunked>() <= 16);

/// The value of each byte as a hexadecimal digit; 255 for a byte that is none.
const DIGIT: [u8; 256] = {
    let mut table = [u8::MAX; 256];
    let mut digit = 0;
    while digit < 16 {
        table[b"0123456789abcdef"[digit] as usize] = digit as u8;
        table[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
        digit += 1;
    }
    table
};

impl Chunked {
    /// See [`Decoder::next`](super::body::Decoder::next).
    ///
    /// # Errors
    /// [`Fault::BadChunk`] or [`Fault::TrailersTooLarge`]; there is no going on after one.
    pub fn next(&mut self, input: &[u8]) -> Result<Next, Fault> {
        let mut skip = 0;
        loop {
            match (self.state, input.get(skip)) {
                (ChunkState::Done, _) => return Ok(Next::End { skip }),
                (ChunkState::Broken(fault), _) => return Err(fault),
                (_, None) => return Ok(Next::More { skip }),
                (ChunkState::Data, Some(_)) => {
                    let here = input.len() - skip;
                    let len = usize::try_from(self.left).map_or(here, |left| left.min(here));
                    return Ok(Next::Data { skip, len });
                }
                (_, Some(&byte)) => self.state = self.step(byte).unwrap_or_else(ChunkState::Broken),
            }
            skip += 1;
        }
    }

    /// The body bytes that are left of this chunk, a count; 0 until its size is known.
    pub fn announced(&self) -> u64 {
        match self.state {
            ChunkState::Data => self.left,
            _ => 0,
        }
    }

    /// Whether the last byte of its framing was read.
    pub fn has_ended(&self) -> bool {
        self.state == ChunkState::Done
    }

    /// See [`Decoder::took`](super::body::Decoder::took).
    pub fn took(&mut self, len: usize) {
        debug_assert!(self.state == ChunkState::Data || len == 0);
        debug_assert!(len as u64 <= self.left);
        self.left = self.left.saturating_sub(len as u64);
        if self.state == ChunkState::Data && self.left == 0 {
            self.state = ChunkState::DataCr;
        }
    }

    /// Takes the chunks that are whole in the input, and appends their bytes to `got`. Many small
    /// chunks, which are cheap to send, are cheap to read this way; everything else is left to
    /// [`next`](Chunked::next).
    pub fn gather_whole(&mut self, input: &mut [u8], got: &mut Gathered) {
        if self.state == ChunkState::DataCr && input[got.used..].starts_with(b"\r\n") {
            got.used += 2;
            self.state = ChunkState::Size;
        }
        if self.state != ChunkState::Size || self.line > 0 {
            return;
        }
        while let Some(chunk) = whole_chunk(&input[got.used..]) {
            let from = got.used + chunk.start;
            got.used += chunk.end + 2;
            got.append(input, from, chunk.len());
        }
    }

    /// The state after one byte of framing.
    fn step(&mut self, byte: u8) -> Result<ChunkState, Fault> {
        Ok(match (self.state, byte) {
            (ChunkState::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => self.digit(byte)?,
            // A size has at least one digit.
            (ChunkState::Size, b'\r') if self.line > 0 => ChunkState::SizeLf,
            (ChunkState::Size, b';') if self.line > 0 => self.extension()?,
            (ChunkState::Size, b' ' | b'\t') if self.line > 0 => self.space()?,
            (ChunkState::SizeSpace, b' ' | b'\t') => self.space()?,
            (ChunkState::SizeSpace, b';') => self.extension()?,
            (ChunkState::Extension, b'\r') => ChunkState::SizeLf,
            // A line that ends inside a string does not end for those who read the string first.
            (ChunkState::Extension | ChunkState::Quoted | ChunkState::Escaped, _)
                if is_value_byte(byte) =>
            {
                self.extension()?;
                match (self.state, byte) {
                    (ChunkState::Extension, b'"') | (ChunkState::Escaped, _) => ChunkState::Quoted,
                    (ChunkState::Extension, _) | (ChunkState::Quoted, b'"') => {
                        ChunkState::Extension
                    }
                    (_, b'\\') => ChunkState::Escaped,
                    _ => ChunkState::Quoted,
                }
            }
            (ChunkState::SizeLf, b'\n') => self.size_line_end(),
            (ChunkState::DataCr, b'\r') => ChunkState::DataLf,
            (ChunkState::DataLf, b'\n') => ChunkState::Size,
            (ChunkState::Trailer, b'\r') => ChunkState::LastLf,
            (ChunkState::Trailer | ChunkState::TrailerName, _) if is_token_byte(byte) => {
                self.trailer(ChunkState::TrailerName)?
            }
            (ChunkState::TrailerName, b':') => self.trailer(ChunkState::TrailerValue)?,
            (ChunkState::TrailerValue, b'\r') => self.trailer(ChunkState::TrailerLf)?,
            (ChunkState::TrailerValue, _) if is_value_byte(byte) => {
                self.trailer(ChunkState::TrailerValue)?
            }
            (ChunkState::TrailerLf, b'\n') => self.trailer(ChunkState::Trailer)?,
            (ChunkState::LastLf, b'\n') => ChunkState::Done,
            _ => return Err(Fault::BadChunk),
        })
    }

    fn digit(&mut self, byte: u8) -> Result<ChunkState, Fault> {
        if self.line >= u16::from(CHUNK_SIZE_DIGITS_MAX) {
            return Err(Fault::BadChunk);
        }
        self.line += 1;
        self.left = self.left << 4 | u64::from(DIGIT[usize::from(byte)]);
        Ok(ChunkState::Size)
    }

    fn space(&mut self) -> Result<ChunkState, Fault> {
        self.extension()?;
        Ok(ChunkState::SizeSpace)
    }

    fn extension(&mut self) -> Result<ChunkState, Fault> {
        self.line = self.line.saturating_add(1);
        self.spent = self.spent.saturating_add(1);
        let too_long = usize::from(self.line) > CHUNK_LINE_BYTES_MAX;
        if too_long || usize::from(self.spent) > CHUNK_EXT_BYTES_MAX {
            return Err(Fault::BadChunk);
        }
        Ok(ChunkState::Extension)
    }

    fn size_line_end(&mut self) -> ChunkState {
        self.line = 0;
        if self.left > 0 {
            return ChunkState::Data;
        }
        self.spent = 0;
        ChunkState::Trailer
    }

    fn trailer(&mut self, state: ChunkState) -> Result<ChunkState, Fault> {
        self.spent = self.spent.saturating_add(1);
        if usize::from(self.spent) > TRAILER_BYTES_MAX {
            return Err(Fault::TrailersTooLarge);
        }
        Ok(state)
    }
}

/// Where the bytes of the chunk that begins here are; `None` if it is not whole, is the last one,
/// has extensions, or has a fault.
fn whole_chunk(input: &[u8]) -> Option<Range<usize>> {
    let (mut size, mut digits) = (0_u64, 0);
    loop {
        let digit = DIGIT[usize::from(*input.get(digits)?)];
        if digit == u8::MAX {
            break;
        }
        if digits == usize::from(CHUNK_SIZE_DIGITS_MAX) {
            return None;
        }
        size = size << 4 | u64::from(digit);
        digits += 1;
    }
    let [b'\r', b'\n', rest @ ..] = &input[digits..] else {
        return None;
    };
    let size = usize::try_from(size).ok().filter(|&size| size > 0)?;
    let [b'\r', b'\n', ..] = rest.get(size..)? else {
        return None;
    };
    let start = digits + 2;
    Some(start..start + size)
}

#[cfg(test)]
mod tests;
