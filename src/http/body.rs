//! A request body's bytes, whatever delimits them (RFC 9112 section 6).

use super::chunked::Chunked;
pub use super::chunked::Next;
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

    /// How many body bytes are left, if known.
    pub fn remaining(&self) -> Option<u64> {
        match self {
            Decoder::Length(left) => Some(*left),
            Decoder::Chunked(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_without_bytes_needs_no_decoder() {
        assert_eq!(Decoder::new(BodyLen::None), None);
        assert_eq!(Decoder::new(BodyLen::Exact(0)), None);
        assert_eq!(Decoder::new(BodyLen::Exact(1)), Some(Decoder::Length(1)));
    }

    #[test]
    fn a_length_is_counted_by_what_was_taken() {
        let mut decoder = Decoder::new(BodyLen::Exact(5)).unwrap();
        assert_eq!(decoder.next(b""), Ok(Next::More { skip: 0 }));
        assert_eq!(decoder.next(b"abc"), Ok(Next::Data { skip: 0, len: 3 }));
        assert_eq!(decoder.remaining(), Some(5)); // nothing was taken yet
        decoder.took(2);
        assert_eq!(decoder.next(b"cdeGET"), Ok(Next::Data { skip: 0, len: 3 }));
        decoder.took(3);
        assert_eq!(decoder.next(b"GET"), Ok(Next::End { skip: 0 }));
        assert_eq!(decoder.remaining(), Some(0));
    }

    #[test]
    fn the_largest_length_is_only_a_number() {
        let mut decoder = Decoder::new(BodyLen::Exact(u64::MAX)).unwrap();
        assert_eq!(decoder.next(b"x"), Ok(Next::Data { skip: 0, len: 1 }));
        decoder.took(1);
        assert_eq!(decoder.remaining(), Some(u64::MAX - 1));
    }

    #[test]
    fn how_much_is_left_of_a_chunked_body_is_not_known() {
        let mut decoder = Decoder::new(BodyLen::Chunked).unwrap();
        assert_eq!(decoder.next(b"5\r\nab"), Ok(Next::Data { skip: 3, len: 2 }));
        decoder.took(2);
        assert_eq!(decoder.remaining(), None);
    }
}
