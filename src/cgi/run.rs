//! One request for a script, as an [`Exchange`]: its body is gathered, or the start of a long one,
//! it waits for its turn, the script runs.

use std::io;
use std::process::ExitStatus;
use std::task::Poll;
use std::time::Instant;

use super::failures::{busy, crowded, not_spooled, not_started, refusal, response};
use super::given::GivenBody;
use super::job::Job;
use super::process::RunningScript;
use super::queue::{Queue, ScriptTurn, Ticket};
use super::spool::Spool;
use crate::handler::{Cx, Exchange, Failure, Pull, Response, Sink};
use crate::reactor::clock::later;

/// A request on its way through a script.
pub struct ScriptRun {
    queue: Queue,
    stage: RunStage,
}

enum RunStage {
    /// The body is being gathered. It has no place yet, for which the peer would be waited.
    Gathers {
        job: Job,
        spool: Spool,
        until: Until,
    },
    /// It waits for its turn, at most until then.
    Waits {
        job: Job,
        given: GivenBody,
        ticket: Ticket,
        until: Instant,
    },
    /// The script runs.
    Runs(Box<RunningScript>),
    /// The answer is known, and no script is needed for it.
    Fails(Box<Failure>),
    /// The answer was given.
    Over,
}

/// How far a body is gathered before its script starts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// To its end.
    End,
    /// Until there is no more room for it in memory; the script has the rest as it comes.
    Start,
}

impl ScriptRun {
    /// A run without a body that waits for its turn.
    pub fn waiting(queue: Queue, job: Job, ticket: Ticket, until: Instant) -> ScriptRun {
        let given = GivenBody::Nothing;
        let stage = RunStage::Waits {
            job,
            given,
            ticket,
            until,
        };
        ScriptRun { queue, stage }
    }

    /// A run whose body must be gathered first.
    pub fn gathering(queue: Queue, job: Job, spool: Spool, until: Until) -> ScriptRun {
        let stage = RunStage::Gathers { job, spool, until };
        ScriptRun { queue, stage }
    }

    fn fail(&mut self, failure: Failure) {
        self.stage = RunStage::Fails(Box::new(failure));
    }

    /// Starts the script if its turn has come.
    fn advance(&mut self, cx: &mut Cx<'_>) {
        let RunStage::Waits { ticket, until, .. } = &mut self.stage else {
            return;
        };
        match ticket.turn() {
            ScriptTurn::Now => {}
            ScriptTurn::Later => return cx.set_deadline(Some(*until)),
            ScriptTurn::Never => return self.fail(crowded()),
        }
        let stage = std::mem::replace(&mut self.stage, RunStage::Over);
        if let RunStage::Waits {
            job, given, ticket, ..
        } = stage
        {
            let name = job.name.clone();
            let directory = match job.script.directory() {
                Ok(directory) => directory,
                Err(error) => {
                    return self.fail(refusal(name.as_bytes(), error));
                }
            };
            self.stage = match RunningScript::start(job, directory, given, ticket, cx) {
                Ok(process) => RunStage::Runs(Box::new(process)),
                Err(error) => RunStage::Fails(Box::new(not_started(&name, &error))),
            };
        }
    }

