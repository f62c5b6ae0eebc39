//! A transport with layers, as TLS is one, over another transport: records out, marked bytes in.
//!
//! It does all that makes such a stream harder than a socket, and no cryptography. It gathers what
//! is written into records, which stay inside until `flush`; it opens bytes ahead of the reads that
//! want them; now and then it writes no record before the peer has acknowledged one, which it must
//! read for, and reads nothing before it has written an acknowledgement; and it ends with a
//! farewell, which may take several calls. [`Peer`] is the other end.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use super::tape::Tape;
use crate::http::scheme::Scheme;
use crate::server::transport::{Moved, Transport};

/// Bytes that are opened at once.
const OPENED_BYTES: usize = 16 * 1024;

/// Sealed bytes kept inside before no more are taken.
const SEALED_BYTES_MAX: usize = 20 * 1024;

/// Kinds of records: data of so many bytes, and three that are empty.
const DATA: u8 = 1;
const ASK: u8 = 2;
const FAREWELL: u8 = 3;
const ACKNOWLEDGED: u8 = 4;

/// What the peer's bytes are marked with: the next one is changed, ours was acknowledged, and it
/// wants an acknowledgement.
const CHANGED: u8 = 0xfd;
const WANTS: u8 = 0xfe;
const ACK: u8 = 0xff;

/// What changes a byte, so that none is taken for what it was by accident.
const MASK: u8 = 0x5a;

/// Our end.
pub struct Records<T> {
    inner: T,
    tape: Rc<RefCell<Tape>>,
    /// How many bytes are sealed, for those who look.
    inside: Rc<Cell<usize>>,
    /// Opened and not read yet.
    open: VecDeque<u8>,
    /// The last byte was [`CHANGED`].
    changes: bool,
    sealed: Vec<u8>,
    /// Nothing is written before an acknowledgement has come.
    awaits: bool,
    /// Nothing is read before what is sealed was written.
    owes: bool,
    input_ended: bool,
    said_farewell: bool,
    moved: Moved,
}

impl<T: Transport> Records<T> {
    /// A stream over `inner`.
    pub fn new(inner: T, tape: Rc<RefCell<Tape>>, inside: Rc<Cell<usize>>) -> Records<T> {
        Records {
            inner,
            tape,
            inside,
            open: VecDeque::new(),
            changes: false,
            sealed: Vec::new(),
            awaits: false,
            owes: false,
            input_ended: false,
            said_farewell: false,
            moved: Moved::default(),
        }
    }

    /// What is beneath.
    pub fn inner_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    fn seal(&mut self, kind: u8, bytes: &[u8]) {
        let len = u16::try_from(bytes.len()).expect("a record is short");
        self.sealed.push(kind);
        self.sealed.extend(len.to_be_bytes());
        self.sealed.extend(bytes.iter().map(|byte| byte ^ MASK));
        self.inside.set(self.sealed.len());
    }

    /// Writes what is sealed.
    fn push(&mut self) -> io::Result<()> {
        while !self.sealed.is_empty() {
            let sent = self.inner.write(&self.sealed, false)?;
            self.sealed.drain(..sent);
            self.inside.set(self.sealed.len());
            self.moved.written = true;
        }
        self.owes = false;
        Ok(())
    }

    /// Reads and opens some bytes.
    fn pull(&mut self, len: usize) -> io::Result<()> {
        let mut raw = Vec::new();
        if self.inner.read(&mut raw, len)? == 0 {
            self.input_ended = true;
            self.awaits = false;
        }
        self.moved.read = true;
        for byte in raw {
            match byte {
                ACK => self.awaits = false,
                _ if std::mem::take(&mut self.changes) => self.open.push_back(byte ^ 0x80 ^ MASK),
                CHANGED => self.changes = true,
                // Nothing follows the farewell.
                WANTS if self.said_farewell => {}
                WANTS => {
                    self.seal(ACKNOWLEDGED, b"");
                    self.owes = true;
                }
                _ => self.open.push_back(byte ^ MASK),
            }
        }
        Ok(())
    }

