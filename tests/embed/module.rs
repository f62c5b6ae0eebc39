//! The rows of the table that are about Python's servers, and those that request handlers inherit.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use sprat::{
    BodySource, Builder, Cx, Exchange, ExchangeWaker, Failure, FileServer, Handle, Handler, Limits,
    Log, MimeMap, Pull, Reply, Request, Response, Sink, Status, Turn, limits, log,
};

use super::still::{Still, still};
use super::support::{PATIENCE, Site as Tree, raw, skip};
use super::{line, serve, serve_by, site, text};

const TICK: Duration = Duration::from_millis(1);

/// Answers whoever is not denied; a path `/bug` is one.
struct Module {
    denied: IpAddr,
    bugs: u32,
    said: Sender<u32>,
}

impl Handler for Module {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        match req.peer() {
            Some(peer) if self.denied == peer.ip().to_canonical() => {
                Failure::new(Status::FORBIDDEN).into()
            }
            _ if req.path() == "/bug" => panic!("as asked"),
            _ => text("allowed").into(),
        }
    }

    fn log(&mut self, entry: Log<'_>) {
        match entry {
            Log::Error { message, .. } if message.starts_with("bug:") => self.bugs += 1,
            _ => return,
        }
        let _ = self.said.send(self.bugs);
    }
}

fn module(denied: [u8; 4]) -> (Module, Receiver<u32>) {
    let (said, bugs) = channel();
    let denied = IpAddr::from(denied);
    (
        Module {
            denied,
            bugs: 0,
            said,
        },
        bugs,
    )
}

fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

#[test]
fn a_peer_is_refused_by_its_address() {
    for (denied, status) in [([127, 0, 0, 1], 403), ([127, 0, 0, 2], 200)] {
        // An address of IPv4 looks otherwise where both versions are listened to.
        for address in ["127.0.0.1:0", "[::]:0"] {
            let Ok(builder) = Builder::bind(address) else {
                skip("no IPv6 here");
                continue;
            };
            let port = builder.local_addrs()[0].port();
            let _server = serve_by(builder, move || module(denied).0);
            let mut peer = raw(([127, 0, 0, 1], port).into());
            peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            assert_eq!(peer.read_response().status, status, "{address}");
        }
    }
}

#[test]
fn a_bug_of_the_handlers_is_told_to_its_log() {
    let (handler, bugs) = module([0; 4]);
    let server = serve(move || handler);
    for number in 1..=3 {
        let mut peer = server.send("GET /bug HTTP/1.1\r\nHost: h\r\n\r\n");
        peer.read_until_cut();
        assert_eq!(bugs.recv_timeout(PATIENCE).unwrap(), number);
    }
    assert_eq!(server.get("/").text(), "allowed");
}

#[test]
fn a_listener_of_ones_own_is_served_with_those_who_wait_at_it() {
    let address = local();
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    let mut peer = raw(address);
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let mut builder = Builder::new().unwrap();
    assert_eq!(builder.listen_on(listener).unwrap(), address);
    let (handler, _bugs) = module([0; 4]);
    let stopper = builder.handle();
    let server = thread::spawn(move || builder.serve(handler).run());
    assert_eq!(peer.read_response().text(), "allowed");
    stopper.stop().unwrap();
    server.join().unwrap().unwrap();
}

#[test]
fn a_proxy_with_tls_reaches_it_by_a_unix_socket_and_tls_itself_is_refused() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let mut builder = Builder::bind(local()).unwrap();
    builder.listen_on_unix(listener).unwrap();
    let server = serve_by(builder, || module([0; 4]).0);
    let mut proxy = UnixStream::connect(&path).unwrap();
    proxy.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    proxy.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\nallowed"), "{answer}");
    // The start of a ClientHello: a record of 512 bytes, of which the first are here.
    let mut peer = server.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    assert_eq!(peer.read_response().status, 400);
}

#[test]
fn a_loop_of_ones_own_has_its_turn_between_the_servers() {
    let mut server = Builder::bind(local()).unwrap().serve(module([0; 4]).0);
    let (address, handle) = (server.local_addrs()[0], server.handle());
    let peer = thread::spawn(move || {
        let mut peer = raw(address);
        peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        let text = peer.read_response().text().to_owned();
        handle.stop().unwrap();
        text
    });
    let mut actions = 0;
    while server.turn(Some(TICK)).unwrap() != Turn::Stopped {
        actions += 1;
    }
    assert!(actions > 0);
    assert_eq!(peer.join().unwrap(), "allowed");
}

