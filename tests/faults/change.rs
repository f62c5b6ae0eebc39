//! Files that change while they are sent: what a peer gets for whole is one version of the file.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::server::request;
use crate::support::{Raw, Reply, Server, Site};
use crate::watch::Watch;
use crate::{LARGE, site};

/// Writes a few bytes in the middle of a file and leaves its length as it is.
fn change_in_place(path: &Path) {
    let mut file = File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(LARGE / 2)).unwrap();
    file.write_all(b"changed").unwrap();
}

/// Asks for a large file, and changes it when its head has come.
fn change_while_sent(fields: &str, change: impl FnOnce(&Path)) -> (u64, Vec<u8>) {
    let site = site("change");
    let path = site.sparse("large", LARGE);
    let server = site.serve(&["--quiet"]);
    Watch::of(&server).memory(1 << 10).cpu(150).during(|| {
        let mut peer = server.connect();
        peer.send(request("GET", "/large", fields));
        let head = peer.read_head();
        let length = head.field("Content-Length").parse().unwrap();
        assert!(head.field("ETag").starts_with('"'));
        change(&path);
        (length, peer.read_until_cut())
    })
}

#[test]
fn a_file_changed_in_place_while_it_is_sent_closes_the_connection() {
    let whole = format!("Range: bytes=0-{}\r\n", LARGE - 2);
    let parts = format!("Range: bytes=0-0,2-{}\r\n", LARGE - 2);
    for fields in ["", &whole, &parts] {
        let (length, got) = change_while_sent(fields, change_in_place);
        assert!((got.len() as u64) < length, "{fields:?}");
    }
    // Emptied and written again, as an editor does it.
    let (length, got) = change_while_sent("", |path| {
        let mut file = File::create(path).unwrap();
        file.write_all(b"new").unwrap();
        file.set_len(LARGE).unwrap();
    });
    assert!((got.len() as u64) < length);
}

#[test]
fn a_file_that_is_written_all_along_is_sent_to_its_promised_length() {
    let site = site("recording");
    let path = site.sparse("large", LARGE);
    let server = site.serve(&["--quiet"]);
    // Asked for so soon after a change, its tag is weak: it promises no bytes. On a busy machine it
    // may take a few attempts to be so soon.
    let ask = || {
        let mut peer = server.connect();
        change_in_place(&path);
        peer.send(request("GET", "/large", ""));
        let head = peer.read_head();
        head.field("ETag").starts_with("W/").then_some(peer)
    };
    let mut peer = (0..100).find_map(|_| ask()).expect("a weak tag");
    change_in_place(&path);
    peer.skip_bytes(LARGE);
    peer.send(request("GET", "/canary", ""));
    assert_eq!(peer.read_response().status, 200);
}

/// So many bytes, in each of which version `number` shows.
fn version(number: usize, bytes: usize) -> Vec<u8> {
    vec![b'a' + (number % 26) as u8; bytes]
}

fn is_one_version(body: &[u8]) -> bool {
    body.iter().all(|byte| *byte == body[0])
}

/// Changes a file by `write` as fast as can be while it is asked for, and hands each answer on; an
/// answer that is cut is `None`.
fn while_changing(write: impl Fn(usize) + Sync, server: &Server, judge: impl Fn(Option<Reply>)) {
    const TIME: Duration = Duration::from_secs(1);
    const ROUNDS_MIN: usize = 100;
    let over = AtomicBool::new(false);
    Watch::of(server).cpu(150).during(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut number = 0;
                while !over.load(Ordering::Relaxed) {
                    number += 1;
                    write(number);
                }
            });
            let (start, mut rounds) = (Instant::now(), 0);
            let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                while rounds < ROUNDS_MIN || start.elapsed() < TIME {
                    rounds += 1;
                    judge(ask(server));
                }
            }));
            over.store(true, Ordering::Relaxed);
            if let Err(failed) = judged {
                std::panic::resume_unwind(failed);
            }
        });
    });
}

fn ask(server: &Server) -> Option<Reply> {
    let mut peer: Raw = server.connect();
    peer.send(request("GET", "/file", "Connection: close\r\n"));
    let mut reply = peer.read_head();
    if reply.status != 200 {
        reply.body = peer.read_to_end();
        return Some(reply);
    }
    let length: usize = reply.field("Content-Length").parse().unwrap();
    reply.body = peer.read_until_cut();
    assert!(reply.body.len() <= length, "more than was promised");
    (reply.body.len() == length).then_some(reply)
}

#[test]
fn a_file_that_is_replaced_again_and_again_is_always_one_version() {
    for bytes in [1_000, 100_000] {
        let site: Site = site("replaced");
        site.file("file", version(0, bytes));
        let server = site.serve(&["--quiet"]);
        let write = |number| {
            let new = site.fresh_file("new", version(number, bytes + number % 7));
            fs::rename(new, site.path("file")).unwrap();
        };
        while_changing(write, &server, |reply| {
            let reply = reply.expect("nothing is cut");
            assert_eq!(reply.status, 200);
            assert!(is_one_version(&reply.body), "two versions");
        });
    }
}

#[test]
fn a_file_that_is_emptied_and_written_again_is_whole_or_cut() {
    for bytes in [1_000, 100_000] {
        let site = site("rewritten");
        site.file("file", version(0, bytes));
        let server = site.serve(&["--quiet"]);
        let write = |number| fs::write(site.path("file"), version(number, bytes)).unwrap();
        while_changing(write, &server, |reply| {
            // `ask` has seen to the lengths.
            if let Some(reply) = reply {
                assert_eq!(reply.status, 200);
                assert!(reply.body.len() <= bytes);
            }
        });
    }
}

#[test]
fn halves_of_two_versions_within_a_second_are_never_put_together() {
    const BYTES: usize = 1_000;
    const ROUNDS: usize = 100;
    let site = site("halves");
    let path = site.file("file", version(0, BYTES));
    let server = site.serve(&["--quiet"]);
    let mut peer = server.connect();
    let write = |number| {
        let mut file = File::options().write(true).open(&path).unwrap();
        file.write_all(&version(number, BYTES)).unwrap();
    };
    for round in 0..ROUNDS {
        write(2 * round);
        let fields = format!("Range: bytes=0-{}\r\n", BYTES / 2 - 1);
        peer.send(request("GET", "/file", &fields));
        let first = peer.read_response();
        assert_eq!(first.status, 206);
        // As likely as not within the same tick of the file system's clock.
        write(2 * round + 1);
        let tag = first.field("ETag");
        let strong = tag.trim_start_matches("W/");
        for validator in [tag, strong, first.field("Last-Modified")] {
            let fields = format!("Range: bytes={}-\r\nIf-Range: {validator}\r\n", BYTES / 2);
            peer.send(request("GET", "/file", &fields));
            let second = peer.read_response();
            // All of the new one, or the rest of the same.
            let together = match second.status {
                200 => second.body,
                206 => [&first.body[..], &second.body].concat(),
                other => panic!("{other}"),
            };
            assert_eq!(together.len(), BYTES, "{validator}");
            assert!(is_one_version(&together), "{validator}: two versions");
        }
    }
}
