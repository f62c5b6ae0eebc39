//! Files beside scripts that are remembered: once they are scripts themselves, or lie where scripts
//! are, no answer shows them, although nothing about the file has changed.

use std::fs;
use std::time::Duration;

use super::aliases::{Mount, root_can};
use super::{RAN, site};
use crate::support::server::request;
use crate::support::{Raw, Server, Site};

/// How often each change is made and taken back, a count.
const ROUNDS: usize = 40;

/// What is served, and must not be while it is closed.
const PUBLIC: &str = "PUBLIC";

/// Something that makes scripts of files, and what is asked for meanwhile.
struct Closing {
    what: &'static str,
    target: &'static str,
    close: fn(&Site),
    open: fn(&Site),
}

fn rename(site: &Site, from: &str, to: &str) {
    fs::rename(site.path(from), site.path(to)).unwrap();
}

fn unlink(site: &Site, name: &str) {
    fs::remove_file(site.path(name)).unwrap();
}

fn link(site: &Site, name: &str, target: &str) {
    site.link(name, target);
}

/// The directory of scripts is another one by a link.
fn scripts_are_in(site: &Site, target: &str) {
    rename(site, "cgi-bin", "old");
    link(site, "cgi-bin", target);
}

fn scripts_are_back(site: &Site) {
    unlink(site, "cgi-bin");
    rename(site, "old", "cgi-bin");
}

fn move_into_scripts(site: &Site) {
    rename(site, "up/pub", "cgi-bin/pub");
    rename(site, "up", "old");
    link(site, "up", "cgi-bin");
}

fn move_out_of_scripts(site: &Site) {
    unlink(site, "up");
    rename(site, "old", "up");
    rename(site, "cgi-bin/pub", "up/pub");
}

const CLOSINGS: [Closing; 11] = [
    Closing {
        what: "its directory is the scripts', by a link",
        target: "/up/pub/f",
        close: |site| scripts_are_in(site, "up/pub"),
        open: scripts_are_back,
    },
    Closing {
        what: "the directory above is",
        target: "/up/pub/f",
        close: |site| scripts_are_in(site, "up"),
        open: scripts_are_back,
    },
    Closing {
        what: "it is, where no directory of scripts was",
        target: "/up/pub/f",
        close: |site| link(site, "htbin", "up/pub"),
        open: |site| unlink(site, "htbin"),
    },
    Closing {
        what: "the file is a script, by a link",
        target: "/up/pub/f",
        close: |site| link(site, "run.cgi", "up/pub/f"),
        open: |site| unlink(site, "run.cgi"),
    },
    Closing {
        what: "and by a name of its own",
        target: "/up/pub/f",
        close: |site| fs::hard_link(site.path("up/pub/f"), site.path("run.cgi")).unwrap(),
        open: |site| unlink(site, "run.cgi"),
    },
    Closing {
        what: "its directory was renamed, and a link put in its place",
        target: "/up/pub/f",
        close: |site| {
            rename(site, "cgi-bin", "old");
            rename(site, "up", "cgi-bin");
            link(site, "up", "cgi-bin");
        },
        open: |site| {
            unlink(site, "up");
            rename(site, "cgi-bin", "up");
            rename(site, "old", "cgi-bin");
        },
    },
    Closing {
        what: "its directory was moved into that of scripts, and is found by a link",
        target: "/up/pub/f",
        close: move_into_scripts,
        open: move_out_of_scripts,
    },
    Closing {
        what: "so was a directory without its slash",
        target: "/up/pub",
        close: move_into_scripts,
        open: move_out_of_scripts,
    },
    Closing {
        what: "so was the index page of a directory",
        target: "/up/pub/",
        close: move_into_scripts,
        open: move_out_of_scripts,
    },
    Closing {
        what: "a link leads to the scripts, where there is a file of the same name",
        target: "/up/pub/f",
        close: |site| {
            rename(site, "up/pub", "old");
            link(site, "up/pub", "../cgi-bin");
        },
        open: |site| {
            unlink(site, "up/pub");
            rename(site, "old", "up/pub");
        },
    },
    Closing {
        what: "the file itself was moved there, where a link leads",
        target: "/up/pub/f",
        close: |site| {
            rename(site, "up/pub/f", "cgi-bin/f");
            rename(site, "up/pub", "old");
            link(site, "up/pub", "../cgi-bin");
        },
        open: |site| {
            unlink(site, "up/pub");
            rename(site, "old", "up/pub");
            rename(site, "cgi-bin/f", "up/pub/f");
        },
    },
];

fn site_of_files(name: &str) -> Site {
    let site = site(name);
    site.file("up/pub/f", PUBLIC);
    site.file("up/pub/index.html", PUBLIC);
    site.file("cgi-bin/f", "SOURCE");
    // Now and then a change is so young that nothing is remembered: files at least are not.
    std::thread::sleep(Duration::from_millis(30));
    site
}

fn serve(site: &Site) -> Server {
    let directories = "/cgi-bin,/htbin,/run.cgi";
    site.serve(&["--quiet", "--cgi-directories", directories])
}

