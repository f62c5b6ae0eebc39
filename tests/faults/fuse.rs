//! File systems that a program makes up (fuse(4)): numbers that change, files that vanish without a
//! word, errors, and the end of the program behind them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::io::Errno;

use crate::errors::AWAY;
use crate::made_up::{MadeUp, Numbers};
use crate::site;
use crate::support::server::wait_for;
use crate::support::{Server, Site};

/// Serves what has this path, which is no site's root.
fn serve(path: &Path, options: &[&str]) -> Server {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.args(["-b", "127.0.0.1"]).args(options);
    command.arg("-d").arg(path).arg("0");
    Server::start(command)
}

/// One file system with numbers of each kind.
fn each(name: &str, with: impl Fn(&MadeUp, &Path, Numbers)) {
    for numbers in Numbers::ALL {
        let site: Site = site(name);
        let at = site.dir("at");
        let Some(made) = MadeUp::mount(&at, numbers) else {
            return;
        };
        with(&made, &at, numbers);
    }
}

#[test]
fn a_root_that_is_made_again_is_served_whatever_its_numbers_are() {
    each("fuse-root", |made, at, numbers| {
        let root = at.join("www");
        made.file("www/a.txt", "first");
        let server = serve(&root, &["--quiet"]);
        for round in 0..4 {
            let text = format!("round {round}");
            made.file("www/a.txt", &text);
            assert_eq!(server.get("/a.txt").text(), text, "{numbers:?}");
            assert!(server.get("/").text().contains("a.txt"), "{numbers:?}");
            // Behind the kernel's back, where fstat(2) says ENOENT, or with its knowledge.
            match round % 2 {
                0 => made.remove("www"),
                _ => fs::remove_dir_all(&root).unwrap(),
            }
            for target in ["/", "/a.txt"] {
                assert_eq!(server.get(target).status, 404, "{numbers:?} {target}");
            }
        }
        made.file("www/b.txt", "last");
        assert_eq!(server.get("/b.txt").text(), "last", "{numbers:?}");
        assert_eq!(server.get("/a.txt").status, 404, "{numbers:?}");
    });
}

#[test]
fn a_single_file_is_served_whatever_its_numbers_are() {
    each("fuse-single", |made, at, numbers| {
        made.file("www/a.txt", "first");
        let server = serve(&at.join("www/a.txt"), &["--quiet"]);
        for text in ["first", "second", "third"] {
            made.file("www/a.txt", text);
            for target in ["/", "/a.txt", "/"] {
                let reply = server.get(target);
                assert_eq!((reply.status, reply.text()), (200, text), "{numbers:?}");
            }
            made.remove("www/a.txt");
            assert_eq!(server.get("/").status, 404, "{numbers:?}");
        }
    });
}

#[test]
fn a_download_is_resumed_although_numbers_change() {
    each("fuse-resume", |made, at, numbers| {
        made.file("a.txt", "0123456789");
        made.link("link", "a.txt");
        let server = serve(at, &["--quiet"]);
        let tag = server.get("/a.txt").field("ETag").to_owned();
        assert!(tag.starts_with('"'), "{tag}");
        for _ in 0..3 {
            let fields = format!("Range: bytes=4-\r\nIf-Range: {tag}\r\n");
            let reply = server.get_with("/a.txt", &fields);
            assert_eq!((reply.status, reply.text()), (206, "456789"), "{numbers:?}");
            let fields = format!("If-None-Match: {tag}\r\n");
            let reply = server.get_with("/a.txt", &fields);
            assert_eq!(reply.status, 304, "{numbers:?}");
        }
        let listing = server.get_with("/", "Accept: application/json\r\n");
        let sizes = listing.text().matches("\"size\":10").count();
        assert_eq!(sizes, 2, "{}", listing.text());
        // Nothing that it was is shown, for nothing of it is kept.
        for round in 0..3 {
            let text = format!("new {round} 6789");
            made.file("a.txt", &text);
            let fields = format!("Range: bytes=4-\r\nIf-Range: {tag}\r\n");
            let reply = server.get_with("/a.txt", &fields);
            assert_eq!((reply.status, reply.text()), (200, &*text), "{numbers:?}");
        }
    });
}

#[test]
fn what_a_file_system_cannot_say_is_not_404() {
    each("fuse-errors", |made, at, numbers| {
        made.file("dir/a.txt", "a");
        made.file("index.html", "home");
        for options in [&["--quiet"][..], &["--cgi"], &["--precompressed"]] {
            let server = serve(at, options);
            for (error, status) in [
                (Errno::IO, 500),
                (Errno::STALE, 503),
                (Errno::TIMEDOUT, 503),
                (Errno::LOOP, 503),
                (Errno::HOSTDOWN, 503),
                (Errno::ACCESS, 404),
                (Errno::NOENT, 404),
            ] {
                for (broken, target) in [
                    ("dir/a.txt", "/dir/a.txt"),
                    ("dir", "/dir/a.txt"),
                    ("dir", "/dir/"),
                    ("index.html", "/"),
                ] {
                    made.break_with(broken, error);
                    let reply = server.get(target);
                    let is_listed = error == Errno::NOENT && target == "/";
                    let want = if is_listed { 200 } else { status };
                    assert_eq!(
                        reply.status, want,
                        "{numbers:?} {options:?} {target} {error:?}"
                    );
                }
            }
            made.break_with("none", Errno::IO);
            assert_eq!(server.get("/dir/a.txt").text(), "a");
        }
    });
}

