//! Who was closed to make room for others, held against what the documents promise: nobody who
//! moves, and first somebody of the address with most connections.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::client::{Client, address};
use super::net::{Shared, Wire};
use crate::http::dialog::{Phase, Takes};
use crate::http::limits::{PROGRESS_LOOK_TIME, SHED_FRESH_TIME, SHED_HEAD_TIME, SHED_STALL_TIME};
use crate::server::conn::inspect::Look;
use crate::server::engine::Engine;
use crate::server::transport::Transport;

/// A connection before room was made.
struct Guest {
    port: u16,
    address: IpAddr,
    wire: Shared<Wire>,
    /// It may be closed for another.
    may_go: bool,
    /// It may, and nothing that it could lose is under way.
    is_idle: bool,
    look: String,
}

/// All connections before room was made.
pub struct Guests(Vec<Guest>);

impl Guests {
    /// Looks at all of them.
    pub fn look<T: Transport>(clients: &[Client], engine: &Engine<T>, now: Instant) -> Guests {
        let mut guests = Vec::new();
        for look in engine.look() {
            let own = |client: &&Client| {
                let wire = client.wire.borrow();
                wire.key == Some(look.conn.key) && !wire.server_gone
            };
            if let Some(client) = clients.iter().find(own) {
                let wire = client.wire.borrow();
                // Those that have moved at this very moment are not those that move nothing.
                let rests = wire.times.rests_before(now) && !wire.meter.has_moved();
                guests.push(Guest {
                    port: client.port,
                    address: address(client.port),
                    wire: client.wire.clone(),
                    may_go: may_go(&look.conn, &wire, now),
                    is_idle: look.conn.is_idle && rests,
                    look: format!("{:?}", look.conn),
                });
            }
        }
        Guests(guests)
    }

    /// Looks at who is gone since. Where a place `is_wanted`, somebody must be, if anybody could.
    pub fn check(self, is_wanted: bool) {
        let (gone, left): (Vec<Guest>, Vec<Guest>) =
            (self.0.into_iter()).partition(|guest| guest.wire.borrow().server_gone);
        let could_go = left.iter().find(|guest| guest.is_idle && guest.may_go);
        if let Some(Guest { port, look, .. }) = could_go.filter(|_| is_wanted && gone.is_empty()) {
            panic!("client {port} has nothing to do, and makes no room: {look}");
        }
        let mut counts = BTreeMap::new();
        for guest in &left {
            *counts.entry(guest.address).or_insert(0) += 1;
        }
        let count = |address| counts.get(&address).copied().unwrap_or(0);
        for guest in &gone {
            let (port, look) = (guest.port, &guest.look);
            assert!(guest.may_go, "client {port} made room, and lives: {look}");
            // The last one that went had its address at least as full as any other that could lose
            // one.
            let own = count(guest.address) + 1;
            let fuller = left.iter().filter(|other| other.is_idle);
            let fuller = fuller.map(|other| count(other.address)).max();
            let is_right = fuller.is_none_or(|others| others <= own);
            assert!(is_right, "client {port} made room for a crowd: {look}");
        }
    }
}

/// Whether the documents let a connection be closed for another: decided from what has moved on
/// its network, not from what the engine counts.
fn may_go(look: &Look, wire: &Wire, now: Instant) -> bool {
    // What layers write may be theirs: there, only the kinds are looked at.
    let written = wire.times.written().filter(|_| wire.layers.is_none());
    let unwritten = written.map_or(Duration::MAX, |at| now - at);
    if look.takes == Takes::Anything {
        return unwritten > SHED_FRESH_TIME;
    }
    if look.link.is_unsent {
        return unwritten > SHED_STALL_TIME && !is_read(wire, now);
    }
    match (look.takes, look.phase) {
        (Takes::Head, Phase::Idle) if look.holds_nothing => true,
        (Takes::Head, _) if look.holds_nothing => unwritten > SHED_FRESH_TIME,
        (Takes::Head, _) => unwritten > SHED_HEAD_TIME,
        (Takes::Discard, Phase::Flush) => unwritten > SHED_FRESH_TIME,
        _ => false,
    }
}

/// Whether its client has taken bytes in the time that counts, and the engine must have found out.
fn is_read(wire: &Wire, now: Instant) -> bool {
    // The first look only tells the second one what there was.
    let first = wire.times.written().map(|at| at + PROGRESS_LOOK_TIME);
    let mut times = wire.times.acknowledged.iter();
    times.any(|&at| {
        let ago = now - at;
        first.is_some_and(|first| at > first) && ago > PROGRESS_LOOK_TIME && ago < SHED_STALL_TIME
    })
}
