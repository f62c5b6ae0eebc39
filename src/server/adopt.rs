//! Connections that somebody else has accepted.

use std::io;
use std::os::fd::OwnedFd;

use super::Server;
use super::drive::Host;
use super::listener::{Listener, adopted};
use crate::handler::Handler;

impl<H: Handler> Server<H, Listener> {
    /// Serves a stream that somebody else has accepted, a `TcpStream` or a `UnixStream`, as if a
    /// listener had taken it: it counts among [`Builder::connections_max`], and where that is
    /// reached another makes room. It is made non-blocking. Its first bytes must be the request's.
    ///
    /// It is served from the next [`turn`](Self::turn) on.
    ///
    /// # Errors
    /// `ResourceBusy` if there is no room, and `ConnectionRefused` if its peer has as many
    /// connections as [`Limits::connections_per_peer_max`] allows, or the server is drained;
    /// `NotConnected` if it has no peer, `InvalidInput` if it is another kind of descriptor; what
    /// the poller says. The stream is closed then.
    ///
    /// ```
    /// use std::io::{Read, Write};
    /// use std::os::unix::net::UnixStream;
    /// use sprat::{Builder, Cx, Handler, Reply, Request, Response, Status};
    ///
    /// # struct Hello;
    /// # impl Handler for Hello {
    /// #     fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
    /// #         Response::new(Status::OK).text("hello").into()
    /// #     }
    /// # }
    /// # fn main() -> std::io::Result<()> {
    /// let mut server = Builder::new()?.serve(Hello);
    /// let (mut peer, stream) = UnixStream::pair()?;
    /// server.adopt(stream)?;
    /// peer.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    /// # let handle = server.handle();
    /// handle.drain(std::time::Duration::from_secs(1))?;
    /// server.run()?;
    /// let mut answer = String::new();
    /// peer.read_to_string(&mut answer)?;
    /// assert!(answer.ends_with("\r\n\r\nhello"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`Builder::connections_max`]: crate::Builder::connections_max
    /// [`Limits::connections_per_peer_max`]: crate::Limits::connections_per_peer_max
    pub fn adopt(&mut self, stream: impl Into<OwnedFd>) -> io::Result<()> {
        let came = adopted(stream.into())?;
        if self.engine.is_draining() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let now = self.clock.read();
        let mut host = Host {
            handler: &mut self.handler,
            now: &now,
            registry: self.poll.registry(),
            handle: &self.handle,
        };
        self.listeners.adopt(came, &mut self.engine, &mut host)
    }
}
