//! The blocking server over sockets: threads that receive, read and answer, and its end.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use sprat::blocking::{DoorLimits, Server};
use sprat::{Body, Builder, Failure, FormEvent, Handler, Log, MultipartForm, Response, Status};

use super::support::{PATIENCE, Raw, raw};
use super::text;

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// More than all buffers between two programs, in bytes.
const HUGE_BYTES: usize = 64 << 20;

fn server() -> Server {
    Server::bind("127.0.0.1:0").unwrap()
}

fn addr(server: &Server) -> SocketAddr {
    server.server_addr().unwrap()
}

fn asked(server: &Server, bytes: impl AsRef<[u8]>) -> Raw {
    let mut peer = raw(addr(server));
    peer.send(bytes);
    peer
}

/// Answers so many GETs of peers of their own, while something else stands still.
fn serve_others(server: &Server, count: usize) {
    for _ in 0..count {
        let mut peer = asked(server, GET);
        server.recv().unwrap().respond(text("other")).unwrap();
        assert_eq!(peer.read_response().text(), "other");
    }
}

#[test]
fn many_threads_answer_many_peers_each_what_it_asked() {
    const WORKERS: usize = 4;
    const PEERS: usize = 16;
    const REQUESTS: usize = 50;
    let server = Arc::new(server());
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let server = Arc::clone(&server);
            thread::spawn(move || {
                let mut count = 0;
                for mut request in server.incoming_requests() {
                    let mut body = String::new();
                    request.as_reader().read_to_string(&mut body).unwrap();
                    let words = format!("{} {body}", request.path());
                    request.respond(text(words)).unwrap();
                    count += 1;
                }
                count
            })
        })
        .collect();
    let addr = addr(&server);
    let peers: Vec<_> = (0..PEERS)
        .map(|peer| {
            thread::spawn(move || {
                let mut raw = raw(addr);
                for n in 0..REQUESTS {
                    let body = "x".repeat(n * 100);
                    raw.send(format!(
                        "PUT /{peer}/{n} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    ));
                    let answer = raw.read_response_to("PUT");
                    assert_eq!(answer.text(), format!("/{peer}/{n} {body}"));
                }
            })
        })
        .collect();
    peers.into_iter().for_each(|peer| peer.join().unwrap());
    (0..WORKERS).for_each(|_| server.unblock());
    let counts = workers.into_iter().map(|worker| worker.join().unwrap());
    assert_eq!(counts.sum::<usize>(), PEERS * REQUESTS);
}

#[test]
fn a_slow_worker_holds_up_nobody_else() {
    let server = server();
    let mut slow = asked(&server, GET);
    let request = server.recv().unwrap();
    serve_others(&server, 10);
    assert!(!slow.has_data());
    request.respond(text("slow")).unwrap();
    assert_eq!(slow.read_response().text(), "slow");
}

#[test]
fn pipelined_requests_are_received_one_after_the_other() {
    let server = server();
    let mut peer = asked(&server, format!("{GET}{GET}"));
    let first = server.recv().unwrap();
    serve_others(&server, 5);
    assert!(server.try_recv().unwrap().is_none());
    first.respond(text("first")).unwrap();
    server.recv().unwrap().respond(text("second")).unwrap();
    assert_eq!(peer.read_response().text(), "first");
    assert_eq!(peer.read_response().text(), "second");
}

#[test]
fn files_failures_and_readers_are_answers() {
    let server = server();
    let mut peer = asked(&server, GET);
    let file = File::open("Cargo.toml").unwrap();
    let range = 0..file.metadata().unwrap().len();
    let file = Body::File {
        file: file.into(),
        range,
    };
    let response = Response::new(Status::OK).with_body(file);
    server.recv().unwrap().respond(response).unwrap();
    assert!(peer.read_response().text().starts_with("[package]"));

    peer.send(GET);
    let failure = Failure::new(Status::NOT_FOUND);
    server.recv().unwrap().respond(failure).unwrap();
    let answer = peer.read_response();
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("<!DOCTYPE"), "{answer:?}");

    let bytes: Vec<u8> = (0..300_000).map(|n| (n % 251) as u8).collect();
    for len in [Some(bytes.len() as u64), None] {
        peer.send(GET);
        let response = Response::new(Status::OK).header("X-A", "1");
        let request = server.recv().unwrap();
        request.respond_reading(response, len, &bytes[..]).unwrap();
        let answer = peer.read_response();
        assert_eq!(answer.field("X-A"), "1");
        assert_eq!(answer.header("Content-Length").is_some(), len.is_some());
        assert!(answer.body == bytes);
    }
    // Without chunks for the old, to the end of the connection.
    let mut old = asked(&server, "GET / HTTP/1.0\r\n\r\n");
    let request = server.recv().unwrap();
    let ok = Response::new(Status::OK);
    request.respond_reading(ok, None, &bytes[..]).unwrap();
    assert!(old.read_response().body == bytes);
}

