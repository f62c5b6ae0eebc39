//! One connection's protocol state: two machines, and the table that joins them.
//!
//! Receiving and sending run at the same time, for a script may answer while it still reads. All
//! moves of one side because of the other are in [`Dialog::join`]; no other place makes any.
//! No bytes, no I/O and no time are in here.
//!
//! ```text
//!            ┌──────────────────── next cycle: both done, keep-alive ─────────────────────┐
//!            ▼                                                                            │
//!   receive  Head ── no body ──────────────────────────────────────────────────▶ Done ────┤
//!              ├──── body ──▶ Body ── last byte ──────────────────────────────▶ Done      │
//!              │                └── nobody wants it ──▶ Discard ── last byte ─▶ Done      │
//!              ├──── FIN ───▶ Ended              └──── too much ─▶ Refused (linger)       │
//!              └──── fault ─▶ Refused                                                     │
//!   send     Idle ── response known ──▶ Body ── last byte queued ──▶ Done ────────────────┘
//! ```

use super::body::Decoder;
use super::limits::DISCARD_BYTES_MAX;

/// The receiving side.
#[derive(Debug, PartialEq, Eq)]
pub enum Reading {
    /// Waiting for a request head, or inside one.
    Head,
    /// Delivering a body to the exchange.
    Body(Decoder),
    /// Swallowing a body that nobody wants; so many more bytes of the connection at most.
    Discard(Decoder, u64),
    /// The request is wholly read; what follows is the next one, and is not read yet.
    Done,
    /// The peer ended its stream at a clean point.
    Ended,
    /// Nothing that follows can be trusted, or it is too much.
    Refused,
}

/// The sending side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// No response is known yet.
    Idle,
    /// A response's head was queued, body bytes follow.
    Body,
    /// The last byte was queued.
    Done,
}

/// What the joint state asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// Go on.
    Stay,
    /// Both sides are through: the next request may come.
    NextCycle,
    /// Close when everything queued was sent.
    Close,
    /// Send everything, then end the stream and wait for the peer to end its own (RFC 9112
    /// section 9.6), for a close with unread bytes would reset the connection.
    Linger,
}

/// One connection's protocol state.
#[derive(Debug)]
pub struct Dialog {
    reading: Reading,
    writing: Writing,
    keep_alive: bool,
    /// The peer said that it sends no other request.
    peer_closes: bool,
}

/// A fresh connection.
impl Default for Dialog {
    fn default() -> Dialog {
        Dialog {
            reading: Reading::Head,
            writing: Writing::Idle,
            keep_alive: true,
            peer_closes: false,
        }
    }
}

impl Dialog {
    /// The receiving side.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// The decoder of a body that is being read or discarded.
    pub fn decoder(&mut self) -> Option<&mut Decoder> {
        match &mut self.reading {
            Reading::Body(decoder) | Reading::Discard(decoder, _) => Some(decoder),
            _ => None,
        }
    }

    /// The sending side.
    pub fn writing(&self) -> Writing {
        self.writing
    }

    /// Whether the connection lives on after this cycle.
    pub fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// Whether the peer sends nothing after this request, by its own words.
    pub fn peer_closes(&self) -> bool {
        self.peer_closes
    }

    /// Between two requests, or before the first byte of the first.
    pub fn is_between(&self) -> bool {
        self.reading == Reading::Head && self.writing == Writing::Idle
    }

    /// A head is complete.
    pub fn head_received(&mut self, body: Option<Decoder>, keep_alive: bool) {
        debug_assert_eq!(self.reading, Reading::Head);
        self.keep_alive &= keep_alive;
        self.peer_closes |= !keep_alive;
        self.reading = body.map_or(Reading::Done, Reading::Body);
    }

    /// The last byte of the body was taken.
    pub fn body_received(&mut self) {
        debug_assert!(matches!(
            self.reading,
            Reading::Body(_) | Reading::Discard(..)
        ));
        self.reading = Reading::Done;
    }

    /// The peer's bytes cannot be trusted any more.
    pub fn refuse(&mut self) {
        self.reading = Reading::Refused;
        self.keep_alive = false;
    }

