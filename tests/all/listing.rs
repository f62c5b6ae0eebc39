//! Listings: Python's lines, every name reachable, nothing in a name markup, JSON, index files.

use std::collections::BTreeSet;
use std::fs;

use rustix::process::Signal;

use crate::support::server::{request, wait_for};
use crate::support::{Framing, Raw, Reply, Server, Site, measure};

/// The `<li>` lines of a listing, as (href, text).
fn entries(reply: &Reply) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    for line in reply.text().lines().filter(|line| line.starts_with("<li>")) {
        let rest = line.strip_prefix("<li><a href=\"").expect(line);
        let (href, rest) = rest.split_once("\">").expect(line);
        let (text, rest) = rest.split_once("</a>").expect(line);
        assert!(rest.ends_with("</li>"), "{line}");
        entries.push((href.to_owned(), text.to_owned()));
    }
    entries
}

fn awkward_site() -> Site {
    let site = Site::new("entries");
    site.file("b.txt", "b");
    site.file("A.txt", "a");
    site.file("Zebra", "z");
    site.file(".hidden", "h");
    site.file("we&ird<>\"%.txt", "w");
    site.file("sp ace~", "s");
    site.file("é", "e");
    site.dir("sub");
    site.link("link.txt", "b.txt");
    site.link("linkdir", "sub");
    site.link("broken", "nowhere");
    site
}

const PLAIN_LINES: [&str; 11] = [
    "<li><a href=\".hidden\">.hidden</a></li>",
    "<li><a href=\"A.txt\">A.txt</a></li>",
    "<li><a href=\"b.txt\">b.txt</a></li>",
    "<li><a href=\"broken\">broken@</a></li>",
    "<li><a href=\"link.txt\">link.txt@</a></li>",
    "<li><a href=\"linkdir/\">linkdir@</a></li>",
    "<li><a href=\"sp%20ace~\">sp ace~</a></li>",
    "<li><a href=\"sub/\">sub/</a></li>",
    "<li><a href=\"we%26ird%3C%3E%22%25.txt\">we&amp;ird&lt;&gt;\"%.txt</a></li>",
    "<li><a href=\"Zebra\">Zebra</a></li>",
    "<li><a href=\"%C3%A9\">é</a></li>",
];

fn lines(reply: &Reply) -> Vec<&str> {
    let is_entry = |line: &&str| line.contains("<li>");
    reply.text().lines().filter(is_entry).collect()
}

#[test]
fn plain_entries_have_pythons_lines_marks_and_order() {
    let site = awkward_site();
    for args in [&["--listing", "plain"][..], &["-p", "HTTP/1.0"]] {
        let server = site.serve(args);
        let reply = server.get("/");
        assert_eq!(reply.status, 200);
        let media_type = reply.field("Content-Type");
        assert_eq!(media_type, "text/html; charset=utf-8");
        assert_eq!(reply.header("Last-Modified"), None);
        assert_eq!(reply.framing, Framing::Length);
        assert_eq!(lines(&reply), PLAIN_LINES);
        let asked = server.get("/?sort=size&order=desc&dirs=first");
        assert_eq!(asked.body, reply.body);
    }
}

#[test]
fn rich_entries_are_the_plain_ones_with_sizes_and_times_behind_them() {
    let site = awkward_site();
    let server = site.serve(&[]);
    let reply = server.get("/");
    let media_type = reply.field("Content-Type");
    assert_eq!(media_type, "text/html; charset=utf-8");
    assert_eq!(reply.header("Last-Modified"), None);
    assert_eq!(reply.framing, Framing::Length);
    let file = " <data value=\"1\">1 B</data> \
        <time datetime=\"2023-11-14T22:13:20Z\">2023-11-14 22:13</time></li>";
    let lines = lines(&reply);
    assert_eq!(lines.len(), PLAIN_LINES.len());
    for (rich, plain) in lines.iter().zip(PLAIN_LINES) {
        let link = plain.strip_suffix("</li>").unwrap();
        let figures = rich.strip_prefix(link).expect(rich);
        match link {
            _ if link.contains("broken") => {
                assert_eq!(figures, " <span>-</span> <span>-</span></li>");
            }
            _ if link.contains("dir") || link.contains("sub/") => {
                assert!(
                    figures.starts_with(" <span>-</span> <time datetime=\""),
                    "{rich}"
                );
            }
            _ => assert_eq!(figures, file, "{rich}"),
        }
    }
    // Nothing else is a link.
    assert_eq!(reply.text().matches("href=").count(), PLAIN_LINES.len());
    assert_eq!(reply.text().matches("<a").count(), PLAIN_LINES.len());
    assert!(
        reply
            .text()
            .contains("<footer>11 entries, <data value=\"8\">8 B</data>.")
    );
}

