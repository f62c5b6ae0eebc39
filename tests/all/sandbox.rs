//! What the kernel refuses the server: `--sandbox`, and new privileges for what it starts. That
//! each thing is refused is shown beside the code, in `sys/landlock/tests.rs`.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use sprat::Sandbox;

use crate::support::server::{run_to_end, wait_for};
use crate::support::{Server, Site, skip};

fn has_landlock() -> bool {
    let version = Sandbox::version();
    if let Err(error) = &version {
        skip(&error.to_string());
    }
    version.is_ok()
}

/// Whether programs that this server starts gain no privileges; `None` where nobody can tell.
fn gains_none(server: &Server) -> Option<bool> {
    let own = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if !own.contains("NoNewPrivs:\t0\n") {
        skip("this system does not tell of no_new_privs, or has it already");
        return None;
    }
    let text = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    Some(text.contains("NoNewPrivs:\t1\n"))
}

#[test]
fn nothing_gains_privileges_whether_there_is_a_sandbox_or_not() {
    let site = Site::new("sandbox-privileges");
    for options in [&[][..], &["--sandbox", "off"], &["--symlinks", "follow"]] {
        assert_ne!(gains_none(&site.serve(options)), Some(false), "{options:?}");
    }
}

#[test]
#[cfg(feature = "cgi")]
fn scripts_gain_privileges_only_if_that_is_asked_for() {
    use std::os::unix::fs::PermissionsExt;

    let site = Site::new("sandbox-setuid");
    let server = site.serve(&["--cgi"]);
    assert_ne!(gains_none(&server), Some(false));
    let server = site.serve(&["--cgi", "--cgi-setuid"]);
    assert_ne!(gains_none(&server), Some(true));
    if !rustix::process::geteuid().is_root() {
        return skip("only root can make a set-uid program");
    }
    let program = site.path("cgi-bin/suid.d/id");
    site.script(
        "cgi-bin/who",
        "#!/bin/sh\nprintf 'Status: 200\\n\\n'\nexec ./suid.d/id -u\n",
    );
    fs::create_dir(program.parent().unwrap()).unwrap();
    fs::copy("/usr/bin/id", &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o4755)).unwrap();
    let ask = |options: &[&str]| site.serve(options).get("/cgi-bin/who").text().to_owned();
    assert_eq!(ask(&["--cgi", "--cgi-user", "12345"]), "12345\n");
    let gained = ask(&["--cgi", "--cgi-user", "12345", "--cgi-setuid"]);
    if gained == "12345\n" {
        return skip("set-uid programs have no effect on this file system");
    }
    assert_eq!(gained, "0\n");
}

#[test]
fn in_the_sandbox_all_is_served_and_a_root_made_anew_or_swapped_is_found() {
    if !has_landlock() {
        return;
    }
    let site = Site::new("sandbox-on");
    let fill = || {
        site.file("a.txt", "hello");
        site.file("a.txt.gz", "packed");
        site.file("404.html", "no such page");
        site.file("deep/er/page.html", "page");
        site.sparse("large", 1 << 20);
    };
    fill();
    let options = "--sandbox on --precompressed --etag content --not-found 404.html --clean-urls";
    let server = site.serve(&options.split(' ').collect::<Vec<_>>());
    let ask = || {
        assert_eq!(server.get("/a.txt").text(), "hello");
        let packed = server.get_with("/a.txt", "Accept-Encoding: gzip\r\n");
        assert_eq!(packed.text(), "packed");
        let part = server.get_with("/a.txt", "Range: bytes=1-2\r\n");
        assert_eq!((part.status, part.text()), (206, "el"));
        assert_eq!(server.get("/deep/er/page").text(), "page");
        assert_eq!(server.get("/none").text(), "no such page");
        assert!(server.get("/").text().contains("a.txt"));
        assert_eq!(server.get("/large").body.len(), 1 << 20);
        let hashed = || server.get("/a.txt").header("etag").map(str::len);
        wait_for("a tag of the content", || (hashed()? == 34).then_some(()));
    };
    ask();
    fs::remove_dir_all(site.root()).unwrap();
    assert_eq!(server.get("/a.txt").status, 404);
    fs::create_dir(site.root()).unwrap();
    fill();
    ask();
    let next = site.root().with_file_name("next");
    fs::rename(site.root(), site.outside("old")).unwrap();
    // It is served on while nothing has its path.
    ask();
    fs::create_dir(&next).unwrap();
    fs::write(next.join("a.txt"), "next").unwrap();
    fs::rename(next, site.root()).unwrap();
    assert_eq!(server.get("/a.txt").text(), "next");
}

