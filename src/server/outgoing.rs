//! What is still to be sent: bytes in a buffer, then what a source still holds.

mod part;
mod puller;

use std::borrow::Cow;
use std::io;
use std::time::SystemTime;

use self::part::{Fed, Part};
use self::puller::Puller;
use super::transport::Transport;
use crate::handler::{Body, Cause, Cx, Exchange, Pull, Ranged};
use crate::http::limits::{OUT_BYTES_MAX, SMALL_FILE_BYTES_MAX};
use crate::http::range::Multipart;
use crate::http::response::{CHUNK_HEAD_BYTES, Framing};
use crate::reactor::scratch::{GROWN_BYTES, Scratch};

// A buffer has room for what a source may fill it with, in a chunk, and for the last chunk.
const _: () = assert!(OUT_BYTES_MAX + 2 * CHUNK_HEAD_BYTES < GROWN_BYTES);

/// A connection's sending side. Empty, it owns nothing.
#[derive(Default)]
pub struct Outgoing {
    buf: Vec<u8>,
    /// How much of it was sent; a count of 32 bits, for idle connections have one, too.
    at: u32,
    source: Option<Box<Source>>,
    /// Bytes that the transport has taken so far.
    sent: u64,
    /// Bytes around chunks that were queued so far; starts again when it is full.
    framing: u32,
}

/// How far a connection has come in sending.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    pub bytes: u64,
    /// Bytes around chunks among them; the count starts again when it is full.
    pub framing: u32,
}

enum Source {
    Bytes(Cow<'static, [u8]>, usize),
    Part(Part),
    Parts {
        part: Part,
        parts: Box<Multipart>,
        number: usize,
    },
    Pull(Puller),
}

impl Outgoing {
    /// Nothing queued, nothing to come.
    pub fn is_empty(&self) -> bool {
        self.at() == self.buf.len() && self.source.is_none()
    }

    /// Whether bytes wait that only the peer's reading can move.
    pub fn is_waiting(&self) -> bool {
        self.at() < self.buf.len()
            || matches!(self.source.as_deref(), Some(source) if source.ready())
    }

    /// Whether the whole response is in the buffer, or gone.
    pub fn is_queued(&self) -> bool {
        self.source.is_none()
    }

    /// Whether the body comes from a source that must be asked.
    pub fn is_pulled(&self) -> bool {
        matches!(self.source.as_deref(), Some(Source::Pull(_)))
    }

    /// Whether the body comes in an unknown length that only the connection's end tells.
    pub fn ends_with_connection(&self) -> bool {
        match self.source.as_deref() {
            Some(Source::Pull(puller)) => puller.ends_with_connection(),
            _ => false,
        }
    }

    /// Whether another response, or more of this one, may be queued.
    pub fn has_room(&self) -> bool {
        self.buf.len() - self.at() < OUT_BYTES_MAX / 2
    }

    /// What it waits for from a disk may be there by now.
    pub fn look_again(&mut self) {
        if let Some(part) = self.part() {
            part.set_awaits_disk(false);
        }
    }

    /// Whether it waits for a disk, and for nobody else.
    pub fn awaits_disk(&self) -> bool {
        match self.source.as_deref() {
            Some(Source::Part(part) | Source::Parts { part, .. }) => part.awaits_disk(),
            _ => false,
        }
    }

    fn part(&mut self) -> Option<&mut Part> {
        match self.source.as_deref_mut()? {
            Source::Part(part) | Source::Parts { part, .. } => Some(part),
            _ => None,
        }
    }

    /// Bytes in the buffer that were not sent.
    pub fn queued_bytes(&self) -> usize {
        self.buf.len() - self.at()
    }

    /// Bytes that the transport has taken so far.
    pub fn sent_bytes(&self) -> u64 {
        self.sent
    }

    fn at(&self) -> usize {
        self.at as usize
    }

    /// Bytes around chunks that were queued so far.
    pub fn framing_bytes(&self) -> u32 {
        self.framing
    }

    /// Whether it owns a buffer.
    #[cfg(any(test, fuzzing))]
    pub fn has_buffer(&self) -> bool {
        self.buf.capacity() > 0
    }

    /// What the buffer holds, in bytes, with those that were sent and are still there.
    #[cfg(any(test, fuzzing))]
    pub fn buffered_bytes(&self) -> usize {
        self.buf.len()
    }

