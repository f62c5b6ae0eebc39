//! What `--limits` prints: every limit in force, and the memory that they add up to.

use std::fmt::Write;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
#[cfg(feature = "cgi")]
use sprat::cgi_limits;
use sprat::{Builder, Etags, ListingStyle, Memory, limits};

use crate::cli::Config;
use crate::exit::Fatal;
use crate::log_file::ProgramLog;
use crate::notify::Notifier;
use crate::program::{PROGRAM_BYTES, Program, configured, file_cache_max, listings_max};
use crate::sandbox;

const KIB: usize = 1024;

/// Widest name of a limit or a term, in columns.
const NAME_WIDTH: usize = 44;

/// The text as it grows: a line for each limit, its name and its value with its unit.
#[derive(Default)]
struct Rows {
    out: String,
}

impl Rows {
    fn text(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.out, "{name:NAME_WIDTH$}  {value}");
    }

    fn count(&mut self, name: &str, count: usize) {
        self.text(name, &count.to_string());
    }

    fn size(&mut self, name: &str, bytes: impl TryInto<u64>) {
        self.text(name, &size(bytes));
    }

    fn time(&mut self, name: &str, of: Duration) {
        self.text(name, &time(of));
    }
}

/// The text.
///
/// # Errors
/// What of the configuration cannot be served.
pub fn describe(config: &Config) -> Result<String, Fatal> {
    let program = Program::open(config, ProgramLog::open(config)?)?;
    let _ = sprat::raise_descriptor_limit();
    let builder = Builder::new().map_err(|error| Fatal::system("cannot start", &error))?;
    let connections = configured(builder, config).connections_max();
    let mut rows = Rows::default();
    if let Some(servers) = config.processes {
        rows.count("processes that serve; what follows is of each", servers);
    }
    add_connections(&mut rows, config, connections);
    add_service(&mut rows, config);
    add_transfers(&mut rows);
    if config.file_cache {
        rows.count("files remembered", limits::FILES_CACHED_MAX);
        rows.size("what these take", file_cache_max(config));
    }
    if config.etags == Etags::Content {
        add_hashes(&mut rows, config);
    }
    if config.listing != Some(ListingStyle::Off) {
        let (places, name_bytes) = listings_max(config);
        rows.size("listing made at once", limits::LISTING_WHOLE_BYTES_MAX);
        rows.count("larger listings in progress", places);
        rows.size("names that these sort together", name_bytes);
    }
    #[cfg(feature = "cgi")]
    if config.cgi.on {
        add_scripts(&mut rows, config);
    }
    // It is entered to know that it can be: what follows opens nothing.
    for (name, value) in sandbox::enter(config, &[], &Notifier::default())? {
        rows.text(name, &value);
    }
    let mut out = rows.out;
    let memory = program.memory(&config.limits).and(config.proxies.memory());
    append_memory(&mut out, &memory, connections);
    if let Some(servers) = config.processes {
        append_servers(&mut out, servers, connections, memory.of(connections));
    }
    Ok(out)
}

fn add_connections(rows: &mut Rows, config: &Config, connections: usize) {
    let own = &config.limits;
    rows.count("connections at once", connections);
    match own.connections_per_peer_max {
        0 => rows.text("connections of one peer", "no limit"),
        most => rows.count("connections of one peer", most),
    }
    rows.size("request head", own.head_bytes_max);
    rows.size("request target", own.target_bytes_max);
    rows.count("fields in a head", limits::FIELDS_MAX);
    if config.proxy_protocol {
        rows.size("PROXY header", limits::PROXY_HEADER_BYTES_MAX);
    }
    rows.time("time for a whole head", own.head_time);
    rows.time("time between requests", own.idle_time);
    rows.time("a response without progress", own.stall_time);
    rows.time("a request body without progress", limits::BODY_TIME);
    for (what, rate) in [
        ("a request body, in bytes a second", own.body_rate_min),
        ("a reader, in bytes a second", own.response_rate_min),
    ] {
        match rate {
            0 => rows.text(what, "no limit"),
            least => rows.text(what, &format!("{least} at least")),
        }
    }
    rows.time("a head, when there is no room", limits::SHED_HEAD_TIME);
    let stalled = "a stalled response, when there is no room";
    rows.time(stalled, limits::SHED_STALL_TIME);
    let [each, all] = [limits::LINGER_TIME, limits::LINGER_TIME_MAX].map(time);
    let lingering = format!("{each}, {all} in all");
    rows.text("lingering after the last response", &lingering);
    rows.size("chunk-size line", limits::CHUNK_LINE_BYTES_MAX);
    rows.size("chunk extensions of a body", limits::CHUNK_EXT_BYTES_MAX);
    rows.size("trailers of a body", limits::TRAILER_BYTES_MAX);
    let swallowed = limits::DISCARD_BYTES_MAX as usize;
    rows.size("unread body swallowed", swallowed);
}

fn add_service(rows: &mut Rows, config: &Config) {
    rows.time("responses under way after SIGTERM", config.drain_time);
    match config.drain_delay {
        Duration::ZERO => rows.text("accepting after SIGTERM", "not at all"),
        delay => rows.time("accepting after SIGTERM", delay),
    }
    let lap = "a connection just used, when a drain begins";
    rows.time(lap, limits::DRAIN_LAP_TIME);
    if config.health.is_some() {
        let guest = "a guest in the place kept for health";
        rows.time(guest, limits::HEALTH_GUEST_TIME);
    }
}

