//! Scripts under supervision: none is left behind, none takes the server with it.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{serve, site, stop};
use crate::support::server::{request, wait_for};
use crate::support::{Raw, Server, Site, measure};

/// A script that says that it runs, by its process id in a file, and then sleeps.
fn sleeper(site: &Site, before: &str) -> String {
    let pid = site.path("out/pid");
    format!(
        "#!/bin/sh\n{before}\necho $$ >'{}'\nsleep 60\n",
        pid.display()
    )
}

/// A directory that scripts of any user may write to.
pub fn site_with_out(name: &str) -> Site {
    let site = site(name);
    let out = site.dir("out");
    std::fs::set_permissions(out, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    site
}

pub fn pid_of(site: &Site) -> String {
    let path = site.path("out/pid");
    wait_for("the script runs", || {
        let text = std::fs::read_to_string(&path).ok()?;
        text.ends_with('\n').then(|| text.trim().to_owned())
    })
}

pub fn wait_until_gone(pid: &str) {
    let path = format!("/proc/{pid}");
    wait_for("the script is gone", || {
        (!Path::new(&path).exists()).then_some(())
    });
}

fn children_of(server: &Server) -> usize {
    let path = format!("/proc/{0}/task/{0}/children", server.pid());
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().count()
}

#[test]
fn script_of_a_peer_that_left_is_ended_with_its_children() {
    if !measure::can_measure() {
        return;
    }
    let site = site_with_out("cgi-gone");
    site.script("cgi-bin/s", &sleeper(&site, ""));
    let server = serve(&site, &[]);
    let mut peer = server.connect();
    peer.send(request("GET", "/cgi-bin/s", ""));
    let pid = pid_of(&site);
    peer.reset();
    wait_until_gone(&pid);
    wait_for("all are reaped", || {
        (children_of(&server) == 0).then_some(())
    });
}

#[test]
fn what_has_left_its_scripts_group_ends_with_it() {
    if !measure::can_measure() {
        return;
    }
    let site = site_with_out("cgi-strays");
    let pid = site.path("out/pid");
    // timeout(1) makes a group of its own; the other ends by KILL only, wherever it belongs.
    let script = format!(
        "#!/bin/sh\ntrap '' TERM\ntimeout 601 sleep 600 &\nsleep 600 &\n\
         echo \"$$ $! $(($! - 1))\" >'{}'\nwait\n",
        pid.display()
    );
    site.script("cgi-bin/s", &script);
    let endings: [fn(Raw, &Server); 3] = [
        |peer, _| peer.reset(),
        |_peer, server| server.signal(Signal::INT),
        // What nobody can look after; the script alone is ended by the system.
        |_peer, server| server.signal(Signal::KILL),
    ];
    for (at, end) in endings.into_iter().enumerate() {
        let server = serve(&site, &[]);
        let mut peer = server.connect();
        peer.send(request("GET", "/cgi-bin/s", ""));
        let pids = pid_of(&site);
        std::fs::remove_file(&pid).unwrap();
        end(peer, &server);
        let pids: Vec<&str> = pids.split(' ').collect();
        if at < 2 {
            pids.into_iter().for_each(wait_until_gone);
            continue;
        }
        wait_until_gone(pids[0]);
        for pid in &pids[1..] {
            let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
            // timeout(1) has a child of its own in its group.
            let _ = rustix::process::kill_process_group(pid, Signal::KILL);
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }
}

#[test]
fn scripts_hear_term_when_the_time_to_drain_is_over_and_are_gone_before_the_server() {
    if !measure::can_measure() {
        return;
    }
    let site = site_with_out("cgi-drain");
    let heard = site.path("out/heard");
    let script = format!(
        "#!/bin/sh\ntrap 'echo >{}' TERM\necho $$ >'{}'\nwhile :; do sleep 0.01; done\n",
        heard.display(),
        site.path("out/pid").display()
    );
    site.script("cgi-bin/s", &script);
    let mut server = serve(&site, &["--drain-timeout", "2"]);
    let mut peer = server.connect();
    peer.send(request("GET", "/cgi-bin/s", ""));
    let pid = pid_of(&site);
    server.signal(Signal::TERM);
    wait_for("new connections are refused", || {
        std::net::TcpStream::connect(server.addr())
            .is_err()
            .then_some(())
    });
    assert!(!heard.exists(), "it has its time");
    peer.read_until_cut();
    assert_eq!(server.wait().code(), Some(0));
    assert!(heard.exists(), "KILL alone");
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn script_of_a_peer_that_closed_is_ended_although_it_is_silent() {
    if !measure::can_measure() {
        return;
    }
    let site = site_with_out("cgi-closed");
    site.script("cgi-bin/before", &sleeper(&site, ""));
    let head = "printf 'Status: 200\\n\\n'";
    site.script("cgi-bin/inside", &sleeper(&site, head));
    let server = serve(&site, &[]);
    let lasting = "Content-Length: 100000\r\n";
    for (target, fields) in [("before", ""), ("inside", ""), ("before", lasting)] {
        let _ = std::fs::remove_file(site.path("out/pid"));
        let mut peer = server.connect();
        peer.send(request("POST", format!("/cgi-bin/{target}"), fields));
        if target == "inside" {
            assert_eq!(peer.read_head().status, 200);
        }
        if fields == lasting {
            // More than a pipe holds: the end comes behind what the script has not taken.
            peer.send([b'x'; 100_000]);
        }
        let pid = pid_of(&site);
        drop(peer);
        wait_until_gone(&pid);
    }
}

#[test]
fn a_peer_that_only_ends_its_half_is_answered() {
    let site = site("cgi-half");
    // One for each: the first may still be open for writing when the second is opened.
    let (go, on) = (site.fifo("go"), site.fifo("on"));
    let script = format!(
        "#!/bin/sh\nread -r line <'{0}'\nprintf 'Status: 200\\n\\n'\n\
         read -r line <'{1}'\necho $line\n",
        go.display(),
        on.display()
    );
    site.script("cgi-bin/s", &script);
    for fifo in [&go, &on] {
        std::fs::set_permissions(fifo, std::os::unix::fs::PermissionsExt::from_mode(0o666))
            .unwrap();
    }
    let server = serve(&site, &[]);
    let mut peer = server.connect();
    peer.send(request("GET", "/cgi-bin/x", ""));
    peer.half_close();
    assert_eq!(peer.read_response().text(), "ran /cgi-bin/x \n");
    // One that waits long is asked whether it is there, by what means nothing.
    let mut peer = server.connect();
    peer.send(request("GET", "/cgi-bin/s", ""));
    peer.half_close();
    assert_eq!(peer.read_head().status, 100);
    std::fs::write(&go, "\n").unwrap();
    assert_eq!(peer.read_head().status, 200);
    assert_eq!(peer.read_exactly(1), b"0");
    std::fs::write(&on, "body\n").unwrap();
    assert_eq!(peer.read_exactly(18), b"0005\r\nbody\n\r\n0\r\n\r\n");
}

#[test]
fn silence_before_the_head_is_504_and_after_it_a_cut() {
    let site = site_with_out("cgi-timeout");
    site.script("cgi-bin/before", &sleeper(&site, "trap '' TERM"));
    site.script(
        "cgi-bin/after",
        "#!/bin/sh\nprintf 'Status: 200\\n\\npart'\nsleep 60\n",
    );
    let tick = "#!/bin/sh\nprintf 'Status: 200\\n\\n'\n\
        for n in 1 2 3 4 5 6; do sleep 0.15; echo $n; done\n";
    site.script("cgi-bin/ticks", tick);
    let server = serve(&site, &["--cgi-timeout", "0.5"]);
    let mut peer = server.connect();
    let start = Instant::now();
    peer.send(request("GET", "/cgi-bin/before", ""));
    let reply = peer.read_response();
    assert_eq!((reply.status, &*reply.reason), (504, "Gateway Timeout"));
    assert!(start.elapsed() >= Duration::from_millis(450));
    let pid = pid_of(&site);
    peer.send(request("GET", "/cgi-bin/after", ""));
    let got = peer.read_until_cut();
    assert!(got.ends_with(b"0004\r\npart\r\n"), "{}", got.escape_ascii());
    // Each line is progress.
    assert_eq!(server.get("/cgi-bin/ticks").text(), "1\n2\n3\n4\n5\n6\n");
    server.log_until(|log| log.matches("script was silent for 500 ms").count() >= 2);
    if measure::can_measure() {
        // It ignores TERM.
        wait_until_gone(&pid);
    }
    stop(server);
}

#[test]
fn requests_past_the_maximum_wait_in_order() {
    let site = site_with_out("cgi-max");
    let log = site.path("out/log");
    let script = format!(
        "#!/bin/sh\necho $QUERY_STRING >>'{0}'\nprintf 'Status: 200\\n\\n'\ntail -n 1\n",
        log.display()
    );
    site.script("cgi-bin/s", &script);
    let server = serve(&site, &["--cgi-max", "2"]);
    let mut peers: Vec<_> = (0..5)
        .map(|number| {
            let mut peer = server.connect();
            let target = format!("/cgi-bin/s?{number}");
            // It starts when so much of the body is in, and ends with the rest.
            peer.send(request("POST", target, "Content-Length: 65539\r\n"));
            peer.send([b'\n'; 65_536]);
            peer.wait_until_read();
            peer
        })
        .collect();
    let started = |count: usize| {
        wait_for("scripts start", || {
            let text = std::fs::read_to_string(&log).ok()?;
            (text.lines().count() >= count).then_some(text)
        })
    };
    started(2);
    assert_eq!(server.get("/a.txt").text(), "static");
    for (number, peer) in peers.iter_mut().enumerate() {
        let text = started((number + 2).min(5));
        assert!(text.lines().count() <= number + 2, "{text}");
        peer.send("go\n");
        assert_eq!(peer.read_response().text(), "go\n");
    }
    let text = started(5);
    let mut first: Vec<&str> = text.lines().take(2).collect();
    first.sort_unstable();
    assert_eq!(first, ["0", "1"]);
    assert_eq!(text.lines().skip(2).collect::<Vec<_>>(), ["2", "3", "4"]);
}

#[test]
fn a_peer_has_as_many_scripts_as_it_may_and_others_pass_it() {
    let site = site_with_out("cgi-max-per-peer");
    site.script("cgi-bin/s", &sleeper(&site, ""));
    let options = ["--cgi-max-per-peer", "1", "--trusted-proxy", "127.0.0.1"];
    let server = serve(&site, &options);
    let ask = |script: &str, client: &str| {
        let mut peer = server.connect();
        let fields = format!("X-Forwarded-For: {client}\r\n");
        peer.send(request("GET", format!("/cgi-bin/{script}"), &fields));
        peer
    };
    // The one whom the proxy tells counts, and has a network of IPv6.
    for (one, same, other) in [
        ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"),
    ] {
        let sleeps = ask("s", one);
        let pid = pid_of(&site);
        let mut waits = ask("x", same);
        assert_eq!(ask("x", other).read_response().status, 200);
        // Nor is the proxy itself its client.
        assert_eq!(server.get("/cgi-bin/x").status, 200);
        assert!(!waits.has_data(), "{same} is {one}");
        sleeps.reset();
        assert_eq!(waits.read_response().status, 200);
        wait_until_gone(&pid);
        std::fs::remove_file(site.path("out/pid")).unwrap();
    }
    stop(server);
}

#[test]
fn a_peer_that_sends_slowly_holds_no_place_and_starts_no_script() {
    let site = site_with_out("cgi-slow-bodies");
    let log = site.path("out/log");
    let script = format!(
        "#!/bin/sh\necho >>'{}'\nprintf 'Status: 200\\n\\n'\nwc -c\n",
        log.display()
    );
    site.script("cgi-bin/s", &script);
    let server = serve(&site, &["--cgi-max", "1"]);
    let slow = |fields: &str, part: &[u8]| {
        let mut peer = server.connect();
        peer.send(request("POST", "/cgi-bin/s", fields));
        peer.send(part);
        peer.wait_until_read();
        peer
    };
    let mut small = slow("Content-Length: 65536\r\n", &[b'x'; 65_535]);
    let mut large = slow("Content-Length: 65538\r\n", &[b'x'; 65_535]);
    // All that is kept in memory of a body; its length is not known before its end.
    let full = [&b"10000\r\n"[..], &[b'x'; 65_536], b"\r\n"].concat();
    let mut chunked = slow("Transfer-Encoding: chunked\r\n", &full);
    let _more: Vec<_> = (0..3)
        .map(|_| slow("Content-Length: 2\r\n", b"x"))
        .collect();
    assert!(!log.exists(), "a script was started");
    assert_eq!(server.get("/cgi-bin/x").text(), "ran /cgi-bin/x \n");
    small.send("x");
    assert_eq!(small.read_response().text(), "65536\n");
    large.send("x");
    wait_for("the script starts", || {
        (std::fs::read(&log).ok()?.len() == 2).then_some(())
    });
    large.send("yz");
    assert_eq!(large.read_response().text(), "65538\n");
    chunked.send("0\r\n\r\n");
    assert_eq!(chunked.read_response().text(), "65536\n");
}

#[test]
fn one_that_waits_too_long_is_503() {
    let site = site("cgi-wait");
    // Never silent, so that it keeps its place.
    let script = "#!/bin/sh\nprintf 'Status: 200\\n\\n'\n\
        while sleep 0.1; do echo; done\n";
    site.script("cgi-bin/s", script);
    let server = serve(&site, &["--cgi-max", "1", "--cgi-timeout", "0.5"]);
    let mut first = server.connect();
    first.send(request("GET", "/cgi-bin/s", ""));
    assert_eq!(first.read_head().status, 200);
    assert_eq!(server.get("/cgi-bin/none").status, 404);
    // Its body is in before it waits.
    let mut second = server.connect();
    let fields = "Expect: 100-continue\r\nContent-Length: 5\r\n";
    second.send(request("POST", "/cgi-bin/s", fields));
    assert_eq!(second.read_head().status, 100);
    second.send("hello");
    let reply = second.read_response();
    assert_eq!((reply.status, reply.field("Retry-After")), (503, "2"));
    server.log_until(|log| log.contains("(no script ended in time)"));
    stop(server);
}

#[test]
fn a_script_has_its_place_until_it_is_gone() {
    if !measure::can_measure() {
        return;
    }
    let site = site_with_out("cgi-dying");
    site.script("cgi-bin/s", &sleeper(&site, "trap '' TERM"));
    let server = serve(&site, &["--cgi-max", "1"]);
    let mut peer = server.connect();
    peer.send(request("GET", "/cgi-bin/s", ""));
    let pid = pid_of(&site);
    peer.reset();
    // It has its grace, and the next script waits for that.
    assert_eq!(server.get("/cgi-bin/x").text(), "ran /cgi-bin/x \n");
    assert!(!Path::new(&format!("/proc/{pid}")).exists(), "two at once");
}

#[test]
fn past_the_queue_is_503_at_once() {
    const WAITING_MAX: usize = 128;
    let site = site_with_out("cgi-queue");
    site.script(
        "cgi-bin/s",
        "#!/bin/sh\nprintf 'Status: 200\\n\\n'\nsleep 60\n",
    );
    let server = serve(&site, &["--cgi-max", "1"]);
    let peers: Vec<_> = (0..=WAITING_MAX)
        .map(|_| {
            let mut peer = server.connect();
            peer.send(request("GET", "/cgi-bin/s", ""));
            peer.wait_until_read();
            peer
        })
        .collect();
    let reply = server.get("/cgi-bin/s");
    assert_eq!((reply.status, reply.field("Retry-After")), (503, "2"));
    assert_eq!(server.get("/a.txt").text(), "static");
    if measure::can_measure() {
        assert_eq!(children_of(&server), 1);
    }
    peers.into_iter().for_each(Raw::reset);
    wait_for("places come free", || {
        (server.get("/cgi-bin/x").status == 200).then_some(())
    });
    stop(server);
}

#[test]
fn stderr_goes_to_the_log_and_never_to_the_peer() {
    let site = site("cgi-stderr");
    let script = "#!/bin/sh\nprintf 'one\\ntwo\\033[31m\\r\\nlast' >&2\n\
        printf 'Status: 200\\n\\nbody'\n";
    site.script("cgi-bin/s", script);
    // Lines of 1 KiB, so that all of them are log lines and few.
    let flood = "#!/bin/sh\nprintf 'Status: 200\\n\\nbody'\n\
        yes $(printf %01023d 0) | head -n 1600 >&2\n";
    site.script("cgi-bin/flood", flood);
    let server = serve(&site, &[]);
    assert_eq!(server.get("/cgi-bin/s").text(), "body");
    let log = server.log_until(|log| log.contains("last"));
    for line in ["one", "two\\x1b[31m", "last"] {
        assert!(log.contains(&format!("/cgi-bin/s: {line}\n")), "{log}");
    }
    assert_eq!(server.get("/cgi-bin/flood").text(), "body");
    let line = format!("/cgi-bin/flood: {:01023}\n", 0);
    let whole = (64 << 10) / line.len();
    let begun = (64 << 10) - whole * line.len();
    let more = format!("({} more bytes of stderr)", (1_600 - whole) * 1_024 - begun);
    let log = server.log_until(|log| log.contains(&more));
    assert_eq!(log.matches(&line).count(), whole);
}

#[test]
fn end_of_the_server_is_the_end_of_its_scripts() {
    if !measure::can_measure() {
        return;
    }
    let site = site_with_out("cgi-shutdown");
    site.script("cgi-bin/s", &sleeper(&site, "trap '' TERM"));
    let mut server = serve(&site, &[]);
    let mut peer = server.connect();
    peer.send(request("GET", "/cgi-bin/s", ""));
    let pid = pid_of(&site);
    server.signal(Signal::INT);
    assert!(server.wait().success());
    wait_until_gone(&pid);
}

#[test]
fn a_child_that_keeps_stdout_does_not_keep_the_peer() {
    let site = site("cgi-daemon");
    site.script(
        "cgi-bin/s",
        "#!/bin/sh\nprintf 'Status: 200\\n\\nbody'\nsleep 60 &\n",
    );
    let server = serve(&site, &[]);
    let start = Instant::now();
    assert_eq!(server.get("/cgi-bin/s").text(), "body");
    assert!(start.elapsed() >= Duration::from_millis(1_500));
}

#[test]
fn nothing_is_left_of_many_scripts() {
    if !measure::can_measure() {
        return;
    }
    let site = site("cgi-many");
    site.script("cgi-bin/fails", "#!/bin/sh\nexit 1\n");
    site.script("cgi-bin/none", "#!/no/such/interpreter\n");
    let server = serve(&site, &["-q"]);
    let mut peer = server.connect();
    let mut round = || {
        for (target, status) in [
            ("/cgi-bin/x", 200),
            ("/cgi-bin/fails", 502),
            ("/cgi-bin/none", 500),
        ] {
            peer.send(request("GET", target, ""));
            assert_eq!(peer.read_response().status, status);
        }
    };
    round();
    let settled = |fds: usize| {
        wait_for("all is as before", || {
            (children_of(&server) == 0 && measure::open_fds(server.pid()) <= fds).then_some(())
        });
    };
    settled(usize::MAX);
    let fds = measure::open_fds(server.pid());
    (0..50).for_each(|_| round());
    settled(fds);
}

#[test]
fn exits_are_told_to_a_server_that_was_started_with_sigchld_ignored() {
    let site = site("cgi-sigchld");
    site.script("cgi-bin/fails", "#!/bin/sh\nexit 3\n");
    let plain = site.command(&["--cgi"]);
    let mut command = std::process::Command::new("perl");
    command.args(["-e", "$SIG{CHLD} = 'IGNORE'; exec @ARGV"]);
    command.arg(plain.get_program()).args(plain.get_args());
    if !super::programs::runs("perl", "-v") {
        return;
    }
    let server = Server::start(command);
    assert_eq!(server.get("/cgi-bin/fails").status, 502);
    server.log_until(|log| log.contains("/cgi-bin/fails: CGI script exit code 3"));
}

#[test]
fn static_files_are_answered_while_scripts_sleep() {
    let site = site("cgi-sleepers");
    site.script(
        "cgi-bin/s",
        "#!/bin/sh\nprintf 'Status: 200\\n\\n'\nsleep 60\n",
    );
    let server = serve(&site, &[]);
    let mut peers: Vec<_> = (0..32).map(|_| server.connect()).collect();
    for peer in &mut peers {
        peer.send(request("GET", "/cgi-bin/s", ""));
        assert_eq!(peer.read_head().status, 200);
    }
    let before = can_idle(&server);
    let mut peer = server.connect();
    for _ in 0..1_000 {
        peer.send(request("GET", "/a.txt", ""));
        assert_eq!(peer.read_response().text(), "static");
    }
    if let Some(before) = before {
        // A thousand answers, and no more work for those that sleep.
        assert!(measure::cpu_ticks(server.pid()) - before < 200);
    }
    stop(server);
}

fn can_idle(server: &Server) -> Option<u64> {
    measure::can_measure().then(|| measure::cpu_ticks(server.pid()))
}

#[test]
fn a_script_runs_as_the_user_that_was_asked_for() {
    let site = site("cgi-user");
    site.script(
        "cgi-bin/id",
        "#!/bin/sh\nprintf 'Status: 200\\n\\n'\nid -u; id -g; id -G\n",
    );
    if !rustix::process::geteuid().is_root() {
        let (code, _, stderr) =
            crate::support::server::run_to_end(site.command(&["--cgi", "--cgi-user", "0"]));
        assert_eq!(code, Some(2), "{stderr}");
        let own = format!("{}:0", rustix::process::geteuid().as_raw());
        let (code, _, stderr) =
            crate::support::server::run_to_end(site.command(&["--cgi", "--cgi-user", &own]));
        assert_eq!(code, Some(2), "{stderr}");
        return;
    }
    for (options, want) in [
        (&["--cgi-user", "12345"][..], "12345\n12345\n12345\n"),
        (&["--cgi-user", "12345:54321"], "12345\n54321\n54321\n"),
        (&["--cgi-user", "root"], "0\n0\n"),
    ] {
        let server = serve(&site, options);
        let reply = server.get("/cgi-bin/id");
        assert!(reply.text().starts_with(want), "{}", reply.text());
    }
    // By default it is not root.
    let reply = serve(&site, &[]).get("/cgi-bin/id");
    assert!(!reply.text().starts_with("0\n"));
}
