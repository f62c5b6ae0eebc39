//! Fuzz target: nothing in a request line ends its line of the log, or moves a cursor.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use crate::handler::{End, Log, Origin, Record};
use crate::http::headers::Headers;
use crate::http::scheme::Scheme;
use crate::http::status::Status;
use crate::log::{LogFormat, ServerLog, append_line};

/// Fuzz target: a request line is one line of the log, and can be read back from it.
pub fn log_line(input: &[u8]) {
    let entry = Log::Access {
        peer: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 1))),
        request_line: input,
        status: Status::OK,
        body_bytes: None,
    };
    let mut line = Vec::new();
    append_line(&mut line, "now", &entry);
    let text = String::from_utf8(line).expect("the log is text");
    let text = text.strip_suffix('\n').expect("a line ends");
    assert!(!text.contains(char::is_control));
    let shown = text
        .strip_prefix("127.0.0.1 - - [now] \"")
        .expect("a start");
    let shown = shown.strip_suffix("\" 200 -").expect("an end");
    assert_eq!(unescape(shown), input);
    combined_line(input);
    json_line(input);
}

/// What a log of this format has of a request with this line that is over.
fn over(format: LogFormat, request_line: &[u8]) -> String {
    let (mut reader, writer) = UnixStream::pair().expect("a pair");
    let mut log = ServerLog::new(writer).format(format);
    let now = Instant::now();
    log.entry(&Log::Over(Record {
        origin: Origin {
            peer: None,
            scheme: Scheme::Http,
            connection: 1,
            request: 1,
        },
        request_line,
        fields: Headers {
            buf: &[],
            fields: &[],
        },
        status: Some(Status::OK),
        framing_bytes: 0,
        bytes_sent: 5,
        bytes_taken: 0,
        began: now,
        first_byte: None,
        over: now,
        end: End::Complete,
    }));
    log.flush();
    drop(log);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("the log is text");
    let line = text.strip_suffix('\n').expect("a line ends");
    assert!(!line.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')));
    line.to_owned()
}

fn combined_line(input: &[u8]) {
    let line = over(LogFormat::Combined, input);
    let (_, shown) = line.split_once("] \"").expect("a time");
    let shown = shown.strip_suffix("\" 200 5 \"-\" \"-\"").expect("an end");
    assert!(shown.is_ascii());
    assert_eq!(unescape(shown), input);
}

/// An object of texts, numbers and nulls, read as RFC 8259 has it.
fn members(line: &str) -> Vec<(String, Option<String>)> {
    let mut rest = line.strip_prefix('{').expect("an object");
    let mut members = Vec::new();
    while !rest.is_empty() {
        let (name, after) = text(rest);
        rest = after.strip_prefix(':').expect("a value");
        let value = match rest.starts_with('"') {
            true => {
                let (value, after) = text(rest);
                rest = after;
                Some(value)
            }
            false => {
                let end = rest.find([',', '}']).expect("an end");
                let value = &rest[..end];
                rest = &rest[end..];
                assert!(value == "null" || value.parse::<u64>().is_ok());
                (value != "null").then(|| value.to_owned())
            }
        };
        members.push((name, value));
        rest = match rest {
            "}" => "",
            more => more.strip_prefix(',').expect("a comma"),
        };
    }
    members
}

/// A text in quotes at the start, and what follows it.
fn text(line: &str) -> (String, &str) {
    let mut rest = line.strip_prefix('"').expect("a quote").chars();
    let mut value = String::new();
    loop {
        match rest.next().expect("a text ends") {
            '"' => return (value, rest.as_str()),
            '\\' => value.push(match rest.next() {
                Some('u') => {
                    let digits: String = rest.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).expect("four digits");
                    char::from_u32(code).expect("no surrogate")
                }
                other => other
                    .filter(|c| matches!(c, '"' | '\\'))
                    .expect("an escape"),
            }),
            other => value.push(other),
        }
    }
}

fn json_line(input: &[u8]) {
    let members = members(&over(LogFormat::Json, input));
    let value = |name: &str| {
        let mut found = members.iter().filter(|(other, _)| other == name);
        let (_, value) = found.next().expect("a member");
        assert!(found.next().is_none(), "{name} is there twice");
        value.clone()
    };
    let parts = ["method", "target", "version"].map(value);
    let line = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut want = String::new();
    let mut rest = input;
    while !rest.is_empty() {
        let good = match std::str::from_utf8(rest) {
            Ok(all) => all.len(),
            Err(error) => error.valid_up_to(),
        };
        want.push_str(std::str::from_utf8(&rest[..good]).expect("just looked at"));
        // Each byte of what is none for itself: the next one may begin a letter.
        let bad = rest[good..].first();
        want.extend(bad.map(|&byte| char::from(byte)));
        rest = &rest[good + usize::from(bad.is_some())..];
    }
    assert_eq!(line, want);
}

/// The bytes that Latin-1 with escapes stands for.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        let byte = match letter {
            '\\' => match rest.next() {
                Some('x') => {
                    let mut digit = || rest.next().and_then(|digit| digit.to_digit(16));
                    digit().zip(digit()).map(|(high, low)| high << 4 | low)
                }
                other => other.map(u32::from),
            },
            letter => Some(u32::from(letter)),
        };
        bytes.push(
            byte.and_then(|byte| u8::try_from(byte).ok())
                .expect("a byte"),
        );
    }
    bytes
}

#[cfg(test)]
mod tests;
