//! Listeners: taking connections, and what to do when there is no room or no descriptor for them.

use std::fs::File;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use super::engine::{Around, Engine};
use super::transport::Socket;
use crate::handler::Handler;
use crate::http::limits::{ACCEPTS_PER_TURN, DESCRIPTORS_FOR_FILES, DESCRIPTORS_RESERVED};
use crate::reactor::token::{self, Key, SERVER, SOCKET};
use crate::sys;

/// How long accepting pauses when there is no room and nobody to send away.
const PAUSE_TIME: Duration = Duration::from_millis(100);

/// After so long without a descriptor, those who wait are told instead of left hanging.
const TELL_AFTER_TIME: Duration = Duration::from_secs(1);

/// What those are told.
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\
    Content-Length: 0\r\nConnection: close\r\n\r\n";

enum Source {
    Tcp(mio::net::TcpListener),
    Unix(mio::net::UnixListener),
}

struct Listener {
    source: Source,
    /// Its address if that is also the address of its connections: not for a wildcard.
    local: Option<SocketAddr>,
    /// Its connections have TCP_NODELAY without asking: Linux hands it on from the listener.
    has_nodelay: bool,
    /// Connections may wait. Edge-triggered: only `WouldBlock` says that none do.
    ready: bool,
}

/// All listeners of a server.
pub struct Listeners {
    entries: Vec<Listener>,
    /// The one to begin with: each has its turn, so that a crowd at one shuts nobody out.
    first: usize,
    connections_max: usize,
    /// No room: when to try again, unless a connection ends before.
    pause: Option<Pause>,
    /// Kept to be given up when there is no other descriptor.
    spare: Option<File>,
    told_log_at: Option<Instant>,
}

#[derive(Clone, Copy)]
struct Pause {
    since: Instant,
    until: Instant,
    /// The number of connections at which it began: fewer of them end it.
    connections: usize,
}

impl Listeners {
    pub fn new() -> Listeners {
        Listeners {
            entries: Vec::new(),
            first: 0,
            connections_max: usize::MAX,
            pause: None,
            spare: None,
            told_log_at: None,
        }
    }

    /// Adds a TCP listener.
    ///
    /// # Errors
    /// What the system says.
    pub fn add_tcp(
        &mut self,
        listener: TcpListener,
        registry: &mio::Registry,
    ) -> io::Result<SocketAddr> {
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let local = (!addr.ip().is_unspecified()).then_some(addr);
        let has_nodelay =
            cfg!(target_os = "linux") && sys::socket::set_nodelay(listener.as_fd()).is_ok();
        let source = Source::Tcp(mio::net::TcpListener::from_std(listener));
        self.add(
            Listener {
                source,
                local,
                has_nodelay,
                ready: true,
            },
            registry,
        )?;
        Ok(addr)
    }

