//! Who was refused at the door, held against what the documents promise: nobody whose peer has
//! fewer connections than it may.

use std::net::SocketAddr;

use super::client::{Client, address};
use super::net::{Shared, Wire};
use crate::http::peer::PeerKey;
use crate::server::engine::Engine;
use crate::server::transport::Transport;

/// Those who wait to be taken, and how many connections each peer has.
pub struct Door {
    waiting: Vec<(PeerKey, Shared<Wire>)>,
    counts: Vec<(PeerKey, usize)>,
}

impl Door {
    /// Looks at them before they are taken.
    pub fn look<T: Transport>(clients: &[Client], engine: &Engine<T>) -> Door {
        let waits = |client: &&Client| {
            let wire = client.wire.borrow();
            client.connected && wire.key.is_none() && !wire.server_gone
        };
        let waiting = clients.iter().filter(waits).map(|client| {
            let addr = SocketAddr::from((address(client.port), client.port));
            (PeerKey::of(Some(addr)), client.wire.clone())
        });
        Door {
            waiting: waiting.collect(),
            counts: engine.peers(),
        }
    }

    /// Looks at those who were taken since.
    pub fn check(self, each_max: usize) {
        for (peer, wire) in &self.waiting {
            let wire = wire.borrow();
            // Others had gone by themselves, or were told to come again.
            if wire.key.is_some() || !wire.server_reset {
                continue;
            }
            let before = self.counts.iter().find(|(other, _)| other == peer);
            let before = before.map_or(0, |(_, count)| *count);
            let own = self.waiting.iter().filter(|(other, _)| other == peer);
            let taken = own.filter(|(_, wire)| wire.borrow().key.is_some()).count();
            let is_right = each_max > 0 && before + taken >= each_max;
            assert!(
                is_right,
                "{peer:?} has {before} and {taken}, and is refused"
            );
        }
    }
}
