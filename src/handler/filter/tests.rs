//! Tests of `handler::filter`.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use super::*;
use crate::FileServer;
use crate::handler::{Failure, Handler, handler};
use crate::http::status::Status;
use crate::testing::Site;

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// Doubles each byte, a piece late, and marks where it was flushed and finished.
#[derive(Default)]
struct Doubled(Vec<u8>);

impl BodyFilter for Doubled {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        assert!(bytes.len() <= FILTER_BYTES);
        out.append(&mut self.0);
        self.0.extend(bytes.iter().flat_map(|byte| [*byte, *byte]));
        Ok(())
    }

    fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        out.append(&mut self.0);
        out.push(b'|');
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        out.append(&mut self.0);
        out.push(b'.');
        Ok(())
    }
}

/// A piece each second, and then no more.
struct Ticks(Vec<&'static str>, Option<std::time::Instant>);

impl BodySource for Ticks {
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        if self.1.is_none_or(|due| due <= cx.now()) {
            let Some(tick) = self.0.pop() else {
                return Ok(Pull::Done);
            };
            out.put(tick.as_bytes());
            self.1 = Some(cx.now() + Duration::from_secs(1));
        }
        cx.set_deadline(self.1);
        Ok(Pull::Pending)
    }
}

fn doubled(bytes: &[u8]) -> Vec<u8> {
    let mut all: Vec<u8> = bytes.iter().flat_map(|byte| [*byte, *byte]).collect();
    all.push(b'.');
    all
}

fn answered(make: impl Fn() -> Response + 'static) -> (bool, Vec<u8>) {
    let (send, filtered) = std::sync::mpsc::channel();
    let mut site = Site::new(handler(move |_, _| {
        let mut response = make();
        send.send(response.filter(Doubled::default())).unwrap();
        response
    }));
    let answer = site.ask(GET);
    (filtered.recv().unwrap(), answer.body)
}

#[test]
fn bytes_and_files_of_any_length_go_through_it() {
    for len in [1, FILTER_BYTES - 1, FILTER_BYTES, FILTER_BYTES + 1, 300_000] {
        let bytes: Vec<u8> = (0..len).map(|at| (at / 5) as u8).collect();
        let own = bytes.clone();
        let by_bytes = answered(move || Response::new(Status::OK).bytes(own.clone()));
        assert_eq!(by_bytes, (true, doubled(&bytes)));
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"before").unwrap();
        file.write_all(&bytes).unwrap();
        let by_file = answered(move || {
            let file: File = file.try_clone().unwrap();
            let range = 6..6 + len as u64;
            let file = SharedFile::from(file);
            Response::new(Status::OK).with_body(Body::File { file, range })
        });
        assert_eq!(by_file, (true, doubled(&bytes)));
    }
}

#[test]
fn what_waits_is_flushed() {
    let mut site = Site::new(handler(|_, _| {
        let mut response = Response::new(Status::OK).source(Ticks(vec!["c", "b", "a"], None));
        assert!(response.filter(Doubled::default()));
        response
    }));
    let peer = site.connect();
    peer.send(GET);
    site.settle();
    let first = String::from_utf8(peer.received()).unwrap();
    assert!(first.ends_with("aa|\r\n"), "{first}");
    site.pass(Duration::from_secs(1));
    let second = String::from_utf8(peer.received()).unwrap();
    assert!(second.ends_with("bb|\r\n"), "{second}");
    site.pass(Duration::from_secs(9));
    let rest = String::from_utf8(peer.received()).unwrap();
    assert!(
        rest.contains("cc|\r\n") && rest.ends_with("0\r\n\r\n"),
        "{rest}"
    );
}

#[test]
fn the_answer_to_head_has_the_fields_of_that_to_get() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "abc").unwrap();
    let mut files = FileServer::new(folder.path()).unwrap();
    let mut site = Site::new(handler(move |req, cx| {
        files.handle(req, cx).map(|mut response| {
            assert!(response.filter(Doubled::default()));
            response
        })
    }));
    let mut get = site.ask(GET.replace("/ ", "/a.txt "));
    let peer = site.connect();
    peer.send(GET.replace("GET / ", "HEAD /a.txt "));
    site.settle();
    let head = peer.answer_to_head().expect("an answer");
    assert_eq!((get.body, &*peer.received()), (doubled(b"abc"), &b""[..]));
    // Framing may be left out where there is nothing to frame (RFC 9112 section 6.1).
    get.headers.retain(|(name, _)| name != "Transfer-Encoding");
    assert_eq!(head.headers, get.headers);
}

#[test]
fn what_has_no_bytes_of_its_own_is_left_as_it_is() {
    let empty = answered(|| Response::new(Status::OK));
    assert_eq!(empty, (false, Vec::new()));
    let (is_filtered, page) = answered(|| Failure::new(Status::NOT_FOUND).into());
    assert!(!is_filtered && page.ends_with(b"</html>\n"));
}
