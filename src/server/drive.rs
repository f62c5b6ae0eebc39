//! One drive of a connection: what it may use, what it shares with others, how much it may do.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use super::ahead::Ahead;
use super::cycle::Cycle;
use super::takings::Takings;
use crate::handler::{Cx, Effects, Handler, Log, TrustedProxies, WakeUps};
use crate::http::limits::{CALLS_PER_TURN, Limits, REQUESTS_PER_TURN};
use crate::http::method::Version;
use crate::http::response::CommonLines;
use crate::http::target::UrlPath;
use crate::reactor::clock::Now;
use crate::reactor::reap::Reaper;
use crate::reactor::scratch::Scratch;
use crate::reactor::token::Key;
use crate::reactor::wake::Handle;

/// Servers of this process so far, a count.
static SERVERS: AtomicU32 = AtomicU32::new(0);

/// How far apart two servers begin to count their requests: those of a file server that both have
/// must not follow each other by chance.
const SERIALS: u64 = 1 << 44;

fn first_serial() -> u64 {
    let server = SERVERS.fetch_add(1, Ordering::Relaxed);
    u64::from(server).wrapping_mul(SERIALS)
}

/// What all connections share.
pub struct Shared {
    pub limits: Limits,
    pub protocol: Version,
    /// Who is believed, if anybody is.
    pub proxies: Option<TrustedProxies>,
    pub scratch: Scratch,
    pub reaper: Reaper,
    /// The path at which monitors ask how the server is.
    pub health: Option<UrlPath>,
    /// Connections whose peers have asked nothing else, a count.
    pub monitors: usize,
    pub takings: Takings,
    /// A drain was asked for: each response is the last of its connection, and its head says so.
    pub leaving: bool,
    /// A drain has begun.
    pub draining: bool,
    pub effects: Effects,
    /// A request that is over, for the next one.
    pub spare_cycle: Option<Box<Cycle>>,
    /// What the heads of this second have alike.
    pub common_lines: CommonLines,
    /// What was read before the turn's first answer, and not taken yet.
    pub ahead: Ahead,
    /// Room for the next request's path.
    pub path_room: Vec<u8>,
    /// Room for the next message to the log.
    pub message: String,
    /// The log was written to in this turn.
    pub logged: bool,
    /// The number of the request that the handler was asked last. One is left out wherever
    /// something was read since that was not read ahead: see
    /// [`Arrival::serial`](crate::handler::Arrival).
    pub serial: u64,
}

/// The host of the engine: whom it serves, and by which clock and poller, for one turn.
pub struct Host<'a, H> {
    pub handler: &'a mut H,
    pub now: &'a Now,
    pub registry: &'a mio::Registry,
    pub handle: &'a Handle,
}

/// What one drive of a connection may use, and how much it may do.
pub struct Drive<'a, H> {
    pub handler: &'a mut H,
    pub shared: &'a mut Shared,
    pub now: &'a Now,
    pub registry: &'a mio::Registry,
    pub handle: &'a Handle,
    /// Requests that may still be answered in this drive.
    pub requests_left: usize,
    /// How often its exchange or source may still be called in this drive.
    pub calls_left: usize,
    /// There is more to do, after others had their turn.
    pub again: bool,
    /// Its source has worked enough for this turn, and asks for another.
    pub steps: bool,
}

impl Shared {
    pub fn new(limits: Limits, protocol: Version) -> Shared {
        Shared {
            limits,
            protocol,
            proxies: None,
            scratch: Scratch::default(),
            reaper: Reaper::default(),
            health: None,
            monitors: 0,
            takings: Takings::default(),
            leaving: false,
            draining: false,
            effects: Effects::default(),
            spare_cycle: None,
            common_lines: CommonLines::default(),
            ahead: Ahead::default(),
            path_room: Vec::new(),
            message: String::new(),
            logged: false,
            serial: first_serial(),
        }
    }

    /// The context of one call of a handler, an exchange or a source.
    pub fn cx<'a>(
        &'a mut self,
        now: &'a Now,
        registry: &'a mio::Registry,
        handle: &'a Handle,
        key: Key,
        wake_ups: &'a mut WakeUps,
    ) -> Cx<'a> {
        Cx {
            now,
            handle,
            key,
            registry,
            draining: self.draining,
            wake_ups,
            effects: &mut self.effects,
        }
    }
}

impl<'a, H: Handler> Drive<'a, H> {
    pub fn new(host: &'a mut Host<'_, H>, shared: &'a mut Shared) -> Drive<'a, H> {
        Drive {
            handler: host.handler,
            shared,
            now: host.now,
            registry: host.registry,
            handle: host.handle,
            requests_left: REQUESTS_PER_TURN,
            calls_left: CALLS_PER_TURN,
            again: false,
            steps: false,
        }
    }

    /// How often somebody else's code was called, a count.
    pub fn calls(&self) -> usize {
        CALLS_PER_TURN - self.calls_left
    }

    pub fn log(&mut self, entry: Log<'_>) {
        self.shared.logged = true;
        self.handler.log(entry);
    }

    /// Does what a call has asked for: takes or ends its children, logs its lines.
    pub fn settle(&mut self, key: Key, peer: Option<SocketAddr>) {
        for child in self.shared.effects.adopted.drain(..) {
            let (registry, now) = (self.registry, self.now.mono);
            self.shared.reaper.adopt(child, key, registry, now);
        }
        if std::mem::take(&mut self.shared.effects.ends_children) {
            self.shared.reaper.terminate(key, self.now.mono);
        }
        if !self.shared.effects.notes.is_empty() {
            for message in std::mem::take(&mut self.shared.effects.notes) {
                let message = &*message;
                self.log(Log::Error { peer, message });
            }
        }
    }
}