/// Answers one request, and has the server end when that is done.
struct Once {
    handle: Handle,
    target: Option<Vec<u8>>,
}

const GRACE: Duration = Duration::from_secs(1);

impl Handler for Once {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        self.target = Some(req.target().to_vec());
        match self.handle.drain(GRACE) {
            Ok(()) => text("thanks").into(),
            Err(_) => Failure::new(Status::INTERNAL_SERVER_ERROR).into(),
        }
    }
}

#[test]
fn one_request_is_answered_and_the_server_ends() {
    let builder = Builder::bind(local()).unwrap();
    let (handle, target) = (builder.handle(), None);
    let mut server = builder.serve(Once { handle, target });
    let address = server.local_addrs()[0];
    let peer = thread::spawn(move || {
        let mut peer = raw(address);
        peer.send("GET /?code=1 HTTP/1.1\r\nHost: h\r\n\r\n");
        let reply = peer.read_response();
        peer.expect_close();
        reply.text().to_owned()
    });
    server.run().unwrap();
    let target = server.handler_mut().target.take();
    assert_eq!(target.as_deref(), Some(&b"/?code=1"[..]));
    assert_eq!(peer.join().unwrap(), "thanks");
}

const TIMEOUT: Duration = Duration::from_millis(20);

/// Counts how often nobody has come for so long; after three times it ends.
struct Waits {
    handle: Handle,
    last: Option<Instant>,
    timeouts: u32,
}

impl Handler for Waits {
    fn handle(&mut self, _: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        self.last = Some(cx.now());
        text(self.timeouts.to_string()).into()
    }

    fn work(&mut self, now: Instant) -> Option<Instant> {
        let last = *self.last.get_or_insert(now);
        if now >= last + TIMEOUT {
            (self.last, self.timeouts) = (Some(now), self.timeouts + 1);
        }
        if self.timeouts == 3 {
            let _ = self.handle.stop();
        }
        self.last.map(|last| last + TIMEOUT)
    }
}

#[test]
fn a_handler_is_told_that_nobody_has_come_for_a_while() {
    let builder = Builder::bind(local()).unwrap();
    let handle = builder.handle();
    let mut server = builder.serve(Waits {
        handle,
        last: None,
        timeouts: 0,
    });
    // Not even the first peer has come.
    server.run().unwrap();
    assert_eq!(server.handler_mut().timeouts, 3);
}

#[test]
fn a_server_that_is_dropped_closes_its_listener_and_its_connections() {
    let handler = module([0; 4]).0;
    let builder = Builder::bind(local()).unwrap();
    let mut server = builder.serve(handler);
    let address = server.local_addrs()[0];
    let mut peer = raw(address);
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    while !peer.has_data() {
        server.turn(Some(TICK)).unwrap();
    }
    assert_eq!(peer.read_response().text(), "allowed");
    drop(server);
    peer.expect_close();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_peer_that_stalls_is_given_up() {
    let limits = Limits {
        stall_time: Duration::from_millis(50),
        ..Limits::default()
    };
    let builder = Builder::bind(local()).unwrap().limits(limits);
    let server = serve_by(builder, || Collects);
    let mut peer = server.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf");
    assert_eq!(peer.read_response().status, 408);
}

struct Collects;

impl Handler for Collects {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Reply::collect(req, 100, |_, _| text("whole"))
    }
}

#[test]
fn what_is_no_request_reaches_no_handler() {
    let (server, log) = site(|_, _| panic!("it does"));
    for bytes in [
        "GET /\r\n\r\n",
        "/ HTTP/1.1\r\n\r\n",
        "G E T / HTTP/1.1\r\n\r\n",
    ] {
        let mut peer = raw(server.addr);
        if bytes.starts_with("GET /") {
            // Once HTTP/0.9.
            peer.send("GET /\r\n\r\n");
        } else {
            peer.send(bytes);
        }
        assert_eq!(peer.read_response().status, 400, "{bytes:?}");
        assert!(line(&log).starts_with("code 400"));
        assert_eq!(line(&log), "400");
    }
}

/// Fills what there is, and says how much that was.
struct Fills(Sender<usize>, usize);

impl BodySource for Fills {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        self.0.send(out.room()).unwrap();
        self.1 -= out.put(&vec![b'x'; out.room().min(self.1)]);
        Ok(if self.1 == 0 { Pull::Done } else { Pull::More })
    }
}

