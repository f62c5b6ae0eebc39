//! What must hold of the engine after every turn, and at the end.

use super::diary::Seen;
use super::net::Wire;
use crate::http::limits::OUT_BYTES_MAX;
use crate::reactor::scratch::READ_BYTES;
use crate::server::engine::inspect::Look;

/// Bytes that it may have queued: what stops it from queueing more, and one response's head,
/// small body and framing.
const QUEUED_BYTES_MAX: usize = OUT_BYTES_MAX + 40 * 1024;

/// Looks at one connection between two turns; `wire` is its network.
pub fn connection(look: &Look, wire: &Wire) {
    assert_eq!(
        look.queue_entries,
        usize::from(look.queued),
        "queue: {look:?}"
    );
    assert!(look.held_bytes <= READ_BYTES, "keeps too much: {look:?}");
    assert!(
        look.queued_bytes <= QUEUED_BYTES_MAX,
        "queues too much: {look:?}"
    );
    assert!(
        look.armed || look.unarmed,
        "a tick without its entry: {look:?}"
    );
    if look.queued {
        return;
    }
    match look.deadline {
        Some(_) => assert!(look.armed, "a deadline without a timer: {look:?}"),
        None => assert!(look.is_answered_later, "waits for ever: {look:?}"),
    }
    // Whoever could go on and is not queued was forgotten.
    assert!(!look.untold, "not told: {look:?}");
    assert!(!look.holds_head, "a request is left lying: {look:?}");
    assert!(!(look.readable && look.wants_input), "could read: {look:?}");
    assert!(
        !(look.writable && look.wants_output),
        "could write: {look:?}"
    );
    if wire.edge {
        return;
    }
    let has_input = !wire.inbound.is_empty() || wire.fin || wire.reset;
    assert!(
        !(has_input && look.wants_input),
        "input without an edge: {look:?}"
    );
    let has_room = wire.outbound.len() < wire.outbound_max;
    assert!(
        !(has_room && look.wants_output),
        "room without an edge: {look:?}"
    );
}

/// Looks at what the handler has seen, when all is over.
pub fn diary(seen: &Seen) {
    assert_eq!(seen.begun, seen.closed, "each exchange is closed once");
    assert_eq!(seen.begun, seen.dropped, "each exchange is dropped");
    let of = |message: &str| -> Vec<Option<u16>> {
        let lines = seen.errors.iter().filter(|(_, line)| line == message);
        lines.map(|(port, _)| *port).collect()
    };
    assert_eq!(
        of("before the panic"),
        of("bug: as asked"),
        "notes of another"
    );
    for (port, line) in &seen.errors {
        let bug = line.starts_with("bug:") && line != "bug: as asked";
        assert!(!bug, "client {port:?}: {line}");
    }
}
