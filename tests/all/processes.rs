//! Several processes on the same sockets, and what becomes of them.

mod log;
mod storm;
mod together;
mod woken;

use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::support::server::{request, run_to_end, wait_for};
use crate::support::{PATIENCE, Raw, Server, Site, measure, skip};

/// More than all socket buffers between two processes hold.
const LARGE: u64 = 64 << 20;

fn pid(id: u32) -> Pid {
    Pid::from_raw(id as i32).unwrap()
}

fn signal(id: u32, signal: Signal) {
    let _ = kill_process(pid(id), signal);
}

/// The servers that a supervisor has now.
fn servers(supervisor: &Server) -> Vec<u32> {
    let id = supervisor.pid();
    let list = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let list = list.expect("a list of children");
    let ids = list.split_ascii_whitespace();
    ids.map(|id| id.parse().unwrap()).collect()
}

/// Whether the kernel lists children (proc_pid_task_children(5)).
fn can_list() -> bool {
    let can = Path::new("/proc/thread-self/children").exists();
    if !can {
        skip("this system has no list of children in /proc");
    }
    can
}

/// Waits until none of these is there.
fn wait_until_gone(ids: &[u32]) {
    wait_for("the servers end", || {
        let there = |id: &&u32| {
            // A zombie is gone, for whoever reaps may be slow.
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            let is_zombie = stat
                .rsplit(')')
                .next()
                .is_some_and(|rest| rest.starts_with(" Z"));
            test_kill_process(pid(**id)).is_ok() && !is_zombie
        };
        ids.iter().find(there).is_none().then_some(())
    });
}

/// A supervisor with so many servers.
fn start(site: &Site, count: usize, options: &[&str]) -> Server {
    site.serve(&[&["--processes", &count.to_string()], options].concat())
}

fn site(name: &str) -> Site {
    let site = Site::new(name);
    site.file("a.txt", "a");
    site.sparse("large", LARGE);
    site
}

/// A connection whose response is under way.
fn busy(server: &Server) -> Raw {
    let mut peer = server.connect();
    peer.send(request("GET", "/large", ""));
    assert_eq!(peer.read_head().status, 200);
    peer
}

fn is_refused(server: &Server) -> bool {
    TcpStream::connect_timeout(&server.addr(), PATIENCE).is_err()
}

#[test]
fn they_start_serve_and_end_together_and_are_told_of_as_one() {
    if !can_list() {
        return;
    }
    let site = site("processes");
    let mut server = start(&site, 3, &[]);
    // The startup line is there when all of them serve.
    let ids = servers(&server);
    assert_eq!(ids.len(), 3);
    for _ in 0..20 {
        assert_eq!(server.get("/a.txt").text(), "a");
    }
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    wait_until_gone(&ids);
    assert!(is_refused(&server));
    assert_eq!(server.stdout_to_end().lines().count(), 1);
}

#[test]
fn sigterm_lets_all_finish_a_second_one_does_not_and_ctrl_c_says_goodbye_once() {
    for last in [None, Some(Signal::TERM), Some(Signal::INT)] {
        let site = site("processes-term");
        let mut server = start(&site, 2, &["--drain-timeout", "60"]);
        let mut peers: Vec<Raw> = (0..8).map(|_| busy(&server)).collect();
        server.signal(Signal::TERM);
        wait_for("new connections are refused", || {
            is_refused(&server).then_some(())
        });
        assert!(server.is_running());
        for peer in &mut peers {
            match last {
                None => {
                    peer.skip_bytes(LARGE);
                    peer.expect_close();
                }
                Some(last) => {
                    server.signal(last);
                    peer.read_until_cut();
                }
            }
        }
        assert_eq!(server.wait().code(), Some(0));
        let goodbyes = server.stdout_to_end().matches("Keyboard interrupt").count();
        assert_eq!(goodbyes, usize::from(last == Some(Signal::INT)));
    }
}

