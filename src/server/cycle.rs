//! One request, from the end of its head to the end of its response: what was asked, the exchange
//! that answers it, what will have that called again, and what came of it.
//!
//! A connection has one while a request is in flight, and none while it is idle. It is kept for the
//! next one that comes, so that a request costs no allocation for it.

use std::process::ExitStatus;
use std::time::Instant;

use super::outgoing::Reached;
use crate::handler::{Cause, End, Exchange, Origin, Record, WakeUps};
use crate::http::head::{Head, first_line};
use crate::http::headers::Headers;
use crate::http::method::{Method, Version};
use crate::http::status::Status;
use crate::server::rate::Rate;
use crate::server::reasons::Reasons;
use crate::server::steps::{Stepped, Steps};

/// Capacity of a head's buffer up to which it is kept for the next request, in bytes.
const KEPT_BYTES_MAX: usize = 4096;

/// What a request in flight has of its own in the server beside its head, in bytes: its slot, an
/// exchange's waker, and what is in the reaper if it runs a child.
pub const CYCLE_BYTES: usize = size_of::<Cycle>() + 256;

/// What the peer has asked: its head, parsed once.
pub struct RequestHead {
    /// The head; of one with a fault its first line, as far as it is of use.
    bytes: Vec<u8>,
    head: Option<Head>,
    is_head: bool,
    is_connect: bool,
    version: Version,
}

/// One request in flight.
pub struct Cycle {
    asked: RequestHead,
    exchange: Option<Box<dyn Exchange>>,
    wake_ups: WakeUps,
    reasons: Reasons,
    /// How often in a row its source has asked for another turn without giving a byte.
    steps: Steps,
    /// What has happened and was not told yet: sources by number, a child's end.
    sources: u8,
    exit: Option<ExitStatus>,
    /// It was called since the drain began.
    drain_told: bool,
    /// Body bytes that the exchange has taken, and how fast they come, while it is the peer that is
    /// waited for.
    body_bytes: u64,
    rate: Option<Rate>,
    reroutes: u8,
    /// The peer can be asked whether it is there, and was not yet.
    may_probe: bool,
    is_logged: bool,
    measured: Measured,
}

/// What a request has come to so far.
struct Measured {
    /// The end of its head.
    began: Instant,
    status: Option<Status>,
    /// The bytes that its connection had sent and queued when its response began.
    starts_at: u64,
    head_bytes: u64,
    /// The framing around chunks that its connection had queued when its response began.
    framing_at: u32,
    first_byte: Option<Instant>,
}

impl Default for RequestHead {
    fn default() -> RequestHead {
        RequestHead {
            bytes: Vec::new(),
            head: None,
            is_head: false,
            is_connect: false,
            version: Version::Http11,
        }
    }
}

impl RequestHead {
    /// The request line, for the log; empty if it was too long to keep.
    pub fn line(&self) -> &[u8] {
        match &self.head {
            Some(head) => head.request_line(&self.bytes),
            None => &self.bytes,
        }
    }

    /// The parsed head and the bytes that it was parsed from, if it has no fault.
    pub fn head(&self) -> Option<(&Head, &[u8])> {
        Some((self.head.as_ref()?, &self.bytes))
    }

    /// Its fields; none, if it has a fault.
    pub fn fields(&self) -> Headers<'_> {
        let none = Headers {
            buf: &[],
            fields: &[],
        };
        self.head()
            .map_or(none, |(head, bytes)| head.headers(bytes))
    }

    /// Whether the response has no body because of the method.
    pub fn is_head(&self) -> bool {
        self.is_head
    }

    /// Whether a success makes a tunnel of the connection because of the method.
    pub fn is_connect(&self) -> bool {
        self.is_connect
    }

    /// What the peer speaks.
    pub fn version(&self) -> Version {
        self.version
    }

    fn set(&mut self, bytes: &[u8], head: Head) {
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        let method = head.method(&self.bytes);
        (self.is_head, self.is_connect) = (method == Method::Head, method == Method::Connect);
        self.version = head.version();
        self.head = Some(head);
    }

    /// From a head that does not parse: its first line, so many bytes of it at most.
    fn set_line(&mut self, bytes: &[u8], line_bytes_max: usize) {
        let line = first_line(bytes);
        self.version = match line.ends_with(b"HTTP/1.0") {
            true => Version::Http10,
            false => Version::Http11,
        };
        (self.is_head, self.is_connect) = (line.starts_with(b"HEAD "), false);
        self.bytes.clear();
        self.bytes
            .extend_from_slice(&line[..line.len().min(line_bytes_max)]);
        self.head = None;
    }
}

