//! A network of memory: each connection a wire between a client and the engine, with edges as an
//! edge-triggered poller tells them: late perhaps, or too often, but never lost.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::time::Instant;

use super::records::{Peer, Records};
use super::tape::Tape;
use crate::http::scheme::Scheme;
use crate::reactor::token::Key;
use crate::server::link::Event;
use crate::server::transport::{Moved, Transport};
use crate::sys::file::read_at;

/// Calls of one connection in one turn at most, a count: short reads and writes may need many.
const CALLS_MAX: usize = 5000;

/// Times of one connection that are remembered, a count.
const TIMES_MAX: usize = 8;

/// Faults of one run, each so many times of 256.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// A read brings less than there is; the rest comes later.
    pub short_read: u8,
    /// A write takes less than there is room for.
    pub short_write: u8,
    /// Nothing is read or taken although it could be; it is told when it can.
    pub would_block: u8,
    /// An event without a reason.
    pub spurious: u8,
    /// An event is told later than it could be.
    pub late: u8,
    /// A client resets its connection.
    pub reset: u8,
    /// A client ends its stream, or goes away, before it has sent all.
    pub early_fin: u8,
    /// A client pauses for longer than the server waits.
    pub stall: u8,
    /// The engine is told to drain, or to shed an idle connection.
    pub close: u8,
    /// `sendfile` cannot be used.
    pub no_sendfile: bool,
    /// Taking a connection is interrupted, or finds that it has gone.
    pub interrupted: u8,
    /// There is no descriptor for a connection.
    pub exhausted: u8,
    /// Connections at once, a count; 0 for no limit.
    pub connections_max: usize,
    /// Scripts at once, a count.
    pub scripts_max: usize,
}

impl Faults {
    /// Draws the faults of a run: some are off, some extreme.
    pub fn draw(tape: &mut Tape) -> Faults {
        let mut often = || tape.pick(&[0, 0, 20, 100, 230]);
        let mut faults = Faults {
            short_read: often(),
            short_write: often(),
            would_block: often(),
            spurious: often(),
            late: often(),
            ..Faults::default()
        };
        faults.no_sendfile = tape.chance(100);
        faults.scripts_max = tape.pick(&[32, 32, 2, 1]);
        faults.interrupted = tape.pick(&[0, 0, 60]);
        // Half of the runs lose nothing: there the bytes must be equal.
        if tape.chance(128) {
            faults.reset = tape.pick(&[0, 0, 60]);
            faults.early_fin = tape.pick(&[0, 0, 80]);
            faults.stall = tape.pick(&[0, 60, 120]);
            faults.close = tape.pick(&[0, 0, 4, 40]);
            faults.exhausted = tape.pick(&[0, 0, 0, 60, 200, 250]);
            faults.connections_max = tape.pick(&[0, 0, 1, 2, 3]);
        }
        faults
    }

    /// The same, but for those that lose something.
    #[cfg(test)]
    pub fn without_loss(self) -> Faults {
        Faults {
            reset: 0,
            early_fin: 0,
            stall: 0,
            close: 0,
            exhausted: 0,
            connections_max: 0,
            ..self
        }
    }

    /// Whether a client may get less than all of its answers through no fault of its own.
    pub fn lose(&self) -> bool {
        let most = self.connections_max > 0 || self.exhausted > 0;
        self.stall > 0 || self.close > 0 || most
    }
}

/// One connection between a client and the engine.
#[derive(Default)]
pub struct Wire {
    /// Bytes on their way to the engine.
    pub inbound: VecDeque<u8>,
    /// The client has ended its stream.
    pub fin: bool,
    /// The client has reset the connection.
    pub reset: bool,
    /// Bytes on their way to the client.
    pub outbound: VecDeque<u8>,
    /// Room for those, in bytes.
    pub outbound_max: usize,
    /// The engine has ended its stream.
    pub server_fin: bool,
    /// The engine has dropped its socket, and perhaps reset the connection by that.
    pub server_gone: bool,
    pub server_reset: bool,
    /// The engine's place for it, once it has taken it.
    pub key: Option<Key>,
    /// An edge is owed to the engine.
    pub edge: bool,
    /// The engine was refused room: more of it makes an edge.
    pub wants_room: bool,
    /// That edge is late: as for a socket, a third of the room must be free.
    pub tells_late: bool,
    /// Bytes that never came to the client, for the connection was reset under them.
    pub lost_bytes: usize,
    /// When things happened to it.
    pub times: Times,
    /// Turns in a row in which nothing moved and the engine still had something to do, a count.
    pub idle_turns: usize,
    /// What the engine did with it in this turn.
    pub meter: Meter,
    /// The client's end of a stream with layers, if it is one.
    pub layers: Option<Peer>,
}

