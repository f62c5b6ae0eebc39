//! One connection: what it owns, and the loop that drives it; `receive` and `answer` are its sides.

use std::io;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::{Instant, SystemTime};

use super::cut::Cut;
use super::outgoing::Outgoing;
use super::progress::Progress;
use super::rate::Rate;
use super::shed::{self, Doing, Spare};
use super::transport::Transport;
use super::world::World;
use crate::handler::{Calls, Exchange, Facts, Handler, Log};
use crate::http::dialog::{Dialog, Joint, Reading, Writing};
use crate::http::fault::Fault;
use crate::http::limits::{
    BODY_OFFERS_PER_TURN, Limits, READ_BUDGET, REQUESTS_PER_TURN, WRITE_BUDGET,
};
use crate::http::method::Version;
use crate::reactor::clock::later;
use crate::reactor::scratch::READ_BYTES;
use crate::reactor::timers::Tick;
use crate::reactor::token::Key;

/// A bound on the passes of one drive, for the proof of debug builds and tests that they end.
const PASSES_MAX: usize = 100_000;

/// Whether it is looked at.
const COUNTS_PASSES: bool = cfg!(any(debug_assertions, test, fuzzing));

/// A connection in its slab slot. Idle, it owns no buffer.
pub struct Conn<T> {
    pub(super) transport: T,
    pub(super) key: Key,
    pub(super) peer: Option<SocketAddr>,
    local: Option<SocketAddr>,
    pub(super) dialog: Dialog,
    /// Unread bytes kept past a turn, and how far they were searched for a head's end.
    pub(super) held: Vec<u8>,
    pub(super) searched: u32,
    /// How many of the unread bytes are of a chunked body, without their framing: what its exchange
    /// has not taken.
    pub(super) decoded: u32,
    pub(super) outgoing: Outgoing,
    /// The request in flight, if an exchange answers it.
    pub(super) active: Option<Box<Active>>,
    /// What has the exchange or the source called again.
    pub calls: Calls,
    /// Start of the present wait: accept, end of a response, first byte of a head, or progress.
    pub(super) since: Instant,
    /// What is known of a peer that takes no bytes.
    pub(super) progress: Progress,
    /// When the timer is to fire, and where its entry is.
    pub deadline: Option<Instant>,
    pub timer: Tick,
    /// How long it has lingered by `since`, in milliseconds: bytes that drip move that on.
    pub(super) lingered: u32,
    pub ready: Ready,
    pub(super) flags: Flags,
}

/// What events have said, remembered until `WouldBlock` contradicts.
#[derive(Default)]
pub struct Ready {
    pub readable: bool,
    pub writable: bool,
    /// A FIN is due: one more read although the last was short.
    pub read_closed: bool,
    /// Both directions are gone.
    pub hung_up: bool,
    /// Sources of the exchange, by number.
    pub sources: u8,
    /// The timer fired.
    pub timer: bool,
    /// The exchange was woken.
    pub woken: bool,
    /// In the ready queue.
    pub queued: bool,
}

#[derive(Default)]
pub(super) struct Flags {
    /// A head has begun (the first one with the connection).
    pub head_begun: bool,
    /// The exchange or the source has something new to say.
    pub stirred: bool,
    /// The exchange took less body than it was offered.
    pub body_blocked: bool,
    /// The kernel looks whether the peer is there.
    pub peer_watched: bool,
    /// The exchange or the source was called since the drain began.
    pub drain_told: bool,
    /// Our side was ended; the rest is read and dropped.
    pub lingering: bool,
    /// There is more to do, after others had their turn.
    pub again: bool,
    /// The present answer took far more work than most: the next one waits for the next turn.
    pub costly: bool,
}

/// A request that an exchange answers.
pub(super) struct Active {
    pub exchange: Box<dyn Exchange>,
    /// The head, for the log and for local redirects.
    pub head: Box<[u8]>,
    pub reroutes: u8,
    pub exit: Option<ExitStatus>,
    pub body_bytes: u64,
    /// How fast the body comes, while it is the peer that is waited for.
    pub rate: Option<Rate>,
    /// The peer waits for `100 Continue`.
    pub continue_due: bool,
    /// The peer can be asked whether it is there, and was not yet.
    pub may_probe: bool,
}

