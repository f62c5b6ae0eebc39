//! Request bodies on their way to a script (RFC 3875 section 4.2).

use std::thread;
use std::time::Duration;

use super::{serve, site};
use crate::support::measure::{can_measure, rss_kib};
use crate::support::server::{request, wait_for};
use crate::support::{Raw, Reply, Server};

const CAT: &str = "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\nexec cat\n";
const LENGTH: &str =
    "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\necho \"${CONTENT_LENGTH-none} $(wc -c)\"\n";

fn post(peer: &mut Raw, target: &str, body: &[u8]) -> Reply {
    let length = format!("Content-Length: {}\r\n", body.len());
    peer.send(request("POST", target, &length));
    peer.send(body);
    peer.read_response()
}

fn post_chunked(peer: &mut Raw, target: &str, chunks: &[&[u8]]) -> Reply {
    peer.send(request("POST", target, "Transfer-Encoding: chunked\r\n"));
    for chunk in chunks {
        let framed = [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
        peer.send(framed);
    }
    peer.send("0\r\n\r\n");
    peer.read_response()
}

#[test]
fn a_body_reaches_the_script_with_its_true_length() {
    let site = site("cgi-body");
    site.script("cgi-bin/cat", CAT);
    site.script("cgi-bin/length", LENGTH);
    let server = serve(&site, &[]);
    let mut peer = server.connect();
    assert_eq!(post(&mut peer, "/cgi-bin/cat", b"hello").text(), "hello");
    assert_eq!(post(&mut peer, "/cgi-bin/length", b"").text(), "0 0\n");
    peer.send(request("GET", "/cgi-bin/length", ""));
    assert_eq!(peer.read_response().text(), "none 0\n");
    let chunks: [&[u8]; 3] = [b"a", b"bc", b"def"];
    assert_eq!(
        post_chunked(&mut peer, "/cgi-bin/cat", &chunks).text(),
        "abcdef"
    );
    // Past what is kept in memory, and past what a pipe holds.
    for chunk_bytes in [0, 1, 40_000, 70_000, 200_000] {
        let chunk = vec![b'x'; chunk_bytes];
        let chunks = if chunk_bytes == 0 {
            vec![]
        } else {
            vec![&chunk[..]; 3]
        };
        let length = 3 * chunk_bytes;
        let reply = post_chunked(&mut peer, "/cgi-bin/length", &chunks);
        assert_eq!(reply.text(), format!("{length} {length}\n"));
        let reply = post(&mut peer, "/cgi-bin/length", &chunks.concat());
        assert_eq!(reply.text(), format!("{length} {length}\n"));
    }
    assert_eq!(std::fs::read_dir(site.root()).unwrap().count(), 3);
}

#[test]
fn a_chunked_body_past_the_limit_is_413() {
    let site = site("cgi-413");
    site.script("cgi-bin/length", LENGTH);
    let server = serve(&site, &["--max-body", "100000"]);
    let mut peer = server.connect();
    let chunk = [b'x'; 50_000];
    let reply = post_chunked(&mut peer, "/cgi-bin/length", &[&chunk, &chunk]);
    assert_eq!(reply.text(), "100000 100000\n");
    let reply = post(&mut peer, "/cgi-bin/length", &[b'x'; 200_000]);
    assert_eq!(reply.text(), "200000 200000\n");
    peer.send(request(
        "POST",
        "/cgi-bin/length",
        "Transfer-Encoding: chunked\r\n",
    ));
    peer.send([b"186a1\r\n", &[b'x'; 100_001][..]].concat());
    assert_eq!(peer.read_response().status, 413);
    peer.read_until_cut();
}

#[test]
fn a_peer_takes_its_share_of_the_room_for_bodies_and_no_more() {
    let site = site("cgi-507-peer");
    site.script("cgi-bin/length", LENGTH);
    let server = site.serve(&[
        "--cgi",
        "--trusted-proxy",
        "127.0.0.1",
        "--spool-max",
        "600000",
        "--spool-max-per-peer",
        "300000",
    ]);
    let begin = |client: &str, bytes: usize| {
        let mut peer = server.connect();
        let fields = format!("Transfer-Encoding: chunked\r\nX-Forwarded-For: {client}\r\n");
        peer.send(request("POST", "/cgi-bin/length", &fields));
        peer.send(format!("{bytes:x}\r\n{}\r\n", "x".repeat(bytes)));
        peer.wait_until_read();
        peer
    };
    let mut first = begin("192.0.2.1", 200_000);
    let mut second = begin("192.0.2.1", 200_000);
    assert_eq!(second.read_response().status, 507);
    second.read_until_cut();
    server.log_until(|log| log.contains("--spool-max-per-peer)"));
    let mut other = begin("192.0.2.2", 280_000);
    for (peer, want) in [
        (&mut first, "200000 200000\n"),
        (&mut other, "280000 280000\n"),
    ] {
        peer.send("0\r\n\r\n");
        assert_eq!(peer.read_response().text(), want);
    }
}

#[test]
fn bodies_in_files_share_their_room_and_give_it_back() {
    let site = site("cgi-507");
    site.script("cgi-bin/length", LENGTH);
    let folder = site.outside("spool");
    std::fs::create_dir(&folder).unwrap();
    let mut command = site.command(&["--cgi", "--spool-max", "300000"]);
    command.env("TMPDIR", &folder);
    let server = Server::start(command);
    let begin = |bytes: usize| {
        let mut peer = server.connect();
        peer.send(request(
            "POST",
            "/cgi-bin/length",
            "Transfer-Encoding: chunked\r\n",
        ));
        peer.send(
            [
                format!("{bytes:x}\r\n").as_bytes(),
                &vec![b'x'; bytes],
                b"\r\n",
            ]
            .concat(),
        );
        peer.wait_until_read();
        peer
    };
    let mut first = begin(200_000);
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        0,
        "a file with a name"
    );
    let mut second = begin(200_000);
    assert_eq!(second.read_response().status, 507);
    second.read_until_cut();
    server.log_until(|log| log.contains("--spool-max)"));
    // Of known length, or short, they need no file.
    let mut peer = server.connect();
    let reply = post(&mut peer, "/cgi-bin/length", &[b'x'; 400_000]);
    assert_eq!(reply.text(), "400000 400000\n");
    let reply = post_chunked(&mut peer, "/cgi-bin/length", &[b"hello"]);
    assert_eq!(reply.text(), "5 5\n");
    first.send("0\r\n\r\n");
    assert_eq!(first.read_response().text(), "200000 200000\n");
    for _ in 0..3 {
        // Of one that left, too.
        drop(begin(290_000));
        let reply = wait_for("room", || {
            let mut peer = server.connect();
            let reply = post_chunked(&mut peer, "/cgi-bin/length", &[&[b'x'; 290_000]]);
            (reply.status == 200).then_some(reply)
        });
        assert_eq!(reply.text(), "290000 290000\n");
    }
}

