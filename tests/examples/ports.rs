//! Programs that others have written for other servers, ported: each does what its original does,
//! row by row. The rows were taken from the originals themselves; where a port does something else
//! on purpose, its test says so.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;
use tungstenite::{Error, Message};

use super::support::{self, Raw, Reply, Site};
use super::websocket::websocket_to;
use super::{Example, devtools};

/// A request line, with fields behind it if it has any; the status and the fields of its answer,
/// with `-` for one that is not there; and its body.
type Row<'a> = (&'a str, &'a str, Body<'a>);

#[derive(Clone, Copy)]
enum Body<'a> {
    Is(&'a str),
    Any,
}

use Body::{Any, Is};

fn send(example: &Example, request: &str) -> Raw {
    let (line, fields) = request.split_once('\n').unwrap_or((request, ""));
    let fields: String = fields.lines().map(|line| format!("{line}\r\n")).collect();
    example.send(format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"
    ))
}

fn ask(example: &Example, request: &str) -> Reply {
    let method = request.split(' ').next().unwrap();
    send(example, request).read_response_to(method)
}

fn check(example: &Example, rows: &[Row<'_>]) {
    for (request, answer, body) in rows {
        let reply = ask(example, request);
        let mut answer = answer.split(" | ");
        let status = answer.next().unwrap();
        assert_eq!(reply.status.to_string(), status, "{request}");
        for field in answer {
            let (name, value) = field.split_once(": ").unwrap();
            let got = reply.header(name).unwrap_or("-");
            assert_eq!(got, value, "{request}: {name}");
        }
        if let Is(body) = body {
            assert_eq!(reply.text(), *body, "{request}");
        }
    }
}

/// `prometheus_exporter` 0.8. It has no Content-Type, without which Prometheus 3 takes nothing; and
/// all wait in it, however many they are.
#[test]
fn exporter() {
    let site = Site::new("exporter");
    let awkward = site.file("a\"b\\c\nd", "17.5 and more");
    let missing = site.path("missing");
    let example = Example::start("exporter", &[Path::new("0"), &awkward, &missing]);
    let hint = Is("try /metrics for metrics\n");
    let format = "200 | Content-Type: text/plain; version=0.0.4";
    check(
        &example,
        &[
            ("GET /", "301 | Location: /metrics", hint),
            ("GET /metrics/", "301 | Location: /metrics", hint),
            ("GET /metrics?x=1", "301 | Location: /metrics", hint),
            ("POST /none", "301 | Location: /metrics", hint),
            ("HEAD /none", "301 | Content-Length: 25", Is("")),
            ("GET /metrics", format, Any),
            ("POST /metrics", format, Any),
            ("HEAD /metrics", format, Is("")),
        ],
    );
    let text = ask(&example, "GET /metrics").body;
    let text = String::from_utf8(text).unwrap();
    // What is measured has no value to be compared with.
    let measured = |line: &&str| !line.contains("_bucket{") && !line.contains("_sum ");
    let lines: Vec<&str> = text.lines().filter(measured).collect();
    let size = lines
        .iter()
        .find_map(|line| line.strip_prefix("prometheus_exporter_response_size_bytes "));
    assert!((1000..2000).contains(&size.unwrap().parse().unwrap()));
    let folder = site.root().display();
    let want = format!(
        r#"# HELP file_number The first number in a file.
# TYPE file_number gauge
file_number{{path="{folder}/a\"b\\c\nd"}} 17.5
file_number{{path="{folder}/missing"}} NaN
# HELP prometheus_exporter_request_duration_seconds The HTTP request latencies in seconds.
# TYPE prometheus_exporter_request_duration_seconds histogram
prometheus_exporter_request_duration_seconds_count 4
# HELP prometheus_exporter_requests_total Number of HTTP requests received.
# TYPE prometheus_exporter_requests_total counter
prometheus_exporter_requests_total 4
# HELP prometheus_exporter_response_size_bytes The HTTP response sizes in bytes.
# TYPE prometheus_exporter_response_size_bytes gauge
prometheus_exporter_response_size_bytes {}
# HELP updates_total How often all files were read.
# TYPE updates_total counter
updates_total 4"#,
        size.unwrap()
    );
    assert_eq!(lines.join("\n"), want);
    let bounds = text.lines().filter_map(|line| line.split_once("{le=\""));
    let bounds: Vec<&str> = bounds
        .map(|(_, rest)| rest.split('"').next().unwrap())
        .collect();
    let want = "0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf";
    assert_eq!(bounds.join(" "), want);
}

/// A number that somebody still has to write, with a request that waits for it, and as many behind
/// it as may.
#[test]
fn exporter_answers_a_request_when_the_update_is_done_and_others_meanwhile() {
    let site = Site::new("exporter-waits");
    let fifo = site.fifo("number");
    let example = Example::start("exporter", &[Path::new("0"), &fifo]);
    let mut waiting = send(&example, "GET /metrics");
    let mut number = support::server::wait_for("the thread opens it to read", || {
        let flags = OFlags::NONBLOCK.bits() as i32;
        let writer = File::options().write(true).custom_flags(flags).open(&fifo);
        writer.ok()
    });
    let _others = [(); 16].map(|()| {
        let other = send(&example, "GET /metrics");
        other.wait_until_read();
        other
    });
    let rows = [("GET /metrics", "503", Any), ("GET /", "301", Any)];
    check(&example, &rows);
    assert!(!waiting.has_data());
    number.write_all(b"42\n").unwrap();
    drop(number);
    let reply = waiting.read_response();
    let line = format!("file_number{{path=\"{}\"}} 42\n", fifo.display());
    assert!(reply.text().contains(&line), "{}", reply.text());
}

fn value(text: &str, name: &str) -> f64 {
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or("0").parse().unwrap()
}

#[test]
fn exporter_with_a_period_updates_without_requests() {
    let site = Site::new("exporter-period");
    let path = site.file("number", "1");
    let example = Example::start("exporter", &[Path::new("0.001"), &path]);
    let (updates, requests) = ("updates_total", "prometheus_exporter_requests_total");
    support::server::wait_for("more updates than requests", || {
        let reply = ask(&example, "GET /metrics");
        let text = reply.text();
        (value(text, updates) > value(text, requests) + 10.0).then_some(())
    });
    // With a long one there are requests, and no updates.
    let example = Example::start("exporter", &[Path::new("3600"), &path]);
    for number in [1.0, 2.0] {
        let reply = ask(&example, "GET /metrics");
        assert_eq!(value(reply.text(), updates), 0.0);
        assert_eq!(value(reply.text(), requests), number);
    }
}

const SCRIPT: &str = include_str!("../../examples/book/reload.html");

fn book_site(name: &str) -> (Site, Example) {
    let site = Site::new(name);
    site.file("index.html", "<title>one</title>\n");
    site.file("sub/index.html", "sub\n");
    site.file("404.html", "<title>none</title>\n");
    site.file("a.css", "body{}\n");
    site.dir("empty");
    let example = Example::start("book", &[site.root()]);
    (site, example)
}

/// `mdbook serve` 0.5, which builds its books with the script in them, and says 405 to OPTIONS. A
/// port is more exact: it has tags, weak ones where the script is put in, and 404 knows neither
/// ranges nor conditions.
#[test]
fn book() {
    let (_site, example) = book_site("book");
    let page = |content: &str| format!("{content}{SCRIPT}");
    let pages = ["<title>one</title>\n", "sub\n", "<title>none</title>\n"].map(page);
    let [index, sub, none] = pages.each_ref().map(|page| Is(page));
    let of_html =
        " | Content-Type: text/html; charset=utf-8 | Accept-Ranges: - | Content-Length: -";
    let [ok, missing] = ["200", "404"].map(|status| format!("{status}{of_html}"));
    let css = "200 | Content-Type: text/css; charset=utf-8 | Accept-Ranges: bytes";
    let since = "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT";
    let [changed, not_found] = ["/a.css", "/none"].map(|path| format!("GET {path}\n{since}"));
    check(
        &example,
        &[
            ("GET /", &ok, index),
            ("GET /index.html", &ok, index),
            ("HEAD /", &ok, Is("")),
            ("GET /sub", "307 | Location: /sub/", Is("")),
            ("GET /sub?q=1", "307 | Location: /sub/?q=1", Is("")),
            ("GET /sub/", &ok, sub),
            ("GET /empty/", &missing, none),
            ("GET /none", &missing, none),
            ("HEAD /none", &missing, Is("")),
            ("GET /none\nRange: bytes=0-2", &missing, none),
            (&not_found, &missing, none),
            ("GET /a.css", css, Is("body{}\n")),
            ("HEAD /a.css", "200 | Content-Length: 7", Is("")),
            (
                "GET /a.css\nRange: bytes=0-2",
                "206 | Content-Range: bytes 0-2/7",
                Is("bod"),
            ),
            (
                "GET /a.css\nRange: bytes=9-",
                "416 | Content-Range: bytes */7",
                Any,
            ),
            (&changed, "304", Is("")),
            ("POST /", "405 | Allow: GET, HEAD, OPTIONS", Any),
            ("OPTIONS /", "204 | Allow: GET, HEAD, OPTIONS", Is("")),
        ],
    );
    let tag = ask(&example, "GET /").field("ETag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    assert_eq!(ask(&example, "HEAD /").field("ETag"), tag);
    let again = format!("GET /\nIf-None-Match: {tag}");
    check(&example, &[(&again, "304", Is(""))]);
}

/// The original says 400 to each GET that is no handshake, 405 to HEAD, and takes any page's.
#[test]
fn book_takes_handshakes_of_its_own_pages() {
    let (_site, example) = book_site("book-handshakes");
    let with = |fields: &str| {
        let upgrade = "Connection: Upgrade\nUpgrade: websocket";
        format!("GET /__livereload\n{upgrade}\n{fields}")
    };
    // RFC 6455 section 1.3 has the key, and its answer.
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let ours = format!("{key}\nSec-WebSocket-Version: 13");
    let accepted = "101 | Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    let refused = "400 | Sec-WebSocket-Version: 13 | Upgrade: -";
    check(
        &example,
        &[
            ("GET /__livereload", "426 | Upgrade: websocket", Any),
            ("HEAD /__livereload", "426", Is("")),
            ("POST /__livereload", "405 | Allow: GET, HEAD, OPTIONS", Any),
            (&with(&ours), accepted, Is("")),
            (&with(key), refused, Any),
            (
                &with(&format!("{key}\nSec-WebSocket-Version: 12")),
                refused,
                Any,
            ),
            (&with("Sec-WebSocket-Version: 13"), refused, Any),
            (
                &with(&format!("{ours}\nOrigin: http://localhost")),
                accepted,
                Is(""),
            ),
            (
                &with(&format!("{ours}\nOrigin: https://localhost")),
                accepted,
                Is(""),
            ),
            (
                &with(&format!("{ours}\nOrigin: http://localhost.example")),
                "403",
                Any,
            ),
            (&with(&format!("{ours}\nOrigin: null")), "403", Any),
        ],
    );
}

#[test]
fn book_tells_each_page_once_of_changes_below_it() {
    let (site, example) = book_site("book-reload");
    let changes: [&dyn Fn(); 3] = [
        &|| drop(site.file("sub/new.html", "new")),
        &|| drop(site.file("sub/new.html", "longer")),
        &|| std::fs::remove_file(site.path("sub/new.html")).unwrap(),
    ];
    for change in changes {
        let mut pages = [(); 3].map(|()| websocket_to(&example, "/__livereload"));
        change();
        for page in &mut pages {
            assert_eq!(page.read().unwrap(), Message::text("reload"));
            assert!(matches!(page.read(), Ok(Message::Close(_))));
            assert!(matches!(page.read(), Err(Error::ConnectionClosed)));
        }
    }
}

#[test]
fn book_in_a_browser_reloads() {
    let Some(mut browser) = devtools::Browser::start() else {
        return support::skip("no chromium here");
    };
    let (site, example) = book_site("book-browser");
    // What is not there is a page as well.
    for (path, first, then) in [
        ("index.html", "one", "two"),
        ("404.html", "none", "nothing"),
    ] {
        let url = format!("http://{}/{path}", example.addr);
        browser.open(&url.replace("404.html", "missing"));
        browser.eval(
            "new Promise((done) => {
                const opened = () => livereload.readyState === 1 ? done() : setTimeout(opened, 5);
                opened();
            })",
        );
        assert_eq!(browser.eval("document.title"), first);
        browser.load(|_| drop(site.file(path, format!("<title>{then}</title>"))));
        assert_eq!(browser.eval("document.title"), then);
    }
}

