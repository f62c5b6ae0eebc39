//! Answers that come later: from a thread, after a timer, when somebody else speaks, in pieces.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use sprat::{
    Body, BodySource, Builder, Cx, Exchange, ExchangeWaker, Handler, Limits, Pull, Reply, Request,
    Response, Server, Sink, Status, Turn,
};

use super::support::server::wait_for;
use super::support::{PATIENCE, raw};
use super::{serve, serve_by, site, text};

/// Waits for a thread.
struct Computed(Receiver<u64>);

impl Exchange for Computed {
    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        match self.0.try_recv() {
            Ok(sum) => Poll::Ready(Ok(text(sum.to_string()))),
            Err(_) => Poll::Pending,
        }
    }
}

#[test]
fn an_answer_comes_from_another_thread() {
    let (server, _log) = site(|_, cx| {
        let (waker, (send, receive)) = (cx.waker(), channel());
        thread::spawn(move || {
            send.send((1..=1000).sum()).unwrap();
            waker.wake().unwrap();
        });
        Reply::exchange(Computed(receive))
    });
    assert_eq!(server.get("/").text(), "500500");
}

struct Alarm(Option<Instant>);

impl Exchange for Alarm {
    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        let at = *self.0.get_or_insert(cx.now() + Duration::from_millis(20));
        if at <= cx.now() {
            return Poll::Ready(Ok(text("ring")));
        }
        cx.set_deadline(Some(at));
        Poll::Pending
    }
}

#[test]
fn an_answer_comes_after_a_timer() {
    let (server, _log) = site(|_, _| Reply::exchange(Alarm(None)));
    assert_eq!(server.get("/").text(), "ring");
}

/// Everybody who listens hears what is posted, by events (SSE) or by a long poll.
#[derive(Default)]
struct Hub {
    posted: Rc<RefCell<Vec<String>>>,
    wakers: Vec<ExchangeWaker>,
}

struct Poller(Rc<RefCell<Vec<String>>>);

impl Exchange for Poller {
    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        match self.0.borrow().last() {
            Some(last) => Poll::Ready(Ok(text(last.clone()))),
            None => Poll::Pending,
        }
    }
}

struct Events {
    posted: Rc<RefCell<Vec<String>>>,
    at: usize,
}

impl BodySource for Events {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        match self.posted.borrow().get(self.at) {
            Some(text) if out.room() >= text.len() + 8 => {
                out.put(format!("data: {text}\n\n").as_bytes());
                self.at += 1;
                Ok(Pull::More)
            }
            Some(_) => Ok(Pull::More),
            None => Ok(Pull::Pending),
        }
    }
}

impl Handler for Hub {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let posted = Rc::clone(&self.posted);
        match req.path() {
            "/poll" => {
                self.wakers.push(cx.waker());
                Reply::exchange(Poller(posted))
            }
            "/events" => {
                self.wakers.push(cx.waker());
                let response = Response::new(Status::OK).source(Events { posted, at: 0 });
                response.header("Content-Type", "text/event-stream").into()
            }
            said => {
                posted.borrow_mut().push(said.to_owned());
                for waker in &self.wakers {
                    waker.wake().unwrap();
                }
                text(self.wakers.len().to_string()).into()
            }
        }
    }
}

#[test]
fn a_long_poll_is_answered_when_somebody_speaks() {
    let server = serve(Hub::default);
    let mut peer = server.send("GET /poll HTTP/1.1\r\nHost: h\r\n\r\n");
    peer.wait_until_read();
    assert!(!peer.has_data());
    server.get("/hello");
    assert_eq!(peer.read_response().text(), "/hello");
}

#[test]
fn hundreds_of_event_streams_hear_each_event() {
    const STREAMS: usize = 300;
    let server = serve(Hub::default);
    let mut peers = Vec::new();
    for _ in 0..STREAMS {
        let mut peer = raw(server.addr);
        peer.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(peer.read_head().field("Transfer-Encoding"), "chunked");
        peers.push(peer);
    }
    for said in ["/one", "/two"] {
        assert_eq!(server.get(said).text(), STREAMS.to_string());
        for peer in &mut peers {
            let want = format!("000c\r\ndata: {said}\n\n\r\n");
            assert_eq!(peer.read_exactly(want.len()), want.as_bytes());
        }
    }
    // Those who leave cost nothing, and those who stay still hear.
    peers.truncate(10);
    server.get("/six");
    for peer in &mut peers {
        peer.read_exactly(19);
    }
}

/// A body with backpressure: so many bytes, in pieces as there is room.
struct Long(usize);

impl BodySource for Long {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        self.0 -= out.put(&vec![b'x'; self.0.min(10_000)]);
        Ok(if self.0 == 0 { Pull::Done } else { Pull::More })
    }

    fn len(&self) -> Option<u64> {
        Some(self.0 as u64)
    }
}

#[test]
fn a_pulled_body_of_known_length_has_a_content_length() {
    const LEN: usize = 3_000_000;
    let (server, _log) = site(|_, _| Response::new(Status::OK).source(Long(LEN)).into());
    let reply = server.get("/");
    assert_eq!(reply.field("Content-Length"), LEN.to_string());
    assert_eq!(reply.body.len(), LEN);
}

/// Sends back what comes while it comes.
#[derive(Default)]
struct Echo {
    held: Vec<u8>,
    ended: bool,
    begun: bool,
}

