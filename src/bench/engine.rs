//! The whole engine without sockets: peers whose requests are there at once, and who take every
//! answer.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;

use crate::handler::Handler;
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::reactor::clock::Clock;
use crate::reactor::token::Key;
use crate::reactor::wake::Handle;
use crate::server::drive::Host;
use crate::server::ends::Addrs;
use crate::server::engine::Engine;
use crate::server::link::Event;
use crate::server::transport::Transport;

/// Bytes between one peer and the server.
#[derive(Default)]
struct Wire {
    /// What the peer has sent, and where the server is in it.
    sent: RefCell<Rc<[u8]>>,
    read: Cell<usize>,
    /// How many bytes it has received, and the first of the last answer.
    received: Cell<u64>,
    first: Cell<[u8; 12]>,
}

/// The server's end of it.
struct InMemory(Rc<Wire>);

impl Transport for InMemory {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        let sent = self.0.sent.borrow();
        let rest = &sent[self.0.read.get()..];
        if rest.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let taken = &rest[..rest.len().min(len)];
        buf.extend_from_slice(taken);
        self.0.read.set(self.0.read.get() + taken.len());
        Ok(taken.len())
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        // A body may come by itself.
        match bytes.first_chunk() {
            Some(first) if first.starts_with(b"HTTP/") => self.0.first.set(*first),
            _ => {}
        }
        self.0
            .received
            .set(self.0.received.get() + bytes.len() as u64);
        Ok(bytes.len())
    }

    fn send_file(&mut self, _: BorrowedFd<'_>, _: u64, len: usize) -> io::Result<usize> {
        self.0.received.set(self.0.received.get() + len as u64);
        Ok(len)
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn is_bare(&self) -> bool {
        true
    }
}

/// A server and its peers.
pub struct Peers<H> {
    engine: Engine<InMemory>,
    handler: H,
    clock: Clock,
    _poll: mio::Poll,
    registry: mio::Registry,
    handle: Handle,
    peers: Vec<(Key, Rc<Wire>)>,
    next: usize,
}

impl<H: Handler> Peers<H> {
    /// So many peers, connected.
    ///
    /// # Errors
    /// There are no descriptors left for a poller and its waker.
    pub fn new(handler: H, count: usize) -> io::Result<Peers<H>> {
        let poll = mio::Poll::new()?;
        let handle = Handle::new(mio::Waker::new(poll.registry(), mio::Token(0))?);
        let registry = poll.registry().try_clone()?;
        let clock = Clock::new();
        let start = clock.mono();
        let mut engine = Engine::new(Limits::default(), Version::Http11, start);
        let mut connect = |_| {
            let wire = Rc::new(Wire::default());
            let key = engine.insert(InMemory(Rc::clone(&wire)), Addrs::default(), start);
            (key, wire)
        };
        let peers = (0..count).map(&mut connect).collect();
        Ok(Peers {
            engine,
            handler,
            clock,
            _poll: poll,
            registry,
            handle,
            peers,
            next: 0,
        })
    }

    /// The next so many peers send these bytes, and have their answers within one turn or a few.
    ///
    /// # Panics
    /// If an answer does not begin with `HTTP/1.1` and this status.
    pub fn ask(&mut self, request: &Rc<[u8]>, peers: usize, status: &str) {
        let readable = Event {
            readable: true,
            writable: false,
            read_closed: false,
            hung_up: false,
        };
        let from = self.next;
        for at in from..from + peers {
            let (key, wire) = &self.peers[at % self.peers.len()];
            wire.sent.replace(Rc::clone(request));
            wire.read.set(0);
            self.engine.announce(*key, readable);
        }
        while self.engine.is_ready() {
            self.turn();
        }
        self.next = (from + peers) % self.peers.len();
        for at in from..from + peers {
            let (_, wire) = &self.peers[at % self.peers.len()];
            let first = wire.first.get();
            let is_right = first.strip_prefix(b"HTTP/1.1 ") == Some(status.as_bytes());
            assert!(is_right, "{} is not {status}", first.escape_ascii());
        }
    }

    fn turn(&mut self) {
        let now = self.clock.read();
        self.engine.run(&mut Host {
            handler: &mut self.handler,
            now: &now,
            registry: &self.registry,
            handle: &self.handle,
        });
    }

    /// All bytes that peers have received.
    pub fn received(&self) -> u64 {
        self.peers.iter().map(|(_, wire)| wire.received.get()).sum()
    }
}
