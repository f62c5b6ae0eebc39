//! Tests of `files::listing::rich`.

use super::*;
use crate::files::listing::facts::Moment;

const FACTS: Facts = Facts {
    len: Some(12_345),
    modified: Some(Moment {
        seconds: 1_700_000_000,
        nanoseconds: 5,
    }),
};

fn line(name: &[u8], mark: Mark, facts: Facts) -> String {
    let mut out = Vec::new();
    Page::default().entry(name, mark, facts, &mut out);
    String::from_utf8(out).unwrap()
}

fn head(path: &[u8], order: Order, parts: Parts) -> String {
    let mut out = Vec::new();
    Page::head(path, order, parts, &mut out);
    String::from_utf8(out).unwrap()
}

/// What comes after the heading.
fn forms(query: &str) -> String {
    let order = Order::parse(Some(query.as_bytes()));
    let head = head(b"/", order, Parts::One);
    let (_, forms) = head.split_once("</h1>\n").unwrap();
    forms.strip_suffix("<ul>\n").unwrap().to_owned()
}

#[test]
fn an_entry_is_pythons_with_size_and_time_behind_it() {
    let time = "<time datetime=\"2023-11-14T22:13:20Z\">2023-11-14 22:13</time>";
    let size = "<data value=\"12345\">12.3 kB</data>";
    let untold = Facts::default();
    for (name, mark, facts, link, figures) in [
        (
            "a",
            Mark::File,
            FACTS,
            "<a href=\"a\">a</a>",
            format!("{size} {time}"),
        ),
        (
            "d",
            Mark::Directory,
            Facts { len: None, ..FACTS },
            "<a href=\"d/\">d/</a>",
            format!("<span>-</span> {time}"),
        ),
        (
            "l",
            Mark::Link,
            untold,
            "<a href=\"l\">l@</a>",
            "<span>-</span> <span>-</span>".into(),
        ),
        (
            "k",
            Mark::LinkToDirectory,
            untold,
            "<a href=\"k/\">k@</a>",
            "<span>-</span> <span>-</span>".into(),
        ),
        (
            "p q",
            Mark::Other,
            untold,
            "<a href=\"p%20q\">p q</a>",
            "<span>-</span> <span>-</span>".into(),
        ),
    ] {
        let want = format!("<li>{link} {figures}</li>\n");
        assert_eq!(line(name.as_bytes(), mark, facts), want);
    }
}

#[test]
fn nothing_in_a_name_becomes_markup_or_what_html_forbids() {
    for (name, href, text) in [
        (&b"<script>"[..], "%3Cscript%3E", "&lt;script&gt;"),
        (b"a&lt;", "a%26lt%3B", "a&amp;lt;"),
        (b"\"'", "%22%27", "\"'"),
        (b"a\nb", "a%0Ab", "a\u{240A}b"),
        (
            b"\x1b[31m\x7f\t",
            "%1B%5B31m%7F%09",
            "\u{241B}[31m\u{2421}\u{2409}",
        ),
        (b"\xc2\x85", "%C2%85", "\u{FFFD}"),
        (b"bad\xff", "bad%FF", "bad\u{FFFD}"),
        (
            "\u{FFFE}\u{1FFFF}\u{FDD0}".as_bytes(),
            "%EF%BF%BE%F0%9F%BF%BF%EF%B7%90",
            "\u{FFFD}\u{FFFD}\u{FFFD}",
        ),
        ("\u{202E}x".as_bytes(), "%E2%80%AEx", "\u{202E}x"),
        (
            "\u{E000}é😀".as_bytes(),
            "%EE%80%80%C3%A9%F0%9F%98%80",
            "\u{E000}é😀",
        ),
    ] {
        let want =
            format!("<li><a href=\"{href}\">{text}</a> <span>-</span> <span>-</span></li>\n");
        assert_eq!(line(name, Mark::File, Facts::default()), want);
    }
}

#[test]
fn the_last_line_has_the_number_of_entries_and_their_sum() {
    let mut page = Page::default();
    let mut out = Vec::new();
    let tail = |page: &Page| {
        let mut out = Vec::new();
        page.tail(&mut out);
        String::from_utf8(out).unwrap()
    };
    assert!(tail(&page).contains(">0 entries, <data value=\"0\">0 B</data>. Times are UTC.<"));
    page.entry(b"a", Mark::File, FACTS, &mut out);
    assert!(tail(&page).contains(">1 entry, <data value=\"12345\">12.3 kB</data>."));
    for _ in 0..1_233 {
        page.entry(b"d", Mark::Directory, Facts::default(), &mut out);
    }
    page.entry(b"a", Mark::File, FACTS, &mut out);
    assert!(tail(&page).contains(">1,235 entries, <data value=\"24690\">24.7 kB</data>."));
    page.entry(
        b"e",
        Mark::File,
        Facts {
            len: Some(u64::MAX - 1),
            ..FACTS
        },
        &mut out,
    );
    assert!(tail(&page).contains("<data value=\"18446744073709551615\">"));
}

