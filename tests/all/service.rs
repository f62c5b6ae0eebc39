//! Started by somebody else: sockets that are handed over, and who is told that it is ready.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::Signal;

use crate::support::server::run_to_end;
use crate::support::{Server, Site};

/// Hands over the sockets that its first argument makes, from descriptor 3 on, as a service
/// manager does; the others are the command.
const HAND_OVER: &str = "
import os, socket, sys
def tcp():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    s.listen()
    return s
def unix(path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen()
    return s
def deaf():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    return s
def udp():
    return socket.socket(type=socket.SOCK_DGRAM)
def file():
    return open('/dev/null')
sockets = eval(sys.argv[1])
# Out of the way first.
numbers = [os.dup2(s.fileno(), 50 + at) for at, s in enumerate(sockets)]
for at, number in enumerate(numbers):
    os.dup2(number, 3 + at)
    os.close(number)
os.environ.setdefault('LISTEN_PID', str(os.getpid()))
os.environ.setdefault('LISTEN_FDS', str(len(sockets)))
os.execv(sys.argv[2], sys.argv[2:])
";

/// A program that is handed these sockets; `None` where there is no python3.
fn handed(site: &Site, sockets: &str, options: &[&str]) -> Option<Command> {
    if Command::new("python3").arg("-V").output().is_err() {
        println!("skipped: there is no python3");
        return None;
    }
    let mut command = Command::new("python3");
    command.args(["-c", HAND_OVER, sockets, env!("CARGO_BIN_EXE_sprat"), "-d"]);
    command.arg(site.root()).args(options);
    Some(command)
}

#[test]
fn sockets_that_are_handed_over_are_served() {
    let site = Site::new("activation");
    site.file("a.txt", "hello");
    let path = site.outside("s");
    let sockets = format!("[tcp(), unix({:?}), tcp()]", path.display().to_string());
    let Some(command) = handed(&site, &sockets, &[]) else {
        return;
    };
    let mut server = Server::start_with(command, 3);
    assert_eq!(server.addrs.len(), 2);
    let unix = format!("Serving HTTP on unix:{} ...", path.display());
    assert_eq!(server.banner[2], unix);
    assert_eq!(server.get("/a.txt").body, b"hello");
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    // It was not ours to remove.
    assert!(path.exists());
}

#[test]
fn scripts_get_none_of_them() {
    let site = Site::new("activation-cgi");
    let show = "printf 'Content-Type: text/plain\\n\\n'\nls /proc/self/fd 2>/dev/null | wc -l\n\
                env | grep -c LISTEN_ || true";
    site.script("cgi-bin/show", &format!("#!/bin/sh\n{show}\n"));
    let Some(command) = handed(&site, "[tcp(), tcp()]", &["--cgi"]) else {
        return;
    };
    let server = Server::start_with(command, 2);
    let reply = server.get("/cgi-bin/show");
    assert_eq!(reply.status, 200);
    // stdin, stdout, stderr and that of `ls` itself, where there is /proc.
    let text = reply.text();
    assert!(text == "4\n0\n" || text == "0\n0\n", "{text:?}");
}

#[test]
fn sockets_for_another_process_are_ignored() {
    let site = Site::new("activation-other");
    for (name, value) in [("LISTEN_PID", "1"), ("LISTEN_PID", ""), ("LISTEN_PID", "x")] {
        let Some(mut command) = handed(&site, "[tcp()]", &["-b", "127.0.0.1", "0"]) else {
            return;
        };
        command.env(name, value);
        let server = Server::start(command);
        assert_eq!(server.get("/").status, 200);
    }
    let mut command = site.command(&[]);
    command.env("LISTEN_FDS", "1");
    assert_eq!(Server::start(command).get("/").status, 200);
}

#[test]
fn what_cannot_be_served_is_told_at_the_start() {
    let site = Site::new("activation-bad");
    for (sockets, count, want) in [
        ("[tcp()]", "2", "descriptor 4 is not open"),
        ("[tcp()]", "x", "LISTEN_FDS is \"x\", which is no count"),
        ("[tcp()]", "-1", "which is no count"),
        ("[tcp(), deaf()]", "2", "descriptor 4 does not listen"),
        ("[udp()]", "1", "descriptor 3 is no stream socket"),
        ("[file()]", "1", "descriptor 3 is no socket"),
    ] {
        let Some(mut command) = handed(&site, sockets, &[]) else {
            return;
        };
        command.env("LISTEN_FDS", count);
        let (code, _, said) = run_to_end(command);
        assert_eq!(code, Some(1), "{said}");
        let start = "sprat: cannot listen on the sockets of LISTEN_FDS: ";
        assert!(said.starts_with(start) && said.contains(want), "{said}");
    }
}

#[test]
fn an_address_beside_them_must_be_meant() {
    let site = Site::new("activation-also");
    for (options, argument) in [
        (&["-b", "127.0.0.1"][..], "-b/--bind"),
        (&["0"], "PORT"),
        (&["-b", "localhost", "0"], "-b/--bind"),
    ] {
        let Some(command) = handed(&site, "[tcp()]", options) else {
            return;
        };
        let (code, _, said) = run_to_end(command);
        assert_eq!(code, Some(2));
        let want = format!("argument {argument}: the sockets are those of LISTEN_FDS");
        assert!(
            said.contains(&want) && said.contains("--also-bind"),
            "{said}"
        );
    }
    let options = ["--also-bind", "-b", "127.0.0.1", "0"];
    let command = handed(&site, "[tcp()]", &options).unwrap();
    let server = Server::start_with(command, 2);
    assert_eq!(server.addrs.len(), 2);
    assert_ne!(server.addrs[0], server.addrs[1]);
}

/// The next message for a service manager.
fn next(manager: &UnixDatagram) -> String {
    let mut bytes = [0; 4096];
    let len = manager.recv(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..len]).into_owned()
}

