//! Fuzz target of scripts' heads, with a slow and obvious reading of them to compare.

use std::collections::BTreeMap;

use crate::cgi::head::{Answer, HeadFault, HeadParser, ScriptHead};
use crate::cgi::limits::HEAD_BYTES_MAX;
use crate::http::fields::is_single;
use crate::testing::doors::framing::{Outcome, feed_every_way};

/// Reads a script's head from pieces, as a run does.
pub fn read_script_head(pieces: &[&[u8]]) -> Outcome<ScriptHead, HeadFault> {
    let mut parser = HeadParser::default();
    let mut before = 0;
    for piece in pieces {
        match parser.feed(piece) {
            Ok(None) => before += piece.len(),
            Ok(Some((used, value))) => {
                let consumed = before + used;
                return Outcome::Complete { value, consumed };
            }
            Err(fault) => return Outcome::Failed(fault),
        }
    }
    Outcome::Incomplete
}

/// Fuzz target: a script's head gives the same however it arrives, what a slow reading gives, and
/// cannot split a response.
pub fn cgi_head(input: &[u8]) {
    let (value, consumed) = match feed_every_way(input, read_script_head) {
        Outcome::Complete { value, consumed } => (value, consumed),
        Outcome::Incomplete => return assert_eq!(head_end(input), None),
        Outcome::Failed(_) => {
            let end = head_end(input).filter(|&end| end <= HEAD_BYTES_MAX);
            return assert_eq!(end.and_then(|end| reference(&input[..end])), None);
        }
    };
    assert_eq!(head_end(input), Some(consumed));
    assert_eq!(Some(shown(&value)), reference(&input[..consumed]));
    assert!(consumed <= HEAD_BYTES_MAX);
    assert!(input[..consumed].ends_with(b"\n"));
    let printable = |byte: &u8| *byte == b'\t' || !byte.is_ascii_control();
    for (name, field) in &value.fields {
        let same = |other: &&(String, Vec<u8>)| other.0.eq_ignore_ascii_case(name);
        assert!(!is_single(name) || value.fields.iter().filter(same).count() == 1);
        assert!(!name.is_empty());
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b':')
        );
        assert!(field.iter().all(printable));
    }
    match value.answer() {
        Answer::LocalRedirect(target) => {
            assert!(target.starts_with('/'));
            assert!(target.bytes().all(|byte| byte.is_ascii_graphic()));
        }
        Answer::Document(status, reason) => {
            assert!(status.code() >= 200);
            assert!(reason.is_none_or(|reason| !reason.contains(char::is_control)));
        }
    }
}

/// What a head says: the status, the place, the length, and the fields, sorted.
#[derive(PartialEq, Eq, Debug)]
struct Reading {
    status: Option<u16>,
    location: Option<Vec<u8>>,
    length: Option<u64>,
    fields: Vec<(String, Vec<u8>)>,
}

fn shown(head: &ScriptHead) -> Reading {
    let lower = |(name, value): &(String, Vec<u8>)| (name.to_ascii_lowercase(), value.clone());
    let mut fields: Vec<_> = head.fields.iter().map(lower).collect();
    fields.sort();
    Reading {
        status: head.status.as_ref().map(|(status, _)| status.code()),
        location: head.location.clone(),
        length: head.content_length,
        fields,
    }
}

/// Where the first empty line ends.
fn head_end(input: &[u8]) -> Option<usize> {
    let mut end = 0;
    for line in input.split_inclusive(|&byte| byte == b'\n') {
        end += line.len();
        if line == b"\n" || line == b"\r\n" {
            return Some(end);
        }
    }
    None
}

/// A head, the empty line included, read with no regard for time; `None` if it must be refused.
fn reference(head: &[u8]) -> Option<Reading> {
    let mut lines: Vec<&[u8]> = head.split(|&byte| byte == b'\n').collect();
    // Behind the last line end is nothing, and before it the empty line.
    lines.truncate(lines.len() - 2);
    let mut lines: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
    for line in &mut lines {
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    let is_bad = |byte: &u8| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f;
    if lines.iter().flatten().any(is_bad) {
        return None;
    }
    let mut known: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    if lines.first().is_some_and(|line| line.starts_with(b"HTTP/")) {
        let line = lines.remove(0);
        let space = line
            .iter()
            .position(|&byte| byte == b' ')
            .unwrap_or(line.len());
        let number = &line[5..space];
        if number.is_empty() || !number.iter().all(|byte| b"0123456789.".contains(byte)) {
            return None;
        }
        known.insert("status".into(), vec![line[space..].trim_ascii().to_vec()]);
    }
    if lines.len() > 128 {
        return None;
    }
    for line in lines {
        let colon = line.iter().position(|&byte| byte == b':')?;
        let name = std::str::from_utf8(&line[..colon])
            .ok()?
            .to_ascii_lowercase();
        let odd =
            |letter: char| !letter.is_ascii_graphic() || "\"(),/:;<=>?@[\\]{}".contains(letter);
        if name.is_empty() || name.contains(odd) {
            return None;
        }
        known
            .entry(name)
            .or_default()
            .push(line[colon + 1..].trim_ascii().to_vec());
    }
    reference_of(known)
}

/// The same of its fields.
fn reference_of(mut known: BTreeMap<String, Vec<Vec<u8>>>) -> Option<Reading> {
    let mut all = |name: &str| known.remove(name).unwrap_or_default();
    let statuses = all("status").into_iter().map(|value| {
        let code = value.split(|&byte| byte == b' ' || byte == b'\t').next()?;
        let is_code = code.len() == 3 && code.iter().all(u8::is_ascii_digit);
        let code = std::str::from_utf8(code).ok().filter(|_| is_code)?;
        code.parse::<u16>().ok().filter(|&code| code >= 200)
    });
    let lengths = all("content-length").into_iter().map(|value| {
        let is_number = value.iter().all(u8::is_ascii_digit);
        let text = std::str::from_utf8(&value).ok().filter(|_| is_number)?;
        text.parse::<u64>().ok()
    });
    let (status, length) = (only(statuses)?, only(lengths)?);
    let places = known.get("location").cloned().unwrap_or_default();
    let places = places
        .into_iter()
        .map(|place| (!place.is_empty()).then_some(place));
    let location = only(places)?;
    let mut hops: Vec<String> = "connection keep-alive proxy-connection te trailer \
        transfer-encoding upgrade"
        .split_whitespace()
        .map(Into::into)
        .collect();
    for value in known.get("connection").into_iter().flatten() {
        let text = String::from_utf8_lossy(value).to_ascii_lowercase();
        hops.extend(
            text.split(',')
                .map(|hop| hop.trim_matches([' ', '\t']).into()),
        );
    }
    let mut fields = Vec::new();
    for (name, mut values) in known {
        if hops.contains(&name) {
            continue;
        }
        if name == "content-type" {
            values.retain(|value| !value.is_empty());
        }
        if is_single(&name) {
            values.drain(..values.len().saturating_sub(1));
        }
        fields.extend(values.into_iter().map(|value| (name.clone(), value)));
    }
    fields.sort();
    Some(Reading {
        status,
        location,
        length,
        fields,
    })
}

/// The one value that all are; `None` if one is bad, or they differ.
fn only<T: PartialEq>(values: impl Iterator<Item = Option<T>>) -> Option<Option<T>> {
    let values: Vec<T> = values.collect::<Option<_>>()?;
    let agree = values.windows(2).all(|two| two[0] == two[1]);
    agree.then(|| values.into_iter().next())
}

#[cfg(test)]
mod tests;
