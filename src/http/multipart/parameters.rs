//! The parameters of a field value, `; name=value` (RFC 9110 section 5.6.6, RFC 2045 section 5.1).

use crate::http::grammar::{is_token, trim};

/// What stands before the parameters of a value, and these.
pub fn split(value: &[u8]) -> (&[u8], &[u8]) {
    let at = value.iter().position(|&byte| byte == b';');
    let (word, rest) = value.split_at(at.unwrap_or(value.len()));
    (trim(word), rest)
}

/// Parameters in order; `None` for what is none, and then no more.
///
/// A backslash in quotes takes the meaning from a quote or a backslash behind it, and stands for
/// itself before all else: some browsers send the path of a file on Windows as it is.
pub struct Parameters<'a> {
    rest: &'a [u8],
}

impl<'a> Parameters<'a> {
    pub fn new(rest: &'a [u8]) -> Parameters<'a> {
        Parameters { rest }
    }

    fn parameter(&mut self) -> Option<(&'a [u8], Vec<u8>)> {
        let rest = trim(self.rest.strip_prefix(b";")?);
        let equals = rest.iter().position(|&byte| byte == b'=')?;
        let (name, value) = (&rest[..equals], &rest[equals + 1..]);
        if !is_token(name) {
            return None;
        }
        if let Some(quoted) = value.strip_prefix(b"\"") {
            let (value, rest) = unquoted(quoted)?;
            self.rest = trim(rest);
            return Some((name, value));
        }
        let (value, rest) = split(value);
        self.rest = rest;
        (!value.is_empty()).then(|| (name, value.to_vec()))
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Option<(&'a [u8], Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        // One that is empty is none (RFC 9110 has it so).
        while let [b';', rest @ ..] = self.rest {
            match trim(rest) {
                rest @ ([] | [b';', ..]) => self.rest = rest,
                _ => break,
            }
        }
        if self.rest.is_empty() {
            return None;
        }
        let parameter = self.parameter();
        if parameter.is_none() {
            self.rest = &[];
        }
        Some(parameter)
    }
}

/// What a string holds that has begun with a quote, and what is behind its end.
fn unquoted(quoted: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut value = Vec::new();
    let mut rest = quoted;
    loop {
        rest = match rest {
            [b'"', rest @ ..] => return Some((value, rest)),
            [b'\\', byte @ (b'"' | b'\\'), rest @ ..] | [byte, rest @ ..] => {
                value.push(*byte);
                rest
            }
            [] => return None,
        };
    }
}
