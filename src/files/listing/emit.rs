//! How a listing looks: Python's page, line by line, or JSON. Nothing in a name becomes markup.

use std::fmt::Write;
use std::time::UNIX_EPOCH;

use super::names::Mark;
use crate::http::page::escape_html;
use crate::http::target::encode_segment;
use crate::sys::file::Stat;

/// The form of a listing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Python's page.
    Html,
    /// An array of objects.
    Json,
}

impl Format {
    /// The value of Content-Type.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Html => "text/html; charset=utf-8",
            Format::Json => "application/json",
        }
    }
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

const HTML_TAIL: &str = "</ul>\n<hr>\n</body>\n</html>\n";

/// Appends all that comes before the first entry. `path` is decoded; `parts` says that the names
/// are too many to sort at once.
pub(super) fn head(format: Format, path: &[u8], parts: bool, out: &mut String) {
    if format == Format::Json {
        out.push('[');
        return;
    }
    out.push_str(HTML_HEAD);
    text(path, out);
    out.push_str("</title>\n</head>\n<body>\n<h1>Directory listing for ");
    text(path, out);
    out.push_str("</h1>\n");
    if parts {
        out.push_str("<p>Too many names to sort at once: each part below is in order.</p>\n");
    }
    out.push_str("<hr>\n<ul>\n");
}

/// Appends all that comes after the last entry.
pub(super) fn tail(format: Format, out: &mut String) {
    out.push_str(match format {
        Format::Html => HTML_TAIL,
        Format::Json => "\n]\n",
    });
}

/// Appends the line of one entry, as Python writes it.
pub(super) fn html_entry(name: &[u8], mark: Mark, out: &mut String) {
    let (slash, sign) = match mark {
        Mark::File | Mark::Other => ("", ""),
        Mark::Directory => ("/", "/"),
        Mark::Link => ("", "@"),
        Mark::LinkToDirectory => ("/", "@"),
    };
    out.push_str("<li><a href=\"");
    href(name, out);
    out.push_str(slash);
    out.push_str("\">");
    text(name, out);
    out.push_str(sign);
    out.push_str("</a></li>\n");
}

/// Appends the object of one entry; `stat` is that of what a download would be of: of a link, its
/// target.
pub(super) fn json_entry(
    name: &[u8],
    mark: Mark,
    stat: Option<Stat>,
    first: bool,
    out: &mut String,
) {
    let (slash, kind) = match mark {
        Mark::File => ("", "file"),
        Mark::Directory => ("/", "directory"),
        Mark::Link => ("", "symlink"),
        Mark::LinkToDirectory => ("/", "symlink"),
        Mark::Other => ("", "other"),
    };
    out.push_str(if first {
        "\n{\"name\":\""
    } else {
        ",\n{\"name\":\""
    });
    json_text(&String::from_utf8_lossy(name), out);
    out.push_str("\",\"type\":\"");
    out.push_str(kind);
    // Writing to a string does not fail.
    let _ = match stat {
        Some(stat) => write!(out, "\",\"size\":{},\"mtime\":{}", stat.len, seconds(&stat)),
        None => write!(out, "\",\"size\":null,\"mtime\":null"),
    };
    out.push_str(",\"href\":\"");
    href(name, out);
    out.push_str(slash);
    out.push_str("\"}");
}

/// Whole seconds since the epoch, rounded down; negative before it.
fn seconds(stat: &Stat) -> i64 {
    match stat.modified.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_secs() as i64,
        Err(before) => {
            let before = before.duration();
            -(before.as_secs() as i64) - i64::from(before.subsec_nanos() > 0)
        }
    }
}

/// The name as a relative reference. Its real bytes are encoded, so that it finds the file back.
fn href(name: &[u8], out: &mut String) {
    match plain(name) {
        Some(name) => out.push_str(name),
        None => encode_segment(name, out),
    }
}

/// The name for people: escaped, what is not UTF-8 replaced, and on one line.
fn text(name: &[u8], out: &mut String) {
    if let Some(name) = plain(name) {
        out.push_str(name);
        return;
    }
    let name = String::from_utf8_lossy(name);
    let mut rest = &*name;
    // Python writes these as they are: a line end in a name would split the entry's line, and
    // terminals obey escapes.
    while let Some(at) = rest.find(|c: char| c.is_ascii_control()) {
        escape_html(&rest[..at], out);
        let _ = write!(out, "&#{};", rest.as_bytes()[at]);
        rest = &rest[at + 1..];
    }
    escape_html(rest, out);
}

/// The name, if neither a reference nor HTML has to escape any of it: most names, twice.
fn plain(name: &[u8]) -> Option<&str> {
    let unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    if !name.iter().all(unreserved) {
        return None;
    }
    std::str::from_utf8(name).ok()
}

