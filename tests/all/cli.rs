//! The command line: Python's names, defaults, first lines and exit codes.

use std::fs;
use std::net::{Ipv6Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::server::run_to_end;
use crate::support::site::MODIFIED_DATE;
use crate::support::{Server, Site, raw, skip};

fn sprat(options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.args(options);
    command
}

fn has_ipv6() -> bool {
    let has = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    if !has {
        skip("no IPv6 here");
    }
    has
}

/// One line that names the cause, nothing on stdout, no panic.
pub fn assert_refused(command: Command, code: i32, cause: &str) {
    let shown = format!("{command:?}");
    let (status, stdout, stderr) = run_to_end(command);
    assert_eq!(stdout, "", "{shown}");
    assert_eq!(stderr.matches('\n').count(), 1, "{shown}: {stderr:?}");
    assert!(stderr.ends_with('\n'), "{shown}: {stderr:?}");
    assert!(stderr.contains(cause), "{shown}: {stderr:?}");
    assert!(!stderr.contains("panicked"), "{shown}: {stderr:?}");
    assert_eq!(status, Some(code), "{shown}: {stderr:?}");
}

#[test]
fn help_has_pythons_options_and_exits_0() {
    for flag in ["-h", "--help"] {
        let (status, stdout, stderr) = run_to_end(sprat(&[flag]));
        assert_eq!((status, stderr.as_str()), (Some(0), ""));
        assert!(stdout.starts_with("usage: sprat "), "{stdout}");
        for option in [
            "-h",
            "--help",
            "-b",
            "--bind",
            "-d",
            "--directory",
            "-p",
            "--protocol",
        ] {
            assert!(stdout.contains(option), "{option} is not in {stdout}");
        }
        for option in [
            "-H",
            "--header",
            "--content-type",
            "ADDRESS",
            "DIRECTORY",
            "VERSION",
        ] {
            assert!(stdout.contains(option), "{option} is not in {stdout}");
        }
    }
}

#[test]
fn version_prints_the_version_and_exits_0() {
    for flag in ["-V", "--version"] {
        let (status, stdout, stderr) = run_to_end(sprat(&[flag]));
        assert_eq!((status, stderr.as_str()), (Some(0), ""));
        assert!(stdout.contains(env!("CARGO_PKG_VERSION")), "{stdout}");
        assert!(stdout.contains("sprat"), "{stdout}");
    }
}

#[test]
fn the_manual_page_is_troff_on_stdout_and_exits_0() {
    let (status, stdout, stderr) = run_to_end(sprat(&["--man"]));
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    assert!(stdout.starts_with(".TH "), "{stdout}");
}

/// Needs mandoc: `apt-get install mandoc`.
#[test]
fn the_manual_page_is_clean_under_mandocs_lint() {
    let site = Site::new("man");
    let (_, page, _) = run_to_end(sprat(&["--man"]));
    let mut lint = Command::new("mandoc");
    lint.args(["-T", "lint", "-W", "style"])
        .arg(site.file("sprat.1", page));
    match lint.output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success() && said.is_empty(), "{said}");
        }
        Err(_) => skip("no mandoc here"),
    }
}

#[test]
fn usage_errors_name_the_cause_and_exit_2() {
    let site = Site::new("usage");
    let file = site.file("a.txt", "a");
    let missing = site.path("nowhere");
    let missing = missing.to_str().unwrap();
    let beneath_a_file = file.join("x");
    for (options, cause) in [
        (&["--frobnicate", "0"][..], "--frobnicate"),
        (&["-x", "0"], "-x"),
        (&["70000"], "70000"),
        (&["65536"], "65536"),
        (&["-1"], "-1"),
        (&["+80"], "+80"),
        (&["eighty"], "eighty"),
        (&["0", "0"], "0"),
        (&["-d", missing, "0"], "nowhere"),
        (&["-d", beneath_a_file.to_str().unwrap(), "0"], "a.txt"),
        (&["-d"], "-d"),
        (&["-p", "HTTP/3.0", "0"], "HTTP/3.0"),
        (&["--symlinks", "sometimes", "0"], "sometimes"),
        (&["--completions", "tcsh"], "none of bash, zsh, fish"),
        (&["--header-timeout", "soon", "0"], "soon"),
        (&["--header-timeout", "-1", "0"], "-1"),
        (&["--idle-timeout", "NaN", "0"], "NaN"),
        (&["--stall-timeout", "inf", "0"], "inf"),
        (&["--max-connections", "many", "0"], "many"),
        (&["--mime", "no-equals-sign", "0"], "no-equals-sign"),
        (&["-H", "Bad Name", "x", "0"], "Bad Name"),
        (&["-H", "X-Split", "a\r\nSet-Cookie: b", "0"], "control"),
        (&["-H", "X-Lonely"], "-H"),
    ] {
        assert_refused(sprat(options), 2, cause);
    }
}

