//! One connection's protocol state: two machines, their life, and the table that joins them.
//!
//! Receiving and sending run at the same time, for a script may answer while it still reads. What
//! one side does because of the other is decided in here and nowhere else: outside, there are no
//! names for the states of a side, only events that are told ([`Dialog::head_received`] and the
//! like) and questions that are answered ([`Dialog::takes`], [`Dialog::wait`], [`Dialog::join`]).
//! No bytes, no I/O and no time are in here.
//!
//! ```text
//!            ┌──────────────────── next cycle: both done, keep-alive ─────────────────────┐
//!            ▼                                                                            │
//!   receive  Idle ── a byte ──▶ Head ── no body ───────────────────────────────▶ Done ────┤
//!                                ├──── body ──▶ Body ── last byte ─────────────▶ Done      │
//!                                │                └── unwanted ▶ Discard ── last ▶ Done    │
//!                                ├──── FIN ───▶ Ended             └─ too much ─▶ Refused   │
//!                                └──── fault ─▶ Refused                                    │
//!            ProxyHeader ── whole ──▶ Head, once, before the first of a proxy's connection
//!
//!   send     Idle ── response known ──▶ Body ── last byte queued ──▶ Done ────────────────┘
//!
//!   life     Open ── our side was ended, the peer's not ──▶ Linger ──▶ gone
//! ```
//!
//! A response that switches to another protocol (RFC 9110 sections 7.8 and 9.3.6) makes `Switched`
//! of a `Done` that receives: no request follows, each side ends by itself, and with the second
//! the connection.

mod answers;

pub use answers::{Joint, Phase, Takes, Wait};

use super::body::Decoder;
use super::limits::DISCARD_BYTES_MAX;

/// The receiving side.
#[derive(Debug, PartialEq, Eq)]
enum Reading {
    /// Waiting for what a proxy says before the first request.
    ProxyHeader,
    /// Waiting for the first byte of a request.
    Idle,
    /// Inside a request head. The first of a connection begins with it.
    Head,
    /// Delivering a body to the exchange.
    Body(Decoder),
    /// Swallowing a body that nobody wants; so many more bytes of the connection at most.
    Discard(Decoder, u64),
    /// The request is wholly read; what follows is the next one, and is not read yet.
    Done,
    /// What comes is no HTTP any more: it goes to the exchange as it is.
    Switched,
    /// The peer ended its stream at a clean point.
    Ended,
    /// Nothing that follows can be trusted, or it is too much.
    Refused,
}

/// The sending side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// No response is known yet.
    Idle,
    /// A response's head was queued, body bytes follow.
    Body,
    /// The last byte was queued.
    Done,
}

/// The life of a connection, which only goes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Open,
    /// Our side was ended; what comes is read and dropped.
    Linger,
    Gone,
}

/// One connection's protocol state.
#[derive(Debug)]
pub struct Dialog {
    reading: Reading,
    writing: Writing,
    life: Life,
    keep_alive: bool,
    /// The peer said that it sends no other request.
    peer_closes: bool,
    /// The peer waits for `100 Continue`.
    continue_due: bool,
    /// The exchange took less body than it was offered.
    body_blocked: bool,
    /// The connection was switched to another protocol.
    switched: bool,
}

/// A fresh connection.
impl Default for Dialog {
    fn default() -> Dialog {
        Dialog {
            reading: Reading::Head,
            writing: Writing::Idle,
            life: Life::Open,
            keep_alive: true,
            peer_closes: false,
            continue_due: false,
            body_blocked: false,
            switched: false,
        }
    }
}

/// Questions.
impl Dialog {
    /// Where the request is.
    pub fn phase(&self) -> Phase {
        match (self.writing, &self.reading) {
            _ if self.life == Life::Gone => Phase::Gone,
            _ if self.life == Life::Linger => Phase::Linger,
            (Writing::Body, _) => Phase::Respond,
            (Writing::Done, _) => Phase::Flush,
            (Writing::Idle, Reading::Idle) => Phase::Idle,
            (Writing::Idle, Reading::ProxyHeader | Reading::Head) => Phase::Head,
            (Writing::Idle, Reading::Body(_)) => Phase::Body,
            (Writing::Idle, _) => Phase::Route,
        }
    }

    /// What the peer's bytes are.
    pub fn takes(&self) -> Takes {
        match &self.reading {
            _ if self.life == Life::Gone => Takes::Nothing,
            _ if self.life == Life::Linger => Takes::Anything,
            Reading::ProxyHeader => Takes::ProxyHeader,
            Reading::Idle | Reading::Head => Takes::Head,
            Reading::Body(_) => Takes::Body,
            Reading::Discard(..) => Takes::Discard,
            Reading::Switched => Takes::Switched,
            Reading::Done | Reading::Ended | Reading::Refused => Takes::Nothing,
        }
    }

