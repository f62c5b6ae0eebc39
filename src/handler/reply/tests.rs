//! Tests of `handler::reply`.

use std::cell::Cell;
use std::rc::Rc;

use super::*;
use crate::handler::{CommonHeaders, Handler, handler};
use crate::http::headers::Headers;
use crate::testing::Site;

#[test]
fn what_a_resource_has_by_its_methods_is_told_once() {
    for (methods, want) in [
        (&[Method::Get][..], "GET, HEAD, OPTIONS"),
        (&[Method::Head, Method::Get], "HEAD, GET, OPTIONS"),
        (&[Method::Post, Method::Post], "POST, OPTIONS"),
        (&[Method::Options, Method::Put], "OPTIONS, PUT"),
        (&[Method::Other("PURGE")], "PURGE, OPTIONS"),
        (&[], "OPTIONS"),
    ] {
        assert_eq!(allowed(methods), want);
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// Never answers by itself but at its own deadline, and counts how often it is closed.
struct Slow {
    own: Option<Duration>,
    is_due: bool,
    fails: bool,
    closed: Rc<Cell<u32>>,
}

impl Exchange for Slow {
    fn on_deadline(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        match self.fails {
            true => Err(io::Error::other("the deadline failed")),
            false => {
                self.is_due = true;
                Ok(())
            }
        }
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        if self.is_due {
            return Poll::Ready(Ok(Response::new(Status::OK).text("own")));
        }
        if let Some(own) = self.own.take() {
            assert_eq!(cx.deadline(), None);
            cx.set_deadline(Some(cx.now() + own));
            assert_eq!(cx.deadline(), Some(cx.now() + own));
        }
        Poll::Pending
    }

    fn on_close(&mut self, _: &mut Cx<'_>) {
        self.closed.set(self.closed.get() + 1);
    }
}

fn slow(own: Option<u64>, closed: &Rc<Cell<u32>>) -> Reply {
    Reply::exchange(Slow {
        own: own.map(Duration::from_secs),
        is_due: false,
        fails: false,
        closed: closed.clone(),
    })
}

/// When it is answered, in seconds, and how.
fn answered(reply: impl Fn() -> Reply + 'static) -> (u64, u16, String) {
    let mut site = Site::new(handler(move |_, _| reply()));
    let peer = site.connect();
    peer.send(GET);
    site.settle();
    for seconds in 0..100 {
        if let Some(answer) = peer.answer() {
            let text = answer.text();
            return (seconds, answer.status, text);
        }
        site.pass(Duration::from_secs(1));
    }
    panic!("no answer");
}

#[test]
fn whichever_deadline_is_first_answers_and_the_exchange_is_closed_once() {
    let secs = Duration::from_secs;
    let late = |text: &'static str| {
        move |_: &mut Cx<'_>| Response::new(Status::GATEWAY_TIMEOUT).text(text)
    };
    for (own, inner, outer, want) in [
        (None, 10, 20, (10, 504, "inner")),
        (None, 20, 10, (10, 504, "outer")),
        (Some(5), 10, 20, (5, 200, "own")),
        (Some(15), 10, 20, (10, 504, "inner")),
        (Some(15), 30, 20, (15, 200, "own")),
        (Some(25), 30, 20, (20, 504, "outer")),
    ] {
        let closed = Rc::default();
        let count = Rc::clone(&closed);
        let (at, status, text) = answered(move || {
            let reply = slow(own, &count).timeout(secs(inner), late("inner"));
            reply.timeout(secs(outer), late("outer"))
        });
        assert_eq!((at, status, &*text), want);
        assert_eq!(closed.get(), 1, "{want:?}");
    }
}

#[test]
fn what_is_known_in_time_is_not_timed() {
    let known = || Reply::from(Response::new(Status::OK).text("known"));
    let timed = move || known().timeout(Duration::ZERO, |_| Failure::new(Status::GATEWAY_TIMEOUT));
    assert_eq!(answered(timed), (0, 200, "known".into()));
}

#[test]
fn a_change_sees_each_answer_once_be_it_an_error_or_late() {
    let closed = Rc::new(Cell::new(0));
    for (kind, want) in [(0, 200), (1, 500), (2, 500), (3, 504), (4, 404)] {
        let (seen, closed) = (Rc::new(Cell::new(0)), closed.clone());
        let count = seen.clone();
        let (_, status, _) = answered(move || {
            let reply = match kind {
                0 => slow(Some(1), &closed),
                1 => Reply::later(|_| Poll::Ready(Err(io::Error::other("it failed")))),
                2 => Reply::exchange(Slow {
                    own: Some(Duration::from_secs(1)),
                    is_due: false,
                    fails: true,
                    closed: closed.clone(),
                }),
                3 => slow(None, &closed).timeout(Duration::from_secs(1), |_| {
                    Failure::new(Status::GATEWAY_TIMEOUT)
                }),
                _ => Failure::new(Status::NOT_FOUND).into(),
            };
            let count = count.clone();
            reply.map(move |response| {
                count.set(count.get() + 1);
                assert_eq!(response.status().code(), want);
                response.header("X-Seen", "1")
            })
        });
        assert_eq!((status, seen.get()), (want, 1));
    }
}

/// Has fields set by each of the three that may.
struct Layers {
    page_has: bool,
    common: CommonHeaders,
}

impl Handler for Layers {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let reply = match req.path() {
            "/known" => Reply::from(Failure::new(Status::NOT_FOUND)),
            "/later" => Reply::later(|_| Poll::Ready(Err(io::Error::other("it failed")))),
            _ => Response::new(Status::OK).text("fine").into(),
        };
        reply.map(|response| {
            let response = response.header("X-Frame-Options", "DENY");
            response.header("Cache-Control", "no-store")
        })
    }

    fn error_page(&mut self, failure: &Failure) -> Response {
        let page = failure.page();
        match self.page_has {
            true => page
                .header("X-Frame-Options", "SAMEORIGIN")
                .header("Cache-Control", "no-store"),
            false => page,
        }
    }

    fn finish(&mut self, _: Headers<'_>, response: &mut Response) {
        self.common.apply(response);
    }
}

#[test]
fn no_field_is_doubled_by_those_who_may_set_it() {
    for page_has in [false, true] {
        for common in [&[][..], &["X-Frame-Options"], &["Cache-Control", "Pragma"]] {
            for path in ["/", "/known", "/later"] {
                let headers = common.iter().fold(CommonHeaders::default(), |all, name| {
                    all.header(*name, "no-store").unwrap()
                });
                let mut site = Site::new(Layers {
                    page_has,
                    common: headers,
                });
                let answer = site.ask(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"));
                for name in ["X-Frame-Options", "Content-Type", "Date", "Content-Length"] {
                    let fields = answer.headers.iter();
                    let count = fields.filter(|(other, _)| other == name).count();
                    assert_eq!(count, 1, "{name} of {path} {page_has} {common:?}");
                }
                let mut lines: Vec<_> = answer.headers.iter().collect();
                lines.sort();
                lines.dedup();
                assert_eq!(lines.len(), answer.headers.len(), "{:?}", answer.headers);
            }
        }
    }
}