/// What people type who know another server, and what they are told to type here.
#[test]
fn mistakes_get_one_line_with_what_to_type_instead() {
    let site = Site::new("mistakes");
    site.dir("public");
    site.file("report.pdf", "a");
    for (options, hint) in [
        (&["-p", "8000"][..], "sprat 8000"),
        (&["-p8000"], "sprat 8000"),
        (&["-d8000"], "sprat 8000"),
        (&["--port", "8000"], "sprat 8000"),
        (&[":8000"], "sprat 8000"),
        (&["--bind", ":8000"], "sprat 8000"),
        (&["0.0.0.0:8000"], "sprat -b 0.0.0.0 8000"),
        (&["localhost:8000"], "sprat -b localhost 8000"),
        (&["http://localhost:8000"], "sprat -b localhost 8000"),
        (&["--host", "127.0.0.1"], "--bind"),
        (&["--root", "public"], "sprat -d public"),
        (&["--directroy", "public"], "did you mean --directory?"),
        (&["-v"], "sprat -V"),
        (&["--help-me"], "did you mean --help?"),
        (&["-H", "X-A: b"], "-H X-A b"),
        (&["8000", "."], "sprat 8000 -d ."),
        (&["8000", "9000"], "sprat 9000"),
        (&["-d", "pubic"], "did you mean -d public?"),
        (&["-d", "nosuchdir"], "sprat -d ."),
        (&["report.pdf"], "sprat -d report.pdf"),
    ] {
        let mut command = sprat(options);
        command.current_dir(site.root());
        assert_refused(command, 2, hint);
    }
    #[cfg(target_os = "linux")]
    assert_refused(sprat(&["-b", "lo"]), 2, "wants an address");
    assert_refused(sprat(&["-b", "localhost.invalid"]), 1, "sprat -b localhost");
}

#[test]
fn every_address_asked_for_is_listened_on_once_and_on_one_port() {
    let site = Site::new("several");
    site.file("a.txt", "a");
    let mut options = vec!["-b", "127.1", "-b", "::ffff:127.0.0.1"];
    let mut want = vec!["127.0.0.1"];
    if has_ipv6() {
        options.push("--bind=::1");
        want.push("::1");
    }
    let mut command = sprat(&options);
    command.args(["0", "-d"]).arg(site.root());
    let server = Server::start_with(command, want.len());
    let hosts: Vec<String> = server.addrs.iter().map(|a| a.ip().to_string()).collect();
    assert_eq!(hosts, want);
    for addr in &server.addrs {
        assert_eq!(addr.port(), server.port);
        let mut peer = raw(*addr);
        peer.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(peer.read_response().text(), "a");
    }
}

#[test]
fn an_address_among_several_that_is_not_here_exits_1() {
    let command = sprat(&["-b", "127.0.0.1", "-b", "203.0.113.1", "0"]);
    assert_refused(command, 1, "203.0.113.1");
}

#[test]
fn a_port_that_is_roots_alone_exits_1_with_a_hint() {
    let site = Site::new("low-port");
    let first = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
    let first = fs::read_to_string(first).unwrap_or_default();
    if first.trim() != "1024" {
        return skip("low ports are everybody's here");
    }
    if let Some(mut command) = site.unprivileged() {
        command
            .args(["-b", "127.0.0.1", "81", "-d"])
            .arg(site.root());
        assert_refused(command, 1, "choose a port from 1024 on: sprat 8000");
    }
}

