//! Reading ahead, before a turn's connections are driven.

use super::Engine;
use crate::handler::Handler;
use crate::http::limits::CONNECTIONS_PER_TURN;
use crate::server::drive::{Drive, Host};
use crate::server::transport::Transport;

impl<T: Transport> Engine<T> {
    /// Reads what the turn's connections have sent, as far as there is room.
    pub(super) fn read_ahead(&mut self) {
        if self.queue.len() < 2 || self.shared.draining {
            return;
        }
        // Nothing that was looked at before counts for what is read now.
        self.shared.serial += 1;
        for &key in self.queue.iter().take(CONNECTIONS_PER_TURN) {
            let Some(room) = self.shared.ahead.room() else {
                return;
            };
            let conn = self.conns.get_mut(key);
            if let Some(read) = conn.and_then(|conn| conn.read_ahead(room)) {
                self.shared.ahead.add(key, read);
            }
        }
    }

    /// Gives those that were not driven what was read of them.
    pub(super) fn hold_ahead<H: Handler>(&mut self, host: &mut Host<'_, H>) {
        while let Some(key) = self.shared.ahead.next() {
            let mut drive = Drive::new(host, &mut self.shared);
            let conn = self.conns.get_mut(key);
            let held = conn.map(|conn| conn.hold_ahead(&mut drive));
            if let Some(Err(cause)) = held {
                self.remove(key, Some(cause), host);
            }
            self.shared.ahead.forget(key);
        }
    }
}
