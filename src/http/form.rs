//! Names and values as HTML forms send them, in a query or a body (WHATWG URL section 5,
//! `application/x-www-form-urlencoded`).

use percent_encoding::percent_decode;

/// The pairs of a form, in order, decoded: `+` is a space, `%41` a letter. What is not UTF-8
/// becomes U+FFFD, a piece without `=` has an empty value, and nothing is refused.
pub fn pairs(text: &[u8]) -> impl Iterator<Item = (String, String)> {
    let pieces = text.split(|&byte| byte == b'&');
    pieces.filter(|piece| !piece.is_empty()).map(|piece| {
        let mut halves = piece.splitn(2, |&byte| byte == b'=');
        let mut half = || decoded(halves.next().unwrap_or_default());
        (half(), half())
    })
}

fn decoded(text: &[u8]) -> String {
    let spaced: Vec<u8> = text
        .iter()
        .map(|&byte| if byte == b'+' { b' ' } else { byte })
        .collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests;
