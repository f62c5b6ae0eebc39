//! Tests of `handler::multipart`.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use super::*;
use crate::handler::{Reply, handler};
use crate::http::limits::Limits;
use crate::http::status::Status;
use crate::testing::{Answer, Site};

const FORM: &str = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n12345\r\n--b\r\n\
    Content-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n67\r\n--b--\r\n";

/// Tells of each event.
fn tell(req: &Request<'_>) -> Reply {
    let mut told = String::new();
    Reply::form(req, move |event, _| {
        match event {
            FormEvent::Part(part) if part.name() == "early" => {
                return Ok(Some(Response::new(Status::CONFLICT).text("early")));
            }
            FormEvent::Part(part) if part.name() == "bad" => {
                return Err(Failure::new(Status::UNPROCESSABLE_CONTENT));
            }
            FormEvent::Part(part) => told.push_str(&format!("[{}", part.name())),
            FormEvent::Data(data) => told.push_str(std::str::from_utf8(data).unwrap()),
            FormEvent::PartEnd => told.push(']'),
            FormEvent::End if told.contains("silent") => return Ok(None),
            FormEvent::End => return Ok(Some(Response::new(Status::OK).text(told.clone()))),
        }
        Ok(None)
    })
}

fn site() -> Site<impl crate::Handler> {
    Site::new(handler(|req: &Request<'_>, _: &mut Cx<'_>| tell(req)))
}

fn head(content_type: &str, length: usize) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: {content_type}\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

fn ask(content_type: &str, body: &str) -> (Answer, Vec<String>) {
    let mut site = site();
    let answer = site.ask(head(content_type, body.len()) + body);
    (answer, site.log())
}

const TYPE: &str = "multipart/form-data; boundary=b";

#[test]
fn a_form_is_read_as_it_arrives_in_any_pieces() {
    for at in 0..=FORM.len() {
        let mut site = site();
        let peer = site.connect();
        peer.send(head(TYPE, FORM.len()));
        let (first, second) = FORM.split_at(at);
        for piece in [first, second] {
            peer.send(piece);
            site.settle();
        }
        assert_eq!(peer.answer().unwrap().text(), "[a12345][f67]", "{at}");
    }
    let chunks = FORM.chars().map(|c| format!("1\r\n{c}\r\n"));
    let body: String = chunks.collect();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: {TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let answer = site().ask(format!("{head}{body}0\r\n\r\n"));
    assert_eq!(answer.text(), "[a12345][f67]");
}

/// Takes one event at a time, and lets its peer wait.
struct Sips {
    form: MultipartForm,
    told: String,
    has_ended: bool,
}

impl Exchange for Sips {
    fn on_body(&mut self, mut chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        let offered = chunk.len();
        match self.form.next_event(&mut chunk) {
            Ok(Some(FormEvent::Part(part))) => self.told.push_str(part.name()),
            Ok(Some(FormEvent::Data(data))) => self.told += std::str::from_utf8(data).unwrap(),
            Ok(_) => {}
            Err(failure) => return Err(io::Error::other(failure)),
        }
        cx.waker().wake()?;
        Ok(offered - chunk.len())
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.has_ended = self.form.finish().is_ok();
        Ok(())
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        match self.has_ended {
            true => Poll::Ready(Ok(Response::new(Status::OK).text(self.told.clone()))),
            false => Poll::Pending,
        }
    }
}

#[test]
fn an_exchange_may_stop_behind_any_event() {
    let mut site = Site::new(handler(|req: &Request<'_>, _: &mut Cx<'_>| {
        Reply::exchange(Sips {
            form: MultipartForm::for_request(req).unwrap(),
            told: String::new(),
            has_ended: false,
        })
    }));
    let answer = site.ask(head(TYPE, FORM.len()) + FORM);
    assert_eq!(answer.text(), "a12345f67");
}

#[test]
fn who_sends_no_form_is_told_so() {
    for (content_type, body, status) in [
        ("text/plain", FORM, 415),
        ("multipart/mixed; boundary=b", FORM, 415),
        ("multipart/form-data", FORM, 400),
        ("multipart/form-data; boundary=c", FORM, 400),
        // A second field of the same head.
        (
            "multipart/form-data; boundary=b\r\nContent-Type: multipart/form-data; boundary=b",
            FORM,
            400,
        ),
        (TYPE, "", 400),
        (TYPE, &FORM[..FORM.len() - 4], 400),
        (TYPE, "--bx", 400),
        (
            TYPE,
            &"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n".repeat(1001),
            413,
        ),
    ] {
        let (answer, log) = ask(content_type, body);
        assert_eq!(answer.status, status, "{content_type} {body:.20}");
        assert!(!log.iter().any(|line| line.contains("bug:")), "{log:?}");
    }
    let (answer, log) = ask(TYPE, "--bx");
    let why = "A boundary in the form is not the whole of its line.";
    assert!(answer.text().contains(why), "{}", answer.text());
    assert!(log.iter().any(|line| line.contains(why)), "{log:?}");
}

#[test]
fn an_answer_may_come_before_the_end() {
    for (name, status) in [("early", 409), ("bad", 422)] {
        let mut site = site();
        let peer = site.connect();
        peer.send(head(TYPE, 1_000_000));
        peer.send(format!(
            "--b\r\nContent-Disposition: form-data; name={name}\r\n\r\n"
        ));
        site.settle();
        assert_eq!(peer.answer().unwrap().status, status);
    }
}

#[test]
fn nothing_is_told_after_an_answer() {
    let calls = Rc::new(Cell::new(0));
    let count = calls.clone();
    let mut site = Site::new(handler(move |req: &Request<'_>, _: &mut Cx<'_>| {
        let count = count.clone();
        Reply::form(req, move |_, _| {
            count.set(count.get() + 1);
            // So long that it is still being sent while more of the form comes.
            Ok(Some(
                Response::new(Status::OK).bytes(vec![b'x'; 10_000_000]),
            ))
        })
    }));
    let peer = site.connect();
    peer.read_at_most(1000);
    peer.send(head(TYPE, FORM.len()));
    for piece in FORM.as_bytes().chunks(20) {
        peer.send(piece);
        site.settle();
    }
    assert_eq!(calls.get(), 1);
    peer.read_at_most(usize::MAX);
    site.settle();
    assert_eq!(peer.answer().unwrap().body.len(), 10_000_000);
    assert_eq!(calls.get(), 1);
}

#[test]
fn a_function_that_never_answers_is_a_bug() {
    let body = "--b\r\nContent-Disposition: form-data; name=silent\r\n\r\n\r\n--b--";
    let (answer, log) = ask(TYPE, body);
    assert_eq!(answer.status, 500);
    assert!(log.iter().any(|line| line.contains("bug:")), "{log:?}");
}

#[test]
fn a_form_has_the_limits_of_any_body() {
    let limits = Limits {
        body_bytes_max: 100,
        ..Limits::default()
    };
    let mut small = Site::with_limits(
        handler(|req: &Request<'_>, _: &mut Cx<'_>| tell(req)),
        limits,
    );
    assert_eq!(small.ask(head(TYPE, 101)).status, 413);
    let mut site = site();
    let peer = site.connect();
    peer.send(head(TYPE, 101));
    site.pass(Duration::from_secs(31));
    assert_eq!(peer.answer().unwrap().status, 408);
}
