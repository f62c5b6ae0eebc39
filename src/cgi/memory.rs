//! What script runs may take in the server, from the limits. What the scripts take is theirs.

use super::env::Variable;
use super::limits::{
    ARGUMENTS_MAX, HEAD_BYTES_MAX, READ_BYTES, SPOOL_MEMORY_BYTES_MAX, STDERR_BYTES_MAX,
    STDERR_LINE_BYTES_MAX, WAITING_MAX,
};
use super::serve::Cgi;
use super::turns::PEER_BYTES;
use crate::http::limits::{FIELDS_MAX, Limits};
use crate::http::memory::Memory;
use crate::http::peer::COUNT_BYTES;

/// Copies of a target in a plan beside the one that the head is counted with, at most, each with
/// the root before it: REQUEST_URI; PATH_INFO and PATH_TRANSLATED, or QUERY_STRING and the
/// arguments; a script's path, half a target at most, five times.
const TARGET_COPIES: usize = 4;

/// Variables that every plan has, a count, rounded up.
const META_VARIABLES: usize = 32;

/// What a variable takes beside its bytes, in bytes: two vectors in a list that doubles, the
/// rounding of two small blocks, `HTTP_`.
const VARIABLE_BYTES: usize = 2 * size_of::<Variable>() + 2 * 32;

/// What an argument, or a field of the script's, takes beside its bytes, likewise.
const WORD_BYTES: usize = 2 * size_of::<Vec<u8>>() + 32;

/// The run itself, its pipes and its place in the queue, in bytes.
const RUN_BYTES: usize = 2 * 1024;

/// A script's stack until it runs its program, in bytes, and what supervises it.
const CHILD_BYTES: usize = 20 * 1024;

/// Copies of a plan that are made while a script is started: words, names and values for the
/// kernel, and pointers to them.
const START_COPIES: usize = 3;

/// The shortest line of stderr with the name before it, in bytes: `/x: y` and its line end.
const STDERR_LINE_BYTES_MIN: usize = 6;

impl Cgi {
    /// What runs take under these limits of the server, beside what
    /// [`Limits::memory`] has for each connection.
    ///
    /// A request for a script has its environment, and what was gathered of its body, and any
    /// connection may have one, for those that wait are not few. A script that was started has its
    /// environment and the buffers for its output until it is gone, which may be later than its
    /// connection. Chunked bodies past 64 KiB are in temporary files: where the directory of these
    /// is in memory, so are they, together up to [`spool_max`](crate::CgiBuilder::spool_max).
    pub fn memory(&self, limits: &Limits) -> Memory {
        let limits = limits.within_bounds();
        let (head_bytes_max, target_bytes_max) = (limits.head_bytes_max, limits.target_bytes_max);
        let (own, own_bytes) = self.runs.variables.size();
        let root_bytes = self.root.path().as_os_str().len();
        let plan = head_bytes_max
            + TARGET_COPIES * (target_bytes_max + root_bytes)
            + own_bytes
            + (FIELDS_MAX + META_VARIABLES + own) * VARIABLE_BYTES
            + ARGUMENTS_MAX * WORD_BYTES;
        let fields = HEAD_BYTES_MAX + FIELDS_MAX * 2 * WORD_BYTES;
        let output = READ_BYTES + fields.max(READ_BYTES) + 2 * STDERR_LINE_BYTES_MAX;
        let script = plan + CHILD_BYTES + output;
        let scripts = self.queue.running_max().saturating_mul(script);
        let peers = self.queue.running_max().saturating_add(WAITING_MAX);
        let peers = peers.saturating_mul(PEER_BYTES);
        // A body in a file is a script's, or one that is still gathered.
        let (running, each) = match self.space.limits_peers() {
            true => (self.queue.running_max(), COUNT_BYTES),
            false => (0, 0),
        };
        let running = running.saturating_mul(each);
        let lines = STDERR_BYTES_MAX / STDERR_LINE_BYTES_MIN * WORD_BYTES + STDERR_BYTES_MAX;
        Memory::default()
            .plus("scripts that run", scripts, 0)
            .plus("peers that scripts run for, or who wait", peers, 0)
            .plus("counts of bodies in files, by peer", running, each)
            .plus("a script that is started", START_COPIES * plan, 0)
            .plus("a script's lines for the log", lines, 0)
            .plus("an environment for a script", 0, RUN_BYTES + plan)
            .plus(
                "the start of a body for a script",
                0,
                SPOOL_MEMORY_BYTES_MAX,
            )
    }
}