/// Beginning and end.
impl Cycle {
    /// A request whose head is complete; `old` is one that is over.
    pub fn begin(old: Option<Box<Cycle>>, bytes: &[u8], head: Head, now: Instant) -> Box<Cycle> {
        let mut cycle = Cycle::renew(old, now);
        cycle.asked.set(bytes, head);
        cycle
    }

    /// A request whose head has a fault. Of its line so many bytes are kept.
    pub fn begin_faulty(
        old: Option<Box<Cycle>>,
        bytes: &[u8],
        line_bytes_max: usize,
        now: Instant,
    ) -> Box<Cycle> {
        let mut cycle = Cycle::renew(old, now);
        cycle.asked.set_line(bytes, line_bytes_max);
        cycle
    }

    fn renew(old: Option<Box<Cycle>>, now: Instant) -> Box<Cycle> {
        let measured = Measured {
            began: now,
            status: None,
            starts_at: 0,
            head_bytes: 0,
            framing_at: 0,
            first_byte: None,
        };
        let Some(mut cycle) = old else {
            return Box::new(Cycle {
                asked: RequestHead::default(),
                exchange: None,
                wake_ups: WakeUps::default(),
                reasons: Reasons::default(),
                steps: Steps::default(),
                sources: 0,
                exit: None,
                drain_told: false,
                body_bytes: 0,
                rate: None,
                reroutes: 0,
                may_probe: false,
                is_logged: true,
                measured,
            });
        };
        // In place: to make a new one costs more than most of what it is for.
        cycle.wake_ups = WakeUps::default();
        cycle.reasons.clear();
        (cycle.sources, cycle.exit, cycle.drain_told) = (0, None, false);
        (cycle.body_bytes, cycle.rate) = (0, None);
        (cycle.reroutes, cycle.may_probe, cycle.is_logged) = (0, false, true);
        (cycle.steps, cycle.measured) = (Steps::default(), measured);
        cycle
    }

    /// It is over. Returns itself if it is worth keeping.
    pub fn end(mut self: Box<Self>) -> Option<Box<Cycle>> {
        debug_assert!(self.exchange.is_none(), "an exchange outlives its cycle");
        // A source may have ended with a deadline set; the next one knows nothing of it.
        self.wake_ups.end();
        (self.asked.bytes.capacity() <= KEPT_BYTES_MAX).then_some(self)
    }

    /// It outlives a drive: what it holds is sized exactly.
    pub fn keep(&mut self) {
        if self.asked.bytes.capacity() > self.asked.bytes.len() {
            self.asked.bytes.shrink_to_fit();
        }
    }

    /// About how much memory it holds, in bytes.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Cycle>() + self.asked.bytes.capacity()
    }
}

/// What was asked.
impl Cycle {
    /// The request's head.
    pub fn asked(&self) -> &RequestHead {
        &self.asked
    }

    /// Its log would be of no use to anybody.
    pub fn leave_out_of_log(&mut self) {
        self.is_logged = false;
    }

    /// Whether the log hears of it.
    pub fn is_logged(&self) -> bool {
        self.is_logged
    }

    /// One more local redirect; returns how many there were.
    pub fn rerouted(&mut self) -> u8 {
        self.reroutes += 1;
        self.reroutes
    }

    /// The exchange is offered so many body bytes more, of which there are `bytes_max` at most in
    /// all; returns whether there may be.
    pub fn may_take(&self, len: usize, bytes_max: u64) -> bool {
        self.body_bytes.saturating_add(len as u64) <= bytes_max
    }

