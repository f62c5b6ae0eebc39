//! What the library does to the process that it is in: nothing that its host did not ask for.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use sprat::{Builder, Cx, FileServer, Handler, Reply, Request, Turn};

use super::support::{Site as Tree, raw, skip};
use super::text;

/// Files, answers of its own, and a script.
struct Host {
    files: FileServer,
    #[cfg(feature = "cgi")]
    cgi: sprat::Cgi,
}

impl Handler for Host {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        #[cfg(feature = "cgi")]
        if let Some(reply) = self.cgi.serve(req, cx) {
            return reply;
        }
        match req.path() {
            "/collect" => Reply::collect(req, 10, |body, cx| {
                cx.log("collected");
                text(format!("{} bytes", body.len()))
            }),
            "/child" => {
                let mut command = Command::new("true");
                cx.adopt(
                    command
                        .process_group(0)
                        .stdin(Stdio::null())
                        .spawn()
                        .unwrap(),
                );
                text("adopted").into()
            }
            _ => self.files.handle(req, cx),
        }
    }
}

/// What a process has that a library could change.
fn state() -> BTreeMap<String, String> {
    let mut state = BTreeMap::new();
    let status = fs::read_to_string("/proc/thread-self/status").unwrap();
    let kept = [
        "SigCgt:",
        "SigIgn:",
        "SigBlk:",
        "Umask:",
        "Threads:",
        "NoNewPrivs:",
        "CapEff:",
    ];
    for line in status
        .lines()
        .filter(|line| kept.iter().any(|kept| line.starts_with(kept)))
    {
        let (name, value) = line.split_once(':').unwrap();
        state.insert(name.into(), value.trim().into());
    }
    for (name, resource) in [
        ("descriptors", Resource::Nofile),
        ("processes", Resource::Nproc),
        ("core", Resource::Core),
        ("file size", Resource::Fsize),
        ("data", Resource::Data),
        ("stack", Resource::Stack),
        ("memory", Resource::As),
    ] {
        state.insert(name.into(), format!("{:?}", getrlimit(resource)));
    }
    state.insert("directory".into(), format!("{:?}", env::current_dir()));
    // Its values are nobody's business, if this is printed.
    let mut environment = DefaultHasher::new();
    env::vars_os().collect::<Vec<_>>().hash(&mut environment);
    state.insert("environment".into(), environment.finish().to_string());
    let descriptors = fs::read_dir("/proc/self/fd").unwrap().count();
    state.insert("open descriptors".into(), descriptors.to_string());
    state
}

/// Everything that a server does in its life.
fn serve_all(tree: &Tree) {
    let files = FileServer::new(tree.root()).unwrap();
    #[cfg(feature = "cgi")]
    let cgi = sprat::Cgi::builder(tree.root())
        .directories(["/cgi-bin"])
        .build()
        .unwrap();
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    let (addr, handle) = (builder.local_addrs()[0], builder.handle());
    let mut server = builder.serve(Host {
        files,
        #[cfg(feature = "cgi")]
        cgi,
    });
    let peer = thread::spawn(move || {
        for (request, status) in [
            ("GET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n", 200),
            ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 200),
            ("GET /none HTTP/1.1\r\nHost: h\r\n\r\n", 404),
            ("\x16\x03\x01\r\n\r\n", 400),
            ("GET /cgi-bin/x HTTP/1.1\r\nHost: h\r\n\r\n", 200),
            ("GET /child HTTP/1.1\r\nHost: h\r\n\r\n", 200),
            (
                "PUT /collect HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx",
                200,
            ),
            (
                "PUT /collect HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n",
                413,
            ),
        ] {
            let mut peer = raw(addr);
            peer.send(request);
            assert_eq!(peer.read_response().status, status, "{request:?}");
        }
        // One that leaves, and one that is there in the end.
        raw(addr).send("GET /a");
        let _stays = raw(addr);
        handle.drain(Duration::from_millis(50)).unwrap();
    });
    while server.turn(Some(Duration::from_millis(10))).unwrap() != Turn::Stopped {}
    peer.join().unwrap();
}

/// Children of the host's own: one that has ended before, and one that ends meanwhile.
fn foreign_children() -> [Child; 2] {
    ["exit 7", "sleep 0.05; exit 8"].map(|script| {
        let mut command = Command::new("sh");
        command
            .args(["-c", script])
            .stdin(Stdio::null())
            .spawn()
            .unwrap()
    })
}

#[test]
#[ignore = "the inner half of a_server_changes_nothing_of_its_process_and_says_nothing"]
fn inside() {
    let tree = Tree::new("inside");
    tree.file("a.txt", "a");
    tree.script(
        "cgi-bin/x",
        "#!/bin/sh\necho Content-Type: text/plain\necho\necho x >&2\n",
    );
    // Or it could not be raised, where it is as high as it can be.
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(300);
    setrlimit(Resource::Nofile, limit).unwrap();
    let children = foreign_children();
    let before = state();
    serve_all(&tree);
    let after = state();
    assert_eq!(before, after);
    let codes = children.map(|mut child| child.wait().expect("not reaped by others").code());
    assert_eq!(codes, [Some(7), Some(8)]);
    // Once more: nothing was used up the first time.
    serve_all(&tree);
    assert_eq!(before, state());
}

#[test]
fn a_server_changes_nothing_of_its_process_and_says_nothing() {
    if fs::metadata("/proc/thread-self/status").is_err() {
        skip("no /proc here");
        return;
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "--test-threads=1",
            "outside::inside",
        ])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert_eq!(stderr, "");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let is_harness = |line: &&str| {
        line.is_empty() || line.starts_with("running 1 test") || line.starts_with("test ")
    };
    let said: Vec<&str> = stdout.lines().filter(|line| !is_harness(line)).collect();
    assert!(said.is_empty(), "{said:?}");
    assert!(stdout.contains("1 passed"), "{stdout}");
}