    /// Whether bytes of the peer are of use now: not reading is the backpressure. The next head is
    /// read when all before it `is_sent`.
    pub fn wants_input(&self, is_sent: bool) -> bool {
        match self.takes() {
            Takes::ProxyHeader => true,
            Takes::Head => is_sent,
            Takes::Body | Takes::Switched => !self.body_blocked,
            Takes::Discard | Takes::Anything => true,
            Takes::Nothing => false,
        }
    }

    /// What is waited for, if nothing can be done. `is_unsent` tells whether bytes are queued that
    /// only the peer's reading can move.
    pub fn wait(&self, is_unsent: bool) -> Wait {
        match self.takes() {
            Takes::Anything => Wait::End,
            _ if is_unsent => Wait::Reader,
            Takes::Head if self.reading == Reading::Idle => Wait::Request,
            Takes::ProxyHeader | Takes::Head => Wait::Head,
            Takes::Body if self.expects_body() => Wait::Body,
            Takes::Discard => Wait::Discard,
            _ if self.switched && !self.body_blocked => Wait::Switched,
            Takes::Body | Takes::Switched | Takes::Nothing => Wait::Answer,
        }
    }

    /// The decoder of a body that is being read or discarded.
    pub fn decoder(&mut self) -> Option<&mut Decoder> {
        match &mut self.reading {
            Reading::Body(decoder) | Reading::Discard(decoder, _) => Some(decoder),
            _ => None,
        }
    }

    /// Whether the connection lives on after this cycle.
    pub fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// Whether the peer sends nothing after this request, by its own words.
    pub fn peer_closes(&self) -> bool {
        self.peer_closes
    }

    /// Between two requests, or before the first byte of the first, or inside a head.
    pub fn is_between(&self) -> bool {
        use Reading::{Head, Idle, ProxyHeader};
        let is_head = matches!(self.reading, Idle | Head | ProxyHeader);
        is_head && self.writing == Writing::Idle && self.life == Life::Open
    }

    /// Whether no response is known.
    pub fn is_unanswered(&self) -> bool {
        self.writing == Writing::Idle
    }

    /// Whether a response has begun whose last byte was not queued.
    pub fn is_answering(&self) -> bool {
        self.writing == Writing::Body
    }

    /// Whether the response's last byte was queued.
    pub fn is_answered(&self) -> bool {
        self.writing == Writing::Done
    }

    /// Whether the peer is what a body waits for: not its exchange, and not us, who have not sent
    /// the `100 Continue` that was asked for.
    pub fn expects_body(&self) -> bool {
        let is_offered = matches!(self.takes(), Takes::Body | Takes::Switched);
        is_offered && !self.body_blocked && !self.continue_due
    }

    /// Whether the connection can be switched to another protocol: no byte of the request is left,
    /// and no response is known.
    pub fn may_switch(&self) -> bool {
        self.reading == Reading::Done && self.writing == Writing::Idle
    }

    /// Whether it was switched to another protocol, of which more may come.
    pub fn takes_switched(&self) -> bool {
        self.takes() == Takes::Switched
    }

    /// Whether the exchange took less body than it was offered.
    pub fn is_body_blocked(&self) -> bool {
        self.body_blocked
    }

    /// Whether the peer waits for `100 Continue`.
    pub fn continue_is_due(&self) -> bool {
        self.continue_due
    }
}

/// What the peer does.
impl Dialog {
    /// Bytes have come. Returns whether that is progress: to drip a head is none, nor is to send
    /// what is discarded, or they could go on for ever. Nor is a body while a response `is_unsent`
    /// that its peer does not take.
    pub fn input_came(&mut self, is_unsent: bool) -> bool {
        match (self.takes(), &self.reading) {
            (Takes::Head, Reading::Idle) => {
                self.reading = Reading::Head;
                true
            }
            (Takes::Body | Takes::Switched, _) => !is_unsent,
            (takes, _) => takes == Takes::Anything,
        }
    }

    /// It is a proxy, which must say first whose connection it passes on.
    pub fn await_proxy_header(&mut self) {
        debug_assert_eq!(self.reading, Reading::Head);
        self.reading = Reading::ProxyHeader;
    }

    /// It has said that. The head has what is left of the time for both.
    pub fn proxy_header_received(&mut self) {
        debug_assert_eq!(self.takes(), Takes::ProxyHeader);
        self.reading = Reading::Head;
    }

    /// A head is complete.
    pub fn head_received(&mut self, body: Option<Decoder>, keep_alive: bool, continue_due: bool) {
        debug_assert_eq!(self.takes(), Takes::Head);
        self.keep_alive &= keep_alive;
        self.peer_closes |= !keep_alive;
        self.continue_due = continue_due;
        self.reading = body.map_or(Reading::Done, Reading::Body);
    }

    /// Bytes of the body are here: the peer does not wait for `100 Continue`.
    pub fn body_came(&mut self) {
        self.continue_due = false;
    }

    /// The last byte of the body was taken.
    pub fn body_received(&mut self) {
        debug_assert!(matches!(self.takes(), Takes::Body | Takes::Discard));
        self.reading = Reading::Done;
        self.body_blocked = false;
    }

