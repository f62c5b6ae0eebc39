//! Peers that ask for more scripts than may run: they are served in turn.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::site;
use crate::support::client::raw_from;
use crate::support::server::{request, wait_for};
use crate::support::{Raw, Server, Site, measure, skip};
use crate::watch::SONG;

/// Requests that wait at most.
const WAITING_MAX: usize = 128;

/// Those of each address, by its last number.
const CROWDS: [(u8, usize); 3] = [(2, 300), (3, 100), (4, 100)];

/// A script that notes who asks for it in a log, and waits at a gate if it is the first; with the
/// paths of both.
fn gated() -> (Site, PathBuf, PathBuf) {
    let site = site("turns");
    let out = site.dir("out");
    fs::set_permissions(&out, fs::Permissions::from_mode(0o777)).unwrap();
    let (log, gate) = (out.join("log"), site.fifo("out/gate"));
    fs::set_permissions(&gate, fs::Permissions::from_mode(0o666)).unwrap();
    site.script(
        "cgi-bin/s",
        &format!(
            "#!/bin/sh\necho $REMOTE_ADDR >>'{}'\n\
             [ \"$QUERY_STRING\" = first ] && read x <'{}'\n\
             printf 'Content-Type: text/plain\\n\\nok'\n",
            log.display(),
            gate.display()
        ),
    );
    (site, log, gate)
}

/// Asks for it from an address of this machine; `None` where it is none.
fn ask(server: &Server, last: u8, query: &str) -> Option<Raw> {
    let mut peer = raw_from(IpAddr::from([127, 0, 0, last]), server.addr()).ok()?;
    let fields = "Connection: close\r\n";
    peer.send(request("GET", format!("/cgi-bin/s?{query}"), fields));
    Some(peer)
}

/// Who asked for the scripts that were started, once there are so many.
fn started(log: &Path, count: usize) -> Vec<String> {
    wait_for("scripts run", || {
        let text = fs::read_to_string(log).ok()?;
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        (lines.len() >= count).then_some(lines)
    })
}

#[test]
fn a_newcomer_waits_for_one_script_of_each_other_address_at_most() {
    if !measure::allow_descriptors(2_000) {
        return skip("too few descriptors");
    }
    let (site, log, gate) = gated();
    let server = site.serve(&["--cgi", "--cgi-max", "1", "--quiet"]);
    let Some(first) = ask(&server, 2, "first") else {
        return skip("127.0.0.2 and the like are no addresses of this machine");
    };
    started(&log, 1);
    let mut peers = vec![(2, first)];
    for (last, count) in CROWDS.into_iter().chain([(1, 1)]) {
        peers.extend((0..count).map(|_| (last, ask(&server, last, "").unwrap())));
        // Whoever comes after them is answered after they have been read.
        assert_eq!(server.get("/canary").text(), SONG);
    }
    fs::write(&gate, "go\n").unwrap();
    let mut answered = BTreeMap::new();
    for (last, mut peer) in peers {
        let reply = peer.read_response();
        match reply.status {
            503 => assert_eq!(reply.field("Retry-After"), "2"),
            _ => *answered.entry(last).or_insert(0) += usize::from(reply.status == 200),
        }
    }
    // As many have waited as may, each address with its share, and the newcomer is among them.
    assert_eq!(answered.remove(&1), Some(1));
    let [one, others @ ..] = [2, 3, 4].map(|last| answered[&last]);
    let waited = [one - 1, others[0], others[1]];
    assert_eq!(waited.iter().sum::<usize>() + 1, WAITING_MAX, "{waited:?}");
    let are_even = waited.iter().all(|count| (40..=45).contains(count));
    assert!(are_even, "{waited:?}");
    let order = started(&log, 1 + WAITING_MAX);
    let newcomer = order.iter().position(|peer| peer == "127.0.0.1").unwrap();
    let mut before = order[1..newcomer].to_vec();
    before.sort_unstable();
    before.dedup();
    assert_eq!(before.len(), newcomer - 1, "{:?}", &order[..=newcomer]);
}