/// The write(2) calls of a process so far, where that can be told.
fn writes(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("syscw: "))?;
    line.parse().ok()
}

#[test]
fn a_body_in_tiny_chunks_is_not_written_chunk_by_chunk() {
    const CHUNKS: usize = 150_000;
    let site = site("cgi-tiny");
    site.script("cgi-bin/length", LENGTH);
    let server = serve(&site, &[]);
    let Some(before) = writes(server.pid()) else {
        return crate::support::skip("no /proc/PID/io here");
    };
    let mut peer = server.connect();
    peer.send(request(
        "POST",
        "/cgi-bin/length",
        "Transfer-Encoding: chunked\r\n",
    ));
    peer.send(b"1\r\nx\r\n".repeat(CHUNKS));
    peer.send("0\r\n\r\n");
    assert_eq!(peer.read_response().text(), format!("{CHUNKS} {CHUNKS}\n"));
    let count = writes(server.pid()).unwrap() - before;
    assert!(count < 100, "{count} writes");
}

#[test]
fn a_spooled_body_can_be_opened_by_its_script() {
    let site = site("cgi-dev-stdin");
    let script = LENGTH.replace("wc -c", "wc -c </dev/stdin");
    site.script("cgi-bin/opens", &script);
    let server = serve(&site, &[]);
    let mut peer = server.connect();
    let reply = post_chunked(&mut peer, "/cgi-bin/opens", &[&[b'x'; 100_000]]);
    assert_eq!(reply.text(), "100000 100000\n");
}

#[test]
fn both_directions_flow_at_once_in_constant_memory() {
    const BYTES: u64 = 64 << 20;
    const PIECE: usize = 1 << 16;
    let site = site("cgi-flow");
    site.script("cgi-bin/cat", CAT);
    let server = serve(&site, &[]);
    let before = can_measure().then(|| rss_kib(server.pid()));
    for chunked in [false, true] {
        let mut peer = server.connect();
        let fields = match chunked {
            true => "Transfer-Encoding: chunked\r\n".into(),
            false => format!("Content-Length: {BYTES}\r\n"),
        };
        peer.send(request("POST", "/cgi-bin/cat", &fields).as_slice());
        let mut writer = peer.split();
        let sender = thread::spawn(move || {
            let piece = vec![b'x'; PIECE];
            for _ in 0..BYTES / PIECE as u64 {
                if chunked {
                    writer.send("10000\r\n");
                }
                writer.send(&piece);
                if chunked {
                    writer.send("\r\n");
                }
            }
            if chunked {
                writer.send("0\r\n\r\n");
            }
        });
        assert_eq!(peer.read_head().status, 200);
        assert_eq!(peer.count_chunk_bytes(), BYTES);
        sender.join().unwrap();
    }
    if let Some(before) = before {
        let grown = rss_kib(server.pid()).saturating_sub(before);
        assert!(grown < 2_048, "{grown} KiB more");
    }
}

