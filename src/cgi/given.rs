//! A request body as its script gets it.

use super::child::Stdin;
use super::queue::Ticket;
use super::spool::Spooled;

/// What there is of the body when the script starts.
pub enum GivenBody {
    /// There is none.
    Nothing,
    /// These bytes are here, and more come while the script runs.
    Begun(Vec<u8>),
    /// It is here.
    Whole(Spooled),
}

impl GivenBody {
    /// What the script's stdin is, the bytes to write to it, and whether they are all. The ticket
    /// keeps what lasts as long as the script.
    pub fn open(self, ticket: &mut Ticket) -> (Stdin, Vec<u8>, bool) {
        match self {
            GivenBody::Nothing => (Stdin::Nothing, Vec::new(), true),
            GivenBody::Begun(start) => (Stdin::Pipe, start, false),
            GivenBody::Whole(Spooled::Memory(body)) if body.is_empty() => {
                (Stdin::Nothing, body, true)
            }
            GivenBody::Whole(Spooled::Memory(body)) => (Stdin::Pipe, body, true),
            GivenBody::Whole(Spooled::File(file, share)) => {
                ticket.keep(share);
                (Stdin::File(file), Vec::new(), true)
            }
        }
    }
}
