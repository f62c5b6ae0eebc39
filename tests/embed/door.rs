//! Requests that pass through a door to threads, where no socket is needed: limits and deadlines.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use sprat::blocking::{Door, DoorLimits, PIPE_BYTES_MAX, Request, Requests, door};
use sprat::limits::BODY_TIME;
use sprat::testing::{Peer, Site};
use sprat::{Failure, Limits, Response, Status};

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

fn made(limits: DoorLimits) -> (Site<Door>, Requests) {
    let (door, requests) = door(limits);
    (Site::new(door), requests)
}

/// A peer that has sent this, and the request that came of it.
fn asked(site: &mut Site<Door>, requests: &Requests, bytes: &str) -> (Peer, Request) {
    let peer = site.connect();
    peer.send(bytes);
    site.settle();
    let request = requests.try_recv().unwrap().expect("a request");
    (peer, request)
}

fn status(peer: &Peer) -> Option<u16> {
    peer.answer().map(|answer| answer.status)
}

fn text(text: &'static str) -> Response {
    Response::new(Status::OK).text(text)
}

#[test]
fn a_request_can_be_looked_at_and_answered() {
    let (mut site, requests) = made(DoorLimits::default());
    let head = "PUT /a%20b?c=d HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n";
    let (peer, mut request) = asked(&mut site, &requests, head);
    assert_eq!(request.method().name(), "PUT");
    assert_eq!(
        (request.path(), request.query()),
        ("/a b", Some(&b"c=d"[..]))
    );
    assert_eq!(request.header("x-a"), Some(&b"1"[..]));
    assert!(request.peer().unwrap().ip().is_loopback());
    assert_eq!(request.head().host(), Some(&b"h"[..]));
    let mut body = Vec::new();
    request.as_reader().read_to_end(&mut body).unwrap();
    assert!(body.is_empty());
    request.respond(text("yes")).unwrap();
    site.settle();
    let answer = peer.answer().unwrap();
    assert_eq!((answer.status, &*answer.text()), (200, "yes"));
    assert!(requests.try_recv().unwrap().is_none());
}

#[test]
fn past_the_queue_it_is_503_and_who_left_takes_no_place() {
    let (mut site, requests) = made(DoorLimits {
        requests_max: 2,
        ..DoorLimits::default()
    });
    let peers: Vec<Peer> = (0..3)
        .map(|_| {
            let peer = site.connect();
            peer.send(GET);
            site.settle();
            peer
        })
        .collect();
    assert_eq!(
        peers.iter().map(status).collect::<Vec<_>>(),
        [None, None, Some(503)]
    );
    peers[0].cut();
    site.settle();
    let last = site.connect();
    last.send(GET);
    site.settle();
    assert_eq!(status(&last), None);
    // The first has gone, and is left out.
    for peer in [&peers[1], &last] {
        requests.recv().unwrap().respond(text("a")).unwrap();
        site.settle();
        assert_eq!(status(peer), Some(200));
    }
    assert!(requests.try_recv().unwrap().is_none());
}

#[test]
fn a_worker_that_does_nothing_for_too_long_is_too_late() {
    let (mut site, requests) = made(DoorLimits::default());
    let (peer, request) = asked(&mut site, &requests, GET);
    // Once more, for it was received meanwhile.
    site.pass(Duration::from_secs(119));
    assert_eq!(status(&peer), None);
    site.pass(Duration::from_secs(1));
    assert_eq!(status(&peer), Some(504));
    let late = request.respond(text("at last")).unwrap_err();
    assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    // The connection goes on.
    peer.send(GET);
    site.settle();
    requests.recv().unwrap().respond(text("again")).unwrap();
    site.settle();
    assert_eq!(status(&peer), Some(200));
}

#[test]
fn a_request_that_nobody_receives_is_504_and_left_out_then() {
    let (mut site, requests) = made(DoorLimits::default());
    let peer = site.connect();
    peer.send(GET);
    site.settle();
    site.pass(Duration::from_secs(60));
    assert_eq!(status(&peer), Some(504));
    assert!(requests.try_recv().unwrap().is_none());
}

#[test]
fn without_a_limit_it_may_take_as_long_as_it_likes() {
    let (mut site, requests) = made(DoorLimits {
        answer_time: Duration::ZERO,
        ..DoorLimits::default()
    });
    let (peer, request) = asked(&mut site, &requests, GET);
    site.pass(Duration::from_secs(3600));
    assert_eq!(status(&peer), None);
    request.respond(text("at last")).unwrap();
    site.settle();
    assert_eq!(status(&peer), Some(200));
}

/// Has the server work until a thread is done.
fn done<T>(site: &mut Site<Door>, worker: thread::JoinHandle<T>) -> T {
    while !worker.is_finished() {
        site.settle();
        thread::yield_now();
    }
    let done = worker.join().unwrap();
    site.settle();
    done
}

