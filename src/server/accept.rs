//! Taking connections: which listener is next, and what to do when there is no room or no
//! descriptor. It knows what a listener does, not what it is.

mod shared;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use super::drive::Host;
use super::ends::Addrs;
use super::engine::Engine;
use super::group::AcceptGroup;
use super::refusals::Refusals;
use super::transport::Transport;
use crate::handler::{Handler, Log};
use crate::http::limits::{ACCEPTS_PER_TURN, DESCRIPTORS_FOR_FILES, DESCRIPTORS_RESERVED};
use crate::reactor::clock::later;
use crate::reactor::token::{self, Key, SERVER, SOCKET};

/// How long accepting pauses when there is no room and nobody to send away.
const PAUSE_TIME: Duration = Duration::from_millis(100);

/// After so long without a descriptor, those who wait are told instead of left hanging.
const TELL_AFTER_TIME: Duration = Duration::from_secs(1);

/// What those are told.
pub const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\
    Content-Length: 0\r\nConnection: close\r\n\r\n";

/// What a listener does.
pub trait Listen {
    /// What it takes.
    type Taken: Transport;

    /// Takes a connection that waits.
    ///
    /// # Errors
    /// `WouldBlock` if none does; else that of `accept4(2)`: the peer has gone again, descriptors
    /// or memory are short.
    fn accept(&mut self) -> io::Result<(Self::Taken, Addrs)>;

    /// Whether one waits. Asked only when there is no room: it costs a system call.
    fn has_waiting(&self) -> bool;

    /// Goes on the poller, edge-triggered; of the servers that share it, one is woken.
    ///
    /// # Errors
    /// What the poller says. Those of tests are on none.
    fn watch(&mut self, _: &mio::Registry, _: mio::Token, _is_shared: bool) -> io::Result<()> {
        Ok(())
    }

    /// One that is shared goes off the poller.
    ///
    /// # Errors
    /// It is not there.
    fn unwatch(&mut self, _: &mio::Registry) -> io::Result<()> {
        Ok(())
    }

    /// Puts a connection on the poller, edge-triggered, once for its life.
    ///
    /// # Errors
    /// What the poller says.
    fn register(
        taken: &mut Self::Taken,
        registry: &mio::Registry,
        token: mio::Token,
    ) -> io::Result<()>;
}

struct Listening<L> {
    listener: L,
    /// Connections may wait. Edge-triggered: only `WouldBlock` says that none do.
    ready: bool,
}

/// All listeners of a server.
pub struct Listeners<L: Listen> {
    entries: Vec<Listening<L>>,
    /// The one to begin with: each has its turn, so that a crowd at one shuts nobody out.
    first: usize,
    connections_max: usize,
    /// Taken to see whose it is, and there was no room for it.
    in_hand: Option<(L::Taken, Addrs)>,
    /// Those whose peers have as many connections as they may.
    refusals: Refusals,
    /// No room: when to try again, unless a connection ends before.
    pause: Option<Pause>,
    /// Kept to be given up when there is no other descriptor.
    spare: Option<File>,
    told_log_at: Option<Instant>,
    /// The servers that have the same listeners.
    group: Option<AcceptGroup>,
    /// Nobody is taken now, and they are to.
    is_aside: bool,
}

/// In which place a connection can be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Admission {
    /// In one of those that there may be.
    Regular,
    /// In the one that is kept for monitors.
    Guest,
}

#[derive(Clone, Copy)]
struct Pause {
    since: Instant,
    until: Instant,
    /// The number of connections at which it began: fewer of them end it.
    connections: usize,
}

impl<L: Listen> Listeners<L> {
    pub fn new() -> Listeners<L> {
        Listeners {
            entries: Vec::new(),
            first: 0,
            connections_max: usize::MAX,
            in_hand: None,
            refusals: Refusals::default(),
            pause: None,
            spare: None,
            told_log_at: None,
            group: None,
            is_aside: false,
        }
    }