/// When something happened to a connection.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// The engine has taken it.
    pub taken: Option<Instant>,
    /// The engine has last written.
    pub written: Option<Instant>,
    /// The engine has bytes for the client that do not leave, since then.
    waits: Option<Instant>,
    /// The engine has nothing to do for it, and no byte has moved, since then.
    rests: Option<Instant>,
    /// The client has read bytes: the last times, which its system acknowledges.
    pub acknowledged: VecDeque<Instant>,
}

impl Times {
    /// The client reads bytes.
    fn acknowledge(&mut self, now: Instant) {
        self.acknowledged.push_back(now);
        if self.acknowledged.len() > TIMES_MAX {
            self.acknowledged.pop_front();
        }
    }

    /// When the engine has last written, or has taken it.
    pub fn written(&self) -> Option<Instant> {
        self.written.or(self.taken)
    }

    /// The engine has bytes for the client that do not leave, or has none.
    pub fn wait(&mut self, is_unsent: bool, now: Instant) {
        self.waits = match is_unsent {
            true => self.waits.or(Some(now)),
            false => None,
        };
    }

    /// The engine has nothing to do for the client, or something.
    pub fn rest(&mut self, is_idle: bool, has_moved: bool, now: Instant) {
        let before = self.rests.filter(|_| !has_moved);
        self.rests = is_idle.then(|| before.unwrap_or(now));
    }

    /// Whether nothing has moved at this moment, either.
    pub fn rests_before(&self, now: Instant) -> bool {
        self.rests.is_some_and(|since| since < now)
    }

    /// Since when the engine has bytes for the client, and none moves.
    pub fn stands_still(&self) -> Option<Instant> {
        let moved = self.written().max(self.acknowledged.back().copied());
        self.waits.max(moved).filter(|_| self.waits.is_some())
    }
}

/// What one turn does with one connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    /// Bytes that it has read.
    pub read: usize,
    /// Bytes that it has written.
    pub written: usize,
    calls: usize,
}

impl Meter {
    /// Whether a byte has moved.
    pub fn has_moved(&self) -> bool {
        self.read + self.written > 0
    }

    /// A turn that goes on and on must end, or nobody could tell what is wrong with it.
    fn call(&mut self) {
        self.calls += 1;
        assert!(self.calls <= CALLS_MAX, "a turn does not end");
    }
}

impl Wire {
    /// The event that is told now: all that holds at this moment.
    pub fn event(&mut self) -> Event {
        self.edge = false;
        Event {
            readable: !self.inbound.is_empty() || self.fin || self.reset,
            writable: self.tells_room() || self.reset,
            read_closed: self.fin || self.reset,
            hung_up: self.reset || (self.fin && self.server_fin),
        }
    }

    /// Whether the engine may be told that there is room.
    pub fn tells_room(&self) -> bool {
        match self.tells_late && self.wants_room {
            true => 3 * self.outbound.len() <= 2 * self.outbound_max,
            false => self.outbound.len() < self.outbound_max,
        }
    }

    /// The client sends; what comes after the engine has gone is answered by a reset.
    pub fn send(&mut self, bytes: &[u8]) {
        if self.server_gone {
            self.break_off();
            return;
        }
        match &mut self.layers {
            Some(peer) => self.inbound.extend(peer.mark(bytes)),
            None => self.inbound.extend(bytes),
        }
        self.edge = true;
    }

    /// The client ends its stream.
    pub fn finish(&mut self) {
        self.fin = true;
        self.edge = true;
    }

