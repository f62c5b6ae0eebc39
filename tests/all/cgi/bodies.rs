//! Request bodies on their way to a script (RFC 3875 section 4.2).

use std::thread;
use std::time::Duration;

use super::{serve, site};
use crate::support::measure::{can_measure, rss_kib};
use crate::support::server::request;
use crate::support::{Raw, Reply};

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
        peer.send([b'x'; 10_000]);
        assert_eq!(peer.read_response().text(), "done");
    }
    assert_eq!(server.get("/a.txt").text(), "static");
}

#[test]
fn a_script_that_waits_for_its_body_costs_others_nothing() {
    let site = site("cgi-slow-body");
    site.script("cgi-bin/cat", CAT);
    let server = serve(&site, &[]);
    let mut peer = server.connect();
    peer.send(request("POST", "/cgi-bin/cat", "Content-Length: 10\r\n"));
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
    let mut peer = server.connect();
    peer.send(request("POST", "/cgi-bin/wc", "Content-Length: 10\r\n"));
    peer.send("hello");
    thread::park_timeout(Duration::from_millis(900));
    peer.send("world");
    assert_eq!(peer.read_response().text(), "10\n");
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
