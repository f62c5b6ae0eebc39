//! What a server that root starts gives up: `--user`, `--chroot`. All of it needs root.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use sprat::{Account, Opened, Root, Symlinks, UrlPath};

use crate::support::server::{AS_ROOT, run_to_end, wait_for};
use crate::support::{PATIENCE, Server, Site, skip};

/// Somebody that no system has, and the group.
const USER: u32 = 12_345;
const GROUP: u32 = 23_456;
const NUMBERS: &str = "12345:23456";

fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skip("only root can become another user");
    }
    is_root
}

/// The numbers of a line in /proc/PID/status; those of capabilities are hexadecimal.
fn status(server: &Server, name: &str) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{}/status", server.pid())).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let words = line.expect("a line of this name").split_ascii_whitespace();
    let radix = if name.starts_with("Cap") { 16 } else { 10 };
    let numbers = words.map(|word| u64::from_str_radix(word, radix).unwrap());
    Some(numbers.collect())
}

fn assert_runs_as(server: &Server, user: u64, group: u64, groups: &[u64]) {
    let Some(found) = status(server, "Groups:") else {
        skip("there is no /proc");
        return;
    };
    assert_eq!(found, groups);
    assert_eq!(status(server, "Uid:").unwrap(), [user; 4]);
    assert_eq!(status(server, "Gid:").unwrap(), [group; 4]);
    for set in ["CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(status(server, set).unwrap(), [0], "{set}");
    }
}

/// The program fails to start: its exit status, and the one line that it says.
fn refusal(command: Command) -> (Option<i32>, String) {
    let (code, stdout, said) = run_to_end(command);
    assert_eq!((stdout.as_str(), said.matches('\n').count()), ("", 1));
    (code, said)
}

fn behind(words: &[&str], command: &Command) -> Command {
    let mut other = Command::new(words[0]);
    other.args(&words[1..]);
    other.arg(command.get_program()).args(command.get_args());
    other
}

/// Whether these words can be put in front of a command here.
fn can_run(words: &[&str]) -> bool {
    let tried = behind(words, &Command::new("true")).output();
    let can = tried.is_ok_and(|output| output.status.success());
    if !can {
        skip(&format!("{words:?} does not work here"));
    }
    can
}

#[test]
fn it_runs_as_the_user_alone_and_serves_what_that_user_may_read() {
    if !is_root() {
        return;
    }
    let site = Site::new("user");
    site.file("a.txt", "hello");
    let closed = site.file("closed.txt", "secret");
    fs::set_permissions(&closed, Permissions::from_mode(0o600)).unwrap();
    let own = site.file("own.txt", "own");
    fs::set_permissions(&own, Permissions::from_mode(0o400)).unwrap();
    chown(&own, Some(USER), None).unwrap();
    let server = site.serve(&["--user", NUMBERS]);
    assert_runs_as(&server, USER.into(), GROUP.into(), &[GROUP.into()]);
    assert_eq!(server.get("/a.txt").text(), "hello");
    assert_eq!(server.get("/own.txt").text(), "own");
    assert_eq!(server.get("/closed.txt").status, 404);
    server.log_until(|log| log.contains("(no read permission)"));
    // A number alone is also the group's.
    let server = site.serve(&["--user", "12345"]);
    assert_runs_as(&server, USER.into(), USER.into(), &[USER.into()]);
}

#[test]
fn a_name_has_the_groups_of_its_user() {
    let words = ["unshare", "--mount"];
    if !is_root() || !can_run(&words) {
        return;
    }
    let site = Site::new("user-name");
    let etc = site.dir("etc");
    site.file("etc/passwd", "root:x:0:0::/:\nwww:x:33:34::/:\n");
    site.file("etc/group", "www:x:34:\nlogs:x:4:root,www\nweb:x:7:\n");
    let hide = format!("mount --bind {} /etc && exec \"$@\"", etc.display());
    let words = ["unshare", "--mount", "sh", "-c", &hide, "sh"];
    for (name, group, groups) in [
        ("www", 34, &[4, 34][..]),
        ("www:web", 7, &[4, 7]),
        ("www:8", 8, &[4, 8]),
        ("33:web", 7, &[7]),
    ] {
        let server = Server::start(behind(&words, &site.command(&["--user", name])));
        assert_runs_as(&server, 33, group, groups);
    }
    for (name, missing) in [("web", "no user \"web\""), ("www:no", "no group \"no\"")] {
        let (code, said) = refusal(behind(&words, &site.command(&["--user", name])));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(missing), "{said}");
    }
}

