//! Tests of `files::listing::emit`.

use super::*;
use crate::files::listing::facts::Moment;

fn text_of(page: Vec<u8>) -> String {
    String::from_utf8(page).unwrap()
}

fn line(name: &[u8], mark: Mark) -> String {
    let mut out = Vec::new();
    html_entry(name, mark, &mut out);
    text_of(out)
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
        let mut out = Vec::new();
        href(&name, &mut out);
        let out = text_of(out);
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
    let mut out = Vec::new();
    head(Format::Html, b"/<b>\n\xff/", Parts::One, &mut out);
    let out = text_of(out);
    let want = "Directory listing for /&lt;b&gt;&#10;\u{FFFD}/</";
    assert_eq!(out.matches(want).count(), 2);
    assert!(!out.contains("<b>"));
    assert!(out.ends_with("</h1>\n<hr>\n<ul>\n"));
}

#[test]
fn json_is_escaped_and_links_back() {
    let facts = Facts {
        len: Some(12),
        modified: Some(Moment {
            seconds: 1_700_000_000,
            nanoseconds: 900_000_000,
        }),
    };
    let mut out = Vec::new();
    json_entry(b"a\"\\\n\xc2\x85\xff", Mark::File, facts, true, &mut out);
    json_entry(
        b"d",
        Mark::LinkToDirectory,
        Facts::default(),
        false,
        &mut out,
    );
    let want = "\n{\"name\":\"a\\\"\\\\\\u000a\\u0085\u{FFFD}\",\"type\":\"file\",\"size\":12,\
        \"mtime\":1700000000,\"href\":\"a%22%5C%0A%C2%85%FF\"},\n{\"name\":\"d\",\
        \"type\":\"symlink\",\"size\":null,\"mtime\":null,\"href\":\"d/\"}";
    assert_eq!(text_of(out), want);
}

#[test]
fn times_before_the_epoch_are_negative() {
    for (seconds, want) in [(-1, "-1"), (0, "0"), (i64::MIN, "-9223372036854775808")] {
        let modified = Some(Moment {
            seconds,
            nanoseconds: 1,
        });
        let mut out = Vec::new();
        let facts = Facts {
            len: None,
            modified,
        };
        json_entry(b"a", Mark::Other, facts, true, &mut out);
        let out = text_of(out);
        assert!(
            out.contains(&format!("\"size\":null,\"mtime\":{want},")),
            "{out}"
        );
    }
}
