//! How a listing looks: Python's page, line by line, or JSON. Nothing in a name becomes markup.

use std::fmt::Write as _;
use std::io::Write as _;

use super::facts::Facts;
use super::figures::number;
use super::names::Mark;
use crate::http::accept::Ranked;
use crate::http::headers::Headers;
use crate::http::page::escape_html;
use crate::http::target::encode_segment;

/// The form of a listing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Python's page.
    Html,
    /// An array of objects.
    Json,
}

impl Format {
    /// JSON only for those who name it, and rank it no lower than HTML. `*/*` is what all send.
    pub fn wanted(headers: Headers<'_>) -> Format {
        match Ranked::of(headers, "application/json").is_named_first() {
            true => Format::Json,
            false => Format::Html,
        }
    }

    /// The value of Content-Type.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Html => "text/html; charset=utf-8",
            Format::Json => "application/json",
        }
    }
}

/// Whether the names could be sorted at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parts {
    /// All of them are in order.
    One,
    /// They are too many: there are parts, each in order.
    Several,
}

const HTML_HEAD: &str = r#"<!DOCTYPE HTML>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style type="text/css">
:root {
color-scheme: light dark;
}
body {
font-family: system-ui, sans-serif;
line-height: 1.6;
margin: 1em;
overflow-wrap: anywhere;
}
</style>
<title>Directory listing for "#;

const HTML_TAIL: &[u8] = b"</ul>\n<hr>\n</body>\n</html>\n";

/// Appends all that comes before the first entry. `path` is decoded.
pub(crate) fn head(format: Format, path: &[u8], parts: Parts, out: &mut Vec<u8>) {
    if format == Format::Json {
        out.push(b'[');
        return;
    }
    out.extend_from_slice(HTML_HEAD.as_bytes());
    name_in_html(path, out);
    out.extend_from_slice(b"</title>\n</head>\n<body>\n<h1>Directory listing for ");
    name_in_html(path, out);
    out.extend_from_slice(b"</h1>\n");
    if parts == Parts::Several {
        out.extend_from_slice(
            b"<p>Too many names to sort at once: each part below is in order.</p>\n",
        );
    }
    out.extend_from_slice(b"<hr>\n<ul>\n");
}

/// Appends all that comes after the last entry.
pub(crate) fn tail(format: Format, out: &mut Vec<u8>) {
    out.extend_from_slice(match format {
        Format::Html => HTML_TAIL,
        Format::Json => b"\n]\n",
    });
}

/// What follows a name in its reference, and in its text.
pub(super) fn signs(mark: Mark) -> (&'static str, &'static str) {
    match mark {
        Mark::File | Mark::Other => ("", ""),
        Mark::Directory => ("/", "/"),
        Mark::Link => ("", "@"),
        Mark::LinkToDirectory => ("/", "@"),
    }
}

/// Appends the line of one entry, as Python writes it.
pub fn html_entry(name: &[u8], mark: Mark, out: &mut Vec<u8>) {
    let (slash, sign) = signs(mark);
    out.extend_from_slice(b"<li><a href=\"");
    href(name, out);
    out.extend_from_slice(slash.as_bytes());
    out.extend_from_slice(b"\">");
    name_in_html(name, out);
    out.extend_from_slice(sign.as_bytes());
    out.extend_from_slice(b"</a></li>\n");
}

/// Appends the object of one entry; `facts` are those of what a download would be of: of a link,
/// its target.
pub fn json_entry(name: &[u8], mark: Mark, facts: Facts, first: bool, out: &mut Vec<u8>) {
    let kind = match mark {
        Mark::File => "file",
        Mark::Directory => "directory",
        Mark::Link | Mark::LinkToDirectory => "symlink",
        Mark::Other => "other",
    };
    out.extend_from_slice(if first { b"" } else { b"," });
    out.extend_from_slice(b"\n{\"name\":\"");
    json_text(&String::from_utf8_lossy(name), out);
    for part in ["\",\"type\":\"", kind, "\",\"size\":"] {
        out.extend_from_slice(part.as_bytes());
    }
    match facts.len {
        Some(len) => number(len, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"mtime\":");
    match facts.modified.map(|moment| moment.seconds) {
        Some(seconds) if seconds < 0 => {
            out.push(b'-');
            number(seconds.unsigned_abs(), out);
        }
        Some(seconds) => number(seconds.unsigned_abs(), out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"href\":\"");
    href(name, out);
    out.extend_from_slice(signs(mark).0.as_bytes());
    out.extend_from_slice(b"\"}");
}

/// The name as a relative reference. Its real bytes are encoded, so that it finds the file back.
pub(super) fn href(name: &[u8], out: &mut Vec<u8>) {
    match plain(name) {
        Some(name) => out.extend_from_slice(name),
        None => {
            let mut text = String::with_capacity(name.len() * 3);
            encode_segment(name, &mut text);
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// The name for people: escaped, what is not UTF-8 replaced, and on one line.
pub fn name_in_html(name: &[u8], out: &mut Vec<u8>) {
    // Python writes these as they are: a line end in a name would split the entry's line, and
    // terminals obey escapes.
    let is_odd = |letter: char| letter.is_ascii_control();
    escaped(name, is_odd, out, |letter, out| {
        let _ = write!(out, "&#{};", u32::from(letter));
    });
}

/// Appends a name escaped, what is not UTF-8 replaced, and odd letters as they are to be shown.
pub(super) fn escaped(
    name: &[u8],
    is_odd: impl Fn(char) -> bool,
    out: &mut Vec<u8>,
    mut show: impl FnMut(char, &mut String),
) {
    if let Some(name) = plain(name) {
        out.extend_from_slice(name);
        return;
    }
    let name = String::from_utf8_lossy(name);
    let mut text = String::with_capacity(name.len() + 16);
    let mut rest = &*name;
    while let Some(at) = rest.find(&is_odd) {
        escape_html(&rest[..at], &mut text);
        let mut chars = rest[at..].chars();
        show(chars.next().unwrap_or_default(), &mut text);
        rest = chars.as_str();
    }
    escape_html(rest, &mut text);
    out.extend_from_slice(text.as_bytes());
}

/// The name, if neither a reference nor HTML has to escape any of it: most names, twice.
pub(super) fn plain(name: &[u8]) -> Option<&[u8]> {
    let unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    name.iter().all(unreserved).then_some(name)
}

/// Appends the inside of a JSON string (RFC 8259 section 7).
fn json_text(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    // DEL and C1 controls need no escape, but a terminal would obey them.
    while let Some(at) = rest.find(|c: char| c.is_control() || c == '"' || c == '\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let mut chars = rest[at..].chars();
        let _ = match chars.next() {
            Some(mark @ ('"' | '\\')) => write!(out, "\\{mark}"),
            Some(control) => write!(out, "\\u{:04x}", u32::from(control)),
            None => Ok(()),
        };
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
}

#[cfg(test)]
mod tests;