    /// The client resets.
    pub fn reset(&mut self) {
        self.reset = true;
        self.inbound.clear();
        self.outbound.clear();
        self.edge = true;
    }

    /// The client reads up to `len` bytes.
    pub fn receive(&mut self, len: usize, into: &mut Vec<u8>, now: Instant) -> usize {
        let len = len.min(self.outbound.len());
        let bytes: Vec<u8> = self.outbound.drain(..len).collect();
        match &mut self.layers {
            None => into.extend(bytes),
            Some(peer) => {
                let asked = peer.open(&bytes, into);
                // It comes before all that was not read yet; behind the end there is nothing.
                if asked > 0 && !(self.fin && self.inbound.is_empty()) {
                    self.inbound.push_front(peer.acknowledgement());
                    self.edge = true;
                }
            }
        }
        if len > 0 {
            self.times.acknowledge(now);
        }
        if len > 0 && self.wants_room && self.tells_room() {
            self.wants_room = false;
            self.edge = true;
        }
        len
    }

    /// The engine's bytes are on their way.
    fn take(&mut self, bytes: &[u8]) {
        self.outbound.extend(bytes);
        self.meter.written += bytes.len();
    }

    /// The engine drops its socket. With bytes unread that resets the connection.
    pub fn close(&mut self) {
        self.server_fin = true;
        self.server_gone = true;
        self.edge = false;
        if !self.inbound.is_empty() {
            self.break_off();
        }
    }

    /// The client is told of a reset: what it had not read is lost.
    fn break_off(&mut self) {
        self.lost_bytes += self.outbound.len();
        self.outbound.clear();
    }
}

/// What the engine and its client share.
pub type Shared<T> = Rc<RefCell<T>>;

/// The engine's end of a wire.
pub struct SimNet {
    wire: Shared<Wire>,
    tape: Shared<Tape>,
    faults: Faults,
    resets: bool,
}

impl SimNet {
    /// The engine's end of `wire`.
    pub fn new(wire: Shared<Wire>, tape: Shared<Tape>, faults: Faults) -> SimNet {
        SimNet {
            wire,
            tape,
            faults,
            resets: false,
        }
    }

    /// It has a place: what there is already is told.
    pub fn register(&mut self, key: Key) {
        let mut wire = self.wire.borrow_mut();
        wire.key = Some(key);
        wire.edge = true;
    }

    /// How much of `len` bytes a fault leaves.
    fn shorten(&self, len: usize, of_256: u8) -> usize {
        let mut tape = self.tape.borrow_mut();
        match len > 1 && of_256 > 0 && tape.chance(of_256) {
            true => 1 + tape.below(len.min(1 << 14) - 1),
            false => len,
        }
    }

    fn blocks(&self) -> bool {
        self.faults.would_block > 0 && self.tape.borrow_mut().chance(self.faults.would_block / 2)
    }