    /// The peer ended its stream. Returns whether that was inside a body that somebody wants.
    pub fn input_ended(&mut self) -> bool {
        let inside = matches!(self.reading, Reading::Body(_));
        self.reading = Reading::Ended;
        self.keep_alive = false;
        inside
    }

    /// Bytes of the connection were discarded; too many of them, or a chunk that announces too
    /// many, refuse the rest.
    pub fn discarded(&mut self, len: usize) {
        if let Reading::Discard(decoder, left) = &mut self.reading {
            match left.checked_sub(len as u64) {
                Some(rest) if decoder.announced() <= rest => *left = rest,
                _ if mutant!("discard_unbounded") => {}
                _ => self.refuse(),
            }
        }
    }

    /// A response's head was queued. Exactly once in each cycle.
    pub fn answer_begun(&mut self, keep_alive: bool) {
        debug_assert_eq!(self.writing, Writing::Idle);
        self.writing = Writing::Body;
        self.keep_alive &= keep_alive;
    }

    /// The response's last byte was queued.
    pub fn answer_ended(&mut self) {
        debug_assert_eq!(self.writing, Writing::Body);
        self.writing = Writing::Done;
    }

    /// Nobody wants the body: a small one is swallowed, a large one ends the connection.
    pub fn body_unwanted(&mut self) {
        if let Reading::Body(decoder) = &self.reading {
            match decoder.announced() {
                left if left > DISCARD_BYTES_MAX => self.refuse(),
                _ => self.reading = Reading::Discard(decoder.clone(), DISCARD_BYTES_MAX),
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
            (Reading::Ended, Writing::Idle, _) if !exchange => Joint::Close,
            (Reading::Refused, Writing::Done, _) => Joint::Linger,
            (Reading::Discard(..), Writing::Done, false) => Joint::Linger,
            _ => Joint::Stay,
        }
    }

    /// Begins the next cycle.
    pub fn next_cycle(&mut self) {
        debug_assert_eq!(self.reading, Reading::Done);
        debug_assert_eq!(self.writing, Writing::Done);
        self.reading = Reading::Head;
        self.writing = Writing::Idle;
    }
}

#[cfg(test)]
mod tests {
    use super::super::chunked::Chunked;
    use super::*;

    fn with_body(left: u64) -> Dialog {
        let mut dialog = Dialog::default();
        dialog.head_received(Some(Decoder::Length(left)), true);
        dialog
    }

    #[test]
    fn a_request_without_body_makes_a_cycle() {
        let mut dialog = Dialog::default();
        assert_eq!(dialog.join(false), Joint::Stay);
        dialog.head_received(None, true);
        dialog.answer_begun(true);
        assert_eq!(dialog.join(false), Joint::Stay);
        dialog.answer_ended();
        assert_eq!(dialog.join(false), Joint::NextCycle);
        dialog.next_cycle();
        assert!(dialog.is_between());
    }

    #[test]
    fn either_side_can_end_the_connection() {
        for (peer, server) in [(false, true), (true, false), (false, false)] {
            let mut dialog = Dialog::default();
            dialog.head_received(None, peer);
            dialog.answer_begun(server);
            dialog.answer_ended();
            assert_eq!(dialog.join(false), Joint::Close);
        }
    }

    #[test]
    fn a_small_unwanted_body_is_discarded_and_the_connection_lives_on() {
        let mut dialog = with_body(DISCARD_BYTES_MAX);
        dialog.answer_begun(true);
        assert_eq!(dialog.join(false), Joint::Stay);
        assert!(matches!(dialog.reading(), Reading::Discard(..)));
        dialog.answer_ended();
        dialog.body_received();
        assert_eq!(dialog.join(false), Joint::NextCycle);
    }

    #[test]
    fn a_body_discarded_until_the_answer_closes_ends_in_a_linger() {
        let mut dialog = with_body(3);
        dialog.answer_begun(false);
        dialog.join(false);
        dialog.answer_ended();
        assert_eq!(dialog.join(false), Joint::Linger);
    }