    /// Adds a Unix listener.
    ///
    /// # Errors
    /// What the system says.
    pub fn add_unix(&mut self, listener: UnixListener, registry: &mio::Registry) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let source = Source::Unix(mio::net::UnixListener::from_std(listener));
        self.add(
            Listener {
                source,
                local: None,
                has_nodelay: false,
                ready: true,
            },
            registry,
        )
    }

    fn add(&mut self, mut listener: Listener, registry: &mio::Registry) -> io::Result<()> {
        let token = token::encode(self.entries.len() + 1, SERVER);
        match &mut listener.source {
            Source::Tcp(source) => registry.register(source, token, mio::Interest::READABLE)?,
            Source::Unix(source) => registry.register(source, token, mio::Interest::READABLE)?,
        }
        self.entries.push(listener);
        Ok(())
    }

    /// Decides how many connections there may be: what is asked for, but no more than the
    /// descriptors allow, with some left for the files that are being sent.
    pub fn set_limit(&mut self, asked: usize) {
        let free = sys::limits::descriptors_max().saturating_sub(sys::limits::descriptors_open());
        let free = free.saturating_sub(DESCRIPTORS_RESERVED);
        let most = (free - DESCRIPTORS_FOR_FILES.min(free / 2)).max(1);
        self.connections_max = if asked == 0 { most } else { asked.min(most) };
        self.spare = File::open("/dev/null").ok();
    }

    /// A listener is ready. Its key is its number, from 1.
    pub fn mark(&mut self, key: Key) {
        if let Some(listener) = key.checked_sub(1).and_then(|at| self.entries.get_mut(at)) {
            listener.ready = true;
        }
    }

    /// Closes all listeners.
    pub fn close(&mut self) {
        self.entries.clear();
        self.pause = None;
    }

    /// Whether connections may wait that can be taken now.
    pub fn is_ready(&self, connections: usize) -> bool {
        self.entries.iter().any(|listener| listener.ready)
            && self
                .pause
                .is_none_or(|pause| connections < pause.connections)
    }

    /// When to try again.
    pub fn next(&self) -> Option<Instant> {
        self.pause.map(|pause| pause.until)
    }

    /// Takes connections, a turn's worth at most.
    pub fn accept<H: Handler>(&mut self, engine: &mut Engine<Socket>, around: &mut Around<'_, H>) {
        let now = around.now.mono;
        let paused = self
            .pause
            .is_some_and(|pause| pause.until > now && engine.len() >= pause.connections);
        let idled = engine.take_idled();
        if paused {
            if let Some(pause) = self.pause.as_mut().filter(|_| idled) {
                // In the next turn, when nobody can have been idle for no time.
                pause.until = now;
            }
            return;
        }
        self.first = self.first.wrapping_add(1);
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(at) = self.next_ready() else {
                break;
            };
            if engine.len() >= self.connections_max {
                // Nobody is sent away for a connection that is not there.
                if !self.entries[at].has_waiting() {
                    self.entries[at].ready = false;
                    continue;
                }
                if !engine.shed_idle(around) {
                    return self.begin_pause(now, engine.len());
                }
            }
            match self.entries[at].accept() {
                Ok((mut socket, addrs)) => {
                    let token = token::encode(engine.next_key(), SOCKET);
                    if socket.register(around.registry, token).is_ok() {
                        engine.insert(socket, addrs, now);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.entries[at].ready = false;
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => {
                    if is_exhausted(&error) && engine.shed_idle(around) {
                        continue;
                    }
                    self.complain(&error, engine, around);
                    self.tell_waiting(at, now);
                    return self.begin_pause(now, engine.len());
                }
            }
        }
        self.pause = None;
    }

    fn next_ready(&self) -> Option<usize> {
        let count = self.entries.len();
        let mut order = (0..count).map(|step| self.first.wrapping_add(step) % count);
        order.find(|&at| self.entries[at].ready)
    }

    fn begin_pause(&mut self, now: Instant, connections: usize) {
        let since = self.pause.map_or(now, |pause| pause.since);
        self.pause = Some(Pause {
            since,
            until: now + PAUSE_TIME,
            connections,
        });
    }

    /// Logs an error, once a second at most.
    fn complain<H: Handler>(
        &mut self,
        error: &io::Error,
        engine: &mut Engine<Socket>,
        around: &mut Around<'_, H>,
    ) {
        let now = around.now.mono;
        if self
            .told_log_at
            .is_none_or(|at| now - at >= TELL_AFTER_TIME)
        {
            self.told_log_at = Some(now);
            engine.log(&format!("cannot accept: {error}"), around);
        }
    }

    /// Gives up the spare descriptor to tell one who waits that there is none, if that has lasted.
    fn tell_waiting(&mut self, at: usize, now: Instant) {
        let lasted = self
            .pause
            .is_some_and(|pause| now - pause.since >= TELL_AFTER_TIME);
        if !lasted || self.spare.take().is_none() {
            return;
        }
        if let Ok((socket, _)) = self.entries[at].accept() {
            // Whether it is heard or not, it is all that can be done.
            let _ = match socket {
                Socket::Tcp(mut stream) => stream.write(BUSY),
                Socket::Unix(mut stream) => stream.write(BUSY),
            };
        }
        self.spare = File::open("/dev/null").ok();
    }
}

type Accepted = (Socket, (Option<SocketAddr>, Option<SocketAddr>));

impl Listener {
    /// Whether a connection waits. Asked only when there is no room: it costs a system call.
    fn has_waiting(&self) -> bool {
        match &self.source {
            Source::Tcp(listener) => sys::socket::is_readable(listener.as_fd()),
            Source::Unix(listener) => sys::socket::is_readable(listener.as_fd()),
        }
    }

    fn accept(&self) -> io::Result<Accepted> {
        match &self.source {
            Source::Tcp(listener) => {
                let (stream, peer) = listener.accept()?;
                if !self.has_nodelay {
                    // Some systems refuse it for a peer that has gone; the first read tells that.
                    let _ = stream.set_nodelay(true);
                }
                let local = self.local.or_else(|| stream.local_addr().ok());
                Ok((Socket::Tcp(stream), (Some(peer), local)))
            }
            Source::Unix(listener) => {
                let (stream, _) = listener.accept()?;
                Ok((Socket::Unix(stream), (None, None)))
            }
        }
    }
}

/// Concerns one connection that is gone already, or nobody.
fn is_passing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Interrupted
        || error.kind() == io::ErrorKind::ConnectionAborted
        || error.raw_os_error() == Some(rustix::io::Errno::PROTO.raw_os_error())
}

/// Out of descriptors or of memory.
fn is_exhausted(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let exhausted = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    exhausted
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
