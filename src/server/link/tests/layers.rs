//! What a link makes of a transport with layers, of which not all that moves is a response.

use super::*;

const READ: Moved = Moved {
    read: true,
    written: false,
};
const WRITTEN: Moved = Moved {
    read: false,
    written: true,
};

#[test]
fn only_what_is_written_below_is_on_its_way_to_the_peer() {
    let nothing = Moved::default();
    for (bare, in_read, in_flush, want) in [
        (true, nothing, nothing, Flushed::Bytes),
        (false, nothing, nothing, Flushed::Inside),
        (false, nothing, READ, Flushed::Inside),
        (false, nothing, WRITTEN, Flushed::Bytes),
        (false, READ, nothing, Flushed::Inside),
        // That was there before.
        (false, WRITTEN, nothing, Flushed::Inside),
    ] {
        let (mut link, mut input, mut scratch, transport) = open(Script {
            bare,
            moved: in_read,
            ..Script::default()
        });
        link.buffer(&mut scratch).extend_from_slice(b"answer");
        link.announce(READABLE);
        link.fill(&mut input).unwrap();
        transport.0.borrow_mut().moved = in_flush;
        let state = format!("{bare} {in_read:?} {in_flush:?}");
        assert_eq!(link.flush().unwrap(), want, "{state}");
        // It is told once, and with nothing to send what layers write is their own.
        transport.0.borrow_mut().moved = in_flush;
        link.announce(READABLE);
        link.fill(&mut input).unwrap();
        assert_eq!(link.flush().unwrap(), Flushed::Nothing, "{state}");
        link.buffer(&mut scratch).extend_from_slice(b"answer");
        let again = if bare {
            Flushed::Bytes
        } else {
            Flushed::Inside
        };
        assert_eq!(link.flush().unwrap(), again, "{state}");
    }
}

#[test]
fn a_read_may_write_what_was_inside() {
    let (mut link, mut input, mut scratch, transport) = open(Script {
        flushes: vec![would_block()],
        ..Script::default()
    });
    link.buffer(&mut scratch).extend_from_slice(b"answer");
    assert_eq!(link.flush().unwrap(), Flushed::Inside);
    transport.0.borrow_mut().moved = WRITTEN;
    link.announce(READABLE);
    link.fill(&mut input).unwrap();
    assert_eq!(link.flush().unwrap(), Flushed::Bytes);
}

#[test]
fn what_layers_hold_of_their_own_is_flushed_and_is_nothing_of_a_response() {
    let (mut link, mut input, _, transport) = open(Script {
        flushes: vec![would_block(), Ok(())],
        ..Script::default()
    });
    assert!(link.is_sent() && !link.is_unsent());
    transport.0.borrow_mut().holds_output = true;
    assert!(!link.is_sent() && link.is_unsent());
    // A read that waits for it has it flushed.
    link.announce(READABLE);
    assert_eq!(link.fill(&mut input).unwrap(), Filled::Unblocked);
    assert_eq!(link.flush().unwrap(), Flushed::Nothing);
    assert_eq!(link.fill(&mut input).unwrap(), Filled::Nothing);
    link.announce(READABLE);
    transport.0.borrow_mut().moved = WRITTEN;
    assert_eq!(link.flush().unwrap(), Flushed::Inside);
    assert_eq!(transport.0.borrow().calls, "rff");
}

#[test]
fn what_a_read_has_done_for_writing_is_tried_without_an_event() {
    for (moved, want) in [
        (Moved::default(), Filled::Nothing),
        (READ, Filled::Unblocked),
        (WRITTEN, Filled::Unblocked),
    ] {
        let (mut link, mut input, _, _) = open(Script {
            moved,
            ..Script::default()
        });
        link.announce(READABLE);
        assert_eq!(link.fill(&mut input).unwrap(), want);
        assert_eq!(link.is_readable(), want == Filled::Unblocked, "{moved:?}");
    }
}

#[test]
fn nothing_is_sent_before_it_is_flushed() {
    let (mut link, _, mut scratch, transport) = open(Script {
        flushes: vec![would_block(), Ok(())],
        ..Script::default()
    });
    link.buffer(&mut scratch).extend_from_slice(b"answer");
    assert!(!link.is_sent());
    assert_eq!(link.flush().unwrap(), Flushed::Inside);
    assert_eq!(link.sent_bytes(), 6);
    assert!(!link.is_sent() && link.is_unsent(), "it is inside");
    let flushed = link.flush().unwrap();
    assert_eq!(flushed, Flushed::Nothing, "no event has come");
    link.announce(READABLE);
    transport.0.borrow_mut().moved = WRITTEN;
    assert_eq!(link.flush().unwrap(), Flushed::Bytes);
    assert!(link.is_sent() && !link.is_unsent());
    assert_eq!(transport.0.borrow().calls, "wff");
}

#[test]
fn an_end_that_was_written_in_part_is_tried_until_nothing_moves() {
    let (mut link, _, _, transport) = open(Script {
        ends: vec![would_block(), would_block(), Ok(())],
        ..Script::default()
    });
    transport.0.borrow_mut().moved = WRITTEN;
    link.end_output().unwrap();
    assert_eq!(transport.0.borrow().calls, "cc");
    assert!(!link.is_writable());
}
