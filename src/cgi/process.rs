//! A running script: its pipes, its head, its body, its end. `Run` drives it.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::rc::Rc;
use std::task::Poll;
use std::time::Instant;

use super::failures::{ending, not_started};
use super::given::GivenBody;
use super::head::{Answer, HeadParser, ScriptHead, spoken_status};
use super::job::Job;
use super::limits::{DROPPED_BYTES_MAX, GRACE_TIME, READ_BYTES, READS_MAX};
use super::pumps::{STDERR, STDIN, STDOUT, StderrPump, StdinPump, StdoutPump, Took};
use super::queue::Ticket;
use crate::handler::{Body, Cx, Failure, Pull, Response, Sink, Told};
use crate::http::status::Status;
use crate::reactor::clock::later;
use crate::sys::spawn;

/// How far the output has been read.
enum OutputStage {
    /// Inside the script's head.
    Head(HeadParser),
    /// The response has no body: it is given out when the output has ended, for until then the
    /// script may be at work, and the end of the exchange would kill it.
    Held { response: Response, dropped: u64 },
    /// The response is out; `left` bytes are still promised.
    Body { left: Option<u64>, early: Vec<u8> },
}

/// A script that was started.
pub struct RunningScript {
    job: Job,
    /// Its place among the scripts at once, which its child has, too: the next one may begin when
    /// both are gone.
    ticket: Rc<Ticket>,
    input: StdinPump,
    output: StdoutPump,
    errors: StderrPump,
    /// Why it does not run, if it does not.
    start: spawn::StartFailure,
    stage: Option<OutputStage>,
    exit: Option<ExitStatus>,
    /// The last time bytes moved, or the script ended.
    moved: Instant,
    /// When the answer to a HEAD, which is known, is given although the script goes on.
    head_until: Option<Instant>,
    /// Whether the grace after the end of output is over.
    given_up: bool,
    /// Whether the response has ended badly, and the next call is to say so.
    cut_next: bool,
}

impl RunningScript {
    /// Starts the script in its directory and hands its process to the server.
    ///
    /// # Errors
    /// Out of processes, memory or descriptors; where std starts it, also why it does not run.
    pub fn start(
        mut job: Job,
        directory: OwnedFd,
        given: GivenBody,
        mut ticket: Ticket,
        cx: &mut Cx<'_>,
    ) -> io::Result<RunningScript> {
        let (stdin, held, is_whole) = given.open(&mut ticket);
        let ticket = Rc::new(ticket);
        let plan = std::mem::take(&mut job.plan);
        let spawned = (job.start)(plan, directory, stdin, Rc::clone(&ticket))?;
        // First of all: from here on it is killed and reaped whatever happens.
        cx.adopt(spawned.child);
        let process = RunningScript {
            input: StdinPump::open(spawned.stdin, held, is_whole, cx)?,
            output: StdoutPump::open(spawned.stdout, cx)?,
            errors: StderrPump::open(spawned.stderr, &job.name, cx)?,
            start: spawned.failure,
            ticket,
            stage: Some(OutputStage::Head(HeadParser::default())),
            exit: None,
            moved: cx.now(),
            head_until: None,
            given_up: false,
            cut_next: false,
            job,
        };
        process.arm(cx);
        Ok(process)
    }

    /// Offers body bytes; returns how many were taken.
    ///
    /// # Errors
    /// As for [`StdinPump::offer`].
    pub fn offer(&mut self, bytes: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        let taken = self.input.offer(bytes, cx)?;
        if taken > 0 {
            self.moved = cx.now();
            self.arm(cx);
        }
        Ok(taken)
    }

    /// The body is complete.
    pub fn end_input(&mut self, cx: &mut Cx<'_>) {
        self.input.finish(cx);
    }