#[test]
fn a_root_whose_program_dies_is_away_until_it_is_mounted_anew() {
    let site = site("fuse-dies");
    let at = site.dir("at");
    let mount = || {
        let made = MadeUp::mount(&at, Numbers::OfPath)?;
        made.file("www/a.txt", "here");
        Some(made)
    };
    let Some(made) = mount() else {
        return;
    };
    let server = serve(&at.join("www"), &[]);
    for _ in 0..2 {
        assert_eq!(server.get("/a.txt").text(), "here");
    }
    // Dead, it is not missing: 404 would have mirrors delete what they have.
    made.die();
    for target in ["/a.txt", "/", "/none"] {
        assert_eq!(server.get(target).status, 503, "{target}");
    }
    server.log_until(|log| log.contains(&format!("({AWAY})")));
    drop(made);
    assert_eq!(server.get("/a.txt").status, 404);
    let Some(_made) = mount() else {
        return;
    };
    wait_for("the new one", || {
        (server.get("/a.txt").status == 200).then_some(())
    });
}

#[cfg(feature = "cgi")]
#[test]
fn no_spelling_of_a_name_gets_the_source_of_a_script() {
    const RAN: &str =
        "#!/bin/sh\n# SOURCE\nprintf 'Status: 200\\n\\nran '\necho \"$SCRIPT_NAME\"\n";
    each("fuse-cgi", |made, at, numbers| {
        made.script("scripts/x", RAN);
        made.file("scripts/hidden", "SOURCE");
        made.script("sub/index.cgi", RAN);
        made.script("run.html", RAN);
        made.link("alias", "scripts");
        made.link("page.html", "scripts/x");
        made.file("pub/a.txt", "public");
        let places = "/scripts,/sub/index.cgi,/run.html";
        let server = serve(
            at,
            &[
                "--cgi-directories",
                places,
                "--index",
                "INDEX.cgi,index.html",
                "--clean-urls",
            ],
        );
        assert_eq!(server.get("/scripts/x").text(), "ran /scripts/x\n");
        assert_eq!(server.get("/PUB./a.txt").text(), "public");
        let mut targets = vec![
            "/SCRIPTS/x",
            "/Scripts/hidden",
            "/scripts./x",
            "/scripts%20/X",
            "/scripts%20.%20/",
            "/sub/INDEX.CGI",
            "/sub/index.cgi.",
            "/SUB/index.cgi%20",
            "/RUN",
            "/Run.%20",
        ];
        // Links are told by what they lead to: it must be the same when it is looked up again.
        if numbers != Numbers::Fresh {
            targets.extend(["/alias/x", "/alias/", "/page.html"]);
        }
        if numbers == Numbers::Own {
            targets.extend(["/\u{17f}cripts/x", "/%C5%BFCRIPTS/"]);
        }
        for target in targets {
            for fields in ["", "Accept: application/json\r\n", "Range: bytes=0-99\r\n"] {
                let reply = server.get_with(target, fields);
                let is_closed = [403, 404].contains(&reply.status);
                assert!(is_closed, "{numbers:?} {target}: {reply:?}");
            }
        }
        // An index page is run, or not shown, whatever it and its directory are called.
        for target in ["/sub/", "/SUB/", "/sub./"] {
            let page = server.get(target);
            let is_shown = page.text().contains("SOURCE");
            assert!(!is_shown, "{numbers:?} {target}: {page:?}");
        }
    });
}

#[test]
fn a_listing_of_a_slow_disk_holds_nobody_up() {
    let site = site("fuse-slow");
    let at = site.dir("at");
    let Some(made) = MadeUp::mount(&at, Numbers::Own) else {
        return;
    };
    const FILES: usize = 250;
    for at in 0..FILES {
        made.file(&format!("{at}.txt"), "text");
    }
    let server = serve(&at, &["--quiet"]);
    let before = made.lookups();
    made.delay(Duration::from_millis(2));
    let mut lister = server.connect();
    lister.send("GET /?sort=size HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    wait_for("the listing", || {
        (made.lookups() > before + 20).then_some(())
    });
    let mut other = server.connect();
    loop {
        let asked = made.lookups();
        other.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(other.read_response_to("OPTIONS").status, 204);
        let looked = made.lookups() - asked;
        assert!(looked < 40, "others waited for {looked} of {FILES} lookups");
        if made.lookups() >= before + FILES {
            break;
        }
    }
    let page = lister.read_response();
    assert_eq!(page.text().matches(".txt</a>").count(), FILES);
}