#[test]
fn on_reads_nothing_elsewhere_and_auto_does() {
    if !has_landlock() {
        return;
    }
    let (site, other) = (Site::new("sandbox-read"), Site::new("sandbox-elsewhere"));
    site.file("a.txt", "here");
    site.file("next/a.txt", "next");
    other.file("a.txt", "elsewhere");
    let link = site.outside("link");
    let lead_to = |target: &Path| {
        let _ = fs::remove_file(&link);
        symlink(target, &link).unwrap();
    };
    for (mode, elsewhere) in [("auto", "elsewhere"), ("off", "elsewhere"), ("on", "")] {
        lead_to(site.root());
        let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
        command.args(["-b", "127.0.0.1", "--sandbox", mode, "0", "-d"]);
        let server = Server::start({
            command.arg(&link);
            command
        });
        assert_eq!(server.get("/a.txt").text(), "here");
        lead_to(&site.path("next"));
        assert_eq!(server.get("/a.txt").text(), "next");
        lead_to(other.root());
        let reply = server.get("/a.txt");
        if elsewhere.is_empty() {
            assert_eq!(reply.status, 404, "{mode}");
            server.log_until(|log| log.contains("(no read permission)"));
        } else {
            assert_eq!(reply.text(), elsewhere, "{mode}");
        }
    }
}

#[test]
fn the_log_is_opened_anew_in_its_directory_and_nowhere_else() {
    if !has_landlock() {
        return;
    }
    let site = Site::new("sandbox-log");
    let places = ["one", "two"].map(|name| site.outside(name));
    let logs = site.outside("logs");
    for mode in ["auto", "on", "off"] {
        for place in &places {
            fs::create_dir_all(place).unwrap();
        }
        symlink(&places[0], &logs).unwrap();
        let path = logs.join("log");
        let path = path.to_str().unwrap();
        let server = site.serve(&["--sandbox", mode, "--log-file", path]);
        let count = |place: &Path, text: &str| {
            let log = fs::read_to_string(place.join("log")).unwrap_or_default();
            log.matches(text).count()
        };
        server.get("/first");
        fs::rename(places[0].join("log"), places[0].join("log.1")).unwrap();
        // The signal comes before the request, and its work is done before the next one.
        server.signal(Signal::HUP);
        server.get("/a");
        server.get("/second");
        let told = || (count(&places[0], "/second") > 0).then_some(());
        wait_for("its line in the new file", told);
        fs::remove_file(&logs).unwrap();
        symlink(&places[1], &logs).unwrap();
        server.signal(Signal::HUP);
        server.get("/b");
        server.get("/third");
        let (stays, place) = match mode {
            "off" => (0, &places[1]),
            _ => (1, &places[0]),
        };
        wait_for("its last line", || {
            (count(place, "/third") > 0).then_some(())
        });
        let refused = "cannot open the log anew: Permission denied";
        assert_eq!(count(&places[0], refused), stays, "{mode}");
        assert_eq!(places[1].join("log").exists(), stays == 0, "{mode}");
        fs::remove_file(&logs).unwrap();
        places
            .iter()
            .for_each(|place| fs::remove_dir_all(place).unwrap());
    }
}