    /// Takes bytes of the body before the script runs; returns how many.
    fn gather(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> usize {
        let RunStage::Gathers { job, spool, until } = &mut self.stage else {
            return 0;
        };
        let wanted = match until {
            Until::End => chunk.len(),
            Until::Start => chunk.len().min(spool.memory_room()),
        };
        if let Err(fault) = spool.put(&chunk[..wanted]) {
            let failure = not_spooled(&job.name, fault);
            self.fail(failure);
        } else if *until == Until::Start && spool.memory_room() == 0 {
            self.gathered(cx);
        }
        wanted
    }

    /// Enough of the body was gathered: to the queue.
    fn gathered(&mut self, cx: &mut Cx<'_>) {
        let stage = std::mem::replace(&mut self.stage, RunStage::Over);
        let RunStage::Gathers {
            mut job,
            spool,
            until,
        } = stage
        else {
            return;
        };
        let given = match until {
            Until::Start => GivenBody::Begun(spool.into_memory()),
            Until::End => match spool.finish(job.plan.user) {
                Ok((bytes, body)) => {
                    // Known for a chunked one only now.
                    let length = bytes.to_string().into_bytes();
                    job.plan.variables.give(b"CONTENT_LENGTH".to_vec(), length);
                    GivenBody::Whole(body)
                }
                Err(fault) => return self.fail(not_spooled(&job.name, fault)),
            },
        };
        let Some(ticket) = self.queue.enter(job.peer, || waker(cx)) else {
            return self.fail(crowded());
        };
        self.stage = RunStage::Waits {
            until: later(cx.now(), job.patience),
            job,
            given,
            ticket,
        };
        self.advance(cx);
    }
}

/// What wakes the exchange that `cx` is for.
pub fn waker(cx: &mut Cx<'_>) -> Box<dyn Fn() + Send> {
    let waker = cx.waker();
    // It fails only if the poller is gone, and then nobody is called any more.
    Box::new(move || drop(waker.wake()))
}

impl Exchange for ScriptRun {
    fn on_body(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        self.advance(cx);
        let gathered = self.gather(chunk, cx);
        match &mut self.stage {
            RunStage::Runs(process) => Ok(gathered + process.offer(&chunk[gathered..], cx)?),
            _ => Ok(gathered),
        }
    }

    fn wants_body(&self) -> bool {
        matches!(self.stage, RunStage::Gathers { .. } | RunStage::Runs(_))
    }

    fn on_body_end(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        match &mut self.stage {
            RunStage::Gathers { .. } => self.gathered(cx),
            RunStage::Runs(process) => process.end_input(cx),
            // A request without a body: of one that has begun, there is more that was not taken.
            RunStage::Waits { .. } | RunStage::Fails(_) | RunStage::Over => {}
        }
        Ok(())
    }

    fn on_ready(&mut self, which: u8, cx: &mut Cx<'_>) -> io::Result<()> {
        match &mut self.stage {
            RunStage::Runs(process) => process.on_ready(which, cx),
            _ => Ok(()),
        }
    }

    fn on_exit(&mut self, status: ExitStatus, cx: &mut Cx<'_>) -> io::Result<()> {
        if let RunStage::Runs(process) = &mut self.stage {
            process.on_exit(status, cx);
        }
        Ok(())
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        match &mut self.stage {
            RunStage::Waits { until, .. } if *until <= cx.now() => {
                self.fail(busy("no script ended in time"));
            }
            RunStage::Runs(process) => {
                if let Some(failure) = process.on_deadline(cx)? {
                    process.close(cx);
                    self.fail(failure);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        self.advance(cx);
        let failure = match &mut self.stage {
            RunStage::Runs(process) => match process.poll_response(cx) {
                Err(error) => return Poll::Ready(Err(error)),
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(Ok(response))) => return Poll::Ready(Ok(response)),
                Ok(Poll::Ready(Err(failure))) => failure,
            },
            RunStage::Fails(failure) => (**failure).clone(),
            RunStage::Gathers { .. } | RunStage::Waits { .. } | RunStage::Over => {
                return Poll::Pending;
            }
        };
        Poll::Ready(Ok(response(failure)))
    }

    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        match &mut self.stage {
            RunStage::Runs(process) => process.pull(out, cx),
            _ => Ok(Pull::Done),
        }
    }

    fn on_close(&mut self, cx: &mut Cx<'_>) {
        if let RunStage::Runs(process) = &mut self.stage {
            process.close(cx);
        }
        // Gives the place to the next in the queue, once the script has ended, too.
        self.stage = RunStage::Over;
    }
}
