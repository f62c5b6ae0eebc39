//! What leaves a queue, in which calls, and what ends it.

use std::io::Write;
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::part::COPY_BYTES;
use super::*;
use crate::handler::{BodySource, SharedBytes, SharedFile, Sink};
use crate::sys::file::read_at;

/// Takes what the test says, or else everything; notes how much each call was given, and whether
/// more was said to follow.
#[derive(Default)]
struct Taker {
    says: Vec<io::Result<usize>>,
    /// Whether a file can be sent without a copy.
    sends_files: bool,
    calls: Vec<(usize, bool)>,
    bytes: Vec<u8>,
}

impl Taker {
    fn says(list: impl IntoIterator<Item = io::Result<usize>>) -> Taker {
        Taker {
            says: list.into_iter().collect(),
            ..Taker::default()
        }
    }

    fn next(&mut self, len: usize) -> io::Result<usize> {
        match self.says.is_empty() {
            true => Ok(len),
            false => self.says.remove(0).map(|most| most.min(len)),
        }
    }
}

impl Transport for Taker {
    fn read(&mut self, _: &mut Vec<u8>, _: usize) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn write(&mut self, bytes: &[u8], more: bool) -> io::Result<usize> {
        self.calls.push((bytes.len(), more));
        let taken = self.next(bytes.len())?;
        self.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn send_file(&mut self, file: BorrowedFd<'_>, offset: u64, len: usize) -> io::Result<usize> {
        if !self.sends_files {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.calls.push((len, false));
        let len = self.next(len)?;
        read_at(file, offset, len, &mut self.bytes)
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A source that is never asked here.
struct Unasked(Option<u64>);

impl BodySource for Unasked {
    fn pull(&mut self, _: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        Ok(Pull::Done)
    }

    fn len(&self) -> Option<u64> {
        self.0
    }
}

const SMALL: usize = SMALL_FILE_BYTES_MAX;
const MANY: usize = usize::MAX / 2;
const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at / 7) as u8).collect()
}

fn file(bytes: &[u8]) -> std::fs::File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// A queue with a head of four bytes and this body.
fn queue(body: Body, framing: Framing) -> Outgoing {
    let mut queue = Outgoing::default();
    let head = queue.buffer(&mut Scratch::default());
    head.extend_from_slice(b"head");
    queue.start(body, framing, NOW);
    queue
}

fn body(len: usize) -> Body {
    Body::Bytes(pattern(len).into())
}

fn part(len: u64, range: Range<u64>) -> Body {
    let file = file(&pattern(len as usize)).into();
    Body::File { file, range }
}

/// A range of bytes in memory that are shared.
fn held(len: usize, range: Range<u64>) -> Body {
    let bytes = Some(SharedBytes::from(pattern(len)));
    Body::Held { bytes, range }
}

/// Flushes once; what came of it, and whether the peer takes more.
fn flush(queue: &mut Outgoing, taker: &mut Taker, budget: usize) -> (Result<bool, Cause>, bool) {
    let (mut writable, mut budget) = (true, budget);
    let flushed = queue.flush(taker, &mut writable, &mut budget);
    (flushed, writable)
}

#[test]
fn only_a_body_of_unknown_length_without_chunks_ends_with_its_connection() {
    let source = |len| Body::Source(Box::new(Unasked(len)));
    for (body, framing, want) in [
        (Body::Streamed(None), Framing::Close, true),
        (source(None), Framing::Close, true),
        (Body::Streamed(None), Framing::Chunked, false),
        (source(None), Framing::Chunked, false),
        (source(Some(5)), Framing::Chunked, false),
        (Body::Streamed(Some(5)), Framing::Length(5), false),
        (source(Some(5)), Framing::Length(5), false),
        (Body::Empty, Framing::Close, false),
        (body(SMALL + 1), Framing::Close, false),
    ] {
        let case = format!("{framing:?}");
        let queue = queue(body, framing);
        assert_eq!(queue.ends_with_connection(), want, "{case}");
    }
}

#[test]
fn what_is_small_leaves_with_its_head_and_what_is_large_in_pieces_of_its_own() {
    let small = SMALL as u64;
    for (body, calls) in [
        (Body::Empty, vec![(4, false)]),
        (body(SMALL), vec![(4 + SMALL, false)]),
        (body(SMALL + 1), vec![(4, true), (SMALL + 1, false)]),
        (part(small, 0..small), vec![(4 + SMALL, false)]),
        (part(small, 3..5), vec![(6, false)]),
        (part(small, Range { start: 5, end: 3 }), vec![(4, false)]),
        (
            part(small + 1, 0..small + 1),
            vec![(4, true), (SMALL + 1, false)],
        ),
        (held(SMALL, 0..small), vec![(4 + SMALL, false)]),
        (held(SMALL, 3..5), vec![(6, false)]),
        (held(SMALL, Range { start: 5, end: 3 }), vec![(4, false)]),
        (
            held(2 * SMALL, 0..small + 1),
            vec![(4, true), (SMALL + 1, false)],
        ),
    ] {
        let mut taker = Taker {
            sends_files: true,
            ..Taker::default()
        };
        let mut queue = queue(body, Framing::Length(0));
        assert_eq!(queue.is_queued(), calls.len() == 1, "{calls:?}");
        assert!(queue.is_waiting() && !queue.is_empty());
        assert!(flush(&mut queue, &mut taker, MANY).0.unwrap());
        assert!(queue.is_empty() && queue.is_queued() && !queue.is_waiting());
        assert_eq!(queue.sent_bytes(), taker.bytes.len() as u64);
        assert_eq!(taker.calls, calls);
    }
}

#[test]
fn bytes_and_files_leave_whole_in_order_and_no_more_than_a_budget_at_once() {
    const LEN: usize = 100_000;
    const BUDGET: usize = 30_000;
    let from = 1234;
    let all = pattern(LEN);
    for (body, sends_files, want) in [
        (Body::Bytes(all.clone().into()), true, &all[..]),
        (
            part(LEN as u64, from as u64..LEN as u64),
            true,
            &all[from..],
        ),
        (held(LEN, from as u64..LEN as u64), true, &all[from..]),
        // Where it must be copied, it is.
        (
            part(LEN as u64, from as u64..LEN as u64),
            false,
            &all[from..],
        ),
    ] {
        let mut queue = queue(body, Framing::Length(LEN as u64));
        let mut taker = Taker {
            sends_files,
            ..Taker::default()
        };
        let mut turns = 0;
        while !queue.is_empty() {
            let before = taker.bytes.len();
            assert!(flush(&mut queue, &mut taker, BUDGET).0.unwrap());
            let moved = taker.bytes.len() - before;
            assert!(moved <= BUDGET + COPY_BYTES, "{moved} bytes");
            assert!(queue.is_empty() || moved >= BUDGET, "{moved} bytes");
            turns += 1;
        }
        assert!((3..=4).contains(&turns), "{turns} turns");
        assert_eq!(&taker.bytes[..4], b"head");
        assert!(&taker.bytes[4..] == want, "{sends_files}");
        let last = taker.calls.last().unwrap();
        assert!(!last.1, "nothing follows the last byte");
    }
}

#[test]
fn parts_leave_with_their_heads_in_their_order() {
    let all = pattern(1000);
    let asked = crate::http::range::parse(b"bytes=10-19,500-599", 1000);
    let crate::http::range::Asked::Ranges(set) = asked else {
        panic!("{asked:?}");
    };
    let parts = Multipart::new(set, "text/plain", 1000, 7);
    let mut want = b"head".to_vec();
    for (number, range) in [(0, 10..20), (1, 500..600)] {
        want.extend(parts.part_head(number));
        want.extend_from_slice(&all[range]);
    }
    want.extend(parts.part_head(2));
    let len = parts.total_len();
    for of in [Ranged::File(file(&all).into()), Ranged::Held(all.into())] {
        let parts = Box::new(parts.clone());
        let mut queue = queue(Body::Parts { of, parts }, Framing::Length(len));
        let mut taker = Taker::default();
        while !queue.is_empty() {
            assert!(flush(&mut queue, &mut taker, 7).0.unwrap());
        }
        assert!(taker.bytes == want);
        assert_eq!(taker.bytes.len() as u64, 4 + len);
    }
}

#[test]
fn each_thing_that_a_transport_says_has_its_consequence() {
    use io::ErrorKind::{ConnectionReset, Interrupted, ResourceBusy, WouldBlock};
    let fail = |kind: io::ErrorKind| Err(kind.into());
    // (what it says, whether something has moved, whether it takes more, what is left)
    let cases = [
        (vec![fail(WouldBlock)], false, false, 4),
        (vec![Ok(1), fail(WouldBlock)], true, false, 3),
        (vec![fail(Interrupted), Ok(4)], true, true, 0),
    ];
    for (says, moved, takes, left) in cases {
        let case = format!("{says:?}");
        let (mut queue, mut taker) = (queue(Body::Empty, Framing::Length(0)), Taker::says(says));
        let (flushed, writable) = flush(&mut queue, &mut taker, MANY);
        assert_eq!((flushed.unwrap(), writable), (moved, takes), "{case}");
        assert_eq!(queue.queued_bytes(), left, "{case}");
        assert_eq!(queue.sent_bytes(), 4 - left as u64, "{case}");
    }
    for (says, kind) in [
        (fail(ConnectionReset), ConnectionReset),
        (Ok(0), io::ErrorKind::WriteZero),
    ] {
        let (mut queue, mut taker) = (queue(Body::Empty, Framing::Length(0)), Taker::says([says]));
        let flushed = flush(&mut queue, &mut taker, MANY).0;
        assert!(matches!(flushed, Err(Cause::PeerGone(error)) if error.kind() == kind));
    }
    // A file whose bytes are still on a disk is asked again later, and not meanwhile.
    let body = part(50_000, 0..50_000);
    let mut queue = queue(body, Framing::Length(50_000));
    let mut taker = Taker::says([Ok(4), fail(ResourceBusy)]);
    taker.sends_files = true;
    let (flushed, writable) = flush(&mut queue, &mut taker, MANY);
    assert!(flushed.unwrap() && writable && queue.awaits_disk());
    assert!(!flush(&mut queue, &mut taker, MANY).0.unwrap());
    queue.look_again();
    assert!(!queue.awaits_disk());
    assert!(flush(&mut queue, &mut taker, MANY).0.unwrap() && queue.is_empty());
}

#[test]
fn a_file_that_is_not_what_it_was_is_cut() {
    const LEN: u64 = 40_000;
    let (old, later) = (NOW + Duration::from_secs(9), NOW + Duration::from_secs(99));
    // (what its length becomes, whether its time does, when it was first seen, whether it is cut)
    for (len, is_touched, seen, want) in [
        (LEN, false, later, false),
        (LEN, true, later, true),
        (LEN + 1, true, later, false),
        (LEN - 1, true, later, true),
        // One that had not settled promises nothing, but for its length.
        (LEN, true, old, false),
        (LEN - 1, true, old, true),
    ] {
        for sends_files in [true, false] {
            let case = format!("{len} {is_touched} {sends_files}");
            let inode = file(&pattern(LEN as usize));
            inode.set_modified(old).unwrap();
            let mut queue = Outgoing::default();
            let own = inode.try_clone().unwrap().into();
            let body = Body::File {
                file: own,
                range: 0..LEN,
            };
            queue.start(body, Framing::Length(LEN), seen);
            inode.set_len(len).unwrap();
            inode
                .set_modified(if is_touched { later } else { old })
                .unwrap();
            let mut taker = Taker {
                sends_files,
                ..Taker::default()
            };
            let flushed = flush(&mut queue, &mut taker, MANY).0;
            let is_cut = matches!(flushed, Err(Cause::FileChanged));
            assert_eq!(is_cut, want, "{case}: {flushed:?}");
            assert!(is_cut || queue.is_empty(), "{case}");
        }
    }
    // One that was changed between the look at it, of which its head tells, and its first byte.
    let inode = file(&pattern(LEN as usize));
    inode.set_modified(later).unwrap();
    let shared = SharedFile::from(inode).seen_as(old, LEN);
    let body = Body::File {
        file: shared,
        range: 0..LEN,
    };
    let mut seen = Outgoing::default();
    seen.start(body, Framing::Length(LEN), later);
    let flushed = flush(&mut seen, &mut Taker::default(), MANY).0;
    assert!(matches!(flushed, Err(Cause::FileChanged)), "{flushed:?}");
    // A small one that holds less than it says: what there is goes out before.
    let mut queue = queue(part(10, 0..4096), Framing::Length(4096));
    let mut taker = Taker::default();
    let flushed = flush(&mut queue, &mut taker, MANY).0;
    assert!(matches!(flushed, Err(Cause::FileChanged)));
    assert_eq!(taker.bytes, [b"head", &pattern(10)[..]].concat());
}

#[test]
fn a_queue_counts_what_it_holds_and_has_room_up_to_half_of_its_bound() {
    let mut queue = Outgoing::default();
    assert_eq!((queue.memory_bytes(), queue.queued_bytes()), (0, 0));
    assert!(!queue.has_buffer() && queue.has_room());
    let half = OUT_BYTES_MAX / 2;
    let mut scratch = Scratch::default();
    queue.buffer(&mut scratch).resize(half - 1, b'x');
    assert!(queue.has_room() && queue.has_buffer());
    queue.buffer(&mut scratch).push(b'x');
    assert!(!queue.has_room());
    let mut taker = Taker::says([Ok(10), Err(io::ErrorKind::WouldBlock.into())]);
    assert!(flush(&mut queue, &mut taker, MANY).0.unwrap());
    assert!(queue.has_room(), "what was sent counts for nothing");
    assert_eq!(queue.queued_bytes(), half - 10);
    assert_eq!(queue.buffered_bytes(), half);
    let capacity = queue.buf.capacity();
    assert_eq!(queue.memory_bytes(), capacity);
    let bytes = pattern(50_000);
    let owned = bytes.capacity();
    queue.start(Body::Bytes(bytes.into()), Framing::Length(50_000), NOW);
    assert_eq!(queue.memory_bytes(), capacity + owned);
    // What lives anyway is nobody's to count.
    queue.source = None;
    queue.start(
        Body::Bytes(Cow::Borrowed(&[0; 50_000])),
        Framing::Length(50_000),
        NOW,
    );
    assert_eq!(queue.memory_bytes(), capacity);
    // Neither is what others share: it is not copied.
    queue.source = None;
    queue.start(held(50_000, 0..50_000), Framing::Length(50_000), NOW);
    assert_eq!(queue.memory_bytes(), capacity);
    // A buffer is given back when nothing is in it.
    queue.recycle(&mut scratch);
    assert!(queue.has_buffer());
    flush(&mut queue, &mut taker, MANY).0.unwrap();
    queue.recycle(&mut scratch);
    assert!(!queue.has_buffer());
    assert!(scratch.pooled_bytes() >= capacity);
    queue.recycle(&mut scratch);
    assert_eq!(queue.buffer(&mut scratch).capacity(), capacity);
}
