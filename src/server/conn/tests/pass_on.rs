//! What a proxy says before the first request, cut anywhere, late, or left out.

use std::net::SocketAddr;
use std::time::Duration;

use super::deadlines::BareWire;
use super::{Poller, READABLE, block, value};
use crate::handler::{Cx, Handler, Log, Reply, Request, Response, TrustedProxies};
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::http::status::Status;
use crate::reactor::clock::Clock;
use crate::server::engine::Engine;
use crate::server::link::Event;

/// Answers with who asks whom, and how; keeps the lines of the log.
#[derive(Default)]
struct Who(Vec<String>);

impl Handler for Who {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let name = |end: Option<SocketAddr>| end.map_or("-".into(), |end| end.to_string());
        let ends = [req.peer(), req.local_addr(), req.socket_peer()].map(name);
        let text = format!("{} {}", ends.join(" "), req.scheme().name());
        Response::new(Status::OK).text(text).into()
    }

    fn log(&mut self, entry: Log<'_>) {
        if let Log::Error { message, peer } = entry {
            let peer = peer.map_or("-".into(), |peer| peer.to_string());
            self.0.push(format!("{peer} {message}"));
        }
    }
}

const OWN: &str = "10.0.0.1:5000";

/// What a peer at this address is sent that says these pieces, a turn for each, and waits for so
/// long; whether the connection is gone, and the lines of the log.
fn heard(peer: Option<&str>, pieces: Vec<Vec<u8>>, waits: Duration) -> (String, bool, Vec<String>) {
    let poller = Poller::new();
    let mut now = Clock::new().read();
    let nobody = TrustedProxies::default();
    let proxies = nobody.trust("10.0.0.0/8").unwrap().trust("unix").unwrap();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono)
        .with_proxies(proxies.proxy_protocol(true));
    let wire = BareWire::of(pieces, usize::MAX);
    let peer: Option<SocketAddr> = peer.map(|peer| peer.parse().unwrap());
    let local = peer.and_then(|_| "10.0.0.2:8000".parse().ok());
    let key = engine.insert(wire.clone(), (peer, local), now.mono);
    let mut who = Who::default();
    while !wire.is_read() && engine.len() > 0 {
        engine.announce(key, READABLE);
        engine.run(&mut poller.host(&mut who, &now));
    }
    engine.announce(key, Event::default());
    engine.run(&mut poller.host(&mut who, &now));
    now.mono += waits;
    engine.run(&mut poller.host(&mut who, &now));
    (wire.heard(), engine.len() == 0, who.0)
}

