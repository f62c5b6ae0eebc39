//! Each example is started and asked, and does what its first line says. `cargo test` builds them.

// The black-box tests of the program use the rest of it.
#[allow(dead_code, unused_imports)]
mod support;

#[path = "examples/compress.rs"]
mod compressed;

// So do those of listings.
#[allow(dead_code)]
#[path = "browser/devtools.rs"]
mod devtools;

#[path = "examples/ports.rs"]
mod ports;
#[path = "examples/upload.rs"]
mod upload;
#[path = "examples/websocket.rs"]
mod websocket;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use support::{Raw, Reply, Site, measure, raw};

/// A running example.
struct Example {
    child: Child,
    addr: SocketAddr,
}

impl Example {
    fn start(name: &str, arguments: &[&Path]) -> Example {
        Example::start_in(Path::new("."), name, arguments)
    }

    fn start_in(folder: &Path, name: &str, arguments: &[&Path]) -> Example {
        let mut program = env::current_exe().unwrap();
        program.pop();
        program.set_file_name("examples");
        program.push(name);
        let mut command = Command::new(&program);
        command.arg("127.0.0.1:0").args(arguments);
        Example::run(command.current_dir(folder))
    }

    /// Whatever prints where it listens as its first line.
    fn run(command: &mut Command) -> Example {
        let name = format!("{:?}", command.get_program());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let child = command.stderr(Stdio::piped()).spawn();
        let mut child = child
            .unwrap_or_else(|error| panic!("{name}: {error}; `cargo build --examples` builds it"));
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let addr = line
            .trim()
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix('/'));
        let addr = addr.and_then(|addr| addr.parse().ok());
        let Some(addr) = addr else {
            let _ = child.kill();
            panic!("{name} says no address but {line:?}");
        };
        Example { child, addr }
    }

    fn send(&self, bytes: impl AsRef<[u8]>) -> Raw {
        let mut peer = raw(self.addr);
        peer.send(bytes);
        peer
    }

    fn ask(&self, line: &str, body: &str) -> Reply {
        let length = body.len();
        let head = format!("{line} HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{body}");
        self.send(head)
            .read_response_to(line.split(' ').next().unwrap())
    }

    fn get(&self, target: &str) -> Reply {
        self.ask(&format!("GET {target}"), "")
    }

    /// Ends it; what it wrote to stderr.
    fn end(mut self) -> String {
        self.child.kill().unwrap();
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn minimal() {
    assert_eq!(Example::start("minimal", &[]).get("/any").text(), "hello\n");
}

#[test]
fn hello() {
    let example = Example::start("hello", &[]);
    assert_eq!(example.get("/hello/World").text(), "Hello, World!\n");
    assert_eq!(example.ask("HEAD /", "").field("Content-Length"), "10");
    assert_eq!(example.get("/").text(), "1 greeted\n");
    assert_eq!(example.ask("DELETE /", "").status, 204);
    assert_eq!(example.get("/").text(), "0 greeted\n");
    let refused = example.ask("PUT /", "");
    assert_eq!(
        (refused.status, refused.field("Allow")),
        (405, "GET, HEAD, DELETE, OPTIONS")
    );
    assert_eq!(example.get("/none").status, 404);
}

#[test]
fn events() {
    let example = Example::start("events", &[]);
    let head = example.ask("HEAD /events", "");
    assert_eq!(head.field("Content-Type"), "text/event-stream");
    assert_eq!(example.ask("POST /say?hello", "").text(), "0 listen\n");
    let refused = example.ask("PUT /say", "");
    assert_eq!((refused.status, refused.field("Allow")), (405, "POST"));
    let mut peers: Vec<Raw> = (0..200)
        .map(|_| example.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n"))
        .collect();
    for peer in &mut peers {
        assert_eq!(peer.read_head().field("Content-Type"), "text/event-stream");
    }
    assert_eq!(example.ask("POST /say?hello", "").text(), "200 listen\n");
    for peer in &mut peers {
        let want = b"000d\r\ndata: hello\n\n\r\n";
        assert_eq!(peer.read_exactly(want.len()), want);
    }
    // Those who leave are noticed before anything is said to them.
    peers.truncate(50);
    if measure::can_measure() {
        support::server::wait_for("150 descriptors are closed", || {
            let open = measure::open_fds(example.child.id());
            (open < 100).then_some(())
        });
        assert_eq!(example.ask("POST /say?bye", "").text(), "50 listen\n");
    }
}

#[test]
fn json_api() {
    let example = Example::start("json_api", &[]);
    let made = example.ask("POST /notes", "a \"note\"\n");
    assert_eq!((made.status, made.field("Location")), (201, "/notes/1"));
    let note = r#"{"id":1,"note":"a \u0022note\u0022\u000a"}"#;
    assert_eq!(example.get("/notes/1").text(), note);
    assert_eq!(example.get("/notes").text(), format!("[{note}]"));
    let head = example.ask("HEAD /notes/1", "");
    assert_eq!(head.field("Content-Length"), note.len().to_string());
    let refused = example.ask("PUT /notes", "");
    assert_eq!(
        (refused.status, refused.field("Allow")),
        (405, "GET, HEAD, POST")
    );
    assert_eq!(example.ask("DELETE /notes/1", "").text(), note);
    let missing = example.get("/notes/1");
    assert_eq!(
        (missing.status, missing.text()),
        (404, r#"{"error":"Not Found"}"#)
    );
    assert_eq!(missing.field("Content-Type"), "application/json");
    assert_eq!(example.ask("POST /notes", &"x".repeat(10_001)).status, 413);
}

#[test]
fn custom_listing() {
    let site = Site::new("custom-listing");
    site.file("dir/b.txt", "12345");
    site.file("dir/a.txt", "1");
    let example = Example::start("custom_listing", &[site.root()]);
    let want = "           1 a.txt\n           5 b.txt\n";
    assert_eq!(example.get("/dir/").text(), want);
    assert_eq!(example.get("/?names").text(), "dir/\n");
    assert_eq!(example.get("/dir/a.txt").text(), "1");
    assert_eq!(example.get("/dir").status, 301);
}

#[test]
fn embedded_site() {
    let example = Example::start("embedded_site", &[]);
    let page = example.get("/");
    assert_eq!(
        page.text(),
        include_str!("../examples/embedded_site/index.html")
    );
    assert_eq!(page.field("Cache-Control"), "no-cache");
    let ask = |path: &str, fields: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nHost: h\r\n{fields}\r\n\r\n");
        example.send(head).read_response()
    };
    let tag = page.field("ETag");
    assert_eq!(ask("/", &format!("If-None-Match: {tag}")).status, 304);
    let part = ask("/", "Range: bytes=0-8,-8");
    assert_eq!(part.status, 206);
    assert!(part.text().contains("\n<!DOCTYPE\r\n") && part.text().contains("\r\nscript>\n"));
    let style = ask("/style.css", "Accept-Encoding: gzip");
    assert_eq!(style.field("Content-Encoding"), "gzip");
    assert_eq!(style.field("Vary"), "Accept-Encoding");
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&style.body[..]);
    decoder.read_to_string(&mut text).unwrap();
    assert_eq!(
        text,
        example.get("/style.css").text(),
        "as `gzip -9n -k` made it"
    );
    let missing = example.get("/none");
    assert_eq!((missing.status, missing.header("ETag")), (404, None));
    assert!(missing.text().contains("There is no such page"));
    assert_eq!(example.ask("PUT /", "x").status, 404);
    assert_eq!(example.ask("PUT /api/hits", "x").status, 405);
    assert_eq!(example.get("/api/hits").text(), "7");
}

#[test]
fn compress() {
    let example = Example::start("compress", &[]);
    let plain = example.get("/long");
    assert_eq!(plain.text(), "/long\n".repeat(10_000));
    assert_eq!(plain.header("Vary"), Some("Accept-Encoding"));
    let ask = |path: &str, codings: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nHost: h\r\nAccept-Encoding: {codings}\r\n\r\n");
        example.send(head).read_response()
    };
    let coded = ask("/long", "br, gzip;q=0.5");
    assert_eq!(coded.field("Content-Encoding"), "gzip");
    assert_eq!(coded.field("Transfer-Encoding"), "chunked");
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&coded.body[..]);
    decoder.read_to_string(&mut text).unwrap();
    assert_eq!(text, plain.text());
    for (path, codings) in [
        ("/long", "gzip;q=0"),
        ("/long", "br"),
        ("/short", "gzip"),
        ("/missing", "gzip"),
    ] {
        let reply = ask(path, codings);
        assert_eq!(reply.header("Content-Encoding"), None, "{path} {codings}");
    }
    if let Ok(curl) = Command::new("curl").arg("--version").output() {
        assert!(curl.status.success());
        let url = format!("http://{}/long", example.addr);
        let got = Command::new("curl")
            .args(["-s", "--compressed", &url])
            .output();
        assert_eq!(
            String::from_utf8(got.unwrap().stdout).unwrap(),
            plain.text()
        );
    } else {
        println!("skipped: no curl");
    }
}

