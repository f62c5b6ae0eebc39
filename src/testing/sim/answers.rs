//! Which answers a peer's whole stream must bring, by the reference reading of it.

use super::answer::{Answer, Body, End, Say, fault};
use super::file_answers::file;
use super::fixture::{digest, pattern};
use super::oracle::{Got, Heard, Length, Req, State, body, hear};
use super::script_answers::script;
use super::upgrade;
use crate::http::limits::{DISCARD_BYTES_MAX, Limits, REROUTES_MAX};

/// The answers to `bytes`, which are all that the peer sends. The last may be one that need not
/// come. `is_busy` says that there may be no place for a script.
pub fn answers(stream: &[u8], end: End, limits: &Limits, is_busy: bool) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    let mut bytes = stream.to_vec();
    loop {
        match hear(&bytes, limits.head_bytes_max, limits.target_bytes_max) {
            Heard::Partial(begun) => {
                if end == End::Stay && (begun || !bytes.is_empty()) {
                    let mut late = Answer::page(408, true, false);
                    late.cut = !begun;
                    answers.push(late);
                }
                return answers;
            }
            Heard::Fault(code, is_head) => {
                answers.push(Answer::page(code, true, is_head));
                return answers;
            }
            Heard::Request(req, after) => {
                let got = body(&after, req.length);
                let mut answer = match req.path.starts_with(b"/switch/") {
                    true => switched(&req, &after, end),
                    false => answer(&req, &got, end),
                };
                answer.may_be_busy &= is_busy;
                // One that says close and sends more may see the connection reset.
                answer.cut |= !req.keep && after.len() > got.used;
                let ends = answer.next == Say::No || answer.close == Say::Yes || answer.cut;
                // What a script ends does not end without it.
                let ends = ends && !(answer.may_be_busy && req.keep);
                answers.push(answer);
                if ends {
                    return answers;
                }
                bytes = after[got.used..].to_vec();
            }
        }
    }
}

/// What a request is answered that may be switched to another protocol.
fn switched(req: &Req, after: &[u8], end: End) -> Answer {
    let text = String::from_utf8_lossy(&req.path).into_owned();
    let words: Vec<String> = text[1..].split('/').map(str::to_owned).collect();
    let mut answer = upgrade::answer(req, &words, number(&words, 2), after, end);
    if !req.keep && !req.upgrades {
        (answer.next, answer.close) = (Say::No, Say::Yes);
    }
    answer.is_10 = !req.is_11;
    answer.is_head = req.method == "HEAD";
    answer
}

fn number(words: &[String], at: usize) -> usize {
    let digits = words.get(at).map_or("", String::as_str);
    digits.parse().unwrap_or(0)
}

/// Whether the handler reads the body of a request for this path.
fn reads_body(word: &str) -> bool {
    [
        "collect", "sip", "shun", "echo", "choke", "early", "late", "wake",
    ]
    .contains(&word)
}

fn answer(req: &Req, got: &Got, end: End) -> Answer {
    let text = String::from_utf8_lossy(&req.path).into_owned();
    let words: Vec<String> = text[1..].split('/').map(str::to_owned).collect();
    let is_head = req.method == "HEAD";
    let mut answer = if is_script(&words) {
        script(req, &words, got, end, rerouted)
    } else if reads_body(&words[0]) {
        let answer = talk(req, &words, got, end);
        match is_head {
            true => Answer {
                body: Body::None,
                ..answer
            },
            false => answer,
        }
    } else {
        let mut answer = plain(req, &words, &text);
        if is_head && !answer.is_raw() {
            answer = answer.headless();
        }
        unwanted(req, got, &mut answer);
        answer
    };
    if !req.keep {
        answer.next = Say::No;
        // Where a script speaks for itself nobody else does.
        if !answer.is_raw() {
            answer.close = Say::Yes;
        }
    }
    // It may be asked for its body; and by each exchange, if it has ended its stream, whether it
    // still waits.
    answer.interims = u8::from(req.expects);
    if req.is_11 && end == End::Fin {
        answer.interims += exchanges(&words);
    }
    answer.is_10 = !req.is_11;
    answer.is_head = is_head;
    answer.may_be_busy = text.contains("/cgi-bin/");
    answer
}

/// What a body that nobody reads does to the connection.
fn unwanted(req: &Req, got: &Got, answer: &mut Answer) {
    if answer.is_raw() {
        return;
    }
    let most = DISCARD_BYTES_MAX as usize;
    if matches!(req.length, Length::Exact(len) if len > most) {
        answer.close = Say::Yes;
        answer.next = Say::No;
    }
    if req.expects {
        answer.close = Say::Either;
    }
    // Where the answer takes its time, the body's end may be known before it.
    let is_later = req.path.starts_with(b"/hop/") || req.path.starts_with(b"/leap/");
    let is_left = req.length != Length::None && (got.state != State::Complete || got.used > most);
    if is_later && is_left && answer.close == Say::No {
        answer.close = Say::Either;
    }
    if is_left {
        answer.next = Say::No;
    }
}

