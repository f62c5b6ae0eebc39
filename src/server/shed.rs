//! Who makes room for a newcomer when there is none: decided from plain facts, without I/O.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use crate::http::dialog::Wait;
use crate::http::limits::{SHED_FRESH_TIME, SHED_HEAD_TIME, SHED_STALL_TIME};
use crate::http::peer::PeerKey;
use crate::reactor::token::Key;

/// Why a connection may end for another; the one that loses least comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Spare {
    /// It is between two requests, or has said nothing.
    Idle,
    /// Everything was sent, and what still comes is dropped.
    Discards,
    /// Its head does not come to an end.
    Head,
    /// It takes nothing of its response.
    Stalls,
}

/// What a connection takes in a plan in the making, in bytes: its own entry in the list, and that
/// of its address in a queue, which doubles.
pub const ROOM_BYTES: usize = size_of::<Candidate>() + 2 * size_of::<Crowded<'_>>();

/// Whether a connection that waits for this may end to make room, and after how long.
/// `is_answered`: all of its response was queued. `has_input`: bytes of a head have come.
pub fn spare(wait: Wait, is_answered: bool, has_input: bool) -> Option<(Spare, Duration)> {
    match wait {
        Wait::Reader => Some((Spare::Stalls, SHED_STALL_TIME)),
        Wait::End => Some((Spare::Discards, SHED_FRESH_TIME)),
        Wait::Discard if is_answered => Some((Spare::Discards, SHED_FRESH_TIME)),
        Wait::Request | Wait::Head if has_input => Some((Spare::Head, SHED_HEAD_TIME)),
        // One that has just come gets time to speak.
        Wait::Head => Some((Spare::Idle, SHED_FRESH_TIME)),
        Wait::Request => Some((Spare::Idle, Duration::ZERO)),
        Wait::Body | Wait::Discard | Wait::Answer | Wait::Switched => None,
    }
}

/// A connection as it is when room is needed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Candidate {
    pub key: Key,
    pub peer: PeerKey,
    /// Why it may end, and since when; `None`: it may not.
    pub spare: Option<(Spare, Instant)>,
}

/// Those that end, one for each newcomer, `most` of them: always the next one of the address that
/// has most connections left, of these the one that loses least, of these the one that has waited
/// longest.
pub fn plan(mut candidates: Vec<Candidate>, most: usize) -> Vec<Key> {
    // Those that may not end come last of their address.
    candidates.sort_unstable_by_key(|one| (one.peer, one.spare.is_none(), one.spare, one.key));
    let mut heap = BinaryHeap::new();
    for crowd in candidates.chunk_by(|one, other| one.peer == other.peer) {
        heap.extend(crowded(crowd.len(), crowd));
    }
    let mut plan = Vec::new();
    while plan.len() < most {
        let Some(Crowded { count, crowd, .. }) = heap.pop() else {
            break;
        };
        plan.push(crowd[0].key);
        heap.extend(crowded(count - 1, &crowd[1..]));
    }
    plan
}

/// An address that can lose a connection, in the order of who loses next.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Crowded<'a> {
    count: usize,
    first: Reverse<(Spare, Instant)>,
    crowd: &'a [Candidate],
}

/// The place of an address with so many connections; of `crowd` the first would be next.
fn crowded(count: usize, crowd: &[Candidate]) -> Option<Crowded<'_>> {
    let first = Reverse(crowd.first()?.spare?);
    Some(Crowded {
        count,
        first,
        crowd,
    })
}

#[cfg(test)]
mod tests;
