//! A file that another program holds a lease on: asked for again until that lets it go.
//!
//! The first open has told the holder (fcntl(2), `F_SETLEASE`), which gives it up in a moment as a
//! rule, when it has written back what it had cached.

use std::task::Poll;
use std::time::{Duration, Instant};

use super::{FileServer, fail, missing};
use crate::files::answers::same_target;
use crate::handler::{Cx, Exchange, Reply, Request, Response};
use crate::tree::{Closed, Refused, Root};

/// How long a file under a lease is asked for. Past it: 503.
const LEASE_TIME: Duration = Duration::from_secs(2);

/// How long it is left alone between two tries.
const LEASE_STEP_TIME: Duration = Duration::from_millis(50);

/// Waits, and then has the request answered anew.
struct Waiting {
    root: Root,
    path: Vec<u8>,
    target: String,
    until: Option<Instant>,
    next: Option<Instant>,
}

impl FileServer {
    /// Answers when the file beneath the root can be opened, or never could be any more.
    pub(super) fn wait_for_lease(&self, req: &Request<'_>, path: Vec<u8>) -> Reply {
        Reply::exchange(Waiting {
            root: self.root.clone(),
            path,
            target: same_target(req),
            until: None,
            next: None,
        })
    }
}

impl Exchange for Waiting {
    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<std::io::Result<Response>> {
        let now = cx.now();
        let until = *self.until.get_or_insert(now + LEASE_TIME);
        // A body that comes along calls this for each of its pieces.
        let next = self.next.unwrap_or(now + LEASE_STEP_TIME);
        if self.next.is_some() && now >= next {
            match self
                .root
                .find_relative(&self.path, false, &Closed::default())
            {
                Err(Refused::Leased) if now >= until => {
                    return Poll::Ready(Ok(fail(missing(Refused::Leased))));
                }
                Err(Refused::Leased) => {}
                // Whatever it is now, the file server says it.
                _ => return Poll::Ready(Ok(Response::reroute(self.target.clone()))),
            }
            self.next = Some(now + LEASE_STEP_TIME);
        } else {
            self.next = Some(next);
        }
        cx.set_deadline(self.next);
        Poll::Pending
    }
}

#[cfg(test)]
mod tests;
