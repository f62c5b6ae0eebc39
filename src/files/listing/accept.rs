//! Whether a peer asks for JSON, by its Accept field (RFC 9110 sections 12.4.2 and 12.5.1).

use super::emit::Format;
use crate::http::headers::Headers;

/// JSON only for those who name it, and rank it no lower than HTML. `*/*` is what everyone sends.
pub fn choose(headers: Headers<'_>) -> Format {
    choose_of(headers.list("Accept"))
}

pub fn choose_of<'a>(ranges: impl Iterator<Item = &'a [u8]>) -> Format {
    let (mut json, mut html) = (0, 0);
    for range in ranges {
        let mut parts = range.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
        let best = match parts.next() {
            Some(name) if name.eq_ignore_ascii_case(b"application/json") => &mut json,
            Some(name) if name.eq_ignore_ascii_case(b"text/html") => &mut html,
            _ => continue,
        };
        // Other parameters are let pass: `charset=utf-8` says nothing new of either.
        let weight = parts.find_map(|part| match part.split_first_chunk::<2>() {
            Some((b"q=" | b"Q=", value)) => Some(thousandths(value)),
            _ => None,
        });
        *best = weight.unwrap_or(1000).max(*best);
    }
    if json > 0 && json >= html {
        Format::Json
    } else {
        Format::Html
    }
}

/// A weight in thousandths: `0` or `1`, and up to three decimals; 0 for what is none.
fn thousandths(value: &[u8]) -> u32 {
    let decimals = match value {
        [b'0' | b'1'] => &[][..],
        [b'0' | b'1', b'.', decimals @ ..] => decimals,
        _ => return 0,
    };
    if decimals.len() > 3 || !decimals.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    let mut weight = u32::from(value[0] - b'0');
    for place in 0..3 {
        weight = weight * 10
            + decimals
                .get(place)
                .map_or(0, |digit| u32::from(digit - b'0'));
    }
    if weight > 1000 { 0 } else { weight }
}

#[cfg(test)]
mod tests;
