//! Which answer a file server gives, by the reference reading of a request.

use super::answer::{Answer, Body};
use super::fixture::{FILES, MODIFIED_DATE, pattern};
use super::oracle::Req;

/// What a file server answers.
pub fn file(req: &Req, path: &str) -> Answer {
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
    let is_utf8 = std::str::from_utf8(&pattern((*len).min(4096))).is_ok();
    let content_type = match (name.rsplit('.').next(), is_utf8) {
        (Some("txt"), true) => "text/plain; charset=utf-8",
        (Some("txt"), false) => "text/plain",
        (Some("html"), false) => "text/html",
        (Some("html"), true) => "text/html; charset=utf-8",
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
        .map(|at| query[at..].to_vec())
        .unwrap_or_default();
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte);
    let is_escape = |at: usize| {
        let digits = query.get(at + 1..at + 3);
        query[at] == b'%' && digits.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    };
    let letter = |at: usize| match query[at] {
        byte if legal(byte) || is_escape(at) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let query: String = (0..query.len()).map(letter).collect();
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
    // Each joins those before it that it meets, until none meets another.
    let mut at = 0;
    while at < set.len() {
        let meets = |other: &(usize, usize)| other.0 <= set[at].1 && set[at].0 <= other.1;
        match set[..at].iter().position(meets) {
            Some(before) => {
                let (start, end) = set.remove(at);
                let (first, last) = set[before];
                set[before] = (first.min(start), last.max(end));
                // It may now meet one that it did not.
                at = 0;
            }
            None => at += 1,
        }
    }
    Some(set).filter(|set| set.len() <= 256)
}
