//! Lines of text: Python's, and those of Apache's formats.

use std::io::Write;
use std::net::SocketAddr;

use super::sink::PENDING_BYTES_MAX;
use crate::handler::Log;

/// Longest text of a peer or of a message in a line, in bytes as they are written. Past it: `...`
/// in place of the rest. Any target of the default length fits, unless most of it is control bytes,
/// which take four each.
pub const LINE_TEXT_BYTES_MAX: usize = 48 * 1024;

/// Longest text of a field in a line, in bytes as they are written: of `Host`, `Referer` and
/// `User-Agent` in the formats that have them.
pub const FIELD_TEXT_BYTES_MAX: usize = 4 * 1024;
// A line fits into what may wait: else it could never be written.
const _: () = assert!(LINE_TEXT_BYTES_MAX + 3 * FIELD_TEXT_BYTES_MAX + 1024 <= PENDING_BYTES_MAX);

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
            let text = request_line.iter().map(|&byte| char::from(byte));
            append_cut(out, text);
            // A write to a `Vec` cannot fail.
            let _ = writeln!(out, "\" {} -", status.code());
        }
        // Python has no such line.
        Log::Over(_) => {}
        Log::Error { peer, message } => append_error(out, *peer, stamp, message),
    }
}

/// Appends the line of a request that is over, as Apache's `common` and `combined` have it; other
/// entries have the start of such a line, and their message.
pub(super) fn append_common(out: &mut Vec<u8>, stamp: &str, entry: &Log<'_>, is_combined: bool) {
    match entry {
        Log::Access { .. } => {}
        Log::Over(record) => {
            append_start(out, record.peer(), stamp);
            append_quoted(out, Some(record.request_line()), LINE_TEXT_BYTES_MAX);
            // A write to a `Vec` cannot fail.
            let _ = match record.status() {
                Some(status) => write!(out, " {}", status.code()),
                None => write!(out, " -"),
            };
            let _ = match record.body_bytes_sent() {
                0 => write!(out, " -"),
                bytes => write!(out, " {bytes}"),
            };
            if is_combined {
                for field in [record.referer(), record.user_agent()] {
                    out.push(b' ');
                    append_quoted(out, field, FIELD_TEXT_BYTES_MAX);
                }
            }
            out.push(b'\n');
        }
        Log::Error { peer, message } => append_error(out, *peer, stamp, message),
    }
}

fn append_error(out: &mut Vec<u8>, peer: Option<SocketAddr>, stamp: &str, message: &str) {
    append_start(out, peer, stamp);
    append_cut(out, message.chars());
    out.push(b'\n');
}

/// Appends text of a peer in quotes; in it `"` and `\` have a backslash, and every byte that is no
/// printing ASCII is `\xhh`. What is not there is `"-"`.
pub(super) fn append_quoted(out: &mut Vec<u8>, text: Option<&[u8]>, bytes_max: usize) {
    out.push(b'"');
    let end = out.len() + bytes_max;
    for &byte in text.unwrap_or(b"-") {
        if out.len() >= end {
            out.extend_from_slice(b"...");
            break;
        }
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b' '..=b'~' => out.push(byte),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push(b'"');
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
pub(super) fn append_cut(out: &mut Vec<u8>, text: impl Iterator<Item = char>) {
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

#[cfg(test)]
mod tests;
