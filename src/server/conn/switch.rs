//! A connection that is switched to another protocol, by 101 (RFC 9110 section 7.8) or by the 2xx
//! that makes a tunnel (section 9.3.6): what is asked before, and how its bytes reach the exchange.

use std::borrow::Cow;

use super::Conn;
use crate::handler::{Body, Cause, Failure, Handler, Response, Role, Switch};
use crate::http::method::Method;
use crate::http::response::CONTINUE;
use crate::http::status::Status;
use crate::http::upgrade::{asks_for, is_protocol};
use crate::server::drive::Drive;
use crate::server::input::Input;
use crate::server::transport::Transport;

/// What a connection is switched to: a protocol by its name, or a tunnel.
pub(super) type Switched = Option<Cow<'static, str>>;

impl<T: Transport> Conn<T> {
    /// Puts the exchange of a response that switches in the place of the one that answered. Where
    /// that cannot be, the response becomes another, and the answer is `None`.
    #[cold]
    pub(super) fn begin_switch<H: Handler>(
        &mut self,
        response: &mut Response,
        drive: &mut Drive<'_, H>,
    ) -> Option<Switched> {
        let Role::Switch(switch) = std::mem::take(&mut response.role) else {
            return None;
        };
        if let Some(refusal) = self.refusal_of(&switch, drive) {
            *response = refusal;
            return None;
        }
        self.queue_continue(drive);
        self.end_exchange(true, drive);
        let Switch { protocol, exchange } = *switch;
        if let Some(cycle) = &mut self.cycle {
            cycle.answer_by(exchange, false);
        }
        response.body = Body::Streamed(None);
        Some(protocol)
    }

    /// What answers the request if it cannot be answered so.
    fn refusal_of<H: Handler>(
        &self,
        switch: &Switch,
        drive: &mut Drive<'_, H>,
    ) -> Option<Response> {
        let asked = self.cycle.as_ref().and_then(|cycle| cycle.asked().head());
        let bug = |what: &str, drive: &mut Drive<'_, H>| {
            self.log_bug(format_args!("{what}"), drive);
            Some(Response::error(Failure::new(Status::INTERNAL_SERVER_ERROR)))
        };
        let Some((head, buf)) = asked else {
            return bug("a request with a fault cannot be switched", drive);
        };
        let version = head.version().min(drive.shared.protocol);
        match &switch.protocol {
            None if head.method(buf) != Method::Connect => {
                return bug("Response::tunnel answers CONNECT alone", drive);
            }
            Some(protocol) if !is_protocol(protocol) => {
                return bug("Response::upgrade to what is no protocol", drive);
            }
            Some(protocol) if !asks_for(protocol, head.method(buf), version, head.headers(buf)) => {
                let failure = Failure::new(Status::UPGRADE_REQUIRED);
                return Some(Response::error(failure).header("Upgrade", protocol.clone()));
            }
            _ => {}
        }
        // The peer may not speak the other protocol inside its message; what is left of that would
        // have to be read by somebody first.
        if !self.dialog.may_switch() {
            let failure = Failure::new(Status::BAD_REQUEST);
            let failure = failure.cause("a body that nobody reads, before another protocol");
            return Some(Response::error(failure));
        }
        None
    }

    /// A peer that expects 100 must get it before 101, be there a body or not (RFC 9110 section
    /// 7.8). If there was one, it has got it already, or has not waited.
    fn queue_continue<H>(&mut self, drive: &mut Drive<'_, H>) {
        let cycle = self.cycle.as_ref();
        let expects = cycle.is_some_and(|cycle| {
            let fields = cycle.asked().fields();
            cycle.has_taken_nothing() && fields.has_token("Expect", "100-continue")
        });
        if expects && self.speaks_1_1(drive) {
            let out = self.link.buffer(&mut drive.shared.scratch);
            out.extend_from_slice(CONTINUE);
        }
    }

    /// Offers the exchange what has come.
    pub(super) fn receive_switched<H: Handler>(
        &mut self,
        input: &mut Input,
        drive: &mut Drive<'_, H>,
    ) -> Result<bool, Cause> {
        if !self.may_offer() {
            return Ok(false);
        }
        let len = input.rest().len();
        if len == 0 || drive.calls_left == 0 {
            return Ok(false);
        }
        let taken = self.hand_over(input.rest(), drive)?;
        input.take(taken);
        if let Some(cycle) = self.cycle.as_mut().filter(|_| self.dialog.is_answered()) {
            // It is pulled no more, which would use the reasons up.
            cycle.reasons().clear();
        }
        if taken < len {
            self.dialog.body_blocked();
        }
        Ok(taken > 0)
    }
}