#[test]
fn the_page_is_readable_in_the_dark_and_on_a_phone() {
    let site = Site::new("page");
    site.dir("dir1");
    let server = site.serve(&[]);
    let reply = server.get("/dir1/");
    let text = reply.text();
    for part in [
        "<!DOCTYPE HTML>\n<html lang=\"en\">\n",
        "<meta charset=\"utf-8\">",
        "color-scheme: light dark;",
        "<meta name=\"viewport\"",
        "<title>Directory listing for /dir1/</title>",
        "<h1>Directory listing for /dir1/</h1>",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert_eq!(entries(&reply), []);
}

#[test]
fn every_name_of_any_bytes_comes_back_through_its_href() {
    let site = Site::new("round-trip");
    let mut names: BTreeSet<Vec<u8>> = BTreeSet::new();
    for byte in 1..=255u8 {
        if byte != b'/' {
            names.insert(vec![b'x', byte, b'y']);
            names.insert(vec![b'z', byte]);
        }
    }
    for odd in [
        "#", "?", "a:b", "http:", "..x", "&amp;", "%41", "C:\\x", "-", "'", "\u{202e}",
    ] {
        names.insert(odd.into());
    }
    names.insert(b"\xed\xb3\xbf".to_vec());
    names.insert(b"\xc3".to_vec());
    names.insert(b"<script>alert(1)<".to_vec());
    for name in &names {
        site.file(name, name);
    }
    let server = site.serve(&["--quiet"]);
    let reply = server.get("/");
    assert_eq!(reply.status, 200);
    let entries = entries(&reply);
    let mut found = BTreeSet::new();
    let mut peer = server.connect();
    for (href, _) in &entries {
        // A browser resolves it against the listing's address: neither scheme, query nor fragment.
        assert!(!href.contains([':', '?', '#', '\\', '"']), "{href}");
        peer.send(request("GET", format!("/{href}"), ""));
        let got = peer.read_response();
        assert_eq!(got.status, 200, "{href}");
        // Each file holds its name.
        found.insert(got.body);
    }
    let show = |name: &Vec<u8>| name.escape_ascii().to_string();
    let differ: Vec<_> = names.symmetric_difference(&found).map(show).collect();
    assert!(differ.is_empty(), "{differ:?}");
    assert_eq!(entries.len(), names.len());
}

#[test]
fn nothing_in_a_name_becomes_markup() {
    let site = Site::new("markup");
    let dir = "<script>alert(1)<&\"'>";
    site.file(format!("{dir}/<img src=x onerror=alert(1)>"), "x");
    site.file(format!("{dir}/new\nline"), "x");
    site.file(format!("{dir}/\"><script>"), "x");
    site.file(format!("{dir}/&lt;"), "x");
    let server = site.serve(&[]);
    let listing = entries(&server.get("/"));
    let reply = server.get(format!("/{}", listing[0].0));
    assert_eq!(reply.status, 200);
    let text = reply.text();
    assert!(!text.contains("<script"), "{text}");
    assert!(!text.contains("<img"), "{text}");
    assert!(text.contains("&amp;lt;"), "{text}");
    assert_eq!(entries(&reply).len(), 4, "one line each: {text}");
}

#[test]
fn json_gives_name_type_size_and_mtime() {
    let site = Site::new("json");
    site.file("a \"q\"\\.txt", "four");
    site.dir("sub");
    site.link("link", "sub");
    let server = site.serve(&[]);
    let reply = server.get_with("/", "Accept: application/json\r\n");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.field("Content-Type"), "application/json");
    let text = reply.text();
    for part in [
        "\"a \\\"q\\\"\\\\.txt\"",
        "\"sub\"",
        "\"link\"",
        "\"size\"",
        "\"mtime\"",
        "\"type\"",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    let squeezed: String = text.split_whitespace().collect();
    assert!(squeezed.contains("\"size\":4"), "{text}");
    assert!(squeezed.contains("1700000000"), "{text}");
    assert!(squeezed.starts_with('[') || squeezed.starts_with('{'));
}

#[test]
fn json_gives_a_link_the_size_that_its_download_has() {
    let site = Site::new("json-links");
    site.file("real.bin", vec![b'x'; 12_345]);
    site.dir("sub");
    std::fs::write(site.outside("secret"), "four").unwrap();
    site.link("in", "real.bin");
    site.link("sub/up", "../real.bin");
    site.link("out", site.outside("secret"));
    site.link("broken", "nowhere");
    for (symlinks, inside, outside) in [
        ("inside", Some("12345"), None),
        ("follow", Some("12345"), Some("4")),
        ("never", None, None),
    ] {
        let server = site.serve(&["--symlinks", symlinks]);
        for (directory, name, want) in [
            ("/", "in", inside),
            ("/sub/", "up", inside),
            ("/", "out", outside),
            ("/", "broken", None),
        ] {
            let page = server.get_with(directory, "Accept: application/json\r\n");
            let size = format!(
                "{{\"name\":\"{name}\",\"type\":\"symlink\",\"size\":{},",
                want.unwrap_or("null")
            );
            assert!(page.text().contains(&size), "{symlinks}: {}", page.text());
            let head = server.head(format!("{directory}{name}"));
            let length = head.header("Content-Length").filter(|_| head.status == 200);
            assert_eq!(length, want, "{symlinks} {name}");
        }
    }
}

#[test]
fn json_is_well_formed_for_names_of_any_bytes() {
    let site = Site::new("json-bytes");
    for byte in 1..=255u8 {
        if byte != b'/' {
            site.file([b'x', byte], "");
        }
    }
    let server = site.serve(&[]);
    let reply = server.get_with("/", "Accept: application/json\r\n");
    let text = reply.text();
    assert!(!text.chars().any(|c| c < ' ' && c != '\n'));
    let checked = std::process::Command::new("python3")
        .args(["-c", "import json, sys; print(len(json.load(sys.stdin)))"])
        .stdin({
            let path = site.outside("listing.json");
            fs::write(&path, text).unwrap();
            fs::File::open(path).unwrap()
        })
        .output();
    match checked {
        Ok(output) => {
            let count = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{output:?}");
            assert!(count.trim() == "254" || !text.starts_with('['), "{count}");
        }
        Err(error) => crate::support::skip(&format!("no python3 to read JSON with: {error}")),
    }
}

#[test]
fn json_is_given_to_who_prefers_it_only() {
    let site = Site::new("accept");
    let server = site.serve(&[]);
    for (accept, json) in [
        ("application/json", true),
        ("Application/JSON", true),
        ("application/json, */*;q=0.1", true),
        ("*/*", false),
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            false,
        ),
        ("text/html", false),
        ("text/json", false),
        ("application/jsonx", false),
        ("application/json;q=0", false),
        ("", false),
    ] {
        let reply = server.get_with("/", &format!("Accept: {accept}\r\n"));
        let is_json = reply.field("Content-Type") == "application/json";
        assert_eq!(is_json, json, "{accept}");
        let vary = reply.header("Vary").unwrap_or_default();
        assert!(vary.eq_ignore_ascii_case("accept"), "{accept}: {vary}");
    }
}