#[test]
fn a_manager_that_signals_all_processes_cuts_nothing() {
    // As systemd does by default (KillMode=control-group).
    if !can_list() {
        return;
    }
    let site = site("processes-group");
    let mut server = start(&site, 2, &["--drain-timeout", "60"]);
    let mut peers: Vec<Raw> = (0..8).map(|_| busy(&server)).collect();
    let ids = servers(&server);
    server.signal(Signal::TERM);
    ids.iter().for_each(|&id| signal(id, Signal::TERM));
    wait_for("new connections are refused", || {
        is_refused(&server).then_some(())
    });
    for peer in &mut peers {
        peer.skip_bytes(LARGE);
        peer.expect_close();
    }
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn one_that_is_killed_or_ends_is_started_again_and_the_others_serve_on() {
    if !can_list() {
        return;
    }
    let site = site("processes-again");
    let server = start(&site, 2, &[]);
    for (last, said) in [
        (
            Signal::KILL,
            "was ended by signal 9; another one starts in 0 ms",
        ),
        (
            Signal::TERM,
            "has exited with status 0; another one starts in ",
        ),
    ] {
        let ids = servers(&server);
        signal(ids[0], last);
        wait_until_gone(&ids[..1]);
        assert_eq!(server.get("/a.txt").text(), "a");
        let line = format!("server {} {said}", ids[0]);
        server.log_until(|log| log.contains(&line));
        let again = wait_for("it is started again", || {
            let now = servers(&server);
            (now.len() == 2).then_some(now)
        });
        assert!(again.contains(&ids[1]) && !again.contains(&ids[0]));
    }
}

#[test]
fn they_end_with_the_supervisor_and_let_running_responses_finish() {
    if !can_list() {
        return;
    }
    let site = site("processes-orphans");
    let mut server = start(&site, 3, &["--drain-timeout", "60"]);
    let ids = servers(&server);
    let mut peer = busy(&server);
    // Accepted, and not only connected: those who wait at the last listener to be closed are reset.
    let mut idle = server.connect();
    idle.send(request("GET", "/a.txt", ""));
    assert_eq!(idle.read_response().text(), "a");
    server.signal(Signal::KILL);
    server.wait();
    idle.expect_close();
    wait_for("new connections are refused", || {
        is_refused(&server).then_some(())
    });
    peer.skip_bytes(LARGE);
    peer.expect_close();
    wait_until_gone(&ids);
}

#[test]
fn who_finds_one_full_is_taken_by_another() {
    let site = site("processes-full");
    let server = start(&site, 3, &["--max-connections", "2"]);
    // None of them can be sent away.
    let mut peers: Vec<Raw> = (0..6).map(|_| busy(&server)).collect();
    // Nor can this one be let in, until there is room, wherever that is.
    for at in [5, 0, 3, 2, 4, 1] {
        let mut late = server.connect();
        late.send(request("GET", "/large", ""));
        drop(peers.remove(at));
        late.read_head();
        peers.insert(at, late);
    }
}

#[test]
fn who_was_to_be_taken_by_one_that_is_killed_is_taken_by_another() {
    if !can_list() {
        return;
    }
    let site = site("processes-woken");
    let server = start(&site, 2, &[]);
    for _ in 0..3 {
        let ids = servers(&server);
        // It is woken for one of these, and does not come to take it.
        signal(ids[0], Signal::STOP);
        let mut peers: Vec<Raw> = (0..4).map(|_| server.connect()).collect();
        for peer in &mut peers {
            peer.send(request("GET", "/a.txt", ""));
        }
        signal(ids[0], Signal::KILL);
        for peer in &mut peers {
            assert_eq!(peer.read_response().text(), "a");
        }
        wait_for("it is started again", || {
            (servers(&server).len() == 2 && !servers(&server).contains(&ids[0])).then_some(())
        });
    }
}

#[test]
fn one_that_drains_by_itself_leaves_its_connections_to_the_others() {
    if !can_list() {
        return;
    }
    let site = site("processes-leave");
    let server = start(&site, 2, &["--drain-timeout", "60"]);
    // It stays: both have responses under way.
    let _peers: Vec<Raw> = (0..8).map(|_| busy(&server)).collect();
    let leaves = servers(&server)[0];
    let before = measure::open_fds(leaves);
    signal(leaves, Signal::TERM);
    wait_for("it accepts nobody any more", || {
        (measure::open_fds(leaves) < before).then_some(())
    });
    for _ in 0..50 {
        assert_eq!(server.get("/a.txt").text(), "a");
    }
}

#[test]
fn a_unix_socket_is_removed_once_by_the_supervisor() {
    if !can_list() {
        return;
    }
    let site = site("processes-unix");
    let path = site.outside("s");
    let bind = format!("unix:{}", path.display());
    let mut command = site.command(&["--processes", "2", "-b", &bind]);
    command.arg("-q");
    let mut server = Server::start_with(command, 2);
    let ids = servers(&server);
    for last in [Signal::KILL, Signal::TERM, Signal::INT] {
        let now = servers(&server);
        signal(now[0], last);
        wait_until_gone(&now[..1]);
        assert!(path.exists(), "{last:?}");
        assert!(UnixStream::connect(&path).is_ok());
        wait_for("it is started again", || {
            (servers(&server).len() == 2).then_some(())
        });
    }
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    wait_until_gone(&ids);
    assert!(!path.exists());
}

#[test]
fn while_they_leave_all_of_them_say_so() {
    let site = site("processes-health");
    let times = ["--drain-timeout", "60", "--drain-delay", "60"];
    let mut server = start(&site, 2, &[&["--health", "/healthz"][..], &times].concat());
    assert_eq!(server.get("/healthz").text(), "ok");
    server.signal(Signal::TERM);
    wait_for("all say that they leave", || {
        let says = |_| {
            server.get("/healthz").text() == "draining\n" || server.get("/healthz").status == 503
        };
        (0..20).all(says).then_some(())
    });
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn whatever_descriptors_there_are_it_serves_or_says_once_why_not() {
    let site = site("processes-descriptors");
    let mut served = 0;
    let mut refused = 0;
    for descriptors in 4..40 {
        let plain = site.command(&["--processes", "2", "-q"]);
        let mut command = std::process::Command::new("sh");
        command.args([
            "-c",
            &format!("ulimit -n {descriptors} && exec \"$@\""),
            "sh",
        ]);
        command.arg(plain.get_program()).args(plain.get_args());
        // Ended by nobody if it serves: the time is the outermost program's.
        let mut timed = std::process::Command::new("timeout");
        timed
            .args(["-s", "TERM", "0.5"])
            .arg(command.get_program())
            .args(command.get_args());
        let (code, stdout, said) = run_to_end(timed);
        let said = said.replacen(crate::support::server::AS_ROOT, "", 1);
        match stdout.is_empty() {
            true => {
                refused += 1;
                assert!(
                    matches!(code, Some(1 | 2 | 127)),
                    "{descriptors}: {code:?} {said}"
                );
                assert_eq!(said.lines().count(), 1, "{descriptors}: {said}");
            }
            false => {
                served += 1;
                assert_eq!((stdout.lines().count(), &*said), (1, ""), "{descriptors}");
            }
        }
    }
    assert!(served > 0 && refused > 0, "{served} {refused}");
}

#[test]
fn a_number_that_is_none_is_refused_with_what_to_type() {
    let site = Site::new("processes-number");
    for number in ["0", "-1", "513", "2x", "", "all"] {
        let (code, _, said) = run_to_end(site.command(&[&format!("--processes={number}")]));
        assert_eq!(code, Some(2));
        let want = format!(
            "sprat: error: argument --processes: {number:?} is no count from 1 to 512 \
             (one for each core: --processes auto)\n"
        );
        assert_eq!(said, want);
    }
}
