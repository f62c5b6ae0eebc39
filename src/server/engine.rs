//! All connections: the slab, the ready queue, the timers. It knows transports, not sockets.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use slab::Slab;

use super::conn::{Conn, Outcome};
use super::scarce::{Scarcity, memory_bytes};
use super::shed::{self, Candidate};
use super::transport::Transport;
use super::world::{Shared, World};
use crate::handler::{Handler, Left, Log};
use crate::http::limits::{CONNECTIONS_PER_TURN, Limits};
use crate::http::method::Version;
use crate::reactor::clock::Now;
use crate::reactor::reap::{Exit, Reaper};
use crate::reactor::scratch::Scratch;
use crate::reactor::timers::Timers;
use crate::reactor::token::Key;
use crate::reactor::wake::Handle;

#[cfg(any(test, fuzzing))]
pub mod inspect;

/// Every connection and what they share.
pub struct Engine<T> {
    conns: Slab<Conn<T>>,
    queue: VecDeque<Key>,
    timers: Timers,
    shared: Shared,
    /// While draining: when to abort what is left.
    drain_until: Option<Instant>,
    /// A connection has nothing to do since the last look at this: it could make room.
    idled: bool,
    scarcity: Scarcity,
}

/// What the engine borrows for one turn.
pub struct Around<'a, H> {
    pub handler: &'a mut H,
    pub now: &'a Now,
    pub registry: &'a mio::Registry,
    pub handle: &'a Handle,
}

impl<T: Transport> Engine<T> {
    pub fn new(limits: Limits, protocol: Version, start: Instant) -> Engine<T> {
        Engine {
            conns: Slab::new(),
            queue: VecDeque::new(),
            timers: Timers::new(start),
            shared: Shared {
                limits,
                protocol,
                scratch: Scratch::default(),
                reaper: Reaper::default(),
                draining: false,
                left: Left::default(),
                logged: false,
            },
            drain_until: None,
            idled: false,
            scarcity: Scarcity::new(),
        }
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
    pub fn insert(
        &mut self,
        transport: T,
        addrs: (Option<SocketAddr>, Option<SocketAddr>),
        now: Instant,
    ) -> Key {
        let entry = self.conns.vacant_entry();
        let key = entry.key();
        let conn = entry.insert(Conn::new(transport, key, addrs, now, &self.shared.limits));
        if let Some(deadline) = conn.deadline {
            self.timers.arm(key, &mut conn.timer, deadline);
        }
        key
    }

    /// The connection's marks, to set, if it lives; it joins the ready queue.
    pub fn mark(&mut self, key: Key) -> Option<&mut super::conn::Ready> {
        if !self.conns.contains(key) {
            return None;
        }
        self.enqueue(key);
        self.conns.get_mut(key).map(|conn| &mut conn.ready)
    }

    /// Somebody has woken the exchange, or has given up to.
    pub fn wake(&mut self, key: Key) {
        self.enqueue(key);
        if let Some(conn) = self.conns.get_mut(key) {
            conn.ready.woken = true;
            if let Some(wake) = &conn.calls.wake {
                wake.look();
            }
        }
    }

    /// A child's source is ready.
    pub fn mark_child(&mut self, key: Key) {
        self.shared.reaper.mark(key);
    }

    fn enqueue(&mut self, key: Key) {
        match self.conns.get_mut(key) {
            Some(conn) if !conn.ready.queued => conn.ready.queued = true,
            _ => return,
        }
        self.queue.push_back(key);
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
        ];
        times.into_iter().flatten().min()
    }

    /// Ends idle connections now, others after their response; aborts what is left after `grace`.
    pub fn drain(&mut self, grace: Duration, now: Instant) {
        // A grace past the clock's end is none.
        let times = [self.drain_until, now.checked_add(grace)];
        self.drain_until = times.into_iter().flatten().min();
        self.shared.draining = true;
        let keys: Vec<Key> = self.conns.iter().map(|(key, _)| key).collect();
        keys.into_iter().for_each(|key| self.enqueue(key));
    }

    /// Whether a drain was asked for.
    pub fn is_draining(&self) -> bool {
        self.shared.draining
    }

    /// Whether a drain has come to its end.
    pub fn is_drained(&self) -> bool {
        self.shared.draining && self.conns.is_empty() && self.shared.reaper.is_empty()
    }

