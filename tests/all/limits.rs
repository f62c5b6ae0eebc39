//! Limits and deadlines, each with a short setting: what a peer may use, and for how long.

#[cfg(feature = "cgi")]
mod rates;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::client::raw_unless_refused;
use crate::support::server::{request, wait_for};
use crate::support::{PATIENCE, Raw, Server, Site, measure};

/// More than the socket buffers of both ends hold.
const LARGE: u64 = 64 << 20;

fn serve(name: &str, options: &[&str]) -> (Site, Server) {
    let site = Site::new(name);
    site.file("a.txt", "a");
    site.sparse("large", LARGE);
    let server = site.serve(options);
    (site, server)
}

fn assert_usable(peer: &mut Raw) {
    peer.send(request("GET", "/a.txt", ""));
    assert_eq!(peer.read_response().text(), "a");
}

#[test]
fn a_head_that_drips_is_408_at_the_header_timeout() {
    let (_site, server) = serve("drip", &["--header-timeout", "0.5"]);
    let mut peer = server.connect();
    let start = Instant::now();
    peer.send("GET /a.txt HTTP/1.1\r\nX: ");
    // Each byte is progress, and none of it helps.
    let mut dripped = 0;
    while !peer.has_data() && peer.try_send("x").is_ok() {
        dripped += 1;
        thread::park_timeout(Duration::from_millis(20));
        assert!(dripped < 500, "dripping goes on for ever");
    }
    assert!(start.elapsed() >= Duration::from_millis(400));
    let reply = peer.read_response();
    assert_eq!(reply.status, 408);
    assert_eq!(reply.field("Connection"), "close");
    peer.half_close();
    peer.read_until_cut();
}

#[test]
fn a_connection_that_says_nothing_is_closed_without_a_word() {
    let (_site, server) = serve("silence", &["--header-timeout", "0.3"]);
    let mut peer = server.connect();
    peer.expect_close();
    // Nor do blank lines count as a request.
    assert_usable(&mut server.connect());
}

#[test]
fn the_next_head_has_its_own_header_timeout() {
    let (_site, server) = serve("second-head", &["--header-timeout", "0.3"]);
    let mut peer = server.connect();
    assert_usable(&mut peer);
    peer.send("GET /a.txt HTTP/1.1\r\n");
    assert_eq!(peer.read_response().status, 408);
    peer.half_close();
    peer.expect_close();
}

