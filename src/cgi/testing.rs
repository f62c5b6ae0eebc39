//! What the simulator plays scripts with. And a fuzz target: a script's head gives the same however
//! it arrives, and cannot split a response.

use super::Cgi;
pub use super::child::{Plan, Spawned, Start, Stdin};
use super::head::{Answer, HeadFault, HeadParser, ScriptHead};
use super::limits::HEAD_BYTES_MAX;
use crate::http::testing::{Outcome, feed_every_way};

impl Cgi {
    /// Has scripts started in another way.
    pub fn start_by(mut self, start: Start) -> Cgi {
        self.start = start;
        self
    }

    /// Whether no script runs, and nobody waits for one.
    pub fn is_at_rest(&self) -> bool {
        self.queue.is_at_rest()
    }
}

/// Reads a script's head from pieces, as a run does.
pub fn read_script_head(pieces: &[&[u8]]) -> Outcome<ScriptHead, HeadFault> {
    let mut parser = HeadParser::default();
    let mut before = 0;
    for piece in pieces {
        match parser.feed(piece) {
            Ok(None) => before += piece.len(),
            Ok(Some((used, value))) => {
                let consumed = before + used;
                return Outcome::Complete { value, consumed };
            }
            Err(fault) => return Outcome::Failed(fault),
        }
    }
    Outcome::Incomplete
}

/// Fuzz target `cgi_head`.
pub fn cgi_head(input: &[u8]) {
    let Outcome::Complete { value, consumed } = feed_every_way(input, read_script_head) else {
        return;
    };
    assert!(consumed <= HEAD_BYTES_MAX);
    assert!(input[..consumed].ends_with(b"\n"));
    let printable = |byte: &u8| *byte == b'\t' || !byte.is_ascii_control();
    for (name, field) in &value.fields {
        assert!(!name.is_empty());
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b':')
        );
        assert!(field.iter().all(printable));
    }
    match value.answer() {
        Answer::LocalRedirect(target) => {
            assert!(target.starts_with('/'));
            assert!(target.bytes().all(|byte| byte.is_ascii_graphic()));
        }
        Answer::Document(status, reason) => {
            assert!(status.code() >= 200);
            assert!(reason.is_none_or(|reason| !reason.contains(char::is_control)));
        }
    }
}