/// Asks until it is remembered.
fn warm(peer: &mut Raw, target: &str, about: &str) {
    for _ in 0..3 {
        peer.send(request("GET", target, ""));
        let reply = peer.read_response();
        assert!([200, 301].contains(&reply.status), "{about}: {reply:?}");
        assert!(reply.status == 301 || reply.text() == PUBLIC, "{about}");
    }
}

/// Asks in all the ways that something remembered is answered, and gets nothing of it.
fn assert_closed(peer: &mut Raw, target: &str, about: &str) {
    let asked = [
        ("GET", ""),
        ("GET", "Range: bytes=0-2\r\n"),
        ("GET", "If-None-Match: *\r\n"),
        ("HEAD", ""),
    ];
    let requests = asked.map(|(method, fields)| request(method, target, fields));
    peer.send(requests.concat());
    for (method, fields) in asked {
        let reply = peer.read_response_to(method);
        let about = format!("{about}, {method} {target} {fields}: {reply:?}");
        assert!([403, 404].contains(&reply.status), "{about}");
        let is_shown = ["PUB", "SOU"].map(|start| reply.text().contains(start));
        assert_eq!(is_shown, [false; 2], "{about}");
    }
}

#[test]
fn what_is_remembered_is_closed_with_the_first_request_after_it_became_a_script() {
    let site = site_of_files("cgi-remembered");
    let server = serve(&site);
    let mut peer = server.connect();
    for Closing {
        what,
        target,
        close,
        open,
    } in CLOSINGS
    {
        for round in 0..ROUNDS {
            let about = format!("{what}, round {round}");
            warm(&mut peer, target, &about);
            close(&site);
            assert_closed(&mut peer, target, &about);
            open(&site);
        }
        warm(&mut peer, target, what);
    }
}

#[test]
fn what_is_remembered_is_closed_by_a_mount() {
    let site = site_of_files("cgi-remembered-mount");
    site.script("run.cgi", RAN);
    let server = serve(&site);
    let mut peer = server.connect();
    for (from, over, target) in [
        // It is the directory of scripts, and the script, then.
        ("up/pub", "cgi-bin", "/up/pub/f"),
        ("up", "cgi-bin", "/up/pub/f"),
        ("up/pub", "cgi-bin", "/up/pub/"),
        ("up", "cgi-bin", "/up/pub"),
        ("up/pub/f", "run.cgi", "/up/pub/f"),
        // The scripts lie there then.
        ("cgi-bin", "up/pub", "/up/pub/f"),
        ("cgi-bin", "up", "/up/f"),
    ] {
        let about = format!("{from} over {over}");
        let [from, over] = [from, over].map(|name| site.path(name));
        let is_there = site.path(&target[1..]).exists();
        if is_there {
            warm(&mut peer, target, &about);
        }
        if !root_can("mount", &[&"--bind", &from, &over]) {
            return;
        }
        let mount = Mount(&over);
        assert_closed(&mut peer, target, &about);
        drop(mount);
        if is_there {
            warm(&mut peer, target, &about);
        }
    }
}

#[test]
fn a_directory_of_scripts_that_is_made_anew_closes_what_it_is_by_then() {
    let site = site_of_files("cgi-remembered-anew");
    let server = serve(&site);
    let mut peer = server.connect();
    fs::remove_dir_all(site.path("cgi-bin")).unwrap();
    for round in 0..ROUNDS {
        let about = format!("round {round}");
        warm(&mut peer, "/up/pub/f", &about);
        // Its number may be that of the one before.
        fs::create_dir(site.path("cgi-bin")).unwrap();
        warm(&mut peer, "/up/pub/f", &about);
        fs::remove_dir(site.path("cgi-bin")).unwrap();
        link(&site, "cgi-bin", "up");
        assert_closed(&mut peer, "/up/pub/f", &about);
        unlink(&site, "cgi-bin");
    }
}

/// Of a longer page only what is said of it is remembered. It is not looked at for whoever asks for
/// its bytes and is then refused as for a script; who asks for no bytes behind him is not told.
#[test]
fn nothing_is_told_of_a_longer_page_that_became_a_script() {
    let site = site_of_files("cgi-remembered-long");
    site.file("up/pub/index.html", [b'a'; 20_000]);
    site.file("cgi-bin/index.html", "SOURCE");
    std::thread::sleep(Duration::from_millis(30));
    let server = serve(&site);
    let mut peer = server.connect();
    for round in 0..ROUNDS {
        for _ in 0..3 {
            peer.send(request("GET", "/up/pub/", ""));
            assert_eq!(peer.read_response().body.len(), 20_000, "round {round}");
        }
        rename(&site, "up/pub", "old");
        link(&site, "up/pub", "../cgi-bin");
        assert_closed(&mut peer, "/up/pub/", &format!("round {round}"));
        unlink(&site, "up/pub");
        rename(&site, "old", "up/pub");
    }
}