/// What the handler answers without reading the body.
fn plain(req: &Req, words: &[String], path: &str) -> Answer {
    let n = number(words, 1);
    match words[0].as_str() {
        "bytes" => Answer::new("200 OK")
            .line(format!("X-N: {n}"))
            .bytes(pattern(n)),
        "none" => Answer::new("204 No Content"),
        "bye" => {
            let mut answer = Answer::new("200 OK").bytes(b"bye\n".to_vec());
            (answer.close, answer.next) = (Say::Yes, Say::No);
            answer
        }
        "stream" | "slow" => Answer::new("200 OK").streamed(pattern(n), req),
        "torn" => Answer::new("200 OK").streamed(pattern(n), req).cut(),
        "sized" => Answer::new("200 OK").bytes(pattern(n)),
        "lying" | "shrunk" => {
            let end = if words[0] == "lying" {
                n + 5
            } else {
                n + 10_000
            };
            let bytes = match words[0].as_str() {
                "lying" => pattern(n),
                _ => pattern(300_000)[300_000 - n..].to_vec(),
            };
            let mut answer = Answer::new("200 OK")
                .line(format!("Content-Length: {end}"))
                .cut();
            answer.body = Body::Exact(bytes);
            answer
        }
        "panic" => Answer::new("*").cut(),
        "cgi-bin" => Answer::page(404, false, false),
        "loop" | "fail" => Answer::page(500, false, false),
        "hop" | "leap" => rerouted(req, &format!("/{}", words[1..].join("/"))),
        _ => file(req, path),
    }
}

/// What is answered for a local redirect to this path.
fn rerouted(req: &Req, path: &str) -> Answer {
    let words: Vec<String> = path[1..].split('/').map(str::to_owned).collect();
    let get = Req {
        method: if req.method == "HEAD" { "HEAD" } else { "GET" }.into(),
        path: path.into(),
        target: path.into(),
        length: Length::None,
        asks: false,
        range: req.range.clone(),
        ..*req
    };
    let nothing = body(b"", Length::None);
    if is_script(&words) {
        script(&get, &words, &nothing, End::Fin, rerouted)
    } else if reads_body(&words[0]) {
        talk(&get, &words, &nothing, End::Fin)
    } else {
        plain(&get, &words, path)
    }
}

/// How many exchanges may work on an answer, one behind the other: local redirects lead from one to
/// the next.
fn exchanges(words: &[String]) -> u8 {
    let has = |name: &str| words.iter().any(|word| word == name);
    if has("circle") {
        return 1 + REROUTES_MAX;
    }
    let redirects = ["hop", "leap", "redirect"];
    let redirects = words
        .iter()
        .filter(|word| redirects.contains(&word.as_str()));
    match redirects.count() as u8 {
        0 => u8::from(reads_body(&words[0]) || has("fail") || has("cgi-bin")),
        count => 1 + count,
    }
}

/// Whether a script is run.
fn is_script(words: &[String]) -> bool {
    cfg!(feature = "cgi") && words[0] == "cgi-bin" && words[1] != "none"
}

/// What an exchange answers that reads the body.
fn talk(req: &Req, words: &[String], got: &Got, end: End) -> Answer {
    let n = number(words, 1);
    let ok = || Answer::new("200 OK");
    let fault = || fault(got, end);
    let complete = got.state == State::Complete;
    let has_body = req.length != Length::None;
    match words[0].as_str() {
        "shun" if req.asks => {
            let mut answer = Answer::new("403 Forbidden").bytes(b"no\n".to_vec());
            if has_body {
                (answer.close, answer.next) = (Say::Yes, Say::No);
            }
            answer
        }
        "choke" if got.data.len() > n => {
            let mut answer = Answer::page(500, false, false);
            let small = got.used <= DISCARD_BYTES_MAX as usize;
            answer.close = if small && complete {
                Say::No
            } else {
                Say::Either
            };
            answer.next = match (complete, small) {
                (false, _) => Say::No,
                (true, true) => Say::Yes,
                (true, false) => Say::Either,
            };
            answer
        }
        "early" | "late" | "wake" if has_body => impatient(req, &words[0], n, got),
        "echo" if req.method == "HEAD" => {
            let mut answer = if got.data.is_empty() && !complete {
                fault()
            } else {
                ok()
            };
            answer.vague = !got.data.is_empty() && !complete;
            if has_body && answer.next == Say::Yes {
                answer.next = if complete { Say::Either } else { Say::No };
            }
            answer
        }
        "echo" if got.data.is_empty() && !complete => fault(),
        "echo" if complete => ok().streamed(got.data.clone(), req),
        "echo" => {
            // The fault may be seen before the answer has begun.
            let mut answer = ok().streamed(got.data.clone(), req).cut();
            answer.vague = true;
            answer
        }
        _ if !complete => fault(),
        "early" => ok().bytes(pattern(n)),
        "late" => ok().bytes(b"late\n".to_vec()),
        "wake" => ok().bytes(b"awake\n".to_vec()),
        _ => ok().bytes(digest(&got.data).into_bytes()),
    }
}

/// An answer that does not wait for the body's end.
fn impatient(req: &Req, word: &str, n: usize, got: &Got) -> Answer {
    let bytes = match word {
        "early" => pattern(n),
        "late" => b"late\n".to_vec(),
        _ => b"awake\n".to_vec(),
    };
    let mut answer = Answer::new("200 OK").bytes(bytes);
    // An answer that takes its time may hear first that the body is bad.
    answer.vague = word != "early" && got.state != State::Complete;
    answer.before_body_end(req, got)
}
