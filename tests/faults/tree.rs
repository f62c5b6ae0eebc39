//! The served directory itself: removed, replaced, closed, while it is served.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::site;
use crate::support::Server;
use crate::watch::{SONG, Watch};

#[test]
fn a_root_that_was_renamed_is_served_on() {
    let site = site("root-moved");
    site.file("a.txt", "old");
    let server = site.serve(&["--quiet"]);
    Watch::of(&server).during(|| {
        fs::rename(site.root(), site.outside("moved")).unwrap();
        fs::create_dir(site.root()).unwrap();
        site.file("a.txt", "new");
        // What was opened is served, wherever it is called now.
        assert_eq!(server.get("/a.txt").text(), "old");
        fs::write(site.outside("moved/b.txt"), "later").unwrap();
        assert_eq!(server.get("/b.txt").text(), "later");
        assert!(server.get("/").text().contains("b.txt"));
    });
}

#[test]
fn a_root_that_was_removed_is_404_and_served_again_when_it_is_back() {
    let site = site("root-removed");
    site.file("a.txt", "old");
    let server = site.serve(&["--quiet"]);
    let watch = Watch::of(&server).asking("/canary", &[200, 404]);
    watch.during(|| {
        for round in 0..20 {
            fs::remove_dir_all(site.root()).unwrap();
            for target in ["/a.txt", "/canary", "/dir/", "/"] {
                let status = server.get(target).status;
                assert!([200, 404].contains(&status), "{target}: {status}");
            }
            fs::create_dir(site.root()).unwrap();
            let text = format!("round {round}");
            site.file("a.txt", &text);
            // Never half written.
            fs::write(site.outside("canary"), SONG).unwrap();
            fs::rename(site.outside("canary"), site.path("canary")).unwrap();
            assert_eq!(server.get("/a.txt").text(), text);
            assert!(server.get("/").text().contains("a.txt"));
        }
    });
    Watch::of(&server).during(|| assert_eq!(server.get("/canary").text(), SONG));
}

#[test]
fn a_root_that_may_not_be_read_is_404_until_it_may() {
    let site = site("root-closed");
    site.file("a.txt", "a");
    let Some(mut command) = site.unprivileged() else {
        return;
    };
    command
        .args(["-b", "127.0.0.1", "0", "-d"])
        .arg(site.root());
    let server = Server::start(command);
    let close = |mode| {
        fs::set_permissions(site.root(), fs::Permissions::from_mode(mode)).unwrap();
    };
    let watch = Watch::of(&server).asking("/canary", &[200, 404]);
    watch.during(|| {
        for _ in 0..5 {
            close(0o000);
            assert_eq!(server.get("/a.txt").status, 404);
            assert_eq!(server.get("/").status, 404);
            // It may be searched, and not be listed.
            close(0o711);
            assert_eq!(server.get("/a.txt").text(), "a");
            close(0o755);
            assert_eq!(server.get("/a.txt").text(), "a");
            assert_eq!(server.get("/").status, 200);
        }
    });
    server.log_until(|log| log.contains("(no read permission)"));
}

#[cfg(feature = "cgi")]
#[test]
fn scripts_come_from_the_root_that_is_served() {
    let site = site("root-scripts");
    let script = |word: &str| {
        let text = format!("#!/bin/sh\necho 'Content-Type: text/plain'\necho\necho {word}\n");
        site.script("cgi-bin/x", &text);
    };
    script("old");
    let server = site.serve(&["--quiet", "--cgi"]);
    assert_eq!(server.get("/cgi-bin/x").text(), "old\n");
    fs::rename(site.root(), site.outside("moved")).unwrap();
    fs::create_dir(site.root()).unwrap();
    script("new");
    assert_eq!(server.get("/cgi-bin/x").text(), "old\n");
    fs::remove_dir_all(site.outside("moved")).unwrap();
    assert_eq!(server.get("/cgi-bin/x").text(), "new\n");
}
