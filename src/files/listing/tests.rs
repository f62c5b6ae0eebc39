//! Listings of real directories, whole and streamed.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;

fn open(path: &Path) -> OwnedFd {
    File::open(path).unwrap().into()
}

/// A plain one.
fn options(format: Format) -> Options<'static> {
    Options {
        hides: |_| false,
        path: b"/dir1/",
        format,
        order: None,
        follow: true,
        target: Box::new(|_| None),
    }
}

fn slot() -> Option<Slot> {
    Slots::default().take()
}

fn touch(dir: &TempDir, name: &[u8]) {
    fs::write(dir.path().join(OsStr::from_bytes(name)), "12").unwrap();
}

fn whole(dir: &TempDir, options: Options<'_>) -> String {
    match Listing::start(open(dir.path()), options, slot()).unwrap() {
        Started::Whole(bytes) => String::from_utf8(bytes).unwrap(),
        Started::Stream(_) | Started::Refused => panic!("a small directory is listed at once"),
    }
}

/// Pulls everything through sinks of `room` bytes.
fn drain(listing: &mut Listing, room: usize) -> String {
    let mut all = Vec::new();
    loop {
        let before = all.len();
        let pull = listing.fill(&mut Sink::new(&mut all, room)).unwrap();
        assert!(all.len() - before <= room);
        if pull == Pull::Done {
            return String::from_utf8(all).unwrap();
        }
    }
}

/// The lines of the entries.
fn entries(page: &str) -> Vec<&str> {
    page.lines()
        .filter(|line| line.starts_with("<li>"))
        .collect()
}

fn many(count: usize) -> TempDir {
    let dir = TempDir::new().unwrap();
    for number in 0..count {
        // Scattered, so that the order of creation says nothing.
        let name = format!("F{:05}", number * 7919 % 100_003);
        File::create(dir.path().join(name)).unwrap();
    }
    dir
}

#[test]
fn page_is_that_of_python_314_with_a_few_lines_for_phones() {
    let dir = TempDir::new().unwrap();
    touch(&dir, b"b.txt");
    touch(&dir, b".hidden");
    fs::create_dir(dir.path().join("A")).unwrap();
    symlink("A", dir.path().join("linkdir")).unwrap();
    symlink("b.txt", dir.path().join("link.txt")).unwrap();
    symlink("nowhere", dir.path().join("broken")).unwrap();
    let want = r#"<!DOCTYPE HTML>
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
<title>Directory listing for /dir1/</title>
</head>
<body>
<h1>Directory listing for /dir1/</h1>
<hr>
<ul>
<li><a href=".hidden">.hidden</a></li>
<li><a href="A/">A/</a></li>
<li><a href="b.txt">b.txt</a></li>
<li><a href="broken">broken@</a></li>
<li><a href="link.txt">link.txt@</a></li>
<li><a href="linkdir/">linkdir@</a></li>
</ul>
<hr>
</body>
</html>
"#;
    assert_eq!(whole(&dir, options(Format::Html)), want);
}

#[test]
fn links_are_not_followed_unless_told() {
    let dir = TempDir::new().unwrap();
    symlink("/", dir.path().join("root")).unwrap();
    let stay = Options {
        follow: false,
        ..options(Format::Html)
    };
    let page = whole(&dir, stay);
    assert_eq!(entries(&page), ["<li><a href=\"root\">root@</a></li>"]);
    let page = whole(&dir, options(Format::Html));
    assert_eq!(entries(&page), ["<li><a href=\"root/\">root@</a></li>"]);
}

#[test]
fn an_empty_directory_has_an_empty_list() {
    let dir = TempDir::new().unwrap();
    let page = whole(&dir, options(Format::Html));
    assert!(page.ends_with("<ul>\n</ul>\n<hr>\n</body>\n</html>\n"));
    assert_eq!(whole(&dir, options(Format::Json)), "[\n]\n");
}