#[test]
fn a_form_is_read_by_whoever_received_it() {
    let server = server();
    let form = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nhello\r\n--b--\r\n";
    let fields = "Host: h\r\nContent-Type: multipart/form-data; boundary=b\r\n";
    let length = form.len();
    let head = format!("POST / HTTP/1.1\r\n{fields}Content-Length: {length}\r\n\r\n");
    let mut peer = asked(&server, head + form);
    let mut request = server.recv().unwrap();
    let mut multipart = MultipartForm::for_request(&request.head()).unwrap();
    let (mut told, mut room) = (String::new(), [0; 7]);
    loop {
        let len = request.as_reader().read(&mut room).unwrap();
        let mut bytes = &room[..len];
        while let Some(event) = multipart.next_event(&mut bytes).unwrap() {
            match event {
                FormEvent::Part(part) => told.push_str(part.name()),
                FormEvent::Data(data) => told.push_str(std::str::from_utf8(data).unwrap()),
                _ => told.push('.'),
            }
        }
        if len == 0 {
            break;
        }
    }
    multipart.finish().unwrap();
    request.respond(text(&told)).unwrap();
    assert_eq!(peer.read_response().text(), "ahello.");
}

#[test]
fn a_huge_body_waits_for_its_reader() {
    let server = server();
    let sent = Arc::new(AtomicUsize::new(0));
    let (mut peer, count) = (raw(addr(&server)), Arc::clone(&sent));
    let head = format!("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: {HUGE_BYTES}\r\n\r\n");
    let sender = thread::spawn(move || {
        peer.send(head);
        let piece = vec![7; 1 << 16];
        for _ in 0..HUGE_BYTES / piece.len() {
            peer.send(&piece);
            count.fetch_add(piece.len(), Ordering::SeqCst);
        }
        peer.read_response_to("PUT").text().to_owned()
    });
    let mut request = server.recv().unwrap();
    let mut first = [0; 1];
    request.as_reader().read_exact(&mut first).unwrap();
    serve_others(&server, 200);
    let ahead = sent.load(Ordering::SeqCst);
    assert!(ahead < HUGE_BYTES / 2, "{ahead} bytes for nobody");
    let rest = io::copy(request.as_reader(), &mut io::sink()).unwrap();
    request.respond(text(format!("{}", rest + 1))).unwrap();
    assert_eq!(sender.join().unwrap(), HUGE_BYTES.to_string());
}

/// Endless, and counted.
struct Sevens(Arc<AtomicUsize>);

impl Read for Sevens {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        out.fill(7);
        self.0.fetch_add(out.len(), Ordering::SeqCst);
        Ok(out.len())
    }
}

#[test]
fn a_huge_answer_is_read_as_its_peer_takes_it() {
    let server = server();
    let mut peer = asked(&server, GET);
    let request = server.recv().unwrap();
    let read = Arc::new(AtomicUsize::new(0));
    let sevens = Sevens(Arc::clone(&read)).take(HUGE_BYTES as u64);
    let worker = thread::spawn(move || {
        let len = Some(HUGE_BYTES as u64);
        request.respond_reading(Response::new(Status::OK), len, sevens)
    });
    assert_eq!(peer.read_head().status, 200);
    serve_others(&server, 200);
    let ahead = read.load(Ordering::SeqCst);
    assert!(ahead < HUGE_BYTES / 2, "{ahead} bytes for nobody");
    peer.skip_bytes(HUGE_BYTES as u64);
    worker.join().unwrap().unwrap();
    // And the connection goes on.
    peer.send(GET);
    server.recv().unwrap().respond(text("next")).unwrap();
    assert_eq!(peer.read_response().text(), "next");
}