#[test]
fn head_on_a_listing_has_its_fields_and_no_body() {
    let site = Site::new("head-listing");
    site.file("a.txt", "a");
    let server = site.serve(&[]);
    let get = server.get("/");
    let head = server.head("/");
    assert_eq!(head.status, 200);
    for name in ["Content-Length", "Content-Type"] {
        assert_eq!(head.field(name), get.field(name));
    }
}

#[test]
fn index_files_come_first() {
    let site = Site::new("index");
    site.file("both/index.html", "html");
    site.file("both/index.htm", "htm");
    site.file("htm/index.htm", "htm");
    site.file("link/real", "linked");
    site.link("link/index.html", "real");
    site.dir("dir/index.html");
    site.file("own/default.txt", "own");
    site.file("own/index.html", "not own");
    let server = site.serve(&[]);
    assert_eq!(server.get("/both/").text(), "html");
    let reply = server.get("/htm/?query");
    assert_eq!(reply.text(), "htm");
    assert_eq!(reply.field("Content-Type"), "text/html; charset=utf-8");
    assert!(reply.header("Last-Modified").is_some());
    assert_eq!(server.get("/link/").text(), "linked");
    assert!(server.get("/dir/").text().contains("Directory listing"));
    assert_eq!(server.get("/both").status, 301);
    let server = site.serve(&["--index", "nope.html,default.txt"]);
    assert_eq!(server.get("/own/").text(), "own");
    assert!(server.get("/both/").text().contains("Directory listing"));
}

#[test]
fn an_index_that_is_a_fifo_does_not_block() {
    let site = Site::new("index-fifo");
    site.fifo("index.html");
    let server = site.serve(&[]);
    assert!([200, 404].contains(&server.get("/").status));
}

