//! Beside options of whoever starts the program, and of root.

use std::fs::{self, File};
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Command;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::Signal;

use super::{can_list, servers, signal, site, wait_until_gone};
use crate::support::server::wait_for;
use crate::support::{Server, skip};

/// Kills one, and waits for the one that is started in its place.
fn replace_one(server: &Server) {
    let ids = servers(server);
    signal(ids[0], Signal::KILL);
    wait_until_gone(&ids[..1]);
    wait_for("it is started again", || {
        let now = servers(server);
        (now.len() == ids.len() && !now.contains(&ids[0])).then_some(())
    });
}

#[test]
fn sockets_that_were_handed_over_are_those_of_all() {
    const HAND_OVER: &str = "
import os, socket, sys
sockets = [socket.socket(), socket.socket(socket.AF_UNIX)]
sockets[0].bind(('127.0.0.1', 0))
sockets[1].bind(sys.argv[1])
for at, s in enumerate(sockets):
    s.listen()
    os.dup2(s.fileno(), 50 + at)
for at in range(2):
    os.dup2(50 + at, 3 + at)
    os.close(50 + at)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='2')
os.execv(sys.argv[2], sys.argv[2:])
";
    if !can_list() {
        return;
    }
    if Command::new("python3").arg("-V").output().is_err() {
        skip("there is no python3 (apt install python3)");
        return;
    }
    let site = site("processes-handed");
    let path = site.outside("s");
    let mut command = Command::new("python3");
    command.args(["-c", HAND_OVER]).arg(&path);
    command.args([
        env!("CARGO_BIN_EXE_sprat"),
        "--processes",
        "2",
        "--also-bind",
    ]);
    command
        .args(["-b", "127.0.0.1", "-d"])
        .arg(site.root())
        .arg("0");
    let mut server = Server::start_with(command, 3);
    assert_eq!(server.addrs.len(), 2);
    replace_one(&server);
    for _ in 0..10 {
        for addr in server.addrs.clone() {
            let mut peer = crate::support::raw(addr);
            peer.send("GET /a.txt HTTP/1.0\r\n\r\n");
            assert_eq!(peer.read_response().text(), "a");
        }
        assert!(UnixStream::connect(&path).is_ok());
    }
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    // It was not ours to remove.
    assert!(path.exists());
}

#[test]
fn a_descriptor_hears_once_that_all_serve_and_is_closed() {
    let site = site("processes-ready");
    let (reader, writer) = UnixStream::pair().unwrap();
    fcntl_setfd(&writer, FdFlags::empty()).unwrap();
    let number = writer.as_raw_fd().to_string();
    let server = site.serve(&["--processes", "3", "--ready-fd", &number]);
    drop(writer);
    let mut said = String::new();
    // To its end: no server keeps it open.
    File::from(OwnedFd::from(reader))
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(said, format!("http://127.0.0.1:{}/\n", server.port));
}

#[test]
fn what_was_given_up_is_given_up_by_those_that_are_started_later() {
    if !can_list() {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        skip("only root can become another user");
        return;
    }
    let site = site("processes-user");
    let options = ["--processes", "2", "--user", "12345:23456", "--chroot"];
    let mut server = site.serve(&options);
    for _ in 0..2 {
        replace_one(&server);
        for id in servers(&server).into_iter().chain([server.pid()]) {
            let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
            assert!(
                status.contains("\nUid:\t12345\t12345\t12345\t12345\n"),
                "{status}"
            );
            assert!(status.contains("\nCapEff:\t0000000000000000\n"), "{status}");
        }
        for _ in 0..10 {
            assert_eq!(server.get("/a.txt").text(), "a");
        }
    }
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
#[cfg(feature = "cgi")]
fn scripts_run_in_all_of_them_and_end_with_the_one_that_has_started_them() {
    if !can_list() {
        return;
    }
    let site = site("processes-cgi");
    let out = site.outside("pids");
    fs::create_dir(&out).unwrap();
    fs::set_permissions(&out, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let script = format!(
        "#!/bin/sh\n: >{}/$$\nprintf 'Content-Type: text/plain\\n\\n'\n\
         case $QUERY_STRING in wait) echo; exec sleep 1000;; *) echo $PPID;; esac\n",
        out.display()
    );
    site.script("cgi-bin/s", &script);
    let mut server = site.serve(&["--processes", "2", "--cgi"]);
    let ids = servers(&server);
    let found: std::collections::HashSet<String> = (0..20)
        .map(|_| server.get("/cgi-bin/s").text().trim_end().to_owned())
        .collect();
    assert_eq!(found, ids.iter().map(u32::to_string).collect());
    fs::read_dir(&out)
        .unwrap()
        .for_each(|entry| fs::remove_file(entry.unwrap().path()).unwrap());
    let mut peers: Vec<_> = (0..4).map(|_| server.connect()).collect();
    for peer in &mut peers {
        peer.send("GET /cgi-bin/s?wait HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(peer.read_head().status, 200);
    }
    let names = fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let scripts: Vec<u32> = names
        .map(|name| name.to_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(scripts.len(), 4);
    ids.iter().for_each(|&id| signal(id, Signal::KILL));
    wait_until_gone(&scripts);
    wait_for("they are started again", || {
        (servers(&server).len() == 2 && server.get("/cgi-bin/s").status == 200).then_some(())
    });
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
}
