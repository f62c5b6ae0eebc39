//! How the program ends, and what does not end it.

use std::fs::File;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::server::wait_for;
use crate::support::{PATIENCE, Server, Site, raw};

/// More than all socket buffers between two processes hold.
const LARGE: u64 = 64 << 20;

#[test]
fn ctrl_c_says_goodbye_as_python_does_and_exits_0() {
    let site = Site::new("int");
    let mut server = site.serve(&[]);
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(0));
    let stdout = server.stdout_to_end();
    let (_, after_banner) = stdout.split_once('\n').unwrap();
    assert_eq!(after_banner, "\nKeyboard interrupt received, exiting.\n");
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    for signal in [Signal::INT, Signal::TERM] {
        let site = Site::new("idle-end");
        site.file("a.txt", "a");
        let mut server = site.serve(&[]);
        let mut idle = server.connect();
        idle.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(idle.read_response().text(), "a");
        let silent = server.connect();
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(0));
        idle.expect_close();
        drop(silent);
    }
}

#[test]
fn sigterm_lets_a_running_response_finish_and_takes_no_new_ones() {
    let site = Site::new("term");
    site.sparse("large", LARGE);
    let mut server = site.serve(&[]);
    let mut slow = server.connect();
    slow.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = slow.read_head();
    assert_eq!(head.status, 200);
    slow.skip_bytes(1_000_000);
    server.signal(Signal::TERM);
    wait_for("new connections are refused", || {
        TcpStream::connect_timeout(&server.addr(), PATIENCE)
            .is_err()
            .then_some(())
    });
    assert!(server.is_running());
    slow.skip_bytes(LARGE - 1_000_000);
    slow.expect_close();
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn sigterm_waits_for_a_reader_that_has_stopped_for_so_long_at_most() {
    let site = Site::new("drain");
    site.sparse("large", LARGE);
    for (options, time) in [
        (&[][..], Duration::from_secs(8)),
        (&["--drain-timeout", "0.5"], Duration::from_millis(500)),
    ] {
        let mut server = site.serve(options);
        let mut stopped = server.connect();
        stopped.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        stopped.read_head();
        let start = Instant::now();
        server.signal(Signal::TERM);
        thread::park_timeout(time.mul_f64(0.9));
        assert!(server.is_running());
        assert_eq!(server.wait().code(), Some(0));
        assert!(start.elapsed() >= time - Duration::from_millis(100));
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    for second in [Signal::TERM, Signal::INT] {
        let site = Site::new("twice");
        site.sparse("large", LARGE);
        let mut server = site.serve(&[]);
        let mut slow = server.connect();
        slow.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        slow.read_head();
        server.signal(Signal::TERM);
        wait_for("new connections are refused", || {
            TcpStream::connect_timeout(&server.addr(), PATIENCE)
                .is_err()
                .then_some(())
        });
        assert!(server.is_running());
        server.signal(second);
        server.wait();
        let rest = slow.read_until_cut();
        assert!((rest.len() as u64) < LARGE, "the response was cut");
    }
}

#[test]
fn without_a_log_file_sighup_ends_it_as_ever() {
    use std::os::unix::process::ExitStatusExt;
    let site = Site::new("hup");
    let mut server = site.serve(&[]);
    server.signal(Signal::HUP);
    assert_eq!(server.wait().signal(), Some(Signal::HUP.as_raw()));
}

#[test]
fn a_peer_that_leaves_in_the_middle_does_not_kill_it() {
    let site = Site::new("sigpipe");
    site.sparse("large", LARGE);
    site.file("a.txt", "a");
    let mut server = site.serve(&[]);
    for _ in 0..8 {
        let mut peer = server.connect();
        peer.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        peer.read_head();
        // Unread bytes make the close a reset.
        drop(peer);
    }
    server.signal(Signal::PIPE);
    assert_eq!(server.get("/a.txt").text(), "a");
    assert!(server.is_running());
}

/// Starts the program through a shell command line, in which `"$0" "$@"` is the program. Nobody
/// reads its first line, so it gets a port that was free a moment ago, and another one if somebody
/// else was faster.
fn start_deaf(site: &Site, script: &str, outputs: impl Fn(&mut Command)) -> Server {
    wait_for("a server on a free port", || {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_sprat")]);
        command.args(["-b", "127.0.0.1", "-d"]).arg(site.root());
        command.arg(port.to_string());
        outputs(&mut command);
        let mut server = Server::start_deaf(command, port);
        let listens = wait_for("it listens or ends", || {
            if !server.is_running() {
                return Some(false);
            }
            TcpStream::connect(server.addr()).ok().map(|_| true)
        });
        listens.then_some(server)
    })
}

#[test]
fn closed_stdout_and_stderr_do_not_stop_it() {
    for script in [
        "exec \"$0\" \"$@\" >&-",
        "exec \"$0\" \"$@\" 2>&-",
        "exec \"$0\" \"$@\" <&- >&- 2>&-",
    ] {
        let site = Site::new("closed-outputs");
        site.file("a.txt", "a");
        let mut server = start_deaf(&site, script, |command| {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        });
        for _ in 0..3 {
            assert_eq!(server.get("/a.txt").text(), "a", "{script}");
            assert_eq!(server.get("/nope").status, 404, "{script}");
        }
        server.signal(Signal::INT);
        assert_eq!(server.wait().code(), Some(0), "{script}");
    }
}

#[test]
fn a_broken_stdout_or_stderr_pipe_does_not_stop_it() {
    let site = Site::new("broken-pipes");
    site.file("a.txt", "a");
    let mut server = start_deaf(&site, "exec \"$0\" \"$@\"", |command| {
        let (stdout, stderr) = (broken_pipe(&site), broken_pipe(&site));
        command.stdout(stdout).stderr(stderr);
    });
    for _ in 0..3 {
        assert_eq!(server.get("/a.txt").text(), "a");
    }
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(0));
}

fn broken_pipe(site: &Site) -> File {
    let (_reader, writer) = site.pipe();
    writer
}

#[test]
fn a_full_log_pipe_that_nobody_reads_does_not_stop_it() {
    const ASK: &str = "GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n";
    const REQUESTS_AT_ONCE: usize = 50;
    // A pipe holds 64 KiB; each request logs about 70 bytes.
    const TIMES: usize = 40;
    let site = Site::new("full-pipe");
    site.file("a.txt", "a");
    let (mut reader, writer) = site.pipe();
    let server = start_deaf(&site, "exec \"$0\" \"$@\"", |command| {
        command.stdout(Stdio::null());
        command.stderr(writer.try_clone().unwrap());
    });
    drop(writer);
    let mut peer = raw(server.addr());
    for _ in 0..TIMES {
        peer.send(ASK.repeat(REQUESTS_AT_ONCE));
        for _ in 0..REQUESTS_AT_ONCE {
            assert_eq!(peer.read_response().text(), "a");
        }
    }
    // Read again, the log goes on, and tells how much of it is missing.
    let mut log = Vec::new();
    wait_for("the log says what it dropped", || {
        peer.send(ASK);
        peer.read_response();
        let _ = reader.read_to_end(&mut log);
        let text = String::from_utf8_lossy(&log);
        text.contains("dropped").then_some(())
    });
}
