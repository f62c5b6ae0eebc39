//! Hardly any descriptors, and more peers than those.

use std::fs;

use crate::support::server::request;
use crate::support::{Raw, Server, Site, measure};
use crate::watch::{SONG, Watch};
use crate::{serve_after, site};

/// More than there are descriptors, by far.
const PEERS: usize = 100;

fn site_with_everything(name: &str) -> Site {
    let site = site(name);
    site.sparse("large", 1 << 20);
    site.dir("dir");
    for number in 0..50 {
        fs::write(site.path(format!("dir/{number}")), "").unwrap();
    }
    site.script(
        "cgi-bin/x",
        "#!/bin/sh\necho 'Content-Type: text/plain'\necho\necho ran\n",
    );
    site
}

fn serve_with(site: &Site, descriptors: usize, options: &[&str]) -> Server {
    let options = [options, &["--quiet", "--idle-timeout", "2"]].concat();
    serve_after(site, &format!("ulimit -n {descriptors}"), &options)
}

/// The canary's old connection may have to make room, and its answer may be to come again.
fn watch(server: &Server, descriptors: usize) -> Watch<'_> {
    let before = if measure::can_measure() {
        measure::open_fds(server.pid())
    } else {
        0
    };
    let most = descriptors - before;
    let watch = Watch::of(server).asking("/canary", &[200, 503]);
    watch.may_lose().descriptors(most).cpu(50)
}

#[test]
fn more_peers_than_32_or_64_descriptors_are_answered_one_after_the_other() {
    for descriptors in [32, 64] {
        let site = site_with_everything("few");
        let mut server = serve_with(&site, descriptors, &[]);
        watch(&server, descriptors).during(|| {
            let targets = ["/canary", "/large", "/dir/", "/nope", "/dir"];
            let connect = |number: usize| {
                let mut peer = server.connect();
                let target = targets[number % targets.len()];
                peer.send(request("GET", target, "Connection: close\r\n"));
                peer
            };
            let mut peers: Vec<Raw> = (0..PEERS).map(connect).collect();
            for (number, peer) in peers.iter_mut().enumerate() {
                let status = peer.read_response().status;
                let want = [200, 200, 200, 404, 301][number % targets.len()];
                assert!([want, 503].contains(&status), "{number}: {status}");
                peer.expect_close();
            }
        });
        assert!(server.is_running());
        assert_eq!(server.get("/canary").text(), SONG);
    }
}

#[test]
fn peers_that_hold_all_descriptors_and_say_nothing_give_way() {
    for descriptors in [32, 64] {
        let site = site_with_everything("silent");
        let server = serve_with(&site, descriptors, &[]);
        // Each that has just come has a quarter of a second to speak.
        let count = descriptors / 4;
        let silent: Vec<Raw> = (0..count).map(|_| server.connect()).collect();
        watch(&server, descriptors).during(|| {
            for _ in 0..5 {
                assert_eq!(server.get("/canary").text(), SONG);
            }
        });
        drop(silent);
    }
}

#[cfg(feature = "cgi")]
#[test]
fn scripts_with_hardly_any_descriptors_run_or_are_503() {
    for descriptors in [32, 64] {
        let site = site_with_everything("few-scripts");
        let mut server = serve_with(&site, descriptors, &["--cgi"]);
        let mut ran = 0;
        watch(&server, descriptors).during(|| {
            for _ in 0..3 {
                let connect = |_| {
                    let mut peer = server.connect();
                    peer.send(request("GET", "/cgi-bin/x", "Connection: close\r\n"));
                    peer
                };
                let mut peers: Vec<Raw> = (0..PEERS / 4).map(connect).collect();
                for peer in &mut peers {
                    let reply = peer.read_response();
                    assert!([200, 503].contains(&reply.status), "{reply:?}");
                    ran += usize::from(reply.status == 200);
                }
            }
        });
        assert!(ran > 0);
        assert!(server.is_running());
        assert_eq!(server.get("/cgi-bin/x").text(), "ran\n");
    }
}