#[test]
fn a_reader_that_fails_cuts_its_answer_and_gets_its_error_back() {
    struct Fails(usize);
    impl Read for Fails {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => Ok(out.len()),
                2 => Err(io::ErrorKind::Interrupted.into()),
                3 => Ok(1),
                _ => Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }
    let server = server();
    let mut peer = asked(&server, GET);
    let request = server.recv().unwrap();
    let end = request.respond_reading(Response::new(Status::OK), None, Fails(0));
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::InvalidData);
    let got = peer.read_until_cut();
    assert!(!got.ends_with(b"0\r\n\r\n"), "{} bytes", got.len());
}

#[test]
fn a_worker_that_panics_is_500_for_its_peer_alone() {
    let server = server();
    let mut peer = asked(&server, GET);
    let request = server.recv().unwrap();
    let worker = thread::spawn(move || {
        let _request = request;
        // Without the words of a panic on stderr.
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(worker.join().is_err());
    assert_eq!(peer.read_response().status, 500);
    peer.send(GET);
    server.recv().unwrap().respond(text("next")).unwrap();
    assert_eq!(peer.read_response().text(), "next");
}

#[test]
fn who_reads_and_who_writes_learns_that_the_peer_has_gone() {
    let server = server();
    let head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc";
    let peer = asked(&server, head);
    let mut request = server.recv().unwrap();
    let mut body = [0; 3];
    request.as_reader().read_exact(&mut body).unwrap();
    let reader = thread::spawn(move || {
        let read = request.as_reader().read(&mut [0]);
        (read.unwrap_err().kind(), request.respond(text("")))
    });
    peer.reset();
    let (kind, answered) = reader.join().unwrap();
    assert_eq!(kind, io::ErrorKind::ConnectionAborted);
    assert_eq!(answered.unwrap_err().kind(), io::ErrorKind::BrokenPipe);

    let mut peer = asked(&server, GET);
    let request = server.recv().unwrap();
    let writer = thread::spawn(move || {
        let endless = io::repeat(b'7');
        request.respond_reading(Response::new(Status::OK), None, endless)
    });
    peer.read_head();
    peer.reset();
    let error = writer.join().unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn a_body_that_ends_too_early_is_an_error_for_its_reader() {
    let server = server();
    let head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc";
    let mut peer = asked(&server, head);
    peer.half_close();
    let mut request = server.recv().unwrap();
    let read = request.as_reader().read_to_end(&mut Vec::new());
    assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    assert_eq!(peer.read_response_to("PUT").status, 400);
}

#[test]
fn a_connection_can_be_switched_to_another_protocol() {
    const ASK: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
    let server = server();
    let mut peer = asked(&server, format!("{ASK}early"));
    let request = server.recv().unwrap();
    let stream = request.upgrade("echo", &[("X-A", "1")]).unwrap();
    let echo = thread::spawn(move || {
        let (mut from, mut to) = (&stream, &stream);
        io::copy(&mut from, &mut to).unwrap();
        to.write_all(b"bye").unwrap();
    });
    let head = peer.read_head();
    assert_eq!((head.status, head.field("X-A")), (101, "1"));
    assert_eq!(peer.read_exactly(5), b"early");
    let many = vec![9; 1 << 20];
    let mut to = peer.split();
    let sent = many.clone();
    let sender = thread::spawn(move || {
        to.send(sent);
        to.half_close();
    });
    assert!(peer.read_exactly(many.len()) == many);
    sender.join().unwrap();
    assert_eq!(peer.read_to_end(), b"bye");
    echo.join().unwrap();

    // The peer goes while nobody writes, and is told of the drop.
    let mut peer = asked(&server, ASK);
    let stream = server.recv().unwrap().upgrade("echo", &[]).unwrap();
    peer.read_head();
    drop(stream);
    assert_eq!(peer.read_to_end(), b"");

    let mut peer = asked(&server, GET);
    let refused = server.recv().unwrap().upgrade("echo", &[]).map(|_| ());
    assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    assert_eq!(peer.read_response().status, 426);
}

#[test]
fn a_server_that_is_drained_answers_what_is_in_flight_and_refuses_what_waits() {
    let (told, _log) = channel();
    let (came, comes) = channel();
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    let server = Server::with_handler(builder, DoorLimits::default(), move |door| {
        let door = sprat::handler(move |req, cx| {
            let reply = door.pass(req, cx);
            came.send(()).unwrap();
            reply
        });
        Tells(door, told)
    });
    let server = server.unwrap();
    let mut peer = asked(&server, GET);
    let request = server.recv().unwrap();
    let mut waiting: Vec<Raw> = (0..3).map(|_| asked(&server, GET)).collect();
    comes.iter().take(4).for_each(drop);
    let (refused, others_refused) = channel();
    let worker = thread::spawn(move || {
        others_refused.recv().unwrap();
        request.respond(text("in flight"))
    });
    let drained = thread::spawn(move || server.drain(PATIENCE));
    for peer in &mut waiting {
        assert_eq!(peer.read_response().status, 503);
    }
    refused.send(()).unwrap();
    assert_eq!(peer.read_response().text(), "in flight");
    worker.join().unwrap().unwrap();
    drained.join().unwrap().unwrap();
}

#[test]
fn the_handle_ends_it_and_who_waits_is_told() {
    let server = server();
    let handle = server.handle();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..3).map(|_| scope.spawn(|| server.recv())).collect();
        handle.stop().unwrap();
        for worker in workers {
            let error = worker.join().unwrap().unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotConnected);
        }
    });
    assert!(server.incoming_requests().next().is_none());
    server.drain(PATIENCE).unwrap();
}

