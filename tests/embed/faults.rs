//! What a handler's bugs cost: one connection, one 500, never silence, never the server.

use std::io;
use std::task::Poll;
use std::time::Duration;

use sprat::{Body, BodySource, Cx, Exchange, ExchangeWaker, Pull, Reply, Response, Sink, Status};

use super::still::still;
use super::{line, site, text};

/// An exchange that waits, for whatever its field says.
struct Waits(What);

#[derive(Clone, Copy, PartialEq)]
enum What {
    Nothing,
    DroppedWaker,
    PassedDeadline,
    BodyItDoesNotTake,
}

impl Exchange for Waits {
    fn on_body(&mut self, _: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        Ok(0)
    }

    fn wants_body(&self) -> bool {
        false
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        match self.0 {
            What::DroppedWaker => drop(cx.waker()),
            What::PassedDeadline => {
                cx.set_deadline(Some(cx.now() + Duration::from_millis(1)));
                self.0 = What::Nothing;
            }
            What::Nothing | What::BodyItDoesNotTake => {}
        }
        Poll::Pending
    }
}

#[test]
fn an_exchange_that_nothing_can_wake_answers_500() {
    let kinds = [
        What::Nothing,
        What::DroppedWaker,
        What::PassedDeadline,
        What::BodyItDoesNotTake,
    ];
    for what in kinds {
        let (server, log) = site(move |_, _| Reply::exchange(Waits(what)));
        let has_body = what == What::BodyItDoesNotTake;
        let fields = if has_body {
            "Content-Length: 9\r\n"
        } else {
            ""
        };
        let body = if has_body { "some body" } else { "" };
        let head = format!("PUT / HTTP/1.1\r\nHost: h\r\n{fields}\r\n{body}");
        let reply = server.send(head).read_response();
        assert_eq!(reply.status, 500);
        let logged = line(&log);
        assert!(
            logged.contains("bug: nothing is left that could wake"),
            "{logged}"
        );
    }
}

#[test]
fn an_answer_that_came_with_the_last_waker_is_not_missed() {
    struct FromThread(std::sync::mpsc::Receiver<()>);
    impl Exchange for FromThread {
        fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
            match self.0.try_recv() {
                Ok(()) => Poll::Ready(Ok(text("done"))),
                Err(_) => Poll::Pending,
            }
        }
    }
    // Half of the workers wake, half only let go of the waker.
    let mut wakes = false;
    let (server, _log) = site(move |_, cx| {
        wakes = !wakes;
        let (waker, (done, receiver)) = (cx.waker(), std::sync::mpsc::channel());
        std::thread::spawn(move || {
            let _ = done.send(());
            if wakes {
                let _ = waker.wake();
            }
        });
        Reply::exchange(FromThread(receiver))
    });
    for _ in 0..200 {
        assert_eq!(server.get("/").text(), "done");
    }
}

#[test]
fn a_source_that_nothing_can_wake_is_cut() {
    struct Stuck;
    impl BodySource for Stuck {
        fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
            out.put(b"some");
            Ok(Pull::Pending)
        }
    }
    let (server, log) = site(|_, _| Response::new(Status::OK).source(Stuck).into());
    let mut peer = server.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(peer.read_head().status, 200);
    peer.read_until_cut();
    assert_eq!(line(&log), "200");
    assert!(line(&log).starts_with("bug: nothing is left"));
}

#[test]
fn a_streamed_body_without_an_exchange_answers_500() {
    let (server, log) = still(|_, _| {
        Response::new(Status::OK)
            .with_body(Body::Streamed(Some(5)))
            .into()
    });
    assert_eq!(server.get("/").status, 500);
    assert!(line(&log).contains("bug: Body::Streamed without its exchange"));
}

#[test]
fn an_error_of_an_exchange_answers_500_with_its_cause_in_the_log_alone() {
    struct Fails;
    impl Exchange for Fails {
        fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
            Err(io::Error::other("disk on fire"))
        }
        fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
            Poll::Pending
        }
    }
    let (server, log) = still(|_, _| Reply::exchange(Fails));
    let reply = server.get("/");
    assert_eq!(reply.status, 500);
    assert!(!reply.text().contains("fire"));
    assert_eq!(
        line(&log),
        "code 500, message Internal Server Error (disk on fire)"
    );
}