/// The body of the first answer.
fn body(text: &str) -> &str {
    let (_, rest) = text.split_once("\r\n\r\n").unwrap_or(("", text));
    rest.split("HTTP/1.1").next().unwrap_or(rest)
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n";

#[test]
fn a_header_says_who_asks_however_it_is_cut() {
    let v4 = [192, 0, 2, 1, 198, 51, 100, 7, 0, 7, 1, 0xbb];
    let tls = value(0x20, &[1, 0, 0, 0, 0]);
    let client = "192.0.2.1:7 198.51.100.7:443";
    for (header, want) in [
        (
            b"PROXY TCP4 192.0.2.1 198.51.100.7 7 443\r\n".to_vec(),
            format!("{client} {OWN} http"),
        ),
        (
            b"PROXY UNKNOWN\r\n".to_vec(),
            format!("{OWN} 10.0.0.2:8000 {OWN} http"),
        ),
        (
            block(0x20, 0, b""),
            format!("{OWN} 10.0.0.2:8000 {OWN} http"),
        ),
        (block(0x21, 0x11, &v4), format!("{client} {OWN} http")),
        (
            block(0x21, 0x11, &[&v4[..], &tls].concat()),
            format!("{client} {OWN} https"),
        ),
        (block(0x21, 0x31, &[0; 216]), format!("- - {OWN} http")),
    ] {
        let bytes = [
            &header[..],
            GET.as_bytes(),
            b"\r\n",
            GET.as_bytes(),
            b"\r\n",
        ]
        .concat();
        let mut ways = vec![bytes.chunks(1).map(<[u8]>::to_vec).collect()];
        ways.extend((1..bytes.len()).map(|at| {
            let (first, second) = bytes.split_at(at);
            vec![first.to_vec(), second.to_vec()]
        }));
        for way in ways {
            let (text, is_gone, lines) = heard(Some(OWN), way, Duration::ZERO);
            assert_eq!(body(&text), want, "{}", header.escape_ascii());
            assert_eq!(text.matches(&want).count(), 2, "of the second as well");
            assert!(!is_gone && lines.is_empty(), "{lines:?}");
        }
    }
}

#[test]
fn fields_behind_a_header_count_where_it_names_somebody_who_is_trusted() {
    let fields = "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\n";
    let request = format!("{GET}{fields}\r\n");
    let named = "192.0.2.9:0 10.0.0.3:80";
    for (peer, header, want) in [
        // The next proxy.
        (
            Some(OWN),
            "PROXY TCP4 10.9.9.9 10.0.0.3 7 80\r\n",
            format!("{named} {OWN} https"),
        ),
        (
            None,
            "PROXY TCP4 10.9.9.9 10.0.0.3 7 80\r\n",
            format!("{named} - https"),
        ),
        // Anybody, and nobody knows who.
        (
            Some(OWN),
            "PROXY TCP4 6.6.6.6 10.0.0.3 7 80\r\n",
            format!("6.6.6.6:7 10.0.0.3:80 {OWN} http"),
        ),
        (
            Some(OWN),
            "PROXY UNKNOWN\r\n",
            format!("{OWN} 10.0.0.2:8000 {OWN} http"),
        ),
        (None, "PROXY UNKNOWN\r\n", "- - - http".into()),
    ] {
        let said = format!("{header}{request}").into_bytes();
        let (text, ..) = heard(peer, vec![said], Duration::ZERO);
        assert_eq!(body(&text), want, "{header}");
    }
}

#[test]
fn without_a_header_a_proxy_is_closed_without_a_word_and_the_log_has_a_line() {
    let head = Limits::default().head_time;
    let late = head + Duration::from_millis(2);
    let line = "PROXY TCP4 192.0.2.1 198.51.100.7 7 443\r\n";
    let get = format!("{GET}\r\n");
    let told = |why: &str| vec![format!("{OWN} closed: its PROXY header {why}")];
    let none = Vec::new;
    // (what is said, whether the stream ends, how long it waits, what is heard, the log)
    for (said, ends, waits, begins, lines) in [
        (&*get, false, Duration::ZERO, "", told("is missing")),
        ("G", false, Duration::ZERO, "", told("is missing")),
        (
            "PROXY TCP4 a\r\n",
            false,
            Duration::ZERO,
            "",
            told("is malformed"),
        ),
        ("PROXY TCP4", false, late, "", told("timed out")),
        // What a head of these bytes would say is nothing.
        ("\r\n\r\n", false, late, "", told("timed out")),
        ("PROXY TCP4", true, Duration::ZERO, "", told("ends early")),
        // Somebody has looked whether there is somebody.
        ("", false, late, "", none()),
        ("", true, Duration::ZERO, "", none()),
        (line, false, late, "", none()),
        (line, true, Duration::ZERO, "", none()),
    ] {
        let case = format!("{said:?} {ends} {waits:?}");
        let pieces = [said.as_bytes().to_vec()].into_iter();
        let pieces = pieces.filter(|piece| !piece.is_empty());
        let pieces: Vec<Vec<u8>> = pieces.chain(ends.then(Vec::new)).collect();
        if !waits.is_zero() {
            let early = heard(Some(OWN), pieces.clone(), head - Duration::from_millis(2));
            assert_eq!(early, (String::new(), false, none()), "{case}");
        }
        let (text, is_gone, log) = heard(Some(OWN), pieces, waits);
        assert_eq!((&*text, is_gone, log), (begins, true, lines), "{case}");
    }
    // The head has what is left of the time.
    let half = format!("{line}GET /").into_bytes();
    let (text, _, log) = heard(Some(OWN), vec![half], late);
    assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    assert!(log[0].starts_with("192.0.2.1:7 code 408"), "{log:?}");
}

#[test]
fn whoever_is_not_trusted_sends_no_header_and_is_answered_400_for_one() {
    let get = format!("{GET}\r\n");
    let v4 = [1, 1, 1, 1, 2, 2, 2, 2, 0, 1, 0, 2];
    let header = |bytes: &[u8]| [bytes, get.as_bytes()].concat();
    for (said, want) in [
        (header(b""), "HTTP/1.1 200 "),
        (
            header(b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n"),
            "HTTP/1.1 400 ",
        ),
        (header(b"PROXY UNKNOWN\r\n"), "HTTP/1.1 400 "),
        (header(&block(0x21, 0x11, &v4)), "HTTP/1.1 400 "),
        (header(&block(0x20, 0, b"")), "HTTP/1.1 400 "),
    ] {
        let case = said.escape_ascii().to_string();
        let (text, ..) = heard(Some("192.0.2.1:5000"), vec![said], Duration::ZERO);
        assert!(text.starts_with(want), "{case}: {text}");
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{case}: {text}");
    }
}
