//! The served directory itself: removed, replaced, closed, while it is served.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::errors::AWAY;
use crate::support::server::request;
use crate::support::{Server, Site};
use crate::watch::{SONG, Watch};
use crate::{LARGE, site};

#[test]
fn a_root_that_was_renamed_is_served_until_another_has_its_path() {
    let site = site("root-moved");
    site.file("a.txt", "old");
    let server = site.serve(&["--quiet"]);
    Watch::of(&server).during(|| {
        fs::rename(site.root(), site.outside("moved")).unwrap();
        // What was opened is served, wherever it is called now.
        assert_eq!(server.get("/a.txt").text(), "old");
        fs::write(site.outside("moved/b.txt"), "later").unwrap();
        assert_eq!(server.get("/b.txt").text(), "later");
        assert!(server.get("/").text().contains("b.txt"));
        fs::create_dir(site.outside("new")).unwrap();
        fs::write(site.outside("new/a.txt"), "new").unwrap();
        fs::write(site.outside("new/canary"), SONG).unwrap();
        fs::rename(site.outside("new"), site.root()).unwrap();
        assert_eq!(server.get("/a.txt").text(), "new");
        assert_eq!(server.get("/b.txt").status, 404);
    });
}

/// A server of this path, which is no site's root.
fn serve_path(site: &Site, path: impl AsRef<std::ffi::OsStr>, options: &[&str]) -> Server {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sprat"));
    command
        .args(["-b", "127.0.0.1"])
        .args(options)
        .arg("-d")
        .arg(path)
        .arg("0");
    command.current_dir(site.root());
    Server::start(command)
}

#[test]
fn a_release_by_a_symlink_is_served_from_the_next_request_on() {
    let site = site("root-releases");
    let release = |number: usize| {
        let root = format!("r{number}");
        site.file(format!("{root}/a.txt"), format!("release {number}"));
        site.file(format!("{root}/canary"), SONG);
        let large = format!("{root}/large");
        site.sparse(&large, LARGE);
        let next = site.link("next", &root);
        fs::rename(next, site.path("current")).unwrap();
    };
    release(0);
    let server = serve_path(&site, site.path("current"), &["--quiet"]);
    let mut begun = server.connect();
    begun.send(request("GET", "/large", ""));
    begun.read_head();
    Watch::of(&server).during(|| {
        for number in 1..30 {
            release(number);
            let want = format!("release {number}");
            assert_eq!(server.get("/a.txt").text(), want);
            // Old releases are removed; what nobody has begun is gone with them.
            fs::remove_dir_all(site.path(format!("r{}", number - 1))).unwrap();
            assert_eq!(server.get("/a.txt").text(), want);
        }
    });
    // A download that had begun is whole.
    begun.skip_bytes(LARGE);

    // The same of a single file.
    let server = serve_path(&site, site.path("current/a.txt"), &["--quiet"]);
    for number in 30..35 {
        release(number);
        let want = format!("release {number}");
        assert_eq!(server.get("/a.txt").text(), want);
        assert_eq!(server.get("/").text(), want);
    }
    fs::remove_file(site.path("current")).unwrap();
    assert_eq!(server.get("/").status, 404);
}

#[test]
fn a_link_put_in_the_place_of_a_root_is_not_followed() {
    let site = site("root-foreign");
    fs::write(site.outside("secret"), "OUTSIDE").unwrap();
    let server = site.serve(&[]);
    fs::remove_dir_all(site.root()).unwrap();
    std::os::unix::fs::symlink(site.outside(""), site.root()).unwrap();
    for target in ["/secret", "/", "/canary"] {
        assert_eq!(server.get(target).status, 404, "{target}");
    }
    server.log_until(|log| log.contains("(the served directory was replaced by somebody else's)"));
    fs::remove_file(site.root()).unwrap();
    assert_eq!(server.get("/").status, 404);
    server.log_until(|log| log.contains("(the served directory is not there)"));
    site.file("a.txt", "back");
    assert_eq!(server.get("/a.txt").text(), "back");
}

#[test]
fn dot_is_where_the_server_was_started() {
    let site = site("root-dot");
    let server = serve_path(&site, ".", &["--quiet"]);
    assert_eq!(server.get("/canary").text(), SONG);
    fs::remove_dir_all(site.root()).unwrap();
    assert_eq!(server.get("/").status, 404);
    site.file("a.txt", "new");
    assert_eq!(server.get("/a.txt").text(), "new");
}

/// Mounts this way, for root; `None` where that cannot be done.
fn mount(words: &[&std::ffi::OsStr], at: &Path) -> Option<Mount> {
    let mut command = std::process::Command::new("mount");
    let done = command.args(words).arg(at).output();
    if !done.is_ok_and(|output| output.status.success()) {
        crate::support::skip("cannot mount here");
        return None;
    }
    Some(Mount(at.to_owned()))
}

/// It ends with the test, or before.
struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        let mut command = std::process::Command::new("umount");
        let _ = command.arg("-l").arg(&self.0).output();
    }
}

