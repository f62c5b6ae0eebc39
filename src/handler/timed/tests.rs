//! Tests of `handler::timed`, of what `Reply::map` sees, and of fields that several layers give.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::ExchangeWaker;
use crate::handler::{CommonHeaders, Failure, Handler, Reply, Request, handler};
use crate::http::headers::Headers;
use crate::http::status::Status;
use crate::testing::Site;

const SECOND: Duration = Duration::from_secs(1);
const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// What was called, in order.
type Calls = Rc<RefCell<Vec<&'static str>>>;

/// Sets its deadline anew each time it has passed; answers after so many of them.
struct Ticks {
    left: u32,
    every: Duration,
    waker: Option<ExchangeWaker>,
    calls: Calls,
}

impl Ticks {
    fn reply(left: u32, every: Duration, calls: &Calls) -> Reply {
        Reply::exchange(Ticks {
            left,
            every,
            waker: None,
            calls: calls.clone(),
        })
    }
}

impl Exchange for Ticks {
    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        assert_eq!(cx.deadline(), None, "what was told is over");
        self.calls.borrow_mut().push("tick");
        self.left -= 1;
        Ok(())
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        self.waker = Some(cx.waker());
        if self.left == 0 {
            return Poll::Ready(Ok(Response::new(Status::OK).text("ticked")));
        }
        if cx.deadline().is_none() {
            cx.set_deadline(Some(cx.now() + self.every));
        }
        Poll::Pending
    }

    fn on_close(&mut self, _: &mut Cx<'_>) {
        self.calls.borrow_mut().push("close");
    }
}

/// The status that each layer of timeouts gives, the innermost first, and when: seconds.
fn outcome(ticks: u32, every: u64, layers: &'static [(u64, Status)]) -> (u16, Duration, Calls) {
    let calls = Calls::default();
    let seen = calls.clone();
    let mut site = Site::new(handler(move |_, _| {
        let reply = Ticks::reply(ticks, Duration::from_secs(every), &seen);
        layers.iter().fold(reply, |reply, &(seconds, status)| {
            reply.timeout(Duration::from_secs(seconds), move |_| Failure::new(status))
        })
    }));
    let peer = site.connect();
    peer.send(GET);
    loop {
        if let Some(answer) = peer.answer() {
            return (answer.status, site.elapsed(), calls);
        }
        assert!(site.elapsed() < 100 * SECOND, "no answer");
        site.pass(SECOND);
    }
}

#[test]
fn the_first_time_that_is_over_answers_and_deadlines_go_on_meanwhile() {
    const INNER: Status = Status::GATEWAY_TIMEOUT;
    const OUTER: Status = Status::SERVICE_UNAVAILABLE;
    type Row = (u32, u64, &'static [(u64, Status)], u16, u64, usize);
    let rows: [Row; 7] = [
        (2, 3, &[], 200, 6, 2),
        (2, 3, &[(10, INNER)], 200, 6, 2),
        (5, 3, &[(10, INNER)], 504, 10, 3),
        (1, 30, &[(10, INNER)], 504, 10, 0),
        (5, 3, &[(10, INNER), (7, OUTER)], 503, 7, 2),
        (5, 3, &[(7, INNER), (10, OUTER)], 504, 7, 2),
        // Both at once: the response counts.
        (2, 5, &[(10, INNER)], 200, 10, 2),
    ];
    for (ticks, every, layers, status, seconds, ticked) in rows {
        let (got, elapsed, calls) = outcome(ticks, every, layers);
        assert_eq!(
            (got, elapsed),
            (status, Duration::from_secs(seconds)),
            "{layers:?}"
        );
        let mut want = vec!["tick"; ticked];
        want.push("close");
        assert_eq!(*calls.borrow(), want, "{layers:?}");
    }
}

#[test]
fn a_deadline_that_the_handler_has_set_is_its_exchange_s() {
    let mut site = Site::new(handler(|_, cx: &mut Cx<'_>| {
        let due = cx.now() + SECOND;
        cx.set_deadline(Some(due));
        Reply::later(move |cx| {
            assert!(cx.deadline().is_none_or(|at| at == due));
            match cx.now() >= due {
                true => Poll::Ready(Ok(Response::new(Status::OK))),
                false => Poll::Pending,
            }
        })
        .timeout(2 * SECOND, |_| Failure::new(Status::GATEWAY_TIMEOUT))
    }));
    let peer = site.connect();
    peer.send(GET);
    site.pass(SECOND);
    assert_eq!(peer.answer().unwrap().status, 200);
}

#[test]
fn a_body_that_is_collected_too_slowly_gets_the_fallback() {
    let mut site = Site::new(handler(|req: &Request<'_>, _: &mut Cx<'_>| {
        let fallback = |_: &mut Cx<'_>| Response::new(Status::REQUEST_TIMEOUT).text("hurry");
        Reply::collect(req, 100, |_, _| Response::new(Status::OK)).timeout(5 * SECOND, fallback)
    }));
    let peer = site.connect();
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    site.pass(5 * SECOND);
    let answer = peer.answer().unwrap();
    assert_eq!((answer.status, answer.text()), (408, "hurry".into()));
}