impl Exchange for Echo {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        let takes = chunk.len().min(4096 - self.held.len());
        self.held.extend_from_slice(&chunk[..takes]);
        Ok(takes)
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.ended = true;
        Ok(())
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        self.begun = true;
        Poll::Ready(Ok(Response::new(Status::OK).with_body(Body::Streamed(None))))
    }

    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        let put = out.put(&self.held);
        self.held.drain(..put);
        match (put, self.ended && self.held.is_empty()) {
            (_, true) => Ok(Pull::Done),
            (0, _) => Ok(Pull::Pending),
            _ => Ok(Pull::More),
        }
    }
}

#[test]
fn both_directions_go_at_once() {
    let (server, _log) = site(|_, _| Reply::exchange(Echo::default()));
    let mut peer = server.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(peer.read_head().status, 200, "before the body has begun");
    for word in ["ping", "pong"] {
        peer.send(format!("4\r\n{word}\r\n"));
        let want = format!("0004\r\n{word}\r\n");
        assert_eq!(peer.read_exactly(want.len()), want.as_bytes());
    }
    peer.send("0\r\n\r\n");
    assert_eq!(peer.read_exactly(5), b"0\r\n\r\n");
    // More than the exchange holds: it is offered the rest once it was pulled from.
    let body = "0123456789abcdef".repeat(4096);
    let length = body.len();
    let head = format!("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n");
    let reply = server.send(head + &body).read_response();
    assert_eq!(reply.text(), body);
}

#[test]
fn hints_go_before_the_answer_to_those_who_know_them() {
    let (server, _log) = site(|_, cx| {
        cx.interim(
            Status::EARLY_HINTS,
            &[("Link", "</a.css>; rel=preload"), ("X", "a\r\nb")],
        );
        // Neither is an interim response of ours to give.
        cx.interim(Status::CONTINUE, &[]);
        cx.interim(Status::OK, &[]);
        text("page").into()
    });
    let mut peer = server.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let hints = peer.read_response();
    assert_eq!((hints.status, &*hints.reason), (103, "Early Hints"));
    let link = ("Link".to_owned(), "</a.css>; rel=preload".to_owned());
    assert_eq!(hints.headers, [link]);
    assert_eq!(peer.read_response().text(), "page");
    let mut old = server.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(old.read_response().status, 200);
}

#[test]
fn a_wake_after_the_end_wakes_nobody() {
    let (give, wakers) = channel();
    let (server, _log) = site(move |_, cx| {
        give.send(cx.waker()).unwrap();
        text("answered").into()
    });
    let mut peer = server.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(peer.read_response().text(), "answered");
    let waker = wakers.recv_timeout(PATIENCE).unwrap();
    for _ in 0..1000 {
        waker.wake().unwrap();
    }
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(peer.read_response().text(), "answered");
}

/// Whole records only, each longer than half of what a connection may have queued.
struct Records {
    left: usize,
    pulls: Rc<RefCell<usize>>,
}

static RECORD: [u8; 60_000] = [b'r'; 60_000];

impl BodySource for Records {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        *self.pulls.borrow_mut() += 1;
        if out.room() >= RECORD.len() {
            out.put(&RECORD);
            self.left -= 1;
        }
        Ok(if self.left == 0 {
            Pull::Done
        } else {
            Pull::More
        })
    }
}

struct Recorder(Rc<RefCell<usize>>);

impl Handler for Recorder {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let pulls = Rc::clone(&self.0);
        Response::new(Status::OK)
            .source(Records { left: 200, pulls })
            .into()
    }
}

#[test]
fn a_source_that_needs_more_room_waits_for_its_peer_and_does_not_spin() {
    const TURNS_MAX: usize = 5_000;
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    let addr = builder.local_addrs()[0];
    let mut server = builder.serve(Recorder(Rc::default()));
    let mut peer = raw(addr);
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let is_still = |server: &mut Server<Recorder>| {
        let idle = matches!(server.turn(Some(Duration::ZERO)).unwrap(), Turn::Idle(_));
        idle && *server.handler_mut().0.borrow() > 20
    };
    let turns = (0..TURNS_MAX).find(|_| is_still(&mut server));
    assert!(turns.is_some(), "it spins while its peer reads nothing");
    let handle = server.handle();
    let reader = thread::spawn(move || {
        let length = peer.read_response().body.len();
        handle.stop().unwrap();
        length
    });
    server.run().unwrap();
    assert_eq!(reader.join().unwrap(), 200 * RECORD.len());
}

/// A body without an end, which says when it is dropped.
struct Flood(Sender<()>);

impl BodySource for Flood {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        out.put(&RECORD);
        Ok(Pull::More)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
    }
}

struct Floods(Sender<()>);

impl Handler for Floods {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        match req.path() {
            "/flood" => Response::new(Status::OK)
                .source(Flood(self.0.clone()))
                .into(),
            _ => text("served").into(),
        }
    }
}

#[test]
fn a_stream_whose_peer_reads_nothing_is_cut_while_others_are_served() {
    let limits = Limits {
        stall_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let builder = Builder::bind("127.0.0.1:0").unwrap().limits(limits);
    let (give, dropped) = channel();
    let server = serve_by(builder, || Floods(give));
    let mut silent = server.send("GET /flood HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(silent.read_head().status, 200);
    wait_for("the silent one is cut", || {
        assert_eq!(server.get("/").text(), "served");
        dropped.try_recv().ok()
    });
    silent.read_until_cut();
}
