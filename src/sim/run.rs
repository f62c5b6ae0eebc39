//! One run: clients, engine and clock, step by step until nothing is left.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::check;
use super::client::Client;
use super::diary::Diary;
use super::fixture::open_files;
use super::handler::TestHandler;
use super::net::{Faults, Meter, SimNet};
use super::tape::Tape;
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::reactor::clock::{Clock, Now};
use crate::reactor::wake::Handle;
use crate::server::engine::{Around, Engine};

/// Steps of a run at most, a count: one that needs more does not end.
const STEPS_MAX: usize = 100_000;

/// A poller for the types' sake: nothing is ever registered with it.
pub struct Shell {
    poll: mio::Poll,
    handle: Handle,
}

impl Shell {
    /// Opens it.
    pub fn new() -> Shell {
        let poll = mio::Poll::new().expect("a poller");
        let waker = mio::Waker::new(poll.registry(), mio::Token(0)).expect("a waker");
        let handle = Handle::new(waker);
        Shell { poll, handle }
    }
}

/// One run.
pub struct Run<'a> {
    shell: &'a Shell,
    tape: Rc<RefCell<Tape>>,
    faults: Faults,
    limits: Limits,
    engine: Engine<SimNet>,
    handler: TestHandler,
    diary: Diary,
    clients: Vec<Client>,
    clock: Clock,
    start: Instant,
    now: Instant,
    draining: bool,
    /// What happened, if anybody wants to know.
    trace: Trace,
}

type Trace = Option<Rc<RefCell<Vec<String>>>>;

impl<'a> Run<'a> {
    /// A run with this tape.
    pub fn new(mut tape: Tape, shell: &'a Shell) -> Run<'a> {
        // What a run before has left is not for this one.
        shell.handle.take();
        let faults = Faults::draw(&mut tape);
        let count = 1 + tape.below(4);
        let clients = (0..count).map(|at| Client::draw(at as u16 + 1, &mut tape, &faults));
        let clients = clients.collect();
        let clock = Clock::new();
        let start = clock.mono();
        let limits = Limits::default();
        let diary = Diary::default();
        Run {
            shell,
            tape: Rc::new(RefCell::new(tape)),
            faults,
            engine: Engine::new(limits.clone(), Version::Http11, start),
            limits,
            handler: TestHandler::new(diary.clone()),
            diary,
            clients,
            clock,
            start,
            now: start,
            draining: false,
            trace: None,
        }
    }

    /// Writes down what happens from now on.
    #[cfg(test)]
    pub fn trace(mut self, lines: Rc<RefCell<Vec<String>>>) -> Run<'a> {
        self.trace = Some(lines);
        self
    }

    fn note(&self, line: impl FnOnce() -> String) {
        note(&self.trace, self.now - self.start, line);
    }

    fn chance(&self, of_256: u8) -> bool {
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
            let mut moved = self.open();
            moved |= self.act();
            moved |= self.deliver();
            moved |= self.wake();
            self.close();
            moved |= self.turn();
            let opened = self.clients.iter().all(|client| client.key.is_some());
            let mut known = self.clients.iter().filter(|client| client.key.is_some());
            let done = known.all(Client::is_done);
            if (opened || self.draining) && self.engine.len() == 0 && done {
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

    /// Connects clients.
    fn open(&mut self) -> bool {
        if self.draining {
            return false;
        }
        let late = self.chance(100);
        let Some(at) = self.clients.iter().position(|client| client.key.is_none()) else {
            return false;
        };
        if late {
            return true;
        }
        let client = &mut self.clients[at];
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, client.port));
        let net = SimNet::new(client.wire.clone(), self.tape.clone(), self.faults);
        let key = self.engine.insert(net, (Some(peer), None), self.now);
        // One that stood here before is gone.
        client.key = Some(key);
        self.note(|| format!("client {} is connection {key}", at + 1));
        true
    }

    /// Lets clients send and read.
    fn act(&mut self) -> bool {
        let mut moved = false;
        for at in 0..self.clients.len() {
            if self.clients[at].key.is_none() {
                continue;
            }
            if self.chance(60) {
                // It dawdles, for less than any time that is waited for.
                moved |= !self.clients[at].is_done();
                continue;
            }
            let now = self.now;
            let acted = self.clients[at].step(now);
            if acted {
                self.note(|| format!("client {}: {}", at + 1, wire(&self.clients[at])));
            }
            moved |= acted;
        }
        moved
    }

