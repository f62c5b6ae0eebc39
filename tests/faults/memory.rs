//! Hardly any memory, and peers that each take as much of it as they can.

use std::fs;

use rustix::process::Signal;

use crate::support::server::request;
use crate::support::{Raw, Server, Site, measure, skip};
use crate::watch::{SONG, Watch};
use crate::{LARGE, serve_after, site};

/// Peers of each kind. All of them together would take ten megabytes.
const PEERS: usize = 50;
const KINDS: usize = 5;

fn site_with_much(name: &str) -> Site {
    let site = site(name);
    site.sparse("large", LARGE);
    site.dir("dir");
    for number in 0..1_000 {
        fs::write(site.path(format!("dir/{number:0100}")), "").unwrap();
    }
    site.script(
        "cgi-bin/flood",
        "#!/bin/sh\necho 'Content-Type: text/plain'\necho\nexec yes\n",
    );
    site
}

/// A peer that takes memory in its own way, and lets go of nothing.
fn greedy(server: &Server, kind: usize) -> Raw {
    let mut peer = server.connect();
    let bytes = match kind {
        // A head that stays one byte short of its end.
        0 => format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(30_000)).into_bytes(),
        // Listings that are held for their reader.
        1 => request("GET", "/dir/", ""),
        // Answers that nobody reads.
        2 => request("GET", "/nope", "").repeat(2_000),
        3 => request("GET", "/large", ""),
        _ => request("GET", "/cgi-bin/flood", ""),
    };
    // It may be sent away before it has said all.
    let _ = peer.try_send(bytes);
    peer
}

#[test]
fn a_limit_on_memory_closes_the_greediest_and_does_not_end_the_server() {
    if !cfg!(target_os = "linux") || !measure::can_measure() {
        return skip("no limit on address space that holds");
    }
    if !measure::allow_descriptors(10 * PEERS as u64) {
        return;
    }
    let site = site_with_much("address-space");
    let options = ["--cgi", "--quiet"];
    let options = if cfg!(feature = "cgi") {
        &options[..]
    } else {
        &options[1..]
    };
    let idle = {
        let server = site.serve(options);
        server.get("/canary");
        measure::status_kib(server.pid(), "VmSize:")
    };
    for more in [2 << 10, 6 << 10] {
        let mut server = serve_after(&site, &format!("ulimit -v {}", idle + more), options);
        let peers = Watch::of(&server)
            .memory(more)
            .descriptors(10 * PEERS)
            .cpu(600)
            .during(|| -> Vec<Raw> {
                let peers = (0..KINDS * PEERS).map(|number| greedy(&server, number % KINDS));
                peers.collect()
            });
        assert!(server.is_running());
        drop(peers);
        assert_eq!(server.get("/canary").text(), SONG);
        server.signal(Signal::INT);
        assert!(server.wait().success());
    }
}
