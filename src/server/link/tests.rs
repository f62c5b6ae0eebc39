//! What a link makes of events, reads and writes, over transports of both kinds.

mod layers;

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::http::limits::READ_BUDGET;

/// Gives and takes what the test says; what it says is noted.
#[derive(Default)]
struct Script {
    bare: bool,
    reads: Vec<io::Result<usize>>,
    flushes: Vec<io::Result<()>>,
    ends: Vec<io::Result<()>>,
    under_way: Option<u32>,
    moved: Moved,
    holds_output: bool,
    calls: String,
}

#[derive(Clone, Default)]
struct Scripted(Rc<RefCell<Script>>);

fn would_block<T>() -> io::Result<T> {
    Err(io::ErrorKind::WouldBlock.into())
}

/// The first of what is left.
fn next<T>(list: &mut Vec<io::Result<T>>, last: io::Result<T>) -> io::Result<T> {
    match list.is_empty() {
        true => last,
        false => list.remove(0),
    }
}

impl Transport for Scripted {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        let mut script = self.0.borrow_mut();
        script.calls.push('r');
        let read = next(&mut script.reads, would_block())?.min(len);
        buf.extend(vec![b'x'; read]);
        Ok(read)
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        self.0.borrow_mut().calls.push('w');
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut script = self.0.borrow_mut();
        script.calls.push('f');
        next(&mut script.flushes, Ok(()))
    }

    fn close_write(&mut self) -> io::Result<()> {
        let mut script = self.0.borrow_mut();
        script.calls.push('c');
        next(&mut script.ends, Ok(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut script = self.0.borrow_mut();
        script.calls.push('e');
        next(&mut script.ends, Ok(()))
    }

    fn holds_output(&self) -> bool {
        self.0.borrow().holds_output
    }

    fn take_moved(&mut self) -> Moved {
        std::mem::take(&mut self.0.borrow_mut().moved)
    }

    fn reset_on_close(&mut self) {
        self.0.borrow_mut().calls.push('x');
    }

    fn deregister(&mut self, _: &mio::Registry) {
        self.0.borrow_mut().calls.push('d');
    }

    fn watch_peer(&mut self) {
        self.0.borrow_mut().calls.push('p');
    }

    fn under_way(&self) -> Option<u32> {
        self.0.borrow().under_way
    }

    fn is_bare(&self) -> bool {
        self.0.borrow().bare
    }
}

const READABLE: Event = Event {
    readable: true,
    writable: false,
    read_closed: false,
    hung_up: false,
};
const WRITABLE: Event = Event {
    readable: false,
    writable: true,
    read_closed: false,
    hung_up: false,
};

/// A link over this, and its opened input.
fn open(script: Script) -> (Link<Scripted>, Input, Scratch, Scripted) {
    let transport = Scripted(Rc::new(RefCell::new(script)));
    let mut link = Link::new(transport.clone());
    let mut scratch = Scratch::default();
    let input = link.open(&mut scratch);
    (link, input, scratch, transport)
}

#[test]
fn only_a_bare_transport_is_empty_after_a_short_read() {
    for (bare, read_closed, want) in [
        (true, false, "r"),
        // The end is due behind the bytes.
        (true, true, "rr"),
        (false, false, "rr"),
    ] {
        let reads = vec![Ok(10)];
        let (mut link, mut input, _, transport) = open(Script {
            bare,
            reads,
            ..Script::default()
        });
        link.announce(Event {
            read_closed,
            ..READABLE
        });
        assert_eq!(link.fill(&mut input).unwrap(), Filled::Bytes);
        assert_eq!(link.fill(&mut input).unwrap(), Filled::Nothing);
        assert_eq!(input.rest().len(), 10);
        assert_eq!(transport.0.borrow().calls, want, "{bare} {read_closed}");
        assert!(!link.is_readable());
    }
}

#[test]
fn an_event_of_one_direction_is_one_of_both_for_a_transport_with_layers() {
    for (bare, event, readable) in [
        (true, READABLE, true),
        (true, WRITABLE, false),
        (false, READABLE, true),
        (false, WRITABLE, true),
    ] {
        let (mut link, ..) = open(Script {
            bare,
            ..Script::default()
        });
        link.announce(event);
        assert_eq!(link.is_readable(), readable, "{bare} {event:?}");
    }
}

#[test]
fn a_drive_reads_no_more_than_its_share() {
    let reads = (0..20).map(|_| Ok(READ_BUDGET / 4)).collect();
    let (mut link, mut input, mut scratch, _) = open(Script {
        reads,
        ..Script::default()
    });
    link.announce(READABLE);
    for _ in 0..4 {
        assert_eq!(link.fill(&mut input).unwrap(), Filled::Bytes);
        input.clear();
    }
    assert_eq!(link.fill(&mut input).unwrap(), Filled::Nothing);
    assert!(link.is_spent(true) && !link.is_spent(false));
    link.keep(input, &mut scratch);
    let mut input = link.open(&mut scratch);
    assert_eq!(link.fill(&mut input).unwrap(), Filled::Bytes);
}

#[test]
fn the_end_of_input_is_told_and_not_read_twice() {
    let (mut link, mut input, _, transport) = open(Script {
        reads: vec![Ok(0)],
        ..Script::default()
    });
    link.announce(READABLE);
    assert_eq!(link.fill(&mut input).unwrap(), Filled::End);
    assert!(link.input_has_ended());
    link.announce(READABLE);
    assert_eq!(link.fill(&mut input).unwrap(), Filled::End);
    assert_eq!(transport.0.borrow().calls, "r");
}

#[test]
fn what_was_not_taken_is_kept_sized_exactly_and_nothing_is_not() {
    let (mut link, mut input, mut scratch, _) = open(Script {
        reads: vec![Ok(10)],
        ..Script::default()
    });
    link.announce(READABLE);
    link.fill(&mut input).unwrap();
    input.take(3);
    link.keep(input, &mut scratch);
    assert_eq!((link.held.bytes().len(), link.held.capacity()), (7, 7));
    let mut input = link.open(&mut scratch);
    assert_eq!(input.rest().len(), 7);
    input.clear();
    link.keep(input, &mut scratch);
    assert_eq!(link.held.capacity(), 0);
}

#[test]
fn the_end_of_output_is_asked_for_until_it_is_there() {
    let (mut link, _, _, transport) = open(Script {
        ends: vec![would_block(), Ok(())],
        ..Script::default()
    });
    link.end_output().unwrap();
    link.end_output().unwrap();
    assert_eq!(transport.0.borrow().calls, "c");
    for _ in 0..3 {
        link.announce(WRITABLE);
        link.end_output().unwrap();
    }
    assert_eq!(transport.0.borrow().calls, "cc");
    let (mut link, ..) = open(Script {
        ends: vec![would_block(), Err(io::ErrorKind::BrokenPipe.into())],
        ..Script::default()
    });
    assert!(!link.finish());
    assert!(link.finish(), "nobody is there to hear it");
}

#[test]
fn a_peer_is_looked_after_once_and_only_after_its_end() {
    let (mut link, _, _, transport) = open(Script::default());
    link.watch_peer();
    assert_eq!(transport.0.borrow().calls, "");
    link.announce(Event {
        read_closed: true,
        ..READABLE
    });
    link.watch_peer();
    link.watch_peer();
    assert_eq!(transport.0.borrow().calls, "p");
}

#[test]
fn far_behind_is_who_has_more_to_come_than_is_ever_queued() {
    for (under_way, want) in [
        (None, false),
        (Some(0), false),
        (Some(OUT_BYTES_MAX as u32), false),
        (Some(OUT_BYTES_MAX as u32 + 1), true),
    ] {
        let (mut link, ..) = open(Script {
            under_way,
            ..Script::default()
        });
        // One that was not sent so much is not asked.
        assert!(!link.is_far_behind());
        let body = Body::Bytes(vec![b'x'; OUT_BYTES_MAX + 1].into());
        let framing = Framing::Length(OUT_BYTES_MAX as u64 + 1);
        link.start(body, framing, SystemTime::UNIX_EPOCH);
        assert_ne!(link.flush().unwrap(), Flushed::Nothing);
        assert_eq!(link.is_far_behind(), want, "{under_way:?}");
    }
}

#[test]
fn a_call_that_was_interrupted_is_made_again_and_an_error_is_the_peers_end() {
    let interrupted = || Err(io::ErrorKind::Interrupted.into());
    let (mut link, mut input, _, transport) = open(Script {
        reads: vec![
            interrupted(),
            Ok(10),
            Err(io::ErrorKind::ConnectionReset.into()),
        ],
        ..Script::default()
    });
    link.announce(READABLE);
    assert_eq!(link.fill(&mut input).unwrap(), Filled::Bytes);
    assert!(matches!(link.fill(&mut input), Err(Cause::PeerGone(_))));
    assert_eq!(transport.0.borrow().calls, "rrr");
    let (mut link, _, mut scratch, _) = open(Script {
        flushes: vec![Err(io::ErrorKind::Interrupted.into()), Ok(())],
        ..Script::default()
    });
    link.buffer(&mut scratch).extend_from_slice(b"answer");
    assert_eq!(link.flush().unwrap(), Flushed::Inside);
    assert!(!link.is_sent() && link.is_writable());
    assert_eq!(link.flush().unwrap(), Flushed::Inside);
    assert!(link.is_sent());
    let (mut link, _, mut scratch, _) = open(Script {
        flushes: vec![Err(io::ErrorKind::BrokenPipe.into())],
        ..Script::default()
    });
    link.buffer(&mut scratch).extend_from_slice(b"answer");
    assert!(matches!(link.flush(), Err(Cause::PeerGone(_))));
}

#[test]
fn a_link_has_ended_when_both_of_its_directions_have() {
    let (mut link, mut input, _, _) = open(Script {
        reads: vec![Ok(0)],
        ..Script::default()
    });
    link.end_output().unwrap();
    assert!(!link.has_ended() && !link.peer_has_ended() && !link.is_broken());
    link.announce(READABLE);
    link.fill(&mut input).unwrap();
    assert!(link.has_ended());
    for (read_closed, hung_up) in [(true, false), (false, true)] {
        let (mut link, ..) = open(Script::default());
        for _ in 0..2 {
            link.announce(Event {
                read_closed,
                hung_up,
                ..READABLE
            });
            assert_eq!(
                (link.peer_has_ended(), link.is_broken()),
                (read_closed, hung_up)
            );
            // It is not forgotten.
            link.announce(WRITABLE);
            assert_eq!(
                (link.peer_has_ended(), link.is_broken()),
                (read_closed, hung_up)
            );
        }
    }
}

#[test]
fn a_drive_writes_no_more_than_its_share() {
    let (mut link, input, mut scratch, _) = open(Script::default());
    assert!(!link.is_spent(true));
    let len = WRITE_BUDGET + 1;
    let body = Body::Bytes(vec![b'x'; len].into());
    link.start(body, Framing::Length(len as u64), SystemTime::UNIX_EPOCH);
    assert_ne!(link.flush().unwrap(), Flushed::Nothing);
    assert_eq!(link.sent_bytes(), WRITE_BUDGET as u64);
    assert!(link.is_spent(false) && !link.is_sent());
    link.keep(input, &mut scratch);
    link.open(&mut scratch);
    assert_ne!(link.flush().unwrap(), Flushed::Nothing);
    assert!(link.is_sent() && !link.is_spent(true));
    assert_eq!(link.sent_bytes(), len as u64);
}

#[test]
fn only_a_body_that_its_connections_end_ends_is_cut_by_a_reset() {
    let poll = mio::Poll::new().unwrap();
    for (framing, want) in [(Framing::Close, "xd"), (Framing::Chunked, "d")] {
        let (mut link, _, _, transport) = open(Script::default());
        link.start(Body::Streamed(None), framing, SystemTime::UNIX_EPOCH);
        link.cut();
        link.deregister(poll.registry());
        assert_eq!(transport.0.borrow().calls, want, "{framing:?}");
    }
}

#[test]
fn a_link_counts_what_its_queues_hold() {
    let (mut link, mut input, mut scratch, _) = open(Script {
        reads: vec![Ok(10)],
        ..Script::default()
    });
    assert!(link.holds_nothing() && link.memory_bytes() == 0);
    link.announce(READABLE);
    link.fill(&mut input).unwrap();
    link.buffer(&mut scratch).extend_from_slice(b"answer");
    assert_eq!(link.queued_bytes(), 6);
    let capacity = link.buffer(&mut scratch).capacity();
    link.keep(input, &mut scratch);
    assert!(!link.holds_nothing());
    assert_eq!(link.memory_bytes(), capacity + 10);
}
