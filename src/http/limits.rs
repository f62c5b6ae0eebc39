//! Every limit: its unit, its default, its reason, and what happens past it.

use std::time::Duration;

const KIB: usize = 1024;

/// Most fields in a request head, a count. Past it: 431. Python allows 100, nginx by bytes only.
pub const FIELDS_MAX: usize = 128;

/// Room in a request line beside its target, in bytes: method, two spaces, version. A first line
/// longer than this and [`Limits::target_bytes_max`] together is refused before its end has come:
/// 414. The longest registered method (RFC 9110 section 16.1) has 17 letters.
pub const REQUEST_LINE_EXTRA_BYTES_MAX: usize = 64;

/// Most digits of a chunk size, a count, leading zeros included: a size is a `u64`. Past it: 400.
pub const CHUNK_SIZE_DIGITS_MAX: u8 = 16;

/// Longest PROXY header of version 1, its line end included, in bytes (haproxy's
/// doc/proxy-protocol.txt section 2.1). Past it: closed. It is the longest that can be.
pub const PROXY_LINE_BYTES_MAX: usize = 107;

/// Longest PROXY header of version 2, in bytes. Past it: closed. Two paths of Unix sockets take
/// 232, what is told of TLS some hundred, a whole certificate some thousand; haproxy takes as many,
/// nginx 4 KiB.
pub const PROXY_HEADER_BYTES_MAX: usize = 16 * KIB;

/// Most peer bytes quoted in an error message, in bytes. The rest is left out.
pub const QUOTED_BYTES_MAX: usize = 200;

/// Longest chunk-size line with its extensions, in bytes, line end not counted. Past it: 400.
pub const CHUNK_LINE_BYTES_MAX: usize = 256;

/// All chunk extensions of one body together, in bytes. Past it: 400. hyper has the same cap; a
/// limit per line alone lets a body of one-byte chunks carry any amount of them.
pub const CHUNK_EXT_BYTES_MAX: usize = 16 * KIB;

/// All trailer lines of one body together, in bytes; trailers are read and dropped. Past it: 400.
pub const TRAILER_BYTES_MAX: usize = 8 * KIB;

/// Most ranges served of one request after merging, a count. Past it: the whole file. zsync asks
/// for 20 at once, dnf and zchunk for up to 255.
pub const RANGES_MAX: usize = 256;

/// Longest list of field names, method included, that a preflight (CORS) may ask for, in bytes: it
/// is sent back. Browsers list the names of the fields that a script has set.
pub const PREFLIGHT_BYTES_MAX: usize = 4 * KIB;

/// Longest boundary of a form, in bytes (RFC 2046 section 5.1.1). Past it: 400.
pub const BOUNDARY_BYTES_MAX: usize = 70;

/// Longest head of a part of a form, in bytes, blank line included. Past it: 413. Browsers send
/// three lines; of a file's name each byte may take three.
pub const FORM_HEAD_BYTES_MAX: usize = 8 * KIB;

/// Most fields in the head of a part of a form, a count. Past it: 413. RFC 7578 has three.
pub const FORM_FIELDS_MAX: usize = 16;

/// Most parts of a form, a count. Past it: 413. PHP and Go have the same.
pub const FORM_PARTS_MAX: usize = 1000;

/// Most local redirects in one request, a count (RFC 3875 section 6.2.2). Past it: 500.
pub const REROUTES_MAX: u8 = 8;

/// Most unread body bytes that are swallowed to keep a connection, in bytes. Past it: close.
pub const DISCARD_BYTES_MAX: u64 = 64 * KIB as u64;

/// How long a closing connection lingers, reading and dropping, for the next bytes or the end of
/// the peer's stream (RFC 9112 section 9.6). Past it: close. Apache has the same.
pub const LINGER_TIME: Duration = Duration::from_secs(2);

/// How long a closing connection lingers in all. Past it: close. Many peers hear an early answer
/// only after they have sent everything: time bounds what that costs, whatever their line. nginx
/// and Apache have the same.
pub const LINGER_TIME_MAX: Duration = Duration::from_secs(30);

