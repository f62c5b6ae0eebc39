//! One run: clients, engine and clock, step by step until nothing is left.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::answers::answers;
use super::check;
use super::client::Client;
use super::compare::{Verdict, compare};
use super::diary::Diary;
use super::handler::TestHandler;
use super::net::{Faults, SimNet};
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
    trace: Option<Rc<RefCell<Vec<String>>>>,
}

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

    /// A run of one client that sends this, cut as the tape says, and stays to the end.
    #[cfg(test)]
    pub fn saying(script: &[u8], seed: u64, shell: &'a Shell) -> Run<'a> {
        let mut run = Run::new(Tape::from_seed(seed), shell);
        run.faults = Faults {
            reset: 0,
            early_fin: 0,
            stall: 0,
            close: 0,
            ..run.faults
        };
        // The first tape may be spent on the clients that it drew.
        run.tape.replace(Tape::from_seed(!seed));
        run.clients.truncate(1);
        run.clients[0].say(script, &mut run.tape.borrow_mut(), &run.faults);
        run
    }

    /// Writes down what happens from now on.
    #[cfg(test)]
    pub fn trace(mut self, lines: Rc<RefCell<Vec<String>>>) -> Run<'a> {
        self.trace = Some(lines);
        self
    }

    fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            let at = (self.now - self.start).as_millis();
            trace.borrow_mut().push(format!("{at} ms: {}", line()));
        }
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
            if !moved && over && !self.jump() {
                panic!("nothing can go on: {:?}", self.engine.look());
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
            if self.clients[at].key.is_none() || self.chance(60) {
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
        if asleep && !late {
            for (waker, woken) in self.diary.borrow_mut().sleepers.drain(..) {
                woken.set(true);
                waker.wake().expect("a waker");
            }
        }
        let mut moved = asleep;
        for key in self.shell.handle.take().wakes {
            moved = true;
            if let Some(ready) = self.engine.mark(key) {
                ready.woken = true;
            }
        }
        moved
    }

    /// Drains, or sheds an idle connection, where that is among the faults.
    fn close(&mut self) {
        if !self.chance(self.faults.close) || self.draining {
            return;
        }
        if self.chance(128) {
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
        assert!(
            self.engine.timer_entries() <= looks.len(),
            "entries of nobody"
        );
        assert!(self.engine.queue_entries() <= looks.len(), "queued nobody");
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
    fn end(&mut self) {
        self.note(|| "the end".into());
        assert_eq!(self.engine.timer_entries(), 0, "timers are left");
        assert_eq!(self.engine.queue_entries(), 0, "the queue is not empty");
        if self.draining {
            assert!(self.engine.is_drained(), "drained");
        }
        let seen = self.diary.borrow();
        check::diary(&seen);
        for client in &self.clients {
            if client.key.is_none() {
                continue;
            }
            let port = client.port;
            let (script, end) = client.said();
            let answers = answers(script, end, &self.limits);
            let verdict = match compare(&client.received, &answers, client.loses) {
                Ok(verdict) => verdict,
                Err(what) => panic!("client {port}: {what}"),
            };
            self.note(|| format!("client {port}: {verdict:?} of {}", answers.len()));
            let cut = answers.iter().any(|answer| answer.cut || answer.vague);
            let accesses = seen
                .accesses
                .iter()
                .filter(|(other, _)| *other == port)
                .count();
            match verdict {
                Verdict::Short(at) => {
                    let may = client.loses || cut;
                    assert!(may, "client {port}: answer {at} does not come");
                }
                Verdict::Whole(count) if !client.loses && !cut => {
                    assert_eq!(accesses, count, "client {port}: access log lines");
                }
                Verdict::Whole(_) => {}
            }
        }
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
