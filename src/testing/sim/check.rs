//! What must hold of the engine after every turn, and at the end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::answers::answers;
use super::backlog::Backlog;
use super::client::Client;
use super::compare::{Verdict, compare};
use super::diary::Seen;
use super::net::Wire;
use crate::http::dialog::Phase;
use crate::http::limits::{
    CALLS_PER_TURN, Limits, OUT_BYTES_MAX, PROGRESS_LOOK_TIME, READ_BUDGET, REQUESTS_PER_TURN,
    WRITE_BUDGET,
};
use crate::http::peer::PeerKey;
use crate::reactor::scratch::{KEPT_BYTES_MAX, READ_BYTES};
use crate::server::accept::BUSY;
use crate::server::engine::Engine;
use crate::server::engine::inspect::Look;
use crate::server::transport::Transport;

/// Bytes that it may have queued: what stops it from queueing more, and one response's head,
/// small body and framing.
const QUEUED_BYTES_MAX: usize = OUT_BYTES_MAX + 40 * 1024;

/// Calls past a turn's share that end what was begun: of a body's end, of the response.
const LAST_CALLS_MAX: usize = 4;

/// A timer fires this much after its deadline at most: they count in whole milliseconds.
const TICK: Duration = Duration::from_millis(1);

/// Looks at what all connections share; `looks` are all of them.
pub fn engine<T: Transport>(engine: &Engine<T>, looks: &[Look], now: Instant) {
    assert!(engine.timer_entries() <= looks.len(), "entries of nobody");
    assert!(engine.queue_entries() <= looks.len(), "queued nobody");
    assert!(engine.pooled_bytes() <= KEPT_BYTES_MAX, "keeps too much");
    let due = engine.next_deadline().filter(|next| *next <= now);
    assert!(
        engine.is_drained() || due.is_none() || looks.iter().any(|look| look.fires == due),
        "a deadline has passed, and nobody acts on it"
    );
}

/// Looks at the counts of connections by peer, of which each may have `each_max`; 0 for any number.
/// Who lingers is none of them.
pub fn peers(counts: &[(PeerKey, usize)], looks: &[Look], each_max: usize) {
    let mut want = BTreeMap::new();
    for look in looks {
        let is_one = each_max > 0 && look.conn.phase != Phase::Linger;
        assert_eq!(look.conn.is_counted, is_one, "counted: {look:?}");
        if is_one {
            *want.entry(look.conn.peer).or_insert(0) += 1;
        }
    }
    let want: Vec<_> = want.into_iter().collect();
    assert_eq!(counts, want, "connections of a peer");
    let is_right = |(_, count): &(PeerKey, usize)| *count <= each_max;
    assert!(counts.iter().all(is_right), "more than a peer may have");
}

/// Looks at scripts that run, by their peers.
pub fn scripts(running: &[&str], most: usize, each_max: usize) {
    assert!(running.len() <= most, "more scripts than may be");
    for peer in running {
        let count = running.iter().filter(|other| *other == peer).count();
        assert!(count <= each_max, "more scripts of one peer than may be");
    }
}

/// Looks at one turn's work: whose responses have `began`, and the most `calls` of one exchange or
/// source.
pub fn work(began: &[u16], calls: usize) {
    assert!(calls <= CALLS_PER_TURN + LAST_CALLS_MAX, "{calls} calls");
    for port in began {
        let count = began.iter().filter(|other| *other == port).count();
        assert!(
            count <= REQUESTS_PER_TURN,
            "client {port} keeps others waiting"
        );
    }
}

/// Turns in a row that a connection may ask for and not use, a count.
const IDLE_TURNS_MAX: usize = 3;

/// Counts a connection's turns that nothing came of: this was one, if no byte has moved, and no
/// more was `done` by its handler and exchange.
pub fn idleness(look: &Look, wire: &mut Wire, done: usize) {
    // What moves inside of layers is not to be seen from here.
    let is_bare = wire.layers.is_none();
    match is_bare && look.conn.queued && !wire.meter.has_moved() && done == 0 {
        true => wire.idle_turns += 1,
        false => wire.idle_turns = 0,
    }
    assert!(wire.idle_turns < IDLE_TURNS_MAX, "a busy loop: {look:?}");
}

/// Looks at a peer that takes nothing of what it was sent: it is cut in its time.
pub fn progress(look: &Look, wire: &Wire, limits: &Limits, now: Instant) {
    let since = wire.times.stands_still().filter(|_| !look.conn.queued);
    // What it takes is found out late.
    let most = limits.stall_time + PROGRESS_LOOK_TIME + TICK;
    let is_kept = since.is_some_and(|since| now - since > most);
    assert!(!is_kept, "takes nothing, and is kept: {look:?}");
}

/// Looks at one connection between two turns; `wire` is its network.
pub fn connection(look: &Look, wire: &Wire) {
    bounds(look, wire);
    let conn = &look.conn;
    if conn.queued {
        return;
    }
    match conn.deadline {
        Some(_) => assert!(look.armed, "a deadline without a timer: {look:?}"),
        None => assert!(conn.is_answered_later, "waits for ever: {look:?}"),
    }
    // Whoever could go on and is not queued was forgotten.
    assert!(!conn.untold, "not told: {look:?}");
    assert!(!conn.holds_head, "a request is left lying: {look:?}");
    let (could_read, could_write) = (conn.link.readable, conn.link.writable);
    assert!(!(could_read && conn.wants_input), "could read: {look:?}");
    assert!(
        !(could_write && conn.link.is_unsent),
        "could write: {look:?}"
    );
    if wire.edge {
        return;
    }
    let has_room = wire.tells_room();
    if let Some(peer) = &wire.layers {
        let inside = peer.inside.get();
        assert!(!(has_room && inside > 0), "not flushed: {look:?}");
        // What else one waits for is not to be seen from here.
        return;
    }
    let has_input = !wire.inbound.is_empty() || wire.fin || wire.reset;
    assert!(
        !(has_input && conn.wants_input),
        "input without an edge: {look:?}"
    );
    assert!(
        !(has_room && conn.link.is_unsent),
        "room without an edge: {look:?}"
    );
}

