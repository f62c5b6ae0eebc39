//! What holds for every target, Range field and entity-tag list, checked against slow references
//! that share no code with the parsers (RFC 9110 sections 8.8.3 and 14, RFC 9112 section 3.2).

use std::ops::Range;
use std::time::{Duration, UNIX_EPOCH};

use crate::http::etag::{Etags, FileFacts};
use crate::http::limits::RANGES_MAX;
use crate::http::range::{self, Asked, Multipart};
use crate::http::target::{Form, Target, UrlPath, encode_query, encode_segment};
use crate::http::validators::{TagElements, Validators, Verdict, judge};

/// Checks a Range field against files of several lengths.
///
/// # Panics
/// If a set breaks its promises, or is not what the reference makes of the field.
pub fn check_range_header(value: &[u8]) {
    for len in [0, 1, 2, 10, 64, 1_000] {
        let asked = range::parse(value, len);
        match (&asked, reference_ranges(value, len)) {
            (Asked::Whole, None) => {}
            (Asked::Unsatisfiable, Some(ranges)) => assert!(ranges.is_empty()),
            (Asked::Ranges(set), Some(ranges)) => assert_eq!(set.as_slice(), ranges),
            (_, ranges) => panic!("{asked:?}, but {ranges:?}"),
        }
    }
    for len in [1 << 20, u32::MAX as u64 + 1, i64::MAX as u64] {
        if let Asked::Ranges(set) = range::parse(value, len) {
            check_ranges(set.as_slice(), len);
            let parts: u64 = set
                .as_slice()
                .iter()
                .map(|part| part.end - part.start)
                .sum();
            let body = Multipart::new(set, "text/plain", len, len);
            let count = body.ranges().len();
            let heads: usize = (0..=count).map(|number| body.part_head(number).len()).sum();
            assert_eq!(body.total_len(), parts + heads as u64);
        }
    }
}

fn check_ranges(ranges: &[Range<u64>], len: u64) {
    assert!((1..=RANGES_MAX).contains(&ranges.len()));
    assert!(ranges.iter().all(|range| range.start < range.end));
    assert!(ranges.iter().all(|range| range.end <= len));
    let mut sorted = ranges.to_vec();
    sorted.sort_by_key(|range| range.start);
    assert!(sorted.windows(2).all(|pair| pair[0].end < pair[1].start));
}

/// The ranges as runs in a map of the file's bytes, each with the number of the first that asked
/// for a byte of it; `None` for the whole file.
fn reference_ranges(value: &[u8], len: u64) -> Option<Vec<Range<u64>>> {
    let text = std::str::from_utf8(value).ok()?;
    let (unit, set) = text.split_once('=')?;
    if unit.to_lowercase() != "bytes" {
        return None;
    }
    let mut wanted = vec![usize::MAX; len as usize];
    let blank = [' ', '\t'];
    let specs: Vec<&str> = set
        .split(',')
        .map(|spec| spec.trim_matches(blank))
        .filter(|spec| !spec.is_empty())
        .collect();
    for (number, spec) in specs.iter().enumerate() {
        let (first, last) = spec.split_once('-')?;
        let end = u128::from(len);
        let asked = match (first, last) {
            ("", length) => {
                let length = reference_number(length)?;
                if len == 0 && length > 0 {
                    return None;
                }
                end.saturating_sub(length)..end
            }
            (first, "") => reference_number(first)?..end,
            (first, last) => {
                let (first, last) = (reference_number(first)?, reference_number(last)?);
                if first > last {
                    return None;
                }
                first..last + 1
            }
        };
        for (at, asker) in wanted.iter_mut().enumerate() {
            if asked.contains(&(at as u128)) {
                *asker = (*asker).min(number);
            }
        }
    }
    let mut runs: Vec<(usize, Range<u64>)> = Vec::new();
    for at in (0..len).filter(|&at| wanted[at as usize] != usize::MAX) {
        let asker = wanted[at as usize];
        match runs.last_mut() {
            Some((first, run)) if run.end == at => {
                run.end += 1;
                *first = (*first).min(asker);
            }
            _ => runs.push((asker, at..at + 1)),
        }
    }
    runs.sort_by_key(|(first, _)| *first);
    let runs: Vec<Range<u64>> = runs.into_iter().map(|(_, run)| run).collect();
    (!specs.is_empty() && runs.len() <= RANGES_MAX).then_some(runs)
}

fn reference_number(text: &str) -> Option<u128> {
    if text.is_empty() || text.contains(|character: char| !character.is_ascii_digit()) {
        return None;
    }
    let past_any_file = u128::from(u64::MAX);
    Some(text.bytes().fold(0, |number, byte| {
        (number * 10 + u128::from(byte - b'0')).min(past_any_file)
    }))
}