#[test]
fn a_unix_socket_is_removed_at_the_end() {
    if !has_landlock() {
        return;
    }
    let site = Site::new("sandbox-unix");
    let path = site.outside("s");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.args(["--sandbox", "on", "-d"]).arg(site.root());
    command.arg("-b").arg(format!("unix:{}", path.display()));
    let mut server = Server::start_with(command, 1);
    UnixStream::connect(&path).unwrap();
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(!path.exists());
}

/// What `--limits` says of this, with these options.
fn told(site: &Site, options: &[&str], name: &str) -> Option<String> {
    let mut command = site.command(options);
    command.arg("--limits");
    let (code, out, said) = run_to_end(command);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let line = out.lines().find_map(|line| line.strip_prefix(name));
    line.map(|rest| rest.trim().to_owned())
}

#[test]
fn limits_tell_what_is_in_force_and_why_not() {
    let site = Site::new("sandbox-limits");
    let log = site.outside("log");
    let logging = ["--log-file", log.to_str().unwrap()];
    let above = format!("{:?}", site.root().parent().unwrap());
    let gaining = "gaining privileges by execution";
    if cfg!(target_os = "linux") {
        assert_eq!(told(&site, &[], gaining).unwrap(), "refused");
    }
    let mut rows = vec![(
        &["--sandbox", "off"][..],
        "sandbox ",
        Some("none: --sandbox off"),
    )];
    if cfg!(feature = "cgi") {
        let options = &["--cgi", "--cgi-setuid"];
        rows.push((options, "sandbox ", Some("none: scripts would be in it")));
        rows.push((options, gaining, Some("allowed: --cgi-setuid")));
    }
    if has_landlock() {
        rows.extend([
            (&["--sandbox", "on"][..], "reading beneath", Some(&*above)),
            (&[], "reading beneath", Some("/")),
            (
                &["--sandbox", "on", "--symlinks", "follow"],
                "reading beneath",
                Some("/"),
            ),
            (&logging, "writing beneath", Some(&*above)),
            (&[], "writing beneath", None),
        ]);
        let version = format!("Landlock {}", Sandbox::version().unwrap());
        assert_eq!(told(&site, &[], "sandbox "), Some(version));
    }
    for (options, name, want) in rows {
        let told = told(&site, options, name).map(|told| told.replace("/outside", ""));
        assert_eq!(told.as_deref(), want, "{options:?} {name}");
    }
}

#[test]
fn where_there_can_be_none_on_is_an_error_and_auto_serves() {
    let site = Site::new("sandbox-none");
    site.file("a.txt", "hello");
    for (error, why) in [
        ("ENOSYS", "the kernel has no Landlock"),
        ("EOPNOTSUPP", "Landlock is turned off"),
        ("EPERM", "Landlock is forbidden here"),
    ] {
        let inject = format!("inject=landlock_create_ruleset:error={error}");
        // The program stays our child, and is traced by a grandchild.
        let words = ["-D", "-qq", "-o", "/dev/null", "-e", &inject];
        let traced = |options: &[&str]| {
            let program = site.command(options);
            let mut command = Command::new("strace");
            command.args(words).arg(program.get_program());
            command.args(program.get_args());
            command
        };
        let works = Command::new("strace").args(words).arg("true").output();
        if !works.is_ok_and(|output| output.status.success()) {
            return skip("no strace that knows Landlock (apt-get install strace)");
        }
        let (code, out, said) = run_to_end(traced(&["--sandbox", "on"]));
        assert_eq!((code, out.as_str()), (Some(1), ""));
        let line = said.lines().last().unwrap_or_default();
        assert!(
            line.starts_with(&format!("sprat: no sandbox: {why}")),
            "{said}"
        );
        assert!(line.contains("sprat --sandbox auto"), "{said}");
        let server = Server::start(traced(&[]));
        assert_eq!(server.get("/a.txt").text(), "hello");
    }
}
