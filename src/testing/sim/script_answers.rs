//! Which answer a script gives, by what its name says that it does (see `script`).

use super::answer::{Answer, Body, End, Say, fault};
use super::fixture::{digest, pattern};
use super::oracle::{Got, Length, Req, State};

const TYPE: &str = "Content-Type: text/plain";

/// What is answered for a local redirect.
type Rerouted = fn(&Req, &str) -> Answer;

/// The answer to a request for a script.
pub fn script(req: &Req, words: &[String], got: &Got, end: End, rerouted: Rerouted) -> Answer {
    let name = words.get(1).map_or("", String::as_str);
    let is_head = req.method == "HEAD";
    let complete = got.state == State::Complete;
    // A chunked body is gathered first, and what asks for all of it waits for all of it.
    let waits = req.length == Length::Chunked || name == "read" || (name == "echo" && is_head);
    if waits && !complete {
        return fault(got, end).headless_if(is_head);
    }
    if name == "echo" && got.data.is_empty() && !complete {
        return fault(got, end).headless_if(is_head);
    }
    let mut answer = said(req, words, got, rerouted);
    if is_head && !answer.is_raw() {
        answer = answer.headless();
    }
    // What comes first decides: the answer, or the end of a body that is none.
    answer.vague |= !complete;
    if req.length == Length::None || waits || name == "echo" {
        answer.cut |= !complete;
        return answer;
    }
    let mut answer = answer.before_body_end(req, got);
    if name == "redirect" || name == "circle" {
        // How much of the body is left then depends on how far the script was fed.
        answer.close = Say::Either;
        if answer.next == Say::No && complete {
            answer.next = Say::Either;
        }
    }
    answer
}

/// What the script says, if all of its request arrives.
fn said(req: &Req, words: &[String], got: &Got, rerouted: Rerouted) -> Answer {
    let name = words.get(1).map_or("", String::as_str);
    let n = words.get(2).and_then(|n| n.parse().ok()).unwrap_or(0);
    let plain = || Answer::new("200 OK").line(TYPE);
    let page = |code| Answer::page(code, false, false);
    match name {
        "doc" | "late" | "hold" | "linger" | "noisy" => plain().streamed(pattern(n), req),
        "len" => plain().bytes(pattern(n)),
        "over" => plain().bytes(pattern(n)),
        "under" => {
            let mut answer = plain().bytes(pattern(n)).cut();
            answer.head.pop();
            answer.line(format!("Content-Length: {}", n + 5))
        }
        "status" => {
            let answer = Answer::new("404 Nope").line(TYPE);
            answer.streamed(b"nope".to_vec(), req)
        }
        "empty" => Answer::new("204 Nothing"),
        "moved" => {
            let answer = Answer::new("302 Found").line("Location: http://h/x");
            answer.streamed(Vec::new(), req)
        }
        "hang" => page(504),
        "silent" | "half" | "bad" => page(502),
        "nostart" => match n % 3 {
            0 => Answer::busy(),
            1 => page(500),
            _ => page(403),
        },
        "read" => plain().bytes(digest(&got.data).into_bytes()),
        "echo" if got.state != State::Complete => {
            // The fault may be seen before the answer has begun.
            let mut answer = plain().streamed(got.data.clone(), req).cut();
            answer.vague = true;
            answer
        }
        "echo" => plain().streamed(got.data.clone(), req),
        "crash" => plain().streamed(pattern(n), req).cut(),
        "redirect" => rerouted(req, &format!("/{}", words[2..].join("/"))),
        "circle" => page(500),
        "nph-raw" => {
            let mut answer = Answer::new("");
            answer.head = vec!["HTTP/1.0 200 Fine".into(), "X: y".into()];
            (answer.close, answer.next) = (Say::Either, Say::No);
            if req.method != "HEAD" {
                answer.body = Body::Exact(pattern(n));
            }
            answer
        }
        _ => page(404),
    }
}
