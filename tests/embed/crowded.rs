//! Switched connections among others: who makes room, who counts, and what the log has of them.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;

use sprat::log::{LogFormat, ServerLog};
use sprat::{Cx, Handler, Limits, Log, Reply, Request};

use super::support::client::raw_unless_refused;
use super::support::{PATIENCE, Raw};
use super::upgrade::{ASK, echo, read_101, told_by};
use super::{Running, serve, text};

const GET: &str = "GET /plain HTTP/1.1\r\nHost: h\r\n\r\n";

fn answer(req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
    match req.path() {
        "/plain" => text("plain").into(),
        _ => echo(),
    }
}

fn switched(server: &Running) -> Raw {
    let mut peer = server.send(ASK);
    read_101(&mut peer);
    peer
}

fn assert_echoes(peer: &mut Raw) {
    peer.send("still here");
    assert_eq!(peer.read_exactly(10), b"still here");
}

#[test]
fn who_is_idle_makes_room_and_a_quiet_switched_connection_does_not() {
    let limits = Limits {
        connections_max: 2,
        ..Limits::default()
    };
    let (server, _log) = told_by(limits, answer);
    let mut first = switched(&server);
    let mut idle = server.send(GET);
    assert_eq!(idle.read_response().text(), "plain");
    // It has come last, and is the one to go.
    let mut second = switched(&server);
    idle.expect_close();
    let mut waiting = server.send(GET);
    for _ in 0..20 {
        assert_echoes(&mut first);
        assert_echoes(&mut second);
    }
    assert!(!waiting.has_data(), "both places are taken");
    first.half_close();
    first.expect_close();
    assert_eq!(waiting.read_response().text(), "plain");
    assert_echoes(&mut second);
}

#[test]
fn a_switched_connection_is_one_of_its_peers_until_it_ends() {
    let limits = Limits {
        connections_per_peer_max: 2,
        ..Limits::default()
    };
    let (server, log) = told_by(limits, answer);
    let mut peers = [switched(&server), switched(&server)];
    let refused = raw_unless_refused(server.addr);
    let said = refused.map_or(Vec::new(), |mut peer| peer.read_until_cut());
    assert_eq!(said, b"", "without a word");
    peers.iter_mut().for_each(assert_echoes);
    let [mut first, mut second] = peers;
    first.half_close();
    first.expect_close();
    assert_eq!(super::line(&log), "101, in 10, out 10, complete");
    assert_eq!(server.send(GET).read_response().text(), "plain");
    assert_echoes(&mut second);
}

/// A site and its log.
struct Logged(ServerLog<UnixStream>);

impl Handler for Logged {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        answer(req, cx)
    }

    fn log(&mut self, entry: Log<'_>) {
        self.0.entry(&entry);
    }

    fn turn_ended(&mut self) {
        self.0.flush();
    }
}

#[test]
fn the_log_has_the_bytes_of_both_ways_when_it_is_over() {
    for (format, plain, switched) in [
        (
            LogFormat::Common,
            "\" 200 5\n",
            "\"GET / HTTP/1.1\" 101 9\n",
        ),
        (
            LogFormat::Combined,
            "\" 200 5 ",
            "\"GET / HTTP/1.1\" 101 9 \"-\" \"-\"\n",
        ),
        (
            LogFormat::Json,
            r#""status":200,"bytes":5,"taken":0,"#,
            r#""target":"/","version":"HTTP/1.1","status":101,"bytes":9,"taken":9,"#,
        ),
    ] {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut lines = BufReader::new(ours);
        let mut read = || {
            let mut line = String::new();
            lines.read_line(&mut line).expect("a line of the log");
            line
        };
        let server = serve(move || Logged(ServerLog::new(theirs).format(format)));
        let mut peer = server.send(format!("{ASK}early"));
        read_101(&mut peer);
        assert_eq!(peer.read_exactly(5), b"early");
        // Whatever is over before has its line before.
        assert_eq!(server.send(GET).read_response().text(), "plain");
        let line = read();
        assert!(line.contains(plain), "{line}");
        peer.send("last");
        peer.half_close();
        assert_eq!(peer.read_to_end(), b"last");
        let line = read();
        assert!(line.contains(switched), "{line}");
        assert!(
            format != LogFormat::Json || line.contains(r#""end":"complete""#),
            "{line}"
        );
    }
}

#[test]
fn pythons_line_is_there_as_soon_as_it_is_switched() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_read_timeout(Some(PATIENCE)).unwrap();
    let server = serve(move || Logged(ServerLog::new(theirs)));
    let mut peer = switched(&server);
    let mut line = String::new();
    BufReader::new(ours).read_line(&mut line).unwrap();
    assert!(line.ends_with("\"GET / HTTP/1.1\" 101 -\n"), "{line}");
    assert_echoes(&mut peer);
}