    /// A pipe may be ready.
    ///
    /// # Errors
    /// As for [`StdinPump::on_ready`].
    pub fn on_ready(&mut self, which: u8, cx: &mut Cx<'_>) -> io::Result<()> {
        match which {
            STDIN if self.input.on_ready(cx)? => {
                self.moved = cx.now();
                self.arm(cx);
            }
            STDOUT => self.output.on_ready(),
            STDERR => {
                self.errors.on_ready();
                self.read_errors(cx);
            }
            _ => {}
        }
        Ok(())
    }

    /// stderr is always read, so that no script waits for it.
    fn read_errors(&mut self, cx: &mut Cx<'_>) {
        if self.errors.read(&self.job.name, cx) {
            call_again(cx);
        }
    }

    /// The script has ended.
    pub fn on_exit(&mut self, status: ExitStatus, cx: &mut Cx<'_>) {
        self.exit = Some(status);
        self.moved = cx.now();
        self.errors.on_ready();
        self.read_errors(cx);
        if let Some(ending) = ending(status).filter(|_| self.start.error().is_none()) {
            cx.log(format!("{}: CGI script {ending}", self.job.name));
        }
        self.arm(cx);
    }

    /// Sets the moment at which waiting for the script is over.
    fn arm(&self, cx: &mut Cx<'_>) {
        let at = if self.given_up {
            None
        } else if self.output.is_ended() || self.exit.is_some() {
            Some(later(self.moved, GRACE_TIME))
        } else {
            let silence = self.job.silence.map(|silence| later(self.moved, silence));
            silence.into_iter().chain(self.head_until).min()
        };
        cx.set_deadline(at);
    }

    /// The deadline has passed: gives the failure to answer with, before the head; the error that
    /// cuts the connection, after it; or goes on.
    ///
    /// # Errors
    /// `TimedOut` inside a body.
    pub fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<Option<Failure>> {
        if self.output.is_ended() {
            self.given_up = true;
            return Ok(None);
        }
        if self.head_until.is_some_and(|until| until <= cx.now()) {
            self.close_output(cx);
            self.given_up = true;
            return Ok(None);
        }
        if self.output.is_ready() || (self.exit.is_none() && self.input.is_starved()) {
            // The peer is slow, not the script.
            self.moved = cx.now();
            self.arm(cx);
            return Ok(None);
        }
        if self.exit.is_some() {
            let name = &self.job.name;
            cx.log(format!(
                "{name}: a child of the script keeps its stdout open"
            ));
            self.close_output(cx);
            self.given_up = true;
            return Ok(None);
        }
        let millis = self.job.silence.unwrap_or_default().as_millis();
        let cause = format!("{}: script was silent for {millis} ms", self.job.name);
        match self.stage.take() {
            Some(OutputStage::Body { .. }) | None => {
                cx.log(cause);
                Err(Told::error(io::ErrorKind::TimedOut))
            }
            Some(OutputStage::Held { response, .. }) => {
                // What it had to say is known; only its end is not.
                cx.log(cause);
                self.close_output(cx);
                self.given_up = true;
                self.stage = Some(OutputStage::Held {
                    response,
                    dropped: 0,
                });
                Ok(None)
            }
            Some(OutputStage::Head(_)) => {
                Ok(Some(Failure::new(Status::GATEWAY_TIMEOUT).cause(cause)))
            }
        }
    }

    /// Reads towards the response.
    ///
    /// # Errors
    /// As for [`StdoutPump::read`].
    pub fn poll_response(
        &mut self,
        cx: &mut Cx<'_>,
    ) -> io::Result<Poll<Result<Response, Failure>>> {
        self.read_errors(cx);
        for _ in 0..READS_MAX {
            let took = self.output.read(READ_BYTES, cx)?;
            match took {
                Took::Nothing => return Ok(Poll::Pending),
                Took::End => return Ok(self.ended(cx)),
                Took::Bytes(n) => {
                    self.moved = cx.now();
                    let answer = self.take(n, cx);
                    self.arm(cx);
                    if let Some(answer) = answer {
                        return Ok(Poll::Ready(answer));
                    }
                }
            }
        }
        call_again(cx);
        Ok(Poll::Pending)
    }

