//! What the server answers by itself, whatever its handler is at: how it is, and that the place
//! which is kept for whoever asks this is no place for others.

use super::Conn;
use crate::handler::{Failure, Response};
use crate::http::method::Method;
use crate::http::status::Status;
use crate::http::target::Target;
use crate::server::drive::Shared;
use crate::server::marks::ConnMark;
use crate::server::transport::Transport;

impl<T: Transport> Conn<T> {
    /// The answer to the request in flight, if it is not for the handler: to a monitor, of which
    /// the log hears nothing, or to a guest that is none.
    pub(super) fn own_answer(&mut self, target: &Target, shared: &mut Shared) -> Option<Response> {
        let cycle = self.cycle.as_mut()?;
        let (head, bytes) = cycle.asked().head()?;
        if let Some(response) = health(head.method(bytes), target, shared) {
            cycle.leave_out_of_log();
            if self.requests == 0 && !self.marks.set(ConnMark::Monitor, true) {
                shared.monitors += 1;
            }
            return Some(response);
        }
        self.is_monitor_no_more(shared);
        self.marks.has(ConnMark::Guest).then(|| {
            let failure = Failure::new(Status::SERVICE_UNAVAILABLE);
            let failure = failure.cause("all connections are taken but the one for health");
            Response::error(failure).header("Retry-After", "1")
        })
    }

    /// It is somebody like any from now on, or is dropped. Returns whether it was a monitor.
    pub fn is_monitor_no_more(&mut self, shared: &mut Shared) -> bool {
        let was_one = self.marks.set(ConnMark::Monitor, false);
        shared.monitors -= usize::from(was_one);
        was_one
    }
}

/// How the server is, if that is what is asked.
pub(super) fn health(method: Method<'_>, target: &Target, shared: &Shared) -> Option<Response> {
    if shared.health.as_ref() != Some(&target.path) {
        return None;
    }
    let response = match method {
        Method::Get | Method::Head if shared.leaving => {
            Response::new(Status::SERVICE_UNAVAILABLE).text("draining")
        }
        Method::Get | Method::Head => Response::new(Status::OK).text("ok"),
        _ => Response::new(Status::METHOD_NOT_ALLOWED).header("Allow", "GET, HEAD"),
    };
    // It is true now, and for no cache to keep.
    Some(response.header("Cache-Control", "no-store"))
}