#[test]
fn a_script_that_never_reads_blocks_nobody() {
    let site = site("cgi-unread");
    let script = "#!/bin/sh\nprintf 'Content-Type: a/b\\nContent-Length: 4\\n\\ndone'\n";
    site.script("cgi-bin/s", script);
    let closes = format!("{script}exec <&-\nsleep 0\n");
    site.script("cgi-bin/closes", &closes);
    let server = serve(&site, &[]);
    for target in ["/cgi-bin/s", "/cgi-bin/closes"] {
        // A short body is swallowed, and the connection lives on.
        let mut peer = server.connect();
        assert_eq!(post(&mut peer, target, b"hello").text(), "done");
        assert_eq!(post(&mut peer, target, b"hello").text(), "done");
        // A long one is answered although it is never sent whole.
        peer.send(request("POST", target, "Content-Length: 1000000000\r\n"));
        peer.send([b'x'; 100_000]);
        assert_eq!(peer.read_response().text(), "done");
    }
    assert_eq!(server.get("/a.txt").text(), "static");
}

#[test]
fn a_script_that_waits_for_its_body_costs_others_nothing() {
    let site = site("cgi-slow-body");
    // What it has when it is started, and then what comes.
    let first = "dd bs=1 count=65536 of=/dev/null 2>/dev/null\nexec cat";
    site.script("cgi-bin/fed", &CAT.replace("exec cat", first));
    let server = serve(&site, &[]);
    let mut peer = server.connect();
    let length = format!("Content-Length: {}\r\n", 65_536 + 10);
    peer.send(request("POST", "/cgi-bin/fed", &length));
    peer.send([b'x'; 65_536]);
    assert_eq!(peer.read_head().status, 200);
    peer.send("hello");
    assert_eq!(peer.read_exactly(13), b"0005\r\nhello\r\n");
    assert_eq!(server.get("/a.txt").text(), "static");
    peer.send("world");
    assert_eq!(peer.read_exactly(13), b"0005\r\nworld\r\n");
    assert_eq!(peer.read_exactly(5), b"0\r\n\r\n");
}

#[test]
fn a_script_is_not_blamed_for_a_peer_that_sends_slowly() {
    let site = site("cgi-slow-peer");
    site.script(
        "cgi-bin/wc",
        "#!/bin/sh\nn=$(wc -c)\nprintf 'Status: 200\\n\\n'\necho $n\n",
    );
    site.script("cgi-bin/hangs", "#!/bin/sh\nexec sleep 60\n");
    let server = serve(&site, &["--cgi-timeout", "0.3"]);
    for early in [5, 65_536] {
        let mut peer = server.connect();
        let length = format!("Content-Length: {}\r\n", early + 5);
        peer.send(request("POST", "/cgi-bin/wc", &length));
        peer.send(vec![b'x'; early]);
        thread::park_timeout(Duration::from_millis(900));
        peer.send("world");
        assert_eq!(peer.read_response().text(), format!("{}\n", early + 5));
    }
    // With all of its body, or with more than it takes, it is the script that is waited for.
    for body in [10, 1_000_000] {
        let mut peer = server.connect();
        let length = format!("Content-Length: {body}\r\n");
        peer.send(request("POST", "/cgi-bin/hangs", &length));
        peer.send(vec![b'x'; body.min(100_000)]);
        assert_eq!(peer.read_response().status, 504, "{body}");
    }
    super::stop(server);
}

#[test]
fn continue_is_said_when_a_script_will_be_fed() {
    let site = site("cgi-continue");
    site.script("cgi-bin/length", LENGTH);
    let server = serve(&site, &[]);
    let mut peer = server.connect();
    for framing in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
        let fields = format!("Expect: 100-continue\r\n{framing}");
        peer.send(request("POST", "/cgi-bin/length", &fields));
        assert_eq!(peer.read_head().status, 100);
        let chunked = framing.starts_with('T');
        peer.send(if chunked {
            "5\r\nhello\r\n0\r\n\r\n"
        } else {
            "hello"
        });
        assert_eq!(peer.read_response().text(), "5 5\n");
    }
    // Nobody wants this body.
    let fields = "Expect: 100-continue\r\nContent-Length: 5\r\n";
    peer.send(request("POST", "/cgi-bin/none", fields));
    assert_eq!(peer.read_response().status, 404);
}
