//! A connection without a socket: what a peer sends, takes and does, and what the server sees.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use super::answer::{self, Answer};
use crate::reactor::token::Key;
use crate::server::link::Event;
use crate::server::transport::Transport;

/// What waits for a peer that reads, in bytes, before the server must wait: as a socket's buffer.
const WINDOW_BYTES: usize = 64 * 1024;

#[derive(Default)]
struct Wire {
    key: Option<Key>,
    /// Sent by the peer, and not read yet.
    inbound: Vec<u8>,
    /// The peer has ended its side.
    fin: bool,
    /// The peer has reset the connection.
    cut: bool,
    /// Sent by the server, and not taken by the peer yet.
    outbound: Vec<u8>,
    /// Taken by the peer, and not yet looked at.
    received: Vec<u8>,
    /// How many bytes the peer still takes; `None` for as many as there are.
    takes: Option<usize>,
    server_fin: bool,
    server_gone: bool,
    /// Something has changed that the server has not been told.
    is_news: bool,
}

/// One end of a connection, as a client has it. It reads all that comes, unless it is told to
/// [read less](Self::read_at_most).
#[derive(Clone)]
pub struct Peer(Rc<RefCell<Wire>>);

/// The server's end.
pub(super) struct Pipe(Rc<RefCell<Wire>>);

/// Both ends of a connection.
pub(super) fn pair() -> (Peer, Pipe) {
    let wire: Rc<RefCell<Wire>> = Rc::default();
    (Peer(wire.clone()), Pipe(wire))
}

impl Peer {
    pub(super) fn set_key(&self, key: Key) {
        self.0.borrow_mut().key = Some(key);
    }

    /// Sends these bytes. The server sees them with the next [`settle`](super::Site::settle) or
    /// [`pass`](super::Site::pass).
    pub fn send(&self, bytes: impl AsRef<[u8]>) {
        let mut wire = self.0.borrow_mut();
        wire.inbound.extend_from_slice(bytes.as_ref());
        wire.is_news = true;
    }

    /// Ends this side of the connection, and goes on reading.
    pub fn close_write(&self) {
        let mut wire = self.0.borrow_mut();
        wire.fin = true;
        wire.is_news = true;
    }

    /// Resets the connection: nothing is sent or taken any more.
    pub fn cut(&self) {
        let mut wire = self.0.borrow_mut();
        wire.cut = true;
        wire.is_news = true;
    }

    /// From now on reads so many bytes and no more; a later call says anew.
    pub fn read_at_most(&self, bytes: usize) {
        let mut wire = self.0.borrow_mut();
        wire.takes = Some(bytes);
        wire.take();
    }

    /// Takes all that was received and not yet looked at.
    pub fn received(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.borrow_mut().received)
    }

    /// Takes the next whole answer out of what was received: an interim one (status 1xx), or a
    /// final one. That of a HEAD request must be taken by [`answer_to_head`](Self::answer_to_head).
    ///
    /// # Panics
    /// If what was received is no HTTP/1.1, or has more than one end (RFC 9112 section 6.3).
    pub fn answer(&self) -> Option<Answer> {
        self.take_answer(false)
    }

    /// The same for a HEAD request, whose answer has no body.
    ///
    /// # Panics
    /// As [`answer`](Self::answer).
    pub fn answer_to_head(&self) -> Option<Answer> {
        self.take_answer(true)
    }

    pub(super) fn take_answer(&self, is_head: bool) -> Option<Answer> {
        let mut wire = self.0.borrow_mut();
        let is_over = wire.server_fin || wire.server_gone;
        let (answer, len) = answer::read(&wire.received, is_head, is_over)?;
        wire.received.drain(..len);
        Some(answer)
    }

    /// Whether the server has closed the connection, or its side of it.
    pub fn is_closed(&self) -> bool {
        let wire = self.0.borrow();
        wire.server_fin || wire.server_gone
    }

    /// Whether the server has let go of it.
    pub(super) fn is_forgotten(&self) -> bool {
        self.0.borrow().server_gone
    }

    /// What the server is to be told.
    pub(super) fn take_event(&self) -> Option<(Key, Event)> {
        let mut wire = self.0.borrow_mut();
        if !std::mem::take(&mut wire.is_news) {
            return None;
        }
        let event = Event {
            readable: !wire.inbound.is_empty() || wire.fin || wire.cut,
            writable: wire.cut || wire.outbound.len() < WINDOW_BYTES,
            read_closed: wire.fin || wire.cut,
            hung_up: wire.cut,
        };
        Some((wire.key?, event))
    }
}

impl Wire {
    /// The peer takes what it may.
    fn take(&mut self) {
        let count = self.takes.unwrap_or(usize::MAX).min(self.outbound.len());
        if let Some(takes) = &mut self.takes {
            *takes -= count;
        }
        if count > 0 {
            self.is_news |= self.outbound.len() >= WINDOW_BYTES;
            self.received.extend(self.outbound.drain(..count));
        }
    }
}

impl Transport for Pipe {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        let mut wire = self.0.borrow_mut();
        if wire.cut {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let count = len.min(wire.inbound.len());
        if count == 0 && !wire.fin {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        buf.extend(wire.inbound.drain(..count));
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        let mut wire = self.0.borrow_mut();
        if wire.cut {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(WINDOW_BYTES - wire.outbound.len());
        if count == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        wire.outbound.extend_from_slice(&bytes[..count]);
        wire.take();
        Ok(count)
    }

    fn has_input(&self) -> bool {
        let wire = self.0.borrow();
        wire.cut || wire.fin || !wire.inbound.is_empty()
    }

    fn is_bare(&self) -> bool {
        true
    }

    fn close_write(&mut self) -> io::Result<()> {
        self.0.borrow_mut().server_fin = true;
        Ok(())
    }

    fn under_way(&self) -> Option<u32> {
        u32::try_from(self.0.borrow().outbound.len()).ok()
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.0.borrow_mut().server_gone = true;
    }
}
