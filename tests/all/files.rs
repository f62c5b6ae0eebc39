//! Files: which names are found, what is never served, and what happens when one changes.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use crate::support::server::request;
use crate::support::{Server, Site};

#[test]
fn paths_mean_what_they_mean_to_python() {
    let site = Site::new("paths");
    site.file("a.txt", "a");
    site.file("dir/b.txt", "b");
    site.file("100%", "percent");
    site.file("sp ace;x+y", "odd");
    site.file(".hidden", "dot");
    site.file("evil.com/x", "inside");
    fs::write(site.outside("secret"), "secret").unwrap();
    let server = site.serve(&[]);
    for (target, want) in [
        ("/a.txt", Some("a")),
        ("/a.txt?query", Some("a")),
        ("/a.txt?/../x", Some("a")),
        ("/%61.txt", Some("a")),
        ("//a.txt", Some("a")),
        ("///a.txt", Some("a")),
        ("/./a.txt", Some("a")),
        ("/dir/../a.txt", Some("a")),
        ("/nowhere/../a.txt", Some("a")),
        ("/../a.txt", Some("a")),
        ("/../../../../a.txt", Some("a")),
        ("/%2e%2e/a.txt", Some("a")),
        ("/%2E%2e/%2e/a.txt", Some("a")),
        ("/dir%2fb.txt", Some("b")),
        ("/dir%2Fb.txt", Some("b")),
        ("/dir//b.txt", Some("b")),
        ("/dir/./b.txt", Some("b")),
        ("/100%", Some("percent")),
        ("/100%25", Some("percent")),
        ("/sp%20ace;x+y", Some("odd")),
        ("/.hidden", Some("dot")),
        ("//evil.com/x", Some("inside")),
        ("/A.TXT", None),
        ("/a.txt/", None),
        ("/a.txt/b", None),
        ("/dir/a.txt", None),
        ("/../outside/secret", None),
        ("/%2e%2e/outside/secret", None),
        ("/%2e%2e%2foutside%2fsecret", None),
        ("/..%2foutside/secret", None),
        ("/dir/../../outside/secret", None),
        ("/..%5coutside%5csecret", None),
        ("/%252e%252e/outside/secret", None),
        ("/sp%20ace;x%20y", None),
        ("/etc/passwd", None),
        ("/%", None),
        ("/%zz", None),
    ] {
        let reply = server.get(target);
        match want {
            Some(text) => assert_eq!((reply.status, reply.text()), (200, text), "{target}"),
            None => assert_eq!(reply.status, 404, "{target}"),
        }
    }
}

#[test]
fn scripts_are_files_like_any_other_unless_asked_for() {
    let site = Site::new("script");
    site.dir("cgi-bin");
    let source = "#!/bin/sh\necho 'Content-Type: text/plain'\necho\necho ran\n";
    site.script("cgi-bin/run.sh", source);
    let server = site.serve(&[]);
    assert_eq!(server.get("/cgi-bin/run.sh").text(), source);
    assert_eq!(server.request("POST", "/cgi-bin/run.sh", "").status, 501);
}

#[test]
fn a_name_too_long_for_the_file_system_is_404() {
    let site = Site::new("long-name");
    let server = site.serve(&[]);
    for target in [
        format!("/{}", "x".repeat(256)),
        format!("/{}", "x/".repeat(3_000)),
        format!("/{}", "../".repeat(2_000)),
    ] {
        let status = server.get(&target).status;
        let want = if target.ends_with("../") { 200 } else { 404 };
        assert_eq!(status, want, "{}", &target[..20]);
    }
}

#[test]
fn nul_is_400() {
    let site = Site::new("nul");
    site.file("a.txt", "a");
    let server = site.serve(&[]);
    for target in ["/%00", "/a.txt%00", "/a.txt%00.html"] {
        assert_eq!(server.answer(request("GET", target, "")).status, 400);
    }
}

