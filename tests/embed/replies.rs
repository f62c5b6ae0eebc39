//! Answers without a type of one's own, handlers in boxes, peers that leave, the end of a server.

use std::borrow::Cow;
use std::io;
use std::sync::mpsc::{Sender, channel};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use sprat::{
    Body, BodySource, Builder, Cx, Exchange, Failure, Handler, Log, Pull, Reply, Request, Response,
    Sink, Status, form_pairs,
};

use super::still::{Still, still};
use super::support::server::wait_for;
use super::support::{PATIENCE, raw};
use super::{line, site};

fn ok() -> Response {
    Response::new(Status::OK)
}

#[test]
fn text_has_a_type_unless_it_was_given_one() {
    let json = ("Content-Type", "application/json");
    let (server, _log) = still(move |req, _| match req.path() {
        "/before" => ok().header(json.0, json.1).text("{}").into(),
        "/after" => ok().text("{}").header(json.0, json.1).into(),
        "/owned" => ok().text(format!("{} caf\u{e9}s", 3)).into(),
        _ => ok().text("plain").into(),
    });
    for (target, text, media_type) in [
        ("/", "plain", "text/plain; charset=utf-8"),
        ("/owned", "3 caf\u{e9}s", "text/plain; charset=utf-8"),
        ("/before", "{}", "application/json"),
        ("/after", "{}", "application/json"),
    ] {
        let reply = server.get(target);
        assert_eq!(
            (reply.text(), reply.field("Content-Type")),
            (text, media_type)
        );
        let head = server.ask(&format!("HEAD {target}"), "");
        assert_eq!(head.field("Content-Type"), media_type);
        assert_eq!(head.field("Content-Length"), text.len().to_string());
    }
}

/// A body that is pulled from an exchange.
struct Streams(u32);

impl Exchange for Streams {
    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        Poll::Ready(Ok(ok().with_body(Body::Streamed(None))))
    }

    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        self.0 -= 1;
        out.put(b"piece ");
        Ok(if self.0 == 0 { Pull::Done } else { Pull::More })
    }
}

