//! Errors of the system while files are looked up and sent, put in by strace(1), and leases.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::site;
use crate::support::server::request;
use crate::support::{Server, Site, skip};
use crate::watch::SONG;

/// A server in which a system call fails with this error; `None` where that cannot be had.
fn serve_with(site: &Site, call: &str, error: &str) -> Option<Server> {
    let trace = format!("trace={call}");
    let inject = format!("inject={call}:error={error}");
    // The program stays our child, and is traced by a grandchild.
    let words = ["-D", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
    let works = Command::new("strace").args(words).arg("true").output();
    if !works.is_ok_and(|output| output.status.success()) {
        skip("no strace");
        return None;
    }
    let program = site.command(&[]);
    let mut command = Command::new("strace");
    command
        .args(words)
        .arg(program.get_program())
        .args(program.get_args());
    Some(Server::start(command))
}

/// The words of the C library that the program is linked with: glibc, or musl.
const fn words(glibc: &'static str, musl: &'static str) -> &'static str {
    if cfg!(target_env = "musl") {
        musl
    } else {
        glibc
    }
}

/// Its words for a file system whose program has ended.
pub const AWAY: &str = words(
    "Transport endpoint is not connected",
    "Socket not connected",
);

#[test]
fn what_the_system_cannot_say_is_not_404() {
    let site = site("errno");
    for (error, status, cause) in [
        ("EIO", 500, words("Input/output error", "I/O error")),
        ("ESTALE", 503, "Stale file handle"),
        ("ENOTCONN", 503, AWAY),
        (
            "ETIMEDOUT",
            503,
            words("Connection timed out", "Operation timed out"),
        ),
        ("EMFILE", 503, "out of descriptors or memory"),
        (
            "EUCLEAN",
            500,
            words("Structure needs cleaning", "No error information"),
        ),
        ("ENOENT", 404, "not found"),
    ] {
        let Some(server) = serve_with(&site, "openat2", error) else {
            return;
        };
        let reply = server.get("/canary");
        assert_eq!(reply.status, status, "{error}");
        assert!(!reply.text().contains(cause) || status == 404, "{error}");
        server.log_until(|log| log.contains(&format!("({cause}")));
    }
}

#[test]
fn where_sendfile_is_refused_files_are_copied() {
    let site = site("sendfile");
    let content: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    site.file("large", &content);
    for error in ["EPERM", "EINVAL", "ENOSYS", "EACCES", "EIO"] {
        let Some(server) = serve_with(&site, "sendfile", error) else {
            return;
        };
        assert_eq!(server.get("/large").body, content, "{error}");
    }
}

#[test]
fn an_error_in_mid_body_is_logged() {
    let site = site("mid-body");
    site.file("large", vec![b'x'; 3_000_000]);
    let Some(server) = serve_with(&site, "sendfile,pread64", "EIO") else {
        return;
    };
    let mut peer = server.connect();
    peer.send(request("GET", "/large", ""));
    assert_eq!(peer.read_head().status, 200);
    assert!(peer.read_until_cut().len() < 3_000_000);
    let words = words("Input/output error", "I/O error");
    let line = format!("response cut: file: {words}");
    server.log_until(|log| log.contains(&line));
}

/// A program that holds a lease on a file, and gives it up so many seconds after it is asked to.
struct Holder(Child);

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn hold(path: &std::path::Path, seconds: &str) -> Option<Holder> {
    const SOURCE: &str = "\
import fcntl, os, signal, sys, time
fd = os.open(sys.argv[1], os.O_RDWR)
def asked(*_):
    time.sleep(float(sys.argv[2]))
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
signal.signal(signal.SIGIO, asked)
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print('held', flush=True)
while True:
    signal.pause()
";
    let mut command = Command::new("python3");
    command
        .args(["-c", SOURCE])
        .arg(path)
        .arg(seconds)
        .stdout(Stdio::piped());
    let mut holder = Holder(command.spawn().ok()?);
    let mut line = String::new();
    let stdout = holder.0.stdout.take()?;
    BufReader::new(stdout).read_line(&mut line).ok()?;
    if line != "held\n" {
        skip("no leases here");
        return None;
    }
    Some(holder)
}

#[test]
fn a_file_under_a_lease_is_asked_for_again_and_blocks_nobody() {
    let site = site("lease");
    let path = site.file("dir/index.html", "leased");
    let server = site.serve(&[]);
    for (target, fields, status) in [
        ("/dir/index.html", "", 200),
        ("/dir/?a=b", "", 200),
        ("/dir/index.html", "Range: bytes=0-2\r\n", 206),
    ] {
        let Some(_holder) = hold(&path, "0.3") else {
            return;
        };
        let mut peer = server.connect();
        peer.send(request("GET", target, fields));
        assert_eq!(server.get("/canary").text(), SONG);
        let reply = peer.read_response();
        assert_eq!(reply.status, status, "{target}");
        assert!("leased".starts_with(reply.text()), "{target}");
    }
    // Another file: what was read a moment ago is answered from memory, and opened by nobody.
    let path = site.file("dir/other.html", "leased");
    let Some(_holder) = hold(&path, "60") else {
        return;
    };
    let reply = server.get("/dir/other.html");
    assert_eq!((reply.status, reply.field("Retry-After")), (503, "1"));
    server.log_until(|log| log.contains("(another program holds a lease on the file)"));
}
