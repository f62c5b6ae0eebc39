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

    /// Finds all body bytes of the input at once, moved together over the framing between them: of
    /// chunks of one byte each, too, whoever gets them is called once. There are none at the end of
    /// the body, and where more input is needed.
    ///
    /// Those of chunks count as taken: they are not found again. Those of a body of known length
    /// count when [`Decoder::took_gathered`] says so.
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
            match self.next(&input[got.used..]) {
                Ok(Next::Data { len, .. }) if matches!(self, Decoder::Length(_)) => {
                    (got.len, got.used) = (len, len);
                    return Ok(got);
                }
                Ok(Next::Data { skip, len }) => {
                    let from = got.used + skip;
                    if got.len == 0 {
                        got.start = from;
                    }
                    input.copy_within(from..from + len, got.start + got.len);
                    self.took(len);
                    got.len += len;
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

    /// So many of the gathered bytes were taken.
    pub fn took_gathered(&mut self, len: usize) {
        if !self.keeps_gathered() {
            self.took(len);
        }
    }

    /// How many body bytes are left, at least: all of a known length, those of the chunk at hand.
    pub fn announced(&self) -> u64 {
        match self {
            Decoder::Length(left) => *left,
            Decoder::Chunked(chunked) => chunked.announced(),
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
        assert_eq!(decoder.announced(), 5); // nothing was taken yet
        decoder.took(2);
        assert_eq!(decoder.next(b"cdeGET"), Ok(Next::Data { skip: 0, len: 3 }));
        decoder.took(3);
        assert_eq!(decoder.next(b"GET"), Ok(Next::End { skip: 0 }));
        assert_eq!(decoder.announced(), 0);
    }

    #[test]
    fn the_largest_length_is_only_a_number() {
        let mut decoder = Decoder::new(BodyLen::Exact(u64::MAX)).unwrap();
        assert_eq!(decoder.next(b"x"), Ok(Next::Data { skip: 0, len: 1 }));
        decoder.took(1);
        assert_eq!(decoder.announced(), u64::MAX - 1);
    }

    #[test]
    fn body_bytes_are_gathered_from_their_chunks() {
        let many = b"1\r\nx\r\n".repeat(1000);
        let all = vec![b'x'; 1000];
        for (input, want, rest) in [
            (
                &b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nGET"[..],
                &b"abcde"[..],
                &b"GET"[..],
            ),
            (b"3\r\nabc\r\n4\r\nde", b"abcde", b""),
            (b"3\r\nabc\r", b"abc", b""),
            (b"5\r\n", b"", b""),
            (b"0\r\n\r\nGET", b"", b"GET"),
            (b"2\r\nab\r\n0\r\nT: v\r\n\r\n", b"ab", b""),
            (&many, &all, b""),
        ] {
            let mut decoder = Decoder::new(BodyLen::Chunked).unwrap();
            let mut buf = input.to_vec();
            let got = decoder.gather(&mut buf).unwrap();
            assert_eq!(&buf[got.start..got.start + got.len], want);
            assert_eq!(&buf[got.used..], rest);
            assert!(got.start + got.len <= got.used);
        }
    }

    #[test]
    fn a_fault_is_met_after_the_bytes_before_it_and_for_ever() {
        let long = [&b"1\r\na\r\n0\r\nT: "[..], &b"x".repeat(9000)].concat();
        for (input, fault) in [
            (&b"1\r\na\r\nxyz"[..], Fault::BadChunk),
            // Behind digits: what is read again must not be taken for the rest of a line.
            (b"1\r\na\r\n1\n\r\nb", Fault::BadChunk),
            (b"1\r\nab\r\n", Fault::BadChunk),
            (&long, Fault::TrailersTooLarge),
        ] {
            let mut decoder = Decoder::new(BodyLen::Chunked).unwrap();
            let mut buf = input.to_vec();
            let got = decoder.gather(&mut buf).unwrap();
            assert_eq!(&buf[got.start..got.start + got.len], b"a");
            for _ in 0..2 {
                assert_eq!(decoder.gather(&mut buf[got.used..]), Err(fault));
                assert_eq!(decoder.gather(&mut []), Err(fault));
            }
        }
    }

    #[test]
    fn a_body_of_known_length_is_gathered_up_to_its_end() {
        let mut decoder = Decoder::new(BodyLen::Exact(5)).unwrap();
        let got = |start, len, used| Ok(Gathered { start, len, used });
        assert_eq!(decoder.gather(&mut b"abc".to_vec()), got(0, 3, 3));
        assert_eq!(decoder.announced(), 5); // nothing was taken yet
        decoder.took(2);
        assert_eq!(decoder.gather(&mut []), got(0, 0, 0));
        assert_eq!(decoder.gather(&mut b"cdeGET".to_vec()), got(0, 3, 3));
        decoder.took(3);
        assert_eq!(decoder.next(b"GET"), Ok(Next::End { skip: 0 }));
    }

    #[test]
    fn of_a_chunked_body_the_chunk_at_hand_is_announced() {
        let mut decoder = Decoder::new(BodyLen::Chunked).unwrap();
        assert_eq!(decoder.next(b"fffff"), Ok(Next::More { skip: 5 }));
        // Another digit may follow.
        assert_eq!(decoder.announced(), 0);
        assert_eq!(decoder.next(b"\r\n"), Ok(Next::More { skip: 2 }));
        assert_eq!(decoder.announced(), 0xf_ffff);
        assert_eq!(decoder.next(b"ab"), Ok(Next::Data { skip: 0, len: 2 }));
        decoder.took(2);
        assert_eq!(decoder.announced(), 0xf_fffd);
    }
}