/// Appends the inside of a JSON string (RFC 8259 section 7).
fn json_text(text: &str, out: &mut String) {
    let mut rest = text;
    // DEL and C1 controls need no escape, but a terminal would obey them.
    while let Some(at) = rest.find(|c: char| c.is_control() || c == '"' || c == '\\') {
        out.push_str(&rest[..at]);
        let mut chars = rest[at..].chars();
        let _ = match chars.next() {
            Some(mark @ ('"' | '\\')) => write!(out, "\\{mark}"),
            Some(control) => write!(out, "\\u{:04x}", u32::from(control)),
            None => Ok(()),
        };
        rest = chars.as_str();
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::file::Kind;
    use std::time::Duration;

    fn line(name: &[u8], mark: Mark) -> String {
        let mut out = String::new();
        html_entry(name, mark, &mut out);
        out
    }

    #[test]
    fn lines_are_those_of_python() {
        // PYTHON.md section 6.
        for (name, mark, want) in [
            ("sub", Mark::Directory, r#"<a href="sub/">sub/</a>"#),
            ("ld", Mark::LinkToDirectory, r#"<a href="ld/">ld@</a>"#),
            ("l.txt", Mark::Link, r#"<a href="l.txt">l.txt@</a>"#),
            ("fifo", Mark::Other, r#"<a href="fifo">fifo</a>"#),
            (
                "we&ird<>\"%.txt",
                Mark::File,
                r#"<a href="we%26ird%3C%3E%22%25.txt">we&amp;ird&lt;&gt;"%.txt</a>"#,
            ),
        ] {
            assert_eq!(line(name.as_bytes(), mark), format!("<li>{want}</li>\n"));
        }
    }

    #[test]
    fn nothing_in_a_name_becomes_markup() {
        for (name, href, text) in [
            (&b"a b"[..], "a%20b", "a b"),
            (b"'x'", "%27x%27", "'x'"),
            (
                b"<script>alert(1)<",
                "%3Cscript%3Ealert%281%29%3C",
                "&lt;script&gt;alert(1)&lt;",
            ),
            (b"javascript:x", "javascript%3Ax", "javascript:x"),
            (b"a:b", "a%3Ab", "a:b"),
            (b"%2e", "%252e", "%2e"),
            (b"?q#f", "%3Fq%23f", "?q#f"),
            (b"a\nb", "a%0Ab", "a&#10;b"),
            (b"\r<\n&", "%0D%3C%0A%26", "&#13;&lt;&#10;&amp;"),
            (b"\x1b[31m\x7f", "%1B%5B31m%7F", "&#27;[31m&#127;"),
            (b"bad\xff.txt", "bad%FF.txt", "bad\u{FFFD}.txt"),
            (b"\x80\x81", "%80%81", "\u{FFFD}\u{FFFD}"),
            ("é😀".as_bytes(), "%C3%A9%F0%9F%98%80", "é😀"),
            (b"&lt;", "%26lt%3B", "&amp;lt;"),
            (b"\\", "%5C", "\\"),
            (b"...", "...", "..."),
        ] {
            let want = format!("<li><a href=\"{href}\">{text}</a></li>\n");
            assert_eq!(line(name, Mark::File), want);
        }
    }

    #[test]
    fn every_byte_round_trips_through_its_href() {
        for byte in (1..=255u8).filter(|&byte| byte != b'/') {
            let name = [b'x', byte, b'y'];
            let mut out = String::new();
            href(&name, &mut out);
            let inner = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
            assert!(out.chars().all(inner), "{out}");
            let back: Vec<u8> = percent_encoding::percent_decode_str(&out).collect();
            assert_eq!(back, name);
        }
    }

    #[test]
    fn a_long_name_is_kept_whole() {
        let name = [b'&'; 255];
        let want = format!(
            "<li><a href=\"{}\">{}</a></li>\n",
            "%26".repeat(255),
            "&amp;".repeat(255)
        );
        assert_eq!(line(&name, Mark::File), want);
    }

    #[test]
    fn the_path_is_escaped_in_title_and_heading() {
        let mut out = String::new();
        head(Format::Html, b"/<b>\n\xff/", false, &mut out);
        let want = "Directory listing for /&lt;b&gt;&#10;\u{FFFD}/</";
        assert_eq!(out.matches(want).count(), 2);
        assert!(!out.contains("<b>"));
        assert!(out.ends_with("</h1>\n<hr>\n<ul>\n"));
    }

    #[test]
    fn json_is_escaped_and_links_back() {
        let stat = Stat {
            kind: Kind::Regular,
            len: 12,
            modified: UNIX_EPOCH + Duration::from_millis(1_700_000_000_900),
            changed: UNIX_EPOCH,
            device: 1,
            inode: 1,
            mode: 0o644,
        };
        let mut out = String::new();
        json_entry(
            b"a\"\\\n\xc2\x85\xff",
            Mark::File,
            Some(stat),
            true,
            &mut out,
        );
        json_entry(b"d", Mark::LinkToDirectory, None, false, &mut out);
        let want = "\n{\"name\":\"a\\\"\\\\\\u000a\\u0085\u{FFFD}\",\"type\":\"file\",\"size\":12,\
            \"mtime\":1700000000,\"href\":\"a%22%5C%0A%C2%85%FF\"},\n{\"name\":\"d\",\
            \"type\":\"symlink\",\"size\":null,\"mtime\":null,\"href\":\"d/\"}";
        assert_eq!(out, want);
    }

    #[test]
    fn times_before_the_epoch_are_rounded_down() {
        for (back_ms, want) in [(1, -1), (1000, -1), (1500, -2), (0, 0)] {
            let stat = Stat {
                kind: Kind::Regular,
                len: 0,
                modified: UNIX_EPOCH - Duration::from_millis(back_ms),
                changed: UNIX_EPOCH,
                device: 1,
                inode: 1,
                mode: 0,
            };
            assert_eq!(seconds(&stat), want);
        }
    }
}
