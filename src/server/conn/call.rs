//! How code that is not the server's is called: one way for handlers, exchanges and sources.

use std::io;

use super::Conn;
use crate::handler::{Cx, Exchange, Handler};
use crate::http::method::Version;
use crate::server::cycle::RequestHead;
use crate::server::drive::Drive;
use crate::server::link::Link;
use crate::server::transport::Transport;

/// Who may be called, and with what.
pub(super) struct Called<'a, H, T> {
    pub handler: &'a mut H,
    pub asked: &'a RequestHead,
    pub exchange: Option<&'a mut Box<dyn Exchange>>,
    pub link: &'a mut Link<T>,
}

impl<T: Transport> Conn<T> {
    /// Calls somebody, with the context of the request in flight (`None` if there is none), and
    /// does what was asked of the server meanwhile.
    pub(super) fn call<H: Handler, R>(
        &mut self,
        drive: &mut Drive<'_, H>,
        act: impl FnOnce(Called<'_, H, T>, &mut Cx<'_>) -> R,
    ) -> Option<R> {
        let key = self.key();
        let (asked, exchange, wake_ups) = self.cycle.as_mut()?.parts();
        drive.calls_left = drive.calls_left.saturating_sub(1);
        let (now, registry, handle) = (drive.now, drive.registry, drive.handle);
        let mut cx = drive.shared.cx(now, registry, handle, key, wake_ups);
        let called = Called {
            handler: drive.handler,
            asked,
            exchange,
            link: &mut self.link,
        };
        let result = act(called, &mut cx);
        drive.settle(key, self.ends.peer());
        self.queue_interim(drive);
        Some(result)
    }

    /// Calls the exchange, if there is one. Its error is answered 500 if no response is known yet.
    pub(super) fn call_exchange<H: Handler>(
        &mut self,
        drive: &mut Drive<'_, H>,
        act: impl FnOnce(&mut Box<dyn Exchange>, &mut Cx<'_>) -> io::Result<()>,
    ) -> Result<(), crate::handler::Cause> {
        let result = self.call(drive, |called, cx| match called.exchange {
            Some(exchange) => act(exchange, cx),
            None => Ok(()),
        });
        match result {
            Some(Err(error)) => self.fail_exchange(error, drive),
            _ => Ok(()),
        }
    }

    /// Drops the exchange, after its last call; `well` if it has come to its end.
    pub(super) fn end_exchange<H: Handler>(&mut self, well: bool, drive: &mut Drive<'_, H>) {
        let exchange = self.cycle.as_mut().and_then(|cycle| cycle.take_exchange());
        let Some(mut exchange) = exchange else {
            return;
        };
        self.call(drive, |_, cx| {
            exchange.on_close(cx);
            cx.effects.interim.clear();
        });
        if let Some(cycle) = &mut self.cycle {
            cycle.end_wake_ups();
        }
        let now = drive.now.mono;
        drive.shared.reaper.release(self.key(), well, now);
    }

    /// Queues the interim responses that a call has left, or drops them: HTTP/1.0 knows none (RFC
    /// 9110 section 15.2), and a peer that does not read gets no more, for they are hints, and this
    /// is a bound.
    fn queue_interim<H: Handler>(&mut self, drive: &mut Drive<'_, H>) {
        if drive.shared.effects.interim.is_empty() {
            return;
        }
        if self.speaks_1_1(drive) && self.dialog.is_unanswered() && self.link.has_room() {
            let out = self.link.buffer(&mut drive.shared.scratch);
            out.extend_from_slice(&drive.shared.effects.interim);
        }
        drive.shared.effects.interim.clear();
    }

    /// Whether the request and the server are of HTTP/1.1.
    pub(super) fn speaks_1_1<H>(&self, drive: &Drive<'_, H>) -> bool {
        let asked = self.cycle.as_ref().map(|cycle| cycle.asked().version());
        asked == Some(Version::Http11) && drive.shared.protocol == Version::Http11
    }
}
