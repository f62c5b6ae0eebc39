//! All connections: the slab, the ready queue, the timers. It knows transports, not sockets.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use slab::Slab;

use super::conn::{Conn, Driven};
use super::drive::{Drive, Host, Shared};
use super::ends::Addrs;
use super::link::Event;
use super::peers::PeerCounts;
use super::scarce::{Scarcity, memory_bytes};
use super::shed::{self, Candidate};
use super::transport::Transport;
use crate::handler::{Cause, Cx, Handler, Log, Reply, Request, Response, TrustedProxies};
use crate::http::limits::{
    ACCEPTS_PER_TURN, CALL_COST_BYTES, CONNECTIONS_PER_TURN, HEALTH_GUEST_TIME, Limits,
    TURN_BYTES_MAX,
};
use crate::http::method::Version;
use crate::http::peer::PeerKey;
use crate::http::status::Status;
use crate::http::target::UrlPath;
use crate::reactor::clock::{Now, later};
use crate::reactor::reap::ChildExit;
use crate::reactor::timers::Timers;
use crate::reactor::token::Key;
use crate::reactor::wake::Handle;

/// Slots that are made with the first connection, a count, where so many may come. Memory that
/// nobody has written to costs nothing; a slab that doubles leaves behind what it has outgrown.
const SLOTS_AT_FIRST: usize = 4096;

/// A connection's key in each of the ready queue, the wake-ups and the list that a drain makes, in
/// bytes; these double, too.
pub const QUEUES_BYTES: usize = 3 * 2 * size_of::<Key>();

/// A connection in the slab, in bytes. The slab doubles when it is full.
pub const fn slot_bytes<T>() -> usize {
    2 * (size_of::<Conn<T>>() + size_of::<usize>())
}

mod ahead;
mod leaving;

#[cfg(any(test, fuzzing))]
pub mod inspect;

/// Every connection and what they share.
pub struct Engine<T> {
    conns: Slab<Conn<T>>,
    /// How many were taken so far; the count starts again when it is full.
    taken: u32,
    queue: VecDeque<Key>,
    timers: Timers,
    shared: Shared,
    /// While leaving: when to abort what is left.
    drain_until: Option<Instant>,
    /// Who is in the place that is kept for monitors, when there are no other places, and until
    /// when. It has one of its own as soon as another leaves.
    guest: Option<(Key, Instant)>,
    /// When the last one left that was no monitor, or when it began.
    deserted_since: Instant,
    /// A connection has nothing to do since the last look at this: it could make room.
    idled: bool,
    scarcity: Scarcity,
    /// Who has as many connections as it may.
    peers: PeerCounts,
}

impl<T: Transport> Engine<T> {
    pub fn new(limits: Limits, protocol: Version, start: Instant) -> Engine<T> {
        Engine {
            conns: Slab::new(),
            taken: 0,
            queue: VecDeque::new(),
            timers: Timers::new(start),
            peers: PeerCounts::new(limits.connections_per_peer_max),
            shared: Shared::new(limits, protocol),
            drain_until: None,
            guest: None,
            deserted_since: start,
            idled: false,
            scarcity: Scarcity::new(),
        }
    }

    /// Believes these proxies when they say for whom they ask.
    pub fn with_proxies(mut self, proxies: TrustedProxies) -> Engine<T> {
        self.shared.proxies = (!proxies.is_empty()).then_some(proxies);
        self
    }

    /// Answers this path by itself, and keeps a place for who asks for it.
    pub fn with_health(mut self, path: Option<UrlPath>) -> Engine<T> {
        self.shared.health = path;
        self
    }

    /// Open connections, a count.
    pub fn len(&self) -> usize {
        self.conns.len()
    }

    /// The key that the next connection will have.
    pub fn next_key(&self) -> Key {
        self.conns.vacant_key()
    }

    /// Takes a connection.
    pub fn insert(&mut self, transport: T, addrs: Addrs, now: Instant) -> Key {
        if self.conns.capacity() == 0 {
            self.conns
                .reserve_exact(slots(self.shared.limits.connections_max));
        }
        self.taken = self.taken.wrapping_add(1);
        let limited = self.limited(&addrs);
        let entry = self.conns.vacant_entry();
        let key = entry.key();
        let conn = Conn::new(transport, key, addrs, now, &self.shared.limits);
        let conn = entry.insert(conn.numbered(self.taken));
        let mut proxies = self.shared.proxies.iter();
        if proxies.any(|proxies| proxies.must_pass_on(addrs.0)) {
            conn.await_proxy_header();
        }
        conn.arm(&mut self.timers);
        if let Some(peer) = limited {
            self.peers.join(peer);
            conn.count();
        }
        key
    }

