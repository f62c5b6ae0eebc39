//! Clients: scripts of requests, cut into segments, sent in their time.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::answer::End;
use super::grammar::request;
use super::net::{Faults, Shared, Wire};
use super::tape::Tape;
use crate::http::limits::REQUESTS_PER_TURN;

/// Listeners of a run, a count.
pub const LISTENERS: usize = 2;

/// Bytes that wait in the network at most before a client is made to wait.
const INBOUND_BYTES_MAX: usize = 200_000;

/// How a client leaves before its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leave {
    Never,
    /// After so many segments it resets.
    Reset(usize),
    /// After so many segments it ends its stream; it may read on.
    Close(usize, bool),
}

/// How often a client reads slowly before it reads on as it comes, a count: a run must end.
const SLOW_READS_MAX: usize = 40;

/// How a client reads what it is sent.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// As it comes.
    AtOnce,
    /// So many bytes, once in so long a time.
    Steady(usize, Duration),
    /// Not before the engine has dropped its connection.
    Never,
}

/// The address that a client has, by its port: some have the same.
pub fn address(port: u16) -> IpAddr {
    let last = 1 + (port % 2) as u8;
    Ipv4Addr::new(127, 0, 0, last).into()
}

/// One client and its connection.
pub struct Client {
    pub wire: Shared<Wire>,
    pub port: u16,
    /// The listener that it connects to, and whether it has.
    pub listener: usize,
    pub connected: bool,
    /// All that it means to send.
    pub script: Vec<u8>,
    pub end: End,
    /// It may get less than all of its answers.
    pub loses: bool,
    pub received: Vec<u8>,
    segments: VecDeque<(Duration, Vec<u8>)>,
    sent: Vec<u8>,
    sent_segments: usize,
    next_at: Option<Instant>,
    leave: Leave,
    read_max: usize,
    pace: Pace,
    /// When it reads next, if it reads now and then, and how often it has.
    read_at: Option<Instant>,
    reads: usize,
    /// It reads only when it has sent everything.
    deaf: bool,
    /// It reads no more.
    left: bool,
}

impl Client {
    /// Draws a client.
    pub fn draw(port: u16, tape: &mut Tape, faults: &Faults) -> Client {
        let (mut script, mut heads) = (Vec::new(), Vec::new());
        if tape.chance(10) {
            // More than are answered in one turn.
            let count = REQUESTS_PER_TURN - 2 + tape.below(2 * REQUESTS_PER_TURN);
            script = b"GET /bytes/1 HTTP/1.1\r\nHost: h\r\n\r\n".repeat(count);
        }
        for _ in 0..1 + tape.below(5) {
            let (request, head_len) = request(tape);
            // Some wait for what is said to their head before they send the body.
            if tape.chance(60) {
                heads.push(script.len() + head_len);
            }
            script.extend(request);
        }
        if tape.chance(30) {
            let cut = tape.below(script.len());
            script.truncate(script.len() - cut);
        }
        let end = tape.pick(&[End::Fin, End::Stay]);
        let segments = segments(&script, &heads, tape, faults);
        let place = tape.below(segments.len() + 1);
        let mut leave = Leave::Never;
        if tape.chance(faults.reset) {
            leave = Leave::Reset(place);
        } else if tape.chance(faults.early_fin) {
            leave = Leave::Close(place, tape.chance(128));
        }
        let deaf = tape.chance(faults.stall / 4);
        let wire = Wire {
            outbound_max: tape.pick(&[65_536, 300_000, 4096, 500]),
            ..Wire::default()
        };
        Client {
            wire: Shared::new(wire.into()),
            port,
            listener: tape.below(LISTENERS),
            connected: false,
            script,
            end,
            loses: leave != Leave::Never || faults.lose(),
            received: Vec::new(),
            segments,
            sent: Vec::new(),
            sent_segments: 0,
            next_at: None,
            leave,
            read_max: tape.pick(&[100_000, 65_536, 1000, 300]),
            pace: Pace::AtOnce,
            read_at: None,
            reads: 0,
            deaf,
            left: false,
        }
    }

    /// Has it read slowly, over a network that tells of room when there is much of it.
    pub fn slow_down(&mut self, tape: &mut Tape) {
        let bytes = tape.pick(&[20_000, 2000, 500]);
        // The longest is nearly what the server allows between two bytes.
        let seconds = tape.pick(&[1, 45, 285]);
        self.pace = match tape.chance(50) {
            true => Pace::Never,
            false => Pace::Steady(bytes, Duration::from_secs(seconds)),
        };
        self.loses |= matches!(self.pace, Pace::Never);
        let mut wire = self.wire.borrow_mut();
        wire.tells_late = true;
        wire.outbound_max = tape.pick(&[16_384, 65_536, 4096]);
    }

    /// Whether it reads all that it is sent, however slowly.
    pub fn is_steady(&self) -> bool {
        matches!(self.pace, Pace::Steady(..))
    }

