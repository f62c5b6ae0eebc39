//! The exchanges of the handler under simulation, which also check what the engine promises them.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::diary::{Diary, Sleeper};
use super::fixture::{digest, pattern};
use crate::handler::{Body, Cx, Exchange, Pull, Response, Sink};
use crate::http::status::Status;

/// Bytes that an echo keeps at most.
const ECHO_BYTES_MAX: usize = 3000;

/// How often one that answers late waits, a count.
const NAPS: u32 = 2;

/// What an exchange does.
pub enum Kind {
    /// Reads the body, so many bytes at a time, then tells its digest.
    Collect { sip: usize },
    /// Sends the body back while it reads it.
    Echo,
    /// Answers at once, without the body.
    Early(usize),
    /// Answers after a while.
    Late(Duration),
    /// Answers when it is woken.
    Wake,
    /// Fails.
    Fail,
    /// Fails past so many bytes of body.
    Choke(usize),
    /// Answers with a local redirect.
    Leap(String),
}

/// One request in flight.
pub struct Talk {
    kind: Kind,
    port: u16,
    diary: Diary,
    number: usize,
    body: Vec<u8>,
    ended: bool,
    answered: bool,
    closed: Rc<Cell<bool>>,
    /// How often it has begun to wait.
    naps: u32,
    woken: Rc<Cell<bool>>,
    deadline: Option<Instant>,
}

impl Talk {
    /// An exchange that has just begun.
    pub fn new(kind: Kind, port: u16, diary: Diary) -> Talk {
        diary.borrow_mut().begin();
        let number = diary.borrow_mut().number();
        Talk {
            kind,
            port,
            diary,
            number,
            body: Vec::new(),
            ended: false,
            answered: false,
            closed: Rc::default(),
            naps: 0,
            woken: Rc::default(),
            deadline: None,
        }
    }

    fn set_deadline(&mut self, after: Duration, cx: &mut Cx<'_>) {
        self.deadline = Some(cx.now() + after);
        cx.set_deadline(self.deadline);
    }
}

impl Exchange for Talk {
    fn on_body(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        self.diary.borrow_mut().call(self.number);
        assert!(!self.closed.get(), "a body after the end");
        assert!(!self.ended, "body bytes after the body's end");
        assert!(!chunk.is_empty(), "offered nothing");
        let taken = match &self.kind {
            Kind::Collect { sip: usize::MAX } => chunk.len(),
            Kind::Collect { sip } => {
                // Takes some, then wants a rest.
                let sip = *sip;
                if self.deadline.is_some() {
                    0
                } else {
                    self.set_deadline(Duration::from_millis(2), cx);
                    sip.min(chunk.len())
                }
            }
            Kind::Echo => chunk.len().min(ECHO_BYTES_MAX - self.body.len()),
            Kind::Early(_) => 0,
            Kind::Choke(most) if self.body.len() + chunk.len() > *most => {
                return Err(io::Error::other("choked"));
            }
            _ => chunk.len(),
        };
        self.body.extend_from_slice(&chunk[..taken]);
        self.diary.borrow_mut().count(self.port, taken);
        Ok(taken)
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        assert!(!self.ended, "a body ends once");
        self.ended = true;
        Ok(())
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        let due = self.deadline.take();
        assert!(
            due.is_some_and(|due| due <= cx.now()),
            "a deadline that was not set, or not now"
        );
        Ok(())
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        self.diary.borrow_mut().call(self.number);
        assert!(!self.answered, "asked again after the answer");
        assert!(!self.closed.get(), "asked after the end");
        let ok = || Response::new(Status::OK);
        let response = match &self.kind {
            Kind::Collect { .. } | Kind::Choke(_) if !self.ended => return Poll::Pending,
            Kind::Collect { .. } | Kind::Choke(_) => ok().bytes(digest(&self.body).into_bytes()),
            Kind::Echo if self.body.is_empty() && !self.ended => return Poll::Pending,
            Kind::Echo => ok().with_body(Body::Streamed(None)),
            Kind::Early(n) => ok().bytes(pattern(*n)),
            Kind::Late(after) => {
                let after = *after;
                match (self.deadline, self.naps) {
                    (None, 0..NAPS) => {
                        self.naps += 1;
                        self.set_deadline(after / NAPS, cx);
                        return Poll::Pending;
                    }
                    (None, _) => ok().bytes(&b"late\n"[..]),
                    _ => return Poll::Pending,
                }
            }
            Kind::Wake if self.naps == 0 => {
                self.naps = 1;
                let sleeper = Sleeper {
                    waker: cx.waker(),
                    woken: self.woken.clone(),
                    closed: self.closed.clone(),
                };
                self.diary.borrow_mut().sleepers.push(sleeper);
                return Poll::Pending;
            }
            Kind::Wake if !self.woken.get() => return Poll::Pending,
            Kind::Wake => ok().bytes(&b"awake\n"[..]),
            Kind::Fail => return Poll::Ready(Err(io::Error::other("failed"))),
            Kind::Leap(target) => Response::reroute(target.clone()),
        };
        self.answered = true;
        Poll::Ready(Ok(response))
    }

    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        self.diary.borrow_mut().call(self.number);
        assert!(self.answered && !self.closed.get(), "asked out of turn");
        let put = out.put(&self.body);
        self.body.drain(..put);
        self.diary.borrow_mut().count(self.port, put);
        Ok(match (self.body.is_empty(), self.ended) {
            (true, true) => Pull::Done,
            (true, false) if put == 0 => Pull::Pending,
            _ => Pull::More,
        })
    }

    fn on_close(&mut self, _: &mut Cx<'_>) {
        assert!(!self.closed.get(), "closed twice");
        self.closed.set(true);
        self.diary.borrow_mut().closed += 1;
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.diary.borrow_mut().dropped += 1;
    }
}