#[test]
fn a_reader_that_waits_for_its_peer_is_not_late_but_the_peer_is() {
    let (mut site, requests) = made(DoorLimits {
        answer_time: Duration::from_secs(1),
        ..DoorLimits::default()
    });
    let head = "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    let (peer, mut request) = asked(&mut site, &requests, head);
    let worker = thread::spawn(move || {
        let read = request.as_reader().read_to_end(&mut Vec::new());
        (read.unwrap_err().kind(), request.respond(text("")).is_err())
    });
    // The sign that it waits.
    while status(&peer) != Some(100) {
        site.settle();
        thread::yield_now();
    }
    site.pass(BODY_TIME - Duration::from_millis(1));
    assert_eq!(status(&peer), None);
    site.pass(Duration::from_millis(1));
    assert_eq!(status(&peer), Some(408));
    assert_eq!(worker.join().unwrap(), (io::ErrorKind::TimedOut, true));
}

#[test]
fn a_body_past_the_servers_limit_is_an_error_for_its_reader() {
    let (door, requests) = door(DoorLimits::default());
    let limits = Limits {
        body_bytes_max: 5,
        ..Limits::default()
    };
    let mut site = Site::with_limits(door, limits);
    let head = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (peer, mut request) = asked(&mut site, &requests, head);
    peer.send("9\r\n123456789\r\n");
    let worker = thread::spawn(move || {
        let read = request.as_reader().read_to_end(&mut Vec::new());
        read.unwrap_err().kind()
    });
    assert_eq!(done(&mut site, worker), io::ErrorKind::ConnectionAborted);
    assert_eq!(status(&peer), Some(413));
}

#[test]
fn a_peer_is_told_to_continue_when_its_body_is_read() {
    let (mut site, requests) = made(DoorLimits::default());
    let head = "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    let (peer, mut request) = asked(&mut site, &requests, head);
    assert!(peer.received().is_empty());
    let worker = thread::spawn(move || {
        let mut body = String::new();
        request.as_reader().read_to_string(&mut body).unwrap();
        request.respond(Response::new(Status::OK).text(body))
    });
    while status(&peer) != Some(100) {
        site.settle();
        thread::yield_now();
    }
    peer.send("abc");
    done(&mut site, worker).unwrap();
    assert_eq!(peer.answer().unwrap().text(), "abc");

    // And not at all if it is not.
    let (peer, request) = asked(&mut site, &requests, head);
    request.respond(Failure::new(Status::FORBIDDEN)).unwrap();
    site.settle();
    assert_eq!(status(&peer), Some(403));
    assert!(peer.is_closed());
}

#[test]
fn a_body_that_nobody_reads_is_left_behind() {
    let (mut site, requests) = made(DoorLimits::default());
    let head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
    let (peer, request) = asked(&mut site, &requests, head);
    request.respond(text("no, thanks")).unwrap();
    site.settle();
    assert_eq!(status(&peer), Some(200));
    peer.send(GET);
    site.settle();
    requests.recv().unwrap().respond(text("next")).unwrap();
    site.settle();
    assert_eq!(status(&peer), Some(200));
}

#[test]
fn a_request_that_is_dropped_is_500_and_the_log_says_why() {
    let (mut site, requests) = made(DoorLimits::default());
    let (peer, request) = asked(&mut site, &requests, GET);
    drop(request);
    site.settle();
    assert_eq!(status(&peer), Some(500));
    let log = site.log().join("\n");
    assert!(log.contains("dropped without an answer"), "{log}");
    assert!(!log.contains("bug:"), "{log}");
}

#[test]
fn a_response_that_belongs_to_the_servers_thread_is_an_error() {
    struct Never;
    impl sprat::BodySource for Never {
        fn pull(
            &mut self,
            _: &mut sprat::Sink<'_>,
            _: &mut sprat::Cx<'_>,
        ) -> io::Result<sprat::Pull> {
            Ok(sprat::Pull::Done)
        }
    }
    let (mut site, requests) = made(DoorLimits::default());
    let (peer, request) = asked(&mut site, &requests, GET);
    let response = Response::new(Status::OK).source(Never);
    let error = request.respond(response).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    site.settle();
    assert_eq!(status(&peer), Some(500));
}

