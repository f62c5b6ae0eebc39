//! Tests of `files::assets`.

use super::*;
use crate::handler::handler;
use crate::http::status::Status;
use crate::testing::{Answer, Site};

fn ask<H: Handler>(site: &mut Site<H>, line: &str, fields: &str) -> Answer {
    site.ask(format!("{line} HTTP/1.1\r\nHost: h\r\n{fields}\r\n"))
}

#[test]
fn a_path_that_nobody_can_ask_for_is_an_error() {
    for path in ["", "/", "a/", "a//b", "../a", "a/.", "a\0b", "//a"] {
        let error = Assets::new(&[(path, b"")]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{path:?}");
    }
    let twice = Assets::new(&[("a", b""), ("/a", b"")]).unwrap_err();
    assert_eq!(twice.kind(), io::ErrorKind::InvalidInput);
    for (name, value) in [("a b", ""), ("ETag", "\"mine\""), ("a", "b\r\nc: d")] {
        assert!(
            Assets::builder().header(name, value).build().is_err(),
            "{name}"
        );
        assert!(
            Assets::builder()
                .header_for("/*", name, value)
                .build()
                .is_err(),
            "{name}"
        );
    }
    assert!(Assets::builder().header_for("[", "a", "b").build().is_err());
    assert!(Assets::new(&[]).is_ok());
}

#[test]
fn what_lies_beside_is_a_form_unless_there_is_one() {
    let own = Asset::named("a.js", "plain a").encoded(Coding::Gzip, "own gzip");
    let assets = Assets::builder()
        .file("a.js.br", "br beside")
        .file("a.js.gz", "gzip beside")
        .asset("a.js", own)
        .file("b.js.gz", "b in gzip alone")
        .file("c.gz.br", "no form of a form")
        .file("c.gz", "c")
        .file("dir/.gz", "no name")
        .build();
    let mut site = Site::new(assets.unwrap());
    for (path, codings, status, text) in [
        ("/a.js", "gzip", 200, "own gzip"),
        ("/a.js", "br", 200, "br beside"),
        ("/a.js", "zstd", 200, "plain a"),
        ("/a.js.gz", "gzip", 200, "gzip beside"),
        ("/b.js", "gzip", 200, "b in gzip alone"),
        ("/b.js", "br", 406, ""),
        ("/b.js", "", 404, ""),
        ("/c.gz", "br", 200, "c"),
        ("/dir/", "gzip", 404, ""),
        ("/dir/.gz", "br", 200, "no name"),
    ] {
        let answer = ask(
            &mut site,
            &format!("GET {path}"),
            &format!("Accept-Encoding: {codings}\r\n"),
        );
        assert_eq!(answer.status, status, "{path} {codings}");
        if status == 200 {
            assert_eq!(answer.text(), text, "{path} {codings}");
        } else if path == "/b.js" {
            assert_eq!(answer.header("Vary"), Some("Accept-Encoding"));
        }
    }
    let answer = ask(&mut site, "GET /b.js", "Accept-Encoding: gzip\r\n");
    assert_eq!(
        answer.header("Content-Type"),
        Some("text/javascript; charset=utf-8")
    );
}

#[test]
fn fields_are_on_all_answers_about_an_asset_but_on_no_error() {
    let table = Assets::builder()
        .file("a.txt", "0123456789")
        .file("b/c.css", "p {}");
    let table = table.header("X-All", "1").header("X-One", "all");
    let assets = table.header_for("/b/*", "X-One", "b").build().unwrap();
    let mut site = Site::new(assets);
    let tag = ask(&mut site, "GET /a.txt", "")
        .header("ETag")
        .unwrap()
        .to_owned();
    for (line, fields, status) in [
        ("GET /a.txt", String::new(), 200),
        ("HEAD /a.txt", String::new(), 200),
        ("GET /a.txt", format!("If-None-Match: {tag}\r\n"), 304),
        ("GET /a.txt", "Range: bytes=1-2\r\n".into(), 206),
        ("GET /a.txt", "Range: bytes=1-2,8-\r\n".into(), 206),
    ] {
        let answer = ask(&mut site, line, &fields);
        assert_eq!(answer.status, status);
        let has = ["X-All", "X-One"].map(|name| answer.header(name));
        assert_eq!(has, [Some("1"), Some("all")], "{line} {fields}");
    }
    assert_eq!(
        ask(&mut site, "GET /b/c.css", "").header("X-One"),
        Some("b")
    );
    for (line, fields) in [
        ("GET /none", ""),
        ("POST /a.txt", ""),
        ("GET /a.txt", "If-Match: \"x\"\r\n"),
        ("GET /a.txt", "Range: bytes=99-\r\n"),
    ] {
        assert_eq!(
            ask(&mut site, line, fields).header("X-All"),
            None,
            "{line} {fields}"
        );
    }
}

#[test]
fn what_is_not_there_is_left_to_others_and_a_prefix_is_taken_off() {
    let assets = Assets::new(&[("index.html", b"<p>"), ("in/index.htm", b"<b>")]).unwrap();
    let page = assets
        .get("/in/index.htm")
        .map(|page| page.page(Status::GONE).status());
    assert_eq!(page, Some(Status::GONE));
    assert!(assets.get("in/").is_none());
    let mut site = Site::new(handler(move |req: &Request<'_>, _: &mut Cx<'_>| {
        let served = req.below("/site", |req| assets.serve(req)).flatten();
        served.unwrap_or_else(|| Response::new(Status::ACCEPTED))
    }));
    for (line, status, location) in [
        ("GET /site", 301, Some("/site/")),
        ("GET /site/", 200, None),
        ("GET /site/in?q", 301, Some("/site/in/?q")),
        ("HEAD /site/in/", 200, None),
        ("OPTIONS /site/in/", 204, None),
        ("GET /in/", 202, None),
        ("GET /site/none", 202, None),
        ("POST /site/", 202, None),
        ("OPTIONS /site/none", 202, None),
    ] {
        let answer = ask(&mut site, line, "");
        assert_eq!(
            (answer.status, answer.header("Location")),
            (status, location),
            "{line}"
        );
    }
}

#[test]
fn memory_counts_what_was_asked_for_and_not_what_is_static() {
    let fixed = |assets: Assets| assets.memory().of(0);
    static BYTES: [u8; 1_000_000] = [7; 1_000_000];
    let of_static = fixed(Assets::new(&[("a", &BYTES)]).unwrap());
    let owned = fixed(Assets::builder().file("a", BYTES.to_vec()).build().unwrap());
    assert!(of_static < 10_000, "{of_static}");
    assert!(owned > 1_000_000 + of_static, "{owned}");
}