    /// Drives what was ready when the turn began, a turn's worth at most; the rest waits.
    pub fn run<H: Handler>(&mut self, around: &mut Around<'_, H>) {
        let now = around.now.mono;
        while let Some(key) = self.timers.expire(now) {
            self.timer_fired(key, now);
        }
        self.reap(around);
        if self.drain_until.is_some_and(|until| until <= now) {
            self.abort_all(around);
        }
        for _ in 0..self.queue.len().min(CONNECTIONS_PER_TURN) {
            let Some(key) = self.queue.pop_front() else {
                break;
            };
            self.spare_memory(around);
            self.drive(key, around);
        }
        self.reap(around);
    }

    /// Logs what concerns no connection.
    pub fn log<H: Handler>(&mut self, message: &str, around: &mut Around<'_, H>) {
        self.world(around).log(Log::Error {
            peer: None,
            message,
        });
    }

    /// Whether the log was written to since this was last asked.
    pub fn take_logged(&mut self) -> bool {
        std::mem::take(&mut self.shared.logged)
    }

    fn timer_fired(&mut self, key: Key, now: Instant) {
        let Some(conn) = self.conns.get_mut(key) else {
            return;
        };
        conn.timer = 0;
        match conn.deadline {
            Some(deadline) if deadline <= now => {
                conn.ready.timer = true;
                self.enqueue(key);
            }
            Some(_) if mutant!("timer_lost") => {}
            Some(deadline) => self.timers.arm(key, &mut conn.timer, deadline),
            None => {}
        }
    }

    fn reap<H: Handler>(&mut self, around: &mut Around<'_, H>) {
        if self.shared.reaper.is_empty() {
            return;
        }
        let mut exits = Vec::new();
        let left = self
            .shared
            .reaper
            .run(around.registry, around.now.mono, |exit| exits.push(exit));
        self.log_left_behind(left, around);
        for exit in exits {
            self.tell_exit(exit, around);
        }
    }

    fn tell_exit<H: Handler>(&mut self, exit: Exit, around: &mut Around<'_, H>) {
        let conn = exit.owner.and_then(|key| self.conns.get_mut(key));
        if let Some((key, active)) = conn.and_then(|conn| Some((conn.key, conn.active.as_mut()?))) {
            active.exit = Some(exit.status).filter(|_| !mutant!("exit_untold"));
            self.enqueue(key);
        } else if !exit.killed && !exit.status.success() {
            let message = format!(
                "child {} ended after its exchange: {}",
                exit.pid, exit.status
            );
            self.world(around).log(Log::Error {
                peer: None,
                message: &message,
            });
        }
    }

