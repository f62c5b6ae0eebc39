//! Fields of some files: `--header-for`, by the path of the file that is sent.

use super::cli::assert_refused;
use crate::support::client::Reply;
use crate::support::{Server, Site};

const IMMUTABLE: &str = "max-age=31536000, immutable";

fn serve() -> (Site, Server) {
    let site = Site::new("header-for");
    for name in [
        "index.html",
        "app.js",
        "assets/app.js",
        "assets/x/y.css",
        "docs/index.html",
    ] {
        site.file(name, "0123456789");
    }
    let server = site.serve(&[
        "-H",
        "Cache-Control",
        "no-cache",
        "-H",
        "Link",
        "</all>",
        "--header-for",
        "/**/*.html",
        "X-Kind",
        "page",
        "--header-for",
        "/assets/**/*",
        "cache-control",
        IMMUTABLE,
        "--header-for",
        "/**/*.js",
        "Link",
        "</js>",
    ]);
    (site, server)
}

/// All values of a field, each line one.
fn all<'r>(reply: &'r Reply, name: &str) -> Vec<&'r str> {
    let same = reply
        .headers
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(name));
    same.map(|(_, value)| value.as_str()).collect()
}

/// A target, its status, and its values of Cache-Control, Link and X-Kind.
type Row = (
    &'static str,
    u16,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

#[test]
fn a_file_has_the_last_of_its_fields_and_no_other_path_has_them() {
    let (_site, server) = serve();
    let rows: &[Row] = &[
        ("/app.js", 200, &["no-cache"], &["</js>", "</all>"], &[]),
        (
            "/assets/app.js",
            200,
            &[IMMUTABLE],
            &["</js>", "</all>"],
            &[],
        ),
        (
            "/%61ssets/x//y.css?v=2",
            200,
            &[IMMUTABLE],
            &["</all>"],
            &[],
        ),
        ("/", 200, &["no-cache"], &["</all>"], &["page"]),
        ("/docs/", 200, &["no-cache"], &["</all>"], &["page"]),
        ("/docs", 301, &["no-cache"], &["</all>"], &[]),
        ("/assets/", 200, &["no-cache"], &["</all>"], &[]),
        ("/assets/none.js", 404, &["no-cache"], &["</all>"], &[]),
    ];
    for method in ["GET", "HEAD"] {
        for (target, status, cache, link, kind) in rows {
            // Once from the file, and once from memory.
            for _ in 0..2 {
                let reply = server.request(method, target, "");
                assert_eq!(reply.status, *status, "{target}");
                assert_eq!(all(&reply, "Cache-Control"), *cache, "{target}");
                let mut links = all(&reply, "Link");
                links.sort_unstable_by(|a, b| b.cmp(a));
                assert_eq!(links, *link, "{target}");
                assert_eq!(all(&reply, "X-Kind"), *kind, "{target}");
            }
        }
    }
}

#[test]
fn parts_and_304_have_the_fields_and_other_errors_have_not() {
    let (_site, server) = serve();
    let tag = server.get("/assets/app.js").field("ETag").to_owned();
    for (fields, status, cache) in [
        ("Range: bytes=1-2\r\n".into(), 206, IMMUTABLE),
        ("Range: bytes=1-2,5-6\r\n".into(), 206, IMMUTABLE),
        (format!("If-None-Match: {tag}\r\n"), 304, IMMUTABLE),
        ("Range: bytes=99-\r\n".into(), 416, "no-cache"),
        ("If-Match: \"x\"\r\n".into(), 412, "no-cache"),
    ] {
        let reply = server.get_with("/assets/app.js", &fields);
        assert_eq!(reply.status, status, "{fields}");
        assert_eq!(all(&reply, "Cache-Control"), [cache], "{fields}");
    }
}

#[test]
fn a_single_file_has_the_path_of_its_name() {
    let site = Site::new("header-for-one");
    let file = site.file("a.txt", "a");
    let file = file.to_str().unwrap();
    let server = site.serve(&["-d", file, "--header-for", "/*.txt", "X-A", "1"]);
    for target in ["/", "/a.txt"] {
        assert_eq!(all(&server.get(target), "X-A"), ["1"], "{target}");
    }
}

/// A target, fields, its status and coding, and its values of Cache-Control and X-Kind.
type FormRow = (
    &'static str,
    &'static str,
    u16,
    Option<&'static str>,
    Option<&'static str>,
    Option<&'static str>,
);

#[test]
fn a_form_has_the_fields_of_the_file_that_it_is_a_form_of() {
    let site = Site::new("header-for-forms");
    for name in [
        "x/app.js",
        "x/app.js.br",
        "x/only.js.gz",
        "x/page.html",
        "x/page.md",
    ] {
        site.file(name, name);
    }
    let server = site.serve(&[
        "--precompressed",
        "--markdown",
        "--header-for",
        "/x/*.js",
        "Cache-Control",
        IMMUTABLE,
        "--header-for",
        "/x/*.js.*",
        "X-Kind",
        "archive",
        "--header-for",
        "/x/*.md",
        "X-Kind",
        "markdown",
    ]);
    const BROTLI: &str = "Accept-Encoding: br\r\n";
    const GZIP: &str = "Accept-Encoding: gzip\r\n";
    const MARKDOWN: &str = "Accept: text/markdown\r\n";
    let forms: &[FormRow] = &[
        ("/x/app.js", "", 200, None, Some(IMMUTABLE), None),
        ("/x/app.js", BROTLI, 200, Some("br"), Some(IMMUTABLE), None),
        ("/x/app.js", GZIP, 200, None, Some(IMMUTABLE), None),
        ("/x/only.js", GZIP, 200, Some("gzip"), Some(IMMUTABLE), None),
        // What is not sent has no fields of its own.
        ("/x/only.js", BROTLI, 406, None, None, None),
        ("/x/only.js", "", 404, None, None, None),
        // By its own name it is a file like others.
        ("/x/app.js.br", BROTLI, 200, None, None, Some("archive")),
        // A page in Markdown is no coding of the other, but a file of its own.
        ("/x/page.html", MARKDOWN, 200, None, None, Some("markdown")),
        ("/x/page.html", "", 200, None, None, None),
    ];
    for (target, fields, status, coding, cache, kind) in forms {
        for _ in 0..2 {
            let reply = server.get_with(target, fields);
            let about = format!("{target} {fields:?}");
            assert_eq!(reply.status, *status, "{about}");
            assert_eq!(reply.header("Content-Encoding"), *coding, "{about}");
            assert_eq!(
                all(&reply, "Cache-Control"),
                Vec::from_iter(*cache),
                "{about}"
            );
            assert_eq!(all(&reply, "X-Kind"), Vec::from_iter(*kind), "{about}");
        }
    }
}

#[test]
fn wrong_rules_end_it_before_it_listens() {
    let site = Site::new("header-for-wrong");
    for (args, cause) in [
        (
            &["*.js", "X-A", "1"][..],
            "\"*.js\" does not begin with a slash ('/**/*.js')",
        ),
        (&["a/*.js", "X-A", "1"], "('/a/*.js')"),
        (&["", "X-A", "1"], "does not begin with a slash"),
        (
            &["/*", "Content-Length", "1"],
            "for the server alone to write",
        ),
        (&["/*", "ETag", "1"], "--etag says what it is made of"),
        (
            &["/*", "Content-Type", "a/b"],
            "--mime and --content-type set it",
        ),
        (&["/*", "X A", "1"], "\"X A\" is not a field name"),
        (
            &["/*", "X-A: 1"],
            "expected 3 arguments (name and value are two arguments: --header-for GLOB X-A 1)",
        ),
        (&["/*", "X-A:", "1"], "--header-for GLOB X-A 1"),
        (
            &["/*"],
            "expected 3 arguments (--header-for GLOB NAME VALUE)",
        ),
    ] {
        let args = [&["--header-for"], args, &["-q"]].concat();
        assert_refused(site.command(&args), 2, cause);
    }
}
