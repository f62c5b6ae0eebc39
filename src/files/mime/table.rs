//! Tables of media types, in the format of `mime.types` (Apache, Python's `mimetypes`).

use crate::http::grammar::{is_token, is_value};

/// Longest table, in bytes: Debian's, which has all that are registered, has 70 KiB.
pub const TYPES_BYTES_MAX: usize = 1024 * 1024;

/// Reads a table: a line is a type and the extensions that have it; a word that begins with `#`
/// ends it.
///
/// # Errors
/// The number of the first line that is wrong, and what is wrong with it.
pub fn parse(text: &[u8]) -> Result<Vec<(String, String)>, (usize, String)> {
    let mut types = Vec::new();
    for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let wrong = |what| (number, what);
        let line = std::str::from_utf8(line).map_err(|_| wrong("not UTF-8".into()))?;
        let words = line.split_ascii_whitespace();
        let mut words = words.take_while(|word| !word.starts_with('#'));
        let Some(media_type) = words.next() else {
            continue;
        };
        if !is_media_type(media_type) {
            return Err(wrong(format!("{media_type:?} is not a media type")));
        }
        for word in words {
            let extension = word.strip_prefix('.').unwrap_or(word);
            if extension.is_empty() || extension.contains(['/', '\0', ';']) {
                return Err(wrong(format!("{word:?} is not an extension")));
            }
            // What stands behind a name's last dot counts: Debian's `cwl.json` is of no name.
            if !extension.contains('.') {
                types.push((extension.to_owned(), media_type.to_owned()));
            }
        }
    }
    Ok(types)
}

/// A type and a subtype, perhaps with parameters.
fn is_media_type(text: &str) -> bool {
    let (essence, _) = text.split_once(';').unwrap_or((text, ""));
    let is_one = essence
        .split_once('/')
        .is_some_and(|(kind, subtype)| is_token(kind.as_bytes()) && is_token(subtype.as_bytes()));
    is_one && text.is_ascii() && is_value(text.as_bytes())
}

#[cfg(test)]
mod tests;
