//! What a proxy says before the first request: whose connection it passes on.

use super::Conn;
use crate::handler::{Handler, Log};
use crate::http::dialog::Takes;
use crate::http::proxy_header::{BadProxyHeader, ProxyHeader};
use crate::server::drive::Drive;
use crate::server::input::Input;
use crate::server::transport::Transport;

impl<T: Transport> Conn<T> {
    /// Its peer is a proxy, which must say that.
    #[cold]
    pub fn await_proxy_header(&mut self) {
        self.dialog.await_proxy_header();
    }

    /// Takes that in, if it is whole; returns whether anything moved.
    #[cold]
    pub(super) fn receive_proxy_header<H: Handler>(
        &mut self,
        input: &mut Input,
        drive: &mut Drive<'_, H>,
    ) -> bool {
        match ProxyHeader::read(input.rest()) {
            Ok(None) => return false,
            Ok(Some(header)) => {
                input.take(header.len);
                self.ends.pass_on(&header);
                self.dialog.proxy_header_received();
            }
            Err(bad) => self.refuse_proxy_header(bad, drive),
        }
        true
    }

    /// Closes it without a word, for nobody knows whom that would reach. Whoever has said nothing
    /// at all has only looked whether there is somebody.
    #[cold]
    pub(super) fn give_up_proxy_header<H: Handler>(
        &mut self,
        why: BadProxyHeader,
        input: &Input,
        drive: &mut Drive<'_, H>,
    ) {
        match input.rest() {
            [] => self.close(drive.now.mono),
            _ => self.refuse_proxy_header(why, drive),
        }
    }

    fn refuse_proxy_header<H: Handler>(&mut self, why: BadProxyHeader, drive: &mut Drive<'_, H>) {
        let (peer, message) = (self.ends.peer(), why.line());
        drive.log(Log::Error { peer, message });
        self.close(drive.now.mono);
    }

    /// Whether it is still waited for.
    pub(super) fn awaits_proxy_header(&self) -> bool {
        self.dialog.takes() == Takes::ProxyHeader
    }
}