#[test]
fn what_waits_for_a_peer_is_bounded() {
    const LEN: usize = 2_000_000;
    let (give, rooms) = channel();
    let (server, _log) = site(move |_, _| {
        Response::new(Status::OK)
            .source(Fills(give.clone(), LEN))
            .into()
    });
    assert_eq!(server.get("/").body.len(), LEN);
    let rooms: Vec<usize> = rooms.try_iter().collect();
    assert!(
        rooms
            .iter()
            .all(|room| *room > 0 && *room <= limits::OUT_BYTES_MAX),
        "{rooms:?}"
    );
    assert!(rooms.len() >= LEN / limits::OUT_BYTES_MAX);
}

/// Wants its body when the test says so.
struct Hesitates {
    wants: Receiver<()>,
    wanted: bool,
    ended: bool,
    _waker: ExchangeWaker,
}

impl Exchange for Hesitates {
    fn wants_body(&self) -> bool {
        self.wanted
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.ended = true;
        Ok(())
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        self.wanted |= self.wants.try_recv().is_ok();
        match self.ended {
            true => Poll::Ready(Ok(text("thanks"))),
            false => Poll::Pending,
        }
    }
}

#[test]
fn a_peer_is_told_to_go_on_when_its_body_is_wanted() {
    let (wakers, woken) = channel();
    let (want, wants) = channel();
    let mut wants = Some(wants);
    let (server, _log) = site(move |_, cx| {
        wakers.send(cx.waker()).unwrap();
        Reply::exchange(Hesitates {
            wants: wants.take().unwrap(),
            wanted: false,
            ended: false,
            _waker: cx.waker(),
        })
    });
    let head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    let mut peer = server.send(head);
    let waker = woken.recv_timeout(PATIENCE).unwrap();
    waker.wake().unwrap();
    assert_eq!(
        server.send("GET\r\n\r\n").read_response().status,
        400,
        "the loop has gone on"
    );
    assert!(!peer.has_data());
    want.send(()).unwrap();
    waker.wake().unwrap();
    assert_eq!(peer.read_response().status, 100);
    peer.send("body");
    assert_eq!(peer.read_response().text(), "thanks");
}

#[test]
fn the_page_of_an_error_is_pythons_unless_there_is_another() {
    let failure = || Failure::new(Status::new(404).unwrap()).message("No <b>such</b> thing");
    let (server, _log) = still(move |req, _| match req.path() {
        "/page" => {
            let failure = failure();
            failure.page().into()
        }
        _ => failure().into(),
    });
    let (page, error) = (server.get("/page"), server.get("/"));
    assert_eq!(page.body, error.body);
    assert_eq!(page.field("Content-Type"), "text/html;charset=utf-8");
    assert_eq!(error.field("Content-Type"), "text/html;charset=utf-8");
    assert!(
        error
            .text()
            .contains("<p>Message: No &lt;b&gt;such&lt;/b&gt; thing.</p>")
    );
}

#[test]
fn the_logs_time_is_local_as_date_prints_it() {
    const SECOND: u64 = 784_111_777;
    let date = Command::new("date")
        .env("LC_ALL", "C")
        .args(["-d", &format!("@{SECOND}"), "+%d/%b/%Y %H:%M:%S"])
        .output();
    let Some(date) = date.ok().filter(|date| date.status.success()) else {
        skip("no GNU date here");
        return;
    };
    let time = UNIX_EPOCH + Duration::from_secs(SECOND);
    let want = String::from_utf8(date.stdout).unwrap();
    assert_eq!(log::date_time_string(time), want.trim());
}

#[test]
fn files_have_more_fields_and_another_default_type() {
    let tree = Tree::new("fields");
    tree.file("a.odd", "x");
    let types = MimeMap::default().default_type("application/x-unknown");
    let files = FileServer::builder(tree.root())
        .header("Cache-Control", "no-store")
        .mime(types)
        .open();
    let server = Still::of(files.unwrap());
    let reply = server.get("/a.odd");
    assert_eq!(reply.field("Cache-Control"), "no-store");
    assert_eq!(reply.field("Content-Type"), "application/x-unknown");
    assert_eq!(server.get("/").field("Cache-Control"), "no-store");
    assert_eq!(
        server.get("/none").header("Cache-Control"),
        None,
        "as in Python"
    );
}
