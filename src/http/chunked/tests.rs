//! Chunked bodies, good and bad, however they arrive.

use super::*;
use crate::testing::doors::framing::{Outcome, Random, feed_every_way, read_chunked};

fn read(input: &[u8]) -> Outcome<Vec<u8>> {
    feed_every_way(input, read_chunked)
}

#[test]
fn chunks_are_joined_and_later_bytes_left_alone() {
    for (input, want) in [
        (&b"0\r\n\r\n"[..], &b""[..]),
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"5\r\nhello\r\n1\r\n!\r\n000\r\n\r\n", b"hello!"),
        (b"0000000000000001\r\n\n\r\n0\r\n\r\n", b"\n"),
        (
            b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
            b"01234567890123456789",
        ),
        (b"1;a\r\nx\r\n0;b=c\r\n\r\n", b"x"),
        (b"1;a=\"q\t\xff;\" \r\nx\r\n0;\r\n\r\n", b"x"),
        (b"1;a=\"q\\\"\\\\\";b\\\r\nx\r\n0;\"\"\r\n\r\n", b"x"),
        (b"1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\n", b"x"),
        (b"1 ;a\r\nx\r\n0 \t ;b\r\n\r\n", b"x"),
        (b"4\r\n\r\n\r\n\r\n0\r\n\r\n", b"\r\n\r\n"),
    ] {
        let consumed = input.len();
        let want = Outcome::Complete {
            value: want.to_vec(),
            consumed,
        };
        assert_eq!(read(input), want, "{}", input.escape_ascii());
    }
}

#[test]
fn what_is_not_chunked_by_the_letter_is_refused() {
    for input in [
        &b"\r\n"[..],
        b";a\r\n",
        b"x\r\n",
        b"+5\r\nhello\r\n",
        b"-5\r\n",
        b"0x5\r\n",
        b" 5\r\n",
        b"5 \r\n",
        b"5 \t\r\n",
        b"5 x\r\n",
        b" 5\r\n",
        b"5\n",
        b"5\rx",
        b"5_0\r\n",
        b"5,5\r\n",
        b"\0",
        b"00000000000000001\r\n", // 17 digits
        b"10000000000000000\r\n",
        b"5;a\nhello\r\n",
        b"5;a\rb\r\n",
        b"5;\0\r\n",
        b"5;a=\"b\r\n", // the string goes on, for some
        b"5;a=\"b\\\"\r\n",
        b"5;a=\"b\\\r\n",
        b"5;\"\"\"\r\n",
        b"5;\x7f\r\n",
        b"1\r\nxx",
        b"1\r\nx\n",
        b"1\r\nx\rx",
        b"1\r\nx0\r\n\r\n",
        b"0\r\n\n",
        b"0\r\n\rx",
        b"0\r\nGET / HTTP/1.1\r\n", // the next request is no trailer
        b"0\r\nA\r\n",
        b"0\r\n: b\r\n",
        b"0\r\nA : b\r\n",
        b"0\r\n folded: b\r\n",
        b"0\r\nA: b\r\n folded\r\n",
        b"0\r\nA: b\n",
        b"0\r\nA: b\rc",
        b"0\r\nA: \0",
        b"0\r\nA\0: ",
    ] {
        assert_eq!(
            read(input),
            Outcome::Failed(Fault::BadChunk),
            "{}",
            input.escape_ascii()
        );
    }
}

#[test]
fn the_largest_size_is_only_a_number() {
    let mut chunked = Chunked::default();
    let input = b"FFFFffffFFFFffff\r\nabc";
    assert_eq!(chunked.next(input), Ok(Next::Data { skip: 18, len: 3 }));
    chunked.took(3);
    assert_eq!(chunked.next(b""), Ok(Next::More { skip: 0 }));
    assert_eq!(chunked.next(b"\r\n"), Ok(Next::Data { skip: 0, len: 2 }));
}

