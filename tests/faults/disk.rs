//! A disk that is full, or may not be written to: chunked bodies for scripts need a file.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Raw, Server, Site, skip};
use crate::watch::Watch;
use crate::{command_after, serve_after, site};

/// Bytes of a body, sixteen times what is kept in memory.
const BODY_BYTES: usize = 1 << 20;

fn site_with_counter(name: &str) -> Site {
    let site = site(name);
    let source = "#!/bin/sh\necho 'Content-Type: text/plain'\necho\nwc -c\n";
    site.script("cgi-bin/count", source);
    fs::create_dir(site.outside("tmp")).unwrap();
    site
}

/// Sends a chunked body of this length as far as the server takes it, and reads the status.
fn upload(server: &Server, bytes: usize) -> u16 {
    const CHUNK_BYTES: usize = 64 * 1024;
    let mut peer: Raw = server.connect();
    peer.send("POST /cgi-bin/count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut chunk = format!("{CHUNK_BYTES:x}\r\n").into_bytes();
    chunk.resize(chunk.len() + CHUNK_BYTES, b'x');
    chunk.extend_from_slice(b"\r\n");
    for _ in 0..bytes / CHUNK_BYTES {
        if peer.has_data() || peer.try_send(&chunk).is_err() {
            return peer.read_response().status;
        }
    }
    let _ = peer.try_send("0\r\n\r\n");
    let reply = peer.read_response();
    assert!(reply.status != 200 || reply.text().trim() == bytes.to_string());
    reply.status
}

fn assert_refused_and_clean(server: &Server, folder: &Path) {
    Watch::of(server).during(|| {
        for _ in 0..3 {
            assert_eq!(upload(server, BODY_BYTES), 507);
            // What is small enough needs no disk.
            assert_eq!(upload(server, 0), 200);
        }
        let left: Vec<_> = fs::read_dir(folder).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    });
}

#[test]
fn a_limit_on_file_sizes_is_507_and_does_not_end_the_server() {
    let site = site_with_counter("fsize");
    let folder = site.outside("tmp");
    // In blocks of 512 bytes. Past it the system sends SIGXFSZ, which ends most programs.
    let first = format!("export TMPDIR='{}'; ulimit -f 512", folder.display());
    let server = serve_after(&site, &first, &["--cgi"]);
    assert_refused_and_clean(&server, &folder);
}

#[test]
fn a_full_disk_is_507_and_nothing_is_left_on_it() {
    let site = site_with_counter("full");
    let folder = site.outside("tmp");
    // The mount is the server's own, and goes with it.
    let mount = format!("mount -t tmpfs -o size=128k none '{}'", folder.display());
    let can_mount = |options: &[&str]| {
        let mut command = Command::new("unshare");
        let output = command.args(options).args(["sh", "-c", &mount]).output();
        output.is_ok_and(|output| output.status.success())
    };
    let options: &[&str] = match [&["-m"][..], &["-rm"]]
        .into_iter()
        .find(|options| can_mount(options))
    {
        Some(options) => options,
        None => return skip("cannot mount a small disk"),
    };
    let shell = [options, &["sh"]].concat();
    let first = format!("{mount}; export TMPDIR='{}'", folder.display());
    // In a namespace of users there is no nobody.
    let user = ["--cgi", "--cgi-user", "0"];
    let server = Server::start(command_after("unshare", &shell, &site, &first, &user));
    let seen = format!("/proc/{}/root{}", server.pid(), folder.display());
    assert_refused_and_clean(&server, Path::new(&seen));
}

#[test]
fn no_folder_for_temporary_files_is_500_and_the_log_says_why() {
    let site = site_with_counter("no-folder");
    let first = format!("export TMPDIR='{}'", site.outside("nowhere").display());
    let server = serve_after(&site, &first, &["--cgi"]);
    Watch::of(&server).during(|| {
        assert_eq!(upload(&server, BODY_BYTES), 500);
        assert_eq!(upload(&server, 0), 200);
    });
    server.log_until(|log| log.contains("temporary file: "));
}

#[test]
fn a_log_file_that_may_not_grow_is_given_up_and_nothing_else() {
    let site = site_with_counter("log-file");
    let log = site.outside("log");
    let first = format!("ulimit -f 1; exec 2>'{}'", log.display());
    let command = command_after("sh", &[], &site, &first, &[]);
    let mut server = Server::start_unlogged(command, 1);
    Watch::of(&server).during(|| {
        for _ in 0..100 {
            assert_eq!(server.get("/nope").status, 404);
        }
    });
    assert!(server.is_running());
    assert_eq!(fs::metadata(log).unwrap().len(), 512);
}
