//! Peers by the hundred that read or write next to nothing, and scripts that flood them.

use std::fs;

use crate::support::server::{request, wait_for};
use crate::support::{Raw, measure};
use crate::watch::Watch;
use crate::{LARGE, site};

#[test]
fn slow_readers_by_the_hundred_cost_two_descriptors_each_and_no_memory() {
    const READERS: usize = 300;
    const ROUNDS: usize = 10;
    if !measure::allow_descriptors(3 * READERS as u64 + 200) {
        return;
    }
    let site = site("slow-readers");
    site.sparse("large", LARGE);
    let server = site.serve(&["--quiet"]);
    Watch::of(&server)
        .descriptors(2 * READERS + 16)
        .cpu(100)
        .during(|| {
            let start = |_| {
                let mut peer = server.connect();
                peer.send(request("GET", "/large", ""));
                peer.read_head();
                peer
            };
            let mut readers: Vec<Raw> = (0..READERS).map(start).collect();
            for _ in 0..ROUNDS {
                for reader in &mut readers {
                    reader.skip_bytes(10_000);
                }
            }
            for reader in &mut readers {
                assert!(!reader.has_ended());
            }
        });
}

#[test]
fn slow_writers_of_heads_by_the_hundred_are_408_and_no_work() {
    const WRITERS: usize = 300;
    if !measure::allow_descriptors(2 * WRITERS as u64 + 200) {
        return;
    }
    let site = site("slow-heads");
    let server = site.serve(&["--quiet", "--header-timeout", "2"]);
    Watch::of(&server)
        .descriptors(WRITERS + 16)
        .cpu(200)
        .during(|| {
            let mut writers: Vec<Raw> = (0..WRITERS).map(|_| server.connect()).collect();
            for writer in &mut writers {
                writer.send("GET /canary HTTP/1.1\r\nX: ");
            }
            // One byte each, round and round, until all of them have heard enough.
            wait_for("all of them are told", || {
                let mut told = 0;
                for writer in &mut writers {
                    if writer.has_data() || writer.try_send("x").is_err() {
                        told += 1;
                    }
                }
                (told == WRITERS).then_some(())
            });
            for writer in &mut writers {
                assert!(writer.read_until_cut().starts_with(b"HTTP/1.1 408 "));
            }
        });
}

#[test]
fn listings_asked_for_by_the_thousand_do_not_shut_others_out() {
    // Each is as much work as a hundred files, and next to nothing to send.
    const PEERS: usize = 24;
    const REQUESTS: usize = 50;
    let site = site("listings");
    site.dir("full");
    site.dir("half");
    for number in 0..1_600 {
        fs::write(site.path(format!("full/{number:0100}")), "").unwrap();
        if number % 4 == 0 {
            fs::write(site.path(format!("half/{number:0100}")), "").unwrap();
        }
    }
    for (method, directory) in [("GET", "/full/"), ("HEAD", "/half/")] {
        let server = site.serve(&["--quiet"]);
        let watch = Watch::of(&server).memory(32 << 10).descriptors(100);
        watch.cpu(600).during(|| {
            let start = |_| {
                let mut peer = server.connect();
                peer.send(request(method, directory, "").repeat(REQUESTS));
                peer
            };
            let mut peers: Vec<Raw> = (0..PEERS).map(start).collect();
            // The first of them has been in its turn, and so have all.
            for peer in &mut peers {
                let status = peer.read_head().status;
                assert!([200, 503].contains(&status), "{status}");
            }
            assert_eq!(server.get("/canary").status, 200);
        });
    }
}

#[cfg(feature = "cgi")]
#[test]
fn a_flood_from_scripts_that_nobody_reads_is_held_back() {
    const PEERS: usize = 30;
    // What waits for a peer, and the pipe's share of a buffer being filled.
    const MEMORY_KIB: u64 = 4_096 + PEERS as u64 * 2 * 64;
    let site = site("flood");
    site.script(
        "cgi-bin/flood",
        "#!/bin/sh\necho 'Content-Type: text/plain'\necho\nexec yes\n",
    );
    let mut server = site.serve(&["--quiet", "--cgi"]);
    let before = open_after_first(&server);
    Watch::of(&server)
        .memory(MEMORY_KIB)
        .descriptors(PEERS * 6 + 16)
        .cpu(100)
        .during(|| {
            let start = |_| {
                let mut peer = server.connect();
                peer.send(request("GET", "/cgi-bin/flood", ""));
                assert_eq!(peer.read_head().status, 200);
                peer
            };
            let peers: Vec<Raw> = (0..PEERS).map(start).collect();
            crate::crowd::wait_until_still(&peers);
            for peer in peers {
                peer.reset();
            }
            wait_for("the scripts and their pipes are gone", || {
                let open = measure::can_measure().then(|| measure::open_fds(server.pid()));
                open.is_none_or(|open| open <= before + 4).then_some(())
            });
        });
    server.signal(rustix::process::Signal::INT);
    assert!(server.wait().success());
}

#[cfg(feature = "cgi")]
fn open_after_first(server: &crate::support::Server) -> usize {
    server.get("/canary");
    if measure::can_measure() {
        measure::open_fds(server.pid())
    } else {
        0
    }
}

#[cfg(feature = "cgi")]
#[test]
fn a_flood_of_errors_into_a_log_that_nobody_reads_is_dropped() {
    use std::process::Stdio;
    const TIMES: usize = 20;
    let site = site("stuck-log");
    // Two megabytes each, of which 64 KiB may reach the log.
    let source = "#!/bin/sh\nyes error | head -c 2000000 >&2\n\
        echo 'Content-Type: text/plain'\necho\necho done\n";
    site.script("cgi-bin/noise", source);
    let (reader, writer) = site.pipe();
    let mut command = site.command(&["--cgi"]);
    command.stderr(Stdio::from(writer));
    let mut server = crate::support::Server::start_unlogged(command, 1);
    Watch::of(&server).memory(1 << 10).cpu(200).during(|| {
        for _ in 0..TIMES {
            assert_eq!(server.get("/cgi-bin/noise").text(), "done\n");
        }
    });
    assert!(server.is_running());
    drop(reader);
    assert_eq!(server.get("/cgi-bin/noise").text(), "done\n");
}
