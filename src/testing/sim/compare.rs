//! What a client received against what it must receive.

use super::answer::{Answer, Body, Say};
use super::fixture::pattern;

/// How far equal bytes go.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All that must come has come, so many answers.
    Whole(usize),
    /// The bytes end early, within or before this answer.
    Short(usize),
}

/// Compares. `loses` says that timeouts, drains and cuts may be.
///
/// # Errors
/// A sentence about the first wrong byte.
pub fn compare(bytes: &[u8], answers: &[Answer], loses: bool) -> Result<Verdict, String> {
    let mut rest = bytes;
    for (number, answer) in answers.iter().enumerate() {
        let at = bytes.len() - rest.len();
        let fail = |what: String| format!("answer {number} at byte {at}: {what}");
        const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
        for _ in 0..answer.interims {
            rest = rest.strip_prefix(CONTINUE).unwrap_or(rest);
        }
        if rest.is_empty() || (answer.interims > 0 && CONTINUE.starts_with(rest)) {
            return Ok(Verdict::Short(number));
        }
        if answer.vague {
            return Ok(Verdict::Whole(number));
        }
        let mut may_end = answer.next == Say::Either;
        let mut compared = one(rest, answer, loses);
        if compared.is_err() && answer.may_be_busy {
            may_end = true;
            let busy = one(rest, &answer.instead_busy(), loses);
            compared = busy.or(compared);
        }
        match compared.map_err(fail)? {
            One::Short => return Ok(Verdict::Short(number)),
            One::Last(used) if used == rest.len() => return Ok(Verdict::Whole(number + 1)),
            One::Last(used) => {
                let more = &rest[used..rest.len().min(used + 60)];
                return Err(fail(format!("more after the end: {}", more.escape_ascii())));
            }
            One::Whole(used) => rest = &rest[used..],
        }
        if may_end && rest.is_empty() {
            return Ok(Verdict::Whole(number + 1));
        }
    }
    match rest.is_empty() || (loses && starts_as_timeout(rest)) {
        true => Ok(Verdict::Whole(answers.len())),
        false => {
            let more = &rest[..rest.len().min(60)];
            Err(format!("more than all answers: {}", more.escape_ascii()))
        }
    }
}

enum One {
    Whole(usize),
    /// Whole, and the connection ends after it.
    Last(usize),
    Short,
}

/// An answer to nothing, when time was up.
fn starts_as_timeout(bytes: &[u8]) -> bool {
    let start = b"HTTP/1.1 408 ";
    let len = start.len().min(bytes.len());
    bytes[..len] == start[..len]
}

fn one(bytes: &[u8], answer: &Answer, loses: bool) -> Result<One, String> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        let whole = bytes.split(|&b| b == b'\n').next().unwrap_or(bytes);
        let begins = answer.head[0].trim_end_matches('*').as_bytes();
        let len = whole.len().min(begins.len());
        if whole[..len] != begins[..len] && !(loses && starts_as_timeout(bytes)) {
            return Err(format!(
                "{} is not {}",
                whole.escape_ascii(),
                answer.head[0]
            ));
        }
        return Ok(One::Short);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines: Vec<&str> = head.split("\r\n").collect();
    let says_close = take(&mut lines, "Connection: close");
    let says_alive = take(&mut lines, "Connection: keep-alive");
    let says_how_long = take(&mut lines, "Keep-Alive: timeout=14");
    if loses && lines[0].starts_with("HTTP/1.1 408 ") && !answer.head[0].contains(" 408 ") {
        return Ok(One::Last(bytes.len()));
    }
    if says_alive && (says_close || !answer.is_10) {
        return Err(format!("keep-alive is said where it is the rule: {head}"));
    }
    if says_how_long == says_close && !answer.is_raw() {
        return Err(format!("how long it lives is not said if it does: {head}"));
    }
    let close_is_right = match answer.close {
        Say::Either => true,
        Say::Yes => says_close,
        Say::No => !says_close || loses,
    };
    if !close_is_right {
        return Err(format!(
            "close is {says_close}, must be {:?}: {head}",
            answer.close
        ));
    }
    let equal = lines.len() == answer.head.len()
        && lines
            .iter()
            .zip(&answer.head)
            .all(|(line, want)| is_line(line, want));
    if !equal {
        return Err(format!(
            "head is\n{head}\nmust be\n{}",
            answer.head.join("\n")
        ));
    }
    let used = body(&bytes[end + 4..], answer, &lines)?;
    Ok(match used {
        None => One::Short,
        Some(used) if says_close || answer.next == Say::No => One::Last(end + 4 + used),
        Some(used) => One::Whole(end + 4 + used),
    })
}

