//! Header fields of one head: looked up by name without an allocation (RFC 9110 section 5).

use super::grammar::{same_word, trim};

/// A stretch of the receive buffer.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: u16,
    pub len: u16,
}

/// A field: the spans of its name and its value.
pub(crate) type FieldSpans = (Span, Span);

impl Span {
    /// The span of `part`, a subslice of `buf`, which is at most 65,535 bytes long.
    pub fn within(buf: &[u8], part: &[u8]) -> Span {
        let start = part.as_ptr().addr() - buf.as_ptr().addr();
        debug_assert!(start + part.len() <= buf.len());
        debug_assert!(buf.len() <= usize::from(u16::MAX));
        Span {
            start: start as u16,
            len: part.len() as u16,
        }
    }

    /// The bytes it spans in `buf`.
    pub fn of(self, buf: &[u8]) -> &[u8] {
        let start = usize::from(self.start);
        &buf[start..start + usize::from(self.len)]
    }
}

/// The fields of a head, borrowed from the receive buffer.
#[derive(Clone, Copy)]
pub struct Headers<'a> {
    pub(crate) buf: &'a [u8],
    pub(crate) fields: &'a [FieldSpans],
}

impl<'a> Headers<'a> {
    /// All fields in order, names as they were sent.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.iter_of(|_| true)
    }

    /// Those of them that have such a name.
    pub(crate) fn iter_of(
        self,
        is_meant: impl Fn(&[u8]) -> bool,
    ) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        let meant = self.raw().filter(move |(name, _)| is_meant(name));
        // A name is a token, so it is always text.
        meant.map(|(name, value)| (std::str::from_utf8(name).unwrap_or_default(), value))
    }

    /// The value of the first field with this name, in any case of letters.
    pub fn get(self, name: &str) -> Option<&'a [u8]> {
        self.get_all(name).next()
    }

    /// The values of all fields with this name.
    pub fn get_all(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |(sent, _)| {
                // The length first: it spares most names a look at their bytes.
                usize::from(sent.len) == name.len() && same_word(sent.of(self.buf), name)
            })
            .map(move |(_, value)| value.of(self.buf))
    }

    /// The elements of a comma-separated list over all fields with this name (RFC 9110 section
    /// 5.6.1): trimmed, empty ones skipped, commas inside quoted strings kept.
    pub fn list(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name)
            .flat_map(Elements::new)
            .filter(|element| !element.is_empty())
    }

    /// Whether a comma-separated list holds this token, in any case of letters.
    pub fn has_token(self, name: &str, token: &str) -> bool {
        self.list(name).any(|element| same_word(element, token))
    }

    /// All fields in order, as bytes.
    pub(crate) fn raw(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.fields
            .iter()
            .map(move |(name, value)| (name.of(self.buf), value.of(self.buf)))
    }
}

/// The elements of one list value, trimmed, empty ones included.
pub(crate) struct Elements<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Elements<'a> {
    pub(crate) fn new(value: &'a [u8]) -> Elements<'a> {
        Elements { rest: Some(value) }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let (element, rest) = match element_end(rest) {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        self.rest = rest;
        Some(trim(element))
    }
}

/// The first comma outside a quoted string. A string that never ends swallows the rest.
fn element_end(value: &[u8]) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    value.iter().position(|&byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' => return !quoted,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests;
