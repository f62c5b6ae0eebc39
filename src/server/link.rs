//! A connection's bytes: the transport and what is known of its readiness, input that is kept,
//! output that is queued, and how much of both one drive may move.
//!
//! Only this part reads, writes, flushes and ends the transport. It knows nothing of requests.

mod reading;

use std::io;
use std::time::SystemTime;

use super::input::{Held, Input};
use super::outgoing::{Outgoing, Reached};
use super::transport::{Moved, Transport};
use crate::handler::{Body, Cause, Cx, Exchange, Pull};
use crate::http::limits::{OUT_BYTES_MAX, READ_BUDGET, WRITE_BUDGET};
use crate::http::response::Framing;
use crate::http::scheme::Scheme;
use crate::reactor::scratch::Scratch;

/// What the poller says of a transport.
#[derive(Clone, Copy, Debug, Default)]
pub struct Event {
    /// There is something to read, or the end.
    pub readable: bool,
    /// There is room.
    pub writable: bool,
    /// The peer has ended its stream.
    pub read_closed: bool,
    /// Both directions are over.
    pub hung_up: bool,
}

/// A transport with its two queues. Idle, it owns no buffer.
pub struct Link<T> {
    transport: T,
    /// What events have said, remembered until `WouldBlock` contradicts.
    ready: Event,
    held: Held,
    outgoing: Outgoing,
    inside: Inside,
    /// What more is to be known of the peer, in a byte: there are many links.
    wanted: Wanted,
    input_ended: bool,
    output_ended: bool,
    /// Bytes that may still be read and written in this drive.
    read_left: u32,
    write_left: u32,
}

/// What the transport may hold of a response that `flush` must hand on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Inside {
    Nothing,
    Something,
    /// The same, and some of it went to the peer since that was last told.
    Leaving,
}

/// What is to be known of the peer beside what events tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Wanted(u8);

impl Wanted {
    /// The kernel looks whether it is there.
    const IS_THERE: u8 = 1;
    /// Whether it has all that was written.
    const HAS_ALL: u8 = 2;

    /// One more; returns whether it is new.
    fn add(&mut self, one: u8) -> bool {
        let is_new = !self.has(one);
        self.0 |= one;
        is_new
    }

    fn has(self, one: u8) -> bool {
        self.0 & one != 0
    }
}

/// What a read has brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Filled {
    /// Nothing, and there will be an event.
    Nothing,
    /// Nothing, but it is worth a try to write, or to read again.
    Unblocked,
    /// Bytes.
    Bytes,
    /// The end of the peer's stream.
    End,
}

/// What came of sending.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flushed {
    /// Nothing has moved.
    Nothing,
    /// Something has, inside of the transport: that is none of the peer's doing.
    Inside,
    /// Bytes are on their way to the peer.
    Bytes,
}

impl<T: Transport> Link<T> {
    /// The link of a connection that was just accepted.
    pub fn new(transport: T) -> Link<T> {
        Link {
            transport,
            ready: Event {
                writable: true,
                ..Event::default()
            },
            held: Held::default(),
            outgoing: Outgoing::default(),
            inside: Inside::Nothing,
            wanted: Wanted(0),
            input_ended: false,
            output_ended: false,
            read_left: 0,
            write_left: 0,
        }
    }

    /// The poller has said this.
    pub fn announce(&mut self, event: Event) {
        // In a transport with layers, each direction may have waited for the other.
        let either = !self.transport.is_bare() && (event.readable || event.writable);
        self.ready.readable |= event.readable || either;
        self.ready.writable |= event.writable || either;
        self.ready.read_closed |= event.read_closed;
        self.ready.hung_up |= event.hung_up;
    }

    /// Lends the buffer to read into, with what was kept, and grants one drive's bytes.
    pub fn open(&mut self, scratch: &mut Scratch) -> Input {
        self.read_left = READ_BUDGET as u32;
        self.write_left = WRITE_BUDGET as u32;
        self.outgoing.look_again();
        Input::new(scratch.take_input(), &self.held)
    }

    /// Bytes that were read and written in the last drive.
    pub fn moved_bytes(&self) -> usize {
        READ_BUDGET + WRITE_BUDGET - (self.read_left + self.write_left) as usize
    }

