//! Connections that are switched to another protocol: by 101, and by a 2xx to CONNECT.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use sprat::{
    Builder, Cx, End, Exchange, ExchangeWaker, Handler, Limits, Log, Pull, Reply, Request,
    Response, Sink, Status,
};

use super::support::{self, PATIENCE, Raw};
use super::{Running, line, serve_by, text};

/// What a peer says that asks for `echo`.
pub const ASK: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

/// A handler from a function. Its log says how each request ended.
struct Told<F>(F, Sender<String>);

impl<F: FnMut(&Request<'_>, &mut Cx<'_>) -> Reply> Handler for Told<F> {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        (self.0)(req, cx)
    }

    fn log(&mut self, entry: Log<'_>) {
        let line = match entry {
            Log::Over(record) => {
                let status = record.status().map_or(0, Status::code);
                let (taken, sent) = (record.bytes_taken(), record.body_bytes_sent());
                let end = match record.end() {
                    End::Complete => "complete".to_owned(),
                    End::Cut(cause) => format!("cut: {cause}"),
                };
                format!("{status}, in {taken}, out {sent}, {end}")
            }
            Log::Error { message, .. } if message.starts_with("bug:") => message.to_owned(),
            _ => return,
        };
        let _ = self.1.send(line);
    }
}

/// Serves by a function; a line of each request that is over comes out of the receiver.
pub fn told_by<F>(limits: Limits, answer: F) -> (Running, Receiver<String>)
where
    F: FnMut(&Request<'_>, &mut Cx<'_>) -> Reply + Send + 'static,
{
    let (log, lines) = channel();
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    let running = serve_by(builder.limits(limits), move || Told(answer, log));
    (running, lines)
}

/// The same with limits as they are.
fn told<F>(answer: F) -> (Running, Receiver<String>)
where
    F: FnMut(&Request<'_>, &mut Cx<'_>) -> Reply + Send + 'static,
{
    told_by(Limits::default(), answer)
}

/// Sends back what it is sent, some bytes at a time.
#[derive(Default)]
struct Echo {
    bytes: Vec<u8>,
    ended: bool,
}

/// Bytes that it keeps at most.
const ECHO_BYTES_MAX: usize = 5000;

impl Exchange for Echo {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        assert!(!self.ended && !chunk.is_empty());
        let taken = chunk.len().min(ECHO_BYTES_MAX - self.bytes.len());
        self.bytes.extend_from_slice(&chunk[..taken]);
        Ok(taken)
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        assert!(!self.ended);
        self.ended = true;
        Ok(())
    }

    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        let put = out.put(&self.bytes);
        self.bytes.drain(..put);
        Ok(match self.bytes.is_empty() {
            true if self.ended => Pull::Done,
            true => Pull::Pending,
            false => Pull::More,
        })
    }
}

/// Switches to one that says what it hears.
pub fn echo() -> Reply {
    Response::upgrade("echo", Echo::default()).into()
}

/// The head of an answer that switches.
pub fn read_101(peer: &mut Raw) -> support::Reply {
    let head = peer.read_head();
    assert_eq!(head.status, 101, "{head:?}");
    head
}

#[test]
fn bytes_behind_the_head_are_the_first_and_either_side_ends_by_itself() {
    let (server, log) = told(|req, _| {
        assert!(req.asks_for_upgrade("echo") && !req.asks_for_upgrade("other"));
        Response::upgrade("echo", Echo::default())
            .header("X-Extra", "1")
            .into()
    });
    let mut peer = server.send(format!("{ASK}early"));
    let head = read_101(&mut peer);
    assert_eq!(head.reason, "Switching Protocols");
    assert_eq!(head.field("Upgrade"), "echo");
    assert_eq!(head.field("Connection"), "upgrade");
    assert_eq!(head.field("X-Extra"), "1");
    for name in ["Content-Length", "Transfer-Encoding", "Keep-Alive"] {
        assert_eq!(head.header(name), None, "{name}");
    }
    assert_eq!(peer.read_exactly(5), b"early");
    peer.send("GET / HTTP/1.1\r\n\r\n");
    assert_eq!(peer.read_exactly(18), b"GET / HTTP/1.1\r\n\r\n");
    peer.send("last");
    peer.half_close();
    assert_eq!(peer.read_to_end(), b"last");
    assert_eq!(line(&log), "101, in 27, out 27, complete");
}