    /// Whether its exchange has taken no body byte.
    pub fn has_taken_nothing(&self) -> bool {
        self.body_bytes == 0
    }

    /// It has taken so many.
    pub fn took(&mut self, len: usize) {
        self.body_bytes += len as u64;
        if let Some(rate) = &mut self.rate {
            rate.count(len as u64);
        }
        if len > 0 {
            self.moved();
            self.reasons.add(Reasons::BODY);
        }
    }
}

/// How fast its body comes.
impl Cycle {
    /// The peer is waited for: from the first time on it counts how much comes.
    pub fn body_awaited(&mut self, now: Instant) {
        self.rate.get_or_insert_default().run(now);
    }

    /// From here on it is the exchange that is waited for.
    pub fn body_blocked(&mut self, now: Instant) {
        if let Some(rate) = &mut self.rate {
            rate.stop(now);
        }
    }

    /// When to look at how much has come, if there is a `least` rate, in bytes a second.
    pub fn rate_due(&self, least: u64) -> Option<Instant> {
        let rate = self.rate.as_ref();
        rate.filter(|_| least > 0).and_then(Rate::due)
    }

    /// Whether it was too little by now.
    pub fn is_body_slow(&mut self, now: Instant, least: u64) -> bool {
        let rate = self.rate.as_mut();
        rate.is_some_and(|rate| rate.is_too_slow(now, least))
    }
}

/// Its exchange, and what has that called again.
impl Cycle {
    /// An exchange answers it. `may_probe`: its peer can be asked whether it is there.
    pub fn answer_by(&mut self, exchange: Box<dyn Exchange>, may_probe: bool) {
        self.exchange = Some(exchange);
        self.may_probe = may_probe;
        self.reasons.add(Reasons::BEGUN);
    }

    /// Whether an exchange answers it.
    pub fn has_exchange(&self) -> bool {
        self.exchange.is_some()
    }

    /// The exchange, to end it.
    pub fn take_exchange(&mut self) -> Option<Box<dyn Exchange>> {
        self.may_probe = false;
        self.exchange.take()
    }

    /// Nothing calls it any more.
    pub fn end_wake_ups(&mut self) {
        self.wake_ups.end();
    }

    /// What a call of somebody else's code is given.
    pub fn parts(&mut self) -> (&RequestHead, Option<&mut Box<dyn Exchange>>, &mut WakeUps) {
        (&self.asked, self.exchange.as_mut(), &mut self.wake_ups)
    }

    /// Why the exchange or the source is to be called.
    pub fn reasons(&mut self) -> &mut Reasons {
        &mut self.reasons
    }

    /// Whether it is to be called.
    pub fn is_stirred(&self) -> bool {
        !self.reasons.is_empty()
    }

    /// Its waker was used, or the last one was dropped.
    pub fn wake(&mut self) {
        self.reasons.add(Reasons::WOKEN);
        if let Some(wake) = &self.wake_ups.wake {
            wake.look();
        }
    }

    /// A source of its own is ready.
    pub fn mark_source(&mut self, which: u8) {
        self.sources |= 1 << which;
    }

    /// Its child has ended.
    pub fn mark_exit(&mut self, status: ExitStatus) {
        self.exit = Some(status);
    }

    /// Whether something has happened that it was not told.
    #[cfg(any(test, fuzzing))]
    pub fn has_news(&self) -> bool {
        self.sources != 0 || self.exit.is_some()
    }

    /// A source that is ready, once each.
    pub fn take_source(&mut self) -> Option<u8> {
        let which = (1..=5).find(|which| self.sources & 1 << which != 0)?;
        self.sources &= !(1 << which);
        self.reasons.add(Reasons::SOURCE);
        Some(which)
    }

    /// Its child's end, once.
    pub fn take_exit(&mut self) -> Option<ExitStatus> {
        let exit = self.exit.take()?;
        self.reasons.add(Reasons::EXIT);
        Some(exit)
    }

