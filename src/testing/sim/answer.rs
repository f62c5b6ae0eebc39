//! One response as it must be, and how it is put together.

use super::oracle::{Got, Req, State};
use crate::http::limits::DISCARD_BYTES_MAX;

/// One response as it must be.
#[derive(Debug)]
pub struct Answer {
    /// The head's lines; a `*` at the end stands for anything.
    pub head: Vec<String>,
    pub body: Body,
    /// Whether it says that the connection closes.
    pub close: Say,
    /// Whether another answer follows.
    pub next: Say,
    /// The connection may be cut in it, and what was queued before it be lost.
    pub cut: bool,
    /// `100 Continue` may come before it, so often.
    pub interims: u8,
    /// What it is depends on what comes first.
    pub vague: bool,
    /// The peer speaks HTTP/1.0.
    pub is_10: bool,
    /// The request was a HEAD.
    pub is_head: bool,
    /// It is a script's, and there may be no place for one.
    pub may_be_busy: bool,
}

/// Yes, no, or depending on how the bytes arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Say {
    No,
    Yes,
    Either,
}

/// The bytes after a head.
#[derive(Debug)]
pub enum Body {
    None,
    Exact(Vec<u8>),
    Chunked(Vec<u8>),
    /// An error page with this code.
    Page(u16),
    /// Parts of a file so long.
    Parts(Vec<(usize, usize)>, usize, String),
}

/// How a peer's stream ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// With a FIN; it reads on.
    Fin,
    /// It stays open until the server closes.
    Stay,
}

impl Answer {
    pub fn new(status: &str) -> Answer {
        let version = env!("CARGO_PKG_VERSION");
        Answer {
            head: vec![
                format!("HTTP/1.1 {status}"),
                format!("Server: sprat/{version}"),
                "Date: *".into(),
            ],
            body: Body::None,
            close: Say::No,
            next: Say::Yes,
            cut: false,
            interims: 0,
            vague: false,
            is_10: false,
            is_head: false,
            may_be_busy: false,
        }
    }

    pub fn line(mut self, line: impl Into<String>) -> Answer {
        self.head.push(line.into());
        self
    }

    /// A body whose length is known.
    pub fn bytes(self, bytes: Vec<u8>) -> Answer {
        let len = bytes.len();
        let mut answer = self.line(format!("Content-Length: {len}"));
        answer.body = Body::Exact(bytes);
        answer
    }

    /// A body whose length is not known beforehand.
    pub fn streamed(self, bytes: Vec<u8>, req: &Req) -> Answer {
        if req.is_11 {
            let mut answer = self.line("Transfer-Encoding: chunked");
            answer.body = Body::Chunked(bytes);
            return answer;
        }
        let mut answer = self;
        (answer.close, answer.next) = (Say::Yes, Say::No);
        answer.body = Body::Exact(bytes);
        answer
    }

    pub fn cut(mut self) -> Answer {
        self.cut = true;
        self.next = Say::No;
        self
    }

    pub fn page(code: u16, closes: bool, is_head: bool) -> Answer {
        let mut answer = Answer::new(&format!("{code} *"))
            .line("Content-Type: text/html;charset=utf-8")
            .line("Content-Length: *");
        answer.body = if is_head {
            Body::None
        } else {
            Body::Page(code)
        };
        if closes {
            (answer.close, answer.next) = (Say::Yes, Say::No);
        }
        answer
    }

    /// Without its body, as HEAD has it.
    pub fn headless(mut self) -> Answer {
        if self.head[0].ends_with(" *") && self.cut {
            return self;
        }
        // There is nothing of unknown length to frame, and nothing to be cut in.
        self.head
            .retain(|line| !line.starts_with("Transfer-Encoding"));
        let is_framed = self
            .head
            .iter()
            .any(|line| line.starts_with("Content-Length"));
        if self.cut || !is_framed {
            (self.close, self.next, self.cut) = (Say::No, Say::Yes, false);
        }
        self.body = Body::None;
        self
    }

    /// There is no place for a script now, or nothing to start it with.
    pub fn busy() -> Answer {
        let mut answer = Answer::page(503, false, false);
        answer.head.insert(4, "Retry-After: 2".into());
        answer
    }

    /// The same in place of this one.
    pub fn instead_busy(&self) -> Answer {
        let mut answer = Answer::busy().headless_if(self.is_head);
        (answer.close, answer.next) = (Say::Either, Say::Either);
        answer.is_10 = self.is_10;
        answer
    }

    /// Whether its head is not the server's, or no other follows it on its connection.
    pub fn is_raw(&self) -> bool {
        self.head[0].starts_with("HTTP/1.0") || self.head[0].contains(" 101 ")
    }

    /// Without its body, if that is how it was asked for.
    pub fn headless_if(self, is_head: bool) -> Answer {
        if is_head { self.headless() } else { self }
    }

    /// It may come before the body has ended.
    pub fn before_body_end(mut self, req: &Req, got: &Got) -> Answer {
        let complete = got.state == State::Complete;
        // Past a fault in the body nobody can tell what its exchange would still have sent.
        self.cut |= !complete;
        if req.expects {
            self.close = Say::Either;
        }
        let small = got.used <= DISCARD_BYTES_MAX as usize;
        self.next = match (complete, small) {
            _ if self.next == Say::No => Say::No,
            (false, _) => Say::No,
            (true, true) => Say::Yes,
            (true, false) => Say::Either,
        };
        self
    }
}

/// What a body is answered that does not end, or ends badly.
pub fn fault(got: &Got, end: End) -> Answer {
    match (got.state, end) {
        (State::Truncated, End::Stay) => Answer::page(408, true, false),
        _ => Answer::page(400, true, false),
    }
}
