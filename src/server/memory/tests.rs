//! What of the bound is there anyway, and what grows with which limit.

use super::*;
use crate::http::limits::HEAD_BYTES_CEILING;

/// The bound under such limits: once, and for each connection.
fn bound(head: usize, target: usize) -> (usize, usize) {
    let limits = Limits {
        head_bytes_max: head,
        target_bytes_max: target,
        ..Limits::default()
    };
    (limits.memory().fixed(), limits.memory().each())
}

#[test]
fn a_byte_of_a_head_and_of_a_target_costs_its_copies() {
    // A quarter more is the allocator's.
    let whole = |bytes: usize| bytes + bytes / 4;
    let own = READ_BYTES + AHEAD_BYTES + EVENTS_BYTES;
    let copies = 2 * 10_000 + 16 * 100;
    let slot = slot_bytes::<Socket>() + ENTRY_BYTES + QUEUES_BYTES + TAKING_BYTES + ROOM_BYTES;
    let each = slot + READ_BYTES + GROWN_BYTES + 10_000 + CYCLE_BYTES;
    assert_eq!(bound(10_000, 100), (whole(own + copies), whole(each)));
    // More than a head may have is nothing that it or its target can take.
    assert_eq!(bound(10_000, 20_000), bound(10_000, 10_000));
    assert_eq!(bound(100_000, 100), bound(HEAD_BYTES_CEILING, 100));
}

#[test]
fn a_rate_for_readers_costs_what_is_known_of_each() {
    let limits = Limits {
        response_rate_min: 1,
        ..Limits::default()
    };
    let more = limits.memory().each() - Limits::default().memory().each();
    assert!((UPTAKE_BYTES..=UPTAKE_BYTES + UPTAKE_BYTES / 4 + 1).contains(&more));
}