#[test]
fn a_peer_that_sends_more_than_is_taken_waits_and_loses_nothing() {
    const LEN: usize = 8_000_000;
    let (server, log) = told(|_, _| echo());
    let mut peer = server.send(ASK);
    read_101(&mut peer);
    let bytes: Vec<u8> = (0..LEN).map(|n| (n * 7 / 3) as u8).collect();
    let (mut sender, sent) = (peer.split(), bytes.clone());
    let thread = thread::spawn(move || {
        sender.send(sent);
        sender.half_close();
    });
    assert!(peer.read_to_end() == bytes, "other bytes, or fewer");
    thread.join().unwrap();
    assert_eq!(line(&log), format!("101, in {LEN}, out {LEN}, complete"));
}

#[test]
fn a_request_that_does_not_ask_for_it_is_told_what_to_ask_for() {
    let (server, _log) = told(|_, _| echo());
    for fields in [
        "",
        "Upgrade: echo\r\n",
        "Connection: upgrade\r\n",
        "Connection: upgrade\r\nUpgrade: echo/2\r\n",
    ] {
        let mut peer = server.send(format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n"));
        let reply = peer.read_response();
        assert_eq!(
            (reply.status, reply.field("Upgrade")),
            (426, "echo"),
            "{fields}"
        );
        assert_eq!(reply.field("Connection"), "upgrade", "{fields}");
        // It is an answer like any other: the next request may ask.
        peer.send(ASK);
        read_101(&mut peer);
    }
    let head = ASK.replacen("GET", "HEAD", 1);
    assert_eq!(server.send(head).read_response_to("HEAD").status, 426);
    let mut old = server.send(ASK.replacen("1.1", "1.0", 1));
    assert_eq!(old.read_response().status, 426);
    assert_eq!(old.read_to_end(), b"");
}

#[test]
fn a_body_is_read_before_the_switch_or_refuses_it() {
    let (server, _log) = told(|req, _| match req.path() {
        "/read" => Reply::collect(req, 100, |body, _| {
            let bytes = body.to_ascii_uppercase();
            Response::upgrade(
                "echo",
                Echo {
                    bytes,
                    ended: false,
                },
            )
        }),
        _ => echo(),
    });
    let ask = |path: &str, fields: &str, rest: &str| {
        let head = ASK.replacen("/", path, 1);
        let head = head.replacen("\r\n\r\n", &format!("\r\n{fields}\r\n"), 1);
        server.send(format!("{head}{rest}"))
    };
    let mut peer = ask("/", "Content-Length: 4\r\n", "body");
    assert_eq!(peer.read_response().status, 400);
    peer.send(ASK);
    read_101(&mut peer);
    let mut peer = ask("/read", "Content-Length: 4\r\n", "bodyand more");
    read_101(&mut peer);
    assert_eq!(peer.read_exactly(12), b"BODYand more");
    drop(peer);
    let mut peer = ask(
        "/read",
        "Transfer-Encoding: chunked\r\n",
        "1\r\na\r\n0\r\n\r\nb",
    );
    read_101(&mut peer);
    assert_eq!(peer.read_exactly(2), b"Ab");
    // Who expects 100 gets it first, whether or not there is a body (RFC 9110 section 7.8).
    let mut peer = ask("/read", "Expect: 100-continue\r\nContent-Length: 1\r\n", "");
    assert_eq!(peer.read_head().status, 100);
    peer.send("x!");
    read_101(&mut peer);
    assert_eq!(peer.read_exactly(2), b"X!");
    for path in ["/", "/read"] {
        let mut peer = ask(path, "Expect: 100-continue\r\n", "y");
        assert_eq!(peer.read_head().status, 100, "{path}");
        read_101(&mut peer);
        assert_eq!(peer.read_exactly(1), b"y");
    }
    let mut peer = ask("/", "Expect: 100-continue\r\nContent-Length: 1\r\n", "");
    assert_eq!(peer.read_response().status, 400, "nobody would read it");
}

/// Says this and ends its side at once, but hears to the end what the peer says.
struct Speech {
    words: &'static [u8],
    heard: Vec<u8>,
    said: Sender<Vec<u8>>,
}

impl Exchange for Speech {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        self.heard.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        assert_eq!(out.put(self.words), self.words.len());
        Ok(Pull::Done)
    }

    fn on_close(&mut self, _: &mut Cx<'_>) {
        let _ = self.said.send(std::mem::take(&mut self.heard));
    }
}