#[test]
fn buttons_ask_for_another_order_and_keep_the_rest() {
    let sort = |current: &str, kept: &str| {
        let button = |word: &str| {
            let mark = if word == current {
                " aria-current=\"true\""
            } else {
                ""
            };
            format!(" <button name=\"sort\" value=\"{word}\"{mark}>{word}</button>")
        };
        let buttons = ["name", "size", "time"].map(button).concat();
        format!("<form>Sort by{buttons}{kept}</form>\n")
    };
    let kept = |name: &str, value: &str| {
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
    };
    let (size, desc, first) = (
        kept("sort", "size"),
        kept("order", "desc"),
        kept("dirs", "first"),
    );
    let toggle = |fields: &str, pressed: bool, text: &str| {
        format!("<form><button{fields} aria-pressed=\"{pressed}\">{text}</button>")
    };
    let (up, down) = (
        " name=\"order\" value=\"asc\"",
        " name=\"order\" value=\"desc\"",
    );
    let ascending = toggle(down, false, "descending");
    let descending = toggle(up, true, "descending");
    let mixed = toggle(" name=\"dirs\" value=\"first\"", false, "directories first");
    let parted = toggle("", true, "directories first");
    for (query, want) in [
        (
            "",
            format!("{}{ascending}</form>\n{mixed}</form>\n", sort("", "")),
        ),
        (
            "sort=size",
            format!(
                "{}{ascending}{size}</form>\n{mixed}{size}</form>\n",
                sort("size", "")
            ),
        ),
        (
            "sort=size&order=desc&dirs=first",
            format!(
                "{}{descending}{size}{first}</form>\n{parted}{size}{desc}</form>\n",
                sort("size", &format!("{desc}{first}"))
            ),
        ),
    ] {
        assert_eq!(forms(query), want, "{query}");
    }
}

/// The parents: the reference and the text of each button.
fn parents_of(path: &[u8]) -> Vec<(String, String)> {
    let head = head(path, Order::default(), Parts::One);
    let mut found = Vec::new();
    for part in head.split("<button formaction=\"").skip(1) {
        let (to, rest) = part.split_once("\">").unwrap();
        found.push((
            to.to_owned(),
            rest.split_once("</button>").unwrap().0.to_owned(),
        ));
    }
    found
}

#[test]
fn each_parent_has_a_button_and_none_is_a_link() {
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let own = |&(a, b): &(&str, &str)| (a.to_owned(), b.to_owned());
        pairs.iter().map(own).collect()
    };
    for (path, want) in [
        ("/", &[][..]),
        ("/a/", &[("../", "/")]),
        ("/a/b/", &[("../../", "/"), ("../", "a/")]),
        (
            "/a/<&>/c/",
            &[
                ("../../../", "/"),
                ("../../", "a/"),
                ("../", "&lt;&amp;&gt;/"),
            ],
        ),
    ] {
        assert_eq!(parents_of(path.as_bytes()), pairs(want), "{path}");
        let head = head(path.as_bytes(), Order::default(), Parts::One);
        assert!(!head.contains("href=") && !head.contains("<a"), "{head}");
    }
}

#[test]
fn a_head_is_short_however_long_the_path_is() {
    let long = [b"/".as_slice(), &b"&&&&&/".repeat(10_000)].concat();
    let deep = [b"/".as_slice(), &b"a/".repeat(2_000)].concat();
    let wide = [
        b"/".as_slice(),
        &[&b"&".repeat(255)[..], b"/"].concat().repeat(60),
    ]
    .concat();
    for (path, first) in [(long, None), (deep, None), (wide, Some("/"))] {
        let head = head(&path, Order::default(), Parts::Several);
        assert!(head.len() < 48 * 1024, "{}", head.len());
        let parents = parents_of(&path);
        assert!(
            (2..=PARENTS_MAX).contains(&parents.len()),
            "{}",
            parents.len()
        );
        assert_eq!(
            parents.iter().find(|one| one.1 == "/").map(|one| &*one.1),
            first
        );
        assert_eq!(parents.last().unwrap().0, "../");
        assert!(head.contains("\u{2026}"));
    }
}

#[test]
fn the_page_says_that_it_is_in_parts() {
    let said = "<p>Too many names to sort at once: each part below is in order.</p>\n<ul>\n";
    assert!(head(b"/", Order::default(), Parts::Several).ends_with(said));
    assert!(!head(b"/", Order::default(), Parts::One).contains("<p>"));
}
