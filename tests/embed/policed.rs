//! The rules of a site around a handler of somebody else's: they hold for all that is answered, and
//! what they do not answer is the handler's own.

use std::borrow::Cow;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

use sprat::{
    Cx, Expectation, Failure, Handler, Headers, Log, Policed, Policy, Reply, Request, Response,
    Status,
};

use super::still::Still;
use super::support::Reply as Answer;
use super::{line, text};

/// Answers all but `/none`, and tells of each call.
struct Inner(Sender<String>);

impl Inner {
    fn tell(&self, call: &str) {
        // A test that does not listen is over.
        let _ = self.0.send(call.to_owned());
    }
}

impl Handler for Inner {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        self.tell("handle");
        match req.target() {
            b"/none" => Failure::new(Status::NOT_FOUND).into(),
            b"/own" => text("own")
                .header("Access-Control-Allow-Origin", "https://own.example")
                .header("Cross-Origin-Embedder-Policy", "unsafe-none")
                .into(),
            _ => text("inner").into(),
        }
    }

    fn expect_continue(&mut self, _: &Request<'_>) -> Expectation {
        self.tell("expect_continue");
        Failure::new(Status::EXPECTATION_FAILED).into()
    }

    fn error_page(&mut self, failure: &Failure) -> Response {
        Response::new(failure.status).text("a page of its own")
    }

    fn finish(&mut self, _: Headers<'_>, response: &mut Response) {
        response.add_header("X-Inner", "1");
    }

    fn server_software(&self) -> Option<Cow<'static, str>> {
        Some("inner/1".into())
    }

    fn log(&mut self, entry: Log<'_>) {
        if let Log::Over(_) = entry {
            self.tell("over");
        }
    }

    fn work(&mut self, _: Instant) -> Option<Instant> {
        self.tell("work");
        None
    }

    fn turn_ended(&mut self) {
        self.tell("turn_ended");
    }
}

fn policed(inner: Inner) -> Policed<Inner> {
    let policy = Policy::default().cors("https://a.example").unwrap();
    let policy = policy.cors("https://c.example").unwrap();
    policy.allow_host("h").unwrap().isolate().around(inner)
}

fn ask(server: &Still<Policed<Inner>>, line: &str, host: &str, fields: &str) -> Answer {
    server.say(format!("{line} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n"))
}

#[test]
fn rules_hold_for_all_answers_and_nothing_else_is_refused() {
    let (calls, _calls) = channel();
    let server = Still::of(policed(Inner(calls)));
    const OWN: &str = "Origin: https://a.example\r\n";
    const OTHER: &str = "Origin: https://b.example\r\n";
    const PREFLIGHT: &str = "Origin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n";
    const EXPECTS: &str = "Origin: https://a.example\r\nExpect: 100-continue\r\n";
    const BAD: &str = "Origin: https://a.example\r\nContent-Length: x\r\n";
    let a = Some("https://a.example");
    for (line, host, fields, status, origin, methods) in [
        ("GET /", "h", OWN, 200, a, None),
        ("HEAD /", "H.:80", OWN, 200, a, None),
        ("GET /", "localhost", OWN, 200, a, None),
        ("GET /", "h", OTHER, 200, None, None),
        ("GET /", "h", "", 200, None, None),
        ("GET /none", "h", OWN, 404, a, None),
        ("POST /", "h", EXPECTS, 417, a, None),
        ("GET /own", "h", OWN, 200, Some("https://own.example"), None),
        ("OPTIONS /", "h", OWN, 200, a, None),
        ("OPTIONS /", "h", PREFLIGHT, 204, a, Some("PUT")),
        // Refused before the handler is asked, its own answers included.
        ("GET /", "other", OWN, 421, a, None),
        ("GET /own", "other", OWN, 421, a, None),
        ("OPTIONS /", "other", PREFLIGHT, 421, a, None),
        ("POST /", "other", EXPECTS, 421, a, None),
        // The server's own error.
        ("POST /", "h", BAD, 400, a, None),
    ] {
        let reply = ask(&server, line, host, fields);
        let about = format!("{line} {host} {fields:?}");
        assert_eq!(reply.status, status, "{about}");
        let field = |name| reply.header(name);
        assert_eq!(field("Access-Control-Allow-Origin"), origin, "{about}");
        assert_eq!(field("Access-Control-Allow-Methods"), methods, "{about}");
        assert_eq!(field("X-Inner"), Some("1"), "{about}");
        assert_eq!(field("Server"), Some("inner/1"), "{about}");
        let is_own = line == "GET /own" && status == 200;
        let embedder = if is_own {
            "unsafe-none"
        } else {
            "require-corp"
        };
        for (name, value) in [
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Embedder-Policy", embedder),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
        ] {
            assert_eq!(field(name), Some(value), "{about}");
        }
        if status >= 400 {
            assert_eq!(reply.text(), "a page of its own", "{about}");
        }
    }
}

#[test]
fn a_handler_under_rules_is_called_as_it_would_be_without() {
    let (calls, heard) = channel();
    let server = Still::of(policed(Inner(calls)));
    let hears = |wanted: &[&str]| {
        let mut left = wanted.to_vec();
        while !left.is_empty() {
            let call = line(&heard);
            left.retain(|wanted| *wanted != call);
        }
    };
    assert_eq!(ask(&server, "GET /", "h", "").status, 200);
    hears(&["handle", "over", "turn_ended", "work"]);
    assert_eq!(
        ask(&server, "POST /", "h", "Expect: 100-continue\r\n").status,
        417
    );
    hears(&["expect_continue", "over", "work"]);
}