    /// Takes `n` bytes of output before the response is out.
    fn take(&mut self, n: usize, cx: &mut Cx<'_>) -> Option<Result<Response, Failure>> {
        let bytes = self.output.bytes(n);
        match self.stage.take()? {
            OutputStage::Head(_) if self.job.speaks_http => {
                let status = spoken_status(bytes).unwrap_or(Status::OK);
                self.stage = Some(OutputStage::Body {
                    left: None,
                    early: bytes.to_vec(),
                });
                let response = Response::raw(status).with_body(Body::Streamed(None));
                Some(Ok(response))
            }
            OutputStage::Head(mut parser) => match parser.feed(bytes) {
                Ok(None) => {
                    self.stage = Some(OutputStage::Head(parser));
                    None
                }
                Ok(Some((used, head))) => {
                    let early = bytes[used..].to_vec();
                    for name in &head.repeated {
                        let script = &self.job.name;
                        cx.log(format!(
                            "{script}: {name} twice in the head, the last counts"
                        ));
                    }
                    self.begin(head, early).map(Ok)
                }
                Err(fault) => Some(Err(self.failure(fault.cause()))),
            },
            OutputStage::Held { response, dropped } => {
                let dropped = dropped + n as u64;
                if dropped > DROPPED_BYTES_MAX {
                    return Some(Ok(response));
                }
                self.stage = Some(OutputStage::Held { response, dropped });
                None
            }
            body => {
                self.stage = Some(body);
                None
            }
        }
    }

    /// Makes the response of a head. `None` if it is held.
    fn begin(&mut self, head: ScriptHead, mut early: Vec<u8>) -> Option<Response> {
        let (status, reason) = match head.answer() {
            Answer::LocalRedirect(target) => {
                let response = Response::reroute(target);
                self.stage = Some(OutputStage::Held {
                    response,
                    dropped: 0,
                });
                return None;
            }
            Answer::Document(status, reason) => (status, reason),
        };
        let mut response = Response::new(status);
        if let Some(reason) = reason {
            response = response.reason(reason);
        }
        for (name, value) in head.fields {
            response = response.header_bytes(name, value);
        }
        if self.job.is_head || !status.allows_body() {
            // A HEAD has no effect that could be cut short.
            self.head_until = self.job.is_head.then(|| later(self.moved, GRACE_TIME));
            if status.allows_body() {
                response = response.with_body(Body::Streamed(head.content_length));
            }
            self.stage = Some(OutputStage::Held {
                response,
                dropped: 0,
            });
            return None;
        }
        let left = head.content_length;
        if let Some(left) = left.and_then(|left| usize::try_from(left).ok()) {
            // One byte more tells `pull` that there was more.
            early.truncate(left.saturating_add(1));
        }
        self.stage = Some(OutputStage::Body { left, early });
        Some(response.with_body(Body::Streamed(left)))
    }