    /// How many of `len` bytes go out.
    fn room(&mut self, len: usize) -> io::Result<usize> {
        let blocks = self.blocks();
        let mut wire = self.wire.borrow_mut();
        wire.meter.call();
        if wire.reset {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        assert!(!wire.server_fin, "written after the end");
        let room = wire.outbound_max.saturating_sub(wire.outbound.len());
        if room == 0 {
            wire.wants_room = true;
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if blocks {
            wire.edge = true; // there will have been no room for a moment
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(self.shorten(len.min(room), self.faults.short_write))
    }
}

impl Transport for SimNet {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        let blocks = self.blocks();
        let mut wire = self.wire.borrow_mut();
        wire.meter.call();
        if wire.reset {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if wire.inbound.is_empty() {
            return match wire.fin {
                true => Ok(0),
                false => Err(io::ErrorKind::WouldBlock.into()),
            };
        }
        if blocks {
            wire.edge = true; // as if it arrived a moment later
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let whole = len.min(wire.inbound.len());
        let read = self.shorten(whole, self.faults.short_read);
        wire.edge |= read < whole;
        buf.extend(wire.inbound.drain(..read));
        wire.meter.read += read;
        Ok(read)
    }

    fn has_input(&self) -> bool {
        let wire = self.wire.borrow();
        wire.reset || wire.fin || !wire.inbound.is_empty()
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        let sent = self.room(bytes.len())?;
        self.wire.borrow_mut().take(&bytes[..sent]);
        Ok(sent)
    }

    fn send_file(&mut self, file: BorrowedFd<'_>, offset: u64, len: usize) -> io::Result<usize> {
        if self.faults.no_sendfile {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let room = self.room(len)?;
        let mut bytes = Vec::new();
        let read = read_at(file, offset, room, &mut bytes)?;
        self.wire.borrow_mut().take(&bytes);
        Ok(read)
    }

    fn close_write(&mut self) -> io::Result<()> {
        self.wire.borrow_mut().server_fin = true;
        Ok(())
    }

    fn under_way(&self) -> Option<u32> {
        u32::try_from(self.wire.borrow().outbound.len()).ok()
    }

    fn reset_on_close(&mut self) {
        self.resets = true;
    }

    fn is_bare(&self) -> bool {
        true
    }
}

/// What the engine is given: the bare end of a wire, or one with layers over it.
pub enum SimStream {
    Bare(SimNet),
    Layered(Records<SimNet>),
}

impl SimStream {
    /// The engine's end of `wire`, which says of what kind it is.
    pub fn new(wire: Shared<Wire>, tape: Shared<Tape>, faults: Faults) -> SimStream {
        let inside = wire
            .borrow()
            .layers
            .as_ref()
            .map(|peer| peer.inside.clone());
        let net = SimNet::new(wire, tape.clone(), faults);
        match inside {
            Some(inside) => SimStream::Layered(Records::new(net, tape, inside)),
            None => SimStream::Bare(net),
        }
    }

    /// It has a place: what there is already is told.
    pub fn register(&mut self, key: Key) {
        match self {
            SimStream::Bare(net) => net.register(key),
            SimStream::Layered(records) => records.inner_mut().register(key),
        }
    }

    fn stream(&mut self) -> &mut dyn Transport {
        match self {
            SimStream::Bare(net) => net,
            SimStream::Layered(records) => records,
        }
    }
}

impl Transport for SimStream {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        self.stream().read(buf, len)
    }

    fn has_input(&self) -> bool {
        match self {
            SimStream::Bare(net) => net.has_input(),
            SimStream::Layered(_) => false,
        }
    }

    fn write(&mut self, bytes: &[u8], more: bool) -> io::Result<usize> {
        self.stream().write(bytes, more)
    }

    fn send_file(&mut self, file: BorrowedFd<'_>, offset: u64, len: usize) -> io::Result<usize> {
        self.stream().send_file(file, offset, len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream().flush()
    }

    fn holds_output(&self) -> bool {
        match self {
            SimStream::Bare(net) => net.holds_output(),
            SimStream::Layered(records) => records.holds_output(),
        }
    }

    fn take_moved(&mut self) -> Moved {
        self.stream().take_moved()
    }

    fn close_write(&mut self) -> io::Result<()> {
        self.stream().close_write()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.stream().finish()
    }

    fn deregister(&mut self, registry: &mio::Registry) {
        self.stream().deregister(registry);
    }

    fn watch_peer(&mut self) {
        self.stream().watch_peer();
    }

    fn under_way(&self) -> Option<u32> {
        match self {
            SimStream::Bare(net) => net.under_way(),
            SimStream::Layered(records) => records.under_way(),
        }
    }

    fn reset_on_close(&mut self) {
        self.stream().reset_on_close();
    }

    fn is_bare(&self) -> bool {
        matches!(self, SimStream::Bare(_))
    }

    fn scheme(&self) -> Scheme {
        match self {
            SimStream::Bare(net) => net.scheme(),
            SimStream::Layered(records) => records.scheme(),
        }
    }
}

/// A close with bytes unread resets the connection, as TCP does.
impl Drop for SimNet {
    fn drop(&mut self) {
        let mut wire = self.wire.borrow_mut();
        wire.close();
        wire.server_reset = self.resets;
        if self.resets {
            wire.break_off();
        }
    }
}
