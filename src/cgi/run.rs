//! One request for a script, as an [`Exchange`]: its body is spooled if need be, it waits for its
//! turn, the script runs.

use std::io;
use std::process::ExitStatus;
use std::task::Poll;
use std::time::Instant;

use super::failures::{busy, not_spooled, not_started, response};
use super::process::{Given, Job, Process};
use super::queue::{Queue, Ticket};
use super::spool::{Spool, SpoolFault};
use crate::handler::{Cx, Exchange, Failure, Pull, Response, Sink};

/// A request on its way through a script.
pub struct Run {
    queue: Queue,
    stage: Stage,
}

enum Stage {
    /// A chunked body is being gathered.
    Spools(Job, Spool),
    /// It waits for its turn, at most until then.
    Waits {
        job: Job,
        given: Given,
        ticket: Ticket,
        until: Instant,
    },
    /// The script runs.
    Runs(Box<Process>),
    /// The answer is known, and no script is needed for it.
    Fails(Box<Failure>),
    /// The answer was given.
    Over,
}

impl Run {
    /// A run that waits for its turn.
    pub fn waiting(queue: Queue, job: Job, given: Given, ticket: Ticket, until: Instant) -> Run {
        let stage = Stage::Waits {
            job,
            given,
            ticket,
            until,
        };
        Run { queue, stage }
    }

    /// A run whose body must be gathered first.
    pub fn spooling(queue: Queue, job: Job, bytes_max: u64) -> Run {
        let stage = Stage::Spools(job, Spool::new(bytes_max));
        Run { queue, stage }
    }

    fn fail(&mut self, failure: Failure) {
        self.stage = Stage::Fails(Box::new(failure));
    }

    /// Starts the script if its turn has come.
    fn advance(&mut self, cx: &mut Cx<'_>) {
        let Stage::Waits { ticket, until, .. } = &mut self.stage else {
            return;
        };
        if !ticket.is_up() {
            cx.set_deadline(Some(*until));
            return;
        }
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        if let Stage::Waits {
            job, given, ticket, ..
        } = stage
        {
            let name = job.name.clone();
            let directory = match job.tree.directory_of(&job.script) {
                Ok(directory) => directory,
                Err(error) => {
                    let failure = job.tree.refusal(name.as_bytes(), &error);
                    return self.fail(failure);
                }
            };
            self.stage = match Process::start(job, directory, given, ticket, cx) {
                Ok(process) => Stage::Runs(Box::new(process)),
                Err(error) => Stage::Fails(Box::new(not_started(&name, &error))),
            };
        }
    }

    /// The body was gathered: to the queue.
    fn spooled(&mut self, cx: &mut Cx<'_>) {
        let Stage::Spools(mut job, spool) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return;
        };
        let (bytes, body) = match spool.finish() {
            Ok(finished) => finished,
            Err(error) => return self.fail(not_spooled(&job.name, SpoolFault::Io(error))),
        };
        let length = bytes.to_string().into_bytes();
        job.plan.variables.give(b"CONTENT_LENGTH".to_vec(), length);
        let Some(ticket) = self.queue.enter(waker(cx)) else {
            return self.fail(busy("too many requests wait for a script"));
        };
        self.stage = Stage::Waits {
            until: cx.now() + job.patience,
            job,
            given: Given::Whole(body),
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

impl Exchange for Run {
    fn on_body(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        self.advance(cx);
        match &mut self.stage {
            Stage::Spools(job, spool) => {
                if let Err(fault) = spool.put(chunk) {
                    let failure = not_spooled(&job.name, fault);
                    self.fail(failure);
                }
                Ok(chunk.len())
            }
            Stage::Runs(process) => process.offer(chunk, cx),
            Stage::Waits { .. } | Stage::Fails(_) | Stage::Over => Ok(0),
        }
    }

    fn wants_body(&self) -> bool {
        matches!(self.stage, Stage::Spools(..) | Stage::Runs(_))
    }

    fn on_body_end(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        match &mut self.stage {
            Stage::Spools(..) => self.spooled(cx),
            Stage::Runs(process) => process.end_input(cx),
            // Of a body that is streamed, nothing was taken yet: this is a request without one.
            Stage::Waits { .. } | Stage::Fails(_) | Stage::Over => {}
        }
        Ok(())
    }

    fn on_ready(&mut self, which: u8, cx: &mut Cx<'_>) -> io::Result<()> {
        match &mut self.stage {
            Stage::Runs(process) => process.on_ready(which, cx),
            _ => Ok(()),
        }
    }

    fn on_exit(&mut self, status: ExitStatus, cx: &mut Cx<'_>) -> io::Result<()> {
        if let Stage::Runs(process) = &mut self.stage {
            process.on_exit(status, cx);
        }
        Ok(())
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        match &mut self.stage {
            Stage::Waits { until, .. } if *until <= cx.now() => {
                self.fail(busy("no script ended in time"));
            }
            Stage::Runs(process) => {
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
            Stage::Runs(process) => match process.poll_response(cx) {
                Err(error) => return Poll::Ready(Err(error)),
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(Ok(response))) => return Poll::Ready(Ok(response)),
                Ok(Poll::Ready(Err(failure))) => failure,
            },
            Stage::Fails(failure) => (**failure).clone(),
            Stage::Spools(..) | Stage::Waits { .. } | Stage::Over => return Poll::Pending,
        };
        Poll::Ready(Ok(response(failure)))
    }

    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        match &mut self.stage {
            Stage::Runs(process) => process.pull(out, cx),
            _ => Ok(Pull::Done),
        }
    }

    fn on_close(&mut self, cx: &mut Cx<'_>) {
        if let Stage::Runs(process) = &mut self.stage {
            process.close(cx);
        }
        // Gives the place to the next in the queue, once the script has ended, too.
        self.stage = Stage::Over;
    }
}
