//! Which answers a peer's whole stream must bring, by the reference reading of it.

use super::fixture::{FILES, MODIFIED_DATE, digest, pattern};
use super::oracle::{Got, Heard, Length, Req, State, body, hear};
use crate::http::limits::{DISCARD_BYTES_MAX, Limits};

/// One response as it must be.
#[derive(Debug)]
pub struct Answer {
    /// The head's lines; a `*` at the end stands for anything.
    pub head: Vec<String>,
    pub body: Body,
    /// Whether it says that the connection closes.
    pub close: Say,
    /// Whether another answer follows.
    pub next: Say,
    /// The connection may be cut in it, and what was queued before it be lost.
    pub cut: bool,
    /// `100 Continue` may come before it.
    pub interim: bool,
    /// What it is depends on what comes first.
    pub vague: bool,
    /// The peer speaks HTTP/1.0.
    pub is_10: bool,
}

/// Yes, no, or depending on how the bytes arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Say {
    No,
    Yes,
    Either,
}

/// The bytes after a head.
#[derive(Debug)]
pub enum Body {
    None,
    Exact(Vec<u8>),
    Chunked(Vec<u8>),
    /// An error page with this code.
    Page(u16),
    /// Parts of a file so long.
    Parts(Vec<(usize, usize)>, usize, String),
}

/// How a peer's stream ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// With a FIN; it reads on.
    Fin,
    /// It stays open until the server closes.
    Stay,
}

/// The answers to `bytes`, which are all that the peer sends. The last may be one that need not
/// come.
pub fn answers(stream: &[u8], end: End, limits: &Limits) -> Vec<Answer> {
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
                let answer = answer(&req, &got, end);
                // One that says close and sends more may see the connection reset.
                let mut answer = answer;
                answer.cut |= !req.keep && after.len() > got.used;
                let ends = answer.next == Say::No || answer.close == Say::Yes || answer.cut;
                answers.push(answer);
                if ends {
                    return answers;
                }
                bytes = after[got.used..].to_vec();
            }
        }
    }
}

impl Answer {
    fn new(status: &str) -> Answer {
        let version = env!("CARGO_PKG_VERSION");
        Answer {
            head: vec![
                format!("HTTP/1.1 {status}"),
                format!("Server: sprat/{version}"),
                "Date: *".into(),
            ],
            body: Body::None,
            close: Say::No,
            next: Say::Yes,
            cut: false,
            interim: false,
            vague: false,
            is_10: false,
        }
    }

    fn line(mut self, line: impl Into<String>) -> Answer {
        self.head.push(line.into());
        self
    }

    /// A body whose length is known.
    fn bytes(self, bytes: Vec<u8>) -> Answer {
        let len = bytes.len();
        let mut answer = self.line(format!("Content-Length: {len}"));
        answer.body = Body::Exact(bytes);
        answer
    }

    /// A body whose length is not known beforehand.
    fn streamed(self, bytes: Vec<u8>, req: &Req) -> Answer {
        if req.is_11 {
            let mut answer = self.line("Transfer-Encoding: chunked");
            answer.body = Body::Chunked(bytes);
            return answer;
        }
        let mut answer = self;
        (answer.close, answer.next) = (Say::Yes, Say::No);
        answer.body = Body::Exact(bytes);
        answer
    }

    fn cut(mut self) -> Answer {
        self.cut = true;
        self.next = Say::No;
        self
    }

    fn page(code: u16, closes: bool, is_head: bool) -> Answer {
        let mut answer = Answer::new(&format!("{code} *"))
            .line("Content-Type: text/html;charset=utf-8")
            .line("Content-Length: *");
        answer.body = if is_head {
            Body::None
        } else {
            Body::Page(code)
        };
        if closes {
            (answer.close, answer.next) = (Say::Yes, Say::No);
        }
        answer
    }

    /// Without its body, as HEAD has it.
    fn headless(mut self) -> Answer {
        if self.head[0].ends_with(" *") && self.cut {
            return self;
        }
        // There is nothing of unknown length to frame, and nothing to be cut in.
        self.head
            .retain(|line| !line.starts_with("Transfer-Encoding"));
        let is_framed = self
            .head
            .iter()
            .any(|line| line.starts_with("Content-Length"));
        if self.cut || !is_framed {
            (self.close, self.next, self.cut) = (Say::No, Say::Yes, false);
        }
        self.body = Body::None;
        self
    }
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
    let mut answer = if reads_body(&words[0]) {
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
        if is_head {
            answer = answer.headless();
        }
        unwanted(req, got, &mut answer);
        answer
    };
    if !req.keep {
        (answer.close, answer.next) = (Say::Yes, Say::No);
    }
    answer.interim = req.expects;
    answer.is_10 = !req.is_11;
    answer
}

/// What a body that nobody reads does to the connection.
fn unwanted(req: &Req, got: &Got, answer: &mut Answer) {
    let most = DISCARD_BYTES_MAX as usize;
    if matches!(req.length, Length::Exact(len) if len > most) {
        answer.close = Say::Yes;
        answer.next = Say::No;
    }
    if req.expects {
        answer.close = Say::Either;
    }
    if answer.next == Say::No {
        return;
    }
    answer.next = match req.length {
        Length::None => Say::Yes,
        _ if got.state != State::Complete => Say::No,
        _ if got.used > most => Say::No,
        _ => Say::Yes,
    };
    // Where the answer takes its time, the body's end may be known before it.
    let is_later = req.path.starts_with(b"/hop/") || req.path.starts_with(b"/leap/");
    if is_later && (answer.next == Say::No && answer.close == Say::No) {
        answer.close = Say::Either;
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
        "loop" | "fail" => Answer::page(500, false, false),
        "hop" | "leap" => {
            let path = format!("/{}", words[1..].join("/"));
            let words: Vec<String> = path[1..].split('/').map(str::to_owned).collect();
            let get = Req {
                method: "GET".into(),
                path: path.clone().into_bytes(),
                target: path.clone().into_bytes(),
                length: Length::None,
                range: req.range.clone(),
                ..*req
            };
            if reads_body(&words[0]) {
                let nothing = body(b"", Length::None);
                return talk(&get, &words, &nothing, End::Fin);
            }
            plain(&get, &words, &path)
        }
        _ => file(req, path),
    }
}

