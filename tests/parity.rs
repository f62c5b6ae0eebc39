//! The same requests to `python3 -m http.server` and to `sprat`: what a user of the one may count
//! on from the other. Where they differ on purpose, this file says how and why.
//!
//! `PYTHON=python3.13 cargo test --test parity` asks another Python.

#[path = "parity/wishes.rs"]
mod wishes;

// The black-box tests of the other binary use the rest of it.
#[allow(dead_code)]
mod support;

use std::env;
use std::process::Command;

use support::{Reply, Server, Site, show, skip};

/// Both servers on one site.
struct Pair {
    python: Server,
    sprat: Server,
    protocol: &'static str,
}

/// One thing that sprat does otherwise than Python, shown by the status (or what else is said).
struct Difference {
    method: &'static str,
    target: &'static [u8],
    fields: &'static str,
    /// Python's status; more than one where its versions differ.
    python: &'static [u16],
    sprat: u16,
    why: &'static str,
}

const DIFFERENCES: &[Difference] = &[
    differs(
        "OPTIONS",
        b"/",
        "",
        &[501],
        204,
        "OPTIONS is answered, with Allow",
    ),
    differs(
        "GET",
        b"/out",
        "",
        &[200],
        404,
        "a symlink that leaves the root is not followed",
    ),
    differs(
        "GET",
        b"/a.txt",
        "Range: bytes=1-2\r\n",
        &[200],
        206,
        "ranges are served",
    ),
    differs(
        "GET",
        b"/a.txt",
        "Range: bytes=99-\r\n",
        &[200],
        416,
        "ranges are served",
    ),
    differs(
        "GET",
        b"/a.txt",
        "If-None-Match: *\r\n",
        &[200],
        304,
        "entity tags are compared",
    ),
    differs(
        "GET",
        b"/a.txt",
        "If-Match: \"x\"\r\n",
        &[200],
        412,
        "entity tags are compared",
    ),
    differs(
        "GET",
        b"/bad%FF.txt",
        "",
        &[404],
        200,
        "a name is its bytes",
    ),
    differs(
        "GET",
        b"/\xc3\xa9.txt",
        "",
        &[404],
        200,
        "a raw UTF-8 path is what it says",
    ),
    differs(
        "GET",
        b"http://localhost/a.txt",
        "",
        &[404],
        200,
        "RFC 9112 section 3.2.2",
    ),
    differs(
        "GET",
        b"/dir%2f",
        "",
        &[200, 301],
        200,
        "an encoded slash is one, as in 3.14",
    ),
];

const fn differs(
    method: &'static str,
    target: &'static [u8],
    fields: &'static str,
    python: &'static [u16],
    sprat: u16,
    why: &'static str,
) -> Difference {
    Difference {
        method,
        target,
        fields,
        python,
        sprat,
        why,
    }
}

/// Reason phrases that newer Pythons have and older ones word otherwise.
const OLDER_REASONS: &[(&str, &str)] = &[("Request-URI Too Long", "URI Too Long")];

/// Types that newer Pythons know and older ones do not, or name otherwise.
const NEWER_TYPES: &[&str] = &[
    "avi", "js", "mjs", "md", "woff2", "webp", "rtf", "wav", "avif", "yaml", "ico",
];

/// `python -m http.server` with the types that Python knows by itself, not those of the machine's
/// `/etc/mime.types`.
const PYTHON_PROGRAM: &str = "import mimetypes, runpy; mimetypes.knownfiles.clear(); \
    runpy.run_module('http.server', run_name='__main__', alter_sys=True)";

fn pair(site: &Site, protocol: &'static str) -> Option<Pair> {
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python).arg("--version").output();
    if !found.is_ok_and(|output| output.status.success()) {
        skip(&format!("no {python} here"));
        return None;
    }
    let help = Command::new(&python)
        .args(["-m", "http.server", "-h"])
        .output();
    let help = String::from_utf8_lossy(&help.unwrap().stdout).into_owned();
    if !help.contains("--protocol") {
        skip(&format!("{python} is older than 3.11"));
        return None;
    }
    let mut command = Command::new(python);
    command.args(["-u", "-c", PYTHON_PROGRAM, "-p", protocol]);
    command
        .args(["-b", "127.0.0.1", "-d"])
        .arg(site.root())
        .arg("0");
    let mut python = Server::start(command);
    python.foreign = true;
    Some(Pair {
        python,
        sprat: match protocol {
            // Where that is the default.
            "HTTP/1.0" => site.serve(&["-p", protocol]),
            _ => site.serve(&["-p", protocol, "--listing", "plain"]),
        },
        protocol,
    })
}