    /// Takes the buffer back and holds what was not taken.
    pub fn keep(&mut self, input: Input, scratch: &mut Scratch) {
        self.outgoing.recycle(scratch);
        scratch.put_input(input.hold(&mut self.held));
    }

    /// Takes the buffer back; nothing is read any more.
    pub fn recycle(&mut self, input: Input, scratch: &mut Scratch) {
        self.outgoing.recycle(scratch);
        scratch.put_input(input.drop_all());
    }
}

/// Writing.
impl<T: Transport> Link<T> {
    /// Whether everything was sent, and nothing is to come.
    pub fn is_sent(&self) -> bool {
        self.outgoing.is_empty() && !self.holds_output()
    }

    /// Whether bytes wait that only the peer's reading can move.
    pub fn is_unsent(&self) -> bool {
        self.holds_output() || self.outgoing.is_waiting()
    }

    /// Whether the transport must be flushed: of a response, or by its own account.
    fn holds_output(&self) -> bool {
        self.inside != Inside::Nothing || self.transport.holds_output()
    }

    /// Whether another response, or more of this one, may be queued.
    pub fn has_room(&self) -> bool {
        self.outgoing.has_room()
    }

    /// Whether the body of the response comes from a source that must be asked.
    pub fn is_pulled(&self) -> bool {
        self.outgoing.is_pulled()
    }

    /// Whether the whole response is queued, or gone.
    pub fn is_queued(&self) -> bool {
        self.outgoing.is_queued()
    }

    /// Whether a file's next bytes are on their way from a disk.
    pub fn awaits_disk(&self) -> bool {
        self.outgoing.awaits_disk()
    }

    /// Bytes that are queued and were not sent.
    pub fn queued_bytes(&self) -> usize {
        self.outgoing.queued_bytes()
    }

    /// How far it has come in sending, or in what it has to send.
    pub fn reached(&self, with_queued: bool) -> Reached {
        let queued = if with_queued { self.queued_bytes() } else { 0 };
        Reached {
            bytes: self.sent_bytes() + queued as u64,
            framing: self.outgoing.framing_bytes(),
        }
    }

    /// Bytes that the transport has taken so far, a count that only grows.
    pub fn sent_bytes(&self) -> u64 {
        self.outgoing.sent_bytes()
    }

    /// Whether its peer has room for more, as far as is known.
    pub fn is_writable(&self) -> bool {
        self.ready.writable
    }

    /// Bytes that were written and not acknowledged by the peer; `None` where nobody can tell.
    pub fn under_way(&self) -> Option<u32> {
        self.transport.under_way()
    }

    /// Bytes that the peer has acknowledged so far; where nobody can tell, those that were written.
    pub fn taken_bytes(&self) -> u64 {
        let under_way = self.under_way().unwrap_or(0);
        self.sent_bytes().saturating_sub(under_way.into())
    }

    /// Whether the peer has much of what was written still to come. For a socket that was closed
    /// the kernel waits three minutes, too few for a player that pauses.
    ///
    /// Of a peer that was never sent so much, the kernel need not be asked.
    ///
    /// Where it is to be known whether it has all, a byte is much.
    pub fn is_far_behind(&self) -> bool {
        if self.wanted.has(Wanted::HAS_ALL) {
            return self.is_awaited();
        }
        self.sent_bytes() > OUT_BYTES_MAX as u64 && self.under_way() > Some(OUT_BYTES_MAX as u32)
    }

    /// From now on it is to be known whether the peer has all that was written.
    pub fn must_arrive(&mut self) {
        self.wanted.add(Wanted::HAS_ALL);
    }

    /// Whether that is to be known, and the peer has not all of it.
    pub fn is_awaited(&self) -> bool {
        self.wanted.has(Wanted::HAS_ALL) && self.under_way() > Some(0)
    }

    /// Whether the peer has all that was written, as far as anybody can tell.
    pub fn has_arrived(&self) -> bool {
        self.transport.has_arrived()
    }

