//! Directories that change places with symbolic links to outside, as fast as the system can, while
//! they are asked for: not one byte of what lies outside is ever served.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::client::find;
use crate::support::server::request;
use crate::support::{Reply, Server, Site};
use crate::watch::Watch;

/// What no response may hold.
const MARK: &[u8] = b"OUTSIDE";

/// How long each race is run, and how often at least.
const RACE_TIME: Duration = Duration::from_millis(1_500);
const ROUNDS_MIN: usize = 200;

/// Lets two names change places.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn exchange(one: &Path, other: &Path) {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
}

/// Lets two names change places; for a moment there is but one of them.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn exchange(one: &Path, other: &Path) {
    let third = one.with_extension("third");
    fs::rename(one, &third).unwrap();
    fs::rename(other, one).unwrap();
    fs::rename(&third, other).unwrap();
}

/// Exchanges two names in a tight loop while `ask` is called again and again.
fn race(one: &Path, other: &Path, mut ask: impl FnMut()) {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                exchange(one, other);
            }
        });
        struct Ending<'a>(&'a AtomicBool);
        impl Drop for Ending<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _ending = Ending(&over);
        let (start, mut rounds) = (Instant::now(), 0);
        while rounds < ROUNDS_MIN || start.elapsed() < RACE_TIME {
            ask();
            rounds += 1;
        }
    });
}

fn assert_inside(reply: &Reply, about: &str) {
    let text = format!("{reply:?}");
    let leaks = find(&reply.body, MARK).is_some() || find(text.as_bytes(), MARK).is_some();
    assert!(!leaks, "{about}: {text}");
}

/// A site with a directory, and a link to a directory outside that has the same names in it.
fn site_with_twins(name: &str, inside: &str) -> Site {
    let site = crate::site(name);
    let large = [b'i'; 100_000];
    let outside: Vec<u8> = MARK.iter().copied().cycle().take(100_000).collect();
    for (folder, text, large) in [
        (site.path(inside), &b"inside"[..], &large[..]),
        (site.outside("twin"), b"OUTSIDE", &outside),
    ] {
        fs::create_dir_all(folder.join("deep/er")).unwrap();
        fs::write(folder.join("file"), text).unwrap();
        fs::write(folder.join("deep/er/file"), text).unwrap();
        fs::write(folder.join("large"), large).unwrap();
        fs::create_dir(folder.join("page")).unwrap();
        fs::write(folder.join("page/index.html"), text).unwrap();
    }
    fs::write(site.outside("twin/OUTSIDE"), "").unwrap();
    fs::write(site.outside("twin/deep/OUTSIDE"), "").unwrap();
    site
}

/// Asks for everything in the directory, and says how many answers of each kind there were.
fn assert_nothing_leaks(server: &Server, site: &Site, directory: &str, link: &Path) {
    let targets = [
        "file",
        "large",
        "deep/er/file",
        "deep/",
        "",
        "page/",
        "page",
        "OUTSIDE",
        "deep/../file",
    ];
    let (mut found, mut missing) = (0, 0);
    Watch::of(server).cpu(150).during(|| {
        let mut peer = server.connect();
        let mut number = 0;
        race(&site.path(directory), link, || {
            let target = targets[number % targets.len()];
            number += 1;
            let fields = match number % 3 {
                0 => "Range: bytes=1-9,50000-50099\r\n",
                1 => "Accept: application/json\r\n",
                _ => "",
            };
            let target = format!("/{directory}/{target}");
            peer.send(request("GET", &target, fields));
            let mut reply = peer.read_response();
            // The log's and the page's own words may repeat what was asked for.
            if target.ends_with("OUTSIDE") {
                assert_ne!(reply.status, 200, "{reply:?}");
                reply.body.clear();
            }
            assert_inside(&reply, &target);
            match reply.status {
                200 | 206 | 301 => found += 1,
                404 | 503 => missing += 1,
                other => panic!("{target}: {other}"),
            }
        });
    });
    assert!(found > 0, "it was never a directory");
    assert!(missing > 0, "it was never a link");
}