/// Checks a request target.
///
/// # Panics
/// If its path breaks a promise, or is not what the reference makes of it.
pub fn check_target(raw: &[u8]) {
    let path = UrlPath::decode(raw);
    assert_eq!(path.clone().ok(), reference_path(raw).map(only_path));
    if let Ok(path) = &path {
        check_path(path);
    }
    let Ok(target) = Target::parse(raw) else {
        return;
    };
    check_path(&target.path);
    if let Some(query) = target.query(raw) {
        check_query(query);
        assert!(!query.contains(&b'#'));
        assert!(
            raw.windows(query.len() + 1)
                .any(|part| part[0] == b'?' && &part[1..] == query)
        );
    }
    let cut = raw.iter().position(|byte| matches!(byte, b'?' | b'#'));
    match target.form {
        Form::Asterisk => assert_eq!(raw, b"*"),
        Form::Origin | Form::Foreign => {
            assert!(target.form == Form::Origin || raw.contains(&b':') && raw[0] != b'/');
            assert_eq!(
                Some(target.path),
                UrlPath::decode(&raw[..cut.unwrap_or(raw.len())]).ok()
            );
        }
        Form::Absolute => assert!(raw.to_ascii_lowercase().starts_with(b"http://")),
    }
}

/// A query as `Location` has it is one that a URI can hold, and means the same.
fn check_query(query: &[u8]) {
    let mut encoded = String::new();
    encode_query(query, &mut encoded);
    let escapes = reference_escapes(encoded.as_bytes());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte);
    assert!(
        escapes
            .iter()
            .all(|&(byte, escaped)| escaped || plain(byte))
    );
    let bytes = |escapes: Vec<(u8, bool)>| escapes.into_iter().map(|(byte, _)| byte);
    assert!(bytes(escapes).eq(bytes(reference_escapes(query))));
}

/// A path that holds these bytes, through an encoding that is not the one under test.
fn only_path(bytes: Vec<u8>) -> UrlPath {
    let escapes: String = bytes
        .iter()
        .map(|&byte| match byte {
            // The bytes that might be read as the spelling of another.
            0x80.. => format!("%ED%{:02X}%{:02X}", 0xB0 | byte >> 6, 0x80 | byte & 0x3F),
            _ => format!("%{byte:02x}"),
        })
        .collect();
    UrlPath::decode(escapes.as_bytes()).expect("the reference has no NUL")
}

fn check_path(path: &UrlPath) {
    let bytes = path.as_bytes();
    assert_eq!(bytes[0], b'/');
    assert!(!bytes.contains(&0));
    let relative = path.relative();
    assert!(!relative.starts_with(b"/") && !relative.ends_with(b"/"));
    let segments: Vec<&[u8]> = relative.split(|&byte| byte == b'/').collect();
    assert!(relative.is_empty() || segments.iter().all(|name| is_name(name)));
    assert_eq!(segments.last(), Some(&path.file_name()));
    let slash = if path.is_directory() && !relative.is_empty() {
        "/"
    } else {
        ""
    };
    assert_eq!([b"/", relative, slash.as_bytes()].concat(), bytes);

    let encoded = path.encoded();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/%_.-~".contains(&byte);
    assert!(encoded.starts_with('/') && !encoded.starts_with("//"));
    assert!(encoded.bytes().all(is_plain));
    assert_eq!(UrlPath::decode(encoded.as_bytes()).as_ref(), Ok(path));
    let target = Target::parse(encoded.as_bytes()).expect("a path is a target");
    assert_eq!(&target.path, path);
    assert_eq!(path.as_str(), reference_text(bytes));
    // What stands behind a segment never changes how it reads.
    let text = path.as_str().strip_suffix('/').unwrap_or(path.as_str());
    for name in [
        &b"x"[..],
        b"%",
        b"\xFF",
        b"\x80\xC3",
        b"\xF0\x9F",
        b"...",
        "\u{e4}".as_bytes(),
    ] {
        let longer = path.join(name).expect("a name");
        let appended = longer.as_str().strip_prefix(text);
        assert!(
            appended.is_some_and(|rest| rest.starts_with('/')),
            "{longer:?}"
        );
        assert_eq!(
            longer.as_str().matches('/').count(),
            segments.len() + usize::from(!relative.is_empty())
        );
    }

    let mut spelled = String::new();
    for name in &segments {
        spelled.push('/');
        encode_segment(name, &mut spelled);
    }
    assert_eq!(spelled + slash, encoded);
    let parent = segments[..segments.len() - 1].join(&b'/');
    if let Some(joined) = only_path([b"/", &parent[..]].concat()).join(path.file_name()) {
        assert_eq!(joined.relative(), relative);
        assert!(!joined.is_directory());
    }
}