#[test]
fn a_port_that_is_taken_exits_1_and_is_named() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    assert_refused(sprat(&["-b", "127.0.0.1", &port]), 1, &port);
    assert_refused(sprat(&[&port]), 1, &port);
}

#[test]
fn an_address_that_cannot_be_bound_exits_1_and_is_named() {
    // TEST-NET-3 is nobody's address (RFC 5737).
    assert_refused(sprat(&["-b", "203.0.113.1", "0"]), 1, "203.0.113.1");
    let command = sprat(&["-b", "no-such-host.invalid", "0"]);
    assert_refused(command, 1, "no-such-host.invalid");
}

/// One test, as only one can hold the port.
#[test]
fn the_default_port_is_8000_and_a_directory_may_be_the_only_argument() {
    let site = Site::new("only-argument");
    site.dir("public");
    let _holder = TcpListener::bind("[::]:8000").or_else(|_| TcpListener::bind("0.0.0.0:8000"));
    assert_refused(sprat(&[]), 1, "8000");
    for path in ["public", "./public/", "."] {
        let mut command = sprat(&[path]);
        command.current_dir(site.root());
        assert_refused(command, 1, "port 8000");
    }
}

#[test]
fn an_unreadable_directory_exits_2_and_is_named() {
    let site = Site::new("unreadable-root");
    let closed = site.dir("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let Some(mut command) = site.unprivileged() else {
        return;
    };
    command
        .args(["-b", "127.0.0.1", "-d"])
        .arg(&closed)
        .arg("0");
    assert_refused(command, 2, "closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_current_directory_is_served_by_default() {
    let site = Site::new("cwd");
    site.file("here.txt", "here");
    let mut command = sprat(&["--bind=127.0.0.1", "0"]);
    command.current_dir(site.root());
    let server = Server::start(command);
    assert_eq!(server.get("/here.txt").text(), "here");
}

#[test]
fn a_file_as_the_directory_is_served_alone() {
    let site = Site::new("alone");
    let file = site.file("only.txt", "the only one");
    site.file("other.txt", "not this one");
    let mut command = sprat(&["-b", "127.0.0.1", "0", "-d"]);
    command.arg(&file);
    let server = Server::start(command);
    assert_eq!(server.get("/only.txt").text(), "the only one");
    assert_eq!(server.get("/other.txt").status, 404);
    assert_eq!(server.get("/../other.txt").status, 404);
    let root = server.get("/");
    assert!(!root.text().contains("other.txt"), "{root:?}");
}

#[test]
fn port_0_prints_the_real_port() {
    let site = Site::new("port-0");
    let server = site.serve(&[]);
    assert_ne!(server.port, 0);
    assert_eq!(server.banner.len(), 1);
    assert_eq!(server.get("/").status, 200);
}

#[test]
fn localhost_listens_on_both_loopbacks_with_one_port() {
    if !has_ipv6() {
        return;
    }
    let site = Site::new("localhost");
    site.file("a.txt", "a");
    let mut command = sprat(&["-b", "localhost", "0", "-d"]);
    command.arg(site.root());
    let server = Server::start_with(command, 2);
    let mut hosts: Vec<String> = server.addrs.iter().map(|a| a.ip().to_string()).collect();
    hosts.sort();
    assert_eq!(hosts, ["127.0.0.1", "::1"]);
    for addr in &server.addrs {
        assert_eq!(addr.port(), server.port);
        let mut peer = raw(*addr);
        peer.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(peer.read_response().text(), "a");
    }
}

#[test]
fn an_ipv6_literal_is_bound_and_printed_in_brackets() {
    if !has_ipv6() {
        return;
    }
    let site = Site::new("ipv6");
    let mut command = sprat(&["-b", "::1", "0", "-d"]);
    command.arg(site.root());
    let server = Server::start(command);
    let port = server.port;
    let want = format!("Serving HTTP on ::1 port {port} (http://[::1]:{port}/) ...");
    assert_eq!(server.banner, [want]);
    assert_eq!(server.get("/").status, 200);
    let line = &server.log_lines(1)[0];
    assert!(line.starts_with("::1 - - ["), "{line}");
}

#[test]
fn all_addresses_by_default_on_one_dual_stack_socket() {
    let site = Site::new("dual");
    let mut command = sprat(&["0", "-d"]);
    command.arg(site.root());
    let server = Server::start(command);
    assert_eq!(server.banner.len(), 1);
    assert_eq!(server.get("/").status, 200);
    // Never ::ffff:127.0.0.1, and never a name.
    let line = &server.log_lines(1)[0];
    assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
    if has_ipv6() {
        assert!(server.banner[0].starts_with("Serving HTTP on :: port "));
        let mut peer = raw((Ipv6Addr::LOCALHOST, server.port).into());
        peer.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(peer.read_response().status, 200);
    }
}

#[test]
fn own_headers_go_on_every_answer() {
    let site = Site::new("headers");
    site.file("a.txt", "a");
    site.dir("dir");
    let server = site.serve(&["-H", "X-One", "1", "--header", "X-Two", "two words"]);
    let not_modified = format!("If-Modified-Since: {MODIFIED_DATE}\r\n");
    for (line, fields, status) in [
        ("GET /a.txt", "", 200),
        ("HEAD /a.txt", "", 200),
        ("GET /dir/", "", 200),
        ("GET /a.txt", "Range: bytes=0-0\r\n", 206),
        ("GET /dir", "", 301),
        ("GET /a.txt", &not_modified, 304),
        ("GET /nope", "", 404),
        ("GET /a.txt", "If-Match: \"x\"\r\n", 412),
        ("GET /a.txt", "Range: bytes=9-\r\n", 416),
        ("OPTIONS /a.txt", "", 204),
        ("POST /a.txt", "", 501),
        // The server's own.
        ("GET /%00", "", 400),
        ("GET /", "Content-Length: x\r\n", 400),
        ("GET /", "Expect: miracles\r\n", 417),
    ] {
        let (method, target) = line.split_once(' ').unwrap();
        let reply = server.request(method, target, fields);
        assert_eq!(reply.status, status, "{line} {fields}");
        assert_eq!(reply.field("X-One"), "1", "{line} {fields}");
        assert_eq!(reply.field("X-Two"), "two words", "{line} {fields}");
    }
}

#[test]
fn own_headers_never_override_the_servers() {
    let site = Site::new("override");
    site.file("a.txt", "abc");
    let server = site.serve(&[
        "-H",
        "Location",
        "/evil",
        "-H",
        "Allow",
        "EVIL",
        "-H",
        "Content-Encoding",
        "br",
    ]);
    // `field` fails on a repeated one.
    let reply = server.get("/a.txt");
    assert_eq!(reply.field("Content-Length"), "3");
    assert_eq!(reply.field("Content-Type"), "text/plain; charset=utf-8");
    assert_eq!(reply.field("Last-Modified"), MODIFIED_DATE);
    assert_eq!(reply.text(), "abc");
    assert_eq!(
        reply.field("Content-Encoding"),
        "br",
        "of files it is the operator's"
    );
    assert_eq!(server.get("/nope").header("Content-Encoding"), None);
    assert_eq!(server.get("/").header("Content-Encoding"), None);
    site.dir("dir");
    assert_eq!(server.get("/dir").field("Location"), "/dir/");
    let unknown = server.request("POST", "/", "");
    assert_eq!(unknown.field("Allow"), "GET, HEAD, OPTIONS");
}

#[test]
fn quiet_writes_no_log() {
    let site = Site::new("quiet");
    site.file("a.txt", "a");
    let mut server = site.serve(&["--quiet"]);
    assert_eq!(server.get("/a.txt").status, 200);
    assert_eq!(server.get("/nope").status, 404);
    server.signal(rustix::process::Signal::INT);
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(server.log_until(|_| true), "");
}