#[test]
fn what_is_written_leaves_at_once_and_a_writer_waits_for_its_peer() {
    let (mut site, requests) = made(DoorLimits::default());
    let (peer, request) = asked(&mut site, &requests, GET);
    let mut body = request
        .respond_writing(Response::new(Status::OK), None)
        .unwrap();
    body.write_all(b"one").unwrap();
    site.settle();
    let got = String::from_utf8(peer.received()).unwrap();
    assert!(got.ends_with("3\r\none\r\n"), "{got}");

    // What the connection keeps, the pipe, and no more; but that much.
    peer.read_at_most(0);
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let worker = thread::spawn(move || {
        loop {
            match body.write(&[0; 1000]) {
                Ok(n) => count.fetch_add(n, Ordering::SeqCst),
                Err(error) => return error.kind(),
            };
        }
    });
    while written.load(Ordering::SeqCst) < 2 * PIPE_BYTES_MAX {
        site.settle();
        thread::yield_now();
    }
    (0..100).for_each(|_| site.settle());
    peer.cut();
    assert_eq!(done(&mut site, worker), io::ErrorKind::BrokenPipe);
    let written = written.load(Ordering::SeqCst);
    assert!(written <= 4 * PIPE_BYTES_MAX, "{written}");
}

#[test]
fn a_whole_message_can_be_written() {
    let (mut site, requests) = made(DoorLimits::default());
    let (peer, request) = asked(&mut site, &requests, GET);
    let mut message = request
        .respond_writing(Response::raw(Status::OK), None)
        .unwrap();
    message.write_all(b"HTTP/1.1 200 Own\r\n\r\nbody").unwrap();
    message.finish().unwrap();
    site.settle();
    assert_eq!(peer.received(), b"HTTP/1.1 200 Own\r\n\r\nbody");
    assert!(peer.is_closed());
}

#[test]
fn a_writer_that_gives_up_cuts_its_response() {
    let (mut site, requests) = made(DoorLimits::default());
    for (len, finishes) in [(None, false), (Some(5), false), (Some(5), true)] {
        let (peer, request) = asked(&mut site, &requests, GET);
        let mut body = request
            .respond_writing(Response::new(Status::OK), len)
            .unwrap();
        body.write_all(b"one").unwrap();
        site.settle();
        match finishes {
            true => body.finish().unwrap(),
            false => drop(body),
        }
        site.settle();
        assert!(peer.is_closed());
        assert!(!peer.answer().unwrap().is_whole, "{len:?}");
    }
}

#[test]
fn head_is_answered_as_get_without_its_body() {
    let (mut site, requests) = made(DoorLimits::default());
    let head = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
    let (peer, request) = asked(&mut site, &requests, head);
    struct Unread;
    impl Read for Unread {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("nobody wants it")
        }
    }
    let ok = || Response::new(Status::OK);
    request.respond_reading(ok(), Some(7), Unread).unwrap();
    site.settle();
    let answer = peer.answer_to_head().unwrap();
    assert_eq!(answer.header("Content-Length"), Some("7"));
    let (peer, request) = asked(&mut site, &requests, head);
    let mut body = request.respond_writing(ok(), None).unwrap();
    site.settle();
    body.write_all(&[0; 100_000]).unwrap();
    body.finish().unwrap();
    assert!(peer.answer_to_head().is_some());
}

#[test]
fn when_either_end_of_the_door_is_dropped_the_other_is_told() {
    let (mut site, requests) = made(DoorLimits::default());
    let waiting = site.connect();
    waiting.send(GET);
    let (other, request) = asked(&mut site, &requests, GET);
    drop(requests);
    site.settle();
    let late = site.connect();
    late.send(GET);
    site.settle();
    // The two that came together were received in their order.
    let statuses = [&waiting, &other, &late].map(status);
    assert_eq!(statuses.iter().flatten().collect::<Vec<_>>(), [&503, &503]);
    request.respond(text("still")).unwrap();
    site.settle();
    assert!(
        [&waiting, &other]
            .iter()
            .any(|peer| status(peer) == Some(200))
    );

    let (door, requests) = door(DoorLimits::default());
    drop(door);
    let error = requests.recv().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotConnected);
}

#[test]
fn a_peer_may_go_on_for_two_seconds_after_its_stream_was_dropped() {
    const ASK: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: p\r\n\r\n";
    let (mut site, requests) = made(DoorLimits::default());
    for ends_before in [false, true] {
        let (peer, request) = asked(&mut site, &requests, ASK);
        let mut stream = request.upgrade("p", &[]).unwrap();
        site.settle();
        assert_eq!(status(&peer), Some(101));
        peer.send("hello");
        site.settle();
        let mut hello = [0; 5];
        stream.read_exact(&mut hello).unwrap();
        stream.write_all(&hello).unwrap();
        if ends_before {
            stream.finish().unwrap();
        }
        site.settle();
        drop(stream);
        site.settle();
        assert_eq!(peer.received(), b"hello");
        for _ in 0..19 {
            peer.send(vec![0; 100_000]);
            site.pass(Duration::from_millis(100));
        }
        assert_eq!(site.connections(), 1);
        peer.send("more");
        site.pass(Duration::from_millis(101));
        assert_eq!(site.connections(), 0, "{ends_before}");
    }
}
