//! Ranges (RFC 9110 section 14): single, several, unsatisfiable, If-Range.

use crate::assert_same;
use crate::support::site::MODIFIED_DATE;
use crate::support::{Framing, Reply, Server, Site};

const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyz";

/// A site whose `/a.txt` holds the alphabet.
fn serve(name: &str) -> (Site, Server) {
    let site = Site::new(name);
    site.file("a.txt", ALPHABET);
    site.file("empty.txt", "");
    let server = site.serve(&[]);
    (site, server)
}

fn get(server: &Server, range: &str) -> Reply {
    server.get_with("/a.txt", &format!("Range: {range}\r\n"))
}

#[test]
fn files_say_that_they_have_ranges() {
    let (_site, server) = serve("accept-ranges");
    assert_eq!(server.get("/a.txt").field("Accept-Ranges"), "bytes");
    assert_eq!(server.head("/a.txt").field("Accept-Ranges"), "bytes");
}

#[test]
fn one_range_is_206_with_exactly_those_bytes() {
    let (_site, server) = serve("one");
    for (range, first, last) in [
        ("bytes=0-0", 0, 0),
        ("bytes=0-4", 0, 4),
        ("bytes=25-25", 25, 25),
        ("bytes=10-", 10, 25),
        ("bytes=0-", 0, 25),
        ("bytes=-1", 25, 25),
        ("bytes=-5", 21, 25),
        ("bytes=-26", 0, 25),
        ("bytes=-1000", 0, 25),
        ("bytes=20-1000", 20, 25),
        ("bytes=20-18446744073709551615", 20, 25),
        ("bytes= 3-5", 3, 5),
        ("bytes=,3-5,", 3, 5),
        ("BYTES=3-5", 3, 5),
        ("bytes=0-2,3-5", 0, 5),
        ("bytes=0-5,2-3", 0, 5),
        ("bytes=3-5,99-", 3, 5),
        ("bytes=5-9,0-6", 0, 9),
    ] {
        let reply = get(&server, range);
        assert_eq!(reply.status, 206, "{range}: {reply:?}");
        assert_eq!(reply.reason, "Partial Content");
        let content_range = format!("bytes {first}-{last}/26");
        assert_eq!(reply.field("Content-Range"), content_range, "{range}");
        assert_same!(reply.body, ALPHABET[first..=last], "{range}");
        assert_eq!(reply.field("Content-Type"), "text/plain; charset=utf-8");
        assert_eq!(reply.field("Last-Modified"), MODIFIED_DATE);
        assert!(reply.header("ETag").is_some());
        assert_eq!(reply.framing, Framing::Length);
    }
}

#[test]
fn a_range_that_cannot_be_satisfied_is_416() {
    let (_site, server) = serve("416");
    for range in [
        "bytes=26-",
        "bytes=26-30",
        "bytes=-0",
        "bytes=1000-2000",
        "bytes=18446744073709551615-",
        "bytes=30-40,50-",
    ] {
        let reply = get(&server, range);
        assert_eq!(reply.status, 416, "{range}");
        assert_eq!(reply.field("Content-Range"), "bytes */26", "{range}");
        assert!(reply.text().contains("Error code: 416"), "{range}");
    }
    let reply = server.get_with("/empty.txt", "Range: bytes=0-\r\n");
    assert_eq!(reply.status, 416);
    assert_eq!(reply.field("Content-Range"), "bytes */0");
}

#[test]
fn invalid_ranges_and_unknown_units_are_ignored() {
    let (_site, server) = serve("ignored");
    for range in [
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=,",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=5",
        "bytes=+1-2",
        "bytes=1-+2",
        "bytes=--1",
        "bytes=1-2-3",
        "bytes=0x1-2",
        "bytes=1 - 2",
        "bytes 1-2",
        "bytes:1-2",
        "bytes=1-2;3-4",
        "bytes=1-2,x",
        "lines=1-2",
        "seconds=1-",
        "",
    ] {
        let reply = get(&server, range);
        assert_eq!(reply.status, 200, "{range}");
        assert_same!(reply.body, ALPHABET, "{range}");
        assert_eq!(reply.header("Content-Range"), None, "{range}");
    }
}