#[test]
fn when_our_side_has_ended_the_peers_is_still_heard() {
    let (said, heard) = channel();
    let (server, log) = told(move |_, _| {
        let (words, said) = (&b"all I say"[..], said.clone());
        let heard = Vec::new();
        Response::upgrade("echo", Speech { words, heard, said }).into()
    });
    let mut peer = server.send(format!("{ASK}one "));
    read_101(&mut peer);
    assert_eq!(peer.read_to_end(), b"all I say");
    peer.send("two ");
    peer.wait_until_read();
    peer.send(vec![b'x'; 300_000]);
    peer.half_close();
    let heard = heard.recv_timeout(PATIENCE).unwrap();
    assert!(heard.starts_with(b"one two xxx"), "{}", heard.len());
    assert_eq!(heard.len(), 300_008);
    assert_eq!(line(&log), "101, in 300008, out 9, complete");
}

#[test]
fn a_silent_connection_is_cut_in_its_time_unless_its_exchange_has_a_deadline() {
    struct Napping(bool);
    impl Exchange for Napping {
        fn pull(&mut self, _: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
            if std::mem::replace(&mut self.0, false) {
                cx.set_deadline(Some(cx.now() + Duration::from_millis(200)));
            }
            Ok(Pull::Pending)
        }

        fn on_deadline(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
            Err(io::Error::other("it was heard"))
        }
    }
    let limits = Limits {
        stall_time: Duration::from_millis(20),
        ..Limits::default()
    };
    let (server, log) = told_by(limits, |req, _| {
        Response::upgrade("echo", Napping(req.path() == "/late")).into()
    });
    let mut peer = server.send(ASK);
    read_101(&mut peer);
    let cut = "101, in 0, out 0, cut: nothing was sent or received for 0.02 s";
    assert_eq!(line(&log), cut);
    let mut peer = server.send(ASK.replacen("/", "/late", 1));
    read_101(&mut peer);
    assert_eq!(line(&log), "101, in 0, out 0, cut: source: it was heard");
}