/// What an exchange answers that reads the body.
fn talk(req: &Req, words: &[String], got: &Got, end: End) -> Answer {
    let n = number(words, 1);
    let ok = || Answer::new("200 OK");
    let fault = || match (got.state, end) {
        (State::Truncated, End::Stay) => Answer::page(408, true, false),
        _ => Answer::page(400, true, false),
    };
    let complete = got.state == State::Complete;
    let has_body = req.length != Length::None;
    match words[0].as_str() {
        "shun" if req.expects => {
            let mut answer = Answer::new("403 Forbidden").bytes(b"no\n".to_vec());
            (answer.close, answer.next) = (Say::Yes, Say::No);
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
    let complete = got.state == State::Complete;
    let mut answer = Answer::new("200 OK").bytes(bytes);
    // An answer that takes its time may hear first that the body is bad.
    answer.vague = word != "early" && !complete;
    // Past a fault in the body nobody can tell what its exchange would still have sent.
    answer.cut = !complete;
    answer.close = if req.expects { Say::Either } else { Say::No };
    let small = got.used <= DISCARD_BYTES_MAX as usize;
    answer.next = match (complete, small) {
        (false, _) => Say::No,
        (true, true) => Say::Yes,
        (true, false) => Say::Either,
    };
    answer
}

/// What a file server answers.
fn file(req: &Req, path: &str) -> Answer {
    const ALLOW: &str = "Allow: GET, HEAD, OPTIONS";
    match req.method.as_str() {
        "GET" | "HEAD" => {}
        "OPTIONS" => return Answer::new("204 No Content").line(ALLOW),
        _ => {
            let mut answer = Answer::page(501, false, false);
            answer.head.insert(4, ALLOW.into());
            return answer;
        }
    }
    if path == "/dir" {
        return redirect(req);
    }
    let name = if path == "/dir/" {
        "dir/index.html"
    } else {
        &path[1..]
    };
    let Some((_, len)) = FILES.iter().find(|(known, _)| *known == name) else {
        return Answer::page(404, false, false);
    };
    let about = |status: &str, content_type: &str| {
        Answer::new(status)
            .line(format!("Content-type: {content_type}"))
            .line(format!("Last-Modified: {MODIFIED_DATE}"))
            .line("ETag: *")
            .line("Accept-Ranges: bytes")
    };
    let content_type = match name.rsplit('.').next() {
        Some("txt") => "text/plain; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    };
    let range = req.range.as_deref().filter(|_| req.method == "GET");
    let whole = pattern(*len);
    match range.map(|range| ranges(range, *len)) {
        None | Some(None) => about("200 OK", content_type).bytes(whole),
        Some(Some(set)) if set.is_empty() => {
            let mut answer = Answer::page(416, false, false);
            answer
                .head
                .insert(4, format!("Content-Range: bytes */{len}"));
            answer
        }
        Some(Some(set)) if set.len() == 1 => {
            let (first, end) = set[0];
            about("206 Partial Content", content_type)
                .line(format!("Content-Range: bytes {first}-{}/{len}", end - 1))
                .bytes(whole[first..end].to_vec())
        }
        Some(Some(set)) => {
            let mut answer = about("206 Partial Content", "multipart/byteranges; boundary=*")
                .line("Content-Length: *");
            answer.body = Body::Parts(set, *len, content_type.into());
            answer
        }
    }
}

/// A directory is found under its path with a slash.
fn redirect(req: &Req) -> Answer {
    let query: Vec<u8> = req
        .target
        .split(|&b| b == b'#')
        .next()
        .unwrap_or(b"")
        .to_vec();
    let query = query
        .iter()
        .position(|&b| b == b'?')
        .map(|at| query[at..].to_vec());
    let query = String::from_utf8(query.unwrap_or_default()).unwrap_or_default();
    let answer = Answer::new("301 Moved Permanently").line(format!("Location: /dir/{query}"));
    answer.line("Content-Length: 0")
}

/// RFC 9110 section 14.1.2; `None` means the whole, an empty set that nothing can be satisfied.
fn ranges(range: &str, len: usize) -> Option<Vec<(usize, usize)>> {
    let mut set: Vec<(usize, usize)> = Vec::new();
    for spec in range.strip_prefix("bytes=")?.split(',') {
        let (first, last) = spec.trim().split_once('-')?;
        let number = |text: &str| -> Option<usize> {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse().unwrap_or(usize::MAX))
        };
        let (start, end) = match (first, last) {
            ("", suffix) if len == 0 && number(suffix)? > 0 => return None,
            ("", suffix) => (len.saturating_sub(number(suffix)?), len),
            (first, "") => (number(first)?, len),
            (first, last) if number(first)? > number(last)? => return None,
            (first, last) => (number(first)?, number(last)?.saturating_add(1).min(len)),
        };
        if start < end {
            set.push((start, end));
        }
    }
    set.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (start, end) in set {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    Some(merged).filter(|merged| merged.len() <= 16)
}
