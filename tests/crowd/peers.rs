//! The peers' side, in a process of their own.

use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;

use super::hub::{EVENT_BYTES, KEPT};
use super::support::client::find;
use super::support::{PATIENCE, raw};

/// Peers that read at once, a count.
pub const PROMPT: usize = 4;
/// Peers that do not, until all was said.
pub const LATE: usize = 8;

struct Peer {
    stream: TcpStream,
    got: Vec<u8>,
}

fn server() -> String {
    env::var("CROWD_SERVER").expect("the other test starts this one")
}

impl Peer {
    /// Begins to listen: the head is read, and no event.
    fn new() -> Peer {
        let stream = TcpStream::connect(server()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut peer = Peer {
            stream,
            got: Vec::new(),
        };
        peer.stream
            .write_all(b"GET /events HTTP/1.1\r\nHost: h\r\n\r\n")
            .unwrap();
        peer.read_past(b"\r\n\r\n");
        let end = find(&peer.got, b"\r\n\r\n").unwrap() + 4;
        assert!(peer.got.starts_with(b"HTTP/1.1 200 "));
        peer.got.drain(..end);
        peer
    }

    /// Reads until these bytes have come.
    fn read_past(&mut self, bytes: &[u8]) {
        let (mut buffer, mut from) = ([0; 4096], 0);
        while find(&self.got[from..], bytes).is_none() {
            from = self.got.len().saturating_sub(bytes.len());
            let count = self.stream.read(&mut buffer).expect("more events");
            assert!(
                count > 0,
                "the stream ends before {:?}",
                bytes.escape_ascii().to_string()
            );
            self.got.extend_from_slice(&buffer[..count]);
        }
    }

    /// The numbers of all events that have come, without their framing.
    fn heard(&self) -> Vec<usize> {
        let (mut rest, mut text) = (&self.got[..], String::new());
        while let Some(end) = find(rest, b"\r\n") {
            let size = std::str::from_utf8(&rest[..end]).unwrap();
            let size = usize::from_str_radix(size, 16).expect("the size of a chunk");
            let chunk = &rest[end + 2..][..size];
            text.push_str(std::str::from_utf8(chunk).unwrap());
            assert_eq!(&rest[end + 2 + size..][..2], b"\r\n");
            rest = &rest[end + 2 + size + 2..];
        }
        assert_eq!(rest, b"");
        let events = text.split_terminator("\n\n");
        events
            .map(|event| event.trim_start_matches("data:").trim().parse().unwrap())
            .collect()
    }
}

/// Tells the server something; what it answers.
fn tell(control: &mut super::support::Raw, what: &str) -> String {
    control.send(format!("GET /{what} HTTP/1.1\r\nHost: h\r\n\r\n"));
    control.read_response().text().to_owned()
}

#[test]
#[ignore = "the other half of each_of_5000_event_streams_hears_each_event_once"]
fn listen() {
    const ROUNDS: usize = 12;
    const LEAVE: usize = 100;
    let count: usize = env::var("CROWD_PEERS").unwrap().parse().unwrap();
    super::peers_max();
    let mut control = raw(server().parse().unwrap());
    tell(&mut control, "mark");
    let mut peers: Vec<Peer> = (0..count).map(|_| Peer::new()).collect();
    assert_eq!(tell(&mut control, "mark"), count.to_string());
    let mut told = 0;
    for round in 0..ROUNDS {
        let listen: usize = tell(&mut control, &round.to_string()).parse().unwrap();
        told += 1;
        // Those who have left are noticed when they are written to.
        assert!(listen >= peers.len() && listen <= count, "{listen} listen");
        // One in ten is late: it reads when all is over.
        let prompt = peers.iter_mut().enumerate().filter(|(at, _)| at % 10 != 0);
        prompt.for_each(|(_, peer)| peer.read_past(format!(" {round:>3}\n\n").as_bytes()));
        if round == 3 {
            peers.truncate(count.saturating_sub(LEAVE).max(1));
        }
    }
    assert_eq!(tell(&mut control, "mark"), peers.len().to_string());
    tell(&mut control, "over");
    for (number, mut peer) in peers.into_iter().enumerate() {
        peer.read_past(b"0\r\n\r\n");
        assert_eq!(peer.heard(), (0..told).collect::<Vec<_>>(), "peer {number}");
    }
}

#[test]
#[ignore = "the other half of who_does_not_read_holds_up_nobody_and_costs_a_buffer"]
fn dawdle() {
    // Far more than the buffers of both sockets hold.
    const ROUNDS: usize = 600;
    let mut control = raw(server().parse().unwrap());
    tell(&mut control, "mark");
    let mut peers: Vec<Peer> = (0..PROMPT + LATE).map(|_| Peer::new()).collect();
    tell(&mut control, "mark");
    for round in 0..ROUNDS {
        tell(&mut control, &format!("{round}?large"));
        for peer in &mut peers[..PROMPT] {
            peer.got.clear();
            peer.read_past(format!(" {round}\n\n\r\n").as_bytes());
            assert!(peer.got.len() > EVENT_BYTES, "each event, whole");
        }
    }
    tell(&mut control, "mark");
    tell(&mut control, "over");
    for mut peer in peers.drain(PROMPT..) {
        peer.read_past(b"\r\n0\r\n\r\n");
        let heard = peer.heard();
        assert!(
            heard.is_sorted_by(|a, b| a < b),
            "once each, in order: {heard:?}"
        );
        assert_eq!(
            heard[heard.len() - KEPT..],
            *(ROUNDS - KEPT..ROUNDS).collect::<Vec<_>>()
        );
        assert!(heard.len() < ROUNDS, "nobody was late");
    }
}
