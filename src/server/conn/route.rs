//! From a request's head to whoever answers it: the handler is asked, its reply taken, a local
//! redirect followed.

use super::Conn;
use super::health::health;
use crate::handler::{
    Arrival, Cause, Exchange, Expectation, Failure, Handler, Reply, Request, Response, Role,
    TrustedProxies,
};
use crate::http::body::Decoder;
use crate::http::fault::Fault;
use crate::http::forwarded::ForwardedFor;
use crate::http::framing::{self, BodyLen};
use crate::http::head::Head;
use crate::http::limits::REROUTES_MAX;
use crate::http::method::Version;
use crate::http::reroute::with_target;
use crate::http::status::Status;
use crate::http::target::Target;
use crate::server::drive::Drive;
use crate::server::transport::Transport;

impl<T: Transport> Conn<T> {
    /// Hands a request to the handler. `more` says that bytes follow its head already.
    pub(super) fn route<H: Handler>(
        &mut self,
        more: bool,
        drive: &mut Drive<'_, H>,
    ) -> Result<(), Cause> {
        if let Some(proxies) = &drive.shared.proxies {
            self.hear(proxies);
        }
        let asked = self.cycle.as_ref().and_then(|cycle| cycle.asked().head());
        let Some((head, buf)) = asked else {
            return Ok(());
        };
        let framing = framing::decide(head, buf, &drive.shared.limits);
        let room = std::mem::take(&mut drive.shared.path_room);
        let target = Target::parse_for(head.method(buf), head.target(buf), room);
        let (framing, target) = match framing.and_then(|framing| Ok((framing, target?))) {
            Ok(parsed) => parsed,
            Err(fault) => {
                self.dialog.refuse();
                return self.respond_fault(fault, drive);
            }
        };
        let protocol = drive.shared.protocol;
        let keep_alive = framing.keep_alive && protocol == Version::Http11;
        let waits = framing.expects_continue && protocol == Version::Http11;
        self.dialog
            .head_received(Decoder::new(framing.body), keep_alive, waits && !more);
        if let Some(response) = self.own_answer(&target, drive.shared) {
            drive.shared.path_room = target.into_room();
            return self.give(response, drive);
        }
        if framing.expects && protocol == Version::Http11 {
            let expectation = self.ask_expectation(&target, framing.body, drive);
            if let Some(Expectation::Reject(response)) = expectation {
                if framing.body != BodyLen::None {
                    self.dialog.refuse();
                }
                return self.respond(response, drive);
            }
        }
        let reply = self.ask_handler(None, &target, framing.body, drive);
        drive.shared.path_room = target.into_room();
        let Some(reply) = reply else {
            return Ok(());
        };
        match reply {
            // A peer that waits for 100 is told an answer that is known instead.
            Reply::Respond(response) => return self.give(response, drive),
            Reply::Exchange(exchange) => self.begin_exchange(exchange, drive),
        }
        match framing.body {
            BodyLen::None => self.call_exchange(drive, |exchange, cx| exchange.on_body_end(cx)),
            _ => Ok(()),
        }
    }

    /// Finds out who asks, and how: of a head with a fault nothing is known.
    // Out of the way of all the servers that trust nobody.
    #[cold]
    pub(super) fn hear(&mut self, proxies: &TrustedProxies) {
        let fields = self.cycle.as_ref().map(|cycle| cycle.asked().fields());
        let told = fields.zip(self.ends.speaker());
        let told = told.map(|(fields, peer)| proxies.asker(peer, fields));
        let ForwardedFor { peer, scheme } = told.unwrap_or_default();
        self.ends.ask_for(peer);
        let scheme = scheme.or(self.ends.scheme());
        self.scheme = scheme.unwrap_or(self.link.scheme());
    }

    /// Calls the handler with the request in flight, or with the head of another in its place.
    fn ask_handler<H: Handler>(
        &mut self,
        other: Option<(&Head, &[u8])>,
        target: &Target,
        body_len: BodyLen,
        drive: &mut Drive<'_, H>,
    ) -> Option<Reply> {
        let arrival = self.arrival(drive);
        self.call(drive, |called, cx| {
            let asked = other.or(called.asked.head())?;
            let request = request(asked, target, body_len, &arrival);
            Some(called.handler.handle(&request, cx))
        })?
    }