/// tauri's localhost plugin 2, which answers all methods alike, and ranges with all of it. A port
/// has paths in their plain form, where the plugin takes `//app.js` and `/../app.js` for the app.
#[test]
fn desktop_assets() {
    let example = Example::start("desktop_assets", &[]);
    let example = &example;
    let csp = "Content-Security-Policy: default-src 'self'";
    let hook = "Cross-Origin-Resource-Policy: same-origin";
    let page = format!("200 | Content-Type: text/html; charset=utf-8 | {csp} | {hook}");
    let asset = |kind: &str| {
        format!(
            "200 | Content-Type: text/{kind}; charset=utf-8 | Content-Security-Policy: - | {hook}"
        )
    };
    let (script, text, style) = (asset("javascript"), asset("plain"), asset("css"));
    let home = "<!DOCTYPE html>\n\
        <meta http-equiv=Content-Security-Policy content=\"default-src 'self'\">\n\
        <title>home</title>\n<script src=app.js></script>\n";
    let about = Is("<!DOCTYPE html>\n<title>about</title>\n");
    let docs = Is("<!DOCTYPE html>\n<title>docs</title>\n");
    let app = Is("document.title = 'running'\n");
    let part = format!("206 | Content-Range: bytes 0-7/27 | {hook}");
    check(
        example,
        &[
            ("GET /", &page, Is(home)),
            ("HEAD /", &page, Is("")),
            ("GET /index.html", &page, Is(home)),
            ("GET /?x=/app.js", &page, Is(home)),
            ("GET /about", &page, about),
            ("GET /about/", &page, about),
            ("GET /about.html", &page, about),
            ("GET /docs", &page, docs),
            ("GET /docs/", &page, docs),
            ("GET /docs/index.html", &page, docs),
            ("GET /none", &page, Is(home)),
            ("GET /none/deep.js", &page, Is(home)),
            ("GET /ABOUT", &page, Is(home)),
            ("GET /app.js", &script, app),
            ("GET /app.js?v=1", &script, app),
            ("GET /app.js/", &script, app),
            ("GET /%61pp.js", &script, app),
            ("GET /a%20b.txt", &text, Is("text\n")),
            ("GET /empty.css", &style, Is("")),
            // What the original lacks.
            ("GET //app.js", &script, app),
            ("GET /docs/../app.js", &script, app),
            ("GET /app.js\nRange: bytes=0-7", &part, Is("document")),
            (
                "GET /app.js\nRange: bytes=27-",
                "416 | Content-Range: bytes */27",
                Any,
            ),
            ("POST /app.js", "405 | Allow: GET, HEAD, OPTIONS", Any),
        ],
    );
    let tag = ask(example, "GET /about").field("ETag").to_owned();
    let again = format!("GET /about\nIf-None-Match: {tag}");
    check(
        example,
        &[(&again, &format!("304 | {csp} | {hook}"), Is(""))],
    );
    let rebound = "GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n";
    assert_eq!(example.send(rebound).read_response().status, 421);
}

#[test]
fn desktop_assets_in_a_browser() {
    let Some(mut browser) = devtools::Browser::start() else {
        return support::skip("no chromium here");
    };
    let example = Example::start("desktop_assets", &[]);
    browser.open(&format!("http://{}/", example.addr));
    assert_eq!(browser.eval("document.title"), "running");
    // The policy, which the page and its answer name, keeps other scripts out.
    let inline = "new Promise((done) => {
        document.addEventListener('securitypolicyviolation', (e) => done(e.effectiveDirective));
        document.head.append(Object.assign(document.createElement('script'), { text: '1' }));
    })";
    assert_eq!(browser.eval(inline), "script-src-elem");
}
