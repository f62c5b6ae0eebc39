//! Files in codings, and pages in Markdown.

use super::*;

/// A tree in which `all.css` lies in three codings, `gz.txt` in one, `alone.js` in one and nothing
/// else, and `plain.txt` in none.
fn coded() -> (TempDir, FileServer) {
    let dir = site();
    write(&dir, "all.css", "the whole of it, in clear");
    write(&dir, "all.css.br", "br");
    write(&dir, "all.css.zst", "zst");
    write(&dir, "all.css.gz", "gzip");
    write(&dir, "gz.txt", "clear");
    write(&dir, "gz.txt.gz", "longer than it is in clear");
    write(&dir, "alone.js.gz", "only");
    write(&dir, "plain.txt", "plain");
    write(&dir, "with/index.html.br", "b");
    let files = FileServer::builder(dir.path()).precompressed(true);
    let files = files.open().unwrap();
    (dir, files)
}

fn accepting(files: &FileServer, target: &str, codings: &str) -> Response {
    let fields = format!("Accept-Encoding: {codings}\r\n");
    ask(files, &format!("GET {target}"), &fields)
}

#[test]
fn the_form_that_suits_is_sent_as_what_it_is_a_form_of() {
    let (_dir, files) = coded();
    for (target, codings, coding, len) in [
        ("/all.css", "gzip, deflate, br, zstd", Some("br"), 2),
        ("/all.css", "gzip;q=0.9, zstd", Some("zstd"), 3),
        ("/all.css", "X-GZIP", Some("gzip"), 4),
        ("/all.css", "deflate", None, 25),
        ("/all.css", "identity, *;q=0.5", None, 25),
        ("/gz.txt", "br, gzip", Some("gzip"), 26),
        ("/gz.txt", "*", None, 5),
        ("/gz.txt", "br", None, 5),
        ("/alone.js", "gzip", Some("gzip"), 4),
        ("/plain.txt", "br, gzip", None, 5),
        ("/with/", "br", Some("br"), 1),
        ("/with/", "gzip", None, 3),
        ("/with/index.html", "br", Some("br"), 1),
    ] {
        let response = accepting(&files, target, codings);
        let about = format!("{target} {codings}");
        assert_eq!(response.status(), Status::OK, "{about}");
        assert_eq!(field(&response, "content-encoding"), coding, "{about}");
        assert_eq!(field(&response, "vary"), Some("Accept-Encoding"), "{about}");
        assert_eq!(body(&response), format!("file 0..{len}"), "{about}");
        let kind = match target.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("txt") => "text/plain; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!(field(&response, "content-type"), Some(kind), "{about}");
    }
    let response = get(&files, "/all.css");
    assert_eq!(field(&response, "content-encoding"), None);
}

#[test]
fn what_nothing_suits_is_406_and_404_to_those_who_know_no_codings() {
    let (_dir, files) = coded();
    for (target, codings, want) in [
        ("/alone.js", "br", 406),
        ("/alone.js", "identity", 406),
        ("/alone.js", "gzip;q=0", 406),
        ("/alone.js", "", 404),
        ("/alone.js", " , ", 404),
        ("/all.css", "identity;q=0", 406),
        ("/all.css", "*;q=0", 406),
        ("/plain.txt", "identity;q=0", 406),
        ("/plain.txt", "br, identity;q=0", 406),
        ("/none.txt", "identity;q=0", 404),
        ("/none.txt", "gzip", 404),
    ] {
        let response = accepting(&files, target, codings);
        assert_eq!(response.status().code(), want, "{target} {codings}");
        assert_eq!(field(&response, "vary"), Some("Accept-Encoding"));
        assert!(response.is_error_page());
    }
    let response = get(&files, "/alone.js");
    assert_eq!(response.status(), Status::NOT_FOUND);
    assert_eq!(cause(&response), "there in codings alone");
    // A listing is never refused so, nor is a redirect.
    let listing = accepting(&files, "/dir/", "identity;q=0");
    assert_eq!(listing.status(), Status::OK);
    assert_eq!(field(&listing, "vary"), Some("Accept"));
    let redirect = accepting(&files, "/dir", "identity;q=0");
    assert_eq!(redirect.status(), Status::MOVED_PERMANENTLY);
    assert_eq!(field(&redirect, "vary"), None);
}