    /// Whether there is a limit on the connections of a peer.
    pub fn limits_peers(&self) -> bool {
        self.peers.are_limited()
    }

    /// Whether the peer of a connection has as many as it may.
    pub fn refuses(&self, addrs: &Addrs) -> bool {
        let peer = self.limited(addrs);
        peer.is_some_and(|peer| !self.peers.has_room(peer))
    }

    fn limited(&self, addrs: &Addrs) -> Option<PeerKey> {
        self.peers.limited(addrs.0, self.shared.proxies.as_ref())
    }

    /// Whether the place that is kept for monitors is free.
    pub fn keeps_place(&self) -> bool {
        self.shared.health.is_some() && self.guest.is_none()
    }

    /// It goes to a connection that was just taken.
    pub fn seat_guest(&mut self, key: Key, now: Instant) {
        self.conns[key].be_guest(true);
        self.guest = Some((key, later(now, HEALTH_GUEST_TIME)));
    }

    /// The poller says this of a connection.
    pub fn announce(&mut self, key: Key, event: Event) {
        if let Some(conn) = self.enqueue(key) {
            conn.announce(event);
        }
    }

    /// A source of an exchange's own is ready.
    pub fn mark_source(&mut self, key: Key, which: u8) {
        if let Some(conn) = self.enqueue(key) {
            conn.mark_source(which);
        }
    }

    /// Somebody has woken the exchange, or has given up to.
    pub fn wake(&mut self, key: Key) {
        if let Some(conn) = self.enqueue(key) {
            conn.wake();
        }
    }

    /// A child's source is ready.
    pub fn mark_child(&mut self, key: Key) {
        self.shared.reaper.mark(key);
    }

    /// A connection that joins the ready queue, if it lives.
    fn enqueue(&mut self, key: Key) -> Option<&mut Conn<T>> {
        let conn = self.conns.get_mut(key)?;
        if conn.enqueue() {
            self.queue.push_back(key);
        }
        Some(conn)
    }

    /// Whether a connection has come to rest since this was last asked.
    pub fn take_idled(&mut self) -> bool {
        std::mem::take(&mut self.idled)
    }

    /// Whether work is left that needs no event.
    pub fn is_ready(&self) -> bool {
        !self.queue.is_empty()
    }

    /// When to run although nothing happens.
    pub fn next_deadline(&self) -> Option<Instant> {
        let times = [
            self.timers.next(),
            self.shared.reaper.next(),
            self.drain_until,
            self.guest.map(|(_, until)| until),
            self.shared.takings.next(),
        ];
        times.into_iter().flatten().min()
    }

    /// Drives what was ready when the turn began, a turn's worth at most; the rest waits.
    pub fn run<H: Handler>(&mut self, host: &mut Host<'_, H>) {
        let now = host.now.mono;
        while let Some(key) = self.timers.expire(now) {
            self.timer_fired(key, now);
        }
        self.reap(host);
        if self.drain_until.is_some_and(|until| until <= now) {
            self.abort_all(host);
        }
        if let Some((key, _)) = self.guest.filter(|(_, until)| *until <= now) {
            self.remove(key, Some(Cause::Shed), host);
        }
        self.read_ahead();
        let mut left = TURN_BYTES_MAX;
        for _ in 0..self.queue.len().min(CONNECTIONS_PER_TURN) {
            if left == 0 {
                break;
            }
            let Some(key) = self.queue.pop_front() else {
                break;
            };
            self.spare_memory(host);
            left = left.saturating_sub(self.drive(key, host));
        }
        self.hold_ahead(host);
        self.look_at_takings(now);
        self.reap(host);
    }

    /// Logs what concerns no connection.
    pub fn log<H: Handler>(&mut self, message: &str, host: &mut Host<'_, H>) {
        self.log_entry(
            Log::Error {
                peer: None,
                message,
            },
            host,
        );
    }