/// What is left after a drive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Nothing to do until an event or the deadline.
    Wait,
    /// More to do, the budget is spent.
    Again,
    /// Over: drop it.
    Gone,
}

/// The bytes being read in this turn.
pub(super) struct Input {
    pub buf: Vec<u8>,
    pub at: usize,
    /// How often the exchange may still be offered body bytes in this turn, a count.
    pub offers: usize,
}

/// What one drive may still do.
struct Budget {
    read: usize,
    write: usize,
    requests: usize,
}

impl Input {
    pub fn rest(&self) -> &[u8] {
        &self.buf[self.at..]
    }
}

impl<T: Transport> Conn<T> {
    /// A connection that was just accepted.
    pub fn new(
        transport: T,
        key: Key,
        (peer, local): (Option<SocketAddr>, Option<SocketAddr>),
        now: Instant,
        limits: &Limits,
    ) -> Conn<T> {
        let mut conn = Conn {
            transport,
            key,
            peer,
            local,
            dialog: Dialog::default(),
            held: Vec::new(),
            searched: 0,
            decoded: 0,
            outgoing: Outgoing::default(),
            active: None,
            calls: Calls::default(),
            since: now,
            progress: Progress::default(),
            deadline: None,
            timer: 0,
            lingered: 0,
            ready: Ready {
                writable: true,
                ..Ready::default()
            },
            flags: Flags {
                head_begun: true,
                ..Flags::default()
            },
        };
        conn.deadline = conn.next_deadline(limits);
        conn
    }

    /// If it may be closed to make room: why, and since when.
    pub fn spare(&self, now: Instant) -> Option<(Spare, Instant)> {
        let doing = Doing {
            reading: self.dialog.reading(),
            writing: self.dialog.writing(),
            head_begun: self.flags.head_begun,
            has_input: !says_nothing(&self.held),
            is_waiting: self.outgoing.is_waiting(),
            is_sent: self.outgoing.is_empty(),
            lingering: self.flags.lingering,
        };
        let (spare, after) = shed::spare(doing)?;
        let since = self.still_since();
        (now > later(since, after)).then_some((spare, since))
    }

    fn is_idle(&self) -> bool {
        let between = self.dialog.is_between() && !self.flags.lingering;
        between && says_nothing(&self.held) && self.outgoing.is_empty()
    }

    /// Whether it is idle after a request: then it may be closed at once to make room.
    pub fn has_come_to_rest(&self) -> bool {
        !self.flags.head_begun && self.is_idle()
    }

    pub(super) fn facts(&self, received: SystemTime, protocol: Version) -> Facts {
        Facts {
            peer: self.peer,
            local: self.local,
            received,
            protocol,
        }
    }

    /// Does all that can be done now, within one turn's budget.
    pub fn drive<H: Handler>(&mut self, world: &mut World<'_, H>) -> Outcome {
        let mut input = Input {
            buf: world.shared.scratch.take_input(),
            at: 0,
            offers: BODY_OFFERS_PER_TURN,
        };
        input.buf.extend_from_slice(&self.held);
        let outcome = self.work(&mut input, world).unwrap_or_else(|error| {
            if let Some(cause) = Cut::in_error(&error) {
                self.tell_cut(cause, world);
            }
            Outcome::Gone
        });
        if outcome != Outcome::Gone {
            self.watch_peer();
            self.hold(&input);
            self.deadline = self.next_deadline(&world.shared.limits);
        }
        self.outgoing.recycle(&mut world.shared.scratch);
        world.shared.scratch.put_input(input.buf);
        outcome
    }

    /// Logs why its response ends before its end, if one is under way.
    pub fn tell_cut<H: Handler>(&self, cause: &str, world: &mut World<'_, H>) {
        if self.dialog.writing() != Writing::Idle && !self.outgoing.is_empty() {
            let (peer, message) = (self.peer, &*format!("response cut: {cause}"));
            world.log(Log::Error { peer, message });
        }
    }