#[test]
fn several_ranges_are_multipart_byteranges_to_the_byte() {
    let (_site, server) = serve("several");
    for (range, parts) in [
        ("bytes=0-1,4-5", &[(0, 1), (4, 5)][..]),
        ("bytes=0-0,-1", &[(0, 0), (25, 25)]),
        ("bytes=0-2,10-12,20-", &[(0, 2), (10, 12), (20, 25)]),
        ("bytes=0-1,3-4,2-2,8-9", &[(0, 4), (8, 9)]),
        ("bytes=0-1,99-,8-9", &[(0, 1), (8, 9)]),
        // In the order asked for.
        ("bytes=20-,10-12,0-2", &[(20, 25), (10, 12), (0, 2)]),
        ("bytes=8-9,0-1,7-7", &[(7, 9), (0, 1)]),
    ] {
        let reply = get(&server, range);
        assert_eq!(reply.status, 206, "{range}");
        assert_eq!(reply.header("Content-Range"), None, "{range}");
        assert_eq!(reply.framing, Framing::Length);
        let content_type = reply.field("Content-Type");
        let boundary = content_type
            .strip_prefix("multipart/byteranges; boundary=")
            .unwrap_or_else(|| panic!("{content_type}"));
        assert_same!(reply.body, multipart(boundary, parts), "{range}");
    }
}

fn multipart(boundary: &str, parts: &[(usize, usize)]) -> String {
    let mut body = String::new();
    for &(first, last) in parts {
        body.push_str(&format!("\r\n--{boundary}\r\n"));
        body.push_str("Content-Type: text/plain; charset=utf-8\r\n");
        body.push_str(&format!("Content-Range: bytes {first}-{last}/26\r\n\r\n"));
        body.push_str(&ALPHABET[first..=last]);
    }
    // The line end before a boundary belongs to it, before the first as well (RFC 2046 5.1.1).
    format!("{body}\r\n--{boundary}--\r\n")
}

#[test]
fn more_than_256_ranges_give_the_whole_file() {
    let site = Site::new("too-many");
    site.file("a", vec![b'x'; 3_000]);
    let server = site.serve(&[]);
    let ranges = |count: usize| {
        let list: Vec<String> = (0..count).map(|n| format!("{0}-{0}", n * 10)).collect();
        format!("Range: bytes={}\r\n", list.join(","))
    };
    for count in [20, 255, 256] {
        let reply = server.get_with("/a", &ranges(count));
        assert_eq!((reply.status, reply.framing), (206, Framing::Length));
        let parts = reply.text().matches("\r\nContent-Range: bytes ").count();
        assert_eq!(parts, count);
    }
    let reply = server.get_with("/a", &ranges(257));
    assert_eq!((reply.status, reply.body.len()), (200, 3_000));
    // What merges counts once.
    let touching: Vec<String> = (0..40).map(|n| format!("{n}-{n}")).collect();
    let reply = server.get_with("/a", &format!("Range: bytes={}\r\n", touching.join(",")));
    assert_eq!((reply.status, reply.body.len()), (206, 40));
}

#[test]
fn overlapping_ranges_never_make_an_answer_larger_than_the_file() {
    const FILE_BYTES: usize = 100_000;
    const PART_HEADS_BYTES_MAX: usize = 257 * 300;
    let site = Site::new("amplification");
    site.file("a", vec![b'x'; FILE_BYTES]);
    let server = site.serve(&[]);
    for range in [
        format!("bytes=0-{}", ",0-".repeat(1_000)),
        format!("bytes={}", "0-99999,".repeat(900)),
        format!("bytes={}", "-100000,5-,".repeat(900)),
    ] {
        let reply = server.get_with("/a", &format!("Range: {range}\r\n"));
        assert!([200, 206].contains(&reply.status));
        assert!(reply.body.len() <= FILE_BYTES + PART_HEADS_BYTES_MAX);
    }
}

#[test]
fn if_range_takes_a_strong_tag_or_the_exact_date() {
    let (_site, server) = serve("if-range");
    let tag = server.get("/a.txt").field("ETag").to_owned();
    for (value, status) in [
        (tag.clone(), 206),
        (MODIFIED_DATE.to_owned(), 206),
        (format!("W/{tag}"), 200),
        ("\"other\"".to_owned(), 200),
        ("*".to_owned(), 200),
        (tag.trim_matches('"').to_owned(), 200),
        ("Tue, 14 Nov 2023 22:13:21 GMT".to_owned(), 200),
        ("Tue, 14 Nov 2023 22:13:19 GMT".to_owned(), 200),
        ("yesterday".to_owned(), 200),
    ] {
        let fields = format!("Range: bytes=1-2\r\nIf-Range: {value}\r\n");
        let reply = server.get_with("/a.txt", &fields);
        assert_eq!(reply.status, status, "{value}");
        let want = if status == 206 { "bc" } else { ALPHABET };
        assert_same!(reply.body, want, "{value}");
    }
    // Unsatisfiable, but only if it is still the same file.
    let fields = "Range: bytes=99-\r\nIf-Range: \"other\"\r\n";
    assert_eq!(server.get_with("/a.txt", fields).status, 200);
}

