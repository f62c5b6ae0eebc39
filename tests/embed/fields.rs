//! Fields of responses: which stand once, who decides them, and what is told of those left out.

use std::task::Poll;

use sprat::{Body, Cx, Expectation, Failure, Handler, Log, Reply, Request, Response, Status};

use super::still::{Still, still};
use super::support::Reply as Answer;
use super::{line, text};

/// The values of all fields with this name.
fn all<'a>(reply: &'a Answer, name: &str) -> Vec<&'a str> {
    let fields = reply.headers.iter();
    let same = fields.filter(|(other, _)| other.eq_ignore_ascii_case(name));
    same.map(|(_, value)| value.as_str()).collect()
}

#[test]
fn a_field_that_is_no_list_stands_once_and_the_last_wins() {
    let (server, _log) = still(|_, _| {
        let response = text("{}")
            .header("Content-Type", "text/html")
            .header("X-Frame-Options", "DENY")
            .header("content-type", "application/json")
            .header_bytes("x-frame-options", &b"SAMEORIGIN"[..])
            .header("Server", "one")
            .header("Server", "two")
            .header("Vary", "Accept")
            .header("Vary", "Origin")
            .header("Set-Cookie", "a=1")
            .header("Set-Cookie", "b=2");
        response.into()
    });
    let reply = server.get("/");
    for (name, want) in [
        ("Content-Type", &["application/json"][..]),
        ("X-Frame-Options", &["SAMEORIGIN"]),
        ("Server", &["two"]),
        ("Vary", &["Accept", "Origin"]),
        ("Set-Cookie", &["a=1", "b=2"]),
    ] {
        assert_eq!(all(&reply, name), want, "{name}");
    }
}

#[test]
fn an_error_page_describes_itself_and_takes_the_other_fields_of_its_answer() {
    struct Pages;
    impl Handler for Pages {
        fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
            let response = Response::error(Failure::new(Status::UNAUTHORIZED));
            let response = response.header("Content-Type", "application/json");
            let response = response.header("X-Frame-Options", "DENY");
            let response = response.header("Vary", "Origin").header("Vary", "Accept");
            response.header("WWW-Authenticate", "Basic").into()
        }

        fn error_page(&mut self, failure: &Failure) -> Response {
            let page = Response::new(failure.status).text("no\n");
            let page = page.header("Content-Type", "text/x-page");
            page.header("X-Frame-Options", "SAMEORIGIN")
                .header("Vary", "Origin")
        }

        fn log(&mut self, _: Log<'_>) {}
    }
    let reply = Still::of(Pages).get("/");
    assert_eq!((reply.status, reply.text()), (401, "no\n"));
    for (name, want) in [
        ("Content-Type", &["text/x-page"][..]),
        ("X-Frame-Options", &["DENY"]),
        ("Vary", &["Origin", "Accept"]),
        ("WWW-Authenticate", &["Basic"]),
    ] {
        assert_eq!(all(&reply, name), want, "{name}");
    }
}

#[test]
fn a_handler_that_refuses_expectations_never_runs() {
    // As the table in `python.md` ports a class whose `handle_expect_100` sends an error.
    struct Refuses(u32);
    impl Handler for Refuses {
        fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
            self.0 += 1;
            let hits = self.0;
            Reply::collect(req, 100, move |_, _| text(hits.to_string()))
        }

        fn expect_continue(&mut self, _: &Request<'_>) -> Expectation {
            Failure::new(Status::EXPECTATION_FAILED).into()
        }
    }
    let server = Still::of(Refuses(0));
    let expect = "Expect: 100-continue\r\n";
    let with_body = format!("{expect}Content-Length: 5\r\n");
    for (line, fields) in [
        ("GET /", expect),
        ("POST /", &with_body),
        ("HEAD /", expect),
    ] {
        assert_eq!(server.ask(line, fields).status, 417, "{line}");
    }
    let old = server.say(format!("GET / HTTP/1.0\r\n{expect}\r\n"));
    assert_eq!(
        old.text(),
        "1",
        "to be ignored in HTTP/1.0, and the first that ran"
    );
}

