//! What the simulator plays scripts with: the start of one is its own.

use super::Cgi;
pub use super::child::{Plan, Spawned, Start, Stdin};
pub use super::queue::Ticket;

impl Cgi {
    /// Has scripts started in another way.
    pub(crate) fn start_by(mut self, start: Start) -> Cgi {
        self.runs.start = start;
        self
    }

    /// Whether no script runs, nobody waits for one, and no body is in a file.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.queue.is_at_rest() && self.space.is_free()
    }
}
