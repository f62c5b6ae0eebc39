//! The log: as Python's `http.server` writes it, in the formats of Apache, or in JSON; and a way to
//! write it that never waits.
//!
//! [`append_line`] makes the text of one entry in Python's form, [`LineSink`] writes lines to a
//! descriptor, and [`ServerLog`] is both together, for the entries of a
//! [`Handler`](crate::Handler), in any [`LogFormat`].

#[cfg(feature = "log")]
mod facade;
mod format;
mod json;
mod line;
mod sink;
mod stamp;
#[cfg(test)]
mod tests;

#[cfg(feature = "log")]
pub use facade::forward;
pub use format::LogFormat;
pub use line::{FIELD_TEXT_BYTES_MAX, LINE_TEXT_BYTES_MAX, append_escaped, append_line};
pub use sink::{LineSink, PENDING_BYTES_MAX};
pub use stamp::date_time_string;

use std::os::fd::AsFd;

use self::stamp::Stamp;
use crate::handler::Log;
use crate::reactor::clock::Clock;

/// A log on a descriptor: the lines of a turn leave in one write, and never wait.
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
    format: LogFormat,
    stamp: Stamp,
    /// The stamp is that of this turn.
    stamped: bool,
    line: Vec<u8>,
}

impl<F: AsFd> ServerLog<F> {
    /// A log that writes to this descriptor, in Python's format.
    pub fn new(fd: F) -> ServerLog<F> {
        ServerLog {
            sink: LineSink::new(fd),
            clock: Clock::new(),
            format: LogFormat::default(),
            stamp: Stamp::default(),
            stamped: false,
            line: Vec::new(),
        }
    }

    /// Sets how lines look.
    pub fn format(mut self, format: LogFormat) -> ServerLog<F> {
        self.format = format;
        self.stamp = Stamp::new(format);
        self.stamped = false;
        self
    }

    /// Adds an entry. It is written by [`flush`](ServerLog::flush), or before, if there are many.
    pub fn entry(&mut self, entry: &Log<'_>) {
        let has_no_line = match entry {
            Log::Access { .. } => self.format != LogFormat::Python,
            Log::Over(_) => self.format == LogFormat::Python,
            Log::Error { .. } => false,
        };
        if has_no_line {
            return;
        }
        // The clock is read once for the lines of a turn. Pending lines say nothing about the turn:
        // they may wait for hours if nobody reads them.
        if !self.stamped {
            self.stamp.set(self.clock.read().wall);
            self.stamped = true;
        }
        self.line.clear();
        match self.format {
            LogFormat::Python => append_line(&mut self.line, self.stamp.text(), entry),
            LogFormat::Common | LogFormat::Combined => {
                let is_combined = self.format == LogFormat::Combined;
                line::append_common(&mut self.line, self.stamp.text(), entry, is_combined);
            }
            LogFormat::Json => json::append_object(&mut self.line, &self.stamp, entry),
        }
        self.sink.line(&self.line);
    }

    /// Writes the entries gathered so far, as far as that does not wait.
    pub fn flush(&mut self) {
        self.stamped = false;
        let (format, stamp) = (self.format, &self.stamp);
        self.sink.flush_telling(&|out, lines| match format {
            LogFormat::Json => json::append_gap(out, stamp, lines),
            _ => sink::append_gap(out, lines),
        });
    }

    /// Goes on with another descriptor, and gives the old one back: after a log was rotated. What
    /// the old one takes no more is written to the new one.
    pub fn replace(&mut self, fd: F) -> F {
        self.flush();
        self.sink.replace(fd)
    }

    /// How many lines were lost so far because nobody read the log.
    pub fn dropped(&self) -> u64 {
        self.sink.dropped()
    }
}