    /// Has it send this instead, and end its stream so.
    pub fn speak(&mut self, script: &[u8], end: End, tape: &mut Tape, faults: &Faults) {
        self.script = script.to_vec();
        self.segments = segments(script, &[], tape, faults);
        self.end = end;
    }

    /// Has it send this instead, whole, and then end its stream.
    #[cfg(test)]
    pub fn say(&mut self, script: &[u8], tape: &mut Tape, faults: &Faults) {
        self.speak(script, End::Fin, tape, faults);
        self.leave = Leave::Never;
        self.deaf = false;
        self.loses = false;
    }

    /// All that it meant to send, or has sent if it left early.
    pub fn said(&self) -> (&[u8], End) {
        match self.leave {
            Leave::Close(place, _) if place == self.sent_segments => (&self.sent, End::Fin),
            _ => (&self.script, self.end),
        }
    }

    /// Whether it has gone away.
    pub fn has_left(&self) -> bool {
        self.left
    }

    /// Whether there is nothing left that it could do.
    pub fn is_done(&self) -> bool {
        let wire = self.wire.borrow();
        let sent = self.segments.is_empty() || self.left;
        sent && (self.left || wire.outbound.is_empty())
    }

    /// When it will do something by itself.
    pub fn next_at(&self) -> Option<Instant> {
        let sends = self.next_at.filter(|_| !self.segments.is_empty());
        let times = [sends, self.read_at].into_iter().flatten();
        times.min().filter(|_| !self.left)
    }

    /// Sends and reads what it can; returns whether it did anything.
    pub fn step(&mut self, now: Instant) -> bool {
        if self.left {
            return false;
        }
        let acted = self.send(now);
        let mut wire = self.wire.borrow_mut();
        let reads = !self.deaf || self.segments.is_empty();
        let most = match self.pace {
            _ if !reads => 0,
            Pace::Never if !wire.server_gone => 0,
            Pace::Steady(bytes, every)
                if self.reads < SLOW_READS_MAX && !wire.outbound.is_empty() =>
            {
                let at = *self.read_at.get_or_insert(now + every);
                if at <= now { bytes } else { 0 }
            }
            _ => self.read_max,
        };
        let read = wire.receive(most, &mut self.received, now) > 0;
        if read {
            self.read_at = None;
            self.reads += 1;
        }
        let is_over = wire.server_fin && wire.outbound.is_empty();
        if is_over && !wire.fin {
            // It has seen the end, and answers with its own.
            self.segments.clear();
            wire.finish();
            return true;
        }
        acted || read
    }

    fn send(&mut self, now: Instant) -> bool {
        let mut wire = self.wire.borrow_mut();
        match self.leave {
            Leave::Reset(place) if place == self.sent_segments => {
                wire.reset();
                self.left = true;
                return true;
            }
            Leave::Close(place, reads) if place == self.sent_segments && !wire.fin => {
                wire.finish();
                self.segments.clear();
                self.left = !reads;
                return true;
            }
            _ => {}
        }
        let Some((pause, _)) = self.segments.front() else {
            return false;
        };
        let at = *self.next_at.get_or_insert(now + *pause);
        if wire.server_gone {
            // The answer to whatever it sends is a reset.
            self.segments.clear();
            wire.send(b"x");
            return true;
        }
        if at > now || wire.inbound.len() > INBOUND_BYTES_MAX {
            return false;
        }
        let Some((_, segment)) = self.segments.pop_front() else {
            return false;
        };
        self.next_at = None;
        self.sent_segments += 1;
        wire.send(&segment);
        self.sent.extend_from_slice(&segment);
        if self.segments.is_empty() && self.end == End::Fin && !wire.fin {
            wire.finish();
        }
        true
    }
}

/// Cuts a script into segments with pauses before them; always behind these heads.
fn segments(
    script: &[u8],
    heads: &[usize],
    tape: &mut Tape,
    faults: &Faults,
) -> VecDeque<(Duration, Vec<u8>)> {
    let mut cuts = vec![0, script.len()];
    cuts.extend(heads.iter().filter(|&&at| at < script.len()));
    let count = tape.pick(&[0, 1, 3, 20]);
    for _ in 0..count {
        cuts.push(tape.below(script.len() + 1));
    }
    cuts.sort_unstable();
    let mut segments = VecDeque::new();
    for pair in cuts.windows(2).filter(|pair| pair[0] < pair[1]) {
        let is_body = heads.contains(&pair[0]);
        let pause = match (tape.chance(40) || is_body, tape.chance(faults.stall)) {
            (_, true) => Duration::from_secs(2 + tape.below(40) as u64),
            (true, _) => Duration::from_millis(tape.below(20) as u64),
            _ => Duration::ZERO,
        };
        segments.push_back((pause, script[pair[0]..pair[1]].to_vec()));
    }
    segments
}