    fn below(&self, bound: usize) -> usize {
        self.tape.borrow_mut().below(bound)
    }

    fn say_farewell(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.said_farewell, true) {
            self.seal(FAREWELL, b"");
        }
        self.push()
    }
}

impl<T: Transport> Transport for Records<T> {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        loop {
            if self.owes {
                self.push()?;
            }
            if !self.open.is_empty() {
                let some = self.tape.borrow_mut().pick(&[usize::MAX, 1000, 10]);
                let len = len.min(self.open.len()).min(some);
                buf.extend(self.open.drain(..len));
                return Ok(len);
            }
            if self.input_ended {
                return Ok(0);
            }
            self.pull(OPENED_BYTES)?;
        }
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        if self.awaits || self.sealed.len() >= SEALED_BYTES_MAX {
            self.push()?;
        }
        while self.awaits {
            // However much comes before it: to stop there would be to wait for no event.
            self.pull(OPENED_BYTES)?;
        }
        let most = self.tape.borrow_mut().pick(&[16_000, 16_000, 1000, 300]);
        let len = bytes.len().min(most);
        self.seal(DATA, &bytes[..len]);
        if !self.input_ended && self.below(16) == 1 {
            self.seal(ASK, b"");
            self.awaits = true;
        }
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.push()
    }

    fn close_write(&mut self) -> io::Result<()> {
        self.say_farewell()?;
        self.inner.close_write()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.say_farewell()?;
        self.inner.finish()
    }

    fn deregister(&mut self, registry: &mio::Registry) {
        self.inner.deregister(registry);
    }

    fn watch_peer(&mut self) {
        self.inner.watch_peer();
    }

    fn under_way(&self) -> Option<u32> {
        self.inner.under_way()
    }

    fn reset_on_close(&mut self) {
        self.inner.reset_on_close();
    }

    fn holds_output(&self) -> bool {
        !self.sealed.is_empty()
    }

    fn take_moved(&mut self) -> Moved {
        std::mem::take(&mut self.moved)
    }

    fn scheme(&self) -> Scheme {
        Scheme::Https
    }
}

/// The peer's end.
#[derive(Default)]
pub struct Peer {
    /// Bytes that are inside of the other end.
    pub inside: Rc<Cell<usize>>,
    sent: usize,
    /// The bytes of a record's start that are here.
    start: Vec<u8>,
    /// Bytes of a record that are to come.
    left: u16,
    /// The other end has said that it ends.
    pub heard_farewell: bool,
}

impl Peer {
    /// Marks bytes that it sends; now and then it wants an acknowledgement.
    pub fn mark(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut marked = Vec::with_capacity(bytes.len());
        for byte in bytes {
            self.sent += 1;
            if self.sent % 700 == 30 {
                marked.push(WANTS);
            }
            match byte ^ MASK {
                special @ CHANGED.. => marked.extend([CHANGED, special ^ 0x80]),
                plain => marked.push(plain),
            }
        }
        marked
    }

    /// Opens bytes that it has received; returns how often it was asked for an acknowledgement.
    pub fn open(&mut self, bytes: &[u8], into: &mut Vec<u8>) -> usize {
        let mut asked = 0;
        for &byte in bytes {
            if self.left > 0 {
                into.push(byte ^ MASK);
                self.left -= 1;
                continue;
            }
            self.start.push(byte);
            let [kind, high, low] = self.start[..] else {
                continue;
            };
            self.start.clear();
            assert!(!self.heard_farewell, "a record behind the farewell");
            self.left = u16::from_be_bytes([high, low]);
            match kind {
                DATA => {}
                ASK => asked += 1,
                FAREWELL => self.heard_farewell = true,
                kind => assert_eq!(kind, ACKNOWLEDGED, "a record of no kind"),
            }
        }
        asked
    }

    /// The mark that acknowledges a record; it may stand anywhere.
    pub fn acknowledgement(&self) -> u8 {
        ACK
    }
}
