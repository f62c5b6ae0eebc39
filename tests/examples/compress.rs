//! What `examples/compress` makes of answers of all kinds, without sockets.

// Its `main` is not called here.
#[allow(dead_code)]
#[path = "../../examples/compress/main.rs"]
mod example;

use std::io::Write;
use std::time::{Duration, SystemTime};

use example::gzip::Compressed;
use example::ticks;
use flate2::write::GzDecoder;
use sprat::testing::{Answer, Site};
use sprat::{FileServer, Handler, Response, Status};

use super::support;

const ASK: &str = "GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n";

/// Longer than what is sent as it is, and than what a filter is given at a time.
fn long() -> String {
    "all work and no play\n".repeat(5000)
}

/// Decodes as much as is there.
fn unzip(bytes: &[u8]) -> String {
    let mut decoder = GzDecoder::new(Vec::new());
    decoder.write_all(bytes).unwrap();
    decoder.flush().unwrap();
    String::from_utf8(decoder.get_ref().clone()).unwrap()
}

fn values<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let headers = answer.headers.iter();
    let named = headers.filter(|(other, _)| other.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.as_str()).collect()
}

/// The answer to who takes gzip, where the handler gives this.
fn answer(make: impl Fn() -> Response + 'static) -> Answer {
    let handler = sprat::handler(move |_, _| make());
    Site::new(Compressed(handler)).ask(ASK)
}

/// A site of one long file, `a.txt`.
fn files() -> (support::Site, Site<impl Handler>) {
    let folder = support::Site::new("compressed");
    folder.file("a.txt", long());
    let files = FileServer::new(folder.root()).unwrap();
    let mut site = Site::new(Compressed(files));
    // Of what has changed just now there is no strong tag.
    site.set_wall(SystemTime::now());
    (folder, site)
}

fn file(method: &str, fields: &str) -> String {
    format!("{method} /a.txt HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n{fields}\r\n")
}

#[test]
fn the_tag_of_a_compressed_file_is_weak_and_asks_for_it_again() {
    let (_folder, mut site) = files();
    let plain = site.ask("GET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n");
    let tag = plain.header("ETag").expect("a tag").to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    assert_eq!(plain.header("Accept-Ranges"), Some("bytes"));
    let coded = site.ask(file("GET", ""));
    assert_eq!(coded.header("Content-Encoding"), Some("gzip"));
    assert_eq!(values(&coded, "ETag"), [format!("W/{tag}")]);
    assert_eq!(coded.header("Accept-Ranges"), None);
    assert_eq!(coded.header("Content-Length"), None);
    assert_eq!((unzip(&coded.body), coded.is_whole), (long(), true));
    for answer in [&plain, &coded] {
        assert_eq!(values(answer, "Vary"), ["Accept-Encoding"]);
    }
    // A cache renews by the tag what it has kept, be it coded or not.
    for kept in [format!("W/{tag}"), tag.clone()] {
        let again = site.ask(file("GET", &format!("If-None-Match: {kept}\r\n")));
        assert_eq!((again.status, &*again.body), (304, &b""[..]));
        assert_eq!(values(&again, "ETag"), [format!("W/{tag}")]);
        assert_eq!(values(&again, "Vary"), ["Accept-Encoding"]);
    }
}

#[test]
fn the_answer_to_head_is_that_to_get_without_its_body() {
    let (_folder, mut site) = files();
    let mut get = site.ask(file("GET", ""));
    let peer = site.connect();
    peer.send(file("HEAD", ""));
    site.settle();
    let head = peer.answer_to_head().expect("an answer");
    assert_eq!(peer.received(), b"");
    get.body.clear();
    // It tells of bytes that do not come (RFC 9112 section 6.1).
    get.headers.retain(|(name, _)| name != "Transfer-Encoding");
    assert_eq!(head, get);
}