#[test]
fn a_directory_swapped_for_a_link_never_leads_outside() {
    for policy in ["inside", "never"] {
        for relative in [false, true] {
            let site = site_with_twins("swap", "dir");
            let target = if relative {
                Path::new("../outside/twin").to_owned()
            } else {
                site.outside("twin")
            };
            let link = site.link("link", target);
            let server = site.serve(&["--quiet", "--symlinks", policy]);
            assert_nothing_leaks(&server, &site, "dir", &link);
        }
    }
}

#[test]
fn a_parent_swapped_for_a_link_never_leads_outside() {
    let site = site_with_twins("swap-parent", "up/dir");
    fs::create_dir(site.outside("up")).unwrap();
    fs::rename(site.outside("twin"), site.outside("up/dir")).unwrap();
    let link = site.link("link", site.outside("up"));
    let server = site.serve(&["--quiet"]);
    let mut peer = server.connect();
    Watch::of(&server).cpu(150).during(|| {
        race(&site.path("up"), &link, || {
            for target in ["/up/dir/file", "/up/dir/deep/../file", "/up/dir/"] {
                peer.send(request("GET", target, ""));
                assert_inside(&peer.read_response(), target);
            }
        });
    });
}

#[test]
fn a_file_swapped_for_a_link_never_leads_outside() {
    for policy in ["inside", "never"] {
        let site = site_with_twins("swap-file", "dir");
        let link = site.link("dir/link", site.outside("twin/file"));
        let server = site.serve(&["--quiet", "--symlinks", policy]);
        let mut peer = server.connect();
        Watch::of(&server).cpu(150).during(|| {
            race(&site.path("dir/file"), &link, || {
                peer.send(request("GET", "/dir/file", ""));
                assert_inside(&peer.read_response(), policy);
            });
        });
    }
}

#[cfg(feature = "cgi")]
const SCRIPT: &str = "#!/bin/sh\n# SOURCE\necho 'Content-Type: text/plain'\necho\n";

/// A directory for scripts, and one outside with a script of the same name.
#[cfg(feature = "cgi")]
fn site_with_scripts(name: &str, inside: &str) -> Site {
    let site = crate::site(name);
    site.script(&format!("{inside}/x"), &format!("{SCRIPT}echo inside\n"));
    let twin = site.script("twin", &format!("{SCRIPT}echo OUTSIDE\n"));
    fs::create_dir(site.outside("scripts")).unwrap();
    fs::rename(twin, site.outside("scripts/x")).unwrap();
    site.link("link", site.outside("scripts"));
    site
}

#[cfg(feature = "cgi")]
#[test]
fn a_script_outside_is_never_run_and_no_source_is_served() {
    for (directory, policy) in [
        ("cgi-bin", "inside"),
        ("cgi-bin", "never"),
        ("cgi-bin/deep", "inside"),
        ("cgi-bin/deep/er", "inside"),
    ] {
        let site = site_with_scripts("swap-scripts", directory);
        let mut server = site.serve(&["--quiet", "--cgi", "--symlinks", policy]);
        let mut ran = 0;
        Watch::of(&server).cpu(150).descriptors(40).during(|| {
            let mut peer = server.connect();
            race(&site.path(directory), &site.path("link"), || {
                for target in ["x", "x/info"] {
                    let target = format!("/{directory}/{target}");
                    peer.send(request("GET", &target, ""));
                    let reply = peer.read_response();
                    assert_inside(&reply, &target);
                    assert_eq!(find(&reply.body, b"SOURCE"), None, "{reply:?}");
                    ran += usize::from(reply.status == 200);
                }
            });
        });
        assert!(ran > 0, "no script was run");
        assert!(server.is_running());
    }
}
