//! A handler that is asked without a socket and a thread: for tests of what it is asked and what it
//! answers, not of how that comes and goes.

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, channel};

use sprat::testing::{self, Answer};
use sprat::{Cx, Handler, Reply, Request};

use super::Site;
use super::support::{self, Framing};

/// The server.
pub struct Still<H: Handler>(RefCell<testing::Site<H>>);

impl<H: Handler> Still<H> {
    /// A server of this handler.
    pub fn of(handler: H) -> Still<H> {
        Still(RefCell::new(testing::Site::new(handler)))
    }

    /// All answers to these bytes, interim ones too; those to HEAD by its name.
    pub fn answers(&self, bytes: impl AsRef<[u8]>) -> Vec<support::Reply> {
        let bytes = bytes.as_ref();
        let mut site = self.0.borrow_mut();
        let peer = site.connect();
        peer.send(bytes);
        site.settle();
        let next = || match bytes.starts_with(b"HEAD ") {
            true => peer.answer_to_head(),
            false => peer.answer(),
        };
        std::iter::from_fn(next).map(reply).collect()
    }

    /// The first answer to these bytes.
    pub fn say(&self, bytes: impl AsRef<[u8]>) -> support::Reply {
        self.answers(bytes).into_iter().next().expect("an answer")
    }

    /// The answer to a request line without its version, and to fields that each end with CRLF.
    pub fn ask(&self, line: &str, fields: &str) -> support::Reply {
        self.say(format!("{line} HTTP/1.1\r\nHost: h\r\n{fields}\r\n"))
    }

    /// The answer to a GET.
    pub fn get(&self, target: &str) -> support::Reply {
        self.ask(&format!("GET {target}"), "")
    }
}

fn reply(answer: Answer) -> support::Reply {
    assert!(answer.is_whole, "{answer:?}");
    let framing = match (
        answer.header("Content-Length"),
        answer.header("Transfer-Encoding"),
    ) {
        (Some(_), None) => Framing::Length,
        (None, Some("chunked")) => Framing::Chunked,
        (None, None) => Framing::None,
        _ => panic!("how long is it? {answer:?}"),
    };
    support::Reply {
        version: "HTTP/1.1".into(),
        status: answer.status,
        reason: answer.reason,
        headers: answer.headers,
        body: answer.body,
        framing,
    }
}

/// Answers by a function; the log comes out of the receiver.
pub fn still<F>(answer: F) -> (Still<Site<F>>, Receiver<String>)
where
    F: FnMut(&Request<'_>, &mut Cx<'_>) -> Reply + 'static,
{
    let (log, lines) = channel();
    (Still::of(Site { answer, log }), lines)
}
