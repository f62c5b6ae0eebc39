//! Peers of a world whose files change: what they asked for, and what they are answered.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::shelf::Palate;

/// A request that was not answered yet.
pub struct Question {
    pub place: usize,
    pub asked_at: usize,
    pub palate: Palate,
    /// The content whose tag it names.
    pub known: Option<Rc<str>>,
}

/// An answer, as far as it is judged.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub tag: String,
    pub coding: String,
    pub vary: String,
    pub body: String,
}

/// What one peer sent and got.
#[derive(Default)]
pub struct Peer {
    pub to_read: VecDeque<u8>,
    pub written: Vec<u8>,
    pub questions: VecDeque<Question>,
    /// Of each place the last tag, and its content.
    pub tags: HashMap<usize, (String, Rc<str>)>,
    pub answers: usize,
    /// Of these the ones in a coding or in Markdown, or 406.
    pub negotiated: usize,
}

impl Peer {
    /// The next whole answer.
    pub fn take_answer(&mut self) -> Option<Told> {
        let end = self
            .written
            .windows(4)
            .position(|four| four == b"\r\n\r\n")?
            + 4;
        let head = String::from_utf8(self.written[..end].to_vec()).unwrap();
        let field = |name: &str| {
            let mut lines = head.lines();
            let value = lines.find_map(|line| line.strip_prefix(name));
            value.unwrap_or_default().to_owned()
        };
        let length = match &*field("Content-Length: ") {
            "" => 0,
            length => length.parse().unwrap(),
        };
        let body = self.written.get(end..end + length)?.to_vec();
        self.written.drain(..end + length);
        Some(Told {
            status: head[9..12].parse().unwrap(),
            tag: field("ETag: "),
            coding: field("Content-Encoding: "),
            vary: field("Vary: "),
            body: String::from_utf8(body).unwrap(),
        })
    }
}
