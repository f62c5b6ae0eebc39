//! Tests of `handler::reply`.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::handler::{CommonHeaders, Handler, Request, handler};
use crate::http::headers::Headers;
use crate::testing::Site;

const MINUTE: Duration = Duration::from_secs(60);

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

/// Never answers, and fails at its deadline.
struct Slow;

impl Exchange for Slow {
    fn on_deadline(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        Err(io::Error::other("the deadline failed"))
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        if cx.deadline().is_none() {
            cx.set_deadline(Some(cx.now() + MINUTE / 2));
        }
        Poll::Pending
    }
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
            "/missing" => Failure::new(Status::NOT_FOUND).into(),
            "/forgotten" => Reply::later(|_| Poll::Pending),
            "/timed" => Reply::exchange(Slow)
                .timeout(MINUTE / 60, |_| Failure::new(Status::GATEWAY_TIMEOUT)),
            "/overdue" => Reply::exchange(Slow),
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
        ("GET /missing HTTP/1.1\r\nHost: h\r\n\r\n", 404),
        ("GET /timed HTTP/1.1\r\nHost: h\r\n\r\n", 504),
        ("GET /overdue HTTP/1.1\r\nHost: h\r\n\r\n", 500),
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
        site.pass(MINUTE);
        let answer = peer.answer().unwrap();
        assert_eq!(answer.status, status, "{request}");
        assert_eq!(answer.header("X-Seen"), Some("yes"), "{request}");
        assert_eq!(seen.take(), [status], "{request}");
    }
}

/// Gives the same fields in each of the places where it can, as its request says.
struct Doubling(CommonHeaders);

/// Fields of which there is one, however many give it.
const TWICE: [(&str, &str); 4] = [
    ("X-Frame-Options", "DENY"),
    ("Link", "</a.css>; rel=preload"),
    ("Cache-Control", "no-store"),
    ("Vary", "Accept"),
];

fn with_all(response: Response) -> Response {
    let add = |response: Response, (name, value): (&'static str, &'static str)| match response
        .header_value(name)
        .is_some()
    {
        true => response,
        false => response.header(name, value),
    };
    TWICE.into_iter().fold(response, add)
}

impl Handler for Doubling {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let path = req.path().to_owned();
        let has = |what: &str| path.contains(what);
        let response = match has("error") {
            true => Failure::new(Status::NOT_FOUND).into(),
            false => Response::new(Status::OK).text("fine"),
        };
        let mut response = Some(match has("own") {
            true => with_all(response),
            false => response,
        });
        let fails = has("fails");
        let reply = match has("later") {
            true if fails => Reply::later(|_| Poll::Ready(Err(io::Error::other("it failed")))),
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
        // Of this one there is only one, though the page says otherwise.
        with_all(failure.page().header("X-Frame-Options", "SAMEORIGIN"))
    }

    fn finish(&mut self, fields: Headers<'_>, response: &mut Response) {
        if fields.get("X-Common").is_some() {
            self.0.apply(response);
        }
    }
}

#[test]
fn no_combination_of_layers_doubles_a_field() {
    let common = TWICE.iter().chain(&[("Pragma", "no-cache")]);
    let common = common.fold(CommonHeaders::default(), |common, (name, value)| {
        common.header(*name, *value).unwrap()
    });
    let mut site = Site::new(Doubling(common));
    for bits in 0..64_u32 {
        let has = |bit: u32| bits & (1 << bit) != 0;
        let names = ["own", "later", "map", "error", "fails"];
        let named = (0..).zip(names).filter(|(bit, _)| has(*bit));
        let path: String = named.map(|(_, name)| format!("/{name}")).collect();
        let common = if has(5) { "X-Common: y\r\n" } else { "" };
        let answer = site.ask(format!("GET /{path} HTTP/1.1\r\nHost: h\r\n{common}\r\n"));
        let count = |name: &str| {
            let headers = answer.headers.iter();
            headers.filter(|(other, _)| other == name).count()
        };
        let fails = has(1) && has(4);
        let want = usize::from(has(0) || has(2) || has(3) || fails || has(5));
        for (name, _) in TWICE {
            assert_eq!(count(name), want, "{name} of {path} {common}");
        }
        for name in ["Content-Type", "Date", "Content-Length"] {
            assert_eq!(count(name), 1, "{name} of {path} {common}");
        }
    }
}