#[test]
fn a_name_that_says_its_coding_is_what_it_is() {
    let (dir, files) = coded();
    write(&dir, "all.css.gz.br", "twice");
    write(&dir, "a.svgz", "picture");
    write(&dir, "a.svgz.br", "twice");
    let usual = serving(&dir);
    for target in ["/all.css.gz", "/all.css.br", "/all.css.zst", "/a.svgz"] {
        let codings = "br, gzip, zstd, identity;q=0";
        let [got, want] = [&files, &usual].map(|files| accepting(files, target, codings));
        assert_eq!(got.status(), Status::OK, "{target}");
        assert!(got.headers().eq(want.headers()), "{target}");
        assert_eq!(body(&got), body(&want), "{target}");
    }
}

#[test]
fn forms_that_may_not_be_used_are_as_if_they_were_not_there() {
    let (dir, files) = coded();
    let own = now() - Duration::from_secs(3600);
    let second = Duration::from_secs(1);
    for (what, modified, len, is_used) in [
        ("as old", own, 1, true),
        ("newer", own + second, 1, true),
        (
            "cut to the second",
            own - Duration::from_millis(999),
            1,
            false,
        ),
        ("older", own - second, 1, false),
        ("empty", own, 0, false),
        ("young", now() - Duration::from_millis(1_999), 1, false),
        ("of now", now(), 1, false),
        ("two seconds old", now() - 2 * second, 1, true),
    ] {
        write_at(&dir, "all.css.br", &"x".repeat(len), modified);
        let response = accepting(&files, "/all.css", "br");
        let coding = is_used.then_some("br");
        assert_eq!(field(&response, "content-encoding"), coding, "{what}");
        assert_eq!(field(&response, "vary"), Some("Accept-Encoding"), "{what}");
    }
    // What was made of it has its time, cut to the second.
    write_at(&dir, "all.css", "new", own + Duration::from_millis(999));
    write_at(&dir, "all.css.br", "b", own);
    let response = accepting(&files, "/all.css", "br");
    assert_eq!(field(&response, "content-encoding"), Some("br"));
    fs::remove_file(dir.path().join("all.css.br")).unwrap();
    fs::create_dir(dir.path().join("all.css.br")).unwrap();
    let outside = TempDir::new().unwrap();
    write(&outside, "secret", "secret");
    let link = dir.path().join("all.css.zst");
    fs::remove_file(&link).unwrap();
    symlink(outside.path().join("secret"), link).unwrap();
    let response = accepting(&files, "/all.css", "br, zstd");
    assert_eq!(response.status(), Status::OK);
    assert_eq!(field(&response, "content-encoding"), None);
}

#[test]
fn the_log_hears_once_of_each_stale_form() {
    let (dir, files) = coded();
    let earlier = now() - Duration::from_secs(7200);
    write_at(&dir, "all.css.br", "old", earlier);
    accepting(&files, "/all.css", "br");
    accepting(&files, "/all.css", "gzip");
    let told = "stale: /all.css.br is older than what it was made of, and not served";
    assert_eq!(files.negotiation.untold(), [told]);
    write_at(
        &dir,
        "all.css.br",
        "older",
        earlier - Duration::from_secs(1),
    );
    accepting(&files, "/all.css", "br");
    accepting(&files, "/gz.txt", "br");
    assert_eq!(files.negotiation.untold(), [told]);
    assert!(files.negotiation.untold().is_empty());
}

#[test]
fn each_form_has_validators_of_its_own() {
    let (dir, files) = coded();
    for (name, text) in [
        ("all.css.br", "same"),
        ("all.css.zst", "same"),
        ("all.css", "same"),
    ] {
        write(&dir, name, text);
    }
    let tag = |codings: &str| {
        let response = accepting(&files, "/all.css", codings);
        field(&response, "etag").unwrap().to_owned()
    };
    let tags = ["br", "zstd", "gzip", "identity"].map(tag);
    for (at, tag) in tags.iter().enumerate() {
        assert!(!tags[..at].contains(tag), "{tags:?}");
    }
    for (codings, known, want) in [
        ("br", &tags[0], 304),
        ("br", &tags[1], 200),
        ("identity", &tags[3], 304),
        ("identity", &tags[0], 200),
    ] {
        let fields = format!("Accept-Encoding: {codings}\r\nIf-None-Match: {known}\r\n");
        let response = ask(&files, "HEAD /all.css", &fields);
        assert_eq!(response.status().code(), want, "{codings} {known}");
        assert_eq!(field(&response, "vary"), Some("Accept-Encoding"));
        let fields = format!("Accept-Encoding: {codings}\r\nIf-Match: {known}\r\n");
        let response = ask(&files, "GET /all.css", &fields);
        let want = if want == 304 { 200 } else { 412 };
        assert_eq!(response.status().code(), want, "{codings} {known}");
        assert_eq!(field(&response, "vary"), Some("Accept-Encoding"));
    }
}

