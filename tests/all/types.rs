//! Content types: Python's, the ones browsers need, and the options that change them.

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
