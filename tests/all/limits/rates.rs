//! Peers that are slow with their bodies, or in taking what they asked for. The engine's tests have
//! the same by a clock that does not take its time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::server::request;
use crate::support::{Raw, Site};

#[test]
#[ignore = "takes three quarters of a minute; the simulator's clock has it, too"]
fn a_body_that_drips_into_a_script_is_408_below_its_rate() {
    const SECONDS_MAX: Duration = Duration::from_secs(60);
    let site = Site::new("body-rate");
    site.script("cgi-bin/read", "#!/bin/sh\nexec cat >/dev/null\n");
    let server = site.serve(&["--cgi", "--min-rate", "500"]);
    let mut peer = server.connect();
    peer.send(request(
        "POST",
        "/cgi-bin/read",
        "Content-Length: 1000000\r\n",
    ));
    let start = Instant::now();
    while !peer.has_data() {
        let _ = peer.try_send("x".repeat(100));
        thread::park_timeout(Duration::from_secs(1));
        assert!(start.elapsed() < SECONDS_MAX, "dripping goes on for ever");
    }
    assert_eq!(peer.read_response().status, 408);
}

/// Takes so many bytes ten times a second, until it is told that all is over.
fn sip(peer: &mut Raw, bytes: u64, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        peer.skip_bytes(bytes);
        thread::park_timeout(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "takes three quarters of a minute; the engine's clock has it, too"]
fn a_reader_below_its_rate_is_cut_and_one_that_keeps_it_is_not() {
    const SECONDS_MAX: Duration = Duration::from_secs(90);
    const CUT: &str = "response cut: its peer took less than 200000 bytes a second";
    let site = Site::new("reader-rate");
    site.sparse("large", 1 << 30);
    let head = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n";
    site.script("cgi-bin/endless", &format!("{head}exec cat /dev/zero\n"));
    site.script(
        "cgi-bin/silent",
        &format!("{head}echo a; sleep 45; echo b\n"),
    );
    let server = site.serve(&["--cgi", "--min-rate", "200000"]);
    let ask = |path: &str| {
        let mut peer = server.connect();
        peer.send(request("GET", path, ""));
        peer.read_head();
        peer
    };
    // (what is asked for, bytes at a time)
    let readers = [
        ("/large", 2_000),
        ("/cgi-bin/endless", 2_000),
        ("/large", 80_000),
        ("/cgi-bin/endless", 80_000),
    ];
    let is_over = AtomicBool::new(false);
    let mut silent = ask("/cgi-bin/silent");
    thread::scope(|scope| {
        for (path, bytes) in readers {
            let (mut peer, is_over) = (ask(path), &is_over);
            scope.spawn(move || {
                sip(&mut peer, bytes, is_over);
                if bytes > 20_000 {
                    // More than both ends hold.
                    peer.skip_bytes(64 << 20);
                }
            });
        }
        let start = Instant::now();
        let is_cut = || server.log_until(|_| true).matches(CUT).count() >= 2;
        while !is_cut() && start.elapsed() < SECONDS_MAX {
            thread::park_timeout(Duration::from_millis(500));
        }
        // Those that are fast enough have been measured as long.
        let end = Instant::now() + Duration::from_secs(15);
        while Instant::now() < end {
            thread::park_timeout(Duration::from_millis(500));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    silent.read_until(b"b\n");
    let log = server.log_until(|_| true);
    assert_eq!(log.matches(CUT).count(), 2, "{log}");
}
