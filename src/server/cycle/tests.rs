//! What a request remembers, and what has its exchange called.

use std::task::Poll;
use std::time::Duration;

use super::*;
use crate::handler::{Cx, Response};
use crate::http::limits::Limits;
use crate::http::scheme::Scheme;

struct Silent;

impl Exchange for Silent {
    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<std::io::Result<Response>> {
        Poll::Pending
    }
}

const HEAD: &[u8] = b"\r\nHEAD /a HTTP/1.0\r\nHost: h\r\nUser-Agent: u\r\nReferer: r\r\n\r\n";

const ORIGIN: Origin = Origin {
    peer: None,
    scheme: Scheme::Http,
    connection: 7,
    request: 2,
};

fn reached(bytes: u64, framing: u32) -> Reached {
    Reached { bytes, framing }
}

fn cycle(now: Instant) -> Box<Cycle> {
    let head = Head::parse(HEAD, &Limits::default()).unwrap();
    Cycle::begin(None, HEAD, head, now)
}

#[test]
fn what_was_asked_is_read_once() {
    let cycle = cycle(Instant::now());
    let asked = cycle.asked();
    assert_eq!(asked.line(), b"HEAD /a HTTP/1.0");
    assert!(asked.is_head());
    assert_eq!(asked.version(), Version::Http10);
    assert_eq!(asked.head().unwrap().1, HEAD);
}

#[test]
fn of_a_head_with_a_fault_the_line_is_kept_and_no_more_than_is_of_use() {
    for (bytes, most, line, is_head, version) in [
        (
            &b"HEAD / HTTP/1.0\r\nx"[..],
            99,
            &b"HEAD / HTTP/1.0"[..],
            true,
            Version::Http10,
        ),
        (
            b"GET /aaaaaa HTTP/1.1\r\n",
            7,
            b"GET /aa",
            false,
            Version::Http11,
        ),
        (b"\x16\x03", 99, b"\x16\x03", false, Version::Http11),
        (b"HEAD / HTTP/1.0\r\n", 0, b"", true, Version::Http10),
        (b"", 0, b"", false, Version::Http11),
    ] {
        let cycle = Cycle::begin_faulty(None, bytes, most, Instant::now());
        let asked = cycle.asked();
        assert_eq!(asked.line(), line);
        assert_eq!((asked.is_head(), asked.version()), (is_head, version));
        assert!(asked.head().is_none());
    }
}

#[test]
fn news_are_told_once_each_and_are_reasons() {
    let now = Instant::now();
    let mut cycle = cycle(now);
    cycle.answer_by(Box::new(Silent), true);
    cycle.reasons().clear();
    cycle.mark_source(5);
    cycle.mark_source(2);
    assert!(cycle.has_news() && !cycle.is_stirred());
    let told = [
        cycle.take_source(),
        cycle.take_source(),
        cycle.take_source(),
    ];
    assert_eq!(told, [Some(2), Some(5), None]);
    cycle.mark_exit(ExitStatus::default());
    assert!(cycle.take_exit().is_some() && cycle.take_exit().is_none());
    assert!(cycle.is_stirred() && !cycle.has_news());
    for (ended, drains) in [(true, false), (false, true), (true, true)] {
        let was_news = [cycle.wake_ups.peer_ended, cycle.drain_told] != [ended, drains];
        cycle.reasons().clear();
        cycle.tell(ended, drains);
        assert_eq!(cycle.is_stirred(), was_news && !(ended && drains));
    }
    cycle.wake_ups.at = Some(now);
    assert!(cycle.take_deadline(now) && !cycle.take_deadline(now));
}

#[test]
fn it_is_left_alone_when_nothing_calls_it() {
    let mut cycle = cycle(Instant::now());
    assert!(cycle.is_left_alone());
    cycle.wake();
    assert!(!cycle.is_left_alone());
    cycle.reasons().clear();
    cycle.wake_ups.sources = 1;
    assert!(!cycle.is_left_alone());
    cycle.wake_ups.sources = 0;
    cycle.wake_ups.at = Some(Instant::now());
    assert!(!cycle.is_left_alone());
    cycle.end_wake_ups();
    assert!(cycle.is_left_alone());
}

#[test]
fn only_the_peer_of_an_exchange_is_probed_and_once() {
    let mut cycle = cycle(Instant::now());
    cycle.allow_probe(true);
    assert!(!cycle.may_probe());
    cycle.answer_by(Box::new(Silent), true);
    assert!(cycle.may_probe());
    cycle.allow_probe(false);
    assert!(!cycle.may_probe());
}

