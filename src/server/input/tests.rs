//! Tests of `server::input`.

use super::*;
use crate::http::framing::BodyLen;

fn input(bytes: &[u8]) -> Input {
    let kept = Kept {
        bytes: bytes.to_vec(),
        ..Kept::default()
    };
    let held = Held(Some(Box::new(kept)));
    Input::new(Vec::new(), &held)
}

#[test]
fn what_is_not_taken_is_held_in_its_size() {
    let mut held = Held::default();
    let mut at_hand = input(b"GET /a");
    at_hand.take(2);
    at_hand.hold(&mut held);
    assert_eq!(held.bytes(), b"T /a");
    assert_eq!(held.capacity(), 4);
    let mut at_hand = Input::new(Vec::new(), &held);
    assert_eq!(at_hand.rest(), b"T /a");
    at_hand.clear();
    at_hand.hold(&mut held);
    assert_eq!(held.capacity(), 0);
}

#[test]
fn a_buffer_has_room_for_what_was_taken() {
    let mut at_hand = input(&[b'x'; 100]);
    at_hand.take(60);
    let (buf, room) = at_hand.room();
    assert_eq!((buf.len(), room), (40, READ_BYTES - 40));
}

/// Takes a body in sips, with a drive's end after each, and returns the bytes and the rest.
fn sip(len: BodyLen, bytes: &[u8], sip: usize) -> (Vec<u8>, Vec<u8>) {
    let mut decoder = Decoder::new(len).unwrap();
    let (mut taken, mut at_hand) = (Vec::new(), input(bytes));
    loop {
        let body = at_hand.find_body(&mut decoder).unwrap();
        let len = body.len().min(sip);
        if len == 0 {
            return (taken, at_hand.rest().to_vec());
        }
        taken.extend_from_slice(&body[..len]);
        at_hand.take_body(len);
        decoder.took_gathered(len);
        let mut held = Held::default();
        at_hand.hold(&mut held);
        at_hand = Input::new(Vec::new(), &held);
    }
}

#[test]
fn a_body_is_found_whole_however_it_is_taken() {
    let chunks = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET";
    for most in [1, 2, 3, 100] {
        let want = (b"abcde".to_vec(), b"GET".to_vec());
        assert_eq!(sip(BodyLen::Chunked, chunks, most), want);
        assert_eq!(sip(BodyLen::Exact(5), b"abcdeGET", most), want);
    }
}

#[test]
fn what_was_found_and_not_taken_is_dropped_once() {
    for (len, bytes, found, rest) in [
        (BodyLen::Chunked, &b"3\r\nabc\r\n2\r\nd"[..], 3, &b""[..]),
        (BodyLen::Exact(9), b"abcd", 0, b"bcd"),
    ] {
        let mut decoder = Decoder::new(len).unwrap();
        let mut at_hand = input(bytes);
        at_hand.find_body(&mut decoder).unwrap();
        at_hand.take_body(1);
        assert_eq!(at_hand.drop_body(), found);
        assert_eq!(at_hand.drop_body(), 0);
        assert_eq!(at_hand.rest(), rest);
    }
}