#[test]
fn conditions_come_before_ranges() {
    let (_site, server) = serve("before");
    let tag = server.get("/a.txt").field("ETag").to_owned();
    for (field, status) in [
        (format!("If-None-Match: {tag}"), 304),
        ("If-Match: \"other\"".to_owned(), 412),
        (format!("If-Match: {tag}"), 206),
    ] {
        let fields = format!("Range: bytes=1-2\r\n{field}\r\n");
        assert_eq!(server.get_with("/a.txt", &fields).status, status, "{field}");
    }
}

#[test]
fn head_and_listings_have_no_ranges() {
    let (_site, server) = serve("no-ranges");
    let reply = server.request("HEAD", "/a.txt", "Range: bytes=0-0\r\n");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.field("Content-Length"), "26");
    assert_eq!(reply.header("Content-Range"), None);
    let reply = server.get_with("/", "Range: bytes=0-0\r\n");
    assert_eq!(reply.status, 200);
}

#[test]
fn ranges_of_large_files_are_exact() {
    let site = Site::new("large");
    let content: Vec<u8> = (0..2_000_000u32)
        .map(|n| (n * 31 + n / 999) as u8)
        .collect();
    site.file("a", &content);
    let server = site.serve(&[]);
    let reply = server.get_with("/a", "Range: bytes=123456-1654320\r\n");
    assert!(reply.body == content[123_456..=1_654_320]);
    let fields = "Range: bytes=100000-399999,1000000-1299999\r\n";
    let reply = server.get_with("/a", fields);
    let find = |part: &[u8]| crate::support::client::find(&reply.body, part);
    assert!(find(&content[100_000..400_000]) < find(&content[1_000_000..1_300_000]));
    assert!(find(&content[100_000..400_000]).is_some());
}

#[test]
fn a_range_past_four_gigabytes_is_served() {
    const LEN: u64 = 5 << 30;
    let site = Site::new("sparse");
    site.sparse("a", LEN);
    let server = site.serve(&[]);
    let last = LEN - 1;
    let reply = server.get_with("/a", &format!("Range: bytes={}-\r\n", last - 9));
    let content_range = format!("bytes {}-{last}/{LEN}", last - 9);
    assert_eq!(reply.field("Content-Range"), content_range);
    assert_eq!(reply.body, [0; 10]);
    assert_eq!(server.head("/a").field("Content-Length"), LEN.to_string());
}

#[test]
fn two_ranges_of_pipelined_requests_keep_their_places() {
    let (_site, server) = serve("pipelined");
    let mut peer = server.connect();
    let ask = |range: &str| crate::support::server::request("GET", "/a.txt", range);
    peer.send(ask("Range: bytes=0-1,8-9\r\n"));
    peer.send(ask("Range: bytes=3-4\r\n"));
    assert_eq!(peer.read_response().status, 206);
    assert_eq!(peer.read_response().text(), "de");
}

#[test]
fn zsync_updates_an_old_copy_by_ranges() {
    let site = Site::new("zsync");
    let noise = |n: u32| {
        n.wrapping_mul(2_654_435_761)
            .rotate_left(n % 32)
            .to_le_bytes()[3]
    };
    let mut bytes: Vec<u8> = (0..2_000_000).map(noise).collect();
    let new = site.file("new.bin", &bytes);
    let old = site.outside("old.bin");
    for at in (10_000..2_000_000).step_by(40_000) {
        bytes[at..at + 100].fill(b'x');
    }
    std::fs::write(&old, bytes).unwrap();
    let run = |program: &str, args: &[&str]| {
        let mut command = std::process::Command::new(program);
        command.current_dir(site.outside(""));
        command.args(args).output()
    };
    let (new, control) = (new.to_str().unwrap(), site.path("new.bin.zsync"));
    let control = control.to_str().unwrap();
    if let Err(error) = run("zsyncmake", &["-u", "new.bin", "-o", control, new]) {
        return crate::support::skip(&format!("no zsyncmake: {error}"));
    }
    let server = site.serve(&[]);
    let url = format!("http://{}/new.bin.zsync", server.addr());
    let updated = run("zsync", &["-i", "old.bin", "-o", "updated.bin", &url]);
    assert!(updated.unwrap().status.success());
    let updated = std::fs::read(site.outside("updated.bin")).unwrap();
    assert_eq!(Some(updated), std::fs::read(new).ok());
    let log = server.log_until(|log| log.contains("/new.bin HTTP"));
    assert!(!log.contains("/new.bin HTTP/1.1\" 200"), "{log}");
}
