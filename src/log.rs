//! The log as Python's `http.server` writes it, and a way to write it that never waits.
//!
//! [`append_line`] makes the text of one entry, [`LineSink`] writes lines to a descriptor, and
//! [`ServerLog`] is both together, for the entries of a [`Handler`](crate::Handler).

mod sink;
#[cfg(test)]
mod tests;

pub use sink::{LineSink, PENDING_BYTES_MAX};

use std::io::Write;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::SystemTime;

use crate::handler::Log;
use crate::reactor::clock::Clock;
use crate::sys::localtime::local_time;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Longest text of a peer or of a message in a line, in bytes as they are written. Past it: `...`
/// in place of the rest. Any target of the default length fits, unless most of it is control bytes,
/// which take four each; and a line this long fits into [`PENDING_BYTES_MAX`], or it could hide.
pub const LINE_TEXT_BYTES_MAX: usize = 48 * 1024;
const _: () = assert!(LINE_TEXT_BYTES_MAX + 1024 <= PENDING_BYTES_MAX);

/// Appends one entry as a line with its line end.
///
/// The form is Python's: `127.0.0.1 - - [22/Nov/2026 21:26:08] "GET /a.txt HTTP/1.0" 200 -`, with
/// `-` for the size always, or the message in place of the request line, status and size. An IPv4
/// peer of an IPv6 socket is shown as IPv4, a peer without an address as `-`. Bytes of the request
/// line are read as Latin-1. Control characters become `\x1b`, a backslash is doubled, so one
/// entry is one line and no peer can drive a terminal. What is longer than
/// [`LINE_TEXT_BYTES_MAX`] is cut there. [`Log::Over`] has no line.
///
/// ```
/// let mut line = Vec::new();
/// let entry = sprat::Log::Error { peer: None, message: "code 404, message File not found" };
/// sprat::log::append_line(&mut line, "22/Nov/2026 21:26:08", &entry);
/// assert_eq!(line, b"- - - [22/Nov/2026 21:26:08] code 404, message File not found\n");
/// ```
pub fn append_line(out: &mut Vec<u8>, stamp: &str, entry: &Log<'_>) {
    match entry {
        Log::Access {
            peer,
            request_line,
            status,
            body_bytes: _,
        } => {
            append_start(out, *peer, stamp);
            out.push(b'"');
            append_cut(out, request_line.iter().map(|&byte| char::from(byte)));
            // A write to a `Vec` cannot fail.
            let _ = writeln!(out, "\" {} -", status.code());
        }
        // Python has no such line.
        Log::Over(_) => {}
        Log::Error { peer, message } => {
            append_start(out, *peer, stamp);
            append_cut(out, message.chars());
            out.push(b'\n');
        }
    }
}

fn append_start(out: &mut Vec<u8>, peer: Option<SocketAddr>, stamp: &str) {
    let _ = match peer {
        Some(peer) => write!(out, "{} - - [{stamp}] ", peer.ip().to_canonical()),
        None => write!(out, "- - - [{stamp}] "),
    };
}

/// Appends text with control characters (C0, DEL, C1) as `\x1b` and a backslash as `\\`.
pub fn append_escaped(out: &mut Vec<u8>, text: &str) {
    for character in text.chars() {
        append_character(out, character);
    }
}

/// Appends text escaped as [`append_escaped`] does, as much of it as a line may have.
fn append_cut(out: &mut Vec<u8>, text: impl Iterator<Item = char>) {
    let end = out.len() + LINE_TEXT_BYTES_MAX;
    for character in text {
        if out.len() >= end {
            return out.extend_from_slice(b"...");
        }
        append_character(out, character);
    }
}

fn append_character(out: &mut Vec<u8>, character: char) {
    match character {
        '\\' => out.extend_from_slice(br"\\"),
        ' '..='~' => out.push(character as u8),
        _ if character.is_control() => {
            let _ = write!(out, "\\x{:02x}", u32::from(character));
        }
        _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// The time between the brackets, `22/Nov/2026 21:26:08`: local, and made once a second.
#[derive(Debug, Default)]
struct Stamp {
    second: Option<i64>,
    text: String,
}

impl Stamp {
    fn at(&mut self, wall: SystemTime) -> &str {
        let second = match wall.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(_) => 0,
        };
        if self.second != Some(second) {
            self.second = Some(second);
            self.text = stamp(second);
        }
        &self.text
    }
}

/// A time as the log has it, `22/Nov/2026 21:26:08`, in local time (Python's
/// `log_date_time_string`); `-` if the system does not know the local time.
pub fn date_time_string(time: SystemTime) -> String {
    Stamp::default().at(time).to_owned()
}

fn stamp(second: i64) -> String {
    let Some(time) = local_time(second) else {
        return "-".into();
    };
    format!(
        "{:02}/{}/{:04} {:02}:{:02}:{:02}",
        time.day,
        MONTHS.get(time.month).unwrap_or(&"-"),
        time.year,
        time.hour,
        time.minute,
        time.second,
    )
}

/// Python's log on a descriptor: the lines of a turn leave in one write, and never wait.
///
/// Give it each entry that [`Handler::log`](crate::Handler::log) gets, and flush it in
/// [`Handler::turn_ended`](crate::Handler::turn_ended).
///
/// ```
/// struct Site(sprat::log::ServerLog<std::io::Stderr>);
///
/// impl sprat::Handler for Site {
///     fn handle(&mut self, _: &sprat::Request<'_>, _: &mut sprat::Cx<'_>) -> sprat::Reply {
///         sprat::Response::new(sprat::Status::OK).bytes("hello\n".as_bytes()).into()
///     }
///     fn log(&mut self, entry: sprat::Log<'_>) {
///         self.0.entry(&entry);
///     }
///     fn turn_ended(&mut self) {
///         self.0.flush();
///     }
/// }
///
/// let site = Site(sprat::log::ServerLog::new(std::io::stderr()));
/// ```
pub struct ServerLog<F> {
    sink: LineSink<F>,
    clock: Clock,
    stamp: Stamp,
    /// The stamp is that of this turn.
    stamped: bool,
    line: Vec<u8>,
}

impl<F: AsFd> ServerLog<F> {
    /// A log that writes to this descriptor.
    pub fn new(fd: F) -> ServerLog<F> {
        ServerLog {
            sink: LineSink::new(fd),
            clock: Clock::new(),
            stamp: Stamp::default(),
            stamped: false,
            line: Vec::new(),
        }
    }

    /// Adds an entry. It is written by [`flush`](ServerLog::flush), or before, if there are many.
    pub fn entry(&mut self, entry: &Log<'_>) {
        if matches!(entry, Log::Over(_)) {
            return;
        }
        // The clock is read once for the lines of a turn. Pending lines say nothing about the turn:
        // they may wait for hours if nobody reads them.
        if !self.stamped {
            self.stamp.at(self.clock.read().wall);
            self.stamped = true;
        }
        self.line.clear();
        append_line(&mut self.line, &self.stamp.text, entry);
        self.sink.line(&self.line);
    }

    /// Writes the entries gathered so far, as far as that does not wait.
    pub fn flush(&mut self) {
        self.stamped = false;
        self.sink.flush();
    }

    /// How many lines were lost so far because nobody read the log.
    pub fn dropped(&self) -> u64 {
        self.sink.dropped()
    }
}