#[test]
fn a_redirect_never_leads_to_another_host() {
    let site = Site::new("redirect");
    site.dir("dir");
    site.dir("evil.com/sub");
    site.dir("sp ace");
    let server = site.serve(&[]);
    for (target, want) in [
        ("/dir", "/dir/"),
        ("/dir?a=b&c", "/dir/?a=b&c"),
        ("//dir", "/dir/"),
        ("/sp%20ace", "/sp%20ace/"),
        ("//evil.com", "/evil.com/"),
        ("//evil.com/sub", "/evil.com/sub/"),
        ("///evil.com/..//evil.com/sub", "/evil.com/sub/"),
        ("/%2fevil.com", "/evil.com/"),
        ("/./evil.com", "/evil.com/"),
        ("http://evil.com/dir", "/dir/"),
    ] {
        for method in ["GET", "HEAD"] {
            let reply = server.request(method, target, "");
            assert_eq!(reply.status, 301, "{target}");
            assert_eq!(reply.field("Location"), want, "{target}");
            assert_eq!(reply.field("Content-Length"), "0", "{target}");
            assert!(reply.body.is_empty());
        }
    }
    for target in [
        "//evil.com/..",
        "/%2f%2fevil.com/%2e%2e",
        "/\\evil.com",
        "//evil.com/%2f..",
    ] {
        let reply = server.get(target);
        if let Some(location) = reply.header("Location") {
            assert!(location.starts_with('/'), "{target}: {location}");
            assert!(!location.starts_with("//"), "{target}: {location}");
            assert!(!location.starts_with("/\\"), "{target}: {location}");
        }
    }
}

#[test]
fn a_redirect_cannot_be_split() {
    let site = Site::new("split-redirect");
    site.dir("dir\r\nSet-Cookie: evil");
    let server = site.serve(&[]);
    let reply = server.get("/dir%0d%0aSet-Cookie:%20evil");
    assert_eq!(reply.status, 301);
    assert_eq!(reply.header("Set-Cookie"), None);
}

#[test]
fn names_that_are_not_utf_8_are_found_by_both_spellings() {
    let site = Site::new("bytes");
    site.file(b"bad\xff.txt", "bytes");
    site.file("é.txt", "utf-8");
    let server = site.serve(&[]);
    for (target, want) in [
        (&b"/bad%FF.txt"[..], "bytes"),
        (b"/bad%ff.txt", "bytes"),
        // As Python links it: the surrogate U+DCFF.
        (b"/bad%ED%B3%BF.txt", "bytes"),
        (b"/bad\xff.txt", "bytes"),
        (b"/%C3%A9.txt", "utf-8"),
        (b"/\xc3\xa9.txt", "utf-8"),
    ] {
        let reply = server.get(target);
        let about = target.escape_ascii();
        assert_eq!((reply.status, reply.text()), (200, want), "{about}");
    }
}

#[test]
fn what_is_no_regular_file_is_404_at_once() {
    let site = Site::new("special");
    site.fifo("fifo");
    let _socket = UnixListener::bind(site.path("socket")).unwrap();
    site.link("device", "/dev/zero");
    site.link("tty", "/dev/tty");
    site.file("a.txt", "a");
    for options in [&[][..], &["--symlinks", "follow"]] {
        let server = site.serve(options);
        let mut peer = server.connect();
        for name in ["fifo", "socket", "device", "tty"] {
            peer.send(request("GET", format!("/{name}"), ""));
            let reply = peer.read_response();
            assert_eq!(
                (reply.status, reply.reason.as_str()),
                (404, "File not found")
            );
        }
        // And the one thread is not stuck.
        assert_eq!(server.get("/a.txt").text(), "a");
    }
}

#[test]
fn a_device_in_the_tree_is_404() {
    let site = Site::new("device");
    let root = site.path("null");
    let made = std::process::Command::new("mknod")
        .arg(&root)
        .args(["c", "1", "3"])
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        crate::support::skip("cannot make a device");
        return;
    }
    let server = site.serve(&[]);
    assert_eq!(server.get("/null").status, 404);
}

