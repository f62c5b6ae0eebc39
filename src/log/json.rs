//! One JSON object a line (RFC 8259), whatever bytes came.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use super::line::{FIELD_TEXT_BYTES_MAX, LINE_TEXT_BYTES_MAX};
use super::stamp::Stamp;
use crate::handler::{End, Log, Record};

/// Most bytes that one of a text takes when it is written: `\u001f`.
const ESCAPE_BYTES: usize = 6;

/// Appends the entry as an object with its line end. The names of members are always the same, and
/// all are there; what is not known is `null`.
pub(super) fn append_object(out: &mut Vec<u8>, stamp: &Stamp, entry: &Log<'_>) {
    match entry {
        Log::Access { .. } => {}
        Log::Over(record) => append_record(out, stamp, record),
        Log::Error { peer, message } => {
            append_time(out, stamp);
            append_peer(out, *peer);
            out.extend_from_slice(b",\"level\":\"error\"");
            append_text(
                out,
                "message",
                Some(message.as_bytes()),
                LINE_TEXT_BYTES_MAX,
            );
            out.extend_from_slice(b"}\n");
        }
    }
}

/// Appends an object that says how many lines were dropped.
pub(super) fn append_gap(out: &mut Vec<u8>, stamp: &Stamp, lines: u64) {
    append_time(out, stamp);
    // A write to a `Vec` cannot fail.
    let _ = writeln!(
        out,
        ",\"level\":\"error\",\"message\":\"{lines} log lines dropped\"}}"
    );
}

fn append_record(out: &mut Vec<u8>, stamp: &Stamp, record: &Record<'_>) {
    append_time(out, stamp);
    append_peer(out, record.peer());
    let [method, target, version] = words(record.request_line());
    append_field(out, "method", method);
    // The other texts have as much room in all as one line of them has.
    let target_bytes_max = LINE_TEXT_BYTES_MAX - 2 * FIELD_TEXT_BYTES_MAX;
    append_text(out, "target", target, target_bytes_max);
    append_field(out, "version", version);
    let status = record.status().map(|status| status.code().into());
    append_number(out, "status", status);
    append_number(out, "bytes", Some(record.body_bytes_sent()));
    append_number(out, "taken", Some(record.bytes_taken()));
    let first_byte = record.first_byte_after().map(micros);
    append_number(out, "ttfb_us", first_byte);
    append_number(out, "duration_us", Some(micros(record.over_after())));
    let (end, cause) = match record.end() {
        End::Complete => ("complete", None),
        End::Cut(cause) => ("cut", Some(cause.to_string())),
    };
    append_field(out, "end", Some(end.as_bytes()));
    append_field(out, "cause", cause.as_deref().map(str::as_bytes));
    append_field(out, "host", record.host());
    append_field(out, "referer", record.referer());
    append_field(out, "agent", record.user_agent());
    append_field(out, "scheme", Some(record.scheme().name().as_bytes()));
    append_number(out, "conn", Some(record.connection().into()));
    append_number(out, "req", Some(record.request().into()));
    out.extend_from_slice(b"}\n");
}

/// Method, target and version of a request line; of a line that is none, all of it as a target.
fn words(line: &[u8]) -> [Option<&[u8]>; 3] {
    let first = line.iter().position(|&byte| byte == b' ');
    let last = line.iter().rposition(|&byte| byte == b' ');
    let ends = first.zip(last).filter(|(first, last)| first < last);
    match ends {
        Some((first, last)) if line[last + 1..].starts_with(b"HTTP/") => [
            Some(&line[..first]),
            Some(&line[first + 1..last]),
            Some(&line[last + 1..]),
        ],
        _ => [None, (!line.is_empty()).then_some(line), None],
    }
}

fn append_time(out: &mut Vec<u8>, stamp: &Stamp) {
    // A write to a `Vec` cannot fail.
    let _ = write!(
        out,
        "{{\"time\":\"{}.{:06}Z\"",
        stamp.text(),
        stamp.micros()
    );
}

fn append_peer(out: &mut Vec<u8>, peer: Option<SocketAddr>) {
    let _ = match peer {
        Some(peer) => write!(out, ",\"peer\":\"{}\"", peer.ip().to_canonical()),
        None => write!(out, ",\"peer\":null"),
    };
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn append_number(out: &mut Vec<u8>, name: &str, value: Option<u64>) {
    let _ = match value {
        Some(value) => write!(out, ",\"{name}\":{value}"),
        None => write!(out, ",\"{name}\":null"),
    };
}

/// Appends a member that has the room of a field.
fn append_field(out: &mut Vec<u8>, name: &str, text: Option<&[u8]>) {
    append_text(out, name, text, FIELD_TEXT_BYTES_MAX);
}

/// Appends a member whose text takes at most so many bytes; past them comes `...`. Bytes that are
/// no UTF-8 are read as Latin-1, each for itself, so that none is lost.
fn append_text(out: &mut Vec<u8>, name: &str, text: Option<&[u8]>, bytes_max: usize) {
    let Some(text) = text else {
        return append_number(out, name, None);
    };
    let _ = write!(out, ",\"{name}\":\"");
    let end = out.len() + bytes_max - ESCAPE_BYTES;
    let characters = text.utf8_chunks().flat_map(|chunk| {
        let bad = chunk.invalid().iter().map(|&byte| char::from(byte));
        chunk.valid().chars().chain(bad)
    });
    for character in characters {
        if out.len() >= end {
            out.extend_from_slice(b"...");
            break;
        }
        append_character(out, character);
    }
    out.push(b'"');
}

fn append_character(out: &mut Vec<u8>, character: char) {
    match character {
        '"' | '\\' => out.extend_from_slice(&[b'\\', character as u8]),
        ' '..='~' => out.push(character as u8),
        // Line separators are no line ends in JSON, but to some who split it into lines.
        '\u{2028}' | '\u{2029}' | '\0'..='\u{9f}' => {
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        }
        _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

#[cfg(test)]
mod tests;
