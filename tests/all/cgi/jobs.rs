//! What scripts leave behind: children of one that has ended by itself go on, those of one that is
//! ended hear of it.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::children::{pid_of, site_with_out, wait_until_gone};
use super::{serve, stop};
use crate::support::server::{request, wait_for};
use crate::support::{Raw, Server, measure};

#[test]
fn background_jobs_of_a_script_that_has_ended_are_left_alone() {
    let site = site_with_out("cgi-jobs");
    let (go, out) = (site.fifo("go"), site.path("out"));
    std::fs::set_permissions(&go, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let script = format!(
        "#!/bin/sh\nprintf 'Status: 200\\n\\nbody'\n\
         (trap 'echo term >{1}/term' TERM; read -r line <{0}; echo $line >{1}/done) \
         </dev/null >/dev/null 2>&1 &\n",
        go.display(),
        out.display()
    );
    site.script("cgi-bin/s", &script);
    // They have no place either.
    let server = serve(&site, &["--cgi-max", "1"]);
    let start = Instant::now();
    assert_eq!(server.get("/cgi-bin/s").text(), "body");
    assert_eq!(server.get("/cgi-bin/x").text(), "ran /cgi-bin/x \n");
    assert!(start.elapsed() < Duration::from_millis(1_500));
    stop(server);
    std::fs::write(&go, "finished\n").unwrap();
    let done = wait_for("the job ends", || {
        let text = std::fs::read_to_string(out.join("done")).ok()?;
        text.ends_with('\n').then_some(text)
    });
    assert_eq!(done, "finished\n");
    assert!(!out.join("term").exists(), "it was told to end");
}

#[test]
fn a_script_that_is_ended_hears_of_it_and_so_do_its_children_once() {
    if !measure::can_measure() {
        return;
    }
    let site = site_with_out("cgi-term");
    // Its child takes a while to put things in order.
    let script = format!(
        "#!/bin/sh\ntrap 'echo script >>{0}/log; exit' TERM\n\
         (trap 'sleep 0.3; echo child >>{0}/log; exit' TERM; echo $$ >{0}/pid
         while :; do sleep 60 & wait; done) &\nwait\n",
        site.path("out").display()
    );
    site.script("cgi-bin/s", &script);
    let log = site.path("out/log");
    let endings: [fn(Raw, &Server); 2] = [
        |peer, _| peer.reset(),
        |_peer, server| server.signal(Signal::INT),
    ];
    for end in endings {
        let server = serve(&site, &[]);
        let mut peer = server.connect();
        peer.send(request("GET", "/cgi-bin/s", ""));
        let pid = pid_of(&site);
        std::fs::remove_file(site.path("out/pid")).unwrap();
        end(peer, &server);
        wait_until_gone(&pid);
        let said = std::fs::read_to_string(&log).unwrap();
        assert_eq!(said, "script\nchild\n");
        std::fs::remove_file(&log).unwrap();
    }
}

#[test]
fn a_script_whose_time_is_up_hears_of_it_at_once_and_keeps_its_place_until_it_is_gone() {
    if !measure::can_measure() {
        return;
    }
    let grace = Duration::from_secs(2);
    let site = site_with_out("cgi-time-up");
    // Its child is ended with it.
    let script = |name: &str, at_term: &str| {
        let text = format!(
            "#!/bin/sh\ntrap 'echo term >>{0}/log{at_term}' TERM\n(trap '' TERM; sleep 60) &\n\
             echo $$ >{0}/pid\nwhile :; do sleep 60 & wait $!; done\n",
            site.path("out").display()
        );
        site.script(&format!("cgi-bin/{name}"), &text);
    };
    script("heeds", "; exit");
    script("ignores", "");
    let log = site.path("out/log");
    let server = serve(&site, &["--cgi-max", "1", "--cgi-timeout", "0.5"]);
    for (name, is_killed) in [("heeds", false), ("ignores", true)] {
        let mut peer = server.connect();
        peer.send(request("GET", format!("/cgi-bin/{name}"), ""));
        let pid = pid_of(&site);
        assert_eq!(peer.read_response().status, 504, "{name}");
        let answered = Instant::now();
        wait_for("it hears TERM", || {
            let text = std::fs::read_to_string(&log).ok()?;
            text.ends_with('\n').then_some(())
        });
        assert!(answered.elapsed() < grace, "{name}: TERM is late");
        // The next one waits for its place (503 says so, for no one waits longer than a script may
        // be silent): there are never two at once.
        wait_for("its place is free", || {
            let reply = server.get("/cgi-bin/x");
            assert!([200, 503].contains(&reply.status), "{}", reply.status);
            (reply.status == 200).then_some(())
        });
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
        if is_killed {
            assert!(answered.elapsed() > grace - Duration::from_millis(200));
        }
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "term\n", "{name}");
        std::fs::remove_file(&log).unwrap();
        std::fs::remove_file(site.path("out/pid")).unwrap();
    }
    stop(server);
}
