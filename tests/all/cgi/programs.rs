//! Real programs as scripts: each is skipped, with a printed line, where it is missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{serve, site, stop};
use crate::support::server::request;
use crate::support::{Server, Site};

/// Whether a program runs; prints a line if it does not.
pub fn runs(program: &str, argument: &str) -> bool {
    let status = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let runs = status.is_ok_and(|status| status.success());
    if !runs {
        crate::support::skip(&format!("no {program} here"));
    }
    runs
}

/// Runs git by itself: no configuration but this, no questions.
fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(directory)
        .args([
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@b",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("http_proxy")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {stderr}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Serves repositories by `git http-backend`, as README says.
fn serve_git(site: &Site, repositories: &Path) -> Server {
    site.script("cgi-bin/git", "#!/bin/sh\nexec git http-backend\n");
    let root = format!("GIT_PROJECT_ROOT={}", repositories.display());
    // The repository belongs to whoever runs the test.
    let own = rustix::process::geteuid().as_raw().to_string();
    serve(
        site,
        &[
            "--cgi-user",
            &own,
            "--cgi-env",
            &root,
            "--cgi-env",
            "GIT_HTTP_EXPORT_ALL=1",
            "--cgi-env",
            "GIT_CONFIG_NOSYSTEM=1",
        ],
    )
}

#[test]
fn git_clones_and_pushes_over_smart_http() {
    if !runs("git", "--version") {
        return;
    }
    let backend = PathBuf::from(git(Path::new("/"), &["--exec-path"])).join("git-http-backend");
    if !backend.exists() {
        return crate::support::skip("no git http-backend here");
    }
    let site = site("cgi-git");
    let repositories = site.outside("repositories");
    let work = site.outside("work");
    std::fs::create_dir_all(&repositories).unwrap();
    git(&repositories, &["init", "-q", "--bare", "r.git"]);
    git(
        &repositories.join("r.git"),
        &["config", "http.receivepack", "true"],
    );
    let server = serve_git(&site, &repositories);
    let url = format!("http://{}/cgi-bin/git/r.git", server.addr());
    let outside = repositories.parent().unwrap();
    git(outside, &["clone", "-q", &url, "work"]);
    // More than a pipe, a socket and git's own post buffer hold: that one is sent in chunks.
    let mut large = Vec::new();
    let mut state = 1u64;
    while large.len() < 3 << 20 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        large.extend_from_slice(&state.to_le_bytes());
    }
    std::fs::write(work.join("large"), &large).unwrap();
    std::fs::write(work.join("small"), "small\n").unwrap();
    git(&work, &["add", "."]);
    git(&work, &["commit", "-q", "-m", "one"]);
    git(&work, &["push", "-q", "origin", "HEAD:main"]);
    git(outside, &["clone", "-q", "-b", "main", &url, "again"]);
    assert!(std::fs::read(outside.join("again/large")).unwrap() == large);
    assert_eq!(
        git(&work, &["rev-parse", "HEAD"]),
        git(&repositories.join("r.git"), &["rev-parse", "main"])
    );
    std::fs::write(work.join("small"), "changed\n").unwrap();
    git(&work, &["commit", "-q", "-a", "-m", "two"]);
    git(&work, &["push", "-q", "origin", "HEAD:main"]);
    git(&outside.join("again"), &["pull", "-q"]);
    let pulled = std::fs::read_to_string(outside.join("again/small")).unwrap();
    assert_eq!(pulled, "changed\n");
}

#[test]
fn perl_reads_a_form() {
    if !runs("perl", "-v") {
        return;
    }
    let site = site("cgi-perl");
    let script = r#"#!/usr/bin/env perl
use strict;
read(STDIN, my $body, $ENV{CONTENT_LENGTH}) == $ENV{CONTENT_LENGTH} or die "short";
my %form = map { my ($name, $value) = map { tr/+/ /; s/%(..)/chr hex $1/ger } split /=/, $_, 2;
    ($name, $value) } split /&/, $body;
print "Status: 201 Made\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";
print "$_=$form{$_}\n" for sort keys %form;
"#;
    site.script("cgi-bin/form.pl", script);
    let server = serve(&site, &[]);
    let body = "name=J%C3%BCrgen+K&b=2%263";
    let fields = format!(
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
        body.len()
    );
    let mut peer = server.connect();
    peer.send(request("POST", "/cgi-bin/form.pl", &fields));
    peer.send(body);
    let reply = peer.read_response();
    assert_eq!((reply.status, &*reply.reason), (201, "Made"), "{reply:?}");
    assert_eq!(reply.text(), "b=2&3\nname=J\u{fc}rgen K\n");
}

#[test]
fn python_takes_an_upload() {
    if !runs("python3", "-V") {
        return;
    }
    let site = site("cgi-python");
    let script = r#"#!/usr/bin/env python3
import hashlib, os, sys
from email.parser import BytesParser
from email.policy import HTTP
body = sys.stdin.buffer.read(int(os.environ["CONTENT_LENGTH"]))
head = ("Content-Type: " + os.environ["CONTENT_TYPE"] + "\r\n\r\n").encode()
print("Content-Type: text/plain\n")
for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
    content = part.get_payload(decode=True)
    print(part.get_param("name", header="Content-Disposition"), part.get_filename(), len(content))
"#;
    site.script("cgi-bin/upload.py", script);
    let server = serve(&site, &[]);
    let file = vec![b'x'; 300_000];
    let body = [
        &b"--BOUND\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"[..],
        b"--BOUND\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n",
        b"Content-Type: application/octet-stream\r\n\r\n",
        &file,
        b"\r\n--BOUND--\r\n",
    ]
    .concat();
    let kind = "Content-Type: multipart/form-data; boundary=BOUND\r\n";
    let length = format!("{kind}Content-Length: {}\r\n", body.len());
    for chunked in [false, true] {
        let mut peer = server.connect();
        if chunked {
            let fields = format!("{kind}Transfer-Encoding: chunked\r\n");
            peer.send(request("POST", "/cgi-bin/upload.py", &fields));
            peer.send(format!("{:x}\r\n", body.len()));
            peer.send(&body);
            peer.send("\r\n0\r\n\r\n");
        } else {
            peer.send(request("POST", "/cgi-bin/upload.py", &length));
            peer.send(&body);
        }
        let reply = peer.read_response();
        assert_eq!(
            reply.text(),
            "note None 5\nfile a.bin 300000\n",
            "{reply:?}"
        );
    }
}

#[test]
fn php_runs_by_its_first_line() {
    if !runs("php-cgi", "-v") {
        return;
    }
    let site = site("cgi-php");
    let script = "#!/usr/bin/env php-cgi\n<?php http_response_code(201); \
        echo $_POST['a'] ?? $_GET['a'], ' ', $_SERVER['PATH_INFO'];\n";
    site.script("cgi-bin/hello.php", script);
    let server = serve(&site, &["--cgi-env", "REDIRECT_STATUS=200"]);
    let reply = server.get("/cgi-bin/hello.php/i?a=1%202");
    assert_eq!((reply.status, reply.text()), (201, "1 2 /i"), "{reply:?}");
    let mut peer = server.connect();
    let fields = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5\r\n";
    peer.send(request("POST", "/cgi-bin/hello.php/j", fields));
    peer.send("a=b+c");
    assert_eq!(peer.read_response().text(), "b c /j");
}

/// Runs Mercurial by itself: no configuration, no questions; returns what it says.
fn hg(directory: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("hg")
        .current_dir(directory)
        .args(arguments)
        .env("HGPLAIN", "1")
        .env("HGRCPATH", "")
        .env_remove("http_proxy")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}

/// Repositories with so many heads, and the same with a change on each of them; where they lie.
fn make_heads(folder: &Path, heads: usize) -> (PathBuf, PathBuf) {
    // debugbuilddag's words: a change, forks of it by its name, and a fork of each of these, which
    // lie so many changes back.
    let forks = format!("+1 :base {}", "*base ".repeat(heads));
    let more = format!("*{heads} ").repeat(heads);
    let [old, new] = [("old", String::new()), ("new", more)].map(|(name, more)| {
        let at = folder.join(name);
        std::fs::create_dir_all(&at).unwrap();
        hg(&at, &["init"]).unwrap();
        hg(&at, &["debugbuilddag", &format!("{forks}{more}")]).unwrap();
        at
    });
    (old, new)
}

#[test]
fn mercurial_pulls_into_a_repository_of_700_heads() {
    const HEADS: usize = 700;
    if !runs("hg", "--version") {
        return;
    }
    let python = hg(Path::new("/"), &["debuginstall", "-T", "{pythonexe}"]).unwrap();
    let can_serve = Command::new(&python)
        .args(["-c", "import mercurial.hgweb"])
        .status();
    if !can_serve.is_ok_and(|status| status.success()) {
        return crate::support::skip("no hgweb here");
    }
    let site = site("cgi-hg");
    let (old, new) = make_heads(&site.outside("hg"), HEADS);
    let script = format!(
        "#!{python}\nfrom mercurial.hgweb import hgweb, wsgicgi\nwsgicgi.launch(hgweb(b'{}'))\n",
        new.display()
    );
    site.script("cgi-bin/hg", &script);
    // The repository belongs to whoever runs the test.
    let own = rustix::process::geteuid().as_raw().to_string();
    let options = ["--cgi-user", &own, "--cgi-env", "HGRCPATH="];
    let pull = |server: &Server| {
        let url = format!("http://{}/cgi-bin/hg", server.addr());
        hg(&old, &["pull", "-q", &url])
    };
    // It names all the heads that it has, and all that it wants, in the fields of one request.
    let strict = serve(&site, &[&options[..], &["--max-head", "32768"]].concat());
    let refused = pull(&strict).unwrap_err();
    assert!(refused.contains("431"), "{refused}");
    let server = serve(&site, &options);
    pull(&server).unwrap();
    let heads = ["heads", "-T", "{node}\n"];
    let [ours, theirs] = [&old, &new].map(|at| hg(at, &heads).unwrap());
    assert_eq!(ours.lines().count(), HEADS);
    assert!(ours == theirs);
    stop(server);
}