    /// The token to register the next listener under.
    pub fn next_token(&self) -> mio::Token {
        token_of(self.entries.len())
    }

    /// Adds a listener that was registered. Connections may wait at it already.
    pub fn add(&mut self, listener: L) {
        self.entries.push(Listening {
            listener,
            ready: true,
        });
    }

    /// Each of them.
    pub fn into_listeners(self) -> impl Iterator<Item = L> {
        self.entries.into_iter().map(|entry| entry.listener)
    }

    /// What `over` makes of each.
    pub fn map<M: Listen>(self, mut over: impl FnMut(L) -> M) -> Listeners<M> {
        let entries = self.entries.into_iter();
        let entries = entries.map(|entry| Listening {
            listener: over(entry.listener),
            ready: entry.ready,
        });
        Listeners {
            entries: entries.collect(),
            first: self.first,
            connections_max: self.connections_max,
            in_hand: None,
            refusals: self.refusals,
            pause: self.pause,
            spare: self.spare,
            told_log_at: self.told_log_at,
            group: self.group,
            is_aside: self.is_aside,
        }
    }

    /// Sets how many connections there may be, the place that is kept for monitors left out.
    pub fn set_limit(&mut self, connections_max: usize) {
        self.connections_max = connections_max;
        self.spare = open_spare();
    }

    /// A listener is ready. Its key is its number, from 1.
    pub fn mark(&mut self, key: Key) {
        if let Some(entry) = key.checked_sub(1).and_then(|at| self.entries.get_mut(at)) {
            entry.ready = true;
        }
    }