/// The path as text: of each segment, the longest stretches that are UTF-8 as they are, and the
/// bytes between them escaped.
fn reference_text(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut at = 0;
    while at < bytes.len() {
        let letter = (1..=4).find_map(|len| std::str::from_utf8(bytes.get(at..at + len)?).ok());
        match letter {
            Some(letter) => text.push_str(letter),
            None => text.push_str(&format!("%{:02X}", bytes[at])),
        }
        at += letter.map_or(1, str::len);
    }
    text
}

fn is_name(segment: &[u8]) -> bool {
    !segment.is_empty() && segment != b"." && segment != b".."
}

/// The bytes of a path, by passes over lists; `None` for a NUL.
fn reference_path(raw: &[u8]) -> Option<Vec<u8>> {
    let escapes = reference_escapes(raw);
    let mut decoded = Vec::new();
    let mut rest = &escapes[..];
    while let Some((&(byte, _), after)) = rest.split_first() {
        match rest {
            [
                (0xED, true),
                (0xB2, true),
                (low @ 0x80..=0xBF, true),
                after @ ..,
            ] => {
                decoded.push(*low);
                rest = after;
            }
            [
                (0xED, true),
                (0xB3, true),
                (low @ 0x80..=0xBF, true),
                after @ ..,
            ] => {
                decoded.push(low + 0x40);
                rest = after;
            }
            _ => {
                decoded.push(byte);
                rest = after;
            }
        }
    }
    if decoded.contains(&0) {
        return None;
    }
    let mut names: Vec<&[u8]> = Vec::new();
    for segment in decoded.split(|&byte| byte == b'/') {
        if segment == b".." {
            names.pop();
        } else if is_name(segment) {
            names.push(segment);
        }
    }
    let mut path = [b"/", &names.join(&b'/')[..]].concat();
    if path != b"/" && decoded.last() == Some(&b'/') {
        path.push(b'/');
    }
    Some(path)
}

/// The bytes of a path, each with whether it was escaped.
fn reference_escapes(raw: &[u8]) -> Vec<(u8, bool)> {
    let digits = b"0123456789abcdef";
    let value = |hex: u8| {
        digits
            .iter()
            .position(|&digit| digit == hex.to_ascii_lowercase())
    };
    let mut escapes = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let values = raw
            .get(at + 1..at + 3)
            .map(|hex| (value(hex[0]), value(hex[1])));
        match (raw[at], values) {
            (b'%', Some((Some(high), Some(low)))) => {
                escapes.push(((high * 16 + low) as u8, true));
                at += 3;
            }
            (byte, _) => {
                escapes.push((byte, false));
                at += 1;
            }
        }
    }
    escapes
}

/// Checks an entity-tag list, as If-Match and as If-None-Match of a file with the tag
/// `"1-77359400"`.
///
/// # Panics
/// If an element or a match is not what the reference makes of the list.
pub fn check_etag_list(value: &[u8]) {
    let validators = checked_file();
    let ours = b"\"1-77359400\"";
    let elements = reference_elements(value);
    assert_eq!(TagElements(value).collect::<Vec<_>>(), elements);

    let is_star = elements == [b"*"];
    let strongly = is_star || elements.iter().any(|element| element == ours);
    let weakly = strongly || elements.contains(&[b"W/", &ours[..]].concat());
    let verdict = |name, reads| judge(|| [(name, value)].into_iter(), reads, &validators);
    let (miss, unmodified) = (Verdict::PreconditionFailed, Verdict::NotModified);
    assert_eq!(verdict("If-Match", true) == Verdict::Proceed, strongly);
    assert_eq!(verdict("If-Match", true) == miss, !strongly);
    assert_eq!(verdict("If-None-Match", true) == unmodified, weakly);
    assert_eq!(verdict("If-None-Match", false) == miss, weakly);
    // Another line with the tag makes every list match.
    let both = || [("If-None-Match", value), ("If-None-Match", ours)].into_iter();
    assert_eq!(judge(both, true, &validators), unmodified);
}

fn checked_file() -> Validators {
    let modified = UNIX_EPOCH + Duration::from_secs(2);
    let file = FileFacts {
        len: 1,
        modified,
        changed: modified,
        inode: 1,
    };
    let now = UNIX_EPOCH + Duration::from_secs(1_000);
    Validators::of_file(&file, Etags::Mtime, now, || false)
}

fn reference_elements(value: &[u8]) -> Vec<Vec<u8>> {
    let mut elements = vec![Vec::new()];
    let mut quotes = 0;
    for &byte in value {
        quotes += usize::from(byte == b'"');
        match elements.last_mut() {
            Some(element) if byte != b',' || quotes % 2 == 1 => element.push(byte),
            _ => elements.push(Vec::new()),
        }
    }
    let trimmed = elements.iter().map(|element| element.trim_ascii().to_vec());
    trimmed.filter(|element| !element.is_empty()).collect()
}

#[cfg(test)]
mod tests;