#[test]
fn it_does_not_serve_where_there_is_a_way_back() {
    // The kernel keeps all capabilities then, whoever the user is (capabilities(7)).
    let words = ["setpriv", "--securebits", "+no_setuid_fixup"];
    if !is_root() || !can_run(&words) {
        return;
    }
    let site = Site::new("user-back");
    let (code, said) = refusal(behind(&words, &site.command(&["--user", NUMBERS])));
    assert_eq!(code, Some(1));
    assert!(
        said.starts_with("sprat: cannot run as \"12345:23456\": "),
        "{said}"
    );
}

#[test]
fn only_root_can_become_another() {
    let site = Site::new("user-other");
    site.file("a.txt", "hello");
    let Some(mut command) = site.unprivileged() else {
        return;
    };
    command.args(["--user", "0", "-b", "127.0.0.1", "0", "-d"]);
    let (code, said) = refusal({
        command.arg(site.root());
        command
    });
    assert_eq!(code, Some(1));
    assert!(
        said.contains("cannot run as \"0\": ") && said.contains("sudo"),
        "{said}"
    );
    // To name its own is no mistake.
    let mut command = site.unprivileged().unwrap();
    let own = match rustix::process::geteuid().as_raw() {
        0 => "65534".to_owned(),
        own => format!("{own}:{}", rustix::process::getegid().as_raw()),
    };
    command.args(["--user", &own, "-b", "127.0.0.1", "0", "-d"]);
    command.arg(site.root());
    let server = Server::start(command);
    assert_eq!(server.get("/a.txt").text(), "hello");
}

#[test]
fn a_directory_that_the_user_may_not_read_is_told_at_the_start() {
    if !is_root() {
        return;
    }
    let site = Site::new("user-closed");
    fs::set_permissions(site.root(), Permissions::from_mode(0o700)).unwrap();
    for options in [&["--user", NUMBERS][..], &["--user", NUMBERS, "--chroot"]] {
        let (code, said) = refusal(site.command(options));
        assert_eq!(code, Some(2));
        let want = format!("cannot serve {:?}: Permission denied", site.root());
        assert!(said.contains(&want), "{said}");
    }
}

#[test]
fn ports_below_1024_are_opened_before() {
    if !is_root() {
        return;
    }
    let site = Site::new("user-port");
    site.file("a.txt", "hello");
    let mut free = (600..1024).filter(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    let port = free.next().expect("a free port").to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.args(["-b", "127.0.0.1", "--user", NUMBERS, &port, "-d"]);
    let server = Server::start({
        command.arg(site.root());
        command
    });
    assert_eq!(server.port.to_string(), port);
    assert_eq!(server.get("/a.txt").text(), "hello");
}

#[test]
#[cfg(feature = "cgi")]
fn scripts_run_as_the_user() {
    if !is_root() {
        return;
    }
    let site = Site::new("user-cgi");
    let ids = "#!/bin/sh\nprintf 'Status: 200\\n\\n'\nid -u; id -g; id -G\n";
    site.script("cgi-bin/id", ids);
    let server = site.serve(&["--cgi", "--user", NUMBERS]);
    assert_eq!(server.get("/cgi-bin/id").text(), "12345\n23456\n23456\n");
    let both = ["--cgi", "--user", NUMBERS, "--cgi-user", "nobody"];
    let (code, said) = refusal(site.command(&both));
    assert_eq!(code, Some(2));
    assert!(
        said.contains("argument --cgi-user: ") && said.contains("leave one out"),
        "{said}"
    );
}

#[test]
fn its_log_is_opened_anew_where_the_user_may_and_else_goes_on_and_says_so_once() {
    if !is_root() {
        return;
    }
    let site = Site::new("user-log");
    site.file("a.txt", "hello");
    for is_own in [true, false] {
        let folder = site.outside(if is_own { "own" } else { "roots" });
        fs::create_dir(&folder).unwrap();
        if is_own {
            chown(&folder, Some(USER), None).unwrap();
        }
        let (log, old) = (folder.join("log"), folder.join("log.1"));
        let path = log.to_str().unwrap();
        let server = site.serve(&["--user", NUMBERS, "--log-file", path]);
        assert_eq!(server.get("/first").status, 404);
        fs::rename(&log, &old).unwrap();
        for target in ["/second", "/third"] {
            server.signal(Signal::HUP);
            // The signal comes before the request, and its work is done before the next one.
            assert_eq!(server.get("/a.txt").status, 200);
            assert_eq!(server.get(target).status, 404);
        }
        let path = if is_own { &log } else { &old };
        let now = wait_for("its last line", || {
            let text = fs::read_to_string(path).ok()?;
            text.contains("GET /third").then_some(text)
        });
        let before = fs::read_to_string(&old).unwrap();
        let told = before.matches("cannot open the log anew: Permission denied");
        assert_eq!(told.count(), usize::from(!is_own), "{before}");
        assert!(before.contains("GET /first") && now.contains("GET /second"));
        assert_eq!(
            log.metadata().ok().map(|found| found.uid()),
            is_own.then_some(USER)
        );
    }
}

/// The program on a Unix socket at this path, with these options.
fn on_socket(site: &Site, path: &Path, options: &[&str]) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.arg("-d").arg(site.root()).args(options);
    command.arg("-b").arg(format!("unix:{}", path.display()));
    Server::start(command)
}

