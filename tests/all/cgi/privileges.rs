//! What scripts have of the server's: limits, descriptors, users, and what of it may be missing.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{serve, site, stop};
use crate::support::server::{request, run_to_end, wait_for};
use crate::support::{Server, Site};

/// The server's command behind others.
fn behind(words: &[&str], site: &Site, options: &[&str]) -> Command {
    let plain = site.command(options);
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command.arg(plain.get_program()).args(plain.get_args());
    command
}

fn can_run(words: &[&str]) -> bool {
    let status = Command::new(words[0])
        .args(&words[1..])
        .arg("true")
        .output();
    let can = status.is_ok_and(|output| output.status.success());
    if !can {
        println!("skipped: {words:?} does not work here");
    }
    can && rustix::process::geteuid().is_root()
}

#[test]
fn scripts_have_the_descriptor_limit_that_the_server_was_started_with() {
    let site = site("cgi-nofile");
    site.script(
        "cgi-bin/s",
        "#!/bin/sh\nprintf 'Status: 200\\n\\n'\nulimit -S -n\n",
    );
    let shell = ["sh", "-c", "ulimit -S -n 200; exec \"$@\"", "sh"];
    let server = Server::start(behind(&shell, &site, &["--cgi"]));
    assert_eq!(server.get("/cgi-bin/s").text(), "200\n");
    stop(server);
}

#[test]
fn scripts_can_open_their_own_pipes_by_name() {
    let site = site("cgi-dev");
    let script = "#!/bin/sh\nprintf 'Status: 200\\n\\n' >/dev/stdout\n\
        echo complaint >/dev/stderr\ncat /dev/stdin >/dev/stdout\n";
    site.script("cgi-bin/s", script);
    let server = serve(&site, &[]);
    for framing in ["Content-Length: 4\r\n", "Transfer-Encoding: chunked\r\n"] {
        let mut peer = server.connect();
        peer.send(request("POST", "/cgi-bin/s", framing));
        let body = if framing.starts_with('C') {
            "body"
        } else {
            "4\r\nbody\r\n0\r\n\r\n"
        };
        peer.send(body);
        assert_eq!(peer.read_response().text(), "body");
    }
    server.log_until(|log| log.matches("/cgi-bin/s: complaint").count() == 2);
    stop(server);
}

#[test]
fn a_script_that_cannot_change_its_user_is_500_and_the_start_says_so() {
    let dropped = ["setpriv", "--bounding-set=-setuid,-setgid"];
    let foreign = ["unshare", "--user", "--map-root-user"];
    for words in [&dropped[..], &foreign] {
        if !can_run(words) {
            continue;
        }
        let site = site("cgi-caps");
        let server = Server::start(behind(words, &site, &["--cgi"]));
        server.log_until(|log| {
            log.contains("sprat: warning: no CGI script will run: cannot become another user: ")
        });
        assert_eq!(server.get("/cgi-bin/x").status, 500);
        server.log_until(|log| log.contains("/cgi-bin/x: cannot become another user: "));
        assert_eq!(server.get("/a.txt").text(), "static");
        stop(server);
    }
}

#[test]
fn scripts_that_cannot_be_ended_are_run_and_the_start_says_so() {
    let words = ["setpriv", "--bounding-set=-kill"];
    if !can_run(&words) {
        return;
    }
    let site = site("cgi-no-kill");
    let server = Server::start(behind(&words, &site, &["--cgi"]));
    server.log_until(|log| {
        log.contains("sprat: warning: no CGI script can be ended before it ends by itself: ")
            && log.contains("CAP_KILL")
    });
    assert_eq!(server.get("/cgi-bin/x").text(), "ran /cgi-bin/x \n");
    stop(server);
    // Whom it may signal it says nothing of.
    let own = rustix::process::geteuid().as_raw().to_string();
    let server = Server::start(behind(&words, &site, &["--cgi", "--cgi-user", &own]));
    assert_eq!(server.get("/cgi-bin/x").text(), "ran /cgi-bin/x \n");
    let log = server.log_until(|log| log.contains("GET /cgi-bin/x"));
    assert!(!log.contains("warning"), "{log}");
    stop(server);
}

#[test]
fn a_cgi_directory_that_is_not_there_is_said_at_the_start() {
    let site = site("cgi-nowhere");
    let server = serve(&site, &["--cgi-directories", "/cgi-bin,/scirpts"]);
    let log = server.log_until(|log| {
        log.contains("sprat: warning: no CGI script at /scirpts: not found (--cgi-directories ")
    });
    assert!(!log.contains("at /cgi-bin"), "{log}");
    stop(server);
    // A site need not have both of the usual ones, nor any yet.
    let server = serve(&site, &[]);
    assert_eq!(server.get("/cgi-bin/x").status, 200);
    let log = server.log_until(|log| log.contains("GET /cgi-bin/x"));
    assert!(!log.contains("warning"), "{log}");
    stop(server);
}