#[test]
fn a_server_that_is_dropped_has_sent_what_was_answered_and_is_gone() {
    let server = server();
    let addr = addr(&server);
    let mut peer = asked(&server, GET);
    server.recv().unwrap().respond(text("last")).unwrap();
    drop(server);
    assert_eq!(peer.read_response().text(), "last");
    peer.expect_close();
    assert!(std::net::TcpStream::connect(addr).is_err());
}

#[test]
fn a_wait_can_be_limited_or_given_up() {
    let server = server();
    assert!(server.try_recv().unwrap().is_none());
    let time = Duration::from_millis(1);
    assert!(server.recv_timeout(time).unwrap().is_none());
    let _peer = asked(&server, GET);
    assert!(server.recv_timeout(PATIENCE).unwrap().is_some());
    server.unblock();
    assert!(server.recv().is_err());
    server.unblock();
    assert_eq!(server.incoming_requests().count(), 0);
}

/// What passes all, and tells the log.
struct Tells<H>(H, std::sync::mpsc::Sender<u16>);

impl<H: Handler> Handler for Tells<H> {
    fn handle(&mut self, req: &sprat::Request<'_>, cx: &mut sprat::Cx<'_>) -> sprat::Reply {
        match req.path() {
            "/own" => text("own").into(),
            _ => self.0.handle(req, cx),
        }
    }

    fn log(&mut self, entry: Log<'_>) {
        if let Log::Access { status, .. } = entry {
            self.1.send(status.code()).unwrap();
        }
    }
}

#[test]
fn a_handler_of_ones_own_answers_before_the_door_and_writes_the_log() {
    let (told, log) = channel();
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    let limits = DoorLimits {
        requests_max: 0,
        ..DoorLimits::default()
    };
    let server = Server::with_handler(builder, limits, move |door| Tells(door, told)).unwrap();
    let mut peer = asked(&server, "GET /own HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(peer.read_response().text(), "own");
    peer.send(GET);
    assert_eq!(peer.read_response().status, 503);
    assert_eq!(log.iter().take(2).collect::<Vec<_>>(), [200, 503]);
}
