//! Fuzz target of forms: the same however they are cut, and what a slow reading finds.

use super::framing::{Outcome, feed_every_way};
use crate::http::grammar::is_value;
use crate::http::limits::FORM_PARTS_MAX;
use crate::http::multipart::{FormEvent, FormFault, Parser};

/// A part, copied out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    pub sent_file_name: Option<String>,
    pub file_name: Option<String>,
    pub content_type: Option<Vec<u8>>,
    pub data: Vec<u8>,
    pub is_complete: bool,
}

/// What was read of a form, as far as it went, and how it ended.
pub type Form = (Vec<Part>, Result<(), FormFault>);

/// Reads a form from pieces, and checks that its events are in order.
fn read_pieces(content_type: &[u8], pieces: &[&[u8]]) -> Form {
    let mut parser = match Parser::new(content_type) {
        Ok(parser) => parser,
        Err(fault) => return (Vec::new(), Err(fault)),
    };
    let mut parts: Vec<Part> = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        loop {
            let event = match parser.next(&mut rest) {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(fault) => {
                    assert_eq!(parser.next(&mut &b"--b\r\n"[..]).err(), Some(fault));
                    assert_eq!(parser.finish().err(), Some(fault));
                    return (parts, Err(fault));
                }
            };
            match (event, parts.last_mut()) {
                (FormEvent::Part(part), last) => {
                    assert!(last.is_none_or(|last| last.is_complete));
                    let owned = |name: Option<&str>| name.map(str::to_owned);
                    parts.push(Part {
                        name: part.name().to_owned(),
                        sent_file_name: owned(part.sent_file_name()),
                        file_name: owned(part.file_name()),
                        content_type: part.content_type().map(<[u8]>::to_vec),
                        ..Part::default()
                    });
                }
                (FormEvent::Data(data), Some(last)) => {
                    assert!(!data.is_empty() && !last.is_complete);
                    last.data.extend_from_slice(data);
                }
                (FormEvent::PartEnd, Some(last)) => {
                    assert!(!std::mem::replace(&mut last.is_complete, true));
                }
                (event, _) => panic!("{event:?} is out of order"),
            }
        }
        assert!(rest.is_empty(), "all is taken");
    }
    (parts, parser.finish().map(drop))
}

/// Reads a form in every way that it may arrive.
pub fn read_form(content_type: &[u8], body: &[u8]) -> Form {
    // None but the end of the body ends it.
    let read = |pieces: &[&[u8]]| Outcome::<(), Form>::Failed(read_pieces(content_type, pieces));
    match feed_every_way(body, read) {
        Outcome::Failed(form) => form,
        other => panic!("{other:?}"),
    }
}

/// Fuzz target: a Content-Type, a line feed, and a body.
pub fn multipart(input: &[u8]) {
    let at = input.iter().position(|&byte| byte == b'\n');
    let (content_type, body) = input.split_at(at.unwrap_or(input.len()));
    let body = body.get(1..).unwrap_or_default();
    let (parts, end) = read_form(content_type, body);
    assert!(parts.len() <= FORM_PARTS_MAX);
    for part in &parts {
        let type_is_value = part.content_type.as_deref().is_none_or(is_value);
        assert!(type_is_value);
        if let Some(name) = &part.file_name {
            assert!(part.sent_file_name.as_ref().unwrap().ends_with(name));
            assert!(!name.contains(['/', '\\', '\0', '\n']) && !name.starts_with('.'));
            assert!((1..=255).contains(&name.len()));
        }
    }
    let Some(boundary) = slow_boundary(content_type) else {
        return;
    };
    let slow = slow_form(&boundary, body);
    match (end, slow) {
        (Ok(()), Some(slow)) => {
            let found = parts.into_iter().map(|part| part.data);
            assert_eq!(found.collect::<Vec<_>>(), slow);
        }
        // What is in a head is not looked at there.
        (Err(FormFault::BadDelimiter | FormFault::Truncated), Some(_)) => {
            panic!("refused, and slowly read")
        }
        (Ok(()), None) => panic!("read, and slowly refused"),
        (Err(_), _) => {}
    }
}

/// The boundary of the plainest Content-Type.
fn slow_boundary(content_type: &[u8]) -> Option<Vec<u8>> {
    let boundary = content_type.strip_prefix(b"multipart/form-data; boundary=")?;
    let plain = boundary.iter().all(u8::is_ascii_alphanumeric) && boundary.len() <= 70;
    (plain && !boundary.is_empty()).then(|| boundary.to_vec())
}

/// The data of each part, by the grammar of RFC 2046 section 5.1.1 over the whole body.
fn slow_form(boundary: &[u8], body: &[u8]) -> Option<Vec<Vec<u8>>> {
    let delimiter = [b"\r\n--", boundary].concat();
    let cut = |text: &[u8], needle: &[u8]| {
        let at = text.windows(needle.len()).position(|at| at == needle)?;
        Some((text[..at].to_vec(), text[at + needle.len()..].to_vec()))
    };
    let mut text = [b"\r\n", body].concat();
    let mut all = Vec::new();
    let (_, mut rest) = cut(&text, &delimiter)?;
    loop {
        let is_last = rest.starts_with(b"--");
        let line = if is_last { &rest[2..] } else { &rest };
        let padding = line.iter().take_while(|byte| b" \t".contains(byte)).count();
        let behind = &line[padding..];
        if is_last {
            return (behind.is_empty() || behind.starts_with(b"\r\n")).then_some(all);
        }
        // The line end stays, for a head without fields.
        let (head, data) = match behind.strip_prefix(b"\r\n")? {
            none if none.starts_with(b"\r\n") => (Vec::new(), none[2..].to_vec()),
            _ => cut(behind, b"\r\n\r\n")?,
        };
        if head
            .windows(2)
            .any(|two| two[1] == b'\n' && two[0] != b'\r')
        {
            return None;
        }
        text = [b"\r\n", &*data].concat();
        let (data, next) = cut(&text, &delimiter)?;
        all.push(data.get(2..).unwrap_or_default().to_vec());
        rest = next;
    }
}

#[cfg(test)]
mod tests;