    /// Bytes of the connection were discarded, and perhaps the body's last; too many of them, or a
    /// chunk that announces too many, refuse the rest.
    pub fn discarded(&mut self, len: usize, has_ended: bool) {
        if let Reading::Discard(decoder, left) = &mut self.reading {
            match left.checked_sub(len as u64) {
                Some(_) if has_ended => self.body_received(),
                Some(rest) if decoder.announced() <= rest => *left = rest,
                _ => self.refuse(),
            }
        }
    }

    /// The peer's bytes cannot be trusted any more, or were waited for in vain.
    pub fn refuse(&mut self) {
        self.reading = Reading::Refused;
        self.keep_alive = false;
        self.body_blocked = false;
    }

    /// The peer ended its stream. Returns whether that was inside a body that somebody wants.
    pub fn input_ended(&mut self) -> bool {
        let inside = self.takes() == Takes::Body;
        self.reading = Reading::Ended;
        self.keep_alive = false;
        inside
    }
}

/// What our side does.
impl Dialog {
    /// `100 Continue` was sent.
    pub fn continue_sent(&mut self) {
        self.continue_due = false;
    }

    /// The exchange took less than it was offered.
    pub fn body_blocked(&mut self) {
        self.body_blocked = true;
    }

    /// It may take more now.
    pub fn body_unblocked(&mut self) {
        self.body_blocked = false;
    }

    /// What is answered is known. A peer that was never asked for its body may send it or not:
    /// what comes cannot be trusted.
    pub fn answer_known(&mut self) {
        if std::mem::take(&mut self.continue_due) && self.takes() == Takes::Body {
            self.refuse();
        }
    }

    /// Another request is answered in the place of this one: its body is nobody's.
    pub fn rerouted(&mut self) {
        self.body_unwanted();
    }

    /// A response's head is about to be queued, once in each cycle. `exchange` tells whether
    /// somebody still wants the request's body: what becomes of one that nobody wants decides
    /// whether the connection lives on, which the head says.
    pub fn answer_begun(&mut self, keep_alive: bool, exchange: bool) {
        debug_assert_eq!(self.writing, Writing::Idle);
        self.writing = Writing::Body;
        self.keep_alive &= keep_alive;
        self.join(exchange);
    }

    /// The response that has begun switches to another protocol.
    pub fn switched(&mut self) {
        debug_assert_eq!(self.reading, Reading::Done);
        debug_assert_eq!(self.writing, Writing::Body);
        self.reading = Reading::Switched;
        self.switched = true;
        self.keep_alive = false;
    }

    /// The response's last byte was queued.
    pub fn answer_ended(&mut self) {
        debug_assert_eq!(self.writing, Writing::Body);
        self.writing = Writing::Done;
    }

    /// Our side of the stream was ended.
    pub fn linger(&mut self) {
        debug_assert_eq!(self.life, Life::Open);
        self.life = Life::Linger;
    }

    /// Nothing is left to be done.
    pub fn close(&mut self) {
        self.life = Life::Gone;
    }

    /// Whether all is over.
    pub fn is_gone(&self) -> bool {
        self.life == Life::Gone
    }

    /// Whether our side was ended.
    pub fn is_lingering(&self) -> bool {
        self.life == Life::Linger
    }

    /// Nobody wants the body: a small one is swallowed, a large one ends the connection.
    fn body_unwanted(&mut self) {
        if let Reading::Body(decoder) = &self.reading {
            match decoder.announced() {
                left if left > DISCARD_BYTES_MAX => self.refuse(),
                _ => {
                    self.reading = Reading::Discard(decoder.clone(), DISCARD_BYTES_MAX);
                    self.body_blocked = false;
                }
            }
        }
    }

    /// The joint table. `exchange` tells whether somebody still wants the request's body.
    pub fn join(&mut self, exchange: bool) -> Joint {
        if !exchange && self.writing != Writing::Idle {
            self.body_unwanted();
        }
        match (&self.reading, self.writing, self.keep_alive) {
            (Reading::Done, Writing::Done, true) => Joint::NextCycle,
            (Reading::Done, Writing::Done, false) => Joint::Close,
            (Reading::Ended, Writing::Done, _) => Joint::Close,
            (Reading::Switched, Writing::Done, _) => Joint::EndOutput,
            (Reading::Ended, Writing::Idle, _) if !exchange => Joint::Close,
            (Reading::Refused, Writing::Done, _) => Joint::Linger,
            (Reading::Discard(..), Writing::Done, false) => Joint::Linger,
            _ => Joint::Stay,
        }
    }

    /// Begins the next cycle; `has_begun` tells whether its first bytes are here.
    pub fn next_cycle(&mut self, has_begun: bool) {
        debug_assert_eq!(self.reading, Reading::Done);
        debug_assert_eq!(self.writing, Writing::Done);
        self.reading = match has_begun {
            true => Reading::Head,
            false => Reading::Idle,
        };
        self.writing = Writing::Idle;
        self.continue_due = false;
        self.body_blocked = false;
    }
}

#[cfg(test)]
mod tests;