#[test]
fn custom_errors_and_log() {
    let example = Example::start("custom_errors_and_log", &[]);
    let reply = example.get("/none");
    assert_eq!(reply.field("Server"), "fishing/1.0");
    assert_eq!(reply.text(), "404: Gone fishing. Back at noon\n");
    let reply = example.get("/enhanced");
    assert_eq!((reply.status, &*reply.reason), (999, "Enhance Your Calm"));
    assert_eq!(
        example.send("?\r\n\r\n").read_response().field("Server"),
        "fishing/1.0"
    );
    let log = example.end();
    assert!(log.contains("#1 404 GET /none HTTP/1.1\n"), "{log}");
    assert!(
        log.contains("! code 404, message Gone fishing (no such page)\n"),
        "{log}"
    );
}

#[test]
fn worker_thread() {
    let example = Example::start("worker_thread", &[]);
    let mut slow = example.send("GET /primes/900000 HTTP/1.1\r\nHost: h\r\n\r\n");
    slow.wait_until_read();
    assert_eq!(example.get("/primes/100").text(), "25\n");
    assert_eq!(example.get("/primes/many").status, 422);
    assert_eq!(slow.read_response().text(), "71274\n");
}

#[test]
fn nested_loop() {
    let example = Example::start("nested_loop", &[]);
    let frame = || {
        let reply = example.get("/");
        let number = reply.text().trim().strip_prefix("frame ").unwrap();
        number.parse::<u64>().unwrap()
    };
    let first = frame();
    support::server::wait_for("frames go on", || (frame() > first + 2).then_some(()));
}