    /// Logs what concerns none of the connections that are open.
    pub fn log_entry<H: Handler>(&mut self, entry: Log<'_>, host: &mut Host<'_, H>) {
        Drive::new(host, &mut self.shared).log(entry);
    }

    /// Whether the log was written to since this was last asked.
    pub fn take_logged(&mut self) -> bool {
        std::mem::take(&mut self.shared.logged)
    }

    fn timer_fired(&mut self, key: Key, now: Instant) {
        let conn = self.conns.get_mut(key);
        if conn.is_some_and(|conn| conn.fire(now, &mut self.timers)) {
            self.enqueue(key);
        }
    }

    fn reap<H: Handler>(&mut self, host: &mut Host<'_, H>) {
        if self.shared.reaper.is_empty() {
            return;
        }
        let mut exits = Vec::new();
        let reaper = &mut self.shared.reaper;
        let left = reaper.run(host.registry, host.now.mono, |exit| exits.push(exit));
        self.log_left_behind(left, host);
        for exit in exits {
            self.tell_exit(exit, host);
        }
    }

    fn tell_exit<H: Handler>(&mut self, exit: ChildExit, host: &mut Host<'_, H>) {
        let owner = exit.owner.filter(|&key| {
            let conn = self.conns.get_mut(key);
            conn.is_some_and(|conn| conn.mark_exit(exit.status))
        });
        if let Some(key) = owner {
            self.enqueue(key);
        } else if !exit.killed && !exit.status.success() {
            let (pid, status) = (exit.pid, exit.status);
            self.log(
                &format!("child {pid} ended after its exchange: {status}"),
                host,
            );
        }
    }