#[test]
fn a_handler_can_drain_its_server_and_is_still_heard() {
    let mut site = Site::new(handler(|_, cx: &mut Cx<'_>| {
        cx.handle().drain(SECOND).unwrap();
        Response::new(Status::ACCEPTED)
    }));
    let peer = site.connect();
    peer.send(GET);
    site.settle();
    assert_eq!(peer.answer().unwrap().status, 202);
    site.pass(SECOND);
    assert!(site.is_drained());
}

#[test]
fn map_sees_each_answer_once_the_server_s_own_too() {
    let seen: Rc<RefCell<Vec<u16>>> = Rc::default();
    let log = seen.clone();
    let mut site = Site::new(handler(move |req: &Request<'_>, _: &mut Cx<'_>| {
        let reply = match req.path() {
            "/known" => Response::new(Status::OK).into(),
            "/late" => Reply::later(|_| Poll::Ready(Ok(Response::new(Status::OK)))),
            "/error" => Reply::later(|_| Poll::Ready(Err(io::Error::other("no")))),
            "/forgotten" => Reply::later(|_| Poll::Pending),
            _ => Reply::collect(req, 4, |_, _| Response::new(Status::OK)),
        };
        let log = log.clone();
        reply.map(move |response| {
            log.borrow_mut().push(response.status().code());
            response.header("X-Seen", "yes")
        })
    }));
    for (request, status) in [
        ("GET /known HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ("GET /late HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ("GET /error HTTP/1.1\r\nHost: h\r\n\r\n", 500),
        ("GET /forgotten HTTP/1.1\r\nHost: h\r\n\r\n", 500),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab",
            408,
        ),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n",
            413,
        ),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
            413,
        ),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            400,
        ),
    ] {
        let peer = site.connect();
        peer.send(request);
        site.pass(60 * SECOND);
        let answer = peer.answer().unwrap();
        assert_eq!(answer.status, status, "{request}");
        assert_eq!(answer.header("X-Seen"), Some("yes"), "{request}");
        assert_eq!(seen.take(), [status], "{request}");
    }
}

/// Gives the same fields in each of the places where it can, as its request says.
struct Doubling(CommonHeaders);

const TWICE: [(&str, &str); 3] = [
    ("X-Frame-Options", "DENY"),
    ("Link", "</a.css>; rel=preload"),
    ("Vary", "Accept"),
];

fn with_all(response: Response) -> Response {
    let add = |response: Response, (name, value): (&'static str, &'static str)| {
        let is_there = response.header_value(name).is_some();
        if is_there {
            response
        } else {
            response.header(name, value)
        }
    };
    TWICE.into_iter().fold(response, add)
}

impl Handler for Doubling {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let path = req.path().to_owned();
        let has = |what: &str| path.contains(what);
        let response = match has("error") {
            true => Failure::new(Status::NOT_FOUND).into(),
            false => Response::new(Status::OK),
        };
        let mut response = Some(match has("own") {
            true => with_all(response),
            false => response,
        });
        let reply = match has("later") {
            true => Reply::later(move |_| match response.take() {
                Some(response) => Poll::Ready(Ok(response)),
                None => Poll::Pending,
            }),
            false => response.take().unwrap().into(),
        };
        match has("map") {
            true => reply.map(with_all),
            false => reply,
        }
    }

    fn error_page(&mut self, failure: &Failure) -> Response {
        with_all(failure.page())
    }

    fn finish(&mut self, fields: Headers<'_>, response: &mut Response) {
        if fields.get("X-Common").is_some() {
            self.0.apply(response);
        }
    }
}

#[test]
fn no_combination_of_layers_doubles_a_field() {
    let common = TWICE
        .iter()
        .fold(CommonHeaders::default(), |common, (name, value)| {
            common.header(*name, *value).unwrap()
        });
    let mut site = Site::new(Doubling(common));
    for bits in 0..32_u32 {
        let has = |bit: u32| bits & (1 << bit) != 0;
        let path: String = [(0, "own"), (1, "later"), (2, "map"), (3, "error")]
            .iter()
            .filter(|(bit, _)| has(*bit))
            .map(|(_, name)| format!("/{name}"))
            .collect();
        let common = if has(4) { "X-Common: y\r\n" } else { "" };
        let answer = site.ask(format!("GET /{path} HTTP/1.1\r\nHost: h\r\n{common}\r\n"));
        let count = |name: &str| {
            let mut headers = answer.headers.iter();
            headers.by_ref().filter(|(other, _)| other == name).count()
        };
        let want = usize::from(has(0) || has(2) || has(3) || has(4));
        for (name, _) in TWICE {
            assert_eq!(count(name), want, "{name} of {path} {common}");
        }
    }
}
