//! Entity tags of content: replicas whose files have other inodes and times answer as one.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::server::{request, wait_for};
use crate::support::site::{MODIFIED, set_modified};
use crate::support::{Reply, Server, Site, skip};

const REPLICAS: usize = 3;

/// What the replicas have, with lengths below, at and past what is hashed at once.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let bytes = |len: usize, step: usize| (0..len).map(|at| (at / step) as u8).collect();
    vec![
        ("empty.txt", Vec::new()),
        ("short.txt", b"short".to_vec()),
        ("edge.bin", bytes(65_536, 3)),
        ("long.bin", bytes(65_537, 5)),
        ("large.bin", bytes(3_000_000, 11)),
        ("page.css", bytes(100_000, 7)),
        ("page.css.br", bytes(70_000, 13)),
        ("page.css.gz", bytes(80_000, 17)),
        ("same.js", b"the same bytes".to_vec()),
        ("same.js.gz", b"the same bytes".to_vec()),
    ]
}

/// Replicas: made in other orders, so with other inodes, and with other times, frozen ones too.
fn replicas(name: &str) -> Vec<(Site, Server)> {
    let times = [MODIFIED, MODIFIED + 86_400, 315_532_800];
    let replica = |number: usize| {
        let site = Site::new(&format!("{name}-{number}"));
        let mut files = files();
        files.rotate_left(number * 3);
        for (file, content) in files {
            site.file(file, content);
            set_modified(&site.path(file), Duration::from_secs(times[number]));
        }
        let server = site.serve(&["--etag", "content", "--precompressed"]);
        // Where the mtime says nothing, a form is sent when its ctime is two seconds ago.
        for form in ["br", "gzip"] {
            let fields = format!("Accept-Encoding: {form}\r\n");
            wait_for("forms are sent", || {
                let reply = server.request("HEAD", "/page.css", &fields);
                (reply.header("Content-Encoding") == Some(form)).then_some(())
            });
        }
        (site, server)
    };
    (0..REPLICAS).map(replica).collect()
}

/// What is asked for: the target, and the codings accepted.
const ASKED: [(&str, &str); 12] = [
    ("/empty.txt", ""),
    ("/short.txt", ""),
    ("/edge.bin", ""),
    ("/long.bin", ""),
    ("/large.bin", ""),
    ("/page.css", ""),
    ("/page.css", "br"),
    ("/page.css", "gzip"),
    ("/page.css.gz", ""),
    ("/same.js", ""),
    ("/same.js", "gzip"),
    ("/same.js.gz", ""),
];

fn with_codings(codings: &str, fields: &str) -> String {
    match codings {
        "" => fields.to_owned(),
        codings => format!("Accept-Encoding: {codings}\r\n{fields}"),
    }
}

#[test]
fn what_one_replica_has_given_is_not_modified_at_the_others() {
    let replicas = replicas("not-modified");
    let mut seen = BTreeMap::new();
    for (number, (target, codings)) in ASKED.into_iter().enumerate() {
        let first = &replicas[number % REPLICAS].1;
        let method = if number % 2 == 0 { "HEAD" } else { "GET" };
        let given = first.request(method, target, &with_codings(codings, ""));
        let tag = given.field("ETag").to_owned();
        // 128 bits, and the coding.
        let digits = tag.trim_matches('"').split('-').next().unwrap();
        assert_eq!(digits.len(), 32, "{tag}");
        for (_, server) in &replicas {
            let about = format!("{target} {codings} {tag}");
            let ask = |method: &str, condition: &str| {
                let fields = with_codings(codings, &format!("{condition}: {tag}\r\n"));
                server.request(method, target, &fields)
            };
            for method in ["GET", "HEAD"] {
                let reply = ask(method, "If-None-Match");
                assert_eq!((reply.status, reply.field("ETag")), (304, &*tag), "{about}");
                assert_eq!(ask(method, "If-Match").status, 200, "{about}");
            }
            let other = format!("If-Match: \"{}\"\r\n", "0".repeat(32));
            let refused = server.get_with(target, &with_codings(codings, &other));
            assert_eq!(refused.status, 412, "{about}");
        }
        seen.entry(tag)
            .or_insert_with(Vec::new)
            .push((target, codings));
    }
    // One tag for two only where nobody could tell them apart.
    let twice: Vec<_> = seen.values().filter(|asked| asked.len() > 1).collect();
    assert_eq!(twice, [&vec![("/same.js", ""), ("/same.js.gz", "")]]);
}

#[test]
fn a_download_goes_on_at_any_replica_and_is_whole() {
    let replicas = replicas("resume");
    for (number, (target, codings)) in ASKED.into_iter().enumerate() {
        let whole = replicas[0].1.get_with(target, &with_codings(codings, ""));
        let (len, tag) = (whole.body.len(), whole.field("ETag").to_owned());
        let mut got: Vec<u8> = Vec::new();
        let mut turn = number;
        while got.len() < len {
            turn += 1;
            let server = &replicas[turn % REPLICAS].1;
            let last = (got.len() + 1 + len / 7).min(len) - 1;
            let range = format!("Range: bytes={}-{last}\r\nIf-Range: {tag}\r\n", got.len());
            let part = server.get_with(target, &with_codings(codings, &range));
            assert_eq!(part.status, 206, "{target} {codings}");
            got.extend(part.body);
        }
        assert!(got == whole.body, "{target} {codings}");
    }
}

