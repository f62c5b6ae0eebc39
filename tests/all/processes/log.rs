//! The log that all of them write: whole lines, and a file that was rotated.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use super::{can_list, servers, signal, site, start};
use crate::support::Server;
use crate::support::server::request;

/// Requests of each of several clients.
const REQUESTS: usize = 300;

/// Has several clients ask for paths of many lengths, all at once; returns how many requests were
/// made.
fn storm(server: &Server) -> usize {
    const CLIENTS: usize = 8;
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                let mut peer = server.connect();
                for number in 0..REQUESTS {
                    let fill = "x".repeat((client * 331 + number * 37) % 2000);
                    peer.send(request(
                        "GET",
                        format!("/a.txt?{client}-{number}-{fill}"),
                        "",
                    ));
                    assert_eq!(peer.read_response().text(), "a");
                }
            });
        }
    });
    CLIENTS * REQUESTS
}

/// How many lines there are, and those that nobody took in time.
fn lines(log: &str) -> usize {
    let dropped = log.lines().filter_map(dropped);
    let reports = dropped.clone().count();
    log.matches('\n').count() - reports + dropped.sum::<usize>()
}

/// So many lines were dropped, one says: nobody waits for who reads a pipe.
fn dropped(line: &str) -> Option<usize> {
    let count = line
        .strip_prefix("sprat: ")?
        .strip_suffix(" log lines dropped")?;
    count.parse().ok()
}

/// Each line is one of a request, whole, and each request has one.
fn assert_whole(log: &str, count: usize) {
    let mut seen = std::collections::HashSet::new();
    let mut lost = 0;
    for line in log.lines() {
        if let Some(dropped) = dropped(line) {
            lost += dropped;
            continue;
        }
        let start = line.starts_with("127.0.0.1 - - [");
        let request = line.split_once("] \"GET /a.txt?").map(|(_, rest)| rest);
        let query = request.and_then(|rest| rest.strip_suffix(" HTTP/1.1\" 200 -"));
        let query = query.filter(|_| start).unwrap_or_else(|| panic!("{line}"));
        let (name, fill) = query.rsplit_once('-').unwrap();
        assert!(fill.bytes().all(|byte| byte == b'x'), "{line}");
        assert!(seen.insert(name.to_owned()), "{line}");
    }
    assert_eq!(seen.len() + lost, count);
}

#[test]
fn lines_that_several_write_at_once_are_whole_in_a_file_and_in_a_pipe() {
    let site = site("processes-lines");
    let log = site.outside("log");
    let name = log.display().to_string();
    let server = start(&site, 4, &["--log-file", &name]);
    let count = storm(&server);
    let text = crate::support::server::wait_for("all is written", || {
        let text = fs::read_to_string(&log).unwrap();
        (lines(&text) == count).then_some(text)
    });
    assert_whole(&text, count);

    let server = start(&site, 4, &[]);
    let count = storm(&server);
    let text = server.log_until(|log| lines(log) == count);
    assert_whole(&text, count);
}

#[test]
fn stderr_that_is_a_file_is_not_written_over() {
    let site = site("processes-stderr");
    let log = site.outside("log");
    // Without O_APPEND.
    let file = fs::File::create(&log).unwrap();
    let mut command = site.command(&["--processes", "4"]);
    command.stderr(Stdio::from(file));
    let server = Server::start_unlogged(command, 1);
    let count = storm(&server);
    let text = crate::support::server::wait_for("all is written", || {
        let text = fs::read_to_string(&log).unwrap();
        let text = text.replacen(crate::support::server::AS_ROOT, "", 1);
        (lines(&text) == count).then_some(text)
    });
    assert_whole(&text, count);
}

/// The next message for a service manager.
fn next(manager: &UnixDatagram) -> String {
    let mut bytes = [0; 4096];
    let len = manager.recv(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..len]).into_owned()
}

#[test]
fn a_log_is_opened_anew_by_all_before_that_is_told_and_ready_is_said_once() {
    if !can_list() {
        return;
    }
    let site = site("processes-rotate");
    let [path, log] = ["notify", "log"].map(|name| site.outside(name));
    let manager = UnixDatagram::bind(&path).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command
        .args(["-b", "127.0.0.1", "--processes", "3", "0", "-d"])
        .arg(site.root());
    command
        .arg("--log-file")
        .arg(&log)
        .env("NOTIFY_SOCKET", &path);
    let mut server = Server::start(command);
    let ready = format!("READY=1\nSTATUS=Serving http://127.0.0.1:{}/", server.port);
    assert_eq!(next(&manager), ready);
    for round in 0..3 {
        let old = site.outside(&format!("log.{round}"));
        fs::rename(&log, &old).unwrap();
        server.signal(Signal::HUP);
        assert!(next(&manager).starts_with("RELOADING=1\n"));
        assert_eq!(next(&manager), ready);
        let before = fs::read(&old).unwrap();
        for _ in 0..9 {
            server.get("/a.txt");
        }
        let lines = || fs::read_to_string(&log).unwrap().lines().count();
        crate::support::server::wait_for("all is written", || (lines() == 9).then_some(()));
        assert_eq!(fs::read(&old).unwrap(), before);
    }
    // One that is started now has the new file, and says so to nobody but the log.
    let ids = servers(&server);
    signal(ids[0], Signal::KILL);
    crate::support::server::wait_for("the log has it", || {
        let text = fs::read_to_string(&log).unwrap();
        text.contains(&format!("server {} was ended", ids[0]))
            .then_some(())
    });
    server.signal(Signal::TERM);
    assert_eq!(next(&manager), "STOPPING=1");
    assert_eq!(server.wait().code(), Some(0));
}
