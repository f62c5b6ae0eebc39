//! `--check`: what a container asks of its own server.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::Site;
use crate::support::server::run_to_end;

/// Exit code and stderr of a check, which says nothing else.
fn check(url: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.args(["--check", url]);
    let (code, stdout, stderr) = run_to_end(command);
    assert_eq!(stdout, "");
    (code, stderr)
}

/// A server that does this to each of its connections, and its URL.
fn peer(act: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // It ends with the test.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            act(stream);
        }
    });
    format!("http://127.0.0.1:{port}/")
}

/// A server that reads a request and answers this, whatever it is.
fn saying(answer: Vec<u8>) -> String {
    peer(move |mut stream| {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        let _ = stream.write_all(&answer);
    })
}

#[test]
fn a_server_that_answers_2xx_is_well() {
    let site = Site::new("check");
    site.file("a.txt", "a");
    let unix = site.outside("s");
    let bind = format!("unix:{}", unix.display());
    let options = [
        "-b",
        "::1",
        "-b",
        &bind,
        "--health",
        "/healthz",
        "--allow-host",
        "b",
    ];
    let server = crate::support::Server::start_with(site.command(&options), 3);
    let (port, path) = (server.port, unix.display());
    for url in [
        format!("http://127.0.0.1:{port}/healthz"),
        format!("http://[::1]:{port}/healthz"),
        format!("http://localhost:{port}/a.txt?x"),
        format!("http://localhost:{port}"),
        format!("unix:{path}:/healthz"),
        format!("unix:{path}"),
    ] {
        assert_eq!(check(&url), (Some(0), String::new()), "{url}");
    }
    for (url, why) in [
        (
            format!("http://localhost:{port}/b"),
            "answered HTTP/1.1 404 File not found",
        ),
        (
            format!("unix:{path}:/b"),
            "answered HTTP/1.1 404 File not found",
        ),
        (format!("unix:{path}x:/"), "No such file or directory"),
        // A good port of nobody's.
        ("http://127.0.0.1:1/".into(), "Connection refused"),
    ] {
        assert_eq!(check(&url), (Some(1), format!("sprat: {url}: {why}\n")));
    }
}

#[test]
fn the_last_word_counts_and_it_must_be_one() {
    let good = "HTTP/1.1 200 OK\r\n\r\n";
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    for answer in [
        good.to_owned(),
        format!("{early}{early}{good}"),
        format!("{good}x"),
    ] {
        assert_eq!(check(&saying(answer.into())), (Some(0), String::new()));
    }
    let long = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(1 << 20));
    for (answer, why) in [
        ("HTTP/1.1 301 Moved\r\n\r\n", "answered HTTP/1.1 301 Moved"),
        (
            "HTTP/1.1 503 \x1b[m\r\n\r\n",
            "answered HTTP/1.1 503 \\x1b[m",
        ),
        (
            "HTTP/1.1 103 Early Hints\r\n\r\n",
            "the answer ends before its head does",
        ),
        (
            "HTTP/1.1 200 OK\r\n",
            "the answer ends before its head does",
        ),
        ("", "the answer ends before its head does"),
        ("ok\r\n\r\n", "answered ok"),
        (&long, "the head of the answer is too long"),
    ] {
        let url = saying(answer.into());
        assert_eq!(check(&url), (Some(1), format!("sprat: {url}: {why}\n")));
    }
}

#[test]
fn three_seconds_are_all_the_time_it_takes_however_an_answer_drips() {
    let site = Site::new("check-time");
    let silent = peer(std::mem::forget);
    let drips = peer(|mut stream| {
        // Each byte is progress; the head never ends.
        while stream.write_all(b"x").is_ok() {
            thread::park_timeout(Duration::from_millis(50));
        }
    });
    let interim = peer(|mut stream| {
        while stream
            .write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            .is_ok()
        {
            thread::park_timeout(Duration::from_millis(50));
        }
    });
    // Nobody accepts, which a Unix socket lets nobody get past.
    let path = site.outside("s");
    let listener = UnixListener::bind(&path).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let _waiting = std::os::unix::net::UnixStream::connect(&path).unwrap();
    let urls = [silent, drips, interim, format!("unix:{}", path.display())];
    let start = Instant::now();
    let checks = urls.map(|url| thread::spawn(move || (check(&url), url)));
    for (said, url) in checks.map(|check| check.join().unwrap()) {
        let want = format!("sprat: {url}: no answer in 3 s\n");
        assert_eq!(said, (Some(1), want));
    }
    assert!(start.elapsed() >= Duration::from_millis(2_900));
}

#[test]
fn whoever_starts_it_deaf_to_signals_is_told_in_time_too() {
    let url = peer(std::mem::forget);
    let mut command = Command::new("env");
    command.args(["--block-signal=ALRM", "--ignore-signal=ALRM"]);
    command.args([env!("CARGO_BIN_EXE_sprat"), "--check", &url]);
    let (code, _, said) = run_to_end(command);
    if said.contains("unrecognized option") || code == Some(127) {
        println!("skipped: env(1) blocks no signals");
        return;
    }
    assert_eq!(
        (code, said),
        (Some(1), format!("sprat: {url}: no answer in 3 s\n"))
    );
}

#[test]
fn mistakes_are_told_as_ever() {
    let site = Site::new("check-mistake");
    let (code, _, said) = run_to_end(site.command(&["--check", "http://localhost/"]));
    assert_eq!(code, Some(2));
    let alone = "nothing is served with it (leave out all but it and its URL)";
    assert_eq!(said, format!("sprat: error: argument --check: {alone}\n"));
    let (code, said) = check("localhost:8000");
    assert_eq!(code, Some(2));
    assert!(said.contains("(--check http://localhost:8000/)"), "{said}");
}
