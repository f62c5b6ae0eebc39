//! The fuzz target of patterns for paths, and the slow reading that they are judged by.

use std::collections::BTreeSet;

use crate::files::glob::{GLOB_BYTES_MAX, Glob};

/// Fuzz target: a line is a pattern, what follows it a path; it matches as by the definition.
pub fn glob(input: &[u8]) {
    let (pattern, path) = match input.iter().position(|&byte| byte == b'\n') {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &b"/"[..]),
    };
    let Ok(pattern) = std::str::from_utf8(pattern) else {
        return;
    };
    let parsed = Glob::new(pattern);
    let is_one = pattern.starts_with('/') && pattern.len() <= GLOB_BYTES_MAX;
    assert_eq!(parsed.is_ok(), is_one);
    let (Ok(parsed), [b'/', ..]) = (parsed, path) else {
        return;
    };
    // The first slash may be left out, unless the next one would be taken for it.
    let bare = &path[1..];
    assert!(bare.starts_with(b"/") || parsed.matches(path) == parsed.matches(bare));
    assert_eq!(parsed.matches(path), slow_glob(pattern, path));
}

/// Whether a path is one of a pattern's: all places that each part of it can end at, part by part.
pub fn slow_glob(pattern: &str, path: &[u8]) -> bool {
    let path = characters(path);
    let mut ends = BTreeSet::from([0]);
    let mut rest = pattern;
    while let Some(part) = rest.chars().next() {
        let skipped = match rest.starts_with("/**/") {
            true => "/**".len(),
            false => part.len_utf8(),
        };
        let mut next = BTreeSet::new();
        for at in ends {
            match part {
                '/' if skipped > 1 => next.extend(ends_of_directories(&path, at)),
                '*' => next.extend(at..=end_of_name(&path, at)),
                '?' if end_of_name(&path, at) > at => {
                    next.insert(at + 1);
                }
                '?' => {}
                literal => {
                    let mut room = [0; 4];
                    let literal = literal.encode_utf8(&mut room).as_bytes();
                    next.extend(path.get(at).filter(|&&one| one == literal).map(|_| at + 1));
                }
            }
        }
        ends = next;
        rest = &rest[skipped..];
    }
    ends.contains(&path.len())
}

/// A text as its characters, and as single bytes where it is none.
fn characters(path: &[u8]) -> Vec<&[u8]> {
    let mut characters = Vec::new();
    for chunk in path.utf8_chunks() {
        let valid = chunk.valid();
        let starts = valid.char_indices();
        characters.extend(starts.map(|(at, one)| &valid.as_bytes()[at..at + one.len_utf8()]));
        characters.extend(chunk.invalid().chunks(1));
    }
    characters
}

fn end_of_name(path: &[&[u8]], from: usize) -> usize {
    let slash = path[from..].iter().position(|&one| one == b"/");
    slash.map_or(path.len(), |at| from + at)
}

/// Where a slash and a name can end, any number of them in a row.
fn ends_of_directories(path: &[&[u8]], from: usize) -> Vec<usize> {
    let mut ends = vec![from];
    let mut at = from;
    while path.get(at).is_some_and(|&one| one == b"/") {
        at = end_of_name(path, at + 1);
        ends.push(at);
    }
    ends
}

#[cfg(test)]
mod tests;
