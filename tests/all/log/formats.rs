//! The log in other formats than Python's, and in a file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::support::server::{run_to_end, wait_for};
use crate::support::{Server, Site};

/// What the file has, once that is as asked.
fn read_until(path: &Path, enough: impl Fn(&str) -> bool) -> String {
    wait_for("the log is as expected", || {
        let text = fs::read_to_string(path).ok()?;
        enough(&text).then_some(text)
    })
}

fn lines(path: &Path, count: usize) -> Vec<String> {
    let text = read_until(path, |text| text.matches('\n').count() >= count);
    text.lines().map(str::to_owned).collect()
}

/// A server whose log goes to a file outside of what it serves.
fn logging(site: &Site, options: &[&str]) -> (Server, PathBuf) {
    let path = site.outside("access.log");
    let mut command = site.command(options);
    command.arg("--log-file").arg(&path);
    (Server::start(command), path)
}

/// The line without its time, whose form is checked.
fn timeless(line: &str) -> String {
    let (start, rest) = line.split_once('[').unwrap();
    let (time, rest) = rest.split_once(']').unwrap();
    let shape: String = time
        .chars()
        .map(|c| match c {
            '0'..='9' => '9',
            '-' => '+',
            other => other,
        })
        .collect();
    let (day, shape) = shape.split_at(2);
    assert_eq!((day, &shape[4..]), ("99", "/9999:99:99:99 +9999"), "{line}");
    format!("{start}[]{rest}")
}

