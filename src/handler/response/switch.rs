//! Responses after which the connection speaks HTTP no more: it is switched to another protocol
//! (RFC 9110 sections 7.8 and 9.3.6), or ends with bytes that are not ours.

use std::borrow::Cow;

use super::{Response, Role};
use crate::handler::exchange::Exchange;
use crate::http::status::Status;

/// What a connection is switched to.
pub struct Switch {
    /// The protocol's name; none for a tunnel.
    pub protocol: Option<Cow<'static, str>>,
    /// Who speaks it.
    pub exchange: Box<dyn Exchange>,
}

impl Response {
    /// A response whose body is the whole message, status line included; the connection closes
    /// after it (RFC 3875 section 5, `nph-` scripts). `status` is for the log only.
    pub fn raw(status: Status) -> Response {
        let mut response = Response::new(status).close();
        response.role = Role::Raw;
        response
    }

    /// 101: switches the connection to this protocol, which `exchange` speaks from then on
    /// (RFC 9110 section 7.8). The server writes `Upgrade` and `Connection`; others can be added.
    ///
    /// What the peer sends after its request goes to [`Exchange::on_body`] as it is, with the same
    /// backpressure, the end of its stream to [`on_body_end`](Exchange::on_body_end); what
    /// [`Exchange::pull`] puts goes to the peer. [`Pull::Done`](crate::Pull::Done) ends our side of
    /// the stream, while what the peer sends is still offered. When both sides have ended, or with
    /// an error of the exchange, the connection is closed. Deadlines, wakers, sources and children
    /// work as in every exchange; what was [registered](crate::Cx::register) in
    /// [`Handler::handle`](crate::Handler::handle), or a waker that was taken there, is this
    /// exchange's; one that has only made this response is closed, and all that is its own with it.
    ///
    /// While nothing is sent or received, the connection is cut after
    /// [`Limits::stall_time`](crate::Limits::stall_time), unless the exchange has set a deadline.
    ///
    /// A request that does not [ask for the protocol](crate::Request::asks_for_upgrade) is answered
    /// 426 instead. One that has a body must have been read ([`Reply::collect`](crate::Reply)): it
    /// is answered 400 if it has not. The exchange is dropped then, without a call.
    ///
    /// ```
    /// use std::io;
    /// use sprat::{Cx, Exchange, Pull, Reply, Request, Response, Sink};
    ///
    /// /// Sends back what it is sent.
    /// #[derive(Default)]
    /// struct Echo {
    ///     bytes: Vec<u8>,
    ///     ended: bool,
    /// }
    ///
    /// impl Exchange for Echo {
    ///     fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
    ///         // What it does not take waits, and so does the peer.
    ///         let taken = chunk.len().min(4096 - self.bytes.len());
    ///         self.bytes.extend_from_slice(&chunk[..taken]);
    ///         Ok(taken)
    ///     }
    ///
    ///     fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
    ///         self.ended = true;
    ///         Ok(())
    ///     }
    ///
    ///     fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
    ///         let put = out.put(&self.bytes);
    ///         self.bytes.drain(..put);
    ///         Ok(match self.bytes.is_empty() {
    ///             true if self.ended => Pull::Done,
    ///             true => Pull::Pending,
    ///             false => Pull::More,
    ///         })
    ///     }
    /// }
    ///
    /// fn handle(_: &Request<'_>, _: &mut Cx<'_>) -> Reply {
    ///     Response::upgrade("echo", Echo::default()).into()
    /// }
    /// ```
    pub fn upgrade(
        protocol: impl Into<Cow<'static, str>>,
        exchange: impl Exchange + 'static,
    ) -> Response {
        Response::switch(Status::SWITCHING_PROTOCOLS, Some(protocol.into()), exchange)
    }

    /// 200 to CONNECT: makes a tunnel of the connection (RFC 9110 section 9.3.6), whose bytes go to
    /// and come from `exchange`, by the rules of [`upgrade`](Self::upgrade). [`Request::host`] is
    /// where the peer wants to go: whom to let go where is for the handler to decide, and to refuse
    /// all is what the stock handlers do.
    ///
    /// To another method it is 500, with a `bug:` line in the log. A 2xx to CONNECT that is made in
    /// another way would be a tunnel for its peer, too, and is answered 501 instead.
    ///
    /// [`Request::host`]: crate::Request::host
    pub fn tunnel(exchange: impl Exchange + 'static) -> Response {
        Response::switch(Status::OK, None, exchange)
    }

    fn switch(
        status: Status,
        protocol: Option<Cow<'static, str>>,
        exchange: impl Exchange + 'static,
    ) -> Response {
        let exchange = Box::new(exchange);
        Response {
            role: Role::Switch(Box::new(Switch { protocol, exchange })),
            ..Response::new(status)
        }
    }
}