#[test]
fn its_unix_socket_is_removed_where_the_user_may_and_else_is_left_and_told() {
    if !is_root() {
        return;
    }
    let site = Site::new("user-unix");
    for is_own in [true, false] {
        let folder = site.outside(if is_own { "own" } else { "roots" });
        fs::create_dir(&folder).unwrap();
        if is_own {
            chown(&folder, Some(USER), None).unwrap();
        }
        let path = folder.join("s");
        let mut server = on_socket(&site, &path, &["--user", NUMBERS]);
        UnixStream::connect(&path).unwrap();
        server.signal(Signal::TERM);
        assert_eq!(server.wait().code(), Some(0));
        assert_eq!(path.exists(), !is_own);
        let warning = "s is not removed: Permission denied\n";
        server.log_until(|log| is_own || log.matches(warning).count() == 1);
    }
}

#[test]
fn a_server_that_stays_root_says_so_once_with_what_to_type() {
    let site = Site::new("user-root");
    let said = |options: &[&str]| {
        let mut command = site.command(options);
        let log = site.outside("stderr");
        command.stderr(fs::File::create(&log).unwrap());
        let mut server = Server::start_unlogged(command, 1);
        assert_eq!(server.get("/").status, 200);
        server.signal(Signal::INT);
        assert!(server.wait().success());
        fs::read_to_string(log).unwrap()
    };
    if !is_root() {
        assert_eq!(said(&["-q"]), "");
        return;
    }
    assert_eq!(said(&["-q"]), AS_ROOT);
    assert!(said(&[]).starts_with(AS_ROOT));
    // Whoever says who is to serve has decided.
    assert_eq!(said(&["-q", "--user", "root"]), "");
    assert_eq!(said(&["-q", "--user", NUMBERS]), "");
}

#[test]
fn in_a_root_of_its_own_no_link_leads_outside() {
    if !is_root() {
        return;
    }
    let site = Site::new("chroot");
    site.file("a.txt", "hello");
    site.file("dir/index.html", "index");
    site.link("inside", "/dir/index.html");
    site.link("passwd", "/etc/passwd");
    site.link("up", "../outside/b.txt");
    fs::write(site.outside("b.txt"), "outside").unwrap();
    let options = ["--user", NUMBERS, "--chroot", "--symlinks", "follow"];
    let server = site.serve(&options);
    let root = fs::read_link(format!("/proc/{}/root", server.pid()));
    assert_eq!(root.unwrap(), site.root());
    assert_runs_as(&server, USER.into(), GROUP.into(), &[GROUP.into()]);
    for _ in 0..3 {
        assert_eq!(server.get("/a.txt").text(), "hello");
        assert_eq!(server.get("/dir/").text(), "index");
        assert_eq!(server.get("/inside").text(), "index");
        assert_eq!(server.get("/passwd").status, 404);
        assert_eq!(server.get("/up").status, 404);
    }
    assert!(server.get("/").text().contains("a.txt"));
    // What is changed is found.
    site.file("a.txt", "another");
    site.file("new/b.txt", "new");
    assert_eq!(server.get("/a.txt").text(), "another");
    assert_eq!(server.get("/new/b.txt").text(), "new");
    // The policy of links is as ever.
    let server = site.serve(&["--user", NUMBERS, "--chroot"]);
    assert_eq!(server.get("/a.txt").text(), "another");
    assert_eq!(server.get("/passwd").status, 404);
}

#[test]
fn a_single_file_has_its_directory_for_a_root() {
    if !is_root() {
        return;
    }
    let site = Site::new("chroot-file");
    let file = site.file("a.txt", "hello");
    site.file("b.txt", "other");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.args(["--user", NUMBERS, "--chroot", "-b", "127.0.0.1", "0", "-d"]);
    let server = Server::start({
        command.arg(file);
        command
    });
    assert_eq!(server.get("/").text(), "hello");
    assert_eq!(server.get("/a.txt").text(), "hello");
    assert_eq!(server.get("/b.txt").status, 404);
    let root = fs::read_link(format!("/proc/{}/root", server.pid()));
    assert_eq!(root.unwrap(), site.root());
}

