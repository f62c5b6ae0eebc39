//! Which system calls a request takes, once everything is warm: counted by strace on the program.

// The black-box tests of the program use the rest of it.
#[allow(dead_code, unused_imports)]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use support::server::request;
use support::{Server, Site, skip};

/// Requests of the shorter run, and how many more the longer one has, counts: what is done once is
/// in neither's difference.
const FEW: usize = 10;
const MORE: usize = 40;

struct Row {
    what: &'static str,
    options: &'static [&'static str],
    method: &'static str,
    target: &'static str,
    fields: &'static str,
    /// Calls a request may make, by name, each with how often; it makes no others.
    calls: &'static [(&'static str, usize)],
}

/// The wait for the next request, and its bytes.
const WAIT: (&str, usize) = ("epoll_wait", 1);
const READ: (&str, usize) = ("recvfrom", 1);
const SEND: (&str, usize) = ("sendto", 1);
/// One look, at the file or, where there is none, at its directory: is it still the same?
const LOOK: (&str, usize) = ("newfstatat", 1);
/// Beside scripts, three more: at the root, and at both directories that they may be in.
const LOOKS: (&str, usize) = ("newfstatat", 4);
/// Where a form was chosen, one more: at the file in clear, or at the directory where names that
/// are missing would be. Where another may become the better one, one more at that.
const LOOK_AT_FORM: (&str, usize) = ("newfstatat", 2);
const LOOK_AT_FORMS: (&str, usize) = ("newfstatat", 3);
const LOOKS_AT_FORM: (&str, usize) = ("newfstatat", 5);
/// Every request of one keep-alive connection, and what it takes. None of them is for the poller.
const ROWS: &[Row] = &[
    Row {
        what: "file of 1 KB",
        options: &[],
        method: "GET",
        target: "/1k.bin",
        fields: "",
        calls: &[WAIT, READ, LOOK, SEND],
    },
    Row {
        what: "HEAD",
        options: &[],
        method: "HEAD",
        target: "/1k.bin",
        fields: "",
        calls: &[WAIT, READ, LOOK, SEND],
    },
    Row {
        what: "not modified",
        options: &[],
        method: "GET",
        target: "/1k.bin",
        fields: "If-Modified-Since: Fri, 31 Dec 2100 00:00:00 GMT\r\n",
        calls: &[WAIT, READ, LOOK, SEND],
    },
    Row {
        what: "not found",
        options: &[],
        method: "GET",
        target: "/none.txt",
        fields: "",
        calls: &[WAIT, READ, LOOK, SEND],
    },
    Row {
        what: "file of 1 KB beside scripts",
        options: &["--cgi"],
        method: "GET",
        target: "/1k.bin",
        fields: "",
        calls: &[WAIT, READ, LOOKS, SEND],
    },
    Row {
        what: "not found beside scripts",
        options: &["--cgi"],
        method: "GET",
        target: "/none.txt",
        fields: "",
        calls: &[WAIT, READ, LOOK, SEND],
    },
    Row {
        what: "form in a coding",
        options: &["--precompressed"],
        method: "GET",
        target: "/forms.css",
        fields: "Accept-Encoding: br\r\n",
        calls: &[WAIT, READ, LOOK_AT_FORM, SEND],
    },
    Row {
        what: "HEAD of a form in a coding",
        options: &["--precompressed"],
        method: "HEAD",
        target: "/forms.css",
        fields: "Accept-Encoding: br\r\n",
        calls: &[WAIT, READ, LOOK_AT_FORM, SEND],
    },
    Row {
        what: "form in a coding not modified",
        options: &["--precompressed"],
        method: "GET",
        target: "/forms.css",
        fields: "Accept-Encoding: br\r\nIf-None-Match: *\r\n",
        calls: &[WAIT, READ, LOOK_AT_FORM, SEND],
    },
    Row {
        what: "form in a coding that another may outdo",
        options: &["--precompressed"],
        method: "GET",
        target: "/forms.css",
        fields: "Accept-Encoding: gzip, deflate, br\r\n",
        calls: &[WAIT, READ, LOOK_AT_FORMS, SEND],
    },
    Row {
        what: "form in a coding beside one that is missing",
        options: &["--precompressed"],
        method: "GET",
        target: "/one.css",
        fields: "Accept-Encoding: gzip, deflate, br, zstd\r\n",
        calls: &[WAIT, READ, LOOK_AT_FORMS, SEND],
    },
    Row {
        what: "form in a coding that two others may outdo",
        options: &["--precompressed"],
        method: "GET",
        target: "/forms.css",
        fields: "Accept-Encoding: gzip, deflate, br, zstd\r\n",
        calls: &[WAIT, READ, ("newfstatat", 4), SEND],
    },
    Row {
        what: "form in a coding without the file",
        options: &["--precompressed"],
        method: "GET",
        target: "/alone.css",
        fields: "Accept-Encoding: gzip\r\n",
        calls: &[WAIT, READ, LOOK_AT_FORM, SEND],
    },
    Row {
        what: "file without forms",
        options: &["--precompressed"],
        method: "GET",
        target: "/1k.bin",
        fields: "Accept-Encoding: gzip, deflate, br, zstd\r\n",
        calls: &[WAIT, READ, LOOK_AT_FORM, SEND],
    },
    Row {
        what: "file with forms that nobody asks for",
        options: &["--precompressed"],
        method: "GET",
        target: "/forms.css",
        fields: "",
        calls: &[WAIT, READ, LOOK_AT_FORM, SEND],
    },
    Row {
        what: "file with forms that are refused",
        options: &["--precompressed"],
        method: "GET",
        target: "/forms.css",
        fields: "Accept-Encoding: identity, gzip;q=0, br;q=0\r\n",
        calls: &[WAIT, READ, LOOK_AT_FORM, SEND],
    },
    Row {
        what: "not found in any form",
        options: &["--precompressed"],
        method: "GET",
        target: "/none.txt",
        fields: "Accept-Encoding: gzip, br\r\n",
        calls: &[WAIT, READ, LOOK, SEND],
    },
    Row {
        what: "index page in a coding",
        options: &["--precompressed"],
        method: "GET",
        target: "/",
        fields: "Accept-Encoding: br\r\n",
        calls: &[WAIT, READ, LOOK_AT_FORM, SEND],
    },
    Row {
        what: "form in a coding beside scripts",
        options: &["--precompressed", "--cgi"],
        method: "GET",
        target: "/forms.css",
        fields: "Accept-Encoding: br\r\n",
        calls: &[WAIT, READ, LOOKS_AT_FORM, SEND],
    },
    Row {
        what: "page in Markdown",
        options: &["--markdown"],
        method: "GET",
        target: "/index.html",
        fields: "Accept: text/markdown\r\n",
        calls: &[WAIT, READ, LOOK_AT_FORM, SEND],
    },
    Row {
        what: "page that is not in Markdown",
        options: &["--markdown"],
        method: "GET",
        target: "/index.html",
        fields: "Accept: text/html\r\n",
        calls: &[WAIT, READ, LOOK, SEND],
    },
    Row {
        what: "file of 100 KB",
        options: &[],
        method: "GET",
        target: "/100k.bin",
        fields: "",
        // The root is looked at, the file as it is opened and before its last byte is sent, its
        // last page whether it is in memory, and whether SIGPIPE is ignored. (A debug build asks
        // whether what it closes is open.)
        calls: &[
            WAIT,
            READ,
            LOOK,
            ("openat2", 1),
            ("fstat", 2),
            SEND,
            ("preadv2", 1),
            ("rt_sigaction", 1),
            ("sendfile", 1),
            ("fcntl", 1),
            ("close", 1),
        ],
    },
];

