//! The order that a peer asks a listing to have, by its query.
//!
//! What a query says beside that, or says wrong, changes nothing: links with queries of others'
//! making lead to the usual listing.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// What entries are sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SortKey {
    /// Name, as Python's listings do; nobody has asked for another.
    #[default]
    Usual,
    /// Name, where digits are numbers.
    Name,
    /// Size; what has none comes first.
    Size,
    /// Time of the last change; what has none comes first.
    Time,
}

impl SortKey {
    /// What `sort` says for it; the usual one cannot be asked for.
    pub fn word(self) -> Option<&'static str> {
        match self {
            SortKey::Usual => None,
            SortKey::Name => Some("name"),
            SortKey::Size => Some("size"),
            SortKey::Time => Some("time"),
        }
    }
}

/// How a listing is sorted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Order {
    /// What by. Entries of one size or time are in the order of their names, always ascending.
    pub key: SortKey,
    /// From the last to the first.
    pub is_descending: bool,
    /// Directories, and links to them, before all else.
    pub directories_first: bool,
}

impl Order {
    /// From a query, as forms write it; of several values for one name the last counts.
    pub fn parse(query: Option<&[u8]>) -> Order {
        let mut order = Order::default();
        for pair in query.unwrap_or_default().split(|&byte| byte == b'&') {
            let at = pair.iter().position(|&byte| byte == b'=');
            let (name, value) = at.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
            match (&*decoded(name), &*decoded(value)) {
                (b"sort", b"name") => order.key = SortKey::Name,
                (b"sort", b"size") => order.key = SortKey::Size,
                (b"sort", b"time") => order.key = SortKey::Time,
                (b"order", b"asc") => order.is_descending = false,
                (b"order", b"desc") => order.is_descending = true,
                (b"dirs", b"first") => order.directories_first = true,
                _ => {}
            }
        }
        order
    }

    /// Whether names alone do not tell the order: each entry must be looked at before.
    pub fn needs_facts(self) -> bool {
        self.directories_first || matches!(self.key, SortKey::Size | SortKey::Time)
    }
}

fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    percent_decode(text).into()
}

#[cfg(test)]
mod tests;