    /// Before the drop: lets the peer see that a body which the end of the connection ends is not
    /// whole.
    pub fn cut(&mut self) {
        if self.dialog.writing() == Writing::Body && self.outgoing.ends_with_connection() {
            self.transport.reset_on_close();
        }
    }

    /// Keeps what was not read, sized exactly; nothing is the rule.
    fn hold(&mut self, input: &Input) {
        let rest = input.rest();
        if rest.is_empty() {
            self.held.clear();
            if !mutant!("held_kept") {
                self.held = Vec::new();
            }
        } else if mutant!("held_by_length") && rest.len() == self.held.len() {
        } else if rest != self.held {
            // Not by length: as much may have been read as was taken.
            self.held.clear();
            self.held.reserve_exact(rest.len());
            self.held.extend_from_slice(rest);
        }
    }

    /// The fixpoint: each pass consumes input or budget, or moves a state that only moves forward
    /// within a cycle.
    fn work<H: Handler>(
        &mut self,
        input: &mut Input,
        world: &mut World<'_, H>,
    ) -> io::Result<Outcome> {
        if self.ready.hung_up && !self.flags.lingering {
            return Ok(Outcome::Gone);
        }
        if std::mem::take(&mut self.ready.timer) && !self.expire(input, world)? {
            return Ok(Outcome::Gone);
        }
        self.stir(world)?;
        self.flags.again = false;
        let mut budget = Budget {
            read: READ_BUDGET,
            write: WRITE_BUDGET,
            requests: REQUESTS_PER_TURN,
        };
        let mut doubts = 0;
        for pass in 0.. {
            assert!(!COUNTS_PASSES || pass < PASSES_MAX, "a drive does not end");
            let mut moved = self.receive(input, world)?;
            moved |= self.answer(world)?;
            let joint = self.dialog.join(self.active.is_some());
            if joint == Joint::NextCycle && self.outgoing.has_room() {
                let costly = self.flags.costly;
                self.begin_cycle(input, world.now.mono);
                if !mutant!("requests_unbounded") {
                    budget.requests -= if costly { budget.requests } else { 1 };
                }
                if budget.requests > 0 {
                    continue;
                }
            }
            moved |= self.flush(&mut budget, world.now.mono)?;
            if budget.requests == 0 || input.offers == 0 {
                self.flags.again = true;
                break;
            }
            if joint == Joint::NextCycle && self.outgoing.has_room() {
                continue;
            }
            if self.outgoing.is_empty() && self.is_over(joint, input, world) {
                return Ok(Outcome::Gone);
            }
            if !moved
                && !self.fill(input, &mut budget, world)?
                && !self.doubt(&mut doubts, world)?
            {
                break;
            }
        }
        let spent = budget.read == 0 && self.ready.readable && self.wants_input()
            || budget.write == 0 && self.ready.writable && !self.outgoing.is_empty();
        Ok(if spent || self.flags.again {
            Outcome::Again
        } else {
            Outcome::Wait
        })
    }

    fn begin_cycle(&mut self, input: &Input, now: Instant) {
        debug_assert!(self.active.is_none(), "an exchange outlives its cycle");
        self.dialog.next_cycle();
        // A source may have ended with a deadline set; the next exchange knows nothing of it.
        if !mutant!("deadline_inherited") {
            self.calls.end();
        }
        self.searched = 0;
        debug_assert_eq!(self.decoded, 0, "body bytes outlive their body");
        self.since = now;
        self.flags = Flags {
            head_begun: !input.rest().is_empty(),
            ..Flags::default()
        };
    }

    /// Acts on a joint state that ends the connection, once everything was sent; returns whether
    /// it is over.
    fn is_over<H>(&mut self, joint: Joint, input: &Input, world: &World<'_, H>) -> bool {
        match joint {
            Joint::Stay | Joint::NextCycle => {
                world.shared.draining && self.dialog.is_between() && says_nothing(input.rest())
            }
            // A plain close would reset the connection under the response if bytes were unread,
            // or on their way: only a peer that said so sends none.
            _ if self.flags.lingering => false,
            Joint::Close
                if self.dialog.peer_closes()
                    && input.rest().is_empty()
                    && !self.ready.readable
                    && !self.is_far_behind() =>
            {
                true
            }
            Joint::Close if *self.dialog.reading() == Reading::Ended && !self.is_far_behind() => {
                true
            }
            _ if mutant!("no_linger") => true,
            Joint::Close | Joint::Linger => {
                self.flags.lingering = true;
                self.since = world.now.mono;
                self.transport.close_write().is_err()
            }
        }
    }