    /// Whatever the poller has said so far, connections may wait.
    pub fn look_again(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.ready = true);
    }

    /// Closes all listeners.
    pub fn close(&mut self) {
        self.entries.clear();
        self.pause = None;
        if let Some((socket, _)) = self.in_hand.take() {
            tell_busy(socket);
        }
    }

    /// Whether connections may wait that can be taken now.
    pub fn is_ready(&self, connections: usize) -> bool {
        (self.in_hand.is_some() || self.entries.iter().any(|entry| entry.ready))
            && self
                .pause
                .is_none_or(|pause| connections < pause.connections)
    }

    /// What the simulator may see of it: which listeners may have somebody waiting.
    #[cfg(any(test, fuzzing))]
    pub fn look(&self) -> Vec<bool> {
        self.entries.iter().map(|entry| entry.ready).collect()
    }

    /// When to try again.
    pub fn next(&self) -> Option<Instant> {
        let times = [self.pause.map(|pause| pause.until), self.refusals.next()];
        times.into_iter().flatten().min()
    }

    /// Whether nobody is taken in this turn.
    fn is_paused(&mut self, engine: &mut Engine<L::Taken>, now: Instant) -> bool {
        let idled = engine.take_idled();
        let paused = |pause: &&mut Pause| pause.until > now && engine.len() >= pause.connections;
        let Some(pause) = self.pause.as_mut().filter(paused) else {
            return false;
        };
        if idled {
            // In the next turn, when nobody can have been idle for no time.
            pause.until = now;
        }
        true
    }

    /// Takes connections, a turn's worth at most.
    pub fn accept<H: Handler>(&mut self, engine: &mut Engine<L::Taken>, host: &mut Host<'_, H>) {
        let now = host.now.mono;
        self.tell_refused(engine, host);
        if self.is_paused(engine, now) {
            return;
        }
        self.first = self.first.wrapping_add(1);
        let mut shed = false;
        // All connections are looked at for it, so once in a turn.
        let mut plan = None;
        for _ in 0..self.accepts_per_turn() {
            let Some(at) = self.next_ready() else {
                break;
            };
            // Whose connection it is shows only when it is taken; nobody is sent away for one that
            // is refused.
            let mut came = engine.limits_peers().then(|| self.take(at));
            if let Some(Ok(newcomer)) = &mut came {
                if self.refuses(newcomer, engine) {
                    continue;
                }
            }
            if self.is_full(engine) && !matches!(came, Some(Err(_))) {
                // Nobody is sent away for a connection that is not there.
                if came.is_none() && !self.has_waiting(at) {
                    continue;
                }
                shed = make_room(&mut plan, engine, host);
                if self.admission(engine).is_none() {
                    self.in_hand = came.and_then(Result::ok);
                    return self.begin_pause(now, engine.len(), host.registry);
                }
            }
            match came.unwrap_or_else(|| self.take(at)) {
                Ok(came) => {
                    shed = false;
                    self.let_others(at, host.registry);
                    // One that cannot be polled is dropped.
                    let _ = self.admit(came, engine, host);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.entries[at].ready = false;
                }
                Err(error) if is_passing(&error) => {}
                // The descriptor is made before anybody looks who waits.
                Err(error) if is_exhausted(&error) && !self.has_waiting(at) => {}
                Err(error) => {
                    // One for one: where that was not enough, another would not be either.
                    if is_exhausted(&error) && !shed && make_room(&mut plan, engine, host) {
                        shed = true;
                        continue;
                    }
                    self.complain(&error, engine, host);
                    self.tell_waiting(at, now);
                    return self.begin_pause(now, engine.len(), host.registry);
                }
            }
        }
        self.pause = None;
        self.step_back(host.registry);
        self.tell_refused(engine, host);
    }

    /// Takes a connection that somebody else has accepted.
    ///
    /// # Errors
    /// `ConnectionRefused` if its peer has as many as it may, `ResourceBusy` if there is no room
    /// and nobody to send away; what the poller says.
    pub fn adopt<H: Handler>(
        &mut self,
        mut came: (L::Taken, Addrs),
        engine: &mut Engine<L::Taken>,
        host: &mut Host<'_, H>,
    ) -> io::Result<()> {
        if self.refuses(&mut came, engine) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        if self.is_full(engine) {
            make_room(&mut None, engine, host);
        }
        self.admit(came, engine, host)
    }

    /// Has the engine take a connection.
    fn admit<H: Handler>(
        &self,
        (mut socket, addrs): (L::Taken, Addrs),
        engine: &mut Engine<L::Taken>,
        host: &Host<'_, H>,
    ) -> io::Result<()> {
        let admission = self.admission(engine).ok_or(io::ErrorKind::ResourceBusy)?;
        let token = token::encode(engine.next_key(), SOCKET);
        L::register(&mut socket, host.registry, token)?;
        let key = engine.insert(socket, addrs, host.now.mono);
        if admission == Admission::Guest {
            engine.seat_guest(key, host.now.mono);
        }
        Ok(())
    }

    fn is_full(&self, engine: &Engine<L::Taken>) -> bool {
        engine.len() >= self.connections_max
    }

    /// Where the next one can be, once others have made room if they could. That may have been
    /// the guest's room.
    fn admission(&self, engine: &Engine<L::Taken>) -> Option<Admission> {
        match self.is_full(engine) {
            false => Some(Admission::Regular),
            true => engine.keeps_place().then_some(Admission::Guest),
        }
    }

    /// Whether somebody waits at a listener; it is ready no more if nobody does.
    fn has_waiting(&mut self, at: usize) -> bool {
        let entry = &mut self.entries[at];
        entry.ready = entry.listener.has_waiting();
        entry.ready
    }

    /// Who is in hand, or waits at a listener.
    fn take(&mut self, at: usize) -> io::Result<(L::Taken, Addrs)> {
        match self.in_hand.take() {
            Some(came) => Ok(came),
            None => self.entries[at].listener.accept(),
        }
    }

    /// Whether the peer of a connection has as many as it may: then it is closed.
    fn refuses(
        &mut self,
        (socket, addrs): &mut (L::Taken, Addrs),
        engine: &Engine<L::Taken>,
    ) -> bool {
        let refuses = engine.refuses(addrs);
        if refuses {
            // A plain close would leave something to the system, for each of a flood.
            socket.reset_on_close();
            self.refusals.add(addrs.0);
        }
        refuses
    }

    /// Logs how many were refused, if it is time.
    fn tell_refused<H: Handler>(&mut self, engine: &mut Engine<L::Taken>, host: &mut Host<'_, H>) {
        if let Some((count, peer)) = self.refusals.take(host.now.mono) {
            let message =
                &*format!("connections refused by --per-peer: {count}, the last of this peer");
            engine.log_entry(Log::Error { peer, message }, host);
        }
    }

    fn next_ready(&self) -> Option<usize> {
        let count = self.entries.len();
        let mut order = (0..count).map(|step| self.first.wrapping_add(step) % count);
        order.find(|&at| self.in_hand.is_some() || self.entries[at].ready)
    }

    fn begin_pause(&mut self, now: Instant, connections: usize, registry: &mio::Registry) {
        self.step_aside(registry);
        let since = self.pause.map_or(now, |pause| pause.since);
        self.pause = Some(Pause {
            since,
            until: later(now, PAUSE_TIME),
            connections,
        });
    }

    /// Logs an error, once a second at most.
    fn complain<H: Handler>(
        &mut self,
        error: &io::Error,
        engine: &mut Engine<L::Taken>,
        host: &mut Host<'_, H>,
    ) {
        let now = host.now.mono;
        if self
            .told_log_at
            .is_none_or(|at| now - at >= TELL_AFTER_TIME)
        {
            self.told_log_at = Some(now);
            engine.log(&format!("cannot accept: {error}"), host);
        }
    }

    /// Gives up the spare descriptor to tell one who waits that there is none, if that has lasted.
    fn tell_waiting(&mut self, at: usize, now: Instant) {
        let lasted = self
            .pause
            .is_some_and(|pause| now - pause.since >= TELL_AFTER_TIME);
        if !lasted {
            return;
        }
        // It may not have been possible to open it again the last time.
        let spare = self.spare.take().or_else(open_spare);
        if spare.is_none() {
            return;
        }
        drop(spare);
        if let Ok((socket, _)) = self.entries[at].listener.accept() {
            tell_busy(socket);
        }
        self.spare = open_spare();
    }
}

