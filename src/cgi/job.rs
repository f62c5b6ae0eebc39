//! What one run of a script is to do: made from a request, and then independent of it.

use std::time::Duration;

use super::child::{Plan, Start};
use crate::tree::View;

/// What a script run is to do, independent of the request it came from.
pub struct Job {
    /// The script's URL path, for the log.
    pub name: String,
    /// Where it is looked for.
    pub tree: View,
    /// Its path there, without a slash at its start.
    pub script: Vec<u8>,
    /// What to start.
    pub plan: Plan,
    /// How to start it.
    pub start: Start,
    /// Whether the request is a HEAD.
    pub is_head: bool,
    /// Whether the script's output is the whole message (`nph-`).
    pub speaks_http: bool,
    /// How long the script may be silent; `None` for ever.
    pub silence: Option<Duration>,
    /// How long the request waits for its turn.
    pub patience: Duration,
}