    fn flush(&mut self, budget: &mut Budget, now: Instant) -> io::Result<bool> {
        if self.outgoing.is_empty() {
            return Ok(false);
        }
        let writable = &mut self.ready.writable;
        let moved = self
            .outgoing
            .flush(&mut self.transport, writable, &mut budget.write)?;
        if moved {
            self.since = now;
            self.progress.restart();
        }
        if self.dialog.writing() == Writing::Body && self.outgoing.is_queued() {
            self.dialog.answer_ended();
            return Ok(true);
        }
        Ok(moved)
    }

    /// Whether bytes of the peer are of use now. Not reading is the backpressure.
    pub(super) fn wants_input(&self) -> bool {
        if self.flags.lingering {
            return *self.dialog.reading() != Reading::Ended;
        }
        match self.dialog.reading() {
            Reading::Head => self.outgoing.is_empty(),
            Reading::Body(_) => !self.flags.body_blocked,
            Reading::Discard(..) => true,
            Reading::Done => mutant!("reads_ahead"),
            Reading::Ended | Reading::Refused => false,
        }
    }

    fn fill<H: Handler>(
        &mut self,
        input: &mut Input,
        budget: &mut Budget,
        world: &mut World<'_, H>,
    ) -> io::Result<bool> {
        if !self.ready.readable || budget.read == 0 || !self.wants_input() {
            return Ok(false);
        }
        input.buf.drain(..input.at);
        input.at = 0;
        // What is here already counts: no connection ever keeps more than this.
        let room = READ_BYTES - input.buf.len().min(READ_BYTES);
        debug_assert!(room > 0, "a head of this length is refused");
        let len = room.min(budget.read);
        let read = loop {
            match self.transport.read(&mut input.buf, len) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.ready.readable = mutant!("readable_kept");
                    return Ok(false);
                }
                other => break other?,
            }
        };
        budget.read -= read;
        if read == 0 {
            self.ready.readable = false;
            return self.input_ended(world);
        }
        // A short read has emptied the socket, unless a FIN waits behind it.
        if read < len && (!self.ready.read_closed || mutant!("fin_forgotten")) {
            self.ready.readable = false;
        }
        if self.flags.lingering {
            let passed = world.now.mono.saturating_duration_since(self.still_since());
            self.lingered = u32::try_from(passed.as_millis()).unwrap_or(u32::MAX);
            self.since = world.now.mono;
        } else if !self.flags.head_begun {
            self.flags.head_begun = true;
            self.since = world.now.mono;
        } else if matches!(self.dialog.reading(), Reading::Body(_)) && !self.outgoing.is_waiting() {
            // Bytes that are only discarded are no progress, or they could drip for ever. Nor are
            // they for a response that nobody takes.
            self.since = world.now.mono;
        }
        Ok(true)
    }

    /// The peer's FIN. It is half-close, not abort: what was asked is still answered.
    fn input_ended<H: Handler>(&mut self, world: &mut World<'_, H>) -> io::Result<bool> {
        if self.flags.lingering {
            self.dialog.input_ended();
            return match self.is_far_behind() {
                true => Ok(false),
                false => Err(io::ErrorKind::UnexpectedEof.into()),
            };
        }
        if self.dialog.input_ended() {
            if self.dialog.writing() != Writing::Idle {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.refuse(Fault::BodyTruncated, world)?;
            // The end can be read again: there is nothing to linger for.
            self.ready.readable = true;
        }
        Ok(true)
    }
}

/// Whether these are no bytes, or empty lines only, which some peers send behind a body and which
/// are no request (RFC 9112 section 2.2).
pub(super) fn says_nothing(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| b"\r\n".contains(byte))
}