    /// About how much memory its queues hold, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.held.capacity() + self.outgoing.memory_bytes()
    }

    /// Where to append a head, or other bytes that go before what follows.
    pub fn buffer(&mut self, scratch: &mut Scratch) -> &mut Vec<u8> {
        self.outgoing.buffer(scratch)
    }

    /// Takes a body whose head was queued.
    pub fn start(&mut self, body: Body, framing: Framing, now: SystemTime) {
        self.outgoing.start(body, framing, now);
    }

    /// Asks the source of the body once.
    ///
    /// # Errors
    /// What the source has done wrong.
    pub fn pull(
        &mut self,
        exchange: Option<&mut Box<dyn Exchange>>,
        cx: &mut Cx<'_>,
    ) -> Result<Pull, Cause> {
        self.outgoing.pull(exchange, cx)
    }

    /// Sends what the peer takes, within the drive's bytes.
    ///
    /// # Errors
    /// The peer is gone, or the file is not what it was.
    pub fn flush(&mut self) -> Result<Flushed, Cause> {
        if self.is_sent() {
            return Ok(Flushed::Nothing);
        }
        let mut left = self.write_left as usize;
        let writable = &mut self.ready.writable;
        let mut moved = self
            .outgoing
            .flush(&mut self.transport, writable, &mut left)?;
        self.write_left = left as u32;
        if moved {
            self.inside = match self.transport.is_bare() {
                true => Inside::Leaving,
                false => self.inside.max(Inside::Something),
            };
        }
        let is_flushed = self.hand_on()?;
        moved |= self.look_again() | is_flushed;
        let rest = match is_flushed {
            true => Inside::Nothing,
            false => self.inside.min(Inside::Something),
        };
        Ok(match std::mem::replace(&mut self.inside, rest) {
            Inside::Leaving => Flushed::Bytes,
            _ if moved => Flushed::Inside,
            _ => Flushed::Nothing,
        })
    }

    /// Has the transport hand on what is inside; returns whether that was all.
    fn hand_on(&mut self) -> Result<bool, Cause> {
        if !self.holds_output() || !self.ready.writable {
            return Ok(false);
        }
        match self.transport.flush() {
            Ok(()) => Ok(true),
            Err(error) => self.blocked(error).map(|()| false),
        }
    }

    /// Ends our side, as far as that is possible now; the peer's goes on.
    ///
    /// # Errors
    /// The peer is gone.
    pub fn end_output(&mut self) -> Result<(), Cause> {
        // What has written some of it is not blocked yet, and nobody else would find out.
        while !self.output_ended && self.ready.writable {
            match self.transport.close_write() {
                Ok(()) => self.output_ended = true,
                Err(error) => self.blocked(error)?,
            }
            self.look_again();
        }
        Ok(())
    }

    /// What one direction has done for the other, no event need tell.
    fn look_again(&mut self) -> bool {
        let Moved { read, written } = self.transport.take_moved();
        if written && self.inside == Inside::Something {
            self.inside = Inside::Leaving;
        }
        self.ready.readable |= read || written;
        self.ready.writable |= read || written;
        read || written
    }

    /// Says what must be said before the drop; returns whether that is done.
    pub fn finish(&mut self) -> bool {
        match self.transport.finish() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.ready.writable = false;
                false
            }
            // Whoever does not hear it is gone.
            _ => true,
        }
    }

    fn blocked(&mut self, error: io::Error) -> Result<(), Cause> {
        match error.kind() {
            io::ErrorKind::WouldBlock => self.ready.writable = false,
            io::ErrorKind::Interrupted => {}
            _ => return Err(Cause::PeerGone(error)),
        }
        Ok(())
    }

    /// Whether it could go on, had the drive more bytes.
    pub fn is_spent(&self, wants_input: bool) -> bool {
        self.read_left == 0 && self.ready.readable && wants_input
            || self.write_left == 0 && self.ready.writable && !self.is_sent()
    }

    /// What the peer's URIs begin with.
    pub fn scheme(&self) -> Scheme {
        self.transport.scheme()
    }

    /// Before the drop, if a response was cut: lets the peer see that a body which the end of the
    /// connection ends is not whole.
    pub fn cut(&mut self) {
        if self.outgoing.ends_with_connection() {
            self.transport.reset_on_close();
        }
    }

    /// Before the drop: takes the transport off the poller.
    pub fn deregister(&mut self, registry: &mio::Registry) {
        self.transport.deregister(registry);
    }
}

#[cfg(any(test, fuzzing))]
pub mod inspect;
#[cfg(test)]
mod tests;