impl Pair {
    /// Both answers to one request, Python's first.
    fn ask(&self, method: &str, target: &[u8], fields: &str) -> (Reply, Reply) {
        let line = [method.as_bytes(), b" ", target, b" "].concat();
        let version = self.protocol;
        let rest = format!("{version}\r\nHost: localhost\r\n{fields}Connection: close\r\n\r\n");
        let bytes = [&line[..], rest.as_bytes()].concat();
        let answer = |server: &Server| {
            let mut peer = server.connect();
            peer.send(&bytes);
            let reply = peer.read_response_to(method);
            peer.expect_close();
            reply
        };
        (answer(&self.python), answer(&self.sprat))
    }

    fn assert_same(&self, method: &str, target: &[u8], fields: &str) {
        let (python, sprat) = self.ask(method, target, fields);
        let about = format!("{method} {} {fields:?}", target.escape_ascii());
        assert_eq!(sprat.version, python.version, "{about}");
        assert_eq!(sprat.status, python.status, "{about}");
        assert_eq!(sprat.reason, newest_reason(&python.reason), "{about}");
        assert_eq!(
            sprat.header("Location"),
            python.header("Location"),
            "{about}"
        );
        // A 304 of ours may say more.
        if python.status == 200 {
            let name = "Last-Modified";
            assert_eq!(sprat.header(name), python.header(name), "{about}");
        }
        assert_eq!(content_type(&sprat), content_type(&python), "{about}");
        let (ours, theirs) = (content(&sprat), content(&python));
        assert_same!(ours, theirs, "{about}");
        // Pages may say more than Python's; what is sent as it is has the same length.
        if python.status < 300 && ours.starts_with(&sprat.body) && !is_listing(&python, target) {
            let name = "Content-Length";
            assert_eq!(sprat.header(name), python.header(name), "{about}");
        }
    }
}

fn newest_reason(reason: &str) -> &str {
    let newer = OLDER_REASONS.iter().find(|(older, _)| *older == reason);
    newer.map_or(reason, |(_, newer)| newer)
}

fn is_listing(reply: &Reply, target: &[u8]) -> bool {
    reply.status == 200 && reply.header("Last-Modified").is_none() && target.ends_with(b"/")
}

fn content_type(reply: &Reply) -> Option<String> {
    let value = reply.header("Content-Type")?.to_ascii_lowercase();
    let value = value.replace(' ', "").replace(";charset=utf-8", "");
    Some(value)
}

/// What is to be the same of a body: of a listing its title and entries; of an error page all but
/// the five lines of style that Python has since 3.14 and our line for phones; of a file every
/// byte.
fn content(reply: &Reply) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(&reply.body) else {
        return reply.body.clone();
    };
    let lines = text.lines();
    let kept: Vec<&str> = if text.contains("<title>Directory listing for") {
        let keep = |line: &&str| line.starts_with("<li>") || line.contains("<title>");
        lines.filter(keep).collect()
    } else if text.contains("<title>Error response</title>") {
        without_style(text)
    } else {
        return reply.body.clone();
    };
    kept.join("\n").into_bytes()
}

fn without_style(page: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut within = false;
    for line in page.lines() {
        within |= line.contains("<style");
        if !within && !line.contains("name=\"viewport\"") {
            kept.push(line);
        }
        within &= !line.contains("</style>");
    }
    kept
}

fn site() -> Site {
    let site = Site::new("parity");
    site.file("a.txt", "0123456789");
    site.file("b.html", "<p>b</p>");
    site.file("empty", "");
    site.file("é.txt", "e");
    site.file("sp ace;x+y", "odd");
    site.file("100%", "percent");
    site.file("we&ird<>\"'%.txt", "w");
    site.file(".hidden", "h");
    site.file("Zebra", "z");
    site.file("dir/inner.txt", "inner");
    site.file("dir/sub/deep.txt", "deep");
    site.file("with-index/index.html", "<p>index</p>");
    site.file("with-htm/index.htm", "<p>htm</p>");
    site.file("both/index.html", "<p>html</p>");
    site.file("both/index.htm", "<p>htm</p>");
    site.dir("empty-dir");
    site.dir("sp ace dir");
    site.link("link.txt", "a.txt");
    site.link("linkdir", "dir");
    site.link("broken", "nowhere");
    site.file("binary", (0..=255u8).collect::<Vec<u8>>());
    site.file("large", vec![b'x'; 300_000]);
    site
}