    /// The peer has ended its stream, or the server drains: told once each.
    pub fn tell(&mut self, peer_has_ended: bool, drains: bool) {
        if peer_has_ended && !self.wake_ups.peer_ended {
            self.wake_ups.peer_ended = true;
            self.reasons.add(Reasons::PEER_ENDED);
        }
        if drains && !self.drain_told {
            self.drain_told = true;
            self.reasons.add(Reasons::DRAINING);
        }
    }

    /// When it is to be called: the moment that it has set, or the end of a pause.
    pub fn call_at(&self) -> Option<Instant> {
        self.steps.paused_until().or(self.wake_ups.at)
    }

    /// Whether it has set a moment at which it is to be called.
    pub fn has_deadline(&self) -> bool {
        self.wake_ups.at.is_some()
    }

    /// Whether the moment that it has set has passed, and no pause is left; told once.
    pub fn take_deadline(&mut self, now: Instant) -> bool {
        if self.call_at().is_none_or(|at| at > now) {
            return false;
        }
        self.steps.resume();
        self.reasons.add(Reasons::DEADLINE);
        self.wake_ups.at.take_if(|at| *at <= now).is_some()
    }

    /// Something has come of it.
    pub fn moved(&mut self) {
        self.steps.moved();
    }

    /// Its source asks for another call at once, and has given no byte.
    pub fn stepped(&mut self, now: Instant) -> Stepped {
        let stepped = self.steps.count(now);
        if stepped != Stepped::Again {
            // Until the pause is over.
            self.reasons.clear();
        }
        stepped
    }

    /// Whether nothing will call it but a child's end or the peer's body: no reason, no deadline,
    /// no waker, no source.
    pub fn is_left_alone(&self) -> bool {
        let wake = self.wake_ups.wake.as_ref();
        self.reasons.is_empty()
            && self.call_at().is_none()
            && self.wake_ups.sources == 0
            && wake.is_none_or(|wake| wake.is_abandoned())
    }

    /// Whether the peer of its exchange can be asked whether it is there.
    pub fn may_probe(&self) -> bool {
        self.may_probe && self.exchange.is_some()
    }

    /// Whether it can be from now on.
    pub fn allow_probe(&mut self, may_probe: bool) {
        self.may_probe = may_probe;
    }
}

/// What came of it.
impl Cycle {
    /// A response's head of so many bytes was queued, behind what the connection had `queued`.
    pub fn answered(&mut self, status: Status, queued: Reached, head_bytes: u64) {
        self.measured.status = Some(status);
        self.measured.starts_at = queued.bytes;
        self.measured.framing_at = queued.framing;
        self.measured.head_bytes = head_bytes;
        self.moved();
        self.reasons.add(Reasons::ROOM);
    }

    /// The connection has sent so many bytes.
    pub fn sent(&mut self, sent: u64, now: Instant) {
        let came = &mut self.measured;
        if came.first_byte.is_none() && came.status.is_some() && sent > came.starts_at {
            came.first_byte = Some(now);
        }
    }

    /// The record for the log. `reached` is what its connection has sent.
    pub fn record<'a>(
        &'a self,
        origin: Origin,
        reached: Reached,
        now: Instant,
        cause: Option<&'a Cause>,
    ) -> Record<'a> {
        let came = &self.measured;
        let bytes_sent = match came.status {
            Some(_) => reached.bytes.saturating_sub(came.starts_at),
            None => 0,
        };
        let around_chunks = reached.framing.wrapping_sub(came.framing_at);
        Record {
            origin,
            request_line: self.asked.line(),
            fields: self.asked.fields(),
            status: came.status,
            framing_bytes: came.head_bytes + u64::from(around_chunks),
            bytes_sent,
            bytes_taken: self.body_bytes,
            began: came.began,
            first_byte: came.first_byte.or((bytes_sent > 0).then_some(now)),
            over: now,
            end: cause.map_or(End::Complete, End::Cut),
        }
    }
}

#[cfg(test)]
mod tests;