    /// About how much memory it holds, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let held = match self.source.as_deref() {
            Some(Source::Bytes(Cow::Owned(bytes), _)) => bytes.capacity(),
            _ => 0,
        };
        self.buf.capacity() + held
    }

    /// The buffer, to append a head to.
    pub fn buffer(&mut self, scratch: &mut Scratch) -> &mut Vec<u8> {
        if self.buf.capacity() == 0 {
            self.buf = scratch.take_output();
        }
        // A peer that takes a little at a time, and never the last byte, would have it grow by all
        // the responses that its pipeline asks for.
        self.compact();
        &mut self.buf
    }

    /// Gives an empty buffer back.
    pub fn recycle(&mut self, scratch: &mut Scratch) {
        if self.at() == self.buf.len() && self.buf.capacity() > 0 {
            self.at = 0;
            scratch.put_output(std::mem::take(&mut self.buf));
        }
    }

    /// Takes a body whose head was queued. Small ones join the head in the buffer, so that both
    /// leave in one system call. `now` tells whether a file has settled.
    pub fn start(&mut self, body: Body, framing: Framing, now: SystemTime) {
        debug_assert!(self.source.is_none());
        let source = match body {
            Body::Empty => return,
            Body::Bytes(bytes) if bytes.len() <= SMALL_FILE_BYTES_MAX => {
                self.buf.extend_from_slice(&bytes);
                return;
            }
            Body::Bytes(bytes) => Source::Bytes(bytes, 0),
            Body::Held { bytes: None, .. } => return,
            Body::Held {
                bytes: Some(bytes),
                range,
            } => match Part::start(Ranged::Held(bytes), range, &mut self.buf, now) {
                Some(part) => Source::Part(part),
                None => return,
            },
            Body::File { file, range } => {
                match Part::start(Ranged::File(file), range, &mut self.buf, now) {
                    Some(part) => Source::Part(part),
                    None => return,
                }
            }
            Body::Parts { of, parts } => Source::Parts {
                part: Part::new(of, 0..0, now),
                parts,
                number: 0,
            },
            Body::Source(source) => Source::Pull(Puller::of_source(source, framing)),
            Body::Streamed(left) => Source::Pull(Puller::of_exchange(left, framing)),
        };
        self.source = Some(Box::new(source));
    }

    /// Asks the source for bytes once, if there is room for them.
    ///
    /// # Errors
    /// What the source says, or that it holds more or less than was announced.
    pub fn pull(
        &mut self,
        exchange: Option<&mut Box<dyn Exchange>>,
        cx: &mut Cx<'_>,
    ) -> Result<Pull, Cause> {
        self.compact();
        let Some(Source::Pull(puller)) = self.source.as_deref_mut() else {
            return Ok(Pull::Done);
        };
        let (result, framing) = puller.pull(&mut self.buf, exchange, cx)?;
        self.framing = self.framing.wrapping_add(framing);
        if result == Pull::Done {
            self.framing = self.framing.wrapping_add(puller.end(&mut self.buf)?);
            self.source = None;
        }
        Ok(result)
    }

    /// Drops the bytes that were sent.
    fn compact(&mut self) {
        if self.at > 0 {
            self.buf.drain(..self.at());
            self.at = 0;
        }
    }

    /// Sends what the peer takes, within the budget. Returns whether anything moved; clears
    /// `writable` when the peer takes no more.
    ///
    /// # Errors
    /// The peer is gone, or a file cannot be read, has shrunk, or was changed in place.
    pub fn flush(
        &mut self,
        transport: &mut impl Transport,
        writable: &mut bool,
        budget: &mut usize,
    ) -> Result<bool, Cause> {
        let mut moved = false;
        while *writable && *budget > 0 {
            let result = if self.at() < self.buf.len() {
                let more = matches!(self.source.as_deref(), Some(source) if source.ready());
                let sent = transport.write(&self.buf[self.at()..], more);
                self.at += *sent.as_ref().unwrap_or(&0) as u32;
                sent
            } else if self.source.is_none() {
                self.buf.clear();
                self.at = 0;
                break;
            } else if self.awaits_disk() {
                break;
            } else {
                self.buf.clear();
                self.at = 0;
                match self.feed(transport, *budget)? {
                    Fed::Sent(result) => result,
                    Fed::Queued => continue,
                    Fed::Later => break,
                }
            };
            match result {
                Ok(0) => return Err(Cause::PeerGone(io::ErrorKind::WriteZero.into())),
                Ok(sent) => {
                    *budget = budget.saturating_sub(sent);
                    self.sent += sent as u64;
                    moved = true;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => *writable = false,
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    let part = self.part().ok_or(Cause::PeerGone(error))?;
                    part.set_awaits_disk(true);
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Cause::PeerGone(error)),
            }
        }
        Ok(moved)
    }

    /// One step of a source that needs no asking, while the buffer is empty.
    fn feed(&mut self, transport: &mut impl Transport, budget: usize) -> Result<Fed, Cause> {
        let Some(source) = self.source.as_deref_mut() else {
            return Ok(Fed::Later);
        };
        match source {
            Source::Pull(_) => return Ok(Fed::Later),
            Source::Bytes(bytes, at) if *at == bytes.len() => {}
            Source::Bytes(bytes, at) => {
                let end = bytes.len().min(*at + budget);
                let sent = transport.write(&bytes[*at..end], end < bytes.len());
                *at += *sent.as_ref().unwrap_or(&0);
                return Ok(Fed::Sent(sent));
            }
            Source::Part(part) if part.len() == 0 => {}
            Source::Part(part) => return part.send(transport, budget, &mut self.buf),
            Source::Parts {
                part,
                parts,
                number,
            } => {
                if part.len() > 0 {
                    return part.send(transport, budget, &mut self.buf);
                }
                self.buf.extend_from_slice(&parts.part_head(*number));
                if let Some(range) = parts.ranges().get(*number) {
                    part.set_range(range);
                    *number += 1;
                    return Ok(Fed::Queued);
                }
            }
        }
        self.source = None;
        Ok(Fed::Queued)
    }
}

impl Source {
    /// Whether it has bytes without being asked. Of a file that was copied to its end the last ones
    /// are in the buffer: to say that others follow would hold them back in the kernel.
    fn ready(&self) -> bool {
        match self {
            Source::Pull(_) => false,
            Source::Part(part) => part.len() > 0,
            Source::Bytes(..) | Source::Parts { .. } => true,
        }
    }
}

#[cfg(test)]
mod tests;
