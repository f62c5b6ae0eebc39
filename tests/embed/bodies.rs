//! Request bodies: collected, streamed with backpressure, refused before they are read, ignored.

use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::task::Poll;

use sprat::{
    BodyLen, Cx, Exchange, ExchangeWaker, Expectation, Failure, Handler, Reply, Request, Response,
    Status,
};

use super::still::{Still, still};
use super::support::PATIENCE;
use super::{line, site, text};

fn post(path: &str, fields: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: h\r\n{fields}\r\n{body}")
}

#[test]
fn a_body_is_collected_in_one_call() {
    let (server, _log) = still(|req, _| {
        Reply::collect(req, 10, |body, cx| {
            cx.log(format!("{} bytes", body.len()));
            Response::new(Status::CREATED).bytes(body)
        })
    });
    // (fields, body, status, answer)
    for (fields, body, status, want) in [
        ("Content-Length: 5\r\n", "hello", 201, "hello"),
        ("Content-Length: 10\r\n", "0123456789", 201, "0123456789"),
        ("Content-Length: 0\r\n", "", 201, ""),
        ("", "", 201, ""),
        (
            "Transfer-Encoding: chunked\r\n",
            "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            201,
            "abc",
        ),
        ("Content-Length: 11\r\n", "0123456789a", 413, ""),
        ("Content-Length: 18446744073709551615\r\n", "", 413, ""),
        (
            "Transfer-Encoding: chunked\r\n",
            "a\r\n0123456789\r\n1\r\na\r\n",
            413,
            "",
        ),
        (
            "Transfer-Encoding: chunked\r\n",
            "fffffff\r\n0123456789abc",
            413,
            "",
        ),
    ] {
        let reply = server.say(post("/", fields, body));
        assert_eq!(reply.status, status, "{fields}{body}");
        if status == 201 {
            assert_eq!(reply.text(), want, "{fields}{body}");
        }
    }
}

#[test]
fn a_body_past_its_limit_is_refused_before_it_is_sent() {
    let (server, _log) = site(|req, _| Reply::collect(req, 10, |_, _| text("no")));
    let fields = "Content-Length: 11\r\nExpect: 100-continue\r\n";
    let mut peer = server.send(post("/", fields, ""));
    assert_eq!(peer.read_response().status, 413, "and no 100");
    peer.half_close();
    peer.expect_close();
    let fields = "Content-Length: 5\r\nExpect: 100-continue\r\n";
    let mut peer = server.send(post("/", fields, ""));
    assert_eq!(peer.read_response().status, 100);
    peer.send("hello");
    assert_eq!(peer.read_response().status, 200);
}

struct Picky;

impl Handler for Picky {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Reply::collect(req, 1 << 20, |body, _| text(body.len().to_string()))
    }

    fn expect_continue(&mut self, req: &Request<'_>) -> Expectation {
        match req.body_len() {
            BodyLen::Exact(1..=10) => Expectation::Continue,
            BodyLen::Exact(_) => Failure::new(Status::PAYLOAD_TOO_LARGE).into(),
            _ => Failure::new(Status::EXPECTATION_FAILED).into(),
        }
    }
}

#[test]
fn an_expectation_is_met_or_refused_by_the_handler() {
    let server = Still::of(Picky);
    for (field, want) in [
        ("Content-Length: 10\r\n", 100),
        ("Content-Length: 11\r\n", 413),
        ("Transfer-Encoding: chunked\r\n", 417),
    ] {
        let fields = format!("{field}Expect: 100-continue\r\n");
        let reply = server.say(post("/", &fields, ""));
        assert_eq!(reply.status, want, "{field}");
    }
}

/// Takes a byte of the body each time the test says so.
struct Sips {
    may: Receiver<()>,
    sipped: usize,
    ended: bool,
    _waker: ExchangeWaker,
}

impl Exchange for Sips {
    fn on_body(&mut self, chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        let takes = self.may.try_iter().count().min(chunk.len());
        self.sipped += takes;
        cx.log(format!("offered, took {takes}"));
        Ok(takes)
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.ended = true;
        Ok(())
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        match self.ended {
            true => Poll::Ready(Ok(text(self.sipped.to_string()))),
            false => Poll::Pending,
        }
    }
}

#[test]
fn a_body_that_is_not_taken_waits_with_its_peer() {
    let (sip, may) = channel();
    let (give, wakers) = channel();
    let mut may = Some(may);
    let (server, log) = site(move |_, cx| {
        give.send(cx.waker()).unwrap();
        let may = may.take().unwrap();
        Reply::exchange(Sips {
            may,
            sipped: 0,
            ended: false,
            _waker: cx.waker(),
        })
    });
    let mut peer = server.send(post("/", "Content-Length: 3\r\n", "abc"));
    let waker = wakers.recv_timeout(PATIENCE).unwrap();
    assert_eq!(line(&log), "offered, took 0");
    for _ in 0..3 {
        sip.send(()).unwrap();
        waker.wake().unwrap();
        assert_eq!(line(&log), "offered, took 1");
    }
    assert_eq!(peer.read_response().text(), "3");
}

#[test]
fn an_ignored_body_does_not_become_a_request() {
    let (server, _log) = site(|req, _| text(req.method().name()).into());
    let mut peer = server.send(post(
        "/",
        "Content-Length: 18\r\n",
        "GET / HTTP/1.0\r\n\r\n",
    ));
    assert_eq!(peer.read_response().text(), "POST");
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(peer.read_response().text(), "GET");
    // Too long to be worth reading: the connection ends after the answer.
    let mut peer = server.send(post("/", "Content-Length: 99999999\r\n", ""));
    let reply = peer.read_response();
    assert_eq!((reply.text(), reply.field("Connection")), ("POST", "close"));
}
