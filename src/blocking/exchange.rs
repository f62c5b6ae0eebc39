//! The exchange of a request that a worker answers, on the server's thread.

use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::hatch::{CloseReason, Given, Hatch, Pulled};
use crate::handler::{Cx, Exchange, Failure, Pull, Response, Sink};
use crate::http::limits::LINGER_TIME;
use crate::http::status::Status;

/// A request that waits for a worker: to take it, to read it, to answer.
pub struct Visit {
    hatch: Arc<Hatch>,
    /// How long the worker may do nothing before it answers; `None` for ever.
    answer_time: Option<Duration>,
    /// What it had done when that was looked at.
    acts: u64,
    is_late: bool,
}

impl Visit {
    /// Begins it, within the call of a handler.
    pub fn begin(hatch: Arc<Hatch>, answer_time: Duration, cx: &mut Cx<'_>) -> Visit {
        hatch.set_waker(cx.waker());
        let mut visit = Visit {
            hatch,
            answer_time: (!answer_time.is_zero()).then_some(answer_time),
            acts: 0,
            is_late: false,
        };
        visit.wait_again(cx);
        visit
    }

    fn wait_again(&mut self, cx: &mut Cx<'_>) {
        let at = self.answer_time.and_then(|time| cx.now().checked_add(time));
        cx.set_deadline(at);
    }
}

impl Exchange for Visit {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        Ok(self.hatch.put(chunk))
    }

    fn wants_body(&self) -> bool {
        self.hatch.wants_bytes()
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.hatch.end_inward();
        Ok(())
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        match self.hatch.has_acted(&mut self.acts) {
            true => self.wait_again(cx),
            false => self.is_late = true,
        }
        Ok(())
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        let given = match self.hatch.take_given() {
            Some(given) => given,
            None if self.is_late => {
                self.hatch.close(CloseReason::Late);
                let failure = Failure::new(Status::GATEWAY_TIMEOUT);
                let failure = failure.cause("no thread has answered in time");
                return Poll::Ready(Ok(Response::error(failure)));
            }
            None => return Poll::Pending,
        };
        cx.set_deadline(None);
        Poll::Ready(match given {
            Given::Response(parcel) => Ok(parcel.unpack()),
            Given::Switch(protocol, fields) => {
                // From here on it is the other exchange's.
                let hatch = std::mem::take(&mut self.hatch);
                let response = Response::upgrade(protocol, Stay::new(hatch));
                let add = |response: Response, (name, value)| response.header(name, value);
                Ok(fields.into_iter().fold(response, add))
            }
            Given::Nothing => {
                self.hatch.close(CloseReason::Closed);
                let words = "a request was dropped without an answer";
                Err(io::Error::other(words))
            }
        })
    }

    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        pull(&self.hatch, out)
    }

    fn on_failure(&mut self, response: Response) -> Response {
        self.hatch.close(CloseReason::Refused(response.status()));
        response
    }
}

/// However it ends: the last call may never come, if the server is dropped.
impl Drop for Visit {
    fn drop(&mut self) {
        self.hatch.close(CloseReason::Closed);
    }
}

fn pull(hatch: &Hatch, out: &mut Sink<'_>) -> io::Result<Pull> {
    Ok(match hatch.pull(out)? {
        Pulled::Full => Pull::More,
        Pulled::Dry => Pull::Pending,
        Pulled::All => Pull::Done,
    })
}

/// A connection that speaks another protocol with a worker.
struct Stay {
    hatch: Arc<Hatch>,
    has_waker: bool,
}

impl Stay {
    fn new(hatch: Arc<Hatch>) -> Stay {
        Stay {
            hatch,
            has_waker: false,
        }
    }

    /// The one that was taken before the switch does nothing any more.
    fn renew_waker(&mut self, cx: &mut Cx<'_>) {
        if !std::mem::replace(&mut self.has_waker, true) {
            self.hatch.set_waker(cx.waker());
        }
    }

    /// Nobody reads any more: the peer has some time to end its side, from the first time that
    /// this is seen.
    fn linger(cx: &mut Cx<'_>) {
        if cx.deadline().is_none() {
            cx.set_deadline(cx.now().checked_add(LINGER_TIME));
        }
    }
}

impl Exchange for Stay {
    fn on_body(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        self.renew_waker(cx);
        if self.hatch.is_deaf() {
            Stay::linger(cx);
            return Ok(chunk.len());
        }
        Ok(self.hatch.put(chunk))
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.hatch.end_inward();
        Ok(())
    }

    fn on_deadline(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "a peer goes on after its stream was dropped",
        ))
    }

    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        self.renew_waker(cx);
        let pulled = pull(&self.hatch, out)?;
        if pulled == Pull::Done && self.hatch.is_deaf() {
            Stay::linger(cx);
        }
        Ok(pulled)
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.hatch.close(CloseReason::Closed);
    }
}
