//! Scripts under other names: what is in a CGI directory, or is a script, is run or refused, never
//! shown, whatever name leads there.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{RAN, serve, site};
use crate::support::{Server, skip};

/// Asks in every way that could show a file or a list of names, and wants none of it.
fn assert_closed(server: &Server, targets: &[&str]) {
    for target in targets {
        for fields in ["", "Accept: application/json\r\n", "Range: bytes=0-99\r\n"] {
            let mut peer = server.connect();
            peer.send(crate::support::server::request("GET", target, fields));
            let reply = peer.read_response();
            assert!([403, 404].contains(&reply.status), "{target}: {reply:?}");
            assert!(!reply.text().contains("SOURCE"), "{target}");
            assert!(!reply.text().contains("hidden"), "{target}");
        }
    }
}

#[test]
fn a_cgi_directory_under_another_name_is_closed() {
    let site = site("cgi-alias");
    site.script("cgi-bin/deep/y", RAN);
    site.file("cgi-bin/hidden", "SOURCE");
    site.file("pub/a.txt", "public");
    let server = serve(&site, &[]);
    // Laid after the start.
    site.link("alias", "cgi-bin");
    site.link("pub/up", "../cgi-bin");
    site.link("absolute", site.path("cgi-bin"));
    site.link("one", "cgi-bin/x");
    site.link("deep", "cgi-bin/deep");
    site.link("far", "alias/deep/y");
    assert_closed(
        &server,
        &[
            "/alias/",
            "/alias/x",
            "/alias/hidden",
            "/alias/deep/y",
            "/alias/deep/",
            "/pub/up/x",
            "/absolute/x",
            "/one",
            "/deep/",
            "/deep/y",
            "/far",
        ],
    );
    // As the directory itself answers.
    assert_eq!(server.get("/alias").status, server.get("/cgi-bin").status);
    assert_eq!(server.get("/alias/").status, server.get("/cgi-bin/").status);
    server.log_until(|log| log.contains("(CGI script under another name)"));
    assert_eq!(server.get("/pub/a.txt").text(), "public");
    assert_eq!(server.get("/cgi-bin/x").text(), "ran /cgi-bin/x \n");

    // Removed and made again, and renamed: what counts is what it is now.
    fs::rename(site.path("cgi-bin"), site.path("old")).unwrap();
    site.script("cgi-bin/x", RAN);
    assert_closed(&server, &["/alias/x", "/absolute/x", "/one"]);
    assert_eq!(server.get("/cgi-bin/x").text(), "ran /cgi-bin/x \n");

    for policy in ["follow", "never"] {
        let server = serve(&site, &["--symlinks", policy]);
        assert_closed(
            &server,
            &["/alias/", "/alias/x", "/absolute/x", "/one", "/pub/up/x"],
        );
        assert_eq!(server.get("/pub/a.txt").text(), "public");
    }
}

#[test]
fn a_script_of_its_own_is_closed_under_its_other_names() {
    let site = site("cgi-alias-one");
    site.script("run.cgi", RAN);
    site.script("tools/run.cgi", RAN);
    let server = site.serve(&["--cgi-directories", "/run.cgi"]);
    site.link("link", "run.cgi");
    fs::hard_link(site.path("run.cgi"), site.path("hard")).unwrap();
    assert_closed(&server, &["/link", "/hard"]);
    assert_eq!(server.get("/run.cgi/i").text(), "ran /run.cgi /i\n");
    // Of the same name, but no script.
    assert_eq!(server.get("/tools/run.cgi").text(), RAN);
}

