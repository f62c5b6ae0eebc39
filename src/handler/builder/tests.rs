//! Tests of `handler::builder`.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::handler::{Response, handler};
use crate::http::status::Status;
use crate::testing::Site;

/// All that a handler can see of a request's head.
fn seen(req: &Request<'_>) -> String {
    let headers: Vec<_> = req.headers().iter().collect();
    let path = (req.path(), req.path_bytes(), req.query(), req.host());
    let line = (
        req.method(),
        req.target(),
        req.version(),
        req.request_line(),
    );
    format!("{line:?} {path:?} {:?} {headers:?}", req.body_len())
}

#[test]
fn what_is_made_is_what_the_server_reads() {
    let log: Rc<RefCell<Vec<String>>> = Rc::default();
    let other = log.clone();
    let mut site = Site::new(handler(move |req: &Request<'_>, _: &mut _| {
        other.borrow_mut().push(seen(req));
        Response::new(Status::OK)
    }));
    let of = || Request::builder();
    for made in [
        of(),
        of().method("HEAD").target("/a//b/../%ff?x=%20"),
        of().method("BREW").target("*").method("OPTIONS"),
        of().method("CONNECT").target("example.org:80"),
        of().target("http://example.org:8080/x").header("host", "h"),
        of().version(Version::Http10),
        of().header("X-A", "")
            .header("X-A", " padded\t")
            .header("X-B", b"\xff"),
        of().method("POST").header("Content-Length", "0"),
    ] {
        let made = made.build().unwrap();
        site.ask(&made);
        assert_eq!(log.take(), [seen(&made.request())]);
    }
    let chunked = of().header("Transfer-Encoding", "chunked").build().unwrap();
    assert_eq!(chunked.request().body_len(), BodyLen::Chunked);
    let counted = of().header("Content-Length", "7").build().unwrap();
    assert_eq!(counted.request().body_len(), BodyLen::Exact(7));
}

#[test]
fn what_the_server_would_refuse_is_a_fault() {
    let of = || Request::builder();
    for (made, fault) in [
        (of().method(""), Fault::BadRequestLine),
        (of().method("GET / HTTP/1.1\r\nX:"), Fault::BadRequestLine),
        (of().method("G T"), Fault::BadRequestLine),
        (of().target(""), Fault::BadRequestLine),
        (of().target("/ HTTP/1.1\r\nX: y"), Fault::BadRequestLine),
        (of().target("/a b"), Fault::BadRequestLine),
        (of().target("/%00"), Fault::BadTarget),
        (of().target("/x".repeat(10_000)), Fault::TargetTooLong),
        (of().header("", "x"), Fault::BadField),
        (of().header("X Y", "x"), Fault::BadField),
        (of().header("X:", "x"), Fault::BadField),
        (of().header("X", "a\r\nb: c"), Fault::BadField),
        (of().header("X", "a\nb"), Fault::BadField),
        (of().header("X", "a\0"), Fault::BadField),
        (of().header("X", "x".repeat(70_000)), Fault::HeadTooLarge),
        (
            of().header("Host", "a").header("Host", "a"),
            Fault::HostRepeated,
        ),
        (of().header("Host", "a b"), Fault::HostInvalid),
        (of().header("Content-Length", "+1"), Fault::BadLength),
        (
            of().header("Transfer-Encoding", "gzip, chunked"),
            Fault::TransferCodingUnknown,
        ),
    ] {
        assert_eq!(made.build().err(), Some(fault), "{made:?}");
    }
}
