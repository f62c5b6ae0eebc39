//! Both sides of a hatch, by turns and at the same time.

use super::*;
use std::sync::Arc;
use std::thread;

/// Takes at most so many bytes.
fn pull(hatch: &Hatch, room: usize) -> (Vec<u8>, io::Result<Pulled>) {
    let mut out = Vec::new();
    let pulled = hatch.pull(&mut Sink::new(&mut out, room));
    (out, pulled)
}

#[test]
fn nothing_is_taken_of_the_peer_before_it_is_wanted() {
    let hatch = Hatch::default();
    assert!(!hatch.wants_bytes());
    assert_eq!(hatch.put(b"abc"), 0);
    hatch.lock().reads = true;
    assert!(hatch.wants_bytes());
    assert_eq!(hatch.put(b"abc"), 3);
    let mut out = [0; 2];
    assert_eq!(hatch.read(&mut out).unwrap(), 2);
    assert_eq!(&out, b"ab");
    assert_eq!(hatch.put(b"d"), 1);
    hatch.end_inward();
    let mut out = [0; 8];
    assert_eq!(hatch.read(&mut out).unwrap(), 2);
    assert_eq!(&out[..2], b"cd");
    assert_eq!(hatch.read(&mut out).unwrap(), 0);
    assert_eq!(hatch.read(&mut out).unwrap(), 0);
}

#[test]
fn either_way_is_bounded_and_a_pipe_that_wraps_keeps_its_order() {
    let hatch = Hatch::default();
    hatch.lock().reads = true;
    let bytes: Vec<u8> = (0..PIPE_BYTES_MAX + 1000)
        .map(|n| (n % 251) as u8)
        .collect();
    assert_eq!(hatch.put(&bytes), PIPE_BYTES_MAX);
    assert!(!hatch.wants_bytes());
    assert_eq!(hatch.put(&bytes), 0);
    assert_eq!(hatch.lock().inward.bytes.capacity(), PIPE_BYTES_MAX);
    let mut out = vec![0; bytes.len()];
    assert_eq!(hatch.read(&mut out[..600]).unwrap(), 600);
    assert_eq!(hatch.put(&bytes[PIPE_BYTES_MAX..]), 600);
    assert_eq!(hatch.read(&mut out[600..]).unwrap(), PIPE_BYTES_MAX);
    assert_eq!(out[..PIPE_BYTES_MAX + 600], bytes[..PIPE_BYTES_MAX + 600]);

    assert_eq!(hatch.write(&bytes).unwrap(), PIPE_BYTES_MAX);
    let (some, pulled) = pull(&hatch, 100);
    assert_eq!((some.len(), pulled.unwrap()), (100, Pulled::Full));
    let (rest, pulled) = pull(&hatch, bytes.len());
    assert_eq!(pulled.unwrap(), Pulled::Dry);
    assert_eq!([some, rest].concat(), bytes[..PIPE_BYTES_MAX]);
    hatch.write(b"z").unwrap();
    hatch.end(true).unwrap();
    let (last, pulled) = pull(&hatch, 100);
    assert_eq!((&*last, pulled.unwrap()), (&b"z"[..], Pulled::All));
}

#[test]
fn an_answer_ends_the_body_and_a_switch_begins_anew() {
    let hatch = Hatch::default();
    hatch.lock().reads = true;
    hatch.put(b"body");
    hatch.answer(Given::Nothing).unwrap();
    assert!(!hatch.wants_bytes() && hatch.is_deaf());
    assert_eq!(hatch.put(b"more"), 0);

    let hatch = Hatch::default();
    hatch.answer(Given::Switch("p".into(), Vec::new())).unwrap();
    // That of the request, which was on its way.
    hatch.end_inward();
    assert!(hatch.take_given().is_some());
    assert_eq!(hatch.put(b"a"), 1);
    hatch.end_inward();
    let mut out = [0; 2];
    assert_eq!(hatch.read(&mut out).unwrap(), 1);
    assert_eq!(hatch.read(&mut out).unwrap(), 0);
}

