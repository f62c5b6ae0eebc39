//! Tests of `testing::site`.

mod far;

use std::io;
use std::task::Poll;

use super::*;
use crate::handler::{BodySource, Cx, Failure, Pull, Reply, Request, Response, Sink, handler};
use crate::http::status::Status;

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

fn text(text: &'static str) -> Response {
    Response::new(Status::OK).text(text)
}

/// Bytes without an end, or a million of them.
struct Stream(usize);

impl BodySource for Stream {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        let bytes = vec![b'x'; self.0.min(out.room())];
        self.0 -= out.put(&bytes);
        Ok(if self.0 == 0 { Pull::Done } else { Pull::More })
    }
}

#[test]
fn requests_of_one_peer_are_answered_in_order() {
    let mut site = Site::new(handler(|req: &Request<'_>, _: &mut Cx<'_>| {
        Response::new(Status::OK).text(req.path().to_owned())
    }));
    let peer = site.connect();
    peer.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nHEAD /b HTTP/1.1\r\nHost: h\r\n\r\nGET /c HT");
    site.settle();
    assert_eq!(peer.answer().unwrap().text(), "/a");
    let head = peer.answer_to_head().unwrap();
    assert_eq!(
        (head.header("content-length"), head.body.len()),
        (Some("2"), 0)
    );
    assert!(peer.answer().is_none());
    peer.send("TP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    site.settle();
    assert_eq!(peer.answer().unwrap().text(), "/c");
    assert!(peer.is_closed());
    let lines = ["/a", "/b", "/c"].map(|path| {
        let method = if path == "/b" { "HEAD" } else { "GET" };
        format!("200 {method} {path} HTTP/1.1")
    });
    assert_eq!(site.log(), lines);
}

#[test]
fn time_passes_when_it_is_told_to() {
    let mut site = Site::new(handler(|_, _| text("")));
    let (idle, slow) = (site.connect(), site.connect());
    idle.send(GET);
    slow.send("GET / HT");
    site.settle();
    assert_eq!(idle.answer().unwrap().status, 200);
    let limits = Limits::default();
    site.pass(limits.idle_time - Duration::from_millis(1));
    assert!(!idle.is_closed() && !slow.is_closed());
    site.pass(Duration::from_millis(1));
    assert!(idle.is_closed() && !slow.is_closed());
    site.pass(limits.head_time - limits.idle_time);
    assert_eq!(slow.answer().unwrap().status, 408);
    assert_eq!(site.elapsed(), limits.head_time);
    // What lingers goes, too.
    site.pass(Duration::from_secs(60));
    assert_eq!(site.connections(), 0);
}

#[test]
fn the_wall_clock_is_what_it_is_set_to_and_moves_with_the_other() {
    let mut site = Site::new(handler(|_, _| text("")));
    let date = |site: &mut Site<_>| site.ask(GET).header("Date").unwrap().to_owned();
    assert_eq!(date(&mut site), "Tue, 14 Nov 2023 22:13:20 GMT");
    site.pass(Duration::from_secs(41));
    assert_eq!(date(&mut site), "Tue, 14 Nov 2023 22:14:01 GMT");
    site.set_wall(SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000));
    assert_eq!(date(&mut site), "Tue, 02 Oct 2096 07:06:40 GMT");
}

#[test]
fn a_peer_that_does_not_read_holds_a_stream_up_and_is_cut() {
    let mut site = Site::new(handler(|_, _| {
        Response::new(Status::OK).source(Stream(1_000_000))
    }));
    let peer = site.connect();
    peer.read_at_most(0);
    peer.send(GET);
    site.settle();
    peer.read_at_most(usize::MAX);
    site.settle();
    assert_eq!(peer.answer().unwrap().body.len(), 1_000_000);
    peer.read_at_most(300);
    peer.send(GET);
    site.pass(Limits::default().stall_time + Duration::from_secs(1));
    assert!(peer.is_closed());
    let cut = peer.answer().unwrap();
    assert!(!cut.is_whole && cut.body.len() < 300);
}

#[test]
fn a_peer_that_has_gone_ends_its_exchange() {
    let mut site = Site::new(handler(|_, cx: &mut Cx<'_>| {
        let waker = cx.waker();
        Reply::later(move |_| {
            assert!(!waker.is_over());
            Poll::<io::Result<Response>>::Pending
        })
    }));
    let peer = site.connect();
    peer.send(GET);
    site.settle();
    assert_eq!(site.connections(), 1);
    peer.cut();
    site.settle();
    assert_eq!(site.connections(), 0);
    assert!(peer.answer().is_none());
}

#[test]
fn a_thread_wakes_an_exchange_and_a_drain_ends_all() {
    let mut site = Site::new(handler(|req: &Request<'_>, cx: &mut Cx<'_>| {
        if req.path() != "/" {
            return Failure::new(Status::NOT_FOUND).into();
        }
        let (waker, (send, sum)) = (cx.waker(), std::sync::mpsc::channel());
        std::thread::spawn(move || {
            let _ = send.send("sum");
            let _ = waker.wake();
        })
        .join()
        .unwrap();
        Reply::later(move |_| match sum.try_recv() {
            Ok(sum) => Poll::Ready(Ok(text(sum))),
            Err(_) => Poll::Pending,
        })
    }));
    assert_eq!(site.ask(GET).text(), "sum");
    assert_eq!(site.ask("GET /x HTTP/1.1\r\nHost: h\r\n\r\n").status, 404);
    assert!(!site.is_drained());
    site.drain(Duration::ZERO);
    site.pass(Duration::from_secs(10));
    assert!(site.is_drained());
}

#[test]
#[should_panic(expected = "no answer")]
fn what_is_not_answered_at_once_is_no_answer() {
    let mut site = Site::new(handler(|_, cx: &mut Cx<'_>| {
        cx.set_deadline(Some(cx.now() + Duration::from_secs(1)));
        Reply::later(|_| Poll::<io::Result<Response>>::Pending)
    }));
    site.ask(GET);
}

#[test]
fn an_answer_that_two_may_read_differently_is_none() {
    let read = |bytes: &str| {
        let bytes = format!("HTTP/1.1 200 OK\r\n{bytes}").into_bytes();
        std::panic::catch_unwind(move || answer::read(&bytes, false, false))
    };
    for (bytes, want) in [
        ("Content-Length: 2\r\n\r\nab", "ab"),
        (
            "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
            "ab",
        ),
        ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""),
    ] {
        let (answer, _) = read(bytes).unwrap().expect("an answer");
        assert_eq!(answer.text(), want, "{bytes}");
    }
    for bytes in [
        "Content-Length: 2\r\n\r\na",
        "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r",
        "\r\nto the end",
    ] {
        assert_eq!(read(bytes).unwrap(), None, "{bytes}");
    }
    for bytes in [
        "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
        "content-length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        "Content-Length: +2\r\n\r\nab",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n+2\r\nab\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",
    ] {
        assert!(read(bytes).is_err(), "{bytes}");
    }
}

#[test]
fn a_wake_by_the_handle_is_a_turn_of_the_handlers_work() {
    struct Works(u32);

    impl Handler for Works {
        fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
            text("").into()
        }

        fn work(&mut self, _: Instant) -> Option<Instant> {
            self.0 += 1;
            None
        }
    }

    let mut site = Site::new(Works(0));
    site.settle();
    assert_eq!(site.handler_mut().0, 0);
    let handle = site.handle();
    let woken = std::thread::spawn(move || handle.wake()).join();
    woken.unwrap().unwrap();
    site.settle();
    assert_eq!(site.handler_mut().0, 1);
}