#[test]
fn a_final_answer_is_no_interim_one() {
    let (server, log) = still(|req, _| {
        let early = Status::EARLY_HINTS;
        match req.path() {
            "/error" => Failure::new(early).into(),
            "/later" => Reply::later(move |_| {
                let response = Response::new(early).with_body(Body::Streamed(None));
                Poll::Ready(Ok(response))
            }),
            _ => Response::new(early).header("Link", "</a>").into(),
        }
    });
    for path in ["/", "/error", "/later"] {
        assert_eq!(server.get(path).status, 500, "{path}");
        assert_eq!(line(&log), "bug: a final response cannot have status 103");
        assert_eq!(line(&log), "code 500, message Internal Server Error");
        assert_eq!(line(&log), "500");
    }
}

#[test]
fn what_has_no_body_says_nothing_of_its_type() {
    let (server, _log) = still(|req, _| {
        let (kind, code) = req.path()[1..].split_once('/').unwrap();
        let status = Status::new(code.parse().unwrap()).unwrap();
        match kind {
            "error" => Failure::new(status).into(),
            _ => Response::new(status).text("text").into(),
        }
    });
    for kind in ["error", "text"] {
        for status in [204, 205, 304] {
            let reply = server.get(&format!("/{kind}/{status}"));
            assert_eq!((reply.status, reply.text()), (status, ""), "{kind}");
            assert_eq!(reply.header("Content-Type"), None, "{kind} {status}");
        }
    }
}

#[test]
fn framing_of_a_handlers_own_is_left_out_and_told() {
    let (server, log) = still(|req, cx| {
        if req.path() == "/interim" {
            let length = [("Content-Length", "5"), ("X-A", "1")];
            cx.interim(Status::EARLY_HINTS, &length);
        }
        let response = text("well").header("X-Good", "1");
        match req.path() {
            "/longer" => response.header("Content-Length", "999").into(),
            "/coded" => response.header("transfer-encoding", "chunked").into(),
            "/right" => response.header("Content-Length", "4").into(),
            "/empty" => Response::new(Status::NO_CONTENT)
                .header("Content-Length", "0")
                .into(),
            _ => response.into(),
        }
    });
    let told = |name: &str| format!("bug: a field that cannot be sent is left out: {name:?}");
    for (path, want, status) in [
        ("/longer", Some(told("Content-Length")), 200),
        ("/coded", Some(told("transfer-encoding")), 200),
        ("/right", None, 200),
        ("/empty", Some(told("Content-Length")), 204),
    ] {
        for method in ["GET", "HEAD"] {
            let reply = server.ask(&format!("{method} {path}"), "");
            let length = (status == 200).then_some("4");
            assert_eq!(reply.header("Content-Length"), length, "{method} {path}");
            assert_eq!(reply.header("Transfer-Encoding"), None);
            if let Some(want) = &want {
                assert_eq!(&line(&log), want, "{method} {path}");
            }
            assert_eq!(line(&log), status.to_string(), "{method} {path}");
        }
    }
    let answers = server.answers("GET /interim HTTP/1.1\r\nHost: h\r\n\r\n");
    let [interim, last] = &answers[..] else {
        panic!("{answers:?}");
    };
    assert_eq!((interim.status, last.text()), (103, "well"));
    let bug = "bug: a field that cannot be sent is left out of 103: \"Content-Length\"";
    assert_eq!(line(&log), bug);
}

#[test]
fn a_type_that_cannot_be_sent_is_in_no_part_head() {
    let path = std::env::current_exe().unwrap();
    let (server, log) = still(move |req, _| {
        let files = sprat::FileServer::new(".").unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let file = sprat::OpenFile::new(file, "a/b\r\nSet-Cookie: evil=1").unwrap();
        files.send(req, file).into()
    });
    let bug = "bug: a field that cannot be sent is left out: \"Content-";
    for range in ["bytes=0-0,5-5", "bytes=0-0"] {
        let reply = server.ask("GET /", &format!("Range: {range}\r\n"));
        assert_eq!(reply.status, 206);
        assert!(!String::from_utf8_lossy(&reply.body).contains("evil"));
        assert!(line(&log).starts_with(bug), "{range}");
        assert_eq!(line(&log), "206");
    }
}