    /// The output has ended before the response was out.
    fn ended(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Response, Failure>> {
        if self.exit.is_none() && !self.given_up {
            self.arm(cx);
            return Poll::Pending;
        }
        match self.stage.take() {
            Some(OutputStage::Held { response, .. }) => Poll::Ready(Ok(response)),
            Some(OutputStage::Head(parser)) => Poll::Ready(Err(self.headless(&parser))),
            body => {
                self.stage = body;
                Poll::Pending
            }
        }
    }

    /// What to answer for a script that has not got to the end of its head.
    fn headless(&self, parser: &HeadParser) -> Failure {
        if let Some(error) = self.start.error() {
            return not_started(&self.job.name, &error);
        }
        self.failure(if parser.is_empty() {
            "script gave no output"
        } else {
            "script ended inside its head"
        })
    }

    fn failure(&self, what: &str) -> Failure {
        let name = &self.job.name;
        let ending = self.exit.and_then(ending);
        let cause = match ending {
            Some(ending) => format!("{name}: {what}, {ending}"),
            None => format!("{name}: {what}"),
        };
        Failure::new(Status::BAD_GATEWAY).cause(cause)
    }

    /// Moves body bytes to the peer.
    ///
    /// # Errors
    /// `UnexpectedEof` for less than the script has promised, or if a signal killed it; those of
    /// [`StdoutPump::read`]. The connection is cut.
    pub fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        self.read_errors(cx);
        let Some(OutputStage::Body { left, early }) = &mut self.stage else {
            return Ok(Pull::Done);
        };
        let room = out.room();
        let mut excess = false;
        if !early.is_empty() {
            let n = out.put(promised(early, *left));
            promise_less(left, n);
            early.drain(..n);
            excess = *left == Some(0) && !early.is_empty();
        }
        for _ in 0..READS_MAX {
            if excess || out.room() == 0 || !early.is_empty() {
                break;
            }
            // After the last promised byte one more read tells whether there is more.
            let want = left.map_or(usize::MAX, |left| {
                usize::try_from(left).unwrap_or(usize::MAX)
            });
            let len = if want == 0 { 1 } else { want.min(out.room()) };
            let Took::Bytes(n) = self.output.read(len, cx)? else {
                break;
            };
            excess = want == 0;
            if !excess {
                out.put(self.output.bytes(n));
                promise_less(left, n);
            }
        }
        let left = *left;
        if excess {
            let name = &self.job.name;
            cx.log(format!("{name}: output is longer than its Content-Length"));
            return Ok(Pull::Done);
        }
        if out.room() < room {
            self.moved = cx.now();
            self.arm(cx);
            return Ok(Pull::More);
        }
        if !self.output.is_ended() || (self.exit.is_none() && !self.given_up) {
            self.arm(cx);
            return Ok(Pull::Pending);
        }
        self.end_body(left, cx)
    }

    /// All output was taken: whether that is a good end.
    fn end_body(&mut self, left: Option<u64>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        let killed = self.exit.is_some_and(|status| status.signal().is_some());
        if left == Some(0) || (left.is_none() && !killed) {
            return Ok(Pull::Done);
        }
        if std::mem::replace(&mut self.cut_next, true) {
            return Err(Told::error(io::ErrorKind::UnexpectedEof));
        }
        if let Some(missing) = left {
            let name = &self.job.name;
            cx.log(format!(
                "{name}: output ends {missing} bytes before its Content-Length"
            ));
        }
        // What was taken is sent before the connection is cut.
        call_again(cx);
        Ok(Pull::Pending)
    }

    /// Deregisters and closes all pipes, and logs what is left of stderr. A script that still runs
    /// has had its time, and is ended.
    pub fn close(&mut self, cx: &mut Cx<'_>) {
        self.input.close(cx);
        self.close_output(cx);
        let errors = self.errors.close(&self.job.name, cx);
        if self.exit.is_none() {
            self.ticket.hold(errors);
            cx.end_children();
        }
    }

    /// Reads no more of its stdout.
    fn close_output(&mut self, cx: &mut Cx<'_>) {
        let output = self.output.close(cx);
        if self.exit.is_none() {
            self.ticket.hold(output);
        }
    }
}

/// The part of `bytes` that was promised.
fn promised(bytes: &[u8], left: Option<u64>) -> &[u8] {
    match left.and_then(|left| usize::try_from(left).ok()) {
        Some(left) => &bytes[..bytes.len().min(left)],
        None => bytes,
    }
}

fn promise_less(left: &mut Option<u64>, n: usize) {
    if let Some(left) = left {
        *left = left.saturating_sub(n as u64);
    }
}

/// Asks for another call of the exchange in the next turn, after the others.
fn call_again(cx: &mut Cx<'_>) {
    // It fails only if the poller is gone, and then nobody is called any more.
    let _ = cx.waker().wake();
}