#[test]
fn no_listing_shows_nothing_but_files_and_index_files() {
    let site = Site::new("no-listing");
    site.file("secret-name", "s");
    site.file("sub/index.html", "index");
    let server = site.serve(&["--no-listing"]);
    let reply = server.get("/");
    assert_eq!(reply.status, 404);
    assert!(!reply.text().contains("secret-name"));
    assert_eq!(server.get("/sub/").text(), "index");
    assert_eq!(server.get("/secret-name").text(), "s");
    let json = server.get_with("/", "Accept: application/json\r\n");
    assert_eq!(json.status, 404);
}

#[test]
fn the_title_is_the_decoded_path_without_the_query() {
    let site = Site::new("title");
    site.dir("sp ace&");
    let server = site.serve(&[]);
    let reply = server.get("/sp%20ace&/?<q>");
    let want = "<title>Directory listing for /sp ace&amp;/</title>";
    assert!(reply.text().contains(want), "{}", reply.text());
}

#[test]
fn a_listing_in_1_0_and_one_that_is_closed_early() {
    let site = Site::new("many");
    for number in 0..3_000 {
        site.fresh_file(format!("file-number-{number:05}"), "");
    }
    let server = site.serve(&["--quiet"]);
    let whole = entries(&server.get("/"));
    assert_eq!(whole.len(), 3_000);
    assert!(whole.is_sorted());
    let reply = server.answer("GET / HTTP/1.0\r\n\r\n");
    assert_ne!(reply.framing, Framing::Chunked);
    assert_eq!(entries(&reply), whole);
    for _ in 0..20 {
        server.connect().send(request("GET", "/", ""));
    }
    assert_eq!(server.get("/file-number-00000").status, 200);
}

#[test]
fn a_hundred_thousand_entries_are_listed_in_steps_and_little_memory() {
    const ENTRIES: usize = 100_000;
    const GROWTH_KIB_MAX: u64 = 12 * 1024;
    let site = Site::new("huge");
    let first = site.file("huge/00000-a-file-name-of-usual-length.txt", "");
    for number in 1..ENTRIES {
        let name = format!("huge/{number:05}-a-file-name-of-usual-length.txt");
        // Links are made faster than files, 65,000 of them to each.
        if number == ENTRIES / 2 {
            site.file(&name, "");
            continue;
        }
        let half = format!("huge/{:05}-a-file-name-of-usual-length.txt", ENTRIES / 2);
        let original = if number < ENTRIES / 2 {
            first.clone()
        } else {
            site.path(half)
        };
        fs::hard_link(original, site.path(&name)).unwrap();
    }
    site.file("small", "small");
    let server = site.serve(&["--quiet"]);
    let mut other = server.connect();
    other.send(request("GET", "/small", ""));
    assert_eq!(other.read_response().text(), "small");
    let can_measure = measure::can_measure();
    let before = if can_measure {
        measure::rss_kib(server.pid())
    } else {
        0
    };
    let mut peer = server.connect();
    peer.send(request("GET", "/huge/", ""));
    let reply = peer.read_response();
    assert_eq!(reply.framing, Framing::Chunked);
    if can_measure {
        let grown = measure::rss_kib(server.pid()).saturating_sub(before);
        assert!(grown < GROWTH_KIB_MAX, "grown by {grown} KiB");
    }
    let entries = entries(&reply);
    assert_eq!(entries.len(), ENTRIES);
    assert!(entries.is_sorted());
    assert!((0..5).any(|_| small_overtakes_huge(&server, &mut other)));
    assert_listings_are_limited(&server);
}

/// Past so many at once, a large listing is for later; what is small is not.
fn assert_listings_are_limited(server: &Server) {
    const LISTINGS_MAX: usize = 8;
    let mut peers: Vec<Raw> = (0..LISTINGS_MAX).map(|_| server.connect()).collect();
    for peer in &mut peers {
        peer.send(request("GET", "/huge/", ""));
        assert_eq!(peer.read_head().status, 200);
    }
    let reply = server.get("/huge/");
    assert_eq!(reply.status, 503);
    assert!(reply.header("Retry-After").is_some());
    assert_eq!(server.get("/small").text(), "small");
    drop(peers);
    wait_for("there is room again", || {
        let mut peer = server.connect();
        peer.send(request("GET", "/huge/", ""));
        (peer.read_head().status == 200).then_some(())
    });
}

/// Whether a small request that comes after one for the huge listing is answered before that has
/// its first byte. One try may fail where this process does not get to look in time.
fn small_overtakes_huge(server: &Server, other: &mut Raw) -> bool {
    let mut peer = server.connect();
    // Both are there when the server looks, in this order.
    server.signal(Signal::STOP);
    peer.send(request("GET", "/huge/", ""));
    other.send(request("GET", "/small", ""));
    server.signal(Signal::CONT);
    assert_eq!(other.read_response().text(), "small");
    !peer.has_data()
}