    #[test]
    fn there_is_a_decoder_while_a_body_is_read_or_discarded() {
        let mut dialog = with_body(3);
        assert_eq!(dialog.decoder(), Some(&mut Decoder::Length(3)));
        dialog.answer_begun(true);
        dialog.join(false);
        assert_eq!(dialog.decoder(), Some(&mut Decoder::Length(3)));
        dialog.body_received();
        assert_eq!(dialog.decoder(), None);
    }

    #[test]
    fn what_the_peer_says_of_its_last_request_is_remembered() {
        let mut dialog = Dialog::default();
        dialog.head_received(None, true);
        assert!(!dialog.peer_closes());
        dialog.answer_begun(false);
        assert!(!dialog.keep_alive() && !dialog.peer_closes(), "we close");
        let mut dialog = Dialog::default();
        dialog.head_received(None, false);
        assert!(dialog.peer_closes());
        // Bytes that are discarded only count while they are.
        dialog.discarded(1);
        assert_eq!(dialog.reading(), &Reading::Done);
    }

    #[test]
    fn a_large_unwanted_body_ends_in_a_linger() {
        let mut dialog = with_body(DISCARD_BYTES_MAX + 1);
        dialog.answer_begun(true);
        dialog.join(false);
        dialog.answer_ended();
        assert_eq!(dialog.join(false), Joint::Linger);
    }

    #[test]
    fn a_body_of_unknown_length_is_discarded_up_to_the_bound() {
        let mut dialog = with_body(0);
        let unknown = Decoder::Chunked(Chunked::default());
        dialog.reading = Reading::Discard(unknown, DISCARD_BYTES_MAX);
        dialog.discarded(DISCARD_BYTES_MAX as usize);
        assert!(matches!(dialog.reading(), Reading::Discard(..)));
        dialog.discarded(1);
        assert_eq!(dialog.reading(), &Reading::Refused);
    }

    #[test]
    fn a_chunk_that_announces_too_much_ends_the_reading_at_once() {
        let most = DISCARD_BYTES_MAX;
        for (size, is_read_on) in [(most - 10, true), (most, false), (u64::MAX, false)] {
            let mut dialog = with_body(0);
            let unknown = Decoder::Chunked(Chunked::default());
            dialog.reading = Reading::Discard(unknown, most);
            let line = format!("{size:x}\r\n");
            dialog.decoder().unwrap().next(line.as_bytes()).unwrap();
            dialog.discarded(line.len());
            let reading = matches!(dialog.reading(), Reading::Discard(..));
            assert_eq!(reading, is_read_on, "{size}");
            // The same if it was read for somebody who has lost interest.
            let mut dialog = with_body(0);
            let mut decoder = Decoder::Chunked(Chunked::default());
            decoder.next(line.as_bytes()).unwrap();
            dialog.reading = Reading::Body(decoder);
            dialog.body_unwanted();
            let reading = matches!(dialog.reading(), Reading::Discard(..));
            assert_eq!(reading, size <= most, "{size}");
        }
    }

    #[test]
    fn an_exchange_reads_on_while_it_answers() {
        let mut dialog = with_body(1 << 40);
        dialog.answer_begun(true);
        assert_eq!(dialog.join(true), Joint::Stay);
        assert!(matches!(dialog.reading(), Reading::Body(_)));
    }

    #[test]
    fn fin_after_a_request_still_gets_the_answer() {
        let mut dialog = with_body(3);
        dialog.answer_begun(true);
        dialog.join(false);
        assert!(!dialog.input_ended());
        assert_eq!(dialog.join(false), Joint::Stay);
        dialog.answer_ended();
        assert_eq!(dialog.join(false), Joint::Close);
    }

    #[test]
    fn fin_between_requests_closes_and_fin_inside_a_body_is_told() {
        let mut dialog = Dialog::default();
        assert!(!dialog.input_ended());
        assert_eq!(dialog.join(false), Joint::Close);
        assert!(with_body(3).input_ended());
    }

    #[test]
    fn a_fault_is_answered_and_lingers() {
        let mut dialog = Dialog::default();
        dialog.refuse();
        assert_eq!(dialog.join(false), Joint::Stay);
        dialog.answer_begun(true);
        dialog.answer_ended();
        assert_eq!(dialog.join(false), Joint::Linger);
    }
}