#[test]
fn json_tells_name_type_size_and_time() {
    let dir = TempDir::new().unwrap();
    touch(&dir, b"a.txt");
    fs::create_dir(dir.path().join("b")).unwrap();
    symlink("b", dir.path().join("c")).unwrap();
    symlink("nowhere", dir.path().join("d")).unwrap();
    let at = open(dir.path());
    let told = Options {
        target: Box::new(move |name| stat_at(at.as_fd(), name, true).ok()),
        ..options(Format::Json)
    };
    let mut page = whole(&dir, told);
    for name in ["a.txt", "b", "c"] {
        let path = dir.path().join(name);
        let meta = fs::metadata(&path).unwrap();
        let time = meta.modified().unwrap();
        let time = time
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let facts = format!("\"size\":{},\"mtime\":{time},", meta.len());
        assert!(page.contains(&facts), "{page}");
        page = page.replacen(&facts, "", 1);
    }
    let want = "[\n\
        {\"name\":\"a.txt\",\"type\":\"file\",\"href\":\"a.txt\"},\n\
        {\"name\":\"b\",\"type\":\"directory\",\"href\":\"b/\"},\n\
        {\"name\":\"c\",\"type\":\"symlink\",\"href\":\"c/\"},\n\
        {\"name\":\"d\",\"type\":\"symlink\",\"size\":null,\"mtime\":null,\"href\":\"d\"}\n]\n";
    assert_eq!(page, want);
}

#[test]
fn names_of_any_bytes_are_listed() {
    let dir = TempDir::new().unwrap();
    for byte in (1..=255u8).filter(|byte| !b"/.".contains(byte)) {
        touch(&dir, &[byte]);
    }
    touch(&dir, &[b'&'; 255]);
    touch(&dir, "é😀".as_bytes());
    let page = whole(&dir, options(Format::Html));
    assert_eq!(entries(&page).len(), 255);
    for (href, text) in [("%FF", "\u{FFFD}"), ("%0A", "&#10;"), ("%22", "\"")] {
        let want = format!("<li><a href=\"{href}\">{text}</a></li>");
        assert!(entries(&page).contains(&&*want), "{want}");
    }
}

#[test]
fn what_the_directory_does_not_say_is_found_out() {
    let dir = TempDir::new().unwrap();
    for name in ["file", "link", "dir", "linkdir"] {
        match name {
            "file" => touch(&dir, b"file"),
            "dir" => fs::create_dir(dir.path().join(name)).unwrap(),
            "link" => symlink("file", dir.path().join(name)).unwrap(),
            _ => symlink("dir", dir.path().join(name)).unwrap(),
        }
    }
    let mut listing = Listing::new(open(dir.path()), options(Format::Html));
    let names: [&[u8]; 5] = [b"file", b"link", b"dir", b"linkdir", b"gone"];
    for name in names {
        // As a file system without `d_type` is read.
        let index = listing.names.push(name, mark(None));
        listing.unresolved.extend(index);
    }
    listing.more = false;
    let page = drain(&mut listing, 4096);
    let want = [
        "<li><a href=\"dir/\">dir/</a></li>",
        "<li><a href=\"file\">file</a></li>",
        "<li><a href=\"gone\">gone</a></li>",
        "<li><a href=\"link\">link@</a></li>",
        "<li><a href=\"linkdir/\">linkdir@</a></li>",
    ];
    assert_eq!(entries(&page), want);
}

#[test]
fn a_large_directory_is_streamed_and_in_order() {
    let dir = many(5000);
    let Started::Stream(mut listing) =
        Listing::start(open(dir.path()), options(Format::Html), slot()).unwrap()
    else {
        panic!("a large directory is streamed");
    };
    assert_eq!(listing.len(), None);
    let page = drain(&mut listing, 1000);
    let lines = entries(&page);
    assert_eq!(lines.len(), 5000);
    assert!(lines.is_sorted());
    assert!(page.starts_with("<!DOCTYPE HTML>\n"));
    assert!(page.ends_with("</ul>\n<hr>\n</body>\n</html>\n"));
    assert!(!page.contains("<p>"));
}

