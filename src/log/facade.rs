//! The log by way of the crate `log` (feature `log`).

use std::io::Write;
use std::net::SocketAddr;

use log_facade::Level;

use super::line::{LINE_TEXT_BYTES_MAX, append_cut, append_quoted};
use crate::handler::{End, Log};
use crate::http::status::Status;

/// The target of requests.
const ACCESS_TARGET: &str = "sprat::access";
/// The target of everything else.
const ERROR_TARGET: &str = "sprat";

/// Hands an entry to the crate `log` (feature `log`), for a [`Handler::log`](crate::Handler::log)
/// of one line. What its logger does must not wait: everybody is served by this thread.
///
/// - [`Log::Over`]: level info, target `sprat::access`, as `127.0.0.1 "GET /a HTTP/1.1" 200 6` with
///   the bytes of the body that were sent; behind them ` cut: ` and why, if it was.
/// - [`Log::Access`]: level debug, target `sprat::access`, as `127.0.0.1 "GET /a HTTP/1.1" 200`,
///   as soon as the status is known.
/// - [`Log::Error`]: level warn, target `sprat`, as `127.0.0.1 code 404, message Not Found`; level
///   error for a `bug:`.
///
/// A peer without an address is `-`, and so is a status that was never known. What
/// peers have sent is escaped: a message is one line, and no terminal is driven by it. It is cut
/// past [`LINE_TEXT_BYTES_MAX`]. No text is made for a level that is off.
///
/// ```
/// use std::sync::Mutex;
/// use sprat::{Cx, Handler, Log, Reply, Request, Response, Status};
///
/// struct Site;
///
/// impl Handler for Site {
///     fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
///         Response::new(Status::OK).text("hello\n").into()
///     }
///     fn log(&mut self, entry: Log<'_>) {
///         sprat::log::forward(&entry);
///     }
/// }
///
/// # struct Kept(Mutex<Vec<String>>);
/// # impl log_facade::Log for Kept {
/// #     fn enabled(&self, _: &log_facade::Metadata<'_>) -> bool {
/// #         true
/// #     }
/// #     fn log(&self, record: &log_facade::Record<'_>) {
/// #         let line = format!("{} {} {}", record.level(), record.target(), record.args());
/// #         self.0.lock().unwrap().push(line);
/// #     }
/// #     fn flush(&self) {}
/// # }
/// # static KEPT: Kept = Kept(Mutex::new(Vec::new()));
/// # log_facade::set_logger(&KEPT).unwrap();
/// # log_facade::set_max_level(log_facade::LevelFilter::Info);
/// # sprat::testing::Site::new(Site).ask("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
/// # let want = r#"INFO sprat::access 127.0.0.1 "GET /a HTTP/1.1" 200 6"#;
/// # assert_eq!(*KEPT.0.lock().unwrap(), [want]);
/// ```
pub fn forward(entry: &Log<'_>) {
    let (level, target) = place(entry);
    if log_facade::log_enabled!(target: target, level) {
        log_facade::log!(target: target, level, "{}", message(entry));
    }
}

/// The level of an entry, and its target.
fn place(entry: &Log<'_>) -> (Level, &'static str) {
    match entry {
        Log::Over(_) => (Level::Info, ACCESS_TARGET),
        Log::Access { .. } => (Level::Debug, ACCESS_TARGET),
        Log::Error { message, .. } if message.starts_with("bug:") => (Level::Error, ERROR_TARGET),
        Log::Error { .. } => (Level::Warn, ERROR_TARGET),
    }
}

fn message(entry: &Log<'_>) -> String {
    let mut out = Vec::new();
    match entry {
        Log::Access {
            peer,
            request_line,
            status,
            ..
        } => append_asked(&mut out, *peer, request_line, Some(*status)),
        Log::Over(record) => {
            let (peer, line) = (record.peer(), record.request_line());
            append_asked(&mut out, peer, line, record.status());
            // A write to a `Vec` cannot fail.
            let _ = write!(out, " {}", record.body_bytes_sent());
            if let End::Cut(cause) = record.end() {
                append_cut(&mut out, format!(" cut: {cause}").chars());
            }
        }
        Log::Error { peer, message } => {
            append_peer(&mut out, *peer);
            append_cut(&mut out, message.chars());
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

fn append_asked(
    out: &mut Vec<u8>,
    peer: Option<SocketAddr>,
    request_line: &[u8],
    status: Option<Status>,
) {
    append_peer(out, peer);
    append_quoted(out, Some(request_line), LINE_TEXT_BYTES_MAX);
    let _ = match status {
        Some(status) => write!(out, " {}", status.code()),
        None => write!(out, " -"),
    };
}

fn append_peer(out: &mut Vec<u8>, peer: Option<SocketAddr>) {
    let _ = match peer {
        Some(peer) => write!(out, "{} ", peer.ip().to_canonical()),
        None => write!(out, "- "),
    };
}

#[cfg(test)]
mod tests;