/// A target, the codings accepted, more fields, and the status with what is sent.
const RANGES: [[&str; 4]; 13] = [
    ["/all.css", "gzip", "Range: bytes=0-1", "206 file 0..2"],
    ["/all.css", "gzip", "Range: bytes=-1", "206 file 3..4"],
    ["/all.css", "gzip", "Range: bytes=0-1,2-2", "206 file 0..3"],
    ["/all.css", "gzip", "Range: bytes=0-0,2-2", "200 file 0..4"],
    ["/all.css", "gzip", "Range: bytes=4-", "416 "],
    [
        "/all.css",
        "identity",
        "Range: bytes=0-0,2-2",
        "206 parts [0..1, 2..3]",
    ],
    [
        "/all.css",
        "gzip",
        "Range: bytes=0-1|If-Range: GZIP",
        "206 file 0..2",
    ],
    [
        "/all.css",
        "gzip",
        "Range: bytes=0-1|If-Range: BR",
        "200 file 0..4",
    ],
    [
        "/all.css",
        "br",
        "Range: bytes=0-0|If-Range: GZIP",
        "200 file 0..2",
    ],
    [
        "/all.css",
        "gzip",
        "Range: bytes=0-1|If-Range: DATE",
        "200 file 0..4",
    ],
    [
        "/all.css",
        "",
        "Range: bytes=0-1|If-Range: DATE",
        "200 file 0..25",
    ],
    [
        "/alone.js",
        "gzip",
        "Range: bytes=0-1|If-Range: DATE",
        "200 file 0..4",
    ],
    [
        "/plain.txt",
        "gzip",
        "Range: bytes=0-1|If-Range: DATE",
        "206 file 0..2",
    ],
];

#[test]
fn ranges_of_a_form_are_of_its_own_bytes_and_come_alone() {
    let (_dir, files) = coded();
    let tag = |coding| {
        let response = accepting(&files, "/all.css", coding);
        field(&response, "etag").unwrap().to_owned()
    };
    for [target, codings, more, want] in RANGES {
        let about = format!("{target} {codings} {more}");
        let more = more.replace("GZIP", &tag("gzip")).replace("BR", &tag("br"));
        let more = more
            .replace("DATE", "Tue, 14 Nov 2023 22:13:20 GMT")
            .replace('|', "\r\n");
        let fields = format!("Accept-Encoding: {codings}\r\n{more}\r\n");
        let response = ask(&files, &format!("GET {target}"), &fields);
        let status = response.status();
        let shown = match status {
            Status::RANGE_NOT_SATISFIABLE => String::new(),
            _ => body(&response),
        };
        assert_eq!(format!("{} {shown}", status.code()), want, "{about}");
        assert_eq!(field(&response, "vary"), Some("Accept-Encoding"), "{about}");
    }
}

/// A target, what is accepted, and the status with what is sent and its type.
const PAGES: [[&str; 3]; 15] = [
    ["/page.html", "text/markdown", "200 file 0..7 text/markdown"],
    [
        "/page.html",
        "text/html, text/markdown;q=0.9",
        "200 file 0..9 text/html",
    ],
    ["/page.html", "*/*", "200 file 0..9 text/html"],
    ["/page", "text/markdown, */*", "200 file 0..7 text/markdown"],
    ["/page", "text/html", "404"],
    ["/bare.html", "text/markdown", "200 file 0..7 text/markdown"],
    ["/bare.html", "text/html", "404"],
    ["/none.html", "text/markdown", "404"],
    ["/with/", "text/markdown", "200 file 0..13 text/markdown"],
    [
        "/with/index.html",
        "text/markdown",
        "200 file 0..13 text/markdown",
    ],
    ["/with/", "text/html", "200 file 0..3 text/html"],
    ["/dir/", "text/markdown", "200 file 0..12 text/markdown"],
    ["/", "text/markdown", "200 file 0..10 text/html"],
    ["/LICENSE", "text/markdown", "200 file 0..7 text/plain"],
    ["/with/", "text/markdown;q=0", "200 file 0..3 text/html"],
];