#[test]
fn room_does_not_change_the_page() {
    let dir = many(1600);
    let page = |room: usize| {
        let mut listing = Listing::new(open(dir.path()), options(Format::Html));
        drain(&mut listing, room)
    };
    let want = page(usize::MAX);
    for room in [1, 7, 4096, 65_536] {
        assert_eq!(page(room), want, "{room}");
    }
}

#[test]
fn json_of_many_entries_is_streamed() {
    let dir = many(300);
    let Started::Stream(mut listing) =
        Listing::start(open(dir.path()), options(Format::Json), slot()).unwrap()
    else {
        panic!("each entry is stat'ed, so not all at once");
    };
    let page = drain(&mut listing, 65_536);
    assert_eq!(page.matches("\n{\"name\":\"").count(), 300);
    assert_eq!(page.matches("},\n").count(), 299);
    assert!(page.starts_with("[\n{") && page.ends_with("}\n]\n"));
}

#[test]
fn json_of_as_many_entries_as_are_stated_at_once_is_whole() {
    let dir = many(START_STATS_MAX);
    let page = whole(&dir, options(Format::Json));
    assert_eq!(page.matches("\"mtime\":").count(), START_STATS_MAX);
    assert!(page.ends_with("}\n]\n"));
}

#[test]
fn no_turn_looks_at_more_entries_than_are_looked_at_at_once() {
    let dir = many(5000);
    for query in ["sort=size", "sort=name", "dirs=first"] {
        let mut options = options(Format::Html);
        options.order = Some(Order::parse(Some(query.as_bytes())));
        let Started::Stream(mut listing) =
            Listing::start(open(dir.path()), options, slot()).unwrap()
        else {
            panic!("a large directory is streamed");
        };
        // What is not yet looked at is still to be looked at, or is looked at when it is written.
        let looked_at = listing.names.len() - listing.unresolved.len();
        if listing.order.needs_facts() {
            assert!(looked_at <= START_STATS_MAX, "{query}: {looked_at}");
        }
        let mut page = Vec::new();
        let mut before = listing.unresolved.len();
        while listing.fill(&mut Sink::new(&mut page, 65_536)).unwrap() != Pull::Done {
            let left = listing.unresolved.len();
            assert!(
                before.saturating_sub(left) <= budget::STATS_PER_STEP,
                "{query}"
            );
            before = left;
        }
        let page = String::from_utf8(page).unwrap();
        assert_eq!(entries(&page).len(), 5000, "{query}");
    }
}

#[test]
fn names_past_the_limit_are_listed_in_parts_and_it_says_so() {
    let dir = many(5000);
    // A name of 6 bytes counts 22.
    const BYTES_MAX: usize = 80_000;
    let slots = Slots::new(1, BYTES_MAX);
    let mut listing = Listing::new(open(dir.path()), options(Format::Html));
    listing.slot = slots.take();
    let mut page = Vec::new();
    let mut bytes_most = 0;
    while listing.fill(&mut Sink::new(&mut page, 65_536)).unwrap() != Pull::Done {
        bytes_most = bytes_most.max(listing.names.bytes());
    }
    let step = 2 * ENTRIES_PER_STEP * 22;
    assert!(
        (BYTES_MAX..BYTES_MAX + step).contains(&bytes_most),
        "{bytes_most}"
    );
    let page = String::from_utf8(page).unwrap();
    assert_eq!(page.matches("<p>Too many names").count(), 1);
    let mut lines = entries(&page);
    assert!(!lines.is_sorted());
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 5000);
}

#[test]
fn a_listing_ends_once() {
    let dir = many(3);
    let mut listing = Listing::new(open(dir.path()), options(Format::Html));
    drain(&mut listing, 65_536);
    let mut rest = Vec::new();
    let pull = listing.fill(&mut Sink::new(&mut rest, 100)).unwrap();
    assert_eq!((pull, rest.len()), (Pull::Done, 0));
}