#[test]
fn a_service_manager_is_told_how_it_is() {
    let site = Site::new("notify");
    let path = site.outside("notify");
    for name in [
        path.display().to_string(),
        format!("@sprat-{}", std::process::id()),
    ] {
        let manager = match name.strip_prefix('@') {
            None => UnixDatagram::bind(&path).unwrap(),
            #[cfg(target_os = "linux")]
            Some(name) => {
                use std::os::linux::net::SocketAddrExt;
                let address = std::os::unix::net::SocketAddr::from_abstract_name(name).unwrap();
                UnixDatagram::bind_addr(&address).unwrap()
            }
            #[cfg(not(target_os = "linux"))]
            Some(_) => continue,
        };
        manager
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
        command.args(["-b", "127.0.0.1", "-d"]).arg(site.root());
        command.arg("--log-file").arg(site.outside("log")).arg("0");
        command.env("NOTIFY_SOCKET", &name);
        let mut server = Server::start(command);
        let ready = format!("READY=1\nSTATUS=Serving http://127.0.0.1:{}/", server.port);
        assert_eq!(next(&manager), ready);
        server.signal(Signal::HUP);
        let reloading = next(&manager);
        let micros = reloading
            .strip_prefix("RELOADING=1\nMONOTONIC_USEC=")
            .unwrap();
        assert!(micros.parse::<u64>().is_ok_and(|micros| micros > 0));
        assert_eq!(next(&manager), ready);
        server.signal(Signal::TERM);
        assert_eq!(next(&manager), "STOPPING=1");
        assert_eq!(server.wait().code(), Some(0));
    }
}

#[test]
fn a_manager_that_is_not_there_or_does_not_read_holds_nobody_up() {
    let site = Site::new("notify-nobody");
    let deaf = site.outside("deaf");
    let _full = UnixDatagram::bind(&deaf).unwrap();
    let filler = UnixDatagram::unbound().unwrap();
    filler.set_nonblocking(true).unwrap();
    while filler.send_to(b"x", &deaf).is_ok() {}
    let nobody = site.outside("nobody").display().to_string();
    for name in [
        &*deaf.display().to_string(),
        &nobody,
        "",
        "@",
        "relative",
        "@nobody-there",
    ] {
        let mut command = site.command(&[]);
        command.env("NOTIFY_SOCKET", name);
        let mut server = Server::start(command);
        assert_eq!(server.get("/").status, 200);
        server.signal(Signal::TERM);
        assert_eq!(server.wait().code(), Some(0));
    }
}

#[test]
fn a_descriptor_hears_where_it_listens_and_is_closed() {
    let site = Site::new("ready-fd");
    let unix = site.outside("s");
    let (reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
    fcntl_setfd(&writer, FdFlags::empty()).unwrap();
    let number = writer.as_raw_fd().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.args(["-b", "127.0.0.1", "-b", &format!("unix:{}", unix.display())]);
    command
        .args(["--ready-fd", &number, "-d"])
        .arg(site.root())
        .arg("0");
    let server = Server::start_with(command, 2);
    drop(writer);
    let mut said = String::new();
    File::from(std::os::fd::OwnedFd::from(reader))
        .read_to_string(&mut said)
        .unwrap();
    let want = format!(
        "http://127.0.0.1:{}/\nunix:{}\n",
        server.port,
        unix.display()
    );
    assert_eq!(said, want);
    for (number, want) in [
        (
            "99",
            "argument --ready-fd: 99 is no descriptor that the program was started with",
        ),
        (
            "1",
            "argument --ready-fd: \"1\" is not a descriptor from 3 on",
        ),
        (
            "x",
            "argument --ready-fd: \"x\" is not a descriptor from 3 on",
        ),
    ] {
        let (code, _, said) = run_to_end(site.command(&["--ready-fd", number]));
        assert_eq!(code, Some(2));
        assert!(said.contains(want), "{said}");
    }
}
