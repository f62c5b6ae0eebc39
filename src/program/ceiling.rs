//! What `--limits` prints: every limit in force, and the memory that they add up to.

use std::fmt::Write;
use std::time::Duration;

#[cfg(feature = "cgi")]
use sprat::cgi_limits;
use sprat::{Builder, Etags, ListingStyle, Memory, limits};

use crate::cli::Config;
use crate::exit::Fatal;
use crate::log_file::ProgramLog;
use crate::program::{Program, configured, file_cache_max, listings_max};

const KIB: usize = 1024;

/// Widest name of a limit or a term, in columns.
const NAME_WIDTH: usize = 44;

/// One limit: its name, and its value with its unit.
type Row = (&'static str, String);

/// The text.
///
/// # Errors
/// What of the configuration cannot be served.
pub fn describe(config: &Config) -> Result<String, Fatal> {
    let program = Program::open(config, ProgramLog::open(config)?)?;
    let _ = sprat::raise_descriptor_limit();
    let builder = Builder::new().map_err(|error| Fatal::system("cannot start", &error))?;
    let connections = configured(builder, config).connections_max();
    let mut rows = connection_rows(config, connections);
    rows.extend(service_rows(config));
    rows.extend(transfer_rows());
    if config.file_cache {
        rows.extend(cache_rows(config));
    }
    if config.etags == Etags::Content {
        rows.extend(hash_rows(config));
    }
    if config.listing != Some(ListingStyle::Off) {
        rows.extend(listing_rows(config));
    }
    #[cfg(feature = "cgi")]
    if config.cgi.on {
        rows.extend(script_rows(config));
    }
    let mut out = String::new();
    for (name, value) in rows {
        let _ = writeln!(out, "{name:NAME_WIDTH$}  {value}");
    }
    let memory = program.memory(&config.limits).and(config.proxies.memory());
    append_memory(&mut out, &memory, connections);
    Ok(out)
}

fn connection_rows(config: &Config, connections: usize) -> Vec<Row> {
    let own = &config.limits;
    vec![
        ("connections at once", connections.to_string()),
        ("request head", size(own.head_bytes_max)),
        ("request target", size(own.target_bytes_max)),
        ("fields in a head", limits::FIELDS_MAX.to_string()),
        ("time for a whole head", time(own.head_time)),
        ("time between requests", time(own.idle_time)),
        ("a response without progress", time(own.stall_time)),
        ("a request body without progress", time(limits::BODY_TIME)),
        (
            "a request body, in bytes a second",
            match own.body_rate_min {
                0 => "no limit".into(),
                least => format!("{least} at least"),
            },
        ),
        (
            "a head, when there is no room",
            time(limits::SHED_HEAD_TIME),
        ),
        (
            "a stalled response, when there is no room",
            time(limits::SHED_STALL_TIME),
        ),
        ("lingering after the last response", {
            let all = time(limits::LINGER_TIME_MAX);
            format!("{}, {all} in all", time(limits::LINGER_TIME))
        }),
        ("chunk-size line", size(limits::CHUNK_LINE_BYTES_MAX)),
        (
            "chunk extensions of a body",
            size(limits::CHUNK_EXT_BYTES_MAX),
        ),
        ("trailers of a body", size(limits::TRAILER_BYTES_MAX)),
        (
            "unread body swallowed",
            size(limits::DISCARD_BYTES_MAX as usize),
        ),
    ]
}

fn service_rows(config: &Config) -> Vec<Row> {
    let delay = match config.drain_delay {
        Duration::ZERO => "not at all".into(),
        delay => time(delay),
    };
    let mut rows = vec![
        ("responses under way after SIGTERM", time(config.drain_time)),
        ("accepting after SIGTERM", delay),
    ];
    if config.health.is_some() {
        let guest = "a guest in the place kept for health";
        rows.push((guest, time(limits::HEALTH_GUEST_TIME)));
    }
    rows
}

fn transfer_rows() -> Vec<Row> {
    vec![
        ("ranges in an answer", limits::RANGES_MAX.to_string()),
        (
            "response bytes waiting for a peer",
            size(limits::OUT_BYTES_MAX),
        ),
        (
            "written to a connection in a turn",
            size(limits::WRITE_BUDGET),
        ),
        (
            "read from a connection in a turn",
            size(limits::READ_BUDGET),
        ),
        (
            "requests of a connection in a turn",
            limits::REQUESTS_PER_TURN.to_string(),
        ),
        (
            "log lines waiting for their reader",
            size(sprat::log::PENDING_BYTES_MAX),
        ),
    ]
}

fn cache_rows(config: &Config) -> Vec<Row> {
    vec![
        ("files remembered", limits::FILES_CACHED_MAX.to_string()),
        ("what these take", size(file_cache_max(config))),
    ]
}

fn hash_rows(config: &Config) -> Vec<Row> {
    let longest = usize::try_from(config.etag_content_bytes_max).unwrap_or(usize::MAX);
    vec![
        ("file with a tag of its content", size(longest)),
        (
            "files hashed for these at once",
            limits::HASHED_FILES_MAX.to_string(),
        ),
        (
            "hashing for peers that have left",
            time(limits::HASHED_LEFT_TIME),
        ),
    ]
}

fn listing_rows(config: &Config) -> Vec<Row> {
    let (places, name_bytes) = listings_max(config);
    vec![
        (
            "listing made at once",
            size(limits::LISTING_WHOLE_BYTES_MAX),
        ),
        ("larger listings in progress", places.to_string()),
        ("names that these sort together", size(name_bytes)),
    ]
}

#[cfg(feature = "cgi")]
fn script_rows(config: &Config) -> Vec<Row> {
    let waiting = format!(
        "{}, for {}",
        cgi_limits::WAITING_MAX,
        time(cgi_limits::WAITING_TIME)
    );
    let file = usize::try_from(config.cgi.body_bytes_max).unwrap_or(usize::MAX);
    let space = usize::try_from(config.cgi.spool_bytes_max).unwrap_or(usize::MAX);
    let body = format!(
        "{} in memory, {} in a file",
        size(cgi_limits::SPOOL_MEMORY_BYTES_MAX),
        size(file)
    );
    vec![
        ("scripts at once", config.cgi.scripts_max.to_string()),
        ("requests that wait for a script", waiting),
        ("silence of a script", time(config.cgi.timeout)),
        ("head of a script", size(cgi_limits::HEAD_BYTES_MAX)),
        (
            "arguments of a script",
            cgi_limits::ARGUMENTS_MAX.to_string(),
        ),
        (
            "body in before its script starts",
            format!("all of it, or {}", size(cgi_limits::START_BYTES)),
        ),
        ("chunked body for a script", body),
        ("chunked bodies in files together", size(space)),
        (
            "stderr of a script in the log",
            size(cgi_limits::STDERR_BYTES_MAX),
        ),
    ]
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
    let mib = (KIB * KIB) as u128;
    let tenths = (all as u128 * 10 + mib / 2) / mib;
    let _ = write!(
        out,
        "\nA + N x B = {} + {connections} x {} = {all} bytes ({}.{} MiB)\n\n\
         That is what the process writes to itself (RssAnon in /proc/PID/status), whatever its\n\
         peers do. Beside it are the program's file, which is in the page cache (2 to 3 MB), the\n\
         kernel's socket buffers, the scripts, and the temporary files of chunked bodies.\n",
        memory.fixed(),
        memory.each(),
        tenths / 10,
        tenths % 10,
    );
}

/// Exact, in the largest unit that it is a whole number of.
fn size(bytes: usize) -> String {
    if bytes == usize::MAX {
        return "no limit".into();
    }
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (KIB, "KiB")];
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
