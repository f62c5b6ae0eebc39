//! Fields of responses: which stand once, who decides them, and what is told of those left out.

use sprat::{Failure, Handler, Log, Reply, Request, Response, Status};

use super::support::Reply as Answer;
use super::{serve, site, text};

/// The values of all fields with this name.
fn all<'a>(reply: &'a Answer, name: &str) -> Vec<&'a str> {
    let fields = reply.headers.iter();
    let same = fields.filter(|(other, _)| other.eq_ignore_ascii_case(name));
    same.map(|(_, value)| value.as_str()).collect()
}

#[test]
fn a_field_that_is_no_list_stands_once_and_the_last_wins() {
    let (server, _log) = site(|_, _| {
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
        fn handle(&mut self, _: &Request<'_>, _: &mut sprat::Cx<'_>) -> Reply {
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
    let reply = serve(|| Pages).get("/");
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