/// The calls that the program makes from its start to its end, by name, with these options, and
/// while this is done, which is told its process.
fn trace(site: &Site, options: &[&str], act: impl FnOnce(&Server, Pid)) -> BTreeMap<String, usize> {
    let trace = site.outside("trace");
    let program = site.command(&[&["--quiet"], options].concat());
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(&trace);
    strace.arg(program.get_program()).args(program.get_args());
    let mut server = Server::start(strace);
    let children = format!("/proc/{0}/task/{0}/children", server.pid());
    let child = fs::read_to_string(children).unwrap();
    let child = Pid::from_raw(child.trim().parse().unwrap()).unwrap();
    act(&server, child);
    kill_process(child, Signal::INT).unwrap();
    server.wait();
    let mut counts = BTreeMap::new();
    for line in fs::read_to_string(&trace).unwrap().lines() {
        // `PID name(arguments) = result`
        let call = line.split_whitespace().nth(1).unwrap_or_default();
        if let Some((name, _)) = call.split_once('(') {
            *counts.entry(name.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// The calls that so many requests on one connection make, and all that comes before and after.
fn calls(site: &Site, row: &Row, requests: usize) -> BTreeMap<String, usize> {
    trace(site, row.options, |server, _| {
        let mut peer = server.connect();
        for _ in 0..requests {
            peer.send(request(row.method, row.target, row.fields));
            peer.read_response_to(row.method);
        }
    })
}

/// Whether calls can be counted here; where not, a line says so.
fn can_count() -> bool {
    let is_known = cfg!(all(
        target_os = "linux",
        target_arch = "x86_64",
        target_env = "gnu"
    ));
    if !is_known {
        skip("calls have other names here");
    } else if Command::new("strace").arg("-V").output().is_err() {
        skip("no strace here");
    } else {
        return true;
    }
    false
}

#[test]
fn a_request_takes_the_system_calls_of_the_table() {
    if !can_count() {
        return;
    }
    let site = Site::new("calls");
    site.file("1k.bin", [b'x'; 1024]);
    site.file("100k.bin", [b'x'; 100 * 1024]);
    for (name, bytes) in [
        ("forms.css", 1024),
        ("forms.css.br", 200),
        ("forms.css.gz", 300),
        ("one.css", 1024),
        ("one.css.br", 200),
        ("alone.css.gz", 300),
        ("index.html", 1024),
        ("index.html.br", 200),
        ("index.md", 100),
    ] {
        site.file(name, vec![b'x'; bytes]);
    }
    let mut complaints = Vec::new();
    for row in ROWS {
        let (few, many) = (calls(&site, row, FEW), calls(&site, row, FEW + MORE));
        if few.is_empty() {
            return skip("strace may not trace here");
        }
        for (name, count) in &many {
            let before = few.get(name).unwrap_or(&0);
            // One in many, as when a request comes in two pieces, is none.
            let each = count.saturating_sub(*before) / MORE;
            let allowed = row.calls.iter().find(|(known, _)| known == name);
            let most = allowed.map_or(0, |(_, most)| *most);
            if each > 0 {
                println!("{}: {name} {each}", row.what);
            }
            if each > most {
                complaints.push(format!("{}: {name} {each} times, not {most}", row.what));
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn those_who_ask_at_once_share_one_look() {
    if !can_count() {
        return;
    }
    const PEERS: usize = 16;
    const ROUNDS: usize = 8;
    let site = Site::new("calls-shared");
    site.file("1k.bin", [b'x'; 1024]);
    let looks = |rounds: usize| {
        let counts = trace(&site, &[], |server, child| {
            let mut peers: Vec<_> = (0..PEERS).map(|_| server.connect()).collect();
            for round in 0..=rounds {
                // The first is for what is made at the first request.
                let together = round > 0;
                if together {
                    kill_process(child, Signal::STOP).unwrap();
                }
                for peer in &mut peers {
                    peer.send(request("GET", "/1k.bin", ""));
                    if !together {
                        peer.read_response();
                    }
                }
                if together {
                    kill_process(child, Signal::CONT).unwrap();
                    peers.iter_mut().for_each(|peer| drop(peer.read_response()));
                }
            }
        });
        counts.get("newfstatat").copied().unwrap_or_default()
    };
    let (few, many) = (looks(1), looks(1 + ROUNDS));
    if few == 0 {
        return skip("strace may not trace here");
    }
    let each = many.saturating_sub(few) / ROUNDS;
    println!("{each} looks for {PEERS} requests");
    assert!(each <= 2, "{each} looks for {PEERS} requests at once");
}