#[test]
fn an_index_that_is_a_script_is_run() {
    let site = site("cgi-index");
    fs::remove_file(site.path("index.html")).unwrap();
    site.script("index.cgi", RAN);
    site.script("sub/index.cgi", "SOURCE");
    site.file("both/index.html", "page");
    let index = ["--cgi-directories", "/index.cgi,/cgi-bin,/both/index.cgi"];
    let server = site.serve(&[&index[..], &["--index", "index.html,index.cgi"]].concat());
    assert_eq!(server.get("/").text(), "ran /index.cgi \n");
    assert_eq!(server.get("/?a=b").text(), "ran /index.cgi \n");
    assert_eq!(server.get("//./").text(), "ran /index.cgi \n");
    assert_eq!(server.get("/index.cgi/i").text(), "ran /index.cgi /i\n");
    let mut peer = server.connect();
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(peer.read_response().text(), "ran /index.cgi \n");
    // Another one of the name is a file; the first page that is there wins.
    assert_eq!(server.get("/sub/").text(), "SOURCE");
    site.script("both/index.cgi", RAN);
    assert_eq!(server.get("/both/").text(), "page");
    // By identity, and in a directory of scripts.
    site.link("both/index.html.new", "../cgi-bin/x");
    fs::rename(
        site.path("both/index.html.new"),
        site.path("both/index.html"),
    )
    .unwrap();
    assert_eq!(server.get("/both/").text(), "ran /both/index.html \n");
    site.script("cgi-bin/index.cgi", RAN);
    assert_eq!(server.get("/cgi-bin/").text(), "ran /cgi-bin/index.cgi \n");
    fs::remove_file(site.path("cgi-bin/index.cgi")).unwrap();
    assert_eq!(server.get("/cgi-bin/").status, 403);
}

/// Runs a command for root; `false` where it cannot be done.
pub fn root_can(program: &str, arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments.iter().map(|word| word.as_ref()));
    let done = command.output().is_ok_and(|output| output.status.success());
    if !done {
        skip(&format!("cannot {program} here"));
    }
    done
}

/// A mount that ends with the test.
pub struct Mount<'a>(pub &'a Path);

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).output();
    }
}

#[test]
fn a_bind_mount_of_a_cgi_directory_is_closed() {
    let site = site("cgi-bind");
    let server = serve(&site, &[]);
    let place = site.dir("mounted");
    if !root_can("mount", &[&"--bind", &site.path("cgi-bin"), &place]) {
        return;
    }
    let _mount = Mount(&place);
    assert_closed(&server, &["/mounted/", "/mounted/x"]);
    // As vfat and others find it, too.
    for name in ["cgi-bin.", "CGI-BI~1", "cgi-bin ", "cg\u{130}-b\u{131}n"] {
        let place = site.dir(name);
        assert!(root_can(
            "mount",
            &[&"--bind", &site.path("cgi-bin"), &place]
        ));
        let _mount = Mount(&place);
        let name = name.replace(' ', "%20");
        assert_closed(&server, &[&format!("/{name}/x"), &format!("/{name}/")]);
    }
    assert_eq!(server.get("/cgi-bin/x").text(), "ran /cgi-bin/x \n");
    // Another directory mounted over it is the CGI directory then.
    let over = site.path("cgi-bin");
    site.script("new/z", RAN);
    assert!(root_can("mount", &[&"--bind", &site.path("new"), &over]));
    let _over = Mount(&over);
    assert_closed(&server, &["/new/z", "/new/"]);
    assert_eq!(server.get("/cgi-bin/z").text(), "ran /cgi-bin/z \n");
}

#[test]
fn other_spellings_of_a_folding_file_system_are_closed() {
    let site = site("cgi-fold");
    let image = site.outside("image");
    fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
    let place = site.dir("fold");
    let made = root_can("mkfs.ext4", &[&"-q", &"-O", &"casefold", &image])
        && root_can("mount", &[&"-o", &"loop", &image, &place]);
    if !made {
        return;
    }
    let _mount = Mount(&place);
    let folded = site.dir("fold/stra\u{df}e");
    if !root_can("chattr", &[&"+F", &folded]) {
        return;
    }
    site.script("fold/stra\u{df}e/cgi-b\u{ed}n/x", RAN);
    let directory = "/fold/stra\u{df}e/cgi-b\u{ed}n";
    let server = site.serve(&["--cgi-directories", directory]);
    assert!(
        server
            .get(format!("{directory}/x"))
            .text()
            .starts_with("ran ")
    );
    assert_closed(
        &server,
        &[
            "/fold/stra\u{df}e/CGI-B\u{cd}N/x",
            "/fold/stra\u{df}e/cgi-b\u{cd}n/",
            "/fold/stra\u{df}e/cgi-bi\u{301}n/x",
            "/fold/stra\u{df}e/cgi-b%C3%8Dn/X",
        ],
    );
}