const SAME_TARGETS: &[&str] = &[
    "/",
    "/a.txt",
    "/b.html",
    "/empty",
    "/%C3%A9.txt",
    "/sp%20ace;x+y",
    "/sp%20ace;x%2By",
    "/100%",
    "/100%25",
    "/.hidden",
    "/binary",
    "/large",
    "/link.txt",
    "/a.txt?query=1",
    "/a.txt#fragment",
    "//a.txt",
    "///a.txt",
    "/dir//inner.txt",
    "/./a.txt",
    "/dir/../a.txt",
    "/../a.txt",
    "/../../../etc/passwd",
    "/%2e%2e/a.txt",
    "/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/dir%2finner.txt",
    "/dir",
    "/dir?a=b",
    "/dir/sub",
    "/sp%20ace%20dir",
    "//dir",
    "/linkdir",
    "/dir/",
    "/dir/sub/",
    "/linkdir/",
    "/empty-dir/",
    "/sp%20ace%20dir/",
    "/with-index/",
    "/with-htm/",
    "/both/",
    "/with-index/index.html",
    "/nope",
    "/nope/",
    "/broken",
    "/a.txt/",
    "/A.TXT",
    "/dir/nope",
    "/a.txt%20",
    "/%zz",
    "/sp+ace;x+y",
];

const SAME_FIELDS: &[&str] = &[
    "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n",
    "If-Modified-Since: Tue, 14 Nov 2023 22:13:19 GMT\r\n",
    "If-Modified-Since: Tue, 14 Nov 2023 22:13:21 GMT\r\n",
    "If-Modified-Since: Tuesday, 14-Nov-23 22:13:20 GMT\r\n",
    "If-Modified-Since: Tue Nov 14 22:13:20 2023\r\n",
    "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 +0100\r\n",
    "If-Modified-Since: nonsense\r\n",
    "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\nIf-None-Match: \"x\"\r\n",
    "Range: lines=1-2\r\n",
];

#[test]
fn files_listings_redirects_and_errors_are_pythons() {
    let site = site();
    for protocol in ["HTTP/1.0", "HTTP/1.1"] {
        let Some(pair) = pair(&site, protocol) else {
            return;
        };
        for target in SAME_TARGETS {
            pair.assert_same("GET", target.as_bytes(), "");
            pair.assert_same("HEAD", target.as_bytes(), "");
        }
        for fields in SAME_FIELDS {
            pair.assert_same("GET", b"/a.txt", fields);
        }
        for method in ["POST", "PUT", "DELETE", "get", "FOO", "TRACE"] {
            pair.assert_same(method, b"/a.txt", "");
        }
    }
}

#[test]
fn bad_requests_are_refused_as_python_does() {
    let site = site();
    let Some(pair) = pair(&site, "HTTP/1.0") else {
        return;
    };
    let long = format!("GET /{} HTTP/1.0\r\n\r\n", "x".repeat(70_000));
    let many = format!("GET / HTTP/1.0\r\n{}\r\n", "X: y\r\n".repeat(200));
    for bytes in [
        "GET /a.txt HTTP/2.0\r\n\r\n",
        "GET /a.txt HTTP/3.7\r\n\r\n",
        &long,
        &many,
    ] {
        // Python may answer without a status line, but its page says as much.
        let answer = |server: &Server| {
            let mut peer = server.connect();
            // The server may have seen enough before it has read all.
            let _ = peer.try_send(bytes);
            let answer = String::from_utf8_lossy(&peer.read_until_cut()).into_owned();
            let is_told = |line: &&str| line.contains("code: ") || line.contains("Message: ");
            let told: Vec<&str> = answer.lines().filter(is_told).map(str::trim).collect();
            told.join("\n")
        };
        let (mut python, sprat) = (answer(&pair.python), answer(&pair.sprat));
        for (older, newer) in OLDER_REASONS {
            python = python.replace(older, newer);
        }
        assert_same!(sprat, python, "{}", &bytes[..bytes.len().min(60)]);
    }
}