#[test]
fn what_was_given_up_is_never_whole() {
    let hatch = Hatch::default();
    hatch.write(b"half").unwrap();
    hatch.end(false).unwrap();
    // It stays cut, whatever comes after.
    hatch.end(true).unwrap();
    assert_eq!(pull(&hatch, 2).1.unwrap(), Pulled::Full);
    assert!(pull(&hatch, 100).1.is_err());
}

#[test]
fn a_writer_waits_for_room_and_a_reader_for_bytes() {
    let hatch = Arc::new(Hatch::default());
    let other = Arc::clone(&hatch);
    let worker = thread::spawn(move || {
        let (mut byte, mut count) = ([0], 0);
        while other.read(&mut byte).unwrap() > 0 {
            count += 1;
        }
        let bytes = vec![7; 3 * PIPE_BYTES_MAX];
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            rest = &rest[other.write(rest).unwrap()..];
        }
        other.end(true).unwrap();
        count
    });
    let mut left = 1000;
    while left > 0 {
        left -= hatch.put(&[1; 10][..left.min(10)]);
    }
    hatch.end_inward();
    let mut got = 0;
    loop {
        let (bytes, pulled) = pull(&hatch, 10_000);
        got += bytes.len();
        if pulled.unwrap() == Pulled::All {
            break;
        }
    }
    assert_eq!((worker.join().unwrap(), got), (1000, 3 * PIPE_BYTES_MAX));
}

#[test]
fn the_first_reason_of_an_end_is_the_one_that_all_are_told() {
    let hatch = Arc::new(Hatch::default());
    let other = Arc::clone(&hatch);
    let reader = thread::spawn(move || other.read(&mut [0]).unwrap_err().kind());
    hatch.close(CloseReason::Late);
    hatch.close(CloseReason::Closed);
    assert_eq!(reader.join().unwrap(), io::ErrorKind::TimedOut);
    assert_eq!(
        hatch.write(b"a").unwrap_err().kind(),
        io::ErrorKind::TimedOut
    );
    let late = hatch.answer(Given::Nothing).unwrap_err();
    assert_eq!(late.kind(), io::ErrorKind::TimedOut);

    for (over, kind) in [
        (CloseReason::Closed, io::ErrorKind::BrokenPipe),
        (
            CloseReason::Refused(Status::PAYLOAD_TOO_LARGE),
            io::ErrorKind::BrokenPipe,
        ),
        (
            CloseReason::Refused(Status::REQUEST_TIMEOUT),
            io::ErrorKind::TimedOut,
        ),
    ] {
        let hatch = Hatch::default();
        hatch.close(over);
        assert_eq!(hatch.write(b"a").unwrap_err().kind(), kind, "{over:?}");
    }
}

#[test]
fn all_that_was_written_and_taken_is_no_loss() {
    let hatch = Hatch::default();
    hatch.write(b"all").unwrap();
    pull(&hatch, 100).1.unwrap();
    hatch.close(CloseReason::Closed);
    hatch.end(true).unwrap();

    let hatch = Hatch::default();
    hatch.write(b"all").unwrap();
    pull(&hatch, 2).1.unwrap();
    hatch.close(CloseReason::Closed);
    assert!(hatch.end(true).is_err());
}

#[test]
fn who_waits_for_the_peer_is_at_work() {
    let hatch = Arc::new(Hatch::default());
    let mut acts = 0;
    assert!(!hatch.has_acted(&mut acts));
    hatch.receive();
    assert!(hatch.has_acted(&mut acts));
    assert!(!hatch.has_acted(&mut acts));
    let other = Arc::clone(&hatch);
    let reader = thread::spawn(move || other.read(&mut [0]).unwrap());
    while !hatch.lock().waits_for_peer {
        thread::yield_now();
    }
    hatch.has_acted(&mut acts);
    assert!(hatch.has_acted(&mut acts), "it waits");
    hatch.put(b"a");
    reader.join().unwrap();
    hatch.has_acted(&mut acts);
    assert!(!hatch.has_acted(&mut acts));
}
