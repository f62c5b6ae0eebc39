//! The door between a handler and the workers.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::exchange::Visit;
use super::hatch::Hatch;
use super::lobby::{Lobby, Taken};
use super::request::Request;
use crate::handler;
use crate::handler::{Cx, Failure, Handler, OwnedRequest, Reply};
use crate::http::framing::BodyLen;
use crate::http::status::Status;

/// What a [door](door()) allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DoorLimits {
    /// Most requests that wait to be received, a count; 1024. The next one is answered 503, at
    /// once. What waits has no memory but that of its head
    /// ([`Limits::head_bytes_max`](crate::Limits::head_bytes_max)) twice.
    pub requests_max: usize,
    /// How long a request may wait for its answer while nobody does anything about it: receives it,
    /// or takes bytes of its body; 60 seconds. Past it: 504, and an error for whoever answers
    /// later. The time for which a reader waits for the peer does not count, and nor does that of a
    /// response which has begun. Zero means no limit.
    pub answer_time: Duration,
}

impl Default for DoorLimits {
    fn default() -> DoorLimits {
        DoorLimits {
            requests_max: 1024,
            answer_time: Duration::from_secs(60),
        }
    }
}

/// A door, and the requests behind it: what a handler [passes](Door::pass) through the one is
/// [received](Requests::recv) from the other, by any thread.
///
/// ```
/// use std::thread;
/// use sprat::blocking::{DoorLimits, door};
/// use sprat::{Builder, Response, Status};
///
/// # fn main() -> std::io::Result<()> {
/// let builder = Builder::bind("127.0.0.1:0")?;
/// let (door, requests) = door(DoorLimits::default());
/// let worker = thread::spawn(move || {
///     for request in requests.incoming() {
///         let slow = Response::new(Status::OK).text("at last\n");
///         request.respond(slow).ok();
///     }
/// });
/// let mut server = builder.serve(sprat::handler(move |req, cx| match req.path() {
///     "/slow" => door.pass(req, cx),
///     _ => Response::new(Status::OK).text("at once\n").into(),
/// }));
/// # server.handle().stop()?;
/// server.run()?;
/// drop(server);
/// worker.join().unwrap();
/// # Ok(())
/// # }
/// ```
pub fn door(limits: DoorLimits) -> (Door, Requests) {
    let lobby = Arc::new(Lobby::new(limits.requests_max, Request::is_over));
    let requests = Requests {
        lobby: Arc::clone(&lobby),
    };
    (Door { lobby, limits }, requests)
}

/// Where a handler passes requests to [those who receive them](Requests). It is a [`Handler`]
/// itself, which passes all. When it is dropped, as with its server, they are told.
pub struct Door {
    lobby: Arc<Lobby<Request>>,
    limits: DoorLimits,
}

impl Door {
    /// Answers by a thread that will receive the request.
    pub fn pass(&self, req: &handler::Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let hatch = Arc::new(Hatch::default());
        if matches!(req.body_len(), BodyLen::None | BodyLen::Exact(0)) {
            hatch.end_inward();
        }
        // First, for it may be answered before this returns.
        let visit = Visit::begin(Arc::clone(&hatch), self.limits.answer_time, cx);
        let request = Request::new(OwnedRequest::from(req), hatch);
        if let Err(request) = self.lobby.put(request) {
            drop((visit, request));
            cx.set_deadline(None);
            let failure = Failure::new(Status::SERVICE_UNAVAILABLE);
            return failure.cause("too many requests wait at the door").into();
        }
        Reply::exchange(visit)
    }
}

impl Handler for Door {
    fn handle(&mut self, req: &handler::Request<'_>, cx: &mut Cx<'_>) -> Reply {
        self.pass(req, cx)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.lobby.close();
    }
}

/// The requests that came through a [`Door`], in order. Threads may share it; each request goes to
/// one of them.
///
/// With the drop no more are let in, and those that nobody has received are answered 503.
pub struct Requests {
    lobby: Arc<Lobby<Request>>,
}

impl Requests {
    /// Waits for a request, and takes it. One whose peer has gone meanwhile is left out.
    ///
    /// # Errors
    /// `NotConnected` when the door was dropped and no request is left; an error without a kind of
    /// its own (`Other`) when [unblocked](Self::unblock).
    pub fn recv(&self) -> io::Result<Request> {
        self.take(None)?.ok_or_else(unblocked)
    }

    /// Takes a request, if there is one.
    ///
    /// # Errors
    /// `NotConnected` as [`recv`](Self::recv).
    pub fn try_recv(&self) -> io::Result<Option<Request>> {
        self.take(Some(Duration::ZERO))
    }

    /// Waits for a request, for so long at most.
    ///
    /// # Errors
    /// Those of [`recv`](Self::recv).
    pub fn recv_timeout(&self, time: Duration) -> io::Result<Option<Request>> {
        self.take(Some(time))
    }

    fn take(&self, time: Option<Duration>) -> io::Result<Option<Request>> {
        received(self.lobby.take(time))
    }

    /// The requests, one after the other, until [`recv`](Self::recv) gives an error.
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { requests: self }
    }

    /// Has one thread that waits for a request return without one, or the next one that would wait.
    pub fn unblock(&self) {
        self.lobby.unblock();
    }

    /// Lets no more in, and answers those that nobody has received with 503.
    pub(super) fn refuse_all(&self) {
        self.lobby.close();
        self.lobby.empty().into_iter().for_each(Request::refuse);
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        self.refuse_all();
    }
}

fn received(taken: Taken<Request>) -> io::Result<Option<Request>> {
    match taken {
        Taken::Item(request) => {
            request.received();
            Ok(Some(request))
        }
        Taken::Nothing => Ok(None),
        Taken::Unblocked => Err(unblocked()),
        Taken::Closed => {
            let kind = io::ErrorKind::NotConnected;
            Err(io::Error::new(kind, "the server has ended"))
        }
    }
}

fn unblocked() -> io::Error {
    io::Error::other("unblocked")
}

/// What [`Requests::incoming`] gives.
pub struct Incoming<'a> {
    requests: &'a Requests,
}

impl Iterator for Incoming<'_> {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        self.requests.recv().ok()
    }
}
