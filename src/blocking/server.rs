//! A server on a thread of its own.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::door::{Door, DoorLimits, Incoming, Requests, door};
use super::request::Request;
use crate::handler::Handler;
use crate::reactor::wake::Handle;
use crate::server::Builder;

/// How long what is in flight may take when a server is dropped.
const DROP_GRACE: Duration = Duration::from_secs(1);

/// A server on a thread of its own: requests are received from it, by any thread that has it (in an
/// [`Arc`](std::sync::Arc), or by scoped threads).
///
/// Dropped, it stops accepting, answers 503 to what nobody has received, gives what is in flight 1
/// second, and waits for its thread; [`drain`](Self::drain) gives more time.
///
/// ```
/// use std::thread;
/// use sprat::blocking::Server;
/// use sprat::{Response, Status};
///
/// # fn main() -> std::io::Result<()> {
/// let server = Server::bind("127.0.0.1:0")?;
/// let address = server.server_addr().unwrap();
/// # let (handle, asked) = (server.handle(), thread::spawn(move || -> std::io::Result<String> {
/// #     use std::io::{Read, Write};
/// #     let mut peer = std::net::TcpStream::connect(address)?;
/// #     peer.write_all(b"GET /me HTTP/1.0\r\n\r\n")?;
/// #     let mut answer = String::new();
/// #     peer.read_to_string(&mut answer)?;
/// #     Ok(answer)
/// # }));
/// # let asked = thread::spawn(move || {
/// #     let answer = asked.join();
/// #     handle.stop().map(|()| answer)
/// # });
/// thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| {
///             for request in server.incoming_requests() {
///                 let words = format!("hello, {}\n", request.path());
///                 request.respond(Response::new(Status::OK).text(words)).ok();
///             }
///         });
///     }
/// });
/// # let answer = asked.join().unwrap()?.unwrap()?;
/// # assert!(answer.ends_with("\r\n\r\nhello, /me\n"), "{answer}");
/// # Ok(())
/// # }
/// ```
pub struct Server {
    requests: Requests,
    handle: Handle,
    local_addrs: Vec<SocketAddr>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Server {
    /// A server that listens on this address; port 0 takes any free port.
    ///
    /// # Errors
    /// Those of [`Builder::bind`], and of making a thread.
    pub fn bind(addrs: impl ToSocketAddrs) -> io::Result<Server> {
        Server::from_builder(Builder::bind(addrs)?)
    }

    /// A server by a builder that was set up: with limits, Unix sockets, trusted proxies.
    ///
    /// # Errors
    /// Those of making a thread.
    pub fn from_builder(builder: Builder) -> io::Result<Server> {
        Server::with_handler(builder, DoorLimits::default(), |door| door)
    }

    /// A server with a handler of one's own on its thread, which answers what it can do without
    /// waiting (files, for one), writes the log, and passes the rest through the door. It is made
    /// on that thread, for it need not be `Send`.
    ///
    /// ```
    /// use sprat::blocking::{DoorLimits, Server};
    /// use sprat::{Builder, FileServer, Handler};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let mut files = FileServer::new("public").or_else(|_| FileServer::new("."))?;
    /// let builder = Builder::bind("127.0.0.1:0")?;
    /// let limits = DoorLimits { requests_max: 100, ..DoorLimits::default() };
    /// let server = Server::with_handler(builder, limits, move |door| {
    ///     sprat::handler(move |req, cx| match req.segments().first() {
    ///         Some(&"api") => door.pass(req, cx),
    ///         _ => files.handle(req, cx),
    ///     })
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of making a thread.
    pub fn with_handler<H: Handler + 'static>(
        builder: Builder,
        limits: DoorLimits,
        make: impl FnOnce(Door) -> H + Send + 'static,
    ) -> io::Result<Server> {
        let (door, requests) = door(limits);
        let handle = builder.handle();
        let local_addrs = builder.local_addrs().to_vec();
        let thread = thread::Builder::new().name("sprat".to_owned());
        let thread = thread.spawn(move || builder.serve(make(door)).run())?;
        Ok(Server {
            requests,
            handle,
            local_addrs,
            thread: Some(thread),
        })
    }

    /// Waits for a request, and takes it. One whose peer has gone meanwhile is left out.
    ///
    /// # Errors
    /// `NotConnected` when the server has ended, by its [`handle`](Self::handle) or because its
    /// poller failed ([`drain`](Self::drain) tells that), and no request is left; an error without
    /// a kind of its own (`Other`) when [unblocked](Self::unblock).
    pub fn recv(&self) -> io::Result<Request> {
        self.requests.recv()
    }

    /// Takes a request, if there is one.
    ///
    /// # Errors
    /// `NotConnected` as [`recv`](Self::recv).
    pub fn try_recv(&self) -> io::Result<Option<Request>> {
        self.requests.try_recv()
    }

    /// Waits for a request, for so long at most.
    ///
    /// # Errors
    /// Those of [`recv`](Self::recv).
    pub fn recv_timeout(&self, time: Duration) -> io::Result<Option<Request>> {
        self.requests.recv_timeout(time)
    }

    /// The requests, one after the other, until [`recv`](Self::recv) gives an error.
    pub fn incoming_requests(&self) -> Incoming<'_> {
        self.requests.incoming()
    }

    /// Has one thread that waits for a request return without one, or the next one that would wait.
    pub fn unblock(&self) {
        self.requests.unblock();
    }

    /// The TCP address that it listens on, the first of several; `None` if there are Unix sockets
    /// alone.
    pub fn server_addr(&self) -> Option<SocketAddr> {
        self.local_addrs.first().copied()
    }

    /// The TCP addresses it listens on, with their real ports.
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.local_addrs
    }

    /// A remote control: to drain it while others still receive what has come.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Stops accepting, answers 503 to what nobody has received, lets other threads answer what
    /// they have for so long at most, and waits for the end.
    ///
    /// # Errors
    /// What the poller said, if that ended the server; a panic of the handler's log is one as well.
    pub fn drain(mut self, grace: Duration) -> io::Result<()> {
        self.end(grace)
    }

    fn end(&mut self, grace: Duration) -> io::Result<()> {
        let Some(server) = self.thread.take() else {
            return Ok(());
        };
        self.requests.refuse_all();
        self.handle.drain(grace)?;
        if server.thread().id() == thread::current().id() {
            // Its own handler has dropped it: it ends when that is done.
            return Ok(());
        }
        let ended = server.join();
        ended.unwrap_or_else(|_| Err(io::Error::other("the server has panicked")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Who wants to know calls `drain`.
        let _ = self.end(DROP_GRACE);
    }
}