#[test]
fn what_is_no_directory_is_an_error() {
    let dir = TempDir::new().unwrap();
    touch(&dir, b"file");
    let file = open(&dir.path().join("file"));
    assert!(Listing::start(file, options(Format::Html), slot()).is_err());
}

#[test]
fn without_a_place_what_is_small_is_listed_and_what_is_large_refused_early() {
    for (entries, refused) in [(200, false), (1_000, true), (5_000, true)] {
        let dir = many(entries);
        let started = Listing::start(open(dir.path()), options(Format::Html), None).unwrap();
        assert_eq!(matches!(started, Started::Refused), refused, "{entries}");
        let started = Listing::start(open(dir.path()), options(Format::Html), slot()).unwrap();
        assert!(!matches!(started, Started::Refused), "{entries}");
    }
}

/// How long each turn of a listing takes: the first steps, and what follows. Also the most that its
/// names take.
fn turns(dir: &TempDir, options: Options<'_>) -> (Vec<Duration>, usize) {
    let begin = Instant::now();
    let started = Listing::start(open(dir.path()), options, slot()).unwrap();
    let mut turns = vec![begin.elapsed()];
    let Started::Stream(mut listing) = started else {
        panic!("a large directory is streamed");
    };
    let (mut page, mut names_bytes, mut pull) = (Vec::new(), 0, Pull::NextTurn);
    while pull != Pull::Done {
        if pull == Pull::NextTurn {
            turns.push(Duration::ZERO);
        }
        page.clear();
        let step = Instant::now();
        pull = listing.fill(&mut Sink::new(&mut page, 65_536)).unwrap();
        *turns.last_mut().unwrap() += step.elapsed();
        names_bytes = names_bytes.max(listing.names.bytes());
    }
    (turns, names_bytes)
}

/// Run by hand: `cargo test --release listing -- --ignored --nocapture`.
#[test]
#[ignore = "measures time"]
fn turns_of_100_000_entries_are_short() {
    let dir = many(100_000);
    let rich = |query: &str| Some(Order::parse(Some(query.as_bytes())));
    for (format, order) in [
        (Format::Json, None),
        (Format::Html, rich("")),
        (Format::Html, rich("sort=name")),
        (Format::Html, rich("sort=size")),
        (Format::Json, rich("sort=time&order=desc&dirs=first")),
    ] {
        let run = || {
            let options = Options {
                order,
                ..options(format)
            };
            let (turns, names_bytes) = turns(&dir, options);
            assert!(names_bytes < 5_000_000, "{names_bytes}");
            turns
        };
        // Each turn does the same in each run, but is not held up by others each time.
        let mut least = run();
        for _ in 0..4 {
            for (least, again) in least.iter_mut().zip(run()) {
                *least = again.min(*least);
            }
        }
        let longest = least.iter().max().unwrap();
        println!(
            "{format:?} {order:?}: {} turns, first {:?}, longest {longest:?}",
            least.len(),
            least[0]
        );
        assert!(*longest < Duration::from_millis(2), "{longest:?}");
    }
}

#[test]
fn a_page_past_its_bound_is_streamed_though_its_names_are_few() {
    let dir = TempDir::new().unwrap();
    // Eight bytes of the page for each byte of a name.
    let count = LISTING_WHOLE_BYTES_MAX / (250 * 8) + 1;
    for number in 0..count {
        touch(&dir, format!("{number:05}{}", "&".repeat(245)).as_bytes());
    }
    let Started::Stream(mut listing) =
        Listing::start(open(dir.path()), options(Format::Html), slot()).unwrap()
    else {
        panic!("a page as large as that is not held for a peer");
    };
    let most = LISTING_WHOLE_BYTES_MAX + 8 * 256;
    assert!(
        listing.out.capacity() <= 2 * most,
        "{}",
        listing.out.capacity()
    );
    let page = drain(&mut listing, 4000);
    let lines = entries(&page);
    assert_eq!(lines.len(), count);
    assert!(lines.is_sorted());
    assert!(page.ends_with("</html>\n"));
}