    fn world<'a, H>(&'a mut self, around: &'a mut Around<'_, H>) -> World<'a, H> {
        World {
            handler: around.handler,
            shared: &mut self.shared,
            now: around.now,
            registry: around.registry,
            handle: around.handle,
        }
    }

    fn drive<H: Handler>(&mut self, key: Key, around: &mut Around<'_, H>) {
        let Some(conn) = self.conns.get_mut(key) else {
            return;
        };
        conn.ready.queued = false;
        let mut world = World {
            handler: &mut *around.handler,
            shared: &mut self.shared,
            now: around.now,
            registry: around.registry,
            handle: around.handle,
        };
        // A handler's bug costs its connection, which is dropped whole; the shared parts are
        // touched only through calls that do not unwind half-way.
        let driven = catch_unwind(AssertUnwindSafe(|| conn.drive(&mut world)));
        let outcome = driven.unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<&str>().map(|text| text.to_string());
            let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
            // What the call left is this connection's, and would be taken for the next one's.
            world.settle(key, conn.peer);
            world.shared.left.interim.clear();
            let message = format!("bug: {}", text.unwrap_or_default());
            world.log(Log::Error {
                peer: conn.peer,
                message: &message,
            });
            Outcome::Gone
        });
        match outcome {
            Outcome::Gone => self.remove(key, around),
            Outcome::Again if mutant!("again_lost") => {}
            Outcome::Again => self.enqueue(key),
            Outcome::Wait => {
                self.idled |= conn.has_come_to_rest();
                if let Some(deadline) = conn.deadline {
                    self.timers.arm(key, &mut conn.timer, deadline);
                }
            }
        }
    }

    /// Sees to it that there is memory for one more drive: while there is not, the connection that
    /// holds the most is closed.
    pub fn spare_memory<H: Handler>(&mut self, around: &mut Around<'_, H>) {
        let slab_bytes = self.conns.capacity() * size_of::<Conn<T>>();
        while self.scarcity.is_felt(slab_bytes) {
            let sizes = self.conns.iter();
            let sizes = sizes.map(|(key, conn)| (memory_bytes(conn), key));
            let Some((1.., key)) = sizes.max() else {
                return;
            };
            self.remove(key, around);
            if self.scarcity.is_news(around.now.mono) {
                self.log("out of memory: closing what holds the most", around);
            }
        }
    }

    fn tell_cut<H: Handler>(&mut self, key: Key, cause: &str, around: &mut Around<'_, H>) {
        let Some(conn) = self.conns.get(key) else {
            return;
        };
        let mut world = World {
            handler: &mut *around.handler,
            shared: &mut self.shared,
            now: around.now,
            registry: around.registry,
            handle: around.handle,
        };
        conn.tell_cut(cause, &mut world);
    }

    /// Ends a connection: its exchange, its timer, its socket.
    fn remove<H: Handler>(&mut self, key: Key, around: &mut Around<'_, H>) {
        let Some(mut conn) = self.conns.try_remove(key) else {
            return;
        };
        conn.cut();
        if !mutant!("timer_outlives") {
            self.timers.cancel(key, &mut conn.timer);
        }
        conn.transport.deregister(around.registry);
        if conn.ready.queued {
            self.queue.retain(|&queued| queued != key);
        }
        let mut world = self.world(around);
        // The exchange that panicked may do so again.
        let closed = catch_unwind(AssertUnwindSafe(|| conn.end_exchange(false, &mut world)));
        // What a call left that did not return is this connection's, not the next one's.
        world.settle(key, conn.peer);
        conn.calls.end();
        // Whatever it still had to send is the handler's, too, and may panic as it is dropped.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(conn)));
        if closed.is_err() || dropped.is_err() {
            let message = "bug: an exchange or a source panicked while it was closed";
            world.log(Log::Error {
                peer: None,
                message,
            });
        }
        if !self.shared.reaper.is_empty() {
            self.shared.reaper.release(key, false, around.now.mono);
        }
    }

    fn abort_all<H: Handler>(&mut self, around: &mut Around<'_, H>) {
        // At once, or each connection would look for itself in a queue that holds all of them.
        self.queue.clear();
        for (_, conn) in &mut self.conns {
            conn.ready.queued = false;
        }
        let keys: Vec<Key> = self.conns.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.tell_cut(key, "the server ends", around);
            self.remove(key, around);
        }
        // What is left now are children, which have their time; a drain after this one has none.
        self.drain_until = None;
        if self.shared.reaper.is_ending() {
            let left = self.shared.reaper.kill_all();
            self.log_left_behind(left, around);
        } else {
            self.shared.reaper.end(around.now.mono);
        }
    }

    fn log_left_behind<H: Handler>(&mut self, left: usize, around: &mut Around<'_, H>) {
        if left > 0 {
            let message = format!("{left} children do not end, and are left behind");
            self.log(&message, around);
        }
    }

    /// The last call to every exchange, when the server is dropped with its connections.
    pub fn abandon(&mut self, now: &Now, registry: &mio::Registry, handle: &Handle) {
        for (key, conn) in &mut self.conns {
            let shell = (registry, handle);
            if let Some(mut active) = conn.active.take() {
                let mut cx = self.shared.cx(now, shell, key, &mut conn.calls);
                // All of them, whatever one of them does. There is no log any more to say so.
                let _ = catch_unwind(AssertUnwindSafe(|| active.exchange.on_close(&mut cx)));
            }
            conn.calls.end();
        }
    }

    /// Who is closed to make room, one after the other: at most so many.
    pub fn plan_room(&self, now: Instant, most: usize) -> VecDeque<Key> {
        let conns = self.conns.iter();
        let candidates = conns.map(|(key, conn)| Candidate {
            key,
            peer: conn.peer.map(|peer| peer.ip()),
            spare: conn.spare(now),
        });
        shed::plan(candidates.collect(), most).into()
    }

    /// Closes the next one of a plan that was made in this turn; returns whether there was one.
    pub fn shed<H: Handler>(
        &mut self,
        plan: &mut VecDeque<Key>,
        around: &mut Around<'_, H>,
    ) -> bool {
        // Its place is given to somebody else only after this.
        let key = plan.pop_front();
        key.is_some_and(|key| {
            self.tell_cut(key, "others wait for a connection", around);
            self.remove(key, around);
            true
        })
    }
}

#[cfg(test)]
mod tests;