/// What a collected body asks for.
fn answer(body: Vec<u8>, cx: &mut Cx<'_>) -> Reply {
    match &body[..] {
        b"at once" => ok().text("now").into(),
        b"bad" => Failure::new(Status::UNPROCESSABLE_CONTENT).into(),
        b"stream" => Reply::exchange(Streams(3)),
        b"thread" => {
            let (waker, (send, receive)) = (cx.waker(), channel());
            thread::spawn(move || {
                send.send("from a thread").unwrap();
                waker.wake().unwrap();
            });
            Reply::later(move |_| match receive.try_recv() {
                Ok(text) => Poll::Ready(Ok(ok().text(text))),
                Err(_) => Poll::Pending,
            })
        }
        b"timer" => {
            let at = cx.now() + Duration::from_millis(10);
            Reply::later(move |cx| {
                cx.set_deadline(Some(at));
                if cx.now() < at {
                    Poll::Pending
                } else {
                    Poll::Ready(Ok(ok().text("later")))
                }
            })
        }
        b"fail" => Reply::later(|_| Poll::Ready(Err(io::Error::other("no luck")))),
        b"forget" => Reply::later(|_| Poll::Pending),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_collected_body_is_answered_at_once_or_later() {
    let (server, log) = site(|req, _| Reply::collect(req, 100, answer).map(|r| r.header("X", "y")));
    for (body, status, want) in [
        ("at once", 200, "now"),
        ("bad", 422, ""),
        ("stream", 200, "piece piece piece "),
        ("thread", 200, "from a thread"),
        ("timer", 200, "later"),
        ("fail", 500, ""),
        ("forget", 500, ""),
    ] {
        let length = body.len();
        let head = format!("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{body}");
        let mut peer = server.send(head);
        let reply = peer.read_response();
        assert_eq!(reply.status, status, "{body}");
        if status == 200 {
            assert_eq!((reply.text(), reply.field("X")), (want, "y"), "{body}");
        }
        // The next request finds the connection as it should be.
        peer.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\nat once");
        assert_eq!(peer.read_response().text(), "now", "after {body}");
    }
    let lines: Vec<String> = log.try_iter().collect();
    assert!(
        lines.iter().any(|line| line.ends_with("(no luck)")),
        "{lines:?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.contains("(bug: nothing is left")),
        "{lines:?}"
    );
}

#[test]
fn a_later_answer_drops_the_body_that_came_along() {
    let (server, _log) = site(|_, cx| {
        let at = cx.now() + Duration::from_millis(5);
        Reply::later(move |cx| {
            cx.set_deadline(Some(at));
            if cx.now() < at {
                Poll::Pending
            } else {
                Poll::Ready(Ok(ok().text("done")))
            }
        })
    });
    let body = "GET / HTTP/1.1\r\n\r\n".repeat(10_000);
    let length = body.len();
    let head = format!("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{body}");
    let mut peer = server.send(head);
    assert_eq!(peer.read_response().text(), "done");
}

#[test]
fn a_page_of_an_error_can_depend_on_the_request() {
    let (server, _log) = still(|req, _| {
        let wants_json = req.headers().has_token("Accept", "application/json");
        let reply: Reply = Failure::new(Status::NOT_FOUND)
            .message("No such \"thing\"")
            .into();
        reply.map(move |response| match response.failure() {
            Some(failure) if wants_json => {
                let text = format!("{{\"error\": {:?}}}", failure.message);
                Response::new(failure.status)
                    .text(text)
                    .header("Content-Type", "application/json")
            }
            _ => response,
        })
    });
    let reply = server.ask("GET /", "Accept: application/json\r\n");
    assert_eq!(
        (reply.status, reply.text()),
        (404, r#"{"error": "No such \"thing\""}"#)
    );
    let reply = server.get("/");
    assert_eq!(reply.status, 404);
    assert!(reply.text().starts_with("<!DOCTYPE"));
}

#[test]
fn a_form_is_read_from_a_query_and_from_a_body() {
    let (server, _log) = still(|req, _| {
        let list = |pairs: &[u8]| {
            let pairs = form_pairs(pairs).map(|(name, value)| format!("{name}={value};"));
            pairs.collect::<String>()
        };
        let query = list(req.query().unwrap_or_default());
        Reply::collect(req, 1000, move |body, _| ok().text(query + &list(&body)))
    });
    let head = "POST /?a=1&b=x+y HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\nc=%C3%BC&d=2";
    assert_eq!(server.say(head).text(), "a=1;b=x y;c=\u{fc};d=2;");
}

/// Answers each of a handler's calls in its own way.
struct Own(Sender<String>);

impl Handler for Own {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Reply::collect(req, 10, |_, _| ok())
    }

    fn expect_continue(&mut self, _: &Request<'_>) -> sprat::Expectation {
        Failure::new(Status::EXPECTATION_FAILED).into()
    }

    fn error_page(&mut self, _: &Failure) -> Response {
        ok().text("own page")
    }

    fn server_software(&self) -> Option<Cow<'static, str>> {
        None
    }

    fn log(&mut self, entry: Log<'_>) {
        let what = match entry {
            Log::Over(_) => "over",
            _ => "log",
        };
        self.0.send(what.into()).unwrap();
    }

    fn turn_ended(&mut self) {
        self.0.send("turn ended".into()).unwrap();
    }
}

#[test]
fn a_handler_in_a_box_is_that_handler() {
    let (give, calls) = channel();
    let server = Still::<Box<dyn Handler>>::of(Box::new(Own(give)));
    let head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n";
    let reply = server.say(head);
    assert_eq!((reply.status, reply.text()), (417, "own page"));
    assert_eq!(reply.header("Server"), None);
    let four = [line(&calls), line(&calls), line(&calls), line(&calls)];
    assert_eq!(four, ["log", "log", "over", "turn ended"]);
}

/// Waits, and says when it is closed and when it is dropped.
struct Waits(Sender<&'static str>, Option<sprat::ExchangeWaker>);

impl Exchange for Waits {
    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        self.1 = Some(cx.waker());
        Poll::Pending
    }

    fn on_close(&mut self, _: &mut Cx<'_>) {
        self.0.send("closed").unwrap();
        assert!(thread::current().name() != Some("panics"), "on the way out");
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.send("dropped").unwrap();
    }
}

struct Waiting(Sender<&'static str>);

impl Handler for Waiting {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        self.0.send("begun").unwrap();
        Reply::exchange(Waits(self.0.clone(), None))
    }
}

/// What three exchanges say while their server is dropped by a thread of this name.
fn said_in_the_end(name: &str) -> Vec<&'static str> {
    let (give, said) = channel();
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    let addr = builder.local_addrs()[0];
    let mut peers = [raw(addr), raw(addr), raw(addr)];
    for peer in &mut peers {
        peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    let work = move || {
        let mut server = builder.serve(Waiting(give));
        let mut begun = 0;
        while begun < 3 {
            server.turn(Some(Duration::from_millis(1))).unwrap();
            begun += said.try_iter().count();
        }
        drop(server);
        said.try_iter().collect::<Vec<_>>()
    };
    let thread = thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .unwrap();
    thread.join().unwrap()
}

#[test]
fn every_exchange_is_closed_when_its_server_is_dropped() {
    for name in ["drops", "panics"] {
        let said = said_in_the_end(name);
        let count = |word| said.iter().filter(|said| **said == word).count();
        assert_eq!(
            (count("closed"), count("dropped")),
            (3, 3),
            "{name}: {said:?}"
        );
    }
}

#[test]
fn a_long_poll_sees_that_its_peer_has_left() {
    let (give, seen) = channel();
    let (server, _log) = site(move |req, cx| {
        let (seen, waker, stays) = (give.clone(), cx.waker(), req.path() == "/stay");
        Reply::later(move |cx| {
            let _ = &waker;
            seen.send(cx.peer_has_ended()).unwrap();
            match cx.peer_has_ended() && !stays {
                true => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
                false if cx.peer_has_ended() => Poll::Ready(Ok(ok().text("still here"))),
                false => Poll::Pending,
            }
        })
    });
    let saw = || seen.recv_timeout(PATIENCE).unwrap();
    let mut stays = server.send("GET /stay HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(!saw());
    let leaves = server.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(!saw());
    drop(leaves);
    assert!(saw());
    // A peer that only ends its side is answered all the same.
    stays.half_close();
    assert!(saw());
    assert_eq!(stays.read_response().text(), "still here");
    stays.expect_close();
}

#[test]
fn a_waker_knows_that_what_it_wakes_is_over() {
    let (give, wakers) = channel();
    let (server, _log) = site(move |req, cx| {
        give.send(cx.waker()).unwrap();
        match req.path() {
            "/wait" => Reply::later(|cx| match cx.peer_has_ended() {
                true => Poll::Ready(Ok(ok())),
                false => Poll::Pending,
            }),
            _ => ok().text("now").into(),
        }
    });
    let waker = || wakers.recv_timeout(PATIENCE).unwrap();
    let mut peer = server.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let first = waker();
    assert_eq!(peer.read_response().text(), "now");
    peer.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    let second = waker();
    // The connection is the same, the exchange another.
    assert!(first.is_over());
    assert!(!second.is_over());
    drop(peer);
    wait_for("it has ended", || second.is_over().then_some(()));
    let _third = server.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    let third = waker();
    drop(server);
    wait_for("its server has ended", || third.is_over().then_some(()));
}

#[test]
fn the_next_request_of_a_peer_that_has_ended_knows_it_too() {
    let (server, _log) = site(|_, cx| {
        let waker = cx.waker();
        Reply::later(move |cx| {
            let _ = &waker;
            match cx.peer_has_ended() {
                true => Poll::Ready(Ok(ok().text("ended"))),
                false => Poll::Pending,
            }
        })
    });
    let mut peer = server.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(3));
    peer.half_close();
    for _ in 0..3 {
        assert_eq!(peer.read_response().text(), "ended");
    }
    peer.expect_close();
}

/// Goes on until the server is drained.
struct Endless(Option<sprat::ExchangeWaker>);

impl BodySource for Endless {
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        match (self.0.take(), cx.is_draining()) {
            (_, true) => {
                out.put(b"bye");
                Ok(Pull::Done)
            }
            (None, _) => {
                out.put(b"hello, ");
                self.0 = Some(cx.waker());
                Ok(Pull::More)
            }
            (waker, _) => {
                self.0 = waker;
                Ok(Pull::Pending)
            }
        }
    }
}

#[test]
fn what_goes_on_for_ever_is_told_of_a_drain() {
    let (server, log) = site(|req, cx| match req.path() {
        "/events" => ok().source(Endless(None)).into(),
        _ => {
            let waker = cx.waker();
            Reply::later(move |cx| {
                let _ = &waker;
                match cx.is_draining() {
                    true => Poll::Ready(Ok(ok().text("nothing new"))),
                    false => Poll::Pending,
                }
            })
        }
    });
    let mut events = server.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(line(&log), "200");
    let mut poll = server.send("GET /poll HTTP/1.1\r\nHost: h\r\n\r\n");
    poll.wait_until_read();
    // Far longer than the test waits: it is not the grace that ends them.
    server.handle.drain(10 * PATIENCE).unwrap();
    assert_eq!(events.read_response().text(), "hello, bye");
    let reply = poll.read_response();
    assert_eq!(
        (reply.text(), reply.field("Connection")),
        ("nothing new", "close")
    );
    events.expect_close();
    poll.expect_close();
}