#[test]
fn on_tokio() {
    let example = Example::start("on_tokio", &[]);
    let tick = || {
        let reply = example.get("/");
        let number = reply.text().trim().strip_prefix("tick ").unwrap();
        number.parse::<u64>().unwrap()
    };
    let first = tick();
    let mut slow: Vec<Raw> = (0..50)
        .map(|_| example.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"))
        .collect();
    support::server::wait_for("ticks go on", || (tick() > first + 2).then_some(()));
    for peer in &mut slow {
        assert_eq!(peer.read_response().text(), "at last\n");
    }
    // The page about loops shows the same.
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(top.join(path)).unwrap();
    let (page, code) = (read("src/loops.md"), read("examples/on_tokio.rs"));
    let (_, shown) = code.split_once("/// Serves until").unwrap();
    assert!(page.contains(shown.split_once("\n}\n").unwrap().0));
    // Nothing that arrives is missed, in whatever pieces, and a timer of the server's own is kept.
    let mut peer = raw(example.addr);
    for piece in "GET / HTTP/1.1\r\nHost: h\r\n\r\n".split_inclusive('\n') {
        peer.send(piece);
        peer.wait_until_read();
    }
    assert!(peer.read_response().text().starts_with("tick "));
    let mut peers: Vec<Raw> = (0..300)
        .map(|_| example.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
        .collect();
    for peer in &mut peers {
        assert_eq!(peer.read_response().status, 200);
    }
}

#[test]
#[cfg(feature = "cgi")]
fn cgi_mount() {
    let site = Site::new("cgi-mount");
    site.script(
        "cgi-bin/x",
        "#!/bin/sh\necho Content-Type: text/plain\necho\necho $SCRIPT_NAME\n",
    );
    site.file("a.txt", "file");
    let example = Example::start("cgi_mount", &[site.root()]);
    assert_eq!(example.get("/app/cgi-bin/x").text(), "/app/cgi-bin/x\n");
    assert_eq!(example.get("/app/a.txt").text(), "file");
    assert!(example.get("/a.txt").text().contains("the application"));
}

/// The class in the example's head, served by Python; `None` where there is none.
fn python_class(folder: &Path) -> Option<Example> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = fs::read_to_string(top.join("examples/python_port.rs")).unwrap();
    let (_, class) = example.split_once("//! ```python\n").unwrap();
    let (class, _) = class.split_once("//! ```\n").unwrap();
    let lines = class
        .lines()
        .map(|line| line.strip_prefix("//! ").unwrap_or_default());
    let class = lines.collect::<Vec<_>>().join("\n");
    // Any port, and where that is.
    let tell =
        "print('http://%s:%d/' % httpd.server_address, flush=True)\n    httpd.serve_forever()";
    let class = class
        .replace("8000", "0")
        .replace("httpd.serve_forever()", tell);
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    if Command::new(&python).arg("-V").output().is_err() {
        support::skip(&format!("no {python} here"));
        return None;
    }
    let mut command = Command::new(python);
    command.args(["-c", &format!("import http.server\n{class}")]);
    Some(Example::run(command.current_dir(folder)))
}

#[test]
fn python_port() {
    let site = Site::new("python-port");
    site.file("a.txt", "a file\n");
    site.file("dir/b.txt", "");
    let example = Example::start_in(site.root(), "python_port", &[]);
    let python = python_class(site.root());
    for (line, body, status) in [
        ("GET /a.txt", "", 200),
        ("HEAD /a.txt", "", 200),
        ("GET /", "", 200),
        ("GET /dir", "", 301),
        ("GET /dir/", "", 200),
        ("GET /none", "", 404),
        ("HEAD /none", "", 404),
        ("POST /", "shout", 200),
        ("POST /a.txt", "", 200),
        ("PUT /a.txt", "x", 501),
    ] {
        let reply = example.ask(line, body);
        assert_eq!(reply.status, status, "{line}");
        assert_eq!(reply.field("Access-Control-Allow-Origin"), "*", "{line}");
        assert_eq!(reply.field("Server"), "CORS/1.0");
        let Some(python) = &python else {
            continue;
        };
        let other = python.ask(line, body);
        assert_eq!(reply.status, other.status, "{line}");
        assert_eq!(reply.reason, other.reason, "{line}");
        assert_eq!(entries(&reply), entries(&other), "{line}");
        for name in ["Access-Control-Allow-Origin", "Location"] {
            assert_eq!(reply.header(name), other.header(name), "{line}: {name}");
        }
        assert!(other.field("Server").starts_with(reply.field("Server")));
        let media_type = |reply: &Reply| {
            let value = reply.header("Content-Type")?;
            Some(value.split(';').next()?.to_owned())
        };
        assert_eq!(media_type(&reply), media_type(&other), "{line}");
    }
    assert_eq!(example.ask("POST /", "shout").text(), "SHOUT");
    assert_eq!(example.end(), "", "nothing is logged");
}

/// What a page says to a user: of an error or a listing the entries, of anything else all.
fn entries(reply: &Reply) -> Vec<&str> {
    let is_page = reply.text().starts_with("<!DOCTYPE");
    let lines = reply.text().lines();
    let said = |line: &&str| !is_page || line.contains("<li>") || line.contains("<p>");
    lines.filter(said).map(str::trim).collect()
}

/// Programs of others, in less than 100 lines each.
const PORTS: [&str; 3] = ["book", "desktop_assets", "exporter"];

#[test]
fn every_example_is_short_and_has_its_test() {
    const LINES_MAX: usize = 120;
    const PORT_LINES_MAX: usize = 100;
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parts = fs::read_dir(top.join("tests/examples")).unwrap();
    let parts = parts.map(|part| part.unwrap().path());
    let tests: String = [top.join("tests/examples.rs")]
        .into_iter()
        .chain(parts)
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let paths = fs::read_dir(top.join("examples")).unwrap();
    let paths: BTreeSet<PathBuf> = paths.map(|entry| entry.unwrap().path()).collect();
    assert!(paths.len() >= 15);
    for path in paths {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let test = format!("fn {name}()");
        assert!(tests.contains(&test), "{name} has no test");
        let lines = |path: &Path| {
            let bytes = fs::read(path).unwrap();
            bytes.iter().filter(|&&byte| byte == b'\n').count()
        };
        let main = if path.is_dir() {
            path.join("main.rs")
        } else {
            path.clone()
        };
        let (main_max, part_max) = match PORTS.contains(&name) {
            true => (PORT_LINES_MAX, PORT_LINES_MAX),
            // Parts can be taken over whole.
            false => (LINES_MAX, 2 * LINES_MAX),
        };
        assert!(lines(&main) < main_max, "{name}");
        for part in fs::read_dir(&path).into_iter().flatten() {
            assert!(lines(&part.unwrap().path()) < part_max, "{name}");
        }
    }
}