#[test]
fn a_program_that_may_only_be_run_is_run() {
    let words = [
        "setpriv",
        "--reuid=12345",
        "--regid=12345",
        "--clear-groups",
    ];
    if !can_run(&words) {
        return;
    }
    let site = site("cgi-711");
    let program = site.path("cgi-bin/nph-env");
    std::fs::copy("/usr/bin/env", &program).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o711)).unwrap();
    for folder in ["", "cgi-bin"] {
        std::fs::set_permissions(site.path(folder), PermissionsExt::from_mode(0o755)).unwrap();
    }
    let server = Server::start(behind(&words, &site, &["--cgi"]));
    let mut peer = server.connect();
    peer.send(request("GET", "/cgi-bin/nph-env", ""));
    let got = String::from_utf8(peer.read_until_cut()).unwrap();
    assert!(got.contains("GATEWAY_INTERFACE=CGI/1.1\n"), "{got}");
    stop(server);
}

#[test]
fn scripts_run_where_a_system_has_next_to_nothing() {
    // Without /etc/passwd, /dev and /proc, in a file system of its own.
    let words = ["unshare", "--mount"];
    if !can_run(&words) {
        return;
    }
    let site = site("cgi-bare");
    let empty = site.dir("empty").display().to_string();
    let hide = format!(
        "mount --bind {empty} /etc && mount --bind {empty} /proc && \
         mount --bind {empty} /dev && exec \"$@\""
    );
    let words = ["unshare", "--mount", "sh", "-c", &hide, "sh"];
    let server = Server::start(behind(&words, &site, &["--cgi"]));
    assert_eq!(server.get("/cgi-bin/x").text(), "ran /cgi-bin/x \n");
    stop(server);
    let command = behind(&words, &site, &["--cgi", "--cgi-user", "www"]);
    let (code, _, stderr) = run_to_end(command);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("\"www\"") && stderr.contains("/etc/passwd"),
        "{stderr}"
    );
    assert!(stderr.contains("UID:GID"), "{stderr}");
}

#[test]
fn an_orphan_is_reaped_although_a_script_that_was_ended_is_in_its_way() {
    let words = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    if !can_run(&words) {
        return;
    }
    let site = site("cgi-behind");
    // Its leader ends at TERM, and is kept for its child, which does not.
    let script = "#!/bin/sh\n(trap '' TERM; exec sleep 60) >/dev/null 2>&1 &\nsleep 60\n";
    site.script("cgi-bin/s", script);
    let orphan = "#!/bin/sh\nprintf 'Status: 200\\n\\n'\n\
        (sleep 0.1; exec true) >/dev/null 2>&1 &\n";
    site.script("cgi-bin/orphan", orphan);
    let count = "#!/bin/sh\nprintf 'Status: 200\\n\\n'\n\
        cat /proc/[0-9]*/status 2>/dev/null | grep -c '^State:.Z'\n";
    site.script("cgi-bin/count", count);
    let server = Server::start(behind(&words, &site, &["--cgi", "--cgi-timeout", "0.5"]));
    assert_eq!(server.get("/cgi-bin/s").status, 504);
    let ended = std::time::Instant::now();
    for _ in 0..3 {
        assert_eq!(server.get("/cgi-bin/orphan").status, 200);
    }
    wait_for("only the leader is left", || {
        let zombies = server.get("/cgi-bin/count");
        (zombies.text() == "1\n").then_some(())
    });
    assert!(ended.elapsed().as_secs() < 2, "they waited for it");
}

#[test]
fn the_first_process_of_a_container_reaps_orphans() {
    let words = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    if !can_run(&words) {
        return;
    }
    let site = site("cgi-orphans");
    let orphan = "#!/bin/sh\nprintf 'Status: 200\\n\\n'\n\
        (sleep 0.1; exec true) >/dev/null 2>&1 &\n";
    site.script("cgi-bin/s", orphan);
    let count = "#!/bin/sh\nprintf 'Status: 200\\n\\n'\n\
        cat /proc/[0-9]*/status 2>/dev/null | grep -c -E '^(State:.Z|Name:.sleep)'\n";
    site.script("cgi-bin/count", count);
    let server = Server::start(behind(&words, &site, &["--cgi"]));
    for _ in 0..5 {
        assert_eq!(server.get("/cgi-bin/s").status, 200);
    }
    wait_for("orphans are reaped", || {
        (server.get("/cgi-bin/count").text() == "0\n").then_some(())
    });
    // And every exit is told to whom it belongs.
    site.script("cgi-bin/fails", "#!/bin/sh\nexit 3\n");
    assert_eq!(server.get("/cgi-bin/fails").status, 502);
    server.log_until(|log| log.contains("/cgi-bin/fails: CGI script exit code 3"));
}

#[test]
fn a_child_that_the_server_was_started_with_is_reaped() {
    // As in a script that starts something else, and then the server in its own place.
    let words = ["sh", "-c", "sleep 0.1 & exec \"$@\"", "sh"];
    let site = site("cgi-foreign-child");
    let server = Server::start(behind(&words, &site, &["--cgi"]));
    let children = format!("/proc/{0}/task/{0}/children", server.pid());
    if !std::path::Path::new(&children).exists() {
        return crate::support::skip("no list of children in /proc");
    }
    wait_for("no child is left", || {
        let children = std::fs::read_to_string(&children).unwrap();
        children.trim().is_empty().then_some(())
    });
    assert_eq!(server.get("/cgi-bin/x").text(), "ran /cgi-bin/x \n");
    stop(server);
}
