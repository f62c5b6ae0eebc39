//! Requests whose end servers disagree about, with what each must get and the sentence that says
//! so: plain data, read by the black-box tests and by the simulator's oracle.
//!
//! After the bytes of each row comes [`MARKER`], a request that must be answered if it is one, and
//! must not if it lies inside a body or behind a fault. Many bodies hold a second request, which
//! nobody may ever answer. `/body` reads its body and sends it back; where nobody reads bodies, it
//! is a file.

/// The request inside bodies, 37 bytes (0x25).
macro_rules! inside {
    () => {
        "GET /medium.bin HTTP/1.1\r\nHost: i\r\n\r\n"
    };
}

/// The request after each row, 36 bytes.
macro_rules! marker {
    () => {
        "GET /small.txt HTTP/1.1\r\nHost: m\r\n\r\n"
    };
}

/// A request with this first line, these lines of fields, and this body.
macro_rules! ask {
    ($line:expr, $fields:expr, $body:expr) => {
        concat!($line, "\r\nHost: a\r\n", $fields, "\r\n\r\n", $body)
    };
}

/// A POST with these lines of fields and this body.
macro_rules! post {
    ($fields:expr, $body:expr) => {
        ask!("POST /body HTTP/1.1", $fields, $body)
    };
}

/// A POST with this chunked body.
macro_rules! chunked {
    ($body:expr) => {
        post!("Transfer-Encoding: chunked", $body)
    };
}

mod chunks;
mod codings;
mod cycles;
mod fields;
mod hosts;
mod lengths;
mod lines;

/// See [`marker!`]; its answer is the file of that name.
pub const MARKER: &str = marker!();

/// What comes back, in order; after the last the connection ends, or has nothing to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The request is served, with exactly this body.
    Served(&'static str),
    /// One of no known method is refused, and the connection lives on.
    Unsupported,
    /// A page with this status, and the connection closes.
    Refused(u16),
    /// The head is good and its body is not: 400 from whoever reads it, and the connection closes.
    BadBody,
    /// The body goes on past all that was sent, the marker included.
    Unended,
    /// The marker is answered.
    Marker,
}

/// Rows that one sentence decides in one way.
#[derive(Clone, Copy)]
pub struct Group {
    /// The sentence, in our words, after the section that has it.
    pub rule: &'static str,
    /// What comes back.
    pub answers: &'static [Answer],
    /// A name, and the bytes before the marker. All requests of a row have one method.
    pub rows: &'static [(&'static str, &'static str)],
}

/// One framing.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What is odd about it.
    pub name: &'static str,
    /// What is sent before the marker.
    pub bytes: &'static str,
    /// What comes back.
    pub answers: &'static [Answer],
    /// Why.
    pub rule: &'static str,
}

impl Row {
    /// What is sent, with this target in place of `/body`.
    pub fn stream(&self, target: &str) -> Vec<u8> {
        (self.bytes.replace("/body", target) + MARKER).into_bytes()
    }

    /// The method of its requests.
    pub fn method(&self) -> &'static str {
        let line = self.bytes.trim_start();
        line.split([' ', '\t']).next().unwrap_or_default()
    }
}

/// All of them.
pub fn rows() -> Vec<Row> {
    let groups = [
        lengths::GROUPS,
        codings::GROUPS,
        chunks::GROUPS,
        lines::GROUPS,
        fields::GROUPS,
        hosts::GROUPS,
        cycles::GROUPS,
    ];
    let mut rows = Vec::new();
    for group in groups.concat() {
        rows.extend(group.rows.iter().map(|&(name, bytes)| Row {
            name,
            bytes,
            answers: group.answers,
            rule: group.rule,
        }));
    }
    rows
}
