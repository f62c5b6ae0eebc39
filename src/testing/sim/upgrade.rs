//! The exchanges that connections are switched to, and what such a connection must bring.

use std::io;
use std::time::Duration;

use super::answer::{Answer, Body, End, Say};
use super::diary::Diary;
use super::fixture::pattern;
use super::oracle::Req;
use crate::handler::{Cx, Exchange, Pull, Sink};

/// What the handler calls its protocol.
pub const PROTOCOL: &str = "echo";

/// Bytes that an echo keeps at most.
const ECHO_BYTES_MAX: usize = 3000;

/// What one that is switched to does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Sends back what it takes; ends when its peer has.
    Echo,
    /// The same, so many bytes at a time, with a rest between.
    Sip(usize),
    /// Says so many bytes and ends its side; hears the other to its end.
    Speech(usize),
}

impl Kind {
    fn of(word: &str, number: usize) -> Kind {
        match word {
            "sip" => Kind::Sip(number.max(1000)),
            "speech" => Kind::Speech(number),
            _ => Kind::Echo,
        }
    }
}

/// One that is switched to, which also checks what the engine promises it.
pub struct Switched {
    kind: Kind,
    port: u16,
    diary: Diary,
    number: usize,
    bytes: Vec<u8>,
    said: usize,
    rests: bool,
    ended: bool,
    done: bool,
    closed: bool,
}

impl Switched {
    /// For a request that asks for it.
    pub fn new(word: &str, number: usize, port: u16, diary: Diary) -> Switched {
        diary.borrow_mut().begin();
        let number_of_all = diary.borrow_mut().number();
        Switched {
            kind: Kind::of(word, number),
            port,
            number: number_of_all,
            diary,
            bytes: Vec::new(),
            said: 0,
            rests: false,
            ended: false,
            done: false,
            closed: false,
        }
    }

    fn call(&self) {
        assert!(!self.closed, "called after the end");
        self.diary.borrow_mut().call(self.number);
    }
}

impl Exchange for Switched {
    fn on_body(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        self.call();
        assert!(!self.ended && !chunk.is_empty());
        let room = ECHO_BYTES_MAX - self.bytes.len();
        let taken = match self.kind {
            Kind::Echo => chunk.len().min(room),
            Kind::Sip(_) if self.rests => 0,
            Kind::Sip(most) => {
                self.rests = true;
                cx.set_deadline(Some(cx.now() + Duration::from_millis(2)));
                chunk.len().min(most).min(room)
            }
            Kind::Speech(_) => chunk.len(),
        };
        self.diary.borrow_mut().count(self.port, taken);
        match self.kind {
            Kind::Speech(_) => {}
            _ => self.bytes.extend_from_slice(&chunk[..taken]),
        }
        Ok(taken)
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.call();
        assert!(!self.ended, "the peer's side ends once");
        self.ended = true;
        Ok(())
    }

    fn on_deadline(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.call();
        self.rests = false;
        Ok(())
    }

    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        self.call();
        assert!(!self.done, "asked after our side has ended");
        if let Kind::Speech(len) = self.kind {
            let put = out.put(&pattern(len)[self.said..]);
            self.said += put;
            self.diary.borrow_mut().count(self.port, put);
            self.done = self.said == len;
            return Ok(if self.done { Pull::Done } else { Pull::More });
        }
        let put = out.put(&self.bytes);
        self.bytes.drain(..put);
        self.diary.borrow_mut().count(self.port, put);
        self.done = self.ended && self.bytes.is_empty();
        Ok(match self.bytes.is_empty() {
            true if self.done => Pull::Done,
            true => Pull::Pending,
            false => Pull::More,
        })
    }

    fn on_close(&mut self, _: &mut Cx<'_>) {
        assert!(!self.closed, "closed twice");
        self.closed = true;
        self.diary.borrow_mut().closed += 1;
    }
}

impl Drop for Switched {
    fn drop(&mut self) {
        self.diary.borrow_mut().dropped += 1;
    }
}

/// What one that does not ask is given, and nobody may call.
pub struct Never;

impl Exchange for Never {
    fn on_close(&mut self, _: &mut Cx<'_>) {
        panic!("it was never begun");
    }
}

/// What a request to be switched is answered, which has no body and is followed by this.
pub fn answer(req: &Req, words: &[String], number: usize, after: &[u8], end: End) -> Answer {
    if !req.upgrades {
        let mut page = Answer::page(426, false, req.method == "HEAD");
        page.head.insert(4, format!("Upgrade: {PROTOCOL}"));
        return page.line("Connection: upgrade");
    }
    let mut answer = Answer::new("101 Switching Protocols")
        .line(format!("Upgrade: {PROTOCOL}"))
        .line("Connection: upgrade");
    let kind = Kind::of(words.get(1).map_or("", String::as_str), number);
    answer.next = Say::No;
    answer.body = Body::Exact(match kind {
        Kind::Speech(len) => pattern(len),
        _ => after.to_vec(),
    });
    // One whose peer says nothing more is cut in the end, and may be in the midst of nothing.
    answer.cut = end == End::Stay;
    answer
}