#[test]
fn parts_are_left_alone() {
    let (_folder, mut site) = files();
    let part = site.ask(file("GET", "Range: bytes=4-7\r\n"));
    assert_eq!((part.status, part.text()), (206, "work".into()));
    let all = format!("bytes 4-7/{}", long().len());
    assert_eq!(part.header("Content-Range"), Some(&*all));
    assert_eq!(part.header("Content-Encoding"), None);
    assert!(part.header("ETag").unwrap().starts_with('"'));
    let beyond = site.ask(file("GET", "Range: bytes=999999-\r\n"));
    assert_eq!(beyond.status, 416);
    assert_eq!(beyond.header("Content-Encoding"), None);
}

#[test]
fn what_may_not_be_changed_or_is_coded_already_stays_as_it_is() {
    let text = || Response::new(Status::OK).text(long());
    for (name, value) in [
        ("Cache-Control", "no-transform"),
        ("Cache-Control", "max-age=60, No-Transform"),
        ("Content-Encoding", "br"),
        ("Content-Encoding", "gzip"),
        ("Content-Type", "image/png"),
    ] {
        let answer = answer(move || text().header(name, value).header("ETag", "\"t\""));
        assert_eq!(values(&answer, name), [value]);
        assert_eq!(answer.text(), long(), "{name}: {value}");
        assert_eq!(answer.header("ETag"), Some("\"t\""), "{name}: {value}");
    }
    let two = answer(move || {
        let text = text().header("Cache-Control", "no-store");
        text.header("Cache-Control", "no-transform")
    });
    assert_eq!(two.header("Content-Encoding"), None);
    let other = answer(move || text().header("Cache-Control", "no-transformer"));
    assert_eq!(unzip(&other.body), long());
}

#[test]
fn a_tag_and_what_it_varies_with_are_said_once() {
    for (given, want) in [
        (None, vec!["Accept-Encoding"]),
        (Some("accept-encoding"), vec!["accept-encoding"]),
        (
            Some("Origin , Accept-Encoding"),
            vec!["Origin , Accept-Encoding"],
        ),
        (Some("Origin"), vec!["Origin", "Accept-Encoding"]),
        (Some("*"), vec!["*"]),
    ] {
        let make = move || {
            let response = Response::new(Status::OK)
                .text(long())
                .header("ETag", "W/\"t\"");
            match given {
                Some(given) => response.header("Vary", given),
                None => response,
            }
        };
        let answer = answer(make);
        assert_eq!(values(&answer, "Vary"), want);
        assert_eq!(values(&answer, "ETag"), ["W/\"t\""]);
        assert_eq!(unzip(&answer.body), long());
    }
    let empty = answer(|| Response::new(Status::OK).text(long()).header("ETag", ""));
    assert_eq!(unzip(&empty.body), long(), "a tag that is none");
}

/// Appends these bytes to `body`, without the framing of chunks.
fn read_chunks(mut rest: &[u8], body: &mut Vec<u8>) {
    while !rest.is_empty() {
        let end = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
}

#[test]
fn events_arrive_while_the_body_goes_on() {
    let mut site = Site::new(Compressed(sprat::handler(|_, _| ticks())));
    let peer = site.connect();
    peer.send(ASK);
    site.settle();
    let (mut body, mut want) = (Vec::new(), String::new());
    let received = peer.received();
    let head_len = received
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .unwrap()
        + 4;
    let head = String::from_utf8_lossy(&received[..head_len]);
    assert!(head.contains("\r\nContent-Encoding: gzip\r\n"), "{head}");
    read_chunks(&received[head_len..], &mut body);
    for count in 0..100 {
        want.push_str(&format!("data: {count}\n\n"));
        assert_eq!(unzip(&body), want);
        // Between two events nothing comes.
        site.pass(Duration::from_millis(900));
        assert_eq!(peer.received(), b"");
        site.pass(Duration::from_millis(100));
        read_chunks(&peer.received(), &mut body);
    }
}