/// What one connection may hold and do.
fn bounds(look: &Look, wire: &Wire) {
    let (conn, link) = (&look.conn, &look.conn.link);
    let queued = usize::from(conn.queued);
    assert_eq!(look.queue_entries, queued, "queue: {look:?}");
    assert!(link.held_bytes <= READ_BYTES, "keeps too much: {look:?}");
    assert!(
        link.buffered_bytes <= QUEUED_BYTES_MAX,
        "queues too much: {look:?}"
    );
    assert!(
        link.held_bytes > 0 || link.held_capacity == 0,
        "a buffer for nothing: {look:?}"
    );
    assert!(
        link.queued_bytes > 0 || !link.has_out_buffer,
        "a buffer for nothing: {look:?}"
    );
    assert!(
        look.armed || look.unarmed,
        "a tick without its entry: {look:?}"
    );
    let in_time = conn.deadline.zip(look.fires);
    assert!(
        conn.queued || in_time.is_none_or(|(deadline, fires)| fires <= deadline + TICK),
        "a timer that fires late: {look:?}"
    );
    assert!(
        !conn.is_idle || !conn.has_cycle,
        "a request that nobody waits for: {look:?}"
    );
    let meter = wire.meter;
    // Layers may read ahead.
    let is_bare = wire.layers.is_none();
    assert!(
        !is_bare || meter.read <= READ_BUDGET,
        "read too much: {meter:?}"
    );
    assert!(
        meter.written <= WRITE_BUDGET + QUEUED_BYTES_MAX,
        "wrote too much: {meter:?}"
    );
}

/// Looks at one listener between two turns: `is_ready` is what it believes.
pub fn backlog(backlog: &Backlog, is_ready: bool) {
    assert!(
        backlog.waiting.is_empty() || backlog.edge || is_ready,
        "clients wait, and nobody will be told"
    );
}

/// Looks at what room was made: `taken` of those who waited were taken, which made so many
/// connections of those `before`.
pub fn shed(waiting: usize, taken: usize, before: usize, after: usize) {
    // Fewer, if one that was taken was only told to come again.
    let shed = (before + taken).saturating_sub(after);
    assert!(shed <= 2 * waiting, "sent away for nobody");
    assert!(shed <= 2 * taken + 1, "sent away for nothing");
}

/// Looks at what the handler has seen, when all is over.
pub fn diary(seen: &Seen) {
    assert_eq!(seen.begun, seen.closed, "each exchange is closed once");
    assert_eq!(seen.begun, seen.dropped, "each exchange is dropped");
    let sorted = |list: &[(u16, u16)]| {
        let mut list = list.to_vec();
        list.sort_unstable();
        list
    };
    let told = (sorted(&seen.accesses), sorted(&seen.overs));
    assert_eq!(told.0, told.1, "what begins is told to be over, once");
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

/// Looks at what one client has received, when all is over; returns what it was.
pub fn client(client: &Client, seen: &Seen, limits: &Limits, is_busy: bool) -> String {
    let port = client.port;
    let wire = client.wire.borrow();
    assert!(wire.server_gone, "client {port} is kept");
    if wire.key.is_none() {
        // It was not taken, or only to be told why not.
        assert!(
            BUSY.starts_with(&client.received),
            "client {port}: not told"
        );
        return format!("client {port} is turned away");
    }
    let (script, end) = client.said();
    let answers = answers(script, end, limits, is_busy);
    let verdict = match compare(&client.received, &answers, client.loses) {
        Ok(verdict) => verdict,
        Err(what) => panic!("client {port}: {what}"),
    };
    let cut = answers.iter().any(|answer| answer.cut || answer.vague);
    let hears_all = !client.loses && !cut && wire.lost_bytes == 0;
    if let Some(peer) = wire.layers.as_ref().filter(|_| hears_all) {
        assert!(peer.heard_farewell, "client {port}: no farewell");
    }
    let own = |(other, _): &&(u16, u16)| *other == port;
    let accesses = seen.accesses.iter().filter(own).count();
    // One more, if time was up before a request was whole.
    let most = answers.len() + usize::from(client.loses);
    assert!(accesses <= most, "client {port}: {accesses} log lines");
    match verdict {
        Verdict::Short(at) => {
            // A peer that sends on after the end loses what it has not read, but for what is more
            // than a socket closed under it may lose.
            let sends_on = client.is_steady() && (1..=OUT_BYTES_MAX).contains(&wire.lost_bytes);
            let may = client.loses || cut || sends_on;
            assert!(may, "client {port}: answer {at} does not come");
            assert!(
                at <= accesses,
                "client {port}: an answer without a log line"
            );
        }
        Verdict::Whole(count) if !client.loses && !cut => {
            assert_eq!(accesses, count, "client {port}: access log lines");
        }
        Verdict::Whole(count) => {
            assert!(
                count <= accesses,
                "client {port}: an answer without a log line"
            );
        }
    }
    format!(
        "client {port}: {verdict:?} of {}, {accesses} log lines",
        answers.len()
    )
}
