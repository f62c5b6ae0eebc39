//! Header fields of one head: looked up by name without an allocation (RFC 9110 section 5).

use super::head::Field;

/// The fields of a head, borrowed from the receive buffer.
#[derive(Clone, Copy)]
pub struct Headers<'a> {
    pub(crate) buf: &'a [u8],
    pub(crate) fields: &'a [Field],
}

impl<'a> Headers<'a> {
    /// All fields in order, names as they were sent.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        let _ = (self.buf, self.fields);
        std::iter::empty()
    }

    /// The value of the first field with this name, in any case of letters.
    pub fn get(self, name: &str) -> Option<&'a [u8]> {
        self.get_all(name).next()
    }

    /// The values of all fields with this name.
    pub fn get_all(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let _ = name;
        std::iter::empty()
    }

    /// The elements of a comma-separated list over all fields with this name (RFC 9110 section
    /// 5.6.1): trimmed, empty ones skipped, commas inside quoted strings kept.
    pub fn list(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let _ = name;
        std::iter::empty()
    }

    /// Whether a comma-separated list holds this token, in any case of letters.
    pub fn has_token(self, name: &str, token: &str) -> bool {
        self.list(name)
            .any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }
}
