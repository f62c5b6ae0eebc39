//! One request in flight that goes both ways.

use std::io;
use std::process::ExitStatus;
use std::task::Poll;

use super::cx::Cx;
use super::response::Response;
use super::stream::{Pull, Sink};

/// One request in flight that reads its body, or answers later, or does both at the same time.
///
/// One that was given to [`Response::upgrade`] or [`Response::tunnel`] speaks another protocol. A
/// body is for it all that the peer sends from then on, and all that it sends itself.
///
/// An error from any method before the response is known is answered 500; after it the connection
/// is cut.
pub trait Exchange {
    /// Offers all request-body bytes that have arrived. Returns how many were taken; taking fewer
    /// than offered pauses the peer. The rest is offered again when the exchange is
    /// [woken](Cx::waker), its [deadline](Cx::set_deadline) passes, one of its sources is ready,
    /// one of its children ends, the peer ends its stream, the server begins to drain, or bytes
    /// were pulled from it. After each offer it is asked for its response, if that is not known
    /// yet: to refuse a body, take nothing and answer.
    ///
    /// # Errors
    /// See [`Exchange`].
    fn on_body(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        let _ = cx;
        Ok(chunk.len())
    }

    /// Whether body bytes would be taken now. A peer that waits for `100 Continue` gets it when
    /// this is first true after `poll_response` was pending.
    fn wants_body(&self) -> bool {
        true
    }

    /// The request body is complete.
    ///
    /// # Errors
    /// See [`Exchange`].
    fn on_body_end(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        let _ = cx;
        Ok(())
    }

    /// The source registered through `cx.register(.., which, ..)` is ready (a hint: it may not be).
    ///
    /// # Errors
    /// See [`Exchange`].
    fn on_ready(&mut self, which: u8, cx: &mut Cx<'_>) -> io::Result<()> {
        let _ = (which, cx);
        Ok(())
    }

    /// A child given to `cx.adopt` ended and was reaped.
    ///
    /// # Errors
    /// See [`Exchange`].
    fn on_exit(&mut self, status: ExitStatus, cx: &mut Cx<'_>) -> io::Result<()> {
        let _ = (status, cx);
        Ok(())
    }

    /// The deadline set through `cx.set_deadline` passed.
    ///
    /// # Errors
    /// See [`Exchange`].
    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        let _ = cx;
        Ok(())
    }

    /// The response, once: `Pending` until it is known. May be ready before the body has ended.
    ///
    /// Only an exchange that begins after a response ([`Response::upgrade`]) is never asked; to
    /// another that does not answer this is an error.
    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        let _ = cx;
        Poll::Ready(Err(io::Error::other("bug: an exchange that cannot answer")))
    }

    /// Body bytes, asked for only after `poll_response` gave
    /// [`Body::Streamed`](crate::Body::Streamed), or after a switch to another protocol.
    ///
    /// # Errors
    /// See [`Exchange`].
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        let _ = (out, cx);
        Ok(Pull::Done)
    }

    /// The server answers in its place: 500 for its error or because nothing would wake it, 408 or
    /// 413 for a body that it does not get. Returns what is answered instead. An exchange around
    /// another one hands it on, as [`Reply::map`](crate::Reply::map) does.
    fn on_failure(&mut self, response: Response) -> Response {
        response
    }

    /// The last call before the drop, however the exchange ended: deregister, let go, log.
    fn on_close(&mut self, cx: &mut Cx<'_>) {
        let _ = cx;
    }
}