#[test]
fn symlinks_are_followed_as_the_policy_says() {
    let site = Site::new("symlinks");
    site.file("a.txt", "a");
    site.file("dir/b.txt", "b");
    fs::write(site.outside("secret"), "s").unwrap();
    site.link("rel", "a.txt");
    site.link("dir/up", "../a.txt");
    site.link("abs", site.path("a.txt"));
    site.link("linkdir", "dir");
    site.link("absdir", site.path("dir"));
    site.link("chain", "rel");
    site.link("out-rel", "../outside/secret");
    site.link("out-abs", site.outside("secret"));
    site.link("out-dir", "../outside");
    site.link("out-chain", "out-rel");
    site.link("round", "../root/a.txt");
    site.link("passwd", "/etc/passwd");
    site.link("self", "self");
    site.link("broken", "nowhere");
    for (target, inside, follow) in [
        ("/rel", Some("a"), Some("a")),
        ("/dir/up", Some("a"), Some("a")),
        ("/abs", Some("a"), Some("a")),
        ("/linkdir/b.txt", Some("b"), Some("b")),
        ("/absdir/b.txt", Some("b"), Some("b")),
        ("/chain", Some("a"), Some("a")),
        ("/out-rel", None, Some("s")),
        ("/out-abs", None, Some("s")),
        ("/out-dir/secret", None, Some("s")),
        ("/out-chain", None, Some("s")),
        ("/self", None, None),
        ("/broken", None, None),
    ] {
        for (policy, want) in [("inside", inside), ("follow", follow), ("never", None)] {
            let server = server_with(&site, policy);
            let reply = server.get(target);
            match want {
                Some(text) => assert_eq!(reply.text(), text, "{policy} {target}"),
                None => assert_eq!(reply.status, 404, "{policy} {target}"),
            }
        }
    }
    let server = site.serve(&[]);
    for target in ["/passwd", "/out-rel", "/out-abs", "/out-dir/", "/out-dir"] {
        assert_eq!(server.get(target).status, 404, "{target}");
    }
    assert_eq!(server.get("/a.txt").text(), "a");
    assert_eq!(server_with(&site, "never").get("/a.txt").text(), "a");
}

fn server_with(site: &Site, policy: &str) -> Server {
    site.serve(&["--quiet", "--symlinks", policy])
}

#[test]
fn the_root_itself_may_be_a_symlink() {
    let site = Site::new("root-link");
    site.file("a.txt", "a");
    site.link("abs", site.path("a.txt"));
    let link = site.outside("link");
    std::os::unix::fs::symlink(site.root(), &link).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.args(["-b", "127.0.0.1", "0", "-d"]).arg(&link);
    let server = Server::start(command);
    assert_eq!(server.get("/a.txt").text(), "a");
    assert_eq!(server.get("/abs").text(), "a");
}