    /// Tells edges, some late, some for nothing.
    fn deliver(&mut self) -> bool {
        let mut moved = false;
        for at in 0..self.clients.len() {
            let (late, spurious) = (
                self.chance(self.faults.late),
                self.chance(self.faults.spurious / 8),
            );
            let client = &self.clients[at];
            let mut wire = client.wire.borrow_mut();
            let Some(key) = client.key.filter(|_| !wire.server_gone) else {
                continue;
            };
            if !spurious && (late || !wire.edge) {
                moved |= wire.edge;
                continue;
            }
            let mut event = wire.event();
            event.readable |= spurious;
            event.writable |= spurious;
            let ready = self.engine.mark(key).expect("a connection of a client");
            ready.readable |= event.readable;
            ready.writable |= event.writable;
            ready.read_closed |= event.read_closed;
            ready.hung_up |= event.hung_up;
            moved = true;
            drop(wire);
            self.note(|| format!("connection {key} is told {event:?}"));
        }
        moved
    }

    /// Wakes exchanges that wait for it, and does what the handle was asked for.
    fn wake(&mut self) -> bool {
        let asleep = !self.diary.borrow().sleepers.is_empty();
        let late = self.chance(150);
        let mut orders = self.shell.handle.take().wakes;
        if asleep && !late {
            let sleepers = std::mem::take(&mut self.diary.borrow_mut().sleepers);
            for sleeper in sleepers {
                sleeper.woken.set(true);
                sleeper.waker.wake().expect("a waker");
                let wakes = self.shell.handle.take().wakes;
                // Its place may be another's by now.
                let is_stray = sleeper.closed.get() && !wakes.is_empty();
                assert!(!is_stray, "a waker outlives its exchange");
                orders.extend(wakes);
            }
            // The last waker of each is dropped, which is told too.
            orders.extend(self.shell.handle.take().wakes);
        }
        let moved = asleep || !orders.is_empty();
        orders.into_iter().for_each(|key| self.engine.wake(key));
        moved
    }

    /// Drains, or sheds an idle connection, where that is among the faults.
    fn close(&mut self) {
        if !self.chance(self.faults.close) || self.draining {
            return;
        }
        if self.chance(40) {
            self.note(|| "drain".into());
            self.draining = true;
            self.engine.drain(Duration::from_secs(5), self.now);
            return;
        }
        let now = self.now();
        let mut around = Around {
            handler: &mut self.handler,
            now: &now,
            registry: self.shell.poll.registry(),
            handle: &self.shell.handle,
        };
        let shed = self.engine.shed_idle(&mut around);
        self.note(|| format!("shed: {shed}"));
    }

    fn now(&mut self) -> Now {
        let wall = UNIX_EPOCH + Duration::from_secs(1_700_000_000) + (self.now - self.start);
        self.clock.at(self.now, wall)
    }

    /// One turn of the engine, if there is something to do.
    fn turn(&mut self) -> bool {
        let due = self.engine.next_deadline().is_some_and(|at| at <= self.now);
        if !self.engine.is_ready() && !due {
            return false;
        }
        for client in &self.clients {
            client.wire.borrow_mut().meter = Meter::default();
        }
        let now = self.now();
        let mut around = Around {
            handler: &mut self.handler,
            now: &now,
            registry: self.shell.poll.registry(),
            handle: &self.shell.handle,
        };
        self.engine.run(&mut around);
        self.check();
        true
    }

    fn check(&self) {
        let looks = self.engine.look();
        for look in &looks {
            let own = |client: &&Client| {
                client.key == Some(look.key) && !client.wire.borrow().server_gone
            };
            let client = self.clients.iter().find(own);
            let client = client.expect("a connection has a client");
            self.note(|| {
                let Some(deadline) = look.deadline else {
                    return format!("{look:?}");
                };
                format!(
                    "due in {:?}: {look:?}",
                    deadline.saturating_duration_since(self.now)
                )
            });
            check::connection(look, &client.wire.borrow());
        }
        check::engine(&self.engine, &looks, self.now);
    }

    /// Moves the clock to what comes next; returns whether something does.
    fn jump(&mut self) -> bool {
        let clients = self.clients.iter().filter(|client| client.key.is_some());
        let times = clients
            .filter_map(Client::next_at)
            .filter(|at| *at > self.now);
        let next = times.chain(self.engine.next_deadline()).min();
        let Some(next) = next else {
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
        // Dropped, it gives up what it has opened.
        drop(self.handler);
        assert_eq!(open_files(), 0, "files are left open");
        let seen = self.diary.borrow();
        check::diary(&seen);
        for client in self.clients.iter().filter(|client| client.key.is_some()) {
            let line = check::client(client, &seen, &self.limits);
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

fn wire(client: &Client) -> String {
    let wire = client.wire.borrow();
    format!(
        "in {} out {} fin {} server fin {} received {}",
        wire.inbound.len(),
        wire.outbound.len(),
        wire.fin,
        wire.server_fin,
        client.received.len()
    )
}
