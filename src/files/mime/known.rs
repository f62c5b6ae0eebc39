//! The media types that mime_guess knows, in a form that takes no more room than their letters.

/// Lines of `EXTENSION TYPE`, sorted by extension, lower case: written by `build.rs`.
const KNOWN: &str = include_str!(concat!(env!("OUT_DIR"), "/media_types.txt"));

// Any byte is a place to cut.
const _: () = assert!(KNOWN.is_ascii());

/// The type of files with this extension, given in lower case and without its dot.
pub fn media_type(extension: &str) -> Option<&'static str> {
    // What may hold it: whole lines.
    let mut lines = KNOWN;
    while !lines.is_empty() {
        let (before, after) = lines.as_bytes().split_at(lines.len() / 2);
        // Lines are too short for what `str` does to find an end faster.
        let start = before.iter().rposition(is_end).map_or(0, |end| end + 1);
        let end = before.len() + after.iter().position(is_end)? + 1;
        let (known, media_type) = lines[start..end].trim_end().split_once(' ')?;
        match extension.cmp(known) {
            std::cmp::Ordering::Less => lines = &lines[..start],
            std::cmp::Ordering::Greater => lines = &lines[end..],
            std::cmp::Ordering::Equal => return Some(media_type),
        }
    }
    None
}

fn is_end(byte: &u8) -> bool {
    *byte == b'\n'
}

#[cfg(test)]
mod tests;
