//! One step of a run: clients act, edges are told, the engine has its turn.

use std::time::{Duration, Instant, UNIX_EPOCH};

use super::backlog::{Backlog, SimListener};
use super::check;
use super::client::Client;
use super::door::Door;
use super::net::{Meter, Shared};
use super::room::Guests;
use super::run::Run;
use crate::reactor::clock::Now;
use crate::reactor::token::CHILD;
use crate::server::accept::Listeners;

/// How long the engine may take for a drain.
const DRAIN_TIME: Duration = Duration::from_secs(5);

impl Run<'_> {
    /// Everybody does something; returns whether anybody did.
    pub fn step(&mut self) -> bool {
        let mut moved = self.connect();
        moved |= self.act();
        moved |= self.announce();
        moved |= self.deliver();
        moved |= self.wake();
        moved |= self.play();
        self.close();
        moved |= self.turn();
        moved
    }

    /// Has a client connect.
    fn connect(&mut self) -> bool {
        if self.draining {
            return false;
        }
        let Some(at) = self.clients.iter().position(|client| !client.connected) else {
            return false;
        };
        if self.chance(100) {
            return true;
        }
        let client = &mut self.clients[at];
        client.connected = true;
        let (port, at) = (client.port, client.listener);
        let wire = client.wire.clone();
        self.backlogs[at].borrow_mut().connect(port, wire);
        self.note(|| format!("client {port} connects to listener {at}"));
        true
    }

    /// Lets clients send and read.
    fn act(&mut self) -> bool {
        let mut moved = false;
        for at in 0..self.clients.len() {
            let client = &self.clients[at];
            if !client.connected || client.has_left() {
                continue;
            }
            if !client.is_done() && self.chance(60) {
                // It dawdles, for less than any time that is waited for.
                moved = true;
                continue;
            }
            let now = self.now;
            let acted = self.clients[at].step(now);
            if acted {
                self.note(|| format!("client {}: {}", at + 1, wire(&self.clients[at])));
            }
            moved |= acted;
        }
        moved
    }

    /// Tells listeners of those who wait, sometimes late, sometimes for nothing.
    fn announce(&mut self) -> bool {
        let mut moved = false;
        for at in 0..self.backlogs.len() {
            let mut backlog = self.backlogs[at].borrow_mut();
            if backlog.closed {
                continue;
            }
            let spurious = self.chance(self.faults.spurious / 8);
            moved |= backlog.edge;
            if !spurious && (!backlog.edge || self.chance(self.faults.late)) {
                continue;
            }
            backlog.edge = false;
            moved = true;
            self.listeners.mark(at + 1);
            self.note(|| format!("listener {at}: {} wait", backlog.waiting.len()));
        }
        moved
    }

    /// Tells edges of connections, some late, some for nothing.
    fn deliver(&mut self) -> bool {
        let mut moved = false;
        for at in 0..self.clients.len() {
            let mut wire = self.clients[at].wire.borrow_mut();
            let Some(key) = wire.key.filter(|_| !wire.server_gone) else {
                continue;
            };
            let spurious = self.chance(self.faults.spurious / 8);
            moved |= wire.edge;
            if !spurious && (!wire.edge || self.chance(self.faults.late)) {
                continue;
            }
            let mut event = wire.event();
            event.readable |= spurious;
            event.writable |= spurious;
            self.engine.announce(key, event);
            moved = true;
            drop(wire);
            self.note(|| format!("connection {key} is told {event:?}"));
        }
        moved
    }

    /// Wakes exchanges that wait for it, and does what the handle was asked for.
    fn wake(&mut self) -> bool {
        let asleep = !self.diary.borrow().sleepers.is_empty();
        let mut orders = self.poller.handle.take().wakes;
        if asleep && !self.chance(150) {
            let sleepers = std::mem::take(&mut self.diary.borrow_mut().sleepers);
            for sleeper in sleepers {
                sleeper.woken.set(true);
                sleeper.waker.wake().expect("a waker");
                let wakes = self.poller.handle.take().wakes;
                // Its place may be another's by now.
                let is_stray = sleeper.closed.get() && !wakes.is_empty();
                assert!(!is_stray, "a waker outlives its exchange");
                orders.extend(wakes);
            }
            // The last waker of each is dropped, which is told too.
            orders.extend(self.poller.handle.take().wakes);
        }
        let moved = asleep || !orders.is_empty();
        orders.into_iter().for_each(|key| self.engine.wake(key));
        moved
    }

    /// Lets scripts do something, and tells what comes of it.
    fn play(&mut self) -> bool {
        let mut told = Vec::new();
        let mut scripts = self.scripts.borrow_mut();
        let mut moved = scripts.perform(self.now);
        moved |= scripts.deliver(|key, which| {
            told.push((key, which));
            self.engine.mark_source(key, which);
        });
        moved |= scripts.rings();
        if scripts.take_rings() {
            let ended = self.poller.ended_children();
            self.told = true;
            for key in ended {
                self.engine.mark_child(key);
                told.push((key, CHILD));
            }
        }
        drop(scripts);
        if !told.is_empty() {
            self.note(|| format!("pipes and children are told: {told:?}"));
        }
        moved
    }

    /// Drains, or sheds an idle connection, where that is among the faults.
    fn close(&mut self) {
        if !self.chance(self.faults.close) || self.draining {
            return;
        }
        if self.chance(40) {
            self.note(|| "drain".into());
            self.draining = true;
            self.listeners.close();
            self.engine.leave(DRAIN_TIME, self.now);
            self.engine.drain();
            return;
        }
        let now = self.now();
        let mut host = self.poller.host(&mut self.handler, &now);
        let guests = Guests::look(&self.clients, &self.engine, now.mono);
        let mut plan = self.engine.plan_room(now.mono, 1);
        let shed = self.engine.shed(&mut plan, &mut host);
        guests.check(true);
        self.note(|| format!("shed: {shed}"));
    }

    fn now(&mut self) -> Now {
        let wall = UNIX_EPOCH + Duration::from_secs(1_700_000_000) + (self.now - self.start);
        self.clock.at(self.now, wall)
    }

    /// One turn of the server, if there is something to do.
    fn turn(&mut self) -> bool {
        let deadlines = [self.engine.next_deadline(), self.listeners.next()];
        let due = deadlines.into_iter().flatten().any(|at| at <= self.now);
        let ready = self.engine.is_ready() || self.listeners.is_ready(self.engine.len());
        if !ready && !due && !std::mem::take(&mut self.told) {
            return false;
        }
        for client in &self.clients {
            client.wire.borrow_mut().meter = Meter::default();
        }
        let now = self.now();
        let mut host = self.poller.host(&mut self.handler, &now);
        self.engine.run(&mut host);
        let began = self.diary.borrow_mut().take_began();
        check::work(&began, self.diary.borrow_mut().take_calls());
        let guests = Guests::look(&self.clients, &self.engine, now.mono);
        let (waiting, before) = (waiting(&self.backlogs), self.engine.len());
        let most = self.faults.connections_max;
        // Whose peer has enough gets no place, and that shows only as it is taken.
        let is_full = most > 0 && before >= most && self.limits.connections_per_peer_max == 0;
        let is_wanted = is_full && takes_somebody(&self.listeners, &self.backlogs, now.mono);
        let door = Door::look(&self.clients, &self.engine);
        self.listeners.accept(&mut self.engine, &mut host);
        door.check(self.limits.connections_per_peer_max);
        let taken = waiting - self::waiting(&self.backlogs);
        check::shed(waiting, taken, before, self.engine.len());
        guests.check(is_wanted);
        self.check();
        true
    }

    /// Looks at everything between two turns.
    fn check(&self) {
        let done = self.diary.borrow_mut().take_done();
        let looks = self.engine.look();
        for look in &looks {
            let own = |client: &&Client| {
                let wire = client.wire.borrow();
                wire.key == Some(look.conn.key) && !wire.server_gone
            };
            let client = self.clients.iter().find(own);
            let client = client.expect("a connection has a client");
            self.note(|| {
                let Some(deadline) = look.conn.deadline else {
                    return format!("{look:?}");
                };
                format!(
                    "due in {:?}: {look:?}",
                    deadline.saturating_duration_since(self.now)
                )
            });
            let mut wire = client.wire.borrow_mut();
            if wire.meter.written > 0 {
                wire.times.written = Some(self.now);
            }
            wire.times.taken.get_or_insert(self.now);
            wire.times.wait(look.conn.link.is_unsent, self.now);
            let has_moved = wire.meter.has_moved();
            wire.times.rest(look.conn.is_idle, has_moved, self.now);
            let done = done.get(&client.port).copied().unwrap_or(0);
            check::idleness(look, &mut wire, done);
            check::progress(look, &wire, &self.limits, self.now);
            check::connection(look, &wire);
        }
        check::engine(&self.engine, &looks, self.now);
        let each_max = self.limits.connections_per_peer_max;
        check::peers(&self.engine.peers(), &looks, each_max);
        check::scripts(
            &self.scripts.borrow().running(),
            self.faults.scripts_max,
            self.scripts_each_max,
        );
        let most = match self.faults.connections_max {
            0 => usize::MAX,
            most => most,
        };
        assert!(looks.len() <= most, "more connections than there may be");
        for (backlog, is_ready) in self.backlogs.iter().zip(self.listeners.look()) {
            check::backlog(&backlog.borrow(), is_ready);
        }
    }
}

/// Whether somebody waits who is to be taken in this turn.
fn takes_somebody(
    listeners: &Listeners<SimListener>,
    backlogs: &[Shared<Backlog>],
    now: Instant,
) -> bool {
    let is_paused = listeners.next().is_some_and(|until| until > now);
    let mut doors = backlogs.iter().zip(listeners.look());
    !is_paused && doors.any(|(door, is_ready)| is_ready && !door.borrow().waiting.is_empty())
}

/// Clients that wait to be taken, a count.
fn waiting(backlogs: &[Shared<Backlog>]) -> usize {
    let waiting = backlogs
        .iter()
        .map(|backlog| backlog.borrow().waiting.len());
    waiting.sum()
}

fn wire(client: &Client) -> String {
    let wire = client.wire.borrow();
    format!(
        "in {} out {} fin {} server fin {} received {}",
        wire.inbound.len(),
        wire.outbound.len(),
        wire.fin,
        wire.server_fin,
        client.received.len()
    )
}