    /// Returns what that counts in the turn, in bytes.
    fn drive<H: Handler>(&mut self, key: Key, host: &mut Host<'_, H>) -> usize {
        let Some(conn) = self.conns.get_mut(key) else {
            return 0;
        };
        conn.dequeue();
        let mut drive = Drive::new(host, &mut self.shared);
        // A handler's bug costs its connection, which is dropped whole; the shared parts are
        // touched only through calls that do not unwind half-way.
        let driven = catch_unwind(AssertUnwindSafe(|| conn.drive(&mut drive)));
        let outcome = driven.unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<&str>().map(|text| text.to_string());
            let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
            let peer = conn.peer();
            // What the call left is this connection's, and would be taken for the next one's.
            drive.settle(key, peer);
            drive.shared.effects.interim.clear();
            let message = format!("bug: {}", text.unwrap_or_default());
            let message = &*message;
            drive.log(Log::Error { peer, message });
            Driven::Gone(Some(Cause::Panicked))
        });
        let cost = conn.moved_bytes() + drive.calls() * CALL_COST_BYTES;
        // One that lingers is no use to its peer, who may have another.
        if conn.is_lingering() {
            conn.discount(&mut self.peers);
        }
        match outcome {
            Driven::Gone(cause) => self.remove(key, cause, host),
            Driven::Again => {
                self.enqueue(key);
            }
            Driven::Wait => {
                self.idled |= conn.has_come_to_rest();
                conn.arm(&mut self.timers);
            }
        }
        cost
    }

    /// Sees to it that there is memory for one more drive: while there is not, the connection that
    /// holds the most is closed.
    pub fn spare_memory<H: Handler>(&mut self, host: &mut Host<'_, H>) {
        // It is moved when it grows.
        let grows = self.conns.capacity() < self.conns.len() + ACCEPTS_PER_TURN;
        let slab_bytes = match grows {
            true => self.conns.capacity() * size_of::<Conn<T>>(),
            false => 0,
        };
        while self.scarcity.is_felt(slab_bytes) {
            let sizes = self.conns.iter();
            let sizes = sizes.map(|(key, conn)| (memory_bytes(conn), key));
            let Some((1.., key)) = sizes.max() else {
                return;
            };
            self.remove(key, Some(Cause::Memory), host);
            if self.scarcity.is_news(host.now.mono) {
                self.log("out of memory: closing what holds the most", host);
            }
        }
    }

    /// Ends a connection: its exchange, its timer, its socket.
    fn remove<H: Handler>(&mut self, key: Key, cause: Option<Cause>, host: &mut Host<'_, H>) {
        let Some(mut conn) = self.conns.try_remove(key) else {
            return;
        };
        self.shared
            .takings
            .end(key, || arrived_bytes(&conn, cause.as_ref()));
        self.shared.ahead.forget(key);
        conn.leave(&mut self.timers, host.registry);
        conn.discount(&mut self.peers);
        if !conn.is_monitor_no_more(&mut self.shared) {
            self.deserted_since = host.now.mono;
        }
        if let Some((guest, _)) = self.guest.take().filter(|(guest, _)| *guest != key) {
            self.conns[guest].be_guest(false);
        }
        if conn.dequeue() {
            self.queue.retain(|&queued| queued != key);
        }
        let mut drive = Drive::new(host, &mut self.shared);
        // The exchange that panicked may do so again.
        let ended = catch_unwind(AssertUnwindSafe(|| conn.end(cause, &mut drive)));
        // What a call left that did not return is this connection's, not the next one's.
        drive.settle(key, conn.peer());
        // Whatever it still had to send is the handler's, too, and may panic as it is dropped.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(conn)));
        if ended.is_err() || dropped.is_err() {
            let (peer, message) = (None, "bug: it panicked while it was closed");
            drive.log(Log::Error { peer, message });
        }
        if !self.shared.reaper.is_empty() {
            self.shared.reaper.release(key, false, host.now.mono);
        }
    }

    /// The grace of a drain is over. What is left now are children, which have their time; a drain
    /// after this one gives them none.
    fn abort_all<H: Handler>(&mut self, host: &mut Host<'_, H>) {
        self.remove_all(host);
        self.drain_until = None;
        if self.shared.reaper.is_ending() {
            let left = self.shared.reaper.kill_all();
            self.log_left_behind(left, host);
        } else {
            self.shared.reaper.end(host.now.mono);
        }
    }

    fn remove_all<H: Handler>(&mut self, host: &mut Host<'_, H>) {
        // At once, or each connection would look for itself in a queue that holds all of them.
        self.queue.clear();
        for (_, conn) in &mut self.conns {
            conn.dequeue();
        }
        let keys: Vec<Key> = self.conns.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.remove(key, Some(Cause::Drained), host);
        }
    }

    fn log_left_behind<H: Handler>(&mut self, left: usize, host: &mut Host<'_, H>) {
        if left > 0 {
            let message = format!("{left} children do not end, and are left behind");
            self.log(&message, host);
        }
    }

    /// The last call to every exchange, when the server is dropped with its connections. There is
    /// no log any more.
    pub fn abandon(&mut self, now: &Now, registry: &mio::Registry, handle: &Handle) {
        let mut host = Host {
            handler: &mut Nobody,
            now,
            registry,
            handle,
        };
        self.remove_all(&mut host);
    }

    /// Who is closed to make room, one after the other: at most so many.
    pub fn plan_room(&self, now: Instant, most: usize) -> VecDeque<Key> {
        let candidates = self.conns.iter().map(|(key, conn)| Candidate {
            key,
            peer: conn.peer_key(),
            spare: conn.spare(now),
        });
        shed::plan(candidates.collect(), most).into()
    }

    /// Closes the next one of a plan that was made in this turn; returns whether there was one.
    pub fn shed<H: Handler>(&mut self, plan: &mut VecDeque<Key>, host: &mut Host<'_, H>) -> bool {
        // Its place is given to somebody else only after this.
        let Some(key) = plan.pop_front() else {
            return false;
        };
        self.remove(key, Some(Cause::Shed), host);
        true
    }
}

/// How many bytes of a connection that ends have arrived, all of them or none. One that a read or a
/// write has found reset has lost some; what an event tells may be no more than the end of a Unix
/// socket.
fn arrived_bytes<T: Transport>(conn: &Conn<T>, cause: Option<&Cause>) -> u64 {
    let is_reset = matches!(cause, Some(Cause::PeerGone(error)) if error.raw_os_error().is_some());
    match is_reset || !conn.has_arrived() {
        true => 0,
        false => conn.sent_bytes(),
    }
}

/// How many slots are made at first for so many connections; 0 are any number.
fn slots(connections_max: usize) -> usize {
    match connections_max {
        0 => SLOTS_AT_FIRST,
        most => most.min(SLOTS_AT_FIRST),
    }
}

/// The handler of a server that is being dropped: nobody asks it.
struct Nobody;

impl Handler for Nobody {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Response::new(Status::OK).into()
    }
}

#[cfg(test)]
mod tests;
