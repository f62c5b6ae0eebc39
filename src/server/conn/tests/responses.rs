//! What becomes of responses that cannot be, or cost more than others.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::{Pieces, Poller, READABLE};
use crate::handler::{
    Body, BodySource, Cx, Failure, Handler, Log, Pull, Reply, Request, Response, Sink,
};
use crate::http::limits::{Limits, REQUESTS_PER_TURN, SMALL_FILE_BYTES_MAX};
use crate::http::method::Version;
use crate::http::status::Status;
use crate::reactor::clock::Clock;
use crate::server::engine::Engine;

/// A source of one byte.
struct One;

impl BodySource for One {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> std::io::Result<Pull> {
        out.put(b"1");
        Ok(Pull::Done)
    }
}

/// Answers as the path says; counts responses, and keeps the lines of the error log.
#[derive(Clone, Default)]
struct Odd {
    answered: Rc<Cell<usize>>,
    lines: Rc<RefCell<Vec<String>>>,
}

impl Handler for Odd {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let ok = Response::new(Status::OK);
        match req.path() {
            "/interim" => Response::new(Status::CONTINUE).into(),
            "/streamed" => ok.with_body(Body::Streamed(None)).into(),
            "/field" => ok.header("X-A", "a\nb").header("X-B", "b").into(),
            "/busy" => Failure::new(Status::SERVICE_UNAVAILABLE).into(),
            "/large" => ok.bytes(vec![b'x'; SMALL_FILE_BYTES_MAX + 1]).into(),
            "/source" => ok.source(One).into(),
            _ => ok.bytes(vec![b'x'; 9]).into(),
        }
    }

    fn log(&mut self, entry: Log<'_>) {
        match entry {
            Log::Access { .. } => self.answered.set(self.answered.get() + 1),
            Log::Error { message, .. } => self.lines.borrow_mut().push(message.into()),
            Log::Over(_) => {}
        }
    }
}

/// Has so many requests for this answered, in one turn; what came back.
fn turn(path: &str, count: usize, odd: &mut Odd) -> String {
    let poller = Poller::new();
    let now = Clock::new().read();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let pieces = Pieces::default();
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let requests = request.repeat(count).into_bytes();
    pieces.0.borrow_mut().push_back(requests);
    let key = engine.insert(pieces.clone(), (None, None), now.mono);
    engine.announce(key, READABLE);
    engine.run(&mut poller.host(odd, &now));
    String::from_utf8(pieces.1.take()).unwrap()
}

#[test]
fn what_a_handler_may_not_answer_leaves_a_line_and_a_peer_that_knows() {
    const INTERIM: &str = "bug: a final response cannot have status 100";
    const STREAMED: &str = "Body::Streamed without its exchange";
    const FIELD: &str = "bug: a field that cannot be sent is left out: \"X-A\"";
    for (path, status, line) in [
        ("/", 200, None),
        ("/interim", 500, Some(INTERIM)),
        ("/streamed", 500, Some(STREAMED)),
        ("/field", 200, Some(FIELD)),
    ] {
        let mut odd = Odd::default();
        let text = turn(path, 1, &mut odd);
        let begins = format!("HTTP/1.1 {status} ");
        assert!(text.starts_with(&begins), "{path}: {text}");
        let lines = odd.lines.take();
        let is_told = |line: &str| lines.iter().any(|other| other.contains(line));
        assert!(line.is_none_or(is_told), "{path}: {lines:?}");
        assert_eq!(lines.is_empty(), line.is_none(), "{path}: {lines:?}");
        assert!(!text.contains("X-A"), "{path}: {text}");
        assert_eq!(text.contains("X-B: b\r\n"), path == "/field", "{text}");
    }
}

#[test]
fn of_what_costs_much_one_is_answered_in_a_turn_and_of_others_many() {
    for (path, most) in [
        ("/", REQUESTS_PER_TURN),
        ("/busy", 1),
        ("/large", 1),
        ("/source", 1),
    ] {
        let mut odd = Odd::default();
        turn(path, 2 * REQUESTS_PER_TURN, &mut odd);
        assert_eq!(odd.answered.get(), most, "{path}");
    }
}
