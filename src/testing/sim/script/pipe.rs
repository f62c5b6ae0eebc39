//! Pipes of memory between the engine and a script, with edges as an edge-triggered poller tells
//! them.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use mio::event::Source;
use mio::{Interest, Registry, Token};

use crate::reactor::token::{self, Key};
use crate::testing::sim::net::{Faults, Shared};
use crate::testing::sim::tape::Tape;

/// One pipe.
pub struct Pipe {
    bytes: VecDeque<u8>,
    bytes_max: usize,
    /// Open ends to write to, a count: a script's child may hold one.
    writers: usize,
    has_reader: bool,
    /// The engine writes to it, and does not read.
    is_stdin: bool,
    /// Where the engine's end is registered.
    pub place: Option<(Key, u8)>,
    /// An edge is owed to the engine.
    pub edge: bool,
    /// The engine was refused room: more of it makes an edge.
    wants_room: bool,
}

/// What a script gets when it reads.
pub enum Got {
    Bytes(Vec<u8>),
    Nothing,
    End,
}

impl Pipe {
    /// A pipe with room for so many bytes.
    pub fn new(is_stdin: bool, bytes_max: usize) -> Pipe {
        Pipe {
            bytes: VecDeque::new(),
            bytes_max,
            writers: 1,
            has_reader: true,
            is_stdin,
            place: None,
            edge: false,
            wants_room: false,
        }
    }

    fn room(&self) -> usize {
        self.bytes_max - self.bytes.len()
    }

    fn is_ready(&self) -> bool {
        match self.is_stdin {
            true => self.room() > 0 || !self.has_reader,
            false => !self.bytes.is_empty() || self.writers == 0,
        }
    }

    /// The script writes; `None` if nobody will ever read it.
    pub fn say(&mut self, bytes: &[u8]) -> Option<usize> {
        if !self.has_reader {
            return None;
        }
        let len = bytes.len().min(self.room());
        self.bytes.extend(&bytes[..len]);
        self.edge |= len > 0;
        Some(len)
    }

    /// The script reads.
    pub fn hear(&mut self, len: usize) -> Got {
        if self.bytes.is_empty() {
            return if self.writers == 0 {
                Got::End
            } else {
                Got::Nothing
            };
        }
        let len = len.min(self.bytes.len());
        self.edge |= std::mem::take(&mut self.wants_room);
        Got::Bytes(self.bytes.drain(..len).collect())
    }

    /// A child of the script holds it, too.
    pub fn share(&mut self) {
        self.writers += 1;
    }

    /// One of those who may write closes it.
    pub fn close_writer(&mut self) {
        self.writers -= 1;
        self.edge |= self.writers == 0;
    }

    /// The script reads no more.
    pub fn close_reader(&mut self) {
        self.has_reader = false;
        self.edge = true;
    }

    /// Whether the engine has let it go.
    pub fn is_left(&self) -> bool {
        match self.is_stdin {
            true => self.writers == 0,
            false => !self.has_reader,
        }
    }
}

/// The engine's end of a pipe.
pub struct SimPipe {
    pipe: Shared<Pipe>,
    tape: Shared<Tape>,
    faults: Faults,
}

impl SimPipe {
    /// The engine's end of `pipe`.
    pub fn new(pipe: Shared<Pipe>, tape: Shared<Tape>, faults: Faults) -> SimPipe {
        SimPipe { pipe, tape, faults }
    }

    /// How many of `len` bytes go through now.
    fn shorten(&self, len: usize, of_256: u8) -> usize {
        let mut tape = self.tape.borrow_mut();
        match len > 1 && tape.chance(of_256) {
            true => 1 + tape.below(len - 1),
            false => len,
        }
    }

    /// Nothing goes through for a moment; it is told when it does.
    fn blocks(&self) -> io::Result<()> {
        if self.tape.borrow_mut().chance(self.faults.would_block / 2) {
            self.pipe.borrow_mut().edge = true;
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(())
    }
}

impl Source for SimPipe {
    fn register(&mut self, _: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        let mut pipe = self.pipe.borrow_mut();
        assert_eq!(pipe.place, None, "registered twice");
        assert_eq!(interest.is_writable(), pipe.is_stdin);
        pipe.place = Some(token::decode(token));
        pipe.edge = pipe.is_ready();
        Ok(())
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        unreachable!("sources are registered once");
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        let place = self.pipe.borrow_mut().place.take();
        place.map(drop).ok_or(io::ErrorKind::NotFound.into())
    }
}

impl Write for SimPipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.pipe.borrow().has_reader {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.blocks()?;
        let room = self.pipe.borrow().room();
        if room == 0 {
            self.pipe.borrow_mut().wants_room = true;
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = self.shorten(bytes.len().min(room), self.faults.short_write);
        self.pipe.borrow_mut().bytes.extend(&bytes[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for SimPipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.blocks()?;
        let (len, writers) = (self.pipe.borrow().bytes.len(), self.pipe.borrow().writers);
        if len == 0 && writers > 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = self.shorten(len.min(buf.len()), self.faults.short_read);
        self.pipe.borrow_mut().bytes.read(&mut buf[..len])
    }
}

impl Drop for SimPipe {
    fn drop(&mut self) {
        let mut pipe = self.pipe.borrow_mut();
        match pipe.is_stdin {
            true => pipe.writers = 0,
            false => pipe.has_reader = false,
        }
    }
}