#[test]
fn unreadable_files_are_404_with_the_cause_in_the_log() {
    let site = Site::new("unreadable");
    let file = site.file("secret.txt", "s");
    let dir = site.dir("closed");
    site.file("closed/index.html", "i");
    for path in [&file, &dir] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    if let Some(mut command) = site.unprivileged() {
        command
            .args(["-b", "127.0.0.1", "0", "-d"])
            .arg(site.root());
        let server = Server::start(command);
        let reply = server.get("/secret.txt");
        assert_eq!(
            (reply.status, reply.reason.as_str()),
            (404, "File not found")
        );
        let lines = server.log_lines(2);
        assert!(lines[0].contains("no read permission"), "{}", lines[0]);
        let reply = server.get("/closed/");
        assert_eq!(reply.status, 404);
        assert_eq!(server.get("/closed/index.html").status, 404);
    }
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn files_of_every_size_around_a_bound_are_whole() {
    let site = Site::new("sizes");
    let sizes = [
        0, 1, 4_095, 4_096, 16_383, 16_384, 16_385, 32_768, 65_535, 65_536, 65_537, 262_143,
        262_144, 262_145, 1_000_000,
    ];
    let content: Vec<u8> = (0..1_000_000u32).map(|n| (n % 253) as u8).collect();
    for size in sizes {
        site.file(size.to_string(), &content[..size]);
    }
    let server = site.serve(&[]);
    let mut peer = server.connect();
    for size in sizes {
        peer.send(request("GET", format!("/{size}"), ""));
        let reply = peer.read_response();
        assert_eq!(reply.field("Content-Length"), size.to_string());
        assert!(reply.body == content[..size], "{size}");
    }
}

/// More than the socket buffers of both ends hold.
const LARGE: u64 = 64 << 20;

#[test]
fn a_file_that_shrinks_while_it_is_sent_closes_the_connection() {
    let site = Site::new("shrinks");
    let path = site.sparse("large", LARGE);
    let server = site.serve(&[]);
    let mut peer = server.connect();
    peer.send(request("GET", "/large", ""));
    let head = peer.read_head();
    assert_eq!(head.field("Content-Length"), LARGE.to_string());
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(1_000)
        .unwrap();
    // Whatever follows could not be told from the file, so nothing does.
    peer.send(request("GET", "/nope", ""));
    let got = peer.read_until_cut();
    assert!((got.len() as u64) < LARGE, "{} bytes", got.len());
    assert!(got.iter().all(|&byte| byte == 0));
}

#[test]
fn a_small_file_that_is_shorter_than_it_says_is_sent_as_far_as_it_goes() {
    // The file system says 4096, as of most of its files.
    let (dir, name) = ("/sys/class/net/lo", "address");
    let Ok(content) = fs::read(format!("{dir}/{name}")) else {
        return; // no such file system here
    };
    let site = Site::new("short");
    let server = Server::start(site.command(&["-d", dir]));
    let mut peer = server.connect();
    peer.send(request("GET", format!("/{name}"), ""));
    let head = peer.read_head();
    assert_eq!((head.status, head.field("Content-Length")), (200, "4096"));
    assert_eq!(peer.read_until_cut(), content);
}

#[test]
fn a_file_that_grows_while_it_is_sent_keeps_the_promised_length() {
    let site = Site::new("grows");
    let path = site.sparse("large", LARGE);
    site.file("a.txt", "a");
    let server = site.serve(&[]);
    let mut peer = server.connect();
    peer.send(request("GET", "/large", ""));
    peer.read_head();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(2 * LARGE)
        .unwrap();
    peer.skip_bytes(LARGE);
    peer.send(request("GET", "/a.txt", ""));
    assert_eq!(peer.read_response().text(), "a");
}

#[test]
fn a_file_that_is_replaced_while_it_is_sent_is_sent_as_it_was() {
    let site = Site::new("replaced");
    let path = site.sparse("large", LARGE);
    let server = site.serve(&[]);
    let mut peer = server.connect();
    peer.send(request("GET", "/large", ""));
    peer.read_head();
    site.file("new", "new");
    fs::rename(site.path("new"), &path).unwrap();
    peer.skip_bytes(LARGE);
    peer.send(request("GET", "/large", ""));
    assert_eq!(peer.read_response().text(), "new");
}

#[test]
fn files_that_the_kernel_cannot_send_are_copied() {
    if !std::path::Path::new("/proc/version").exists() {
        crate::support::skip("no /proc here");
        return;
    }
    // A directory of the kernel's own making: sizes of 0, no sendfile. What is read is what the
    // size says, nothing, and that is well-formed.
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.args(["-b", "127.0.0.1", "-d", "/proc/sys/kernel", "0"]);
    let server = Server::start(command);
    let reply = server.get("/ostype");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.field("Content-Length"), reply.body.len().to_string());
}

#[test]
fn no_descriptor_is_left_open_after_a_response() {
    if !crate::support::measure::can_measure() {
        return;
    }
    let site = Site::new("descriptors");
    site.file("a.txt", "a");
    site.dir("dir");
    site.sparse("large", LARGE);
    let server = site.serve(&["--quiet"]);
    // By its first answer it has opened what it keeps.
    server.get("/a.txt");
    let before = crate::support::measure::open_fds(server.pid());
    for _ in 0..20 {
        for target in ["/a.txt", "/", "/dir", "/nope", "/a.txt/x"] {
            server.get(target);
        }
        let mut peer = server.connect();
        peer.send(request("GET", "/large", ""));
        peer.read_head();
    }
    crate::support::server::wait_for("all descriptors are closed", || {
        (crate::support::measure::open_fds(server.pid()) <= before).then_some(())
    });
}