/// How long a request body that nobody wants is swallowed, and how long one may stand still that
/// somebody reads, at most. Past it: close, or 408.
pub const BODY_TIME: Duration = Duration::from_secs(30);

/// How long a drain leaves a connection that has just been taken, or answered, for one more
/// request, which may be on its way: from then on. Past it: close. Nothing tells a peer not to send
/// it (RFC 9112 section 9.3), and it would be lost.
pub const DRAIN_LAP_TIME: Duration = Duration::from_secs(1);

/// Over how long the rates of peers are measured, [`Limits::body_rate_min`] and
/// [`Limits::response_rate_min`]: a peer may pause for nearly as long, if it makes up for it.
pub const RATE_TIME: Duration = Duration::from_secs(30);

/// How often the kernel is asked whether a peer that takes no bytes of its response acknowledges
/// those that are under way. More often where [`Limits::stall_time`] is short.
pub const PROGRESS_LOOK_TIME: Duration = Duration::from_secs(10);

/// How long a connection that has sent nothing yet, or whose response has just been sent, is safe
/// from being closed to make room for another.
pub const SHED_FRESH_TIME: Duration = Duration::from_millis(250);

/// How long a head may take while others wait for a connection. Past it: closed to make room.
pub const SHED_HEAD_TIME: Duration = Duration::from_secs(2);

/// How long a response may make no progress while others wait for a connection. Past it: cut to
/// make room.
pub const SHED_STALL_TIME: Duration = Duration::from_secs(30);

/// How long nothing may move between a peer that has ended its stream and an exchange that has not
/// answered yet. Past it: an interim response, which a peer that is gone answers with a reset.
pub const PROBE_TIME: Duration = Duration::from_millis(1_500);

/// How long whoever comes when all connections are taken may stay in the place that is kept for
/// monitors ([`Builder::health`](crate::Builder::health)). Past it: closed for the next one.
pub const HEALTH_GUEST_TIME: Duration = Duration::from_secs(1);

/// How long until the system is asked again whether file bytes that it must fetch from a disk are
/// there.
pub const DISK_TIME: Duration = Duration::from_millis(2);

/// A file up to this many bytes leaves in one write together with its head.
pub const SMALL_FILE_BYTES_MAX: usize = 16 * KIB;

/// Most response bytes waiting in a connection's buffer, in bytes: a source is not pulled past it.
pub const OUT_BYTES_MAX: usize = 64 * KIB;

/// Most bytes a connection writes in one turn, in bytes, so that a fast peer does not own the
/// loop. Four turns of a quarter each take a third more time, and others wait no less. nginx 2 MiB,
/// lighttpd 256 KiB, Redis 64 KiB.
pub const WRITE_BUDGET: usize = KIB * KIB;

/// Most bytes a connection reads in one turn, in bytes.
pub const READ_BUDGET: usize = 64 * KIB;

/// How often the handler, an exchange or a source is called for a connection in one turn, a count:
/// one that takes a body in sips, or gives one in drops, goes on in the next.
pub const CALLS_PER_TURN: usize = 256;

/// Most turns in a row in which a source says [`Pull::More`](crate::Pull::More) and gives no byte,
/// a count. Past it: a `bug:` line, and one call in each [`STEP_PAUSE_TIME`], or a source that
/// waits for something in this way would keep the processor busy.
pub const STEPS_MAX: u16 = 10_000;

/// How long a source that has taken too many steps waits for each further one.
pub const STEP_PAUSE_TIME: Duration = Duration::from_millis(10);

/// Most requests of one connection that are answered in one turn, a count: others that it has
/// pipelined wait for the next turn.
pub const REQUESTS_PER_TURN: usize = 32;

/// Most connections that are worked on in one turn, a count: of thousands that are woken together,
/// the others wait for the next, so that a host's loop has its turn, too.
pub const CONNECTIONS_PER_TURN: usize = 256;

