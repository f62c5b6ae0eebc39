//! One run: clients, engine and clock, step by step until nothing is left.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::backlog::{Backlog, SimListener};
use super::check;
use super::client::{Client, LISTENERS};
use super::diary::Diary;
use super::fixture::open_files;
use super::handler::TestHandler;
use super::net::{Faults, Shared, SimStream};
use super::records::Peer;
use super::script::{self, Scripts};
use super::tape::Tape;
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::reactor::clock::Clock;
use crate::server::accept::{Listeners, connections_max};
use crate::server::engine::Engine;
use crate::testing::poller::Poller;

/// Steps of a run at most, a count: one that needs more does not end.
const STEPS_MAX: usize = 100_000;

/// What happened, line by line, if anybody wants to know.
pub type Trace = Option<Rc<RefCell<Vec<String>>>>;

/// One run.
pub struct Run<'a> {
    pub poller: &'a Poller,
    pub tape: Shared<Tape>,
    pub faults: Faults,
    pub limits: Limits,
    /// Scripts of one peer, a count.
    pub scripts_each_max: usize,
    pub engine: Engine<SimStream>,
    pub listeners: Listeners<SimListener>,
    pub backlogs: Vec<Shared<Backlog>>,
    pub scripts: Shared<Scripts>,
    pub handler: TestHandler,
    pub diary: Diary,
    pub clients: Vec<Client>,
    pub clock: Clock,
    pub start: Instant,
    pub now: Instant,
    pub draining: bool,
    /// The server was told something that may need a turn.
    pub told: bool,
    trace: Trace,
}

impl<'a> Run<'a> {
    /// A run with this tape.
    pub fn new(mut tape: Tape, poller: &'a Poller) -> Run<'a> {
        let faults = Faults::draw(&mut tape);
        let count = 1 + tape.below(4) + 2 * faults.connections_max;
        let clients = (0..count).map(|at| Client::draw(at as u16 + 1, &mut tape, &faults));
        let clients = clients.collect();
        Run::of(clients, faults, tape, poller)
    }

    pub fn of(clients: Vec<Client>, faults: Faults, tape: Tape, poller: &'a Poller) -> Run<'a> {
        // What a run before has left is not for this one.
        poller.handle.take();
        let tape = Rc::new(RefCell::new(tape));
        let scripts = script::open(tape.clone(), faults);
        let backlogs: Vec<Shared<Backlog>> = (0..LISTENERS).map(|_| Rc::default()).collect();
        let mut listeners = Listeners::new();
        for backlog in &backlogs {
            listeners.add(SimListener::new(backlog.clone(), tape.clone(), faults));
        }
        listeners.set_limit(connections_max(faults.connections_max, usize::MAX));
        let clock = Clock::new();
        let start = clock.mono();
        let limits = Limits::default();
        let diary = Diary::default();
        Run {
            poller,
            tape,
            faults,
            engine: Engine::new(limits.clone(), Version::Http11, start),
            listeners,
            backlogs,
            limits,
            scripts_each_max: usize::MAX,
            scripts,
            handler: TestHandler::new(diary.clone(), faults.scripts_max, 0),
            diary,
            clients,
            clock,
            start,
            now: start,
            draining: false,
            told: false,
            trace: None,
        }
    }

    /// A run of one client that sends this, cut as the tape says, and stays to the end.
    #[cfg(test)]
    pub fn saying(script: &[u8], seed: u64, poller: &'a Poller) -> Run<'a> {
        let mut tape = Tape::from_seed(seed);
        let faults = Faults::draw(&mut tape).without_loss();
        let mut client = Client::draw(1, &mut tape, &faults);
        // The first tape may be spent on what the client would have said.
        let mut tape = Tape::from_seed(!seed);
        client.say(script, &mut tape, &faults);
        Run::of(vec![client], faults, tape, poller)
    }

    /// The same over transports with layers.
    pub fn layered(self) -> Run<'a> {
        for client in &self.clients {
            client.wire.borrow_mut().layers = Some(Peer::default());
        }
        self
    }

    /// The same with files that are held in memory.
    pub fn held(mut self) -> Run<'a> {
        self.handler.hold();
        self
    }

    /// The same with clients that read slowly, or not at all.
    pub fn slow(mut self) -> Run<'a> {
        let mut tape = self.tape.borrow_mut();
        let is_layered = tape.chance(128);
        for client in &mut self.clients {
            client.slow_down(&mut tape);
        }
        drop(tape);
        if is_layered { self.layered() } else { self }
    }