#[test]
fn bytes_not_taken_are_offered_again() {
    let mut chunked = Chunked::default();
    assert_eq!(chunked.next(b"3\r\nab"), Ok(Next::Data { skip: 3, len: 2 }));
    chunked.took(0);
    assert_eq!(chunked.next(b"abc\r\n"), Ok(Next::Data { skip: 0, len: 3 }));
    chunked.took(3);
    assert_eq!(chunked.next(b"\r\n0\r\n\r\nGET"), Ok(Next::End { skip: 7 }));
    assert_eq!(chunked.next(b"GET"), Ok(Next::End { skip: 0 }));
}

#[test]
fn a_size_line_has_its_limit() {
    let line = |len: usize| format!("1{}\r\nx\r\n0\r\n\r\n", ";".repeat(len - 1)).into_bytes();
    assert!(matches!(
        read(&line(CHUNK_LINE_BYTES_MAX)),
        Outcome::Complete { .. }
    ));
    assert_eq!(
        read(&line(CHUNK_LINE_BYTES_MAX + 1)),
        Outcome::Failed(Fault::BadChunk)
    );
}

#[test]
fn all_extensions_together_have_their_limit() {
    const EACH: usize = 128;
    let chunk = format!("1;{}\r\nx\r\n", "e".repeat(EACH - 1));
    let mut body = chunk.repeat(CHUNK_EXT_BYTES_MAX / EACH);
    let last = [body.as_bytes(), b"0\r\n\r\n"].concat();
    assert!(matches!(read_chunked(&[&last]), Outcome::Complete { .. }));
    body.push_str("0;\r\n\r\n");
    assert_eq!(
        read_chunked(&[body.as_bytes()]),
        Outcome::Failed(Fault::BadChunk)
    );
}

#[test]
fn all_trailers_together_have_their_limit() {
    // Extensions do not count against it.
    let body = |len: usize| {
        let line = "A: 345678901234\r\n"; // 17 bytes
        let lines = len / line.len();
        let last = format!("B:{}\r\n", "x".repeat(len % line.len() + line.len() - 4));
        format!("0;e\r\n{}{last}\r\n", line.repeat(lines - 1)).into_bytes()
    };
    let complete = read_chunked(&[&body(TRAILER_BYTES_MAX)]);
    assert!(matches!(complete, Outcome::Complete { .. }));
    let failed = read_chunked(&[&body(TRAILER_BYTES_MAX + 1)]);
    assert_eq!(failed, Outcome::Failed(Fault::TrailersTooLarge));
}

#[test]
fn asking_on_after_a_fault_does_no_harm() {
    let mut chunked = Chunked::default();
    let long = [b"0\r\nA:", &vec![b'x'; TRAILER_BYTES_MAX][..]].concat();
    assert_eq!(chunked.next(&long), Err(Fault::TrailersTooLarge));
    for _ in 0..2 * usize::from(u16::MAX) {
        assert!(chunked.next(b"x").is_err());
    }
}

#[test]
fn encoded_and_decoded_is_the_same_and_cut_short_is_never_done() {
    let mut random = Random(2);
    for _ in 0..200 {
        let mut encoded = Vec::new();
        let mut data = Vec::new();
        for _ in 0..random.below(6) {
            let chunk: Vec<u8> = (0..1 + random.below(40))
                .map(|_| random.below(256) as u8)
                .collect();
            let extension = random.pick(&["", ";a", ";a=\"b\""]);
            encoded.extend(format!("{:x}{extension}\r\n", chunk.len()).bytes());
            encoded.extend_from_slice(&chunk);
            encoded.extend(b"\r\n");
            data.extend(chunk);
        }
        encoded.extend(b"0\r\n");
        encoded.extend(random.pick(&["", "Digest: x\r\n"]).bytes());
        encoded.extend(b"\r\n");
        for len in 0..encoded.len() {
            assert_eq!(read_chunked(&[&encoded[..len]]), Outcome::Incomplete);
        }
        let consumed = encoded.len();
        assert_eq!(
            read(&encoded),
            Outcome::Complete {
                value: data,
                consumed
            }
        );
    }
}