#[test]
fn only_this_way_leads_to_a_status_below_200_and_to_a_tunnel() {
    let (server, log) = told(|req, _| match req.path() {
        "/101" => Response::new(Status::SWITCHING_PROTOCOLS).into(),
        "/tunnel" => Response::tunnel(Echo::default()).into(),
        "/name" => Response::upgrade("no protocol", Echo::default()).into(),
        _ => text("fine").into(),
    });
    for (path, what) in [
        ("/101", "bug: a final response cannot have status 101"),
        ("/tunnel", "bug: Response::tunnel answers CONNECT alone"),
        ("/name", "bug: Response::upgrade to what is no protocol"),
    ] {
        let reply = server.send(ASK.replacen("/", path, 1)).read_response();
        assert_eq!(reply.status, 500, "{path}");
        assert_eq!(line(&log), what);
        assert!(line(&log).starts_with("500, in 0"));
    }
    let reply = server.send("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
    assert_eq!({ reply }.read_response().status, 501);
}

/// The number of what a tunnel reads.
const FAR: u8 = 1;

/// The bytes of a connection that go to another one and back.
struct Tunnel {
    far: mio::net::TcpStream,
    /// What has come from there and was not sent on.
    back: Vec<u8>,
    back_ended: bool,
    is_connected: bool,
}

impl Tunnel {
    fn reply(req: &Request<'_>, cx: &mut Cx<'_>) -> io::Result<Response> {
        let to = std::str::from_utf8(req.host().unwrap_or_default()).unwrap_or_default();
        let to = to.parse().map_err(io::Error::other)?;
        let mut far = mio::net::TcpStream::connect(to)?;
        let interest = mio::Interest::READABLE | mio::Interest::WRITABLE;
        cx.register(&mut far, FAR, interest)?;
        Ok(Response::tunnel(Tunnel {
            far,
            back: Vec::new(),
            back_ended: false,
            is_connected: false,
        }))
    }
}

impl Exchange for Tunnel {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        match self.far.write(chunk) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(0),
            other => other,
        }
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.far.shutdown(Shutdown::Write)
    }

    fn on_ready(&mut self, which: u8, _: &mut Cx<'_>) -> io::Result<()> {
        assert_eq!(which, FAR);
        self.is_connected = true;
        Ok(())
    }

    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        let mut bytes = [0; 16 * 1024];
        while self.is_connected && !self.back_ended && self.back.len() < 64 * 1024 {
            match self.far.read(&mut bytes) {
                Ok(0) => self.back_ended = true,
                Ok(len) => self.back.extend_from_slice(&bytes[..len]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        let put = out.put(&self.back);
        self.back.drain(..put);
        Ok(match (put, self.back_ended && self.back.is_empty()) {
            (_, true) => Pull::Done,
            // It was read to the end of what there is: an event will tell of more.
            (0, _) => Pull::Pending,
            _ => Pull::More,
        })
    }

    fn on_close(&mut self, cx: &mut Cx<'_>) {
        cx.deregister(&mut self.far).unwrap();
    }
}

#[test]
fn a_tunnel_carries_both_ways_and_each_end_to_the_other_side() {
    const LEN: usize = 2_000_000;
    let far = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = far.local_addr().unwrap();
    let (server, log) = told(move |req, cx| match Tunnel::reply(req, cx) {
        Ok(response) => response.into(),
        Err(error) => panic!("{error}"),
    });
    let mut peer = server.send(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\nearly"));
    let head = peer.read_head();
    assert_eq!(head.status, 200);
    for name in [
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Upgrade",
    ] {
        assert_eq!(head.header(name), None, "{name}");
    }
    let (mut there, _) = far.accept().unwrap();
    there.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut early = [0; 5];
    there.read_exact(&mut early).unwrap();
    assert_eq!(&early, b"early");
    // The far side ends first; what the peer sends still gets there.
    there.write_all(&vec![b'<'; LEN]).unwrap();
    there.shutdown(Shutdown::Write).unwrap();
    assert_eq!(peer.read_to_end().len(), LEN);
    peer.send(vec![b'>'; LEN]);
    peer.half_close();
    let mut rest = Vec::new();
    there.read_to_end(&mut rest).unwrap();
    assert_eq!(rest.len(), LEN);
    assert_eq!(
        line(&log),
        format!("200, in {}, out {LEN}, complete", LEN + 5)
    );
}

/// Says when the server drains, and then no more.
struct Patient {
    waker: Option<ExchangeWaker>,
    stubborn: bool,
}

impl Exchange for Patient {
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        self.waker.get_or_insert_with(|| cx.waker());
        if cx.is_draining() && !self.stubborn {
            out.put(b"bye");
            return Ok(Pull::Done);
        }
        Ok(Pull::Pending)
    }
}

#[test]
fn a_drain_is_told_and_cuts_at_its_end_who_does_not_heed_it() {
    for (stubborn, end) in [
        (false, "out 3, complete"),
        (true, "out 0, cut: the server ends"),
    ] {
        let (server, log) = told(move |_, _| {
            let waker = None;
            Response::upgrade("echo", Patient { waker, stubborn }).into()
        });
        let mut peer = server.send(ASK);
        read_101(&mut peer);
        let grace = if stubborn {
            Duration::from_millis(50)
        } else {
            PATIENCE
        };
        server.handle.drain(grace).unwrap();
        if !stubborn {
            assert_eq!(peer.read_to_end(), b"bye");
            drop(peer);
        }
        assert_eq!(line(&log), format!("101, in 0, {end}"));
    }
}

#[test]
fn a_peer_that_goes_ends_the_exchange() {
    let (said, heard) = channel();
    let (server, _log) = told(move |_, cx| {
        let (waker, said) = (Some(cx.waker()), said.clone());
        struct Ends(Option<ExchangeWaker>, Sender<()>);
        impl Exchange for Ends {
            fn pull(&mut self, _: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
                Ok(Pull::Pending)
            }
            fn on_close(&mut self, _: &mut Cx<'_>) {
                drop(self.0.take());
                self.1.send(()).unwrap();
            }
        }
        Response::upgrade("echo", Ends(waker, said)).into()
    });
    let mut peer = server.send(ASK);
    read_101(&mut peer);
    peer.reset();
    heard.recv_timeout(PATIENCE).expect("its last call");
}