/// Tells one who has no place to come again.
fn tell_busy(mut socket: impl Transport) {
    // Whether it is heard or not, it is all that can be done.
    let _ = socket.write(BUSY, false);
    let _ = socket.flush();
    let _ = socket.finish();
}

/// The token of the listener at this place.
fn token_of(at: usize) -> mio::Token {
    token::encode(at + 1, SERVER)
}

/// A descriptor to give up later. There may be no `/dev` where the root is another.
fn open_spare() -> Option<File> {
    File::open("/dev/null").or_else(|_| File::open("/")).ok()
}

/// How many connections there may be: what is asked for, but no more than the `free` descriptors
/// allow, with some left for the files that are being sent.
pub fn connections_max(asked: usize, free: usize) -> usize {
    let free = free.saturating_sub(DESCRIPTORS_RESERVED);
    let most = (free - DESCRIPTORS_FOR_FILES.min(free / 2)).max(1);
    if asked == 0 { most } else { asked.min(most) }
}

/// Closes a connection for one that waits, by the turn's plan; returns whether there was one.
fn make_room<T: Transport, H: Handler>(
    plan: &mut Option<VecDeque<Key>>,
    engine: &mut Engine<T>,
    host: &mut Host<'_, H>,
) -> bool {
    let now = host.now.mono;
    let plan = plan.get_or_insert_with(|| engine.plan_room(now, ACCEPTS_PER_TURN));
    engine.shed(plan, host)
}

/// Concerns one connection that is gone already, or nobody.
fn is_passing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Interrupted
        || error.kind() == io::ErrorKind::ConnectionAborted
        || error.raw_os_error() == Some(rustix::io::Errno::PROTO.raw_os_error())
}

/// Out of descriptors or of memory.
fn is_exhausted(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let exhausted = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    exhausted
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(test)]
mod tests;
