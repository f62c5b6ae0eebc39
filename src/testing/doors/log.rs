//! Fuzz target: nothing in a request line ends its line of the log, or moves a cursor.

use std::net::{Ipv4Addr, SocketAddr};

use crate::handler::Log;
use crate::http::status::Status;
use crate::log::append_line;

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