#[test]
fn a_file_is_hashed_on_when_its_peer_has_left_and_once() {
    const LEN: u64 = 300_000_000;
    let site = Site::new("left");
    site.sparse("large.bin", LEN);
    let server = site.serve(&["--etag", "content", "-q"]);
    let io = format!("/proc/{}/io", server.pid());
    let read_bytes = || -> Option<u64> {
        let text = fs::read_to_string(&io).ok()?;
        text.lines().next()?.strip_prefix("rchar: ")?.parse().ok()
    };
    let Some(before) = read_bytes() else {
        return skip("nobody tells how much was read here");
    };
    let mut peer = server.connect();
    peer.send(request("HEAD", "/large.bin", ""));
    wait_for("it begins", || {
        read_bytes().filter(|&read| read > before + 1_000_000)
    });
    drop(peer);
    wait_for("it is read to its end", || {
        read_bytes().filter(|&read| read >= before + LEN)
    });
    let reply = server.head("/large.bin");
    assert_eq!(reply.field("ETag").len(), 34);
    let read = read_bytes().unwrap() - before;
    assert!(read < LEN + LEN / 2, "{read}");
}

#[test]
fn others_are_served_while_a_file_is_hashed() {
    let site = Site::new("meanwhile");
    site.file("short.txt", "short");
    let server = site.serve(&["--etag", "content"]);
    // Unless this test gets no turn in the meantime.
    wait_for("answers come while a file is hashed", || {
        site.sparse("large.bin", 500_000_000);
        let mut waits = server.connect();
        waits.send(request("HEAD", "/large.bin", ""));
        waits.wait_until_read();
        for _ in 0..10 {
            assert_eq!(server.get("/short.txt").text(), "short");
        }
        let is_waiting = waits.waiting_bytes() == 0;
        let reply = waits.read_response_to("HEAD");
        assert_eq!(reply.status, 200);
        is_waiting.then_some(())
    });
}

/// Two contents of one length and one time, which take each other's place for ever.
fn swap_until(site: &Site, contents: &[Vec<u8>; 2], stop: &AtomicBool, in_place: bool) {
    for number in (0..2).cycle() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let name = if in_place { "a.bin" } else { "new" };
        site.file(name, &contents[number]);
        if !in_place {
            fs::rename(site.path("new"), site.path("a.bin")).unwrap();
        }
        std::thread::yield_now();
    }
}

#[test]
fn no_tag_is_given_to_two_contents_however_they_change() {
    for in_place in [false, true] {
        let site = Site::new("swapped");
        let contents = [b'a', b'b'].map(|byte| vec![byte; 200_000]);
        site.file("a.bin", &contents[0]);
        let server = site.serve(&["--etag", "content"]);
        let stop = AtomicBool::new(false);
        let mut tags: BTreeMap<String, u8> = BTreeMap::new();
        std::thread::scope(|scope| {
            scope.spawn(|| swap_until(&site, &contents, &stop, in_place));
            for _ in 0..100 {
                let mut peer = server.connect();
                peer.send(request("GET", "/a.bin", "Connection: close\r\n"));
                // One that is written while it is sent may be cut.
                let Some(reply) = whole(&peer.read_to_end()) else {
                    continue;
                };
                if let Some(tag) = reply.0 {
                    assert!(
                        reply.1.iter().all(|&byte| byte == reply.1[0]),
                        "{tag}: mixed"
                    );
                    let known = *tags.entry(tag).or_insert(reply.1[0]);
                    assert_eq!(known, reply.1[0]);
                }
            }
            stop.store(true, Ordering::Relaxed);
        });
        let tag = |server: &Server| server.get("/a.bin").header("ETag").map(str::to_owned);
        wait_for("it has a tag when it rests", || tag(&server));
    }
}

/// The tag and the body of a whole answer.
fn whole(bytes: &[u8]) -> Option<(Option<String>, Vec<u8>)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200 ") || head.starts_with("HTTP/1.1 404 "),
        "{head}"
    );
    let tag = head.lines().find_map(|line| line.strip_prefix("ETag: "));
    let body = bytes[end..].to_vec();
    (body.len() == 200_000).then(|| (tag.map(str::to_owned), body))
}

#[test]
fn tags_are_of_what_the_option_says() {
    let site = Site::new("of-what");
    site.file("a.txt", "0123456789");
    let tag = |options: &[&str]| -> Option<String> {
        let reply: Reply = site.serve(options).get("/a.txt");
        reply.header("ETag").map(str::to_owned)
    };
    let mtime = tag(&["--etag", "mtime"]);
    assert_eq!(tag(&[]), mtime);
    assert_eq!(tag(&["--etag", "none"]), None);
    assert_eq!(
        tag(&["--etag", "content", "--etag-content-max", "9"]),
        mtime
    );
    let content = tag(&["--etag", "content", "--etag-content-max", "10"]);
    assert_eq!(content.map(|tag| tag.len()), Some(34));
    // Without tags a condition is judged by what is left.
    let server = site.serve(&["--etag", "none"]);
    for (condition, want) in [
        ("If-None-Match: \"x\"", 200),
        ("If-None-Match: *", 304),
        ("If-Match: \"x\"", 412),
        ("If-Match: *", 200),
        ("If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", 304),
    ] {
        let reply = server.get_with("/a.txt", &format!("{condition}\r\n"));
        assert_eq!(reply.status, want, "{condition}");
    }
}