    /// The same with few connections and few scripts of one peer.
    pub fn few_each(mut self) -> Run<'a> {
        let mut tape = self.tape.borrow_mut();
        self.limits.connections_per_peer_max = tape.pick(&[1, 2, 3]);
        self.scripts_each_max = tape.pick(&[1, 2]);
        drop(tape);
        self.engine = Engine::new(self.limits.clone(), Version::Http11, self.start);
        let (most, each_max) = (self.faults.scripts_max, self.scripts_each_max);
        self.handler = TestHandler::new(self.diary.clone(), most, each_max);
        self
    }

    /// Writes down what happens from now on.
    #[cfg(test)]
    pub fn trace(mut self, lines: Rc<RefCell<Vec<String>>>) -> Run<'a> {
        self.trace = Some(lines);
        self
    }

    pub fn note(&self, line: impl FnOnce() -> String) {
        note(&self.trace, self.now - self.start, line);
    }

    pub fn chance(&self, of_256: u8) -> bool {
        self.tape.borrow_mut().chance(of_256)
    }

    /// Runs until nothing is left, then looks at what came out of it.
    pub fn go(mut self) {
        self.note(|| format!("{:?}", self.faults));
        for client in &self.clients {
            self.note(|| describe(client));
        }
        for step in 0.. {
            assert!(step < STEPS_MAX, "a run does not end");
            let over = self.tape.borrow().is_over();
            let moved = self.step();
            if self.is_over() {
                break;
            }
            if !moved && !self.jump() && over {
                panic!("nothing can go on: {:?}", self.engine.look());
            }
            if self.chance(20) {
                self.now += Duration::from_millis(self.tape.borrow_mut().below(8) as u64);
            }
        }
        self.end();
    }

    /// Whether there is nobody left who could do something.
    fn is_over(&self) -> bool {
        let mut clients = self.clients.iter();
        let connected = clients.all(|client| client.connected);
        let mut known = self.clients.iter().filter(|client| client.connected);
        let done = known.all(|client| client.is_done() && client.wire.borrow().server_gone);
        let over = done && self.scripts.borrow().are_over();
        (connected || self.draining) && self.engine.len() == 0 && over
    }

    /// Moves the clock to what comes next; returns whether something does.
    fn jump(&mut self) -> bool {
        let clients = self.clients.iter().filter(|client| client.connected);
        let times = clients
            .filter_map(Client::next_at)
            .filter(|at| *at > self.now);
        let scripts = self.scripts.borrow().next_at();
        let scripts = scripts.filter(|at| *at > self.now);
        let own = [self.engine.next_deadline(), self.listeners.next(), scripts];
        let Some(next) = times.chain(own.into_iter().flatten()).min() else {
            return false;
        };
        self.now = self.now.max(next);
        true
    }

    /// What must hold when all is over.
    fn end(self) {
        self.note(|| "the end".into());
        assert_eq!(self.engine.timer_entries(), 0, "timers are left");
        assert_eq!(self.engine.queue_entries(), 0, "the queue is not empty");
        if self.draining {
            assert!(self.engine.is_drained(), "drained");
        }
        assert!(self.handler.is_at_rest(), "a place for a script is lost");
        // Dropped, it gives up what it has opened.
        drop(self.handler);
        assert_eq!(open_files(), 0, "files are left open");
        let seen = self.diary.borrow();
        check::diary(&seen);
        self.scripts.borrow().check(&seen);
        let scripts_max = self.faults.scripts_max.min(self.scripts_each_max);
        let is_busy = scripts_max < self.clients.len();
        for client in self.clients.iter().filter(|client| client.connected) {
            let line = check::client(client, &seen, &self.limits, is_busy);
            note(&self.trace, self.now - self.start, || line);
        }
    }
}

fn note(trace: &Trace, at: Duration, line: impl FnOnce() -> String) {
    if let Some(trace) = trace {
        let at = at.as_millis();
        trace.borrow_mut().push(format!("{at} ms: {}", line()));
    }
}

fn describe(client: &Client) -> String {
    let script = &client.script[..client.script.len().min(2000)];
    let (port, end) = (client.port, client.end);
    format!("client {port} ({end:?}): {}", script.escape_ascii())
}
