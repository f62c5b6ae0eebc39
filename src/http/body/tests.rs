//! Tests of `http::body`.

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