#[test]
fn a_record_counts_from_where_the_response_began() {
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    let mut cycle = cycle(start);
    let record = cycle.record(ORIGIN, reached(500, 0), after(1), Some(&Cause::Drained));
    assert_eq!((record.status(), record.bytes_sent()), (None, 0));
    assert_eq!(record.first_byte_after(), None);
    assert!(matches!(record.end(), End::Cut(Cause::Drained)));
    // 500 bytes of others are sent or queued before it.
    // 14 bytes of its own are around chunks, of a count that is full meanwhile.
    cycle.answered(Status::OK, reached(500, u32::MAX), 100);
    cycle.sent(500, after(2));
    cycle.sent(501, after(3));
    cycle.sent(650, after(4));
    let record = cycle.record(ORIGIN, reached(650, 13), after(5), None);
    assert_eq!(record.status(), Some(Status::OK));
    assert_eq!((record.bytes_sent(), record.body_bytes_sent()), (150, 36));
    assert_eq!(record.first_byte_after(), Some(Duration::from_secs(3)));
    assert_eq!(record.over_after(), Duration::from_secs(5));
    assert_eq!(record.request_line(), b"HEAD /a HTTP/1.0");
    let fields = [record.host(), record.user_agent(), record.referer()];
    assert_eq!(fields, [Some(&b"h"[..]), Some(b"u"), Some(b"r")]);
    assert_eq!((record.connection(), record.request()), (7, 2));
    assert!(matches!(record.end(), End::Complete));
}

#[test]
fn the_next_request_has_the_buffer_of_the_last_and_nothing_else() {
    let now = Instant::now();
    let mut old = cycle(now);
    old.answered(Status::OK, reached(1, 0), 1);
    old.rerouted();
    old.wake();
    let place = old.asked().head().unwrap().1.as_ptr();
    let head = Head::parse(HEAD, &Limits::default()).unwrap();
    let mut new = Cycle::begin(old.end(), HEAD, head, now);
    assert_eq!(new.asked().head().unwrap().1.as_ptr(), place);
    assert!(!new.is_stirred());
    assert_eq!(new.record(ORIGIN, reached(9, 0), now, None).status(), None);
    assert_eq!(new.rerouted(), 1);
    // A long one is not kept for all time.
    let long = [HEAD, &[b'x'; KEPT_BYTES_MAX]].concat();
    let faulty = Cycle::begin_faulty(None, &long, usize::MAX, now);
    assert!(faulty.end().is_some(), "only its line is kept");
    let long = vec![b'x'; 2 * KEPT_BYTES_MAX];
    assert!(
        Cycle::begin_faulty(None, &long, usize::MAX, now)
            .end()
            .is_none()
    );
}

#[test]
fn the_rate_of_a_body_counts_from_when_it_is_waited_for_to_when_its_exchange_is() {
    let start = Instant::now();
    let at = |second| start + Duration::from_secs(second);
    let mut cycle = cycle(start);
    assert_eq!(cycle.rate_due(500), None);
    cycle.body_awaited(start);
    let due = cycle.rate_due(500).unwrap();
    cycle.body_awaited(at(5));
    assert_eq!(cycle.rate_due(500), Some(due), "once");
    assert_eq!(cycle.rate_due(0), None, "no rate is asked for");
    cycle.took(499 * 15);
    assert!(!cycle.is_body_slow(at(15), 500));
    cycle.took(499 * 15);
    assert!(cycle.is_body_slow(at(30), 500));
    cycle.body_blocked(at(30));
    assert!(!cycle.is_body_slow(at(90), 500));
    cycle.body_awaited(at(90));
    let mut next = Cycle::begin(
        cycle.end(),
        HEAD,
        Head::parse(HEAD, &Limits::default()).unwrap(),
        at(90),
    );
    assert_eq!(next.rate_due(500), None);
    assert!(!next.is_body_slow(at(990), 500));
}

#[test]
fn a_body_may_have_so_many_bytes_and_each_that_is_taken_is_a_reason() {
    let mut cycle = cycle(Instant::now());
    cycle.took(0);
    assert!(!cycle.is_stirred());
    cycle.took(4);
    cycle.took(2);
    assert!(cycle.is_stirred());
    for (len, want) in [(0, true), (4, true), (5, false), (usize::MAX, false)] {
        assert_eq!(cycle.may_take(len, 10), want, "{len}");
    }
}

#[test]
fn what_outlives_a_drive_is_sized_exactly() {
    let now = Instant::now();
    let long = [b"x".repeat(1000), b"\r\n".to_vec()].concat();
    let old = Cycle::begin_faulty(None, &long, usize::MAX, now);
    let mut cycle = Cycle::begin_faulty(old.end(), b"short\r\n", usize::MAX, now);
    assert!(cycle.memory_bytes() >= size_of::<Cycle>() + 1000);
    cycle.keep();
    assert_eq!(cycle.memory_bytes(), size_of::<Cycle>() + 5);
}

#[test]
fn the_first_byte_is_that_of_the_response_itself() {
    let now = Instant::now();
    for (bytes, want) in [(500, None), (501, Some(Duration::from_secs(9)))] {
        let mut cycle = cycle(now);
        cycle.answered(Status::OK, reached(500, 0), 100);
        cycle.sent(500, now + Duration::from_secs(1));
        let record = cycle.record(
            ORIGIN,
            reached(bytes, 0),
            now + Duration::from_secs(9),
            None,
        );
        assert_eq!(record.first_byte_after(), want);
    }
}