/// Most bytes that all connections together read and write in one turn, in bytes; each call of a
/// handler, an exchange or a source counts as [`CALL_COST_BYTES`] more. The connection that
/// passes it is the last one of the turn, the others go first in the next. It is about what takes
/// a millisecond.
pub const TURN_BYTES_MAX: usize = 8 * KIB * KIB;

/// What a call of a handler, an exchange or a source counts in a turn, in bytes: as long as it
/// takes to send so many.
pub const CALL_COST_BYTES: usize = 32 * KIB;

/// Most connections taken in one turn, a count.
pub const ACCEPTS_PER_TURN: usize = 64;

/// Most connections taken in one turn by one of several servers that share their listeners, a
/// count: those that come together are for all of them.
pub const SHARED_ACCEPTS_PER_TURN: usize = 1;

/// Most directory listings in progress at once, a count. Past it: 503 with `Retry-After`.
pub const LISTINGS_MAX: usize = 8;

/// Longest listing that is made at once and held for its peer, in bytes; the last entry may reach
/// beyond. Past it: made while it is sent.
pub const LISTING_WHOLE_BYTES_MAX: usize = 64 * KIB;

/// Most bytes of names, with their index, that all listings in progress hold together to sort
/// them, in bytes. Past it: directories are listed in parts, each sorted by itself.
pub const LISTING_NAME_BYTES_MAX: usize = 8 * KIB * KIB;

/// Most entries of a directory that are read for a listing of one's own, a count
/// ([`OpenDir::entries`](crate::OpenDir::entries)). Past it: an error. Reading so many holds the
/// thread for some 10 ms, and their names take 2.5 MB at most.
pub const DIRECTORY_ENTRIES_MAX: usize = 10_000;

/// Most files and directories that are remembered, a count. Past it: those that were not asked for
/// of late are forgotten.
pub const FILES_CACHED_MAX: usize = 4096;

/// The most memory that remembered files take, small files' contents included, in bytes. Past it:
/// the same.
pub const FILE_CACHE_BYTES_MAX: usize = 16 * KIB * KIB;

/// Longest file that has an entity tag of its content, in bytes. Past it: a tag of its times.
pub const HASHED_BYTES_MAX: u64 = 1024 * 1024 * KIB as u64;

/// Most files that are hashed at the same time for tags of their content, a count. Past it: no tag.
pub const HASHED_FILES_MAX: usize = 64;

/// How long a file is hashed on when the last peer that has waited for that is gone. Past it: the
/// work is lost.
pub const HASHED_LEFT_TIME: Duration = Duration::from_secs(60);

/// Descriptors that connections leave to the files being sent, a count, but at most half of what
/// there is. Past it: 503 with `Retry-After`.
pub const DESCRIPTORS_FOR_FILES: usize = 1024;

/// Descriptors kept free for the host program, a count.
pub const DESCRIPTORS_RESERVED: usize = 16;

