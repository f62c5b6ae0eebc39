//! Tests of patterns: a table, and every short one by the slow reading of the fuzz target.

use super::*;

fn matches(glob: &str, path: &str) -> bool {
    Glob::new(glob).expect(glob).matches(path.as_bytes())
}

/// Pattern, paths of it, paths that are none.
const ROWS: &[(&str, &[&str], &[&str])] = &[
    (
        "/a.js",
        &["/a.js", "a.js"],
        &["/b/a.js", "/a.jsx", "/A.js", "/"],
    ),
    (
        "/*.js",
        &["/a.js", "/.js", "/a.min.js"],
        &["/a.css", "/x/a.js", "/a.js/b"],
    ),
    (
        "/assets/*",
        &["/assets/a", "/assets/.a"],
        &["/assets", "/assets/x/a", "/xassets/a"],
    ),
    (
        "/**/*.js",
        &["/a.js", "/x/a.js", "/x/y/z/a.js"],
        &["/a.css", "/x/a.js/b"],
    ),
    ("/**/*", &["/a", "/a/b", "/a/b/c"], &[]),
    (
        "/x/**/a",
        &["/x/a", "/x/y/a", "/x/a/a", "/x/y/z/a"],
        &["/a", "/x", "/xa", "/x/ya", "/y/x/a"],
    ),
    (
        "/**/x/**/a",
        &["/x/a", "/b/x/c/a", "/x/x/a"],
        &["/a", "/x/b", "/b/a"],
    ),
    ("/**/**/a", &["/a", "/x/a", "/x/y/a"], &["/b"]),
    (
        "/**/x/y",
        &["/x/y", "/x/x/y", "/y/x/y"],
        &["/x/y/z", "/y", "/x/z/y"],
    ),
    // Between slashes alone: elsewhere two stars are as good as one.
    ("/x/**", &["/x/a", "/x/"], &["/x/y/a", "/x"]),
    ("/**.js", &["/a.js", "/.js"], &["/x/a.js"]),
    ("/x**/a", &["/x/a", "/xy/a"], &["/x/y/a", "/a"]),
    ("/**", &["/a", "/"], &["/x/a"]),
    (
        "/a?c",
        &["/abc", "/a\u{e9}c", "/a\u{1f600}c"],
        &["/ac", "/a/c", "/abbc"],
    ),
    (
        "/??",
        &["/ab", "/\u{e9}\u{e9}"],
        &["/a", "/\u{e9}", "/abc", "/a/"],
    ),
    (
        "/*??",
        &["/ab", "/abc", "/a\u{e9}"],
        &["/\u{e9}", "/\u{1f600}"],
    ),
    ("/*???", &["/abc"], &["/\u{20ac}\u{e9}"]),
    ("/*a*b*", &["/ab", "/xaxbx", "/bab"], &["/ba", "/a/b", "/b"]),
    ("/*/*/c", &["/a/b/c", "//b/c"], &["/a/c", "/c"]),
    // Nothing else is special.
    ("/[ab].{js,css}", &["/[ab].{js,css}"], &["/a.js", "/b.css"]),
    ("/\\*", &["/\\a", "/\\"], &["/*"]),
    ("/!a", &["/!a"], &["/b"]),
    ("/a b%20", &["/a b%20"], &["/a b "]),
    ("/", &["/", ""], &["/a"]),
    ("/a/", &["/a/"], &["/a", "/a/b"]),
    ("/./a", &["/./a"], &["/a"]),
];

#[test]
fn patterns_match_whole_paths() {
    for (glob, good, bad) in ROWS {
        for path in *good {
            assert!(matches(glob, path), "{glob} is for {path}");
        }
        for path in *bad {
            assert!(!matches(glob, path), "{glob} is not for {path}");
        }
    }
}

#[test]
fn what_is_not_utf8_is_matched_byte_by_byte() {
    let glob = |text| Glob::new(text).unwrap();
    assert!(glob("/caf?.txt").matches(b"/caf\xe9.txt"));
    assert!(glob("/*.txt").matches(b"/\xff\xfe.txt"));
    assert!(glob("/??").matches(b"/\xc3\xc3"));
    assert!(!glob("/?").matches(b"/\xc3\xc3"));
    assert!(!glob("/caf\u{e9}").matches(b"/caf\xe9"));
}

#[test]
fn a_pattern_begins_with_a_slash_and_has_an_end() {
    for text in ["", "*", "a", "**/*", "*.js", "\\/a"] {
        let error = Glob::new(text).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{text:?}");
    }
    assert!(Glob::new(&"/".repeat(GLOB_BYTES_MAX)).is_ok());
    assert!(Glob::new(&"/".repeat(GLOB_BYTES_MAX + 1)).is_err());
}

/// A path of 16 KiB, four times as long as one that can be opened, against the worst patterns. By
/// trying all ways, each of these would take longer than the universe has.
#[test]
fn hostile_patterns_take_no_more_steps_than_the_product_of_the_lengths() {
    let stars = format!("/{}b", "*a".repeat(500));
    let directories = format!("/{}b", "**/a/".repeat(500));
    let both = format!("/{}b", "**/*a*a*a/".repeat(200));
    for (glob, path) in [
        (&stars, "a".repeat(16 * 1024)),
        (&directories, "a/".repeat(8 * 1024)),
        (&both, "aaaaaaa/".repeat(2 * 1024)),
    ] {
        assert!(!matches(glob, &path));
    }
}

/// All patterns and paths of a few letters, by an oracle that tries every way.
#[test]
fn every_short_pattern_is_read_as_by_the_definition() {
    let globs = words(b"a*?/", 5);
    let paths = words(b"ab/", 4);
    for glob in &globs {
        let glob = format!("/{glob}");
        let parsed = Glob::new(&glob).unwrap();
        for path in &paths {
            let path = format!("/{path}");
            let want = crate::testing::slow_glob(&glob, path.as_bytes());
            assert_eq!(parsed.matches(path.as_bytes()), want, "{glob} {path}");
        }
    }
}

fn words(letters: &[u8], len_max: usize) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut from = 0;
    for _ in 0..len_max {
        let to = words.len();
        for at in from..to {
            for &letter in letters {
                words.push(format!("{}{}", words[at], char::from(letter)));
            }
        }
        from = to;
    }
    words
}
