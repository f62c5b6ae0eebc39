//! Requests with a fault: answered as far as they can be, and their bytes not trusted any more.

use super::Conn;
use crate::handler::{Cause, Failure, Handler, Response};
use crate::http::fault::Fault;
use crate::http::limits::REQUEST_LINE_EXTRA_BYTES_MAX;
use crate::server::cycle::Cycle;
use crate::server::drive::Drive;
use crate::server::transport::Transport;

impl<T: Transport> Conn<T> {
    /// Answers a head that is wrong.
    pub(super) fn refuse_head<H: Handler>(
        &mut self,
        fault: Fault,
        bytes: &[u8],
        drive: &mut Drive<'_, H>,
    ) -> Result<(), Cause> {
        self.dialog.refuse();
        // What is no request line may be as long as the read buffer, and the log would drop it.
        // As Python: a line whose target is too long is not kept.
        let line_bytes_max = match fault {
            Fault::TargetTooLong => 0,
            _ => {
                (drive.shared.limits.target_bytes_max).saturating_add(REQUEST_LINE_EXTRA_BYTES_MAX)
            }
        };
        self.begin_faulty(bytes, line_bytes_max, drive);
        self.respond_fault(fault, drive)
    }

    fn begin_faulty<H>(&mut self, bytes: &[u8], line_bytes_max: usize, drive: &mut Drive<'_, H>) {
        let spare = drive.shared.spare_cycle.take();
        let cycle = Cycle::begin_faulty(spare, bytes, line_bytes_max, drive.now.mono);
        self.cycle = Some(cycle);
        if let Some(proxies) = &drive.shared.proxies {
            self.hear(proxies);
        }
    }

    /// Answers a fault that came after the head, or instead of it, and ends the exchange.
    pub(super) fn refuse<H: Handler>(
        &mut self,
        fault: Fault,
        drive: &mut Drive<'_, H>,
    ) -> Result<(), Cause> {
        if !self.dialog.is_unanswered() {
            // The response has begun: all that is left is to cut it.
            return Err(match fault {
                Fault::BodyTruncated => Cause::BodyTruncated,
                fault => Cause::BodyRefused(fault),
            });
        }
        self.dialog.refuse();
        if self.cycle.is_none() {
            self.begin_faulty(b"", 0, drive);
        }
        let response = self.fault_response(fault);
        self.fail(response, drive)
    }

    pub(super) fn respond_fault<H: Handler>(
        &mut self,
        fault: Fault,
        drive: &mut Drive<'_, H>,
    ) -> Result<(), Cause> {
        let response = self.fault_response(fault);
        self.respond(response, drive)
    }

    fn fault_response(&self, fault: Fault) -> Response {
        let line = (self.cycle.as_ref()).map_or(&b""[..], |cycle| cycle.asked().line());
        let failure = Failure::new(fault.status())
            .message(fault.message(line))
            .cause(fault.cause());
        Response::error(failure)
    }

    /// Answers in place of the exchange, if there is one, which is told, and ends.
    pub(super) fn fail<H: Handler>(
        &mut self,
        response: Response,
        drive: &mut Drive<'_, H>,
    ) -> Result<(), Cause> {
        let exchange = self.cycle.as_mut().and_then(|cycle| cycle.parts().1);
        let response = match exchange {
            Some(exchange) => exchange.on_failure(response),
            None => response,
        };
        self.end_exchange(false, drive);
        self.respond(response, drive)
    }
}