/// What peers may use and how long they may take. Each can be set; a time of zero means none.
///
/// ```
/// # use std::time::Duration;
/// # use sprat::Limits;
/// let limits = Limits {
///     idle_time: Duration::from_secs(60),
///     connections_max: 64,
///     ..Limits::default()
/// };
/// ```
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest request head, in bytes, blank line included; at most 65,535. Past it: 431.
    /// `hg pull` of 700 heads sends more than 32 KiB. lighttpd 8 KiB, nginx 32 KiB, Node 16 KiB;
    /// Python allows 64 KiB a line.
    pub head_bytes_max: usize,
    /// Longest request target, in bytes. Past it: 414. A path of PATH_MAX (4,096 bytes on Linux)
    /// takes 12 KiB when each byte of it is escaped.
    pub target_bytes_max: usize,
    /// Longest request body, in bytes. Past it: 413. Bodies are streamed, not stored, so by
    /// default there is none.
    pub body_bytes_max: u64,
    /// Most connections at once, a count, and no more than the descriptors allow; 0 means as many
    /// as those. Past it those that move nothing make room, or new ones wait. Each may take 300 KB:
    /// of the default number, a gigabyte.
    pub connections_max: usize,
    /// Most connections at once of one peer, a count; 0, the default, means as many as there are in
    /// all. A peer is an IPv4 address, or the first 64 bits of one of IPv6. Past it new ones are
    /// refused: closed without a word. Not counted are those of
    /// [trusted proxies](crate::TrustedProxies) and of Unix sockets, and what is left of one after
    /// its last response. So one peer never takes all of `connections_max`.
    pub connections_per_peer_max: usize,
    /// Slowest request body, in bytes a second over any [`RATE_TIME`]; 0 means none. Past it: 408.
    /// The time in which its exchange takes none of it does not count.
    pub body_rate_min: u64,
    /// Slowest reader of responses, in bytes a second over any [`RATE_TIME`]; 0 means none. Past
    /// it: cut. What counts is what it acknowledges or, where the system cannot tell, what its
    /// socket takes, in the time in which nothing but its reading could move the response on: not
    /// that in which an exchange or a source has nothing to send. A system acknowledges bytes in
    /// pieces, of a segment or of a sixteenth of its buffer, so rates below some thousand bytes a
    /// second are none that can be measured. By default there is none: a player that pauses takes
    /// nothing for minutes.
    pub response_rate_min: u64,
    /// From the first byte of a head (from the accept, for the first head) to its end. Past it:
    /// 408, or a silent close if no byte came. Absolute, so that dripping does not extend it.
    pub head_time: Duration,
    /// From the end of a response to the first byte of the next request. Past it: silent close.
    pub idle_time: Duration,
    /// How long a response may make no progress: the peer acknowledges none of its bytes or, where
    /// the system cannot tell, its socket takes none. Past it: cut. It is long because a player
    /// that pauses takes nothing for minutes; while others wait for a connection,
    /// [`SHED_STALL_TIME`] applies. A request body may stand still as long, but for no more than
    /// [`BODY_TIME`]. Past it: 408.
    pub stall_time: Duration,
}

/// A head's offsets are `u16`.
pub const HEAD_BYTES_CEILING: usize = u16::MAX as usize;

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            head_bytes_max: HEAD_BYTES_CEILING,
            target_bytes_max: 16 * KIB,
            body_bytes_max: u64::MAX,
            connections_max: 4096,
            connections_per_peer_max: 0,
            body_rate_min: 500,
            response_rate_min: 0,
            head_time: Duration::from_secs(20),
            idle_time: Duration::from_secs(15),
            stall_time: Duration::from_secs(300),
        }
    }
}

impl Limits {
    /// These limits as they are used: none is past what can be. The only place that looks at that;
    /// whoever takes limits from outside has it do so first.
    pub(crate) fn within_bounds(&self) -> Limits {
        let head_bytes_max = self.head_bytes_max.min(HEAD_BYTES_CEILING);
        Limits {
            head_bytes_max,
            target_bytes_max: self.target_bytes_max.min(head_bytes_max),
            ..self.clone()
        }
    }
}

const _: () = assert!(SMALL_FILE_BYTES_MAX < OUT_BYTES_MAX);
const _: () = assert!(OUT_BYTES_MAX <= WRITE_BUDGET);
// A turn has room for several connections' shares.
const _: () = assert!(4 * (READ_BUDGET + WRITE_BUDGET) <= TURN_BYTES_MAX);
const _: () = assert!(FIELDS_MAX <= u8::MAX as usize);
// Spans are `u16`.
const _: () = assert!(FORM_HEAD_BYTES_MAX <= HEAD_BYTES_CEILING);
// The decoder counts in `u16`.
const _: () = assert!(CHUNK_LINE_BYTES_MAX <= CHUNK_EXT_BYTES_MAX);
const _: () = assert!(CHUNK_EXT_BYTES_MAX < u16::MAX as usize);
const _: () = assert!(TRAILER_BYTES_MAX < u16::MAX as usize);

#[cfg(test)]
mod tests;
