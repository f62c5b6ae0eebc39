//! Content types: Python's, the ones browsers need, and the options that change them.

use super::cli::assert_refused;
use crate::support::Site;

#[test]
fn types_are_right_for_browsers_and_as_python_has_them() {
    let site = Site::new("types");
    let rows = [
        ("a.html", "text/html; charset=utf-8"),
        ("a.HTML", "text/html; charset=utf-8"),
        ("a.htm", "text/html; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.md", "text/markdown; charset=utf-8"),
        ("a.csv", "text/csv; charset=utf-8"),
        ("a.py", "text/x-python; charset=utf-8"),
        ("a.pl", "text/plain; charset=utf-8"),
        ("a.bat", "text/plain; charset=utf-8"),
        ("a.srt", "text/plain; charset=utf-8"),
        ("a.wasm", "application/wasm"),
        ("a.json", "application/json"),
        ("a.webmanifest", "application/manifest+json"),
        ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"),
        ("a.jpg", "image/jpeg"),
        ("a.gif", "image/gif"),
        ("a.webp", "image/webp"),
        ("a.avif", "image/avif"),
        ("a.ico", "image/vnd.microsoft.icon"),
        ("a.woff", "font/woff"),
        ("a.woff2", "font/woff2"),
        ("a.ttf", "font/ttf"),
        ("a.otf", "font/otf"),
        ("a.mp4", "video/mp4"),
        ("a.webm", "video/webm"),
        ("a.mkv", "video/matroska"),
        ("a.mp3", "audio/mpeg"),
        ("a.m4a", "audio/mp4"),
        ("a.opus", "audio/opus"),
        ("a.m3u8", "application/vnd.apple.mpegurl"),
        ("a.pdf", "application/pdf"),
        ("a.zip", "application/zip"),
        ("a.tar", "application/x-tar"),
        ("a.gz", "application/gzip"),
        ("a.tar.gz", "application/gzip"),
        ("a.Z", "application/octet-stream"),
        ("a.bz2", "application/x-bzip2"),
        ("a.xz", "application/x-xz"),
        ("a.tgz", "application/x-tar"),
        ("a.xsl", "application/xml"),
        ("a.exe", "application/octet-stream"),
        ("a", "application/octet-stream"),
        ("a.nonsense", "application/octet-stream"),
        ("html", "application/octet-stream"),
        (".gz", "application/octet-stream"),
    ];
    for (name, _) in rows {
        site.file(name, "x");
    }
    let server = site.serve(&[]);
    for (name, want) in rows {
        let reply = server.get(format!("/{name}"));
        assert_eq!(reply.field("Content-Type"), want, "{name}");
        assert_eq!(reply.header("Content-Encoding"), None, "{name}");
    }
}

#[test]
fn there_is_no_charset_under_http_1_0() {
    let site = Site::new("types-1.0");
    site.file("a.txt", "x");
    let server = site.serve(&["-p", "HTTP/1.0"]);
    assert_eq!(server.get("/a.txt").field("Content-Type"), "text/plain");
}

#[test]
fn options_change_types() {
    let site = Site::new("type-options");
    for name in ["a.txt", "a.foo", "a.nonsense", "a.png"] {
        site.file(name, "x");
    }
    for (options, target, want) in [
        (&["--charset", "none"][..], "/a.txt", "text/plain"),
        (
            &["--charset", "latin1"],
            "/a.txt",
            "text/plain; charset=latin1",
        ),
        (&["--charset", "latin1"], "/a.png", "image/png"),
        (
            &["--mime", "foo=application/x-foo"],
            "/a.foo",
            "application/x-foo",
        ),
        (&["--mime=png=image/x-own"], "/a.png", "image/x-own"),
        (
            &["--content-type", "application/x-any"],
            "/a.nonsense",
            "application/x-any",
        ),
        (
            &["--content-type", "application/x-any"],
            "/a.png",
            "image/png",
        ),
    ] {
        let server = site.serve(options);
        let reply = server.get(target);
        assert_eq!(reply.field("Content-Type"), want, "{options:?} {target}");
    }
}

