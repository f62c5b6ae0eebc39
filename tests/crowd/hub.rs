//! The server's side: everybody who listens is told what is said.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::{Rc, Weak};

use sprat::{BodySource, Cx, ExchangeWaker, Handler, Pull, Reply, Request, Response, Sink, Status};

use super::support::measure;

/// Events that are kept for those who lag behind, a count.
pub const KEPT: usize = 30;
/// The length of a large event, in bytes.
pub const EVENT_BYTES: usize = 32 * 1024;

/// What was said last, for all streams together: a stream is a place in it.
#[derive(Default)]
pub struct Said {
    first: usize,
    events: VecDeque<Rc<str>>,
}

#[derive(Default)]
pub struct Hub {
    said: Rc<RefCell<Said>>,
    over: Rc<Cell<bool>>,
    streams: Vec<(Weak<Cell<usize>>, ExchangeWaker)>,
    pulls: Rc<Cell<usize>>,
    /// The most pulls in one turn.
    pub pulls_most: usize,
    /// The most streams at one time.
    pub listened: usize,
    /// Private memory, in KiB, each time the peers asked for it to be looked at.
    pub marks: Vec<u64>,
}

struct Stream {
    said: Rc<RefCell<Said>>,
    over: Rc<Cell<bool>>,
    pulls: Rc<Cell<usize>>,
    next: Rc<Cell<usize>>,
}

impl BodySource for Stream {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        self.pulls.set(self.pulls.get() + 1);
        let said = self.said.borrow();
        let mut next = self.next.get().max(said.first);
        while let Some(event) = said.events.get(next - said.first) {
            if event.len() > out.room() {
                return Ok(Pull::More);
            }
            out.put(event.as_bytes());
            next += 1;
            self.next.set(next);
        }
        Ok(if self.over.get() {
            Pull::Done
        } else {
            Pull::Pending
        })
    }
}

impl Hub {
    /// A turn has ended: how many pulls did it take?
    pub fn turn_is_over(&mut self) {
        self.pulls_most = self.pulls_most.max(self.pulls.take());
    }

    fn wake(&mut self) -> usize {
        self.streams
            .retain(|(stream, waker)| stream.strong_count() > 0 && waker.wake().is_ok());
        self.listened = self.listened.max(self.streams.len());
        self.streams.len()
    }
}

impl Handler for Hub {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        match req.path() {
            "/events" => {
                let next = Rc::new(Cell::new(0));
                self.streams.push((Rc::downgrade(&next), cx.waker()));
                let (said, over) = (Rc::clone(&self.said), Rc::clone(&self.over));
                let pulls = Rc::clone(&self.pulls);
                let stream = Stream {
                    said,
                    over,
                    pulls,
                    next,
                };
                return Response::new(Status::OK).source(stream).into();
            }
            "/mark" => {
                if measure::can_measure() {
                    self.marks
                        .push(measure::private_dirty_kib(std::process::id()));
                }
            }
            "/over" => self.over.set(true),
            number => {
                let (number, length) = (number.trim_matches('/'), req.query().is_some());
                let length = if length { EVENT_BYTES } else { 0 };
                let mut said = self.said.borrow_mut();
                said.events
                    .push_back(format!("data: {number:>0$}\n\n", length.max(3)).into());
                if said.events.len() > KEPT {
                    said.events.pop_front();
                    said.first += 1;
                }
            }
        }
        let listen = self.wake();
        Response::new(Status::OK)
            .bytes(listen.to_string().into_bytes())
            .into()
    }
}
