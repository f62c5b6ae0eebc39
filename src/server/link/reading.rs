//! The link's reading side: within a drive, and ahead of it.

use std::io;

use super::{Filled, Link, Wanted};
use crate::handler::Cause;
use crate::server::ahead::READ_AHEAD_BYTES;
use crate::server::input::Input;
use crate::server::transport::Transport;

impl<T: Transport> Link<T> {
    /// Whether there may be something to read.
    pub fn is_readable(&self) -> bool {
        self.ready.readable
    }

    /// Looks whether something has come that is to be read before the stream is closed.
    pub fn look_for_input(&mut self) -> bool {
        if !self.transport.is_bare() {
            return false;
        }
        self.ready.readable = self.transport.has_input();
        self.ready.readable
    }

    /// Whether nothing that says anything is kept.
    pub fn holds_nothing(&self) -> bool {
        self.held.says_nothing()
    }

    /// Whether the peer has ended its stream, be it read or not.
    pub fn peer_has_ended(&self) -> bool {
        self.ready.read_closed
    }

    /// Has the kernel look whether a peer that has ended its stream is there.
    pub fn watch_peer(&mut self) {
        if self.ready.read_closed && self.wanted.add(Wanted::IS_THERE) {
            self.transport.watch_peer();
        }
    }

    /// Whether the end of the peer's stream was read.
    pub fn input_has_ended(&self) -> bool {
        self.input_ended
    }

    /// Whether both directions have come to their end.
    pub fn has_ended(&self) -> bool {
        self.input_ended && self.output_ended
    }

    /// Whether both directions are gone, and not because each was ended: then what came last can
    /// still be read.
    pub fn is_broken(&self) -> bool {
        self.ready.hung_up && !self.output_ended
    }

    /// Reads once, before the drive; `None` if there is nothing, or if that is to be left to the
    /// drive.
    pub fn read_ahead(&mut self, buf: &mut Vec<u8>) -> Option<io::Result<usize>> {
        let is_plain = self.transport.is_bare() && self.held.bytes().is_empty();
        if !is_plain || !self.ready.readable || self.input_ended || self.is_broken() {
            return None;
        }
        match self.transport.read(buf, READ_AHEAD_BYTES) {
            // It will be read again.
            Ok(0) => None,
            Ok(read) => {
                self.was_short(read, READ_AHEAD_BYTES);
                Some(Ok(read))
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => None,
                io::ErrorKind::WouldBlock => {
                    self.ready.readable = false;
                    None
                }
                _ => Some(Err(error)),
            },
        }
    }

    /// Takes what was read ahead, within the drive's bytes.
    pub fn take_ahead(&mut self, bytes: &[u8], input: &mut Input) {
        self.read_left -= bytes.len() as u32;
        input.append(bytes);
    }

    /// A short read has emptied a bare transport, unless a FIN waits behind it.
    fn was_short(&mut self, read: usize, asked: usize) {
        if read < asked && self.transport.is_bare() && !self.ready.read_closed {
            self.ready.readable = false;
        }
    }

    /// Reads once, within the drive's bytes.
    ///
    /// # Errors
    /// The peer is gone.
    pub fn fill(&mut self, input: &mut Input) -> Result<Filled, Cause> {
        if !self.ready.readable || self.read_left == 0 {
            return Ok(Filled::Nothing);
        }
        if self.input_ended {
            self.ready.readable = false;
            return Ok(Filled::End);
        }
        let (buf, room) = input.room();
        debug_assert!(room > 0, "a head of this length is refused");
        let len = room.min(self.read_left as usize);
        let read = loop {
            match self.transport.read(buf, len) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.ready.readable = false;
                    // It may have been for want of room, which is to be known.
                    let may_flush = self.ready.writable && self.transport.holds_output();
                    return Ok(match self.look_again() | may_flush {
                        true => Filled::Unblocked,
                        false => Filled::Nothing,
                    });
                }
                other => break other.map_err(Cause::PeerGone)?,
            }
        };
        self.look_again();
        self.read_left -= read as u32;
        if read == 0 {
            self.input_ended = true;
            self.ready.readable = false;
            return Ok(Filled::End);
        }
        self.was_short(read, len);
        Ok(Filled::Bytes)
    }
}