#[test]
fn requests_that_python_answers_without_a_status_line_get_one() {
    let site = site();
    let Some(pair) = pair(&site, "HTTP/1.0") else {
        return;
    };
    for (bytes, message) in [
        (
            "GET / a HTTP/1.0\r\n\r\n",
            "Bad request syntax ('GET / a HTTP/1.0')",
        ),
        ("POST /a.txt\r\n\r\n", "Bad HTTP/0.9 request type ('POST')"),
        (
            "GET /a.txt FOO/1.0\r\n\r\n",
            "Bad request version ('FOO/1.0')",
        ),
        (
            "GET /a.txt HTTP/1.x\r\n\r\n",
            "Bad request version ('HTTP/1.x')",
        ),
    ] {
        let mut peer = pair.python.connect();
        peer.send(bytes);
        let theirs = peer.read_until_cut();
        let page = format!("<p>Message: {message}.</p>");
        let has_page = |body: &[u8]| support::client::find(body, page.as_bytes()).is_some();
        assert!(has_page(&theirs), "{bytes:?}:\n{}", show(&theirs));
        let ours = pair.sprat.answer(bytes);
        assert_eq!((ours.status, ours.reason.as_str()), (400, message));
        assert!(has_page(&ours.body), "{bytes:?}:\n{}", show(&ours.body));
    }
}

#[test]
fn types_are_pythons() {
    let site = Site::new("parity-types");
    let extensions = [
        "html", "htm", "css", "txt", "c", "h", "py", "pl", "bat", "csv", "tsv", "xml", "json",
        "wasm", "pdf", "zip", "tar", "tgz", "gz", "bz2", "xz", "Z", "svg", "png", "jpg", "jpeg",
        "gif", "tiff", "bmp", "mp3", "mp4", "mpeg", "mov", "avi", "webm", "sh", "doc", "xls",
        "ppt", "ps", "exe", "dll", "so", "bin", "swf", "tex", "rdf", "xsl", "wsdl", "vcf", "ksh",
        "nonsense", "tar.gz", "avi", "js", "mjs", "md", "woff2", "webp", "rtf", "wav", "avif",
        "yaml", "ico",
    ];
    for extension in extensions {
        site.file(format!("a.{extension}"), "x");
        site.file(format!("B.{}", extension.to_uppercase()), "x");
    }
    let Some(pair) = pair(&site, "HTTP/1.0") else {
        return;
    };
    let mut wrong = Vec::new();
    for extension in extensions {
        let upper = extension.to_uppercase();
        for name in [format!("/a.{extension}"), format!("/B.{upper}")] {
            let (python, sprat) = pair.ask("HEAD", name.as_bytes(), "");
            let (ours, theirs) = (content_type(&sprat), content_type(&python));
            if ours != theirs && !NEWER_TYPES.contains(&extension) {
                wrong.push(format!("{name}: {ours:?}, Python has {theirs:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_log_has_pythons_lines() {
    let site = site();
    let Some(pair) = pair(&site, "HTTP/1.0") else {
        return;
    };
    for target in ["/a.txt", "/dir", "/nope", "/?q"] {
        pair.ask("GET", target.as_bytes(), "");
    }
    pair.ask("FOO", b"/", "");
    // All but the time, and of an error's first line the cause that ours ends with.
    let lines = |server: &Server| -> Vec<String> {
        let strip = |line: &String| {
            let (peer, rest) = line.split_once(" [").expect(line);
            let (_, message) = rest.split_once("] ").expect(line);
            let is_reason = message.starts_with("code ") && !server.foreign;
            let end = message.rfind(" (").filter(|_| is_reason);
            format!("{peer} {}", &message[..end.unwrap_or(message.len())])
        };
        server.log_lines(7).iter().map(strip).collect()
    };
    assert_eq!(lines(&pair.sprat), lines(&pair.python));
}

#[test]
fn decided_differences_are_these() {
    let site = site();
    site.file(b"bad\xff.txt", "bytes");
    std::fs::write(site.outside("secret"), "s").unwrap();
    site.link("out", site.outside("secret"));
    let Some(pair) = pair(&site, "HTTP/1.1") else {
        return;
    };
    for row in DIFFERENCES {
        let (python, sprat) = pair.ask(row.method, row.target, row.fields);
        let about = format!("{} {}: {}", row.method, row.target.escape_ascii(), row.why);
        assert!(
            row.python.contains(&python.status),
            "{about}: {}",
            python.status
        );
        assert_eq!(sprat.status, row.sprat, "{about}");
    }
}

#[test]
fn style_is_left_out_of_the_comparison_and_nothing_else() {
    let page = "<a>\n  <style x>\n  y\n  </style>\n<b>\n";
    assert_eq!(without_style(page), ["<a>", "<b>"]);
    assert_eq!(without_style("<a>\n<b>"), ["<a>", "<b>"]);
}