#[test]
fn common_and_combined_are_those_of_apache() {
    for (format, rest) in [("common", ""), ("combined", r#" "http://r/?\"" "\\x\xe9""#)] {
        let site = Site::new("log-apache");
        site.file("a.txt", "hello");
        let (server, path) = logging(&site, &["--log-format", format]);
        let fields = b"Referer: http://r/?\"\r\nUser-Agent: \\x\xe9\r\nConnection: close\r\n\r\n";
        let head = &b"GET /a.txt HTTP/1.1\r\nHost: a\r\n"[..];
        assert_eq!(server.answer([head, fields].concat()).status, 200);
        server.head("/a.txt");
        server.get_with("/a.txt", "Range: bytes=1-2\r\n");
        server.get_with("/a.txt", "If-None-Match: *\r\n");
        server.get("/nope");
        let nobody = if rest.is_empty() { "" } else { r#" "-" "-""# };
        let page = server.get("/nope").body.len();
        let mut got: Vec<String> = lines(&path, 7).iter().map(|line| timeless(line)).collect();
        got.truncate(6);
        assert_eq!(
            got,
            [
                format!(r#"127.0.0.1 - - [] "GET /a.txt HTTP/1.1" 200 5{rest}"#),
                format!(r#"127.0.0.1 - - [] "HEAD /a.txt HTTP/1.1" 200 -{nobody}"#),
                format!(r#"127.0.0.1 - - [] "GET /a.txt HTTP/1.1" 206 2{nobody}"#),
                format!(r#"127.0.0.1 - - [] "GET /a.txt HTTP/1.1" 304 -{nobody}"#),
                "127.0.0.1 - - [] code 404, message File not found (not found)".to_owned(),
                format!(r#"127.0.0.1 - - [] "GET /nope HTTP/1.1" 404 {page}{nobody}"#),
            ]
        );
    }
}

/// Reads each line with Python's `json`, and prints what it has of these members.
const READ_JSON: &str = "
import json, sys
for line in open(sys.argv[1], encoding='utf-8'):
    entry = json.loads(line)
    print(*[json.dumps(entry[name]) for name in sys.argv[2:] if name in entry])
";

fn python(path: &Path, members: &[&str]) -> Option<Vec<String>> {
    let mut command = Command::new("python3");
    command.args(["-c", READ_JSON]).arg(path).args(members);
    let Ok(output) = command.output() else {
        println!("skipped: there is no python3");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn json_has_an_object_for_each_request_and_each_error_whatever_bytes_came() {
    let site = Site::new("log-json");
    site.file("a.txt", "hello");
    site.sparse("large", 50_000_000);
    let (server, path) = logging(&site, &["--log-format", "json"]);
    // Two requests of one connection, then one of another.
    let mut peer = server.connect();
    for _ in 0..2 {
        peer.send("GET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(peer.read_response().status, 200);
    }
    drop(peer);
    lines(&path, 2);
    server.get_with(
        "/nope?\"\\",
        "User-Agent: \"\\\r\nReferer: \u{e9}\u{2028}\r\n",
    );
    lines(&path, 4);
    for byte in [0, 1, 0x0b, 0x1b, 0x22, 0x5c, 0x7f, 0x80, 0xc3, 0xff] {
        let line = [b"G", &[byte][..], b" /", &[byte], b" HTTP/1.1\r\n\r\n"].concat();
        server.answer(line);
    }
    lines(&path, 24);
    // One that is cut.
    let mut peer = server.connect();
    peer.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
    peer.read_head();
    peer.reset();
    lines(&path, 25);
    let members = [
        "status", "method", "target", "bytes", "end", "conn", "req", "message",
    ];
    let Some(got) = python(&path, &members) else {
        return;
    };
    assert_eq!(got[0], r#"200 "GET" "/a.txt" 5 "complete" 1 1"#);
    assert_eq!(got[1], r#"200 "GET" "/a.txt" 5 "complete" 1 2"#);
    assert_eq!(got[2], r#""code 404, message File not found (not found)""#);
    assert!(
        got[3].starts_with(r#"404 "GET" "/nope?\"\\" "#),
        "{}",
        got[3]
    );
    assert!(got[3].ends_with(r#""complete" 2 1"#), "{}", got[3]);
    let cut = got.iter().find(|line| line.contains("/large")).unwrap();
    assert!(cut.contains(r#""cut" "#), "{cut}");
    let got = python(&path, &["cause"]).unwrap();
    let want = r#""\"\\" "\u00e9\u2028" "127.0.0.1" "http" "HTTP/1.1""#;
    let order = ["agent", "referer", "peer", "scheme", "version"];
    let four = python(&path, &order).unwrap();
    assert_eq!(four[3], want);
    assert!(got.last().unwrap().contains("its peer has gone"), "{got:?}");
}

#[test]
fn the_bytes_of_a_chunked_body_are_those_of_the_body() {
    let site = Site::new("log-chunked");
    // A listing has no length beforehand.
    for number in 0..3000 {
        site.file(format!("{number}"), "");
    }
    let (server, path) = logging(&site, &["--log-format", "common"]);
    let reply = server.get("/");
    assert_eq!(reply.field("Transfer-Encoding"), "chunked");
    let line = lines(&path, 1).remove(0);
    let bytes = reply.body.len();
    assert!(line.ends_with(&format!(" 200 {bytes}")), "{line}");
}

#[test]
fn a_log_file_is_appended_to_and_opened_anew_at_sighup() {
    let site = Site::new("log-rotate");
    let path = site.outside("access.log");
    fs::write(&path, "before\n").unwrap();
    let (mut server, path) = logging(&site, &[]);
    server.get("/?one");
    lines(&path, 2);
    let rotated = site.outside("access.log.1");
    fs::rename(&path, &rotated).unwrap();
    // Until it hears of it, the old one is written to.
    server.get("/?two");
    let old = lines(&rotated, 3);
    assert_eq!(old[0], "before");
    server.signal(Signal::HUP);
    wait_for("it is opened anew", || path.exists().then_some(()));
    server.get("/?three");
    let new = lines(&path, 1);
    assert!(new[0].contains("/?three"), "{new:?}");
    assert_eq!(lines(&rotated, 3).len(), 3);
    // If it cannot be opened, the old one stays, and says so.
    fs::rename(&path, &rotated).unwrap();
    fs::create_dir(&path).unwrap();
    server.signal(Signal::HUP);
    let old = lines(&rotated, 2);
    assert!(old[1].contains("cannot open the log anew: "), "{old:?}");
    server.get("/?four");
    assert!(lines(&rotated, 3)[2].contains("/?four"));
    assert!(server.is_running());
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn logrotate_rotates_it() {
    let site = Site::new("log-logrotate");
    let (server, path) = logging(&site, &[]);
    server.get("/?one");
    lines(&path, 1);
    let config = site.outside("logrotate.conf");
    let text = format!(
        "{} {{\n rotate 1\n postrotate\n kill -HUP {}\n endscript\n}}\n",
        path.display(),
        server.pid()
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new("logrotate");
    command
        .arg("--force")
        .arg("--state")
        .arg(site.outside("state"));
    let Ok(output) = command.arg(&config).output() else {
        println!("skipped: there is no logrotate (apt-get install logrotate)");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    wait_for("it is opened anew", || path.exists().then_some(()));
    server.get("/?two");
    assert!(lines(&path, 1)[0].contains("/?two"));
    let rotated = site.outside("access.log.1");
    assert_eq!(lines(&rotated, 1).len(), 1);
}

#[test]
fn a_full_disk_stops_nobody() {
    let site = Site::new("log-full");
    site.file("a.txt", "a");
    let mut command = site.command(&["--log-format", "json"]);
    command.args(["--log-file", "/dev/full"]);
    let server = Server::start(command);
    for _ in 0..100 {
        assert_eq!(server.get("/a.txt").status, 200);
    }
}

#[test]
fn sighup_ends_a_program_without_a_log_file() {
    let site = Site::new("log-hup");
    let mut server = site.serve(&["--log-format", "json"]);
    server.get("/");
    server.log_lines(1);
    server.signal(Signal::HUP);
    assert_eq!(server.wait().code(), None);
}

#[test]
fn what_cannot_be_a_log_is_refused_at_the_start() {
    let site = Site::new("log-refused");
    let fifo = site.fifo("fifo");
    let root = site.root().to_path_buf();
    for (options, want) in [
        (
            vec!["--log-file".as_ref(), root.as_os_str()],
            "argument --log-file: cannot write to ",
        ),
        (
            vec!["--log-file".as_ref(), fifo.as_os_str()],
            "nobody reads this FIFO",
        ),
        (
            vec!["--log-file".as_ref(), "".as_ref()],
            "argument --log-file: is empty",
        ),
        (
            vec!["--log-format".as_ref(), "apache".as_ref()],
            "none of python, common, combined and json",
        ),
        (
            vec!["-q".as_ref(), "--log-file".as_ref(), "x".as_ref()],
            "--log-file has no use",
        ),
        (
            vec!["--log-format".as_ref(), "json".as_ref(), "-q".as_ref()],
            "--log-format has no use",
        ),
    ] {
        let mut command = site.command(&[]);
        let (code, _, said) = run_to_end({
            command.args(&options);
            command
        });
        assert_eq!(code, Some(2), "{options:?}");
        assert!(
            said.contains(want) && said.matches('\n').count() == 1,
            "{said}"
        );
    }
    assert!(!site.root().join("x").exists());
}
