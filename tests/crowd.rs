//! Server-sent events to thousands at once. The server is in this process and its peers in another,
//! so that each has the descriptors for one end, and memory is the server's alone.

// The black-box tests of the program use the rest of it.
#[allow(dead_code, unused_imports)]
mod support;

#[path = "crowd/hub.rs"]
mod hub;
#[path = "crowd/peers.rs"]
mod peers;

use std::env;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hub::{EVENT_BYTES, Hub};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sprat::{Builder, Turn, limits};
use support::{PATIENCE, skip};

/// Peers that are meant to listen.
const PEERS: usize = 5_000;
/// Descriptors that the server leaves to files, and what a process has besides.
const SPARE: usize = limits::DESCRIPTORS_FOR_FILES + 200;

/// Raises the soft limit on descriptors as far as it goes; how many peers that is enough for.
fn peers_max() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let want = (PEERS + SPARE) as u64;
    let most = limit.maximum.map_or(want, |most| most.min(want));
    if limit.current.is_some_and(|current| current < most) {
        limit.current = Some(most);
        setrlimit(Resource::Nofile, limit).unwrap();
    }
    (most as usize).saturating_sub(SPARE)
}

/// The other process: this program again, with one of its ignored tests.
fn start(test: &str, server: &str, count: usize) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--nocapture", "--exact", test])
        .envs([
            ("CROWD_SERVER", server),
            ("CROWD_PEERS", &count.to_string()),
        ])
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Serves until the other process has ended, in a loop that waits by itself; the hub, and the
/// longest turn that it took.
fn serve(test: &str, count: usize) -> (Hub, Duration) {
    // One at a time: what is measured is this process.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    let addr = builder.local_addrs()[0].to_string();
    let limits = sprat::Limits {
        connections_max: 0,
        ..sprat::Limits::default()
    };
    let mut server = builder.limits(limits).serve(Hub::default());
    let mut peers = start(test, &addr, count);
    let (end, mut longest) = (Instant::now() + 10 * PATIENCE, Duration::ZERO);
    let mut wait = Duration::ZERO;
    loop {
        let wait_time = Timespec::try_from(wait).unwrap();
        poll(&mut [PollFd::new(&server, PollFlags::IN)], Some(&wait_time)).unwrap();
        let begun = Instant::now();
        wait = match server.turn(Some(Duration::ZERO)).unwrap() {
            Turn::More => Duration::ZERO,
            _ => Duration::from_millis(10),
        };
        longest = longest.max(begun.elapsed());
        let hub = server.handler_mut();
        hub.turn_is_over();
        if let Some(status) = peers.try_wait().unwrap() {
            assert!(status.success(), "the peers fail: {status}");
            return (std::mem::take(hub), longest);
        }
        if begun > end {
            let _ = peers.kill();
            panic!("the peers do not come to an end");
        }
    }
}

#[test]
fn each_of_5000_event_streams_hears_each_event_once() {
    /// In a debug build, of what the library holds for one stream, in bytes.
    const MEMORY_MAX: u64 = 1_500;
    let count = peers_max().min(PEERS);
    if count < PEERS {
        skip(&format!("{count} streams: descriptors allow no more"));
    }
    let (hub, longest) = serve("peers::listen", count);
    let streams = count as u64;
    println!(
        "{streams} streams, longest turn {longest:?}, most pulls in one {}",
        hub.pulls_most
    );
    assert_eq!(hub.listened, count);
    // Nobody's turn is longer than that of so many connections.
    assert!(
        hub.pulls_most <= 2 * limits::CONNECTIONS_PER_TURN,
        "{}",
        hub.pulls_most
    );
    let [before, listening, told] = hub.marks[..] else {
        skip("no /proc to measure memory with");
        return;
    };
    let each = |kib: u64| kib.saturating_sub(before) * 1024 / streams;
    println!(
        "{} bytes for a stream, {} after all events",
        each(listening),
        each(told)
    );
    for kib in [listening, told] {
        assert!(each(kib) <= MEMORY_MAX, "{} bytes for a stream", each(kib));
    }
}

#[test]
fn who_does_not_read_holds_up_nobody_and_costs_a_buffer() {
    const PEERS: u64 = peers::PROMPT as u64 + peers::LATE as u64;
    let (hub, _) = serve("peers::dawdle", 0);
    let [before, _, told] = hub.marks[..] else {
        skip("no /proc to measure memory with");
        return;
    };
    // What a connection may have queued, and the events that the hub itself keeps, twice: malloc
    // keeps some of what it gets back.
    let own = 2 * (hub::KEPT * EVENT_BYTES) as u64 / 1024;
    let most = own + PEERS * 2 * limits::OUT_BYTES_MAX as u64 / 1024 + 1024;
    println!("{} KiB more, of {most}", told.saturating_sub(before));
    assert!(
        told.saturating_sub(before) <= most,
        "{before} KiB, then {told}"
    );
}