#[test]
#[cfg(feature = "cgi")]
fn static_programs_are_run_in_a_root_of_its_own() {
    if !is_root() {
        return;
    }
    let site = Site::new("chroot-cgi");
    let source = site.outside("s.c");
    let code = "#include <stdio.h>\n#include <unistd.h>\n\
        int main(void) { printf(\"Status: 200\\n\\n%d %d %d\\n\", getuid(), getgid(), \
        access(\"/etc/passwd\", F_OK)); return 0; }\n";
    fs::write(&source, code).unwrap();
    let program = site.dir("cgi-bin").join("s");
    let mut compiler = Command::new("cc");
    compiler.args(["-static", "-o"]).arg(&program).arg(&source);
    if !compiler
        .output()
        .is_ok_and(|output| output.status.success())
    {
        skip("no static program can be made here");
        return;
    }
    for (options, want) in [
        (&["--user", NUMBERS][..], "12345 23456 -1\n"),
        (&["--cgi-user", "12345:7"], "12345 7 -1\n"),
        // Whoever that is outside.
        (&[], &{
            let nobody = Account::nobody();
            format!("{} {} -1\n", nobody.user, nobody.group)
        }),
    ] {
        let server = site.serve(&[&["--cgi", "--chroot"], options].concat());
        for target in ["/cgi-bin/s", "/cgi-bin/s/more?x=1"] {
            let reply = server.get(target);
            assert_eq!((reply.status, reply.text()), (200, want), "{options:?}");
        }
    }
}

#[test]
fn its_log_keeps_the_time_zone_in_a_root_of_its_own() {
    let zone = "Asia/Kolkata";
    if !is_root() || !Path::new("/usr/share/zoneinfo").join(zone).exists() {
        skip("there is no table of time zones");
        return;
    }
    let site = Site::new("chroot-zone");
    let options = ["--chroot", "--user", NUMBERS, "--log-format", "common"];
    let mut command = site.command(&options);
    command.env("TZ", zone);
    let server = Server::start(command);
    assert_eq!(server.get("/").status, 200);
    let line = server.log_lines(1).remove(0);
    assert!(line.contains(" +0530] \"GET / "), "{line}");
}

#[test]
fn what_a_root_of_its_own_keeps_from_it_is_told_at_the_start() {
    if !is_root() {
        return;
    }
    let site = Site::new("chroot-told");
    let (log, path) = (site.outside("log"), site.outside("s"));
    let options = ["--user", NUMBERS, "--chroot", "--log-file"];
    let options = [&options[..], &[log.to_str().unwrap()]].concat();
    let mut server = on_socket(&site, &path, &options);
    for told in [
        "sprat: warning: --chroot: the log is not opened anew at SIGHUP (",
        "s is not removed at the end\n",
    ] {
        server.log_until(|said| said.matches(told).count() == 1);
    }
    server.signal(Signal::HUP);
    UnixStream::connect(&path).unwrap();
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(path.exists());
    assert_eq!(server.log_until(|_| true).matches('\n').count(), 2);
}

#[test]
fn a_service_manager_is_told_from_a_root_of_its_own() {
    if !is_root() {
        return;
    }
    let site = Site::new("chroot-notify");
    let path = site.outside("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = site.command(&["--chroot", "--user", NUMBERS]);
    command.env("NOTIFY_SOCKET", &path);
    let mut server = Server::start(command);
    let hear = || {
        let mut buf = [0; 1024];
        let count = manager.recv(&mut buf).expect("a message");
        String::from_utf8_lossy(&buf[..count]).into_owned()
    };
    assert!(hear().starts_with("READY=1\n"));
    server.signal(Signal::TERM);
    assert_eq!(hear(), "STOPPING=1");
    assert!(server.wait().success());
}

#[test]
fn a_directory_made_anew_by_the_user_that_a_program_has_become_is_served() {
    // Another process becomes the user: this one has other tests to run.
    const PLACE: &str = "SPRAT_TEST_PLACE";
    const NAME: &str = "a_directory_made_anew_by_the_user_that_a_program_has_become_is_served";
    if let Some(place) = std::env::var_os(PLACE) {
        return as_another_user(&place);
    }
    if !is_root() {
        return;
    }
    let site = Site::new("user-anew");
    chown(site.root().parent().unwrap(), Some(USER), None).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.arg(NAME).arg("--nocapture").env(PLACE, site.root());
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

fn as_another_user(place: &OsStr) {
    let place = Path::new(place);
    let root = Root::open(place, Symlinks::Inside).unwrap();
    Account::look_up(NUMBERS).unwrap().assume().unwrap();
    fs::remove_dir(place).unwrap();
    fs::create_dir(place).unwrap();
    fs::write(place.join("a.txt"), "anew").unwrap();
    let found = root.find(&UrlPath::decode(b"/a.txt").unwrap()).unwrap();
    assert!(matches!(found, Opened::File(..)));
    assert_eq!(place.metadata().unwrap().uid(), USER);
}