#[test]
fn an_idle_connection_is_closed_at_the_idle_timeout() {
    let (_site, server) = serve("idle", &["--idle-timeout", "0.3"]);
    let mut peer = server.connect();
    for _ in 0..3 {
        assert_usable(&mut peer);
    }
    let start = Instant::now();
    peer.expect_close();
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[test]
fn a_reader_that_stops_is_cut_at_the_stall_timeout() {
    let (_site, server) = serve("reader", &["--stall-timeout", "0.3", "--quiet"]);
    assert_eq!(server.get("/a.txt").text(), "a");
    let before = if measure::can_measure() {
        measure::open_fds(server.pid())
    } else {
        0
    };
    let mut peer = server.connect();
    peer.send(request("GET", "/large", ""));
    peer.read_head();
    if before > 0 {
        wait_for("the connection is gone", || {
            (measure::open_fds(server.pid()) <= before).then_some(())
        });
    }
    let got = peer.read_until_cut();
    assert!((got.len() as u64) < LARGE, "{} bytes", got.len());
}

#[test]
fn a_reader_that_is_slow_but_reads_is_not_cut() {
    let (_site, server) = serve("slow-reader", &["--stall-timeout", "0.5"]);
    let mut peer = server.connect();
    peer.send(request("GET", "/large", ""));
    peer.read_head();
    let start = Instant::now();
    let mut left = LARGE;
    while start.elapsed() < Duration::from_millis(1_500) {
        // Enough at a time for TCP to open its window again.
        let step = left.min(1 << 20);
        peer.skip_bytes(step);
        left -= step;
        thread::park_timeout(Duration::from_millis(40));
    }
    peer.skip_bytes(left);
    assert_usable(&mut peer);
}

#[test]
fn a_steady_reader_is_not_cut_however_slow() {
    const STALL: &str = "1.5";
    let (_site, server) = serve("steady-reader", &["--stall-timeout", STALL, "--quiet"]);
    let mut peer = server.connect();
    peer.send(request("GET", "/large", ""));
    peer.read_head();
    // At 200 KB/s the socket's buffer is not writable again for longer than that.
    let start = Instant::now();
    let mut left = LARGE;
    while start.elapsed() < Duration::from_secs(6) {
        let step = left.min(10_000);
        peer.skip_bytes(step);
        left -= step;
        thread::park_timeout(Duration::from_millis(50));
    }
    peer.skip_bytes(left);
    assert_usable(&mut peer);
}

#[test]
fn what_is_under_way_when_a_connection_would_end_is_waited_for() {
    const IDLE: &str = "0.3";
    if !measure::can_measure() {
        return;
    }
    let site = Site::new("under-way");
    site.sparse("tail", 1 << 20);
    let server = site.serve(&["--idle-timeout", IDLE, "--quiet"]);
    // Before the first peer comes: one that has just left may still be counted.
    let before = measure::open_fds(server.pid());
    for fields in ["", "Connection: close\r\n"] {
        let mut peer = server.connect();
        peer.send(request("GET", "/tail", fields));
        peer.read_head();
        // All of it is in the buffers of both sides, and the player pauses: far longer than an idle
        // or a closing connection is kept.
        thread::park_timeout(Duration::from_secs(3));
        assert!(measure::open_fds(server.pid()) > before, "{fields}");
        peer.skip_bytes(1 << 20);
        peer.half_close();
        wait_for("the connection is gone", || {
            (measure::open_fds(server.pid()) <= before).then_some(())
        });
    }
}

#[test]
fn a_body_that_stops_is_given_up_at_the_stall_timeout() {
    let (_site, server) = serve("body", &["--stall-timeout", "0.3"]);
    let mut peer = server.connect();
    peer.send(request("GET", "/a.txt", "Content-Length: 100\r\n"));
    peer.send("some of it");
    // The answer is known without the body; the connection waits for the rest, and not for long.
    let answers = peer.read_until_cut();
    assert!(answers.starts_with(b"HTTP/1.1 200 "));
}

#[test]
fn a_chunk_of_an_unwanted_body_that_announces_too_much_ends_the_connection() {
    let (_site, server) = serve("announced", &[]);
    let mut peer = server.connect();
    peer.send(request("POST", "/a.txt", "Transfer-Encoding: chunked\r\n"));
    assert_eq!(peer.read_response().status, 501);
    peer.send("fffffff\r\n");
    // Not after 64 KiB of it, or when it has stood still for long.
    let start = Instant::now();
    assert_eq!(peer.read_to_end(), b"");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_body_that_nobody_wants_may_not_drip_for_ever() {
    let (_site, server) = serve("unwanted", &["--stall-timeout", "0.5"]);
    let mut peer = server.connect();
    peer.send(request("POST", "/a.txt", "Transfer-Encoding: chunked\r\n"));
    assert_eq!(peer.read_response().status, 501);
    // Each chunk is progress, and none of it helps.
    let mut dripped = 0;
    while peer.try_send("1\r\nx\r\n").is_ok() && !peer.has_ended() {
        dripped += 1;
        thread::park_timeout(Duration::from_millis(20));
        assert!(dripped < 500, "dripping goes on for ever");
    }
}

#[test]
fn a_peer_that_never_ends_is_not_waited_for_after_the_last_response() {
    if !measure::can_measure() {
        return;
    }
    let (_site, server) = serve("linger-time", &["--stall-timeout", "0"]);
    // It says where it listens before it has all the descriptors that it keeps.
    let mut other = server.connect();
    assert_usable(&mut other);
    let fds = measure::open_fds(server.pid());
    let mut peer = server.connect();
    peer.send(request("POST", "/a.txt", "Content-Length: 1000000\r\n"));
    assert_eq!(peer.read_response().status, 501);
    // It neither sends the rest nor closes; the server does, in the end.
    assert_eq!(peer.read_until_cut(), b"");
    wait_for("the connection is gone", || {
        (measure::open_fds(server.pid()) <= fds).then_some(())
    });
}

#[test]
fn zero_means_no_timeout() {
    let options = [
        "--header-timeout",
        "0",
        "--idle-timeout",
        "0",
        "--stall-timeout",
        "0",
    ];
    let (_site, server) = serve("zero", &options);
    let mut peer = server.connect();
    assert_usable(&mut peer);
    // Far longer than a zero that were taken literally.
    thread::park_timeout(Duration::from_millis(300));
    peer.send("GET /a.txt");
    thread::park_timeout(Duration::from_millis(300));
    peer.send(" HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(peer.read_response().text(), "a");
}

#[test]
fn past_max_connections_the_oldest_idle_one_is_closed_first() {
    let (_site, server) = serve("max", &["--max-connections", "4"]);
    let mut peers: Vec<Raw> = Vec::new();
    for _ in 0..4 {
        let mut peer = server.connect();
        assert_usable(&mut peer);
        peers.push(peer);
        // The order of their idleness must differ by more than a millisecond.
        thread::park_timeout(Duration::from_millis(5));
    }
    let mut fifth = server.connect();
    assert_usable(&mut fifth);
    peers[0].expect_close();
    for peer in &mut peers[1..] {
        assert_usable(peer);
    }
}

#[test]
fn a_busy_connection_is_never_closed_for_a_new_one() {
    let (_site, server) = serve("busy", &["--max-connections", "2"]);
    let mut busy: Vec<Raw> = (0..2).map(|_| server.connect()).collect();
    for peer in &mut busy {
        peer.send(request("GET", "/large", ""));
        peer.read_head();
    }
    let mut waiting = server.connect();
    waiting.send(request("GET", "/a.txt", ""));
    for peer in &mut busy {
        peer.skip_bytes(LARGE);
    }
    // Now one of them is idle and gives way.
    assert_eq!(waiting.read_response().text(), "a");
}

/// A server that may have 64 descriptors.
fn serve_with_few_descriptors(site: &Site) -> Server {
    let mut command = std::process::Command::new("sh");
    command.args([
        "-c",
        "ulimit -n 64; exec \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_sprat"),
    ]);
    command
        .args(["-b", "127.0.0.1", "--quiet", "-d"])
        .arg(site.root());
    command.arg("0");
    Server::start(command)
}

#[test]
fn running_out_of_descriptors_neither_spins_nor_ends_it() {
    const PEERS: usize = 200;
    // Spinning takes a hundred of them in the second that is waited.
    const TICKS_MAX: u64 = 20;
    let site = Site::new("descriptors");
    site.file("a.txt", "a");
    let mut server = serve_with_few_descriptors(&site);
    // All of them hold their connection and say nothing.
    let peers: Vec<Raw> = (0..PEERS).map(|_| server.connect()).collect();
    if measure::can_measure() {
        let before = measure::cpu_ticks(server.pid());
        thread::park_timeout(Duration::from_secs(1));
        let used = measure::cpu_ticks(server.pid()) - before;
        assert!(used < TICKS_MAX, "{used} ticks in one second of waiting");
        assert!(measure::open_fds(server.pid()) <= 64);
    }
    // Another one is heard in spite of them, and after them.
    assert_eq!(server.get("/a.txt").text(), "a");
    drop(peers);
    assert_eq!(server.get("/a.txt").text(), "a");
    assert!(server.is_running());
}

#[test]
fn more_clients_than_descriptors_are_all_answered() {
    const PEERS: usize = 200;
    let site = Site::new("more-clients");
    site.sparse("large", 1 << 20);
    let server = serve_with_few_descriptors(&site);
    for fields in ["", "Connection: close\r\n"] {
        let mut peers: Vec<Raw> = Vec::new();
        for _ in 0..PEERS {
            let mut peer = server.connect();
            peer.send(request("GET", "/large", fields));
            peers.push(peer);
        }
        for (number, peer) in peers.iter_mut().enumerate() {
            let reply = peer.read_response();
            assert_eq!((reply.status, reply.body.len()), (200, 1 << 20), "{number}");
        }
    }
}

#[test]
fn idle_keep_alive_connections_give_way_when_descriptors_run_out() {
    let site = Site::new("give-way");
    site.file("a.txt", "a");
    let server = serve_with_few_descriptors(&site);
    // All stay open and idle, and yet each new one is answered.
    let mut peers = Vec::new();
    for _ in 0..200 {
        let mut peer = server.connect();
        assert_usable(&mut peer);
        peers.push(peer);
    }
}

#[test]
fn an_idle_connection_costs_less_than_300_bytes() {
    const PEERS: usize = 10_000;
    const BYTES_MAX: u64 = 300;
    if !measure::can_measure() || !measure::allow_descriptors(PEERS as u64 + 500) {
        return;
    }
    let flags = ["--quiet", "--idle-timeout", "0", "--max-connections", "0"];
    let (_site, server) = serve("idle-memory", &flags);
    let open = |count: usize| -> Vec<Raw> {
        let connect = |_| {
            let mut peer = server.connect();
            assert_usable(&mut peer);
            peer
        };
        (0..count).map(connect).collect()
    };
    // The first ones fill what is there once for all.
    let _first = open(200);
    let before = measure::private_dirty_kib(server.pid());
    let _idle = open(PEERS);
    let grown = measure::private_dirty_kib(server.pid()).saturating_sub(before);
    let each = grown * 1_024 / PEERS as u64;
    println!("{each} bytes each");
    assert!(each < BYTES_MAX, "{each} bytes each");
}

#[test]
fn an_idle_server_uses_no_processor_time() {
    if !measure::can_measure() {
        return;
    }
    let (_site, server) = serve("idle-cpu", &[]);
    let mut peers: Vec<Raw> = (0..50).map(|_| server.connect()).collect();
    for peer in &mut peers {
        assert_usable(peer);
    }
    let before = measure::cpu_ticks(server.pid());
    thread::park_timeout(Duration::from_secs(1));
    let used = measure::cpu_ticks(server.pid()) - before;
    // One tick may be the end of the last answer.
    assert!(used <= 1, "{used} ticks in an idle second");
}

#[test]
fn the_idle_server_is_small() {
    const RSS_KIB_MAX: u64 = 12 * 1_024;
    if !measure::can_measure() {
        return;
    }
    let (_site, server) = serve("rss", &[]);
    // Generous, for this is a debug build; the release build's 3 MB are CI's to check.
    let rss = measure::rss_kib(server.pid());
    assert!(rss < RSS_KIB_MAX, "{rss} KiB");
}

/// `count` peers from 127.0.0.1 that each say this; all have been heard.
fn crowd(server: &Server, count: usize, bytes: &[u8], status: Option<u16>) -> Vec<Raw> {
    let say = |_| {
        let mut peer = server.connect();
        peer.send(bytes);
        match status {
            Some(status) => assert_eq!(peer.read_response().status, status),
            None => peer.wait_until_read(),
        }
        peer
    };
    (0..count).map(say).collect()
}

#[test]
fn half_heads_and_unwanted_bodies_make_room_for_a_newcomer() {
    const PEERS: usize = 16;
    // Far from the 20 seconds that a head has, and the 30 that a body has.
    const WAIT_MAX: Duration = Duration::from_secs(10);
    let options = ["--max-connections", "16", "--quiet"];
    let unwanted = request("POST", "/a.txt", "Transfer-Encoding: chunked\r\n");
    let long = request("POST", "/a.txt", "Content-Length: 1000000\r\n");
    for (name, bytes, status) in [
        ("half-heads", &b"GET /a.txt HTTP/1.1\r\nX: "[..], None),
        ("unwanted-bodies", &unwanted, Some(501)),
        ("lingering", &long, Some(501)),
    ] {
        let (_site, server) = serve(name, &options);
        let mut peers = crowd(&server, PEERS, bytes, status);
        let start = Instant::now();
        let mut newcomer = server.connect();
        newcomer.send(request("GET", "/a.txt", ""));
        while !newcomer.has_data() {
            for peer in &mut peers {
                let _ = peer.try_send("x");
            }
            thread::park_timeout(Duration::from_millis(20));
            assert!(start.elapsed() < WAIT_MAX, "{name}: nobody makes room");
        }
        assert_eq!(newcomer.read_response().text(), "a", "{name}");
    }
}

fn connect_unless_refused(server: &Server) -> Option<Raw> {
    raw_unless_refused(server.addr())
}

/// Another connection is refused: nothing comes but its end.
fn assert_refused(server: &Server) {
    let peer = connect_unless_refused(server);
    assert_eq!(
        peer.map_or(Vec::new(), |mut peer| peer.read_until_cut()),
        b""
    );
}

#[test]
fn a_peer_has_as_many_connections_as_it_may_and_one_that_is_over_counts_no_more() {
    let (_site, server) = serve("per-peer", &["--per-peer", "2"]);
    let mut peers = [server.connect(), server.connect()];
    peers.iter_mut().for_each(assert_usable);
    assert_refused(&server);
    let line = server.log_lines(3).remove(2);
    assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
    let said = "connections refused by --per-peer: 1, the last of this peer";
    assert!(line.ends_with(said), "{line}");
    peers.iter_mut().for_each(assert_usable);
    // What only waits for its peer to close it is as good as gone.
    let [mut old, mut other] = peers;
    old.send(request("POST", "/a.txt", "Content-Length: 1000000\r\n"));
    assert_eq!(old.read_response().status, 501);
    let mut new = server.connect();
    assert_usable(&mut new);
    assert_usable(&mut other);
    assert_refused(&server);
    // So is what has gone.
    other.reset();
    wait_for("another is taken", || {
        let mut peer = connect_unless_refused(&server)?;
        let _ = peer.try_send(request("GET", "/a.txt", "Connection: close\r\n"));
        (!peer.read_until_cut().is_empty()).then_some(())
    });
}

#[test]
fn proxies_that_are_trusted_and_peers_of_unix_sockets_have_any_number_of_connections() {
    let (_site, server) = serve(
        "per-peer-proxy",
        &["--per-peer", "1", "--trusted-proxy", "127.0.0.1"],
    );
    let mut peers: Vec<Raw> = (0..8).map(|_| server.connect()).collect();
    for peer in &mut peers {
        // Those for whom it asks are not counted.
        peer.send(request("GET", "/a.txt", "X-Forwarded-For: 192.0.2.1\r\n"));
        assert_eq!(peer.read_response().text(), "a");
    }
    let site = Site::new("per-peer-unix");
    site.file("a.txt", "a");
    let path = site.outside("socket");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let bind = format!("unix:{}", path.display());
    let _server = site.serve(&["--per-peer", "1", "-b", &bind]);
    let mut peers: Vec<UnixStream> = (0..8)
        .map(|_| UnixStream::connect(&path).unwrap())
        .collect();
    for peer in &mut peers {
        peer.set_read_timeout(Some(PATIENCE)).unwrap();
        peer.write_all(&request("GET", "/a.txt", "")).unwrap();
        let mut start = [0; 12];
        peer.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
    }
}