fn take(lines: &mut Vec<&str>, line: &str) -> bool {
    let before = lines.len();
    lines.retain(|other| *other != line);
    before - lines.len() == 1
}

fn is_line(line: &str, want: &str) -> bool {
    match want.strip_suffix('*') {
        Some(start) => line.starts_with(start),
        None => line == want,
    }
}

/// How many bytes the body has, or `None` if they end early.
fn body(bytes: &[u8], answer: &Answer, lines: &[&str]) -> Result<Option<usize>, String> {
    let announced = lines
        .iter()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    let announced = announced.and_then(|digits| digits.parse::<usize>().ok());
    match &answer.body {
        Body::None => Ok(Some(0)),
        Body::Exact(want) => same(bytes, want),
        Body::Page(code) => page(bytes, *code, announced.ok_or("a page without a length")?),
        Body::Chunked(want) => chunks(bytes, want),
        Body::Parts(ranges, len, content_type) => {
            let boundary = lines.iter().find_map(|line| line.split("boundary=").nth(1));
            let boundary = boundary.ok_or("no boundary")?;
            let whole = pattern(*len);
            let mut want = Vec::new();
            for &(start, end) in ranges {
                let head = format!(
                    "\r\n--{boundary}\r\nContent-Type: {content_type}\r\n\
                     Content-Range: bytes {start}-{}/{len}\r\n\r\n",
                    end - 1
                );
                want.extend(head.bytes());
                want.extend(&whole[start..end]);
            }
            want.extend(format!("\r\n--{boundary}--\r\n").bytes());
            if announced != Some(want.len()) {
                return Err(format!(
                    "parts of {announced:?} bytes, must be {}",
                    want.len()
                ));
            }
            same(bytes, &want)
        }
    }
}

fn same(bytes: &[u8], want: &[u8]) -> Result<Option<usize>, String> {
    let len = bytes.len().min(want.len());
    if let Some(at) = (0..len).find(|&at| bytes[at] != want[at]) {
        return Err(format!(
            "body byte {at} of {} is wrong: {} must be {}",
            want.len(),
            bytes[at..bytes.len().min(at + 40)].escape_ascii(),
            want[at..want.len().min(at + 40)].escape_ascii(),
        ));
    }
    Ok((bytes.len() >= want.len()).then_some(want.len()))
}

fn page(bytes: &[u8], code: u16, len: usize) -> Result<Option<usize>, String> {
    let text = String::from_utf8_lossy(&bytes[..len.min(bytes.len())]).into_owned();
    let opening = "<!DOCTYPE HTML>\n<html lang=\"en\">\n";
    let start = opening.len().min(text.len());
    if !opening.starts_with(&text[..start]) {
        return Err(format!("not an error page: {text}"));
    }
    if bytes.len() < len {
        return Ok(None);
    }
    let says = text.contains(&format!("<p>Error code: {code}</p>\n"));
    match says && text.ends_with("</body>\n</html>\n") {
        true => Ok(Some(len)),
        false => Err(format!("not a page of {code}: {text}")),
    }
}

/// Chunks of any sizes that together are `want`.
fn chunks(bytes: &[u8], want: &[u8]) -> Result<Option<usize>, String> {
    let (mut at, mut done) = (0, 0);
    loop {
        let line = bytes[at..].windows(2).position(|two| two == b"\r\n");
        let Some(line) = line else {
            let short = bytes[at..].len() < 8;
            return if short {
                Ok(None)
            } else {
                Err("no chunk size".into())
            };
        };
        let mut size = 0;
        for &digit in &bytes[at..at + line] {
            let value = char::from(digit).to_digit(16).ok_or("no chunk size")?;
            size = size * 16 + value as usize;
        }
        at += line + 2;
        if size == 0 {
            if done < want.len() {
                return Err(format!("a body of {done} bytes, must be {}", want.len()));
            }
            let end = &bytes[at..bytes.len().min(at + 2)];
            return match end {
                b"\r\n" => Ok(Some(at + 2)),
                b"" | b"\r" => Ok(None),
                _ => Err("no end after the last chunk".into()),
            };
        }
        if done + size > want.len() {
            return Err(format!("a body past its {} bytes", want.len()));
        }
        if same(&bytes[at..], &want[done..done + size])?.is_none() {
            return Ok(None);
        }
        (at, done) = (at + size, done + size);
        match &bytes[at..bytes.len().min(at + 2)] {
            b"\r\n" => at += 2,
            b"" | b"\r" => return Ok(None),
            _ => return Err("no CRLF after a chunk".into()),
        }
    }
}