/// Removes a root and makes it again, on whatever file system it is.
fn assert_made_again_is_served(site: &Site, root: &Path, server: &Server) {
    for round in 0..3 {
        let text = format!("round {round}");
        fs::create_dir_all(root).unwrap();
        fs::write(root.join("a.txt"), &text).unwrap();
        assert_eq!(
            server.get("/a.txt").text(),
            text,
            "{}",
            site.root().display()
        );
        fs::remove_dir_all(root).unwrap();
        for target in ["/", "/a.txt"] {
            assert_eq!(server.get(target).status, 404, "{target}");
        }
    }
    fs::create_dir_all(root).unwrap();
    fs::write(root.join("b.txt"), "last").unwrap();
    assert_eq!(server.get("/b.txt").text(), "last");
    fs::rename(root, root.with_extension("moved")).unwrap();
    assert_eq!(server.get("/b.txt").text(), "last");
}

#[test]
fn a_root_on_an_overlay_that_is_made_again_is_served() {
    let site = site("root-overlay");
    let [lower, upper, work, at] = ["lower", "upper", "work", "at"].map(|name| site.dir(name));
    site.dir("lower/www");
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        lower.display(),
        upper.display(),
        work.display()
    );
    let words = ["-t", "overlay", "-o", &options, "overlay"].map(std::ffi::OsStr::new);
    // One overlay does not lie on another.
    let Some(_mount) = mount(&words, &at) else {
        return;
    };
    let root = at.join("www");
    let server = serve_path(&site, &root, &["--quiet"]);
    assert_made_again_is_served(&site, &root, &server);
}

#[test]
fn a_root_that_is_mounted_over_or_anew_is_served() {
    let site = site("root-mounts");
    let at = site.dir("at");
    site.file("at/a.txt", "below");
    site.file("one/a.txt", "one");
    site.file("two/a.txt", "two");
    let server = serve_path(&site, &at, &["--quiet"]);
    assert_eq!(server.get("/a.txt").text(), "below");
    for _ in 0..2 {
        for name in ["one", "two"] {
            let from = site.path(name);
            let words = [std::ffi::OsStr::new("--bind"), from.as_os_str()];
            let Some(mounted) = mount(&words, &at) else {
                return;
            };
            assert_eq!(server.get("/a.txt").text(), name);
            drop(mounted);
            assert_eq!(server.get("/a.txt").text(), "below");
        }
        let words = ["-t", "tmpfs", "none"].map(std::ffi::OsStr::new);
        let mounted = mount(&words, &at);
        assert_eq!(server.get("/a.txt").status, 404);
        fs::write(at.join("a.txt"), "memory").unwrap();
        assert_eq!(server.get("/a.txt").text(), "memory");
        drop(mounted);
    }
}

/// The program behind a mount, which ends with the test.
struct Fuse(std::process::Child);

impl Drop for Fuse {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_root_on_fuse_that_is_made_again_or_dies_is_told_apart() {
    let site = site("root-fuse");
    let (from, at) = (site.dir("from"), site.dir("at"));
    site.dir("from/www");
    let bind = || {
        let mut command = std::process::Command::new("bindfs");
        let done = command.arg("-f").arg(&from).arg(&at).spawn();
        let Ok(child) = done.map(Fuse) else {
            crate::support::skip("no bindfs");
            return None;
        };
        crate::support::server::wait_for("a mount", || at.join("www").exists().then_some(()));
        Some((child, Mount(at.clone())))
    };
    let Some((child, mounted)) = bind() else {
        return;
    };
    let root = at.join("www");
    let server = serve_path(&site, &root, &[]);
    assert_made_again_is_served(&site, &root, &server);
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("a.txt"), "first").unwrap();
    assert_eq!(server.get("/a.txt").text(), "first");
    // Removed behind its back.
    fs::remove_dir_all(from.join("www")).unwrap();
    crate::support::server::wait_for("the end of what is remembered", || {
        (server.get("/a.txt").status == 404).then_some(())
    });
    fs::create_dir(from.join("www")).unwrap();
    fs::write(from.join("www/a.txt"), "second").unwrap();
    crate::support::server::wait_for("the new one", || {
        (server.get("/a.txt").text() == "second").then_some(())
    });
    // Dead, it is not missing: 404 would have mirrors delete what they have.
    drop(child);
    assert_eq!(server.get("/a.txt").status, 503);
    assert_eq!(server.get("/").status, 503);
    server.log_until(|log| log.contains(&format!("({AWAY})")));
    drop(mounted);
    let Some((_child, _mounted)) = bind() else {
        return;
    };
    assert_eq!(server.get("/a.txt").text(), "second");
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
                assert_eq!(server.get(target).status, 404, "{target}");
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
    assert_eq!(server.get("/cgi-bin/x").text(), "old\n");
    fs::create_dir(site.root()).unwrap();
    assert_eq!(server.get("/cgi-bin/x").status, 404);
    script("new");
    assert_eq!(server.get("/cgi-bin/x").text(), "new\n");
    fs::remove_dir_all(site.outside("moved")).unwrap();
    assert_eq!(server.get("/cgi-bin/x").text(), "new\n");
}