#[test]
fn a_panic_costs_one_connection() {
    struct Bomb;
    impl Exchange for Bomb {
        fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
            panic!("in an exchange")
        }
    }
    struct Squib;
    impl BodySource for Squib {
        fn pull(&mut self, _: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
            panic!("in a source")
        }
    }
    let (server, log) = site(|req, _| match req.path() {
        "/handler" => panic!("in a handler"),
        "/exchange" => Reply::exchange(Bomb),
        "/source" => Response::new(Status::OK).source(Squib).into(),
        _ => text("well").into(),
    });
    let mut other = server.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(other.read_response().text(), "well");
    assert_eq!(line(&log), "200");
    for place in ["handler", "exchange", "source"] {
        let mut peer = server.send(format!("GET /{place} HTTP/1.1\r\nHost: h\r\n\r\n"));
        peer.read_until_cut();
        let mut logged = line(&log);
        if place == "source" {
            assert_eq!(logged, "200");
            logged = line(&log);
        }
        assert!(logged.starts_with("bug: in a"), "{logged}");
        other.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(other.read_response().text(), "well");
        assert_eq!(line(&log), "200");
    }
}

#[test]
fn a_panic_while_something_is_dropped_costs_one_connection() {
    struct Bomb(Option<ExchangeWaker>);
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("on the way out")
        }
    }
    impl Bomb {
        fn keep(&mut self, cx: &mut Cx<'_>) {
            self.0 = Some(cx.waker());
        }
    }
    impl BodySource for Bomb {
        fn pull(&mut self, _: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
            self.keep(cx);
            Ok(Pull::Pending)
        }
    }
    impl Exchange for Bomb {
        fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
            self.keep(cx);
            Poll::Pending
        }
    }
    let (server, log) = site(|req, _| match req.path() {
        "/exchange" => Reply::exchange(Bomb(None)),
        "/source" => Response::new(Status::OK).source(Bomb(None)).into(),
        _ => text("well").into(),
    });
    let mut other = server.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(other.read_response().text(), "well");
    assert_eq!(line(&log), "200");
    for place in ["exchange", "source"] {
        let mut peer = server.send(format!("GET /{place} HTTP/1.1\r\nHost: h\r\n\r\n"));
        if place == "source" {
            assert_eq!(peer.read_head().status, 200);
            assert_eq!(line(&log), "200");
        }
        peer.wait_until_read();
        peer.reset();
        let logged = line(&log);
        assert!(logged.starts_with("bug: "), "{place}: {logged}");
        other.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(other.read_response().text(), "well");
        assert_eq!(line(&log), "200");
    }
}

#[test]
fn a_field_that_could_split_a_response_is_left_out_and_told() {
    let (server, log) = still(|req, _| {
        let response = text("well").header("X-Good", "1");
        match req.path() {
            "/value" => response.header("X-Bad", "1\r\nSet-Cookie: evil=1").into(),
            "/name" => response.header("X-B\r\nad", "1").into(),
            "/bytes" => response.header_bytes("X-Bad", &b"\0"[..]).into(),
            // The server's own to write: no bug, and not sent twice.
            _ => response.header("Content-Length", "4").into(),
        }
    });
    for (path, name) in [
        ("value", "X-Bad"),
        ("name", "X-B\r\nad"),
        ("bytes", "X-Bad"),
    ] {
        let reply = server.get(&format!("/{path}"));
        assert_eq!((reply.text(), reply.field("X-Good")), ("well", "1"));
        assert_eq!(reply.header("X-Bad").or(reply.header("Set-Cookie")), None);
        let told = format!("bug: a field that cannot be sent is left out: {name:?}");
        assert_eq!([line(&log), line(&log)], [&*told, "200"]);
    }
    assert_eq!(server.get("/").field("Content-Length"), "4");
    assert_eq!(line(&log), "200");
}