    fn ask_expectation<H: Handler>(
        &mut self,
        target: &Target,
        body_len: BodyLen,
        drive: &mut Drive<'_, H>,
    ) -> Option<Expectation> {
        let arrival = self.arrival(drive);
        let asked = self.cycle.as_ref()?.asked().head()?;
        let request = request(asked, target, body_len, &arrival);
        Some(drive.handler.expect_continue(&request))
    }

    fn arrival<H>(&self, drive: &mut Drive<'_, H>) -> Arrival {
        drive.shared.serial += 1;
        Arrival {
            peer: self.ends.peer(),
            proxy: self.ends.proxy(),
            local: self.ends.addrs().1,
            received: drive.now.wall,
            scheme: self.scheme,
            protocol: drive.shared.protocol,
            serial: drive.shared.serial,
        }
    }

    fn begin_exchange<H>(&mut self, exchange: Box<dyn Exchange>, drive: &Drive<'_, H>) {
        let may_probe = self.speaks_1_1(drive);
        if let Some(cycle) = &mut self.cycle {
            cycle.answer_by(exchange, may_probe);
        }
    }

    /// Answers with this, or with what it redirects to: a local redirect is the same request as a
    /// GET or HEAD of another target, without its body.
    pub(super) fn give<H: Handler>(
        &mut self,
        mut response: Response,
        drive: &mut Drive<'_, H>,
    ) -> Result<(), Cause> {
        self.dialog.answer_known();
        loop {
            let target = match &mut response.role {
                Role::Reroute(target) => std::mem::take(target),
                _ => return self.respond(response, drive),
            };
            self.end_exchange(true, drive);
            let reroutes = self.cycle.as_mut().map_or(0, |cycle| cycle.rerouted());
            let reply = match reroutes > REROUTES_MAX {
                true => Response::error(failure("too many local redirects")).into(),
                false => self.reroute(&target, drive),
            };
            match reply {
                Reply::Respond(other) => response = other,
                Reply::Exchange(exchange) => {
                    self.begin_exchange(exchange, drive);
                    return self.call_exchange(drive, |exchange, cx| exchange.on_body_end(cx));
                }
            }
        }
    }

    /// Asks the handler for what a local redirect leads to. The log and the framing go on by what
    /// the peer asked.
    fn reroute<H: Handler>(&mut self, target: &str, drive: &mut Drive<'_, H>) -> Reply {
        // Whoever answers now is told of no body: this one is nobody's.
        self.dialog.rerouted();
        // What it leads to may just have been made.
        drive.shared.serial += 1;
        let asked = self.cycle.as_ref().and_then(|cycle| cycle.asked().head());
        let buf = asked.and_then(|(_, buf)| with_target(buf, target));
        let parsed = buf.as_deref().ok_or(Fault::BadTarget).and_then(|buf| {
            let head = Head::parse(buf, &drive.shared.limits)?;
            let target = Target::parse(head.target(buf))?;
            Ok((buf, head, target))
        });
        let reply = parsed.ok().and_then(|(buf, head, target)| {
            match health(head.method(buf), &target, drive.shared) {
                Some(response) => Some(response.into()),
                None => self.ask_handler(Some((&head, buf)), &target, BodyLen::None, drive),
            }
        });
        let bad = || Response::error(failure("local redirect to no valid target"));
        reply.unwrap_or_else(|| bad().into())
    }
}

/// What a handler is shown.
fn request<'a>(
    (head, buf): (&'a Head, &'a [u8]),
    target: &'a Target,
    body_len: BodyLen,
    arrival: &'a Arrival,
) -> Request<'a> {
    Request {
        buf,
        head,
        target,
        whole: &target.path,
        body_len,
        arrival,
    }
}

fn failure(cause: &'static str) -> Failure {
    Failure::new(Status::INTERNAL_SERVER_ERROR).cause(cause)
}
