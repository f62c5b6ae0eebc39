//! Fields that were checked and written once, for all the responses that have them.

use std::sync::Arc;

use super::grammar::same_word;
use super::response::{Field, is_framing, push_field};

/// Header fields as they are sent, line by line. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FieldLines(Arc<[u8]>);

impl FieldLines {
    /// Writes these fields as lines. Returns `None` if one of them cannot be sent, or is the
    /// server's to write; that is for whoever writes the head to report.
    pub fn of(fields: &[Field]) -> Option<FieldLines> {
        let mut lines = Vec::new();
        for (name, value) in fields {
            let is_own = is_framing(name) || is_of_server(name);
            if is_own || !push_field(&mut lines, name, value) {
                return None;
            }
        }
        Some(FieldLines(lines.into()))
    }

    /// The lines, each with its end.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let lines = self.0.split_inclusive(|&byte| byte == b'\n');
        lines.filter_map(|line| {
            let line = line.strip_suffix(b"\r\n")?;
            let colon = line.iter().position(|&byte| byte == b':')?;
            let name = std::str::from_utf8(&line[..colon]).ok()?;
            Some((name, line.get(colon + 2..)?))
        })
    }

    /// Whether one has this name, in any case of letters.
    pub fn has(&self, name: &str) -> bool {
        let mut lines = self.0.split(|&byte| byte == b'\n');
        lines.any(|line| {
            let (start, rest) = line.split_at_checked(name.len()).unwrap_or_default();
            rest.starts_with(b":") && same_word(start, name)
        })
    }

    /// The same one by one.
    pub fn to_fields(&self) -> Vec<Field> {
        let owned = |(name, value): (&str, &[u8])| (name.to_owned().into(), value.to_vec().into());
        self.iter().map(owned).collect()
    }
}

/// What the server writes unless a response has another.
fn is_of_server(name: &str) -> bool {
    same_word(name, "Date") || same_word(name, "Server")
}

#[cfg(test)]
mod tests;