#[test]
fn a_charset_is_not_claimed_for_what_is_not_in_it() {
    let site = Site::new("charsets");
    let long = "x".repeat(5_000);
    for (name, bytes, want) in [
        (
            "utf8.txt",
            "caf\u{e9}".as_bytes(),
            "text/plain; charset=utf-8",
        ),
        ("latin1.txt", b"caf\xE9", "text/plain"),
        ("latin1.html", b"<p>caf\xE9", "text/html"),
        ("utf16.csv", b"\xFF\xFEa\0", "text/csv"),
        ("empty.txt", b"", "text/plain; charset=utf-8"),
        // Only the first 4 KiB are looked at.
        (
            "late.txt",
            &[long.as_bytes(), b"\xE9"].concat(),
            "text/plain; charset=utf-8",
        ),
        ("data.json", b"\xE9", "application/json"),
        ("LICENSE", b"\xA9 1999", "text/plain"),
    ] {
        site.file(name, bytes);
        for option in [&[][..], &["--charset", "utf-8"]] {
            let server = site.serve(option);
            for _ in 0..2 {
                let reply = server.get(format!("/{name}"));
                assert_eq!((reply.field("Content-Type"), &*reply.body), (want, bytes));
            }
        }
        let server = site.serve(&["--charset", "iso-8859-1"]);
        if want.starts_with("text/") {
            let reply = server.head(format!("/{name}"));
            let (text, _) = want.split_once(';').unwrap_or((want, ""));
            assert_eq!(
                reply.field("Content-Type"),
                format!("{text}; charset=iso-8859-1")
            );
        }
    }
    // One that changes is looked at again.
    let server = site.serve(&[]);
    for (bytes, want) in [
        (&b"a\xE9"[..], "text/plain"),
        (b"abc", "text/plain; charset=utf-8"),
        (b"abc\xE9", "text/plain"),
    ] {
        site.file("a.txt", bytes);
        assert_eq!(server.get("/a.txt").field("Content-Type"), want);
    }
}

#[test]
fn compressed_svg_says_so() {
    let site = Site::new("svgz");
    site.file("a.svgz", "0123456789");
    let server = site.serve(&["-H", "Content-Encoding", "br"]);
    for (fields, status) in [("", 200), ("Range: bytes=1-2\r\n", 206)] {
        let reply = server.get_with("/a.svgz", fields);
        assert_eq!(
            (reply.status, reply.field("Content-Encoding")),
            (status, "gzip")
        );
        assert_eq!(reply.field("Content-Type"), "image/svg+xml");
    }
    let missing = server.get_with("/a.svgz", "Range: bytes=99-\r\n");
    assert_eq!(missing.header("Content-Encoding"), None);
    let own = site
        .serve(&["--mime", "svgz=application/gzip"])
        .get("/a.svgz");
    assert_eq!(own.header("Content-Encoding"), None);
}

#[test]
fn a_table_of_types_is_read_before_it_listens() {
    let site = Site::new("types-table");
    for name in ["a.foo", "b.FO", "c.html", "d.none"] {
        site.file(name, "x");
    }
    let table = site.outside("types");
    std::fs::write(&table, "# mine\ntext/x-foo foo .fo # both\na/b html\n").unwrap();
    let table = table.to_str().unwrap();
    let server = site.serve(&["--types", table, "--mime", "fo=a/fo"]);
    for (target, want) in [
        ("/a.foo", "text/x-foo; charset=utf-8"),
        ("/b.FO", "a/fo"),
        ("/c.html", "a/b"),
        ("/d.none", "application/octet-stream"),
    ] {
        assert_eq!(server.get(target).field("Content-Type"), want, "{target}");
    }
    let wrong = site.outside("wrong");
    std::fs::write(&wrong, "text/plain txt\n\nhtml text/html\n").unwrap();
    let wrong = wrong.to_str().unwrap();
    let missing = site.outside("missing");
    let directory = site.root().to_str().unwrap();
    for (path, cause) in [
        (wrong, "wrong\": line 3: \"html\" is not a media type"),
        (
            missing.to_str().unwrap(),
            "missing\": No such file or directory",
        ),
        (directory, "root\": Is a directory"),
        ("x=a/b", "(--mime x=a/b)"),
    ] {
        assert_refused(site.command(&["--types", path]), 2, cause);
    }
}