#[test]
fn markdown_is_sent_to_those_who_ask_for_it_by_name() {
    let dir = site();
    for name in [
        "page.html",
        "page.md",
        "bare.md",
        "with/index.md",
        "dir/index.md",
    ] {
        write(&dir, name, name);
    }
    for name in ["index.html", "LICENSE"] {
        write(&dir, name, name);
    }
    write(&dir, "page.md.gz", "gz");
    let files = FileServer::builder(dir.path()).markdown(true);
    let files = files.precompressed(true).open().unwrap();
    let accept = |target: &str, accept: &str| {
        ask(
            &files,
            &format!("GET {target}"),
            &format!("Accept: {accept}\r\n"),
        )
    };
    for [target, ranges, want] in PAGES {
        let response = accept(target, ranges);
        let shown = match (response.status().code(), field(&response, "content-type")) {
            (200, Some(kind)) => format!("200 {} {kind}", body(&response)),
            (status, _) => status.to_string(),
        };
        let shown = shown.trim_end_matches("; charset=utf-8");
        assert_eq!(shown, want, "{target} {ranges}");
        let vary = field(&response, "vary");
        assert_eq!(vary, Some("Accept, Accept-Encoding"), "{target} {ranges}");
    }
    let vary = |target, ranges| field(&accept(target, ranges), "vary").map(str::to_owned);
    assert_eq!(
        vary("/page.md", "text/html").as_deref(),
        Some("Accept-Encoding")
    );
    assert_eq!(vary("/page.md.gz", "text/html"), None);
    assert_eq!(vary("/dir", "text/markdown"), None);
    let fields = "Accept: text/markdown\r\nAccept-Encoding: gzip\r\n";
    let response = ask(&files, "GET /page.html", fields);
    assert_eq!(field(&response, "content-encoding"), Some("gzip"));
    let kind = Some("text/markdown; charset=utf-8");
    assert_eq!(field(&response, "content-type"), kind);
}

#[test]
fn a_page_and_its_markdown_have_two_tags_where_length_and_times_are_the_same() {
    let (dir, _) = coded();
    for (name, content) in [("dir/page.html", "in HTML"), ("dir/page.md", "in Mark")] {
        write(&dir, name, content);
        let file = fs::File::open(dir.path().join(name)).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_600_000_000))
            .unwrap();
    }
    let files = FileServer::builder(dir.path()).markdown(true);
    let files = files.open().unwrap();
    let [page, markdown] = ["text/html", "text/markdown"].map(|accepts| {
        let response = ask(
            &files,
            "GET /dir/page.html",
            &format!("Accept: {accepts}\r\n"),
        );
        field(&response, "etag").unwrap().to_owned()
    });
    assert_ne!(page, markdown);
    let fields = format!("Accept: text/markdown\r\nIf-None-Match: {page}\r\n");
    let response = ask(&files, "GET /dir/page.html", &fields);
    assert_eq!(response.status(), Status::OK);
}

#[test]
fn a_directory_without_a_listing_varies_as_the_pages_that_may_lie_there() {
    let (dir, _) = coded();
    write(&dir, "dir/index.md", "# Notes");
    let files = FileServer::builder(dir.path()).listing(ListingStyle::Off);
    let files = files.precompressed(true).markdown(true).open().unwrap();
    for (accepts, status) in [("text/markdown", 200), ("text/html", 404)] {
        let response = ask(&files, "GET /dir/", &format!("Accept: {accepts}\r\n"));
        assert_eq!(response.status().code(), status);
        assert_eq!(field(&response, "vary"), Some("Accept, Accept-Encoding"));
    }
}

#[test]
fn a_file_that_is_served_alone_has_no_forms() {
    let (dir, _) = coded();
    let files = FileServer::builder(dir.path().join("all.css"));
    let files = files.precompressed(true).markdown(true).open().unwrap();
    let response = accepting(&files, "/all.css", "br, identity;q=0");
    assert_eq!(response.status(), Status::OK);
    assert_eq!(field(&response, "content-encoding"), None);
    assert_eq!(field(&response, "vary"), None);
}

#[test]
fn without_the_options_nothing_is_negotiated() {
    let (dir, _) = coded();
    let files = serving(&dir);
    let response = accepting(&files, "/all.css", "br, identity;q=0");
    assert_eq!(field(&response, "content-encoding"), None);
    assert_eq!(field(&response, "vary"), None);
    assert_eq!(
        accepting(&files, "/alone.js", "gzip").status(),
        Status::NOT_FOUND
    );
    assert_eq!(field(&get(&files, "/none"), "vary"), None);
}
