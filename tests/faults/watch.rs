//! A server under watch: while a fault lasts, a canary asks by an old and by new connections, and
//! afterwards what the server has used is held against bounds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::server::{request, wait_for};
use crate::support::{PATIENCE, Raw, Server, measure};

/// What the canary gets to hear.
pub const SONG: &str = "still here";

/// Between two rounds of the canary, so that it is no load.
const REST: Duration = Duration::from_millis(5);

/// What a server may use while a fault lasts, and what its canary may get.
pub struct Watch<'a> {
    server: &'a Server,
    target: &'a str,
    statuses: &'a [u16],
    keeps: bool,
    memory_kib: u64,
    descriptors: usize,
    cpu_ticks: u64,
}

/// What was seen.
#[derive(Clone, Copy, Default, Debug)]
pub struct Seen {
    /// Rounds of the canary: two answers each.
    pub rounds: u64,
    /// How often its old connection was ended.
    pub lost: u64,
    /// Most descriptors at once.
    pub descriptors: usize,
    /// Growth of the peak of resident memory, in KiB.
    pub memory_kib: u64,
    /// Processor time, in hundredths of a second.
    pub cpu_ticks: u64,
}

impl<'a> Watch<'a> {
    /// Small bounds: 4 MiB, 16 descriptors, half a second of processor time.
    pub fn of(server: &'a Server) -> Watch<'a> {
        Watch {
            server,
            target: "/canary",
            statuses: &[200],
            keeps: true,
            memory_kib: 4 << 10,
            descriptors: 16,
            cpu_ticks: 50,
        }
    }

    /// What the canary asks for, and which answers are good.
    pub fn asking(mut self, target: &'a str, statuses: &'a [u16]) -> Watch<'a> {
        (self.target, self.statuses) = (target, statuses);
        self
    }

    /// Its old connection may be closed between two requests, to make room.
    pub fn may_lose(mut self) -> Watch<'a> {
        self.keeps = false;
        self
    }

    /// Most growth of resident memory, in KiB.
    pub fn memory(mut self, kib: u64) -> Watch<'a> {
        self.memory_kib = kib;
        self
    }

    /// Most descriptors over those that were open before.
    pub fn descriptors(mut self, count: usize) -> Watch<'a> {
        self.descriptors = count;
        self
    }

    /// Most processor time in all, in hundredths of a second; the canary's share is added.
    pub fn cpu(mut self, ticks: u64) -> Watch<'a> {
        self.cpu_ticks = ticks;
        self
    }

    /// Runs a fault. The canary is served before, during and after it.
    pub fn during<T>(self, fault: impl FnOnce() -> T) -> T {
        let pid = self.server.pid();
        let measures = measure::can_measure();
        let (mut old, mut seen) = (self.server.connect(), Seen::default());
        self.round(&mut old, &mut seen, measures);
        let before = measures.then(|| {
            let (cpu, rss) = (measure::cpu_ticks(pid), measure::rss_kib(pid));
            (cpu, rss, measure::open_fds(pid))
        });
        let over = AtomicBool::new(false);
        let result = thread::scope(|scope| {
            let canary = scope.spawn(|| {
                while !over.load(Ordering::Acquire) {
                    self.round(&mut old, &mut seen, measures);
                    thread::park_timeout(REST);
                }
                self.round(&mut old, &mut seen, measures);
            });
            let end = Ending(&over);
            let result = fault();
            drop(end);
            if canary.join().is_err() {
                panic!("the canary was not served");
            }
            result
        });
        if let Some((cpu, rss, fds)) = before {
            seen.cpu_ticks = measure::cpu_ticks(pid) - cpu;
            seen.memory_kib = measure::status_kib(pid, "VmHWM:").saturating_sub(rss);
            println!("{:?}: {seen:?}", thread::current().name().unwrap_or("main"));
            self.judge(seen, fds);
        }
        result
    }

    fn judge(&self, seen: Seen, fds: usize) {
        // A debug build answers one request in far less than half a millisecond.
        let cpu_ticks = self.cpu_ticks + seen.rounds / 10;
        assert!(seen.cpu_ticks <= cpu_ticks, "{seen:?}: too much work");
        assert!(seen.memory_kib <= self.memory_kib, "{seen:?}: memory");
        assert!(
            seen.descriptors <= fds + self.descriptors,
            "{seen:?}: descriptors, of {fds} at first"
        );
    }

    /// One answer by the old connection and one by a new one.
    fn round(&self, old: &mut Raw, seen: &mut Seen, measures: bool) {
        let ask = request("GET", self.target, "");
        while old.try_send(&ask).is_err() || !is_answered(old) {
            assert!(!self.keeps, "the canary's connection was ended");
            seen.lost += 1;
            *old = self.server.connect();
        }
        let kept = old.read_response();
        // A new connection is not closed before it has spoken, or is told to come again.
        let fresh = wait_for("a fresh connection is answered", || {
            let mut fresh = self.server.connect();
            let sent = fresh.try_send(request("GET", self.target, "Connection: close\r\n"));
            if sent.is_ok() && is_answered(&mut fresh) {
                return Some(fresh.read_response());
            }
            assert!(!self.keeps, "a fresh connection was ended");
            seen.lost += 1;
            None
        });
        for reply in [kept, fresh] {
            assert!(self.statuses.contains(&reply.status), "{reply:?}");
            assert!(reply.status != 200 || reply.text() == SONG, "{reply:?}");
        }
        if measures {
            let fds = measure::open_fds(self.server.pid());
            seen.descriptors = seen.descriptors.max(fds);
        }
        seen.rounds += 1;
    }
}

/// Says that all is over, however it has ended.
pub struct Ending<'a>(pub &'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Whether an answer comes, and not the end of the connection.
fn is_answered(peer: &mut Raw) -> bool {
    let start = std::time::Instant::now();
    loop {
        if peer.has_ended() {
            return false;
        }
        if peer.has_data() {
            return true;
        }
        assert!(start.elapsed() < PATIENCE, "no answer");
        thread::park_timeout(Duration::from_micros(200));
    }
}