fn add_transfers(rows: &mut Rows) {
    rows.count("ranges in an answer", limits::RANGES_MAX);
    rows.size("response bytes waiting for a peer", limits::OUT_BYTES_MAX);
    rows.size("written to a connection in a turn", limits::WRITE_BUDGET);
    rows.size("read from a connection in a turn", limits::READ_BUDGET);
    let requests = limits::REQUESTS_PER_TURN;
    rows.count("requests of a connection in a turn", requests);
    let lines = sprat::log::PENDING_BYTES_MAX;
    rows.size("log lines waiting for their reader", lines);
}

fn add_hashes(rows: &mut Rows, config: &Config) {
    rows.size(
        "file with a tag of its content",
        config.etag_content_bytes_max,
    );
    rows.count("files hashed for these at once", limits::HASHED_FILES_MAX);
    let left = limits::HASHED_LEFT_TIME;
    rows.time("hashing for peers that have left", left);
}

#[cfg(feature = "cgi")]
fn add_scripts(rows: &mut Rows, config: &Config) {
    let (file, space) = (config.cgi.body_bytes_max, config.cgi.spool_bytes_max);
    rows.count("scripts at once", config.cgi.scripts_max);
    match config.cgi.scripts_per_peer_max {
        0 => rows.text("scripts of one peer", "no limit"),
        most => rows.count("scripts of one peer", most),
    }
    let (most, longest) = (cgi_limits::WAITING_MAX, time(cgi_limits::WAITING_TIME));
    let waiting = format!("{most}, for {longest}");
    rows.text("requests that wait for a script", &waiting);
    rows.time("silence of a script", config.cgi.timeout);
    rows.size("head of a script", cgi_limits::HEAD_BYTES_MAX);
    rows.count("arguments of a script", cgi_limits::ARGUMENTS_MAX);
    let start = format!("all of it, or {}", size(cgi_limits::START_BYTES));
    rows.text("body in before its script starts", &start);
    let memory = size(cgi_limits::SPOOL_MEMORY_BYTES_MAX);
    let body = format!("{memory} in memory, {} in a file", size(file));
    rows.text("chunked body for a script", &body);
    rows.size("chunked bodies in files together", space);
    match config.cgi.spool_per_peer_bytes_max {
        0 => rows.text("those of one peer", "no limit"),
        most => rows.size("those of one peer", most),
    }
    let stderr = cgi_limits::STDERR_BYTES_MAX;
    rows.size("stderr of a script in the log", stderr);
}

fn append_memory(out: &mut String, memory: &Memory, connections: usize) {
    let (once, each) = ("once", "a connection");
    let _ = write!(
        out,
        "\nMemory, at most, in bytes:\n{:NAME_WIDTH$}  {once:>12}  {each:>12}\n",
        ""
    );
    let mut row = |name: &str, fixed: usize, each: usize| {
        let _ = writeln!(out, "{name:NAME_WIDTH$}  {fixed:>12}  {each:>12}");
    };
    for term in memory.terms().filter(|term| term.fixed + term.each > 0) {
        row(term.what, term.fixed, term.each);
    }
    row("in all: A and B", memory.fixed(), memory.each());
    let all = memory.of(connections);
    let _ = write!(
        out,
        "\nA + N x B = {} + {connections} x {} = {all} bytes ({})\n\n\
         That is what the process writes to itself (RssAnon in /proc/PID/status), whatever its\n\
         peers do. Beside it are the program's file, which is in the page cache (2 to 3 MB), the\n\
         kernel's socket buffers, the scripts, and the temporary files of chunked bodies.\n",
        memory.fixed(),
        memory.each(),
        mebibytes(all),
    );
}

/// What servers take together, each so much memory, and their supervisor beside them.
fn append_servers(out: &mut String, servers: usize, connections: usize, each: usize) {
    let all = each.saturating_mul(servers).saturating_add(PROGRAM_BYTES);
    let limit = getrlimit(Resource::Nofile).current;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let descriptors = limit.unwrap_or(usize::MAX).saturating_mul(servers);
    let _ = write!(
        out,
        "\nThat is for each process. All, and {PROGRAM_BYTES} for the one that starts them:\n\
         {servers} x {each} + {PROGRAM_BYTES} = {all} bytes ({}),\n\
         for {} connections, with no more than {descriptors} descriptors.\n",
        mebibytes(all),
        connections.saturating_mul(servers),
    );
}

fn mebibytes(bytes: usize) -> String {
    let mib = KIB * KIB;
    let tenths = bytes / mib * 10 + (bytes % mib * 10 + mib / 2) / mib;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

/// Exact, in the largest unit that it is a whole number of. What is of files has 64 bits, whatever
/// an address has.
fn size(bytes: impl TryInto<u64>) -> String {
    let bytes = bytes.try_into().unwrap_or(u64::MAX);
    if bytes == u64::MAX {
        return "no limit".into();
    }
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let whole = units
        .iter()
        .find(|(unit, _)| bytes > 0 && bytes % unit == 0);
    match whole {
        Some((unit, name)) => format!("{} {name}", bytes / unit),
        None => format!("{bytes} B"),
    }
}

fn time(time: Duration) -> String {
    if time.is_zero() {
        return "no limit".into();
    }
    // Not as an `f64`, which std has 15 KB of code for.
    let part = format!("{:09}", time.subsec_nanos());
    match part.trim_end_matches('0') {
        "" => format!("{} s", time.as_secs()),
        part => format!("{}.{part} s", time.as_secs()),
    }
}

#[cfg(test)]
mod tests;
