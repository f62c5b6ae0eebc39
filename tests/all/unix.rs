//! Unix sockets: where they are, who may come, and what is known of those who do.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::support::server::run_to_end;
use crate::support::{Server, Site};

/// A server that listens at this path alone, or beside loopback.
fn start(site: &Site, path: &Path, options: &[&str], lines: usize) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.arg("-d").arg(site.root()).args(options);
    let bind = format!("unix:{}", path.display());
    command.args(["-b", &bind]);
    Server::start_with(command, lines)
}

/// The answer to a request on a connection of its own.
fn ask(path: &Path, request: &str) -> String {
    let mut peer = UnixStream::connect(path).unwrap();
    let text = format!("{request}\r\nConnection: close\r\n\r\n");
    peer.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    peer.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_unix_socket_is_served_named_and_removed_at_the_end() {
    let site = Site::new("unix");
    site.file("a.txt", "hello");
    let path = site.outside("s");
    let mut server = start(&site, &path, &[], 1);
    let line = format!("Serving HTTP on unix:{} ...", path.display());
    assert_eq!(server.banner, [line]);
    let answer = ask(&path, "GET /a.txt HTTP/1.1\r\nHost: a");
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("hello"));
    // Its peers have no address.
    let line = server.log_lines(1).remove(0);
    assert!(line.starts_with("- - - [") && line.ends_with("\"GET /a.txt HTTP/1.1\" 200 -"));
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--unix-socket"])
        .arg(&path)
        .arg("http://a/a.txt");
    match curl.output() {
        Ok(output) => assert_eq!(output.stdout, b"hello"),
        Err(_) => println!("skipped: there is no curl"),
    }
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn it_stands_beside_other_addresses_with_the_mode_that_was_asked_for() {
    let site = Site::new("unix-beside");
    site.file("a.txt", "hello");
    let path = site.outside("s");
    let mut command = site.command(&[]);
    let bind = format!("unix:{},mode=0640", path.display());
    command.args(["-b", &bind]);
    let server = Server::start_with(command, 2);
    assert_eq!(server.get("/a.txt").body, b"hello");
    assert!(ask(&path, "GET /a.txt HTTP/1.0\r\nHost: a").ends_with("hello"));
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn one_that_was_left_behind_is_replaced_and_a_live_one_is_not() {
    let site = Site::new("unix-stale");
    let path = site.outside("s");
    let mut first = start(&site, &path, &[], 1);
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command
        .args(["-b", &format!("unix:{}", path.display()), "-d"])
        .arg(site.root());
    let (code, _, said) = run_to_end(command);
    assert_eq!(code, Some(1));
    assert!(said.contains("another program answers there"), "{said}");
    // It was not taken from the first one by that.
    assert!(ask(&path, "GET / HTTP/1.0").starts_with("HTTP/1.1 200"));
    first.signal(Signal::KILL);
    first.wait();
    assert!(path.exists());
    let _second = start(&site, &path, &[], 1);
    assert!(ask(&path, "GET / HTTP/1.0").starts_with("HTTP/1.1 200"));
}

#[cfg(feature = "cgi")]
#[test]
fn a_script_has_no_address_of_its_peer_and_the_name_from_host() {
    let site = Site::new("unix-cgi");
    let show = "printf 'Content-Type: text/plain\\n\\n'\n\
                echo \"[${REMOTE_ADDR-unset}] [$SERVER_NAME] [$SERVER_PORT]\"";
    site.script("cgi-bin/show", &format!("#!/bin/sh\n{show}\n"));
    let path = site.outside("s");
    let _server = start(&site, &path, &["--cgi"], 1);
    let answer = ask(&path, "GET /cgi-bin/show HTTP/1.1\r\nHost: box.lan:81");
    assert!(answer.contains("[] [box.lan] [81]"), "{answer}");
    let answer = ask(&path, "GET /cgi-bin/show HTTP/1.1\r\nHost: box.lan");
    assert!(answer.contains("[] [box.lan] [80]"), "{answer}");
}
