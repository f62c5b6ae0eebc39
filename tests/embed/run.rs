//! The ways to run a server, and to reach it: turns, other loops, threads, listeners.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::unix::net::{UnixListener, UnixStream};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use sprat::{
    Builder, Cx, ExchangeWaker, FileServer, Handle, Handler, Limits, Method, Reply, Request,
    Server, Turn, UrlPath, Version,
};

use super::support::{PATIENCE, raw};
use super::{serve, serve_by, text};

/// Counts in an `Rc`: a handler need not be `Send`.
struct Count(Rc<Cell<u32>>);

impl Handler for Count {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        self.0.set(self.0.get() + 1);
        text(self.0.get().to_string()).into()
    }
}

fn count() -> Count {
    Count(Rc::default())
}

fn bound() -> Builder {
    Builder::bind("127.0.0.1:0").unwrap()
}

/// Asks from another thread, then drains the server.
fn ask_and_drain(server: &Server<Count>) -> thread::JoinHandle<String> {
    let (addr, handle) = (server.local_addrs()[0], server.handle());
    thread::spawn(move || {
        let mut peer = raw(addr);
        peer.send("GET / HTTP/1.0\r\n\r\n");
        let body = peer.read_response().text().to_owned();
        handle.drain(PATIENCE).unwrap();
        body
    })
}

#[test]
fn run_serves_until_it_is_drained() {
    let mut server = bound().serve(count());
    let peer = ask_and_drain(&server);
    server.run().unwrap();
    assert_eq!(peer.join().unwrap(), "1");
    assert_eq!(server.turn(None).unwrap(), Turn::Stopped);
}

#[test]
fn turns_are_taken_in_a_loop_of_ones_own() {
    let mut server = bound().serve(count());
    let peer = ask_and_drain(&server);
    let mut frames = 0_u64;
    while server.turn(Some(Duration::from_millis(1))).unwrap() != Turn::Stopped {
        frames += 1;
    }
    assert_eq!(peer.join().unwrap(), "1");
    assert!(frames > 0);
    assert_eq!(server.handler_mut().0.get(), 1);
}

#[test]
fn what_was_bound_here_is_served_on_another_thread() {
    let server = serve_by(bound(), count);
    assert_ne!(server.addr.port(), 0);
    assert_eq!(server.get("/").text(), "1");
}

#[test]
fn a_wake_has_a_waiting_turn_return() {
    let mut server = bound().serve(count());
    let handle = server.handle();
    // The first turns settle the listener; then there is nothing to do for ever.
    while server.turn(Some(Duration::ZERO)).unwrap() == Turn::More {}
    let waker = thread::spawn(move || handle.wake().unwrap());
    assert_eq!(server.turn(None).unwrap(), Turn::Idle(None));
    waker.join().unwrap();
}

#[test]
fn a_drain_lets_go_what_is_idle_and_a_stop_all() {
    let server = serve_by(bound(), count);
    let mut idle = server.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(idle.read_response().status, 200);
    let mut halfway = server.send("GET / HTTP/1.1\r\n");
    halfway.wait_until_read();
    server.handle.drain(PATIENCE).unwrap();
    idle.expect_close();
    server.handle.stop().unwrap();
    halfway.read_until_cut();
}

#[test]
fn a_drain_is_announced_before_it_begins_and_health_tells_of_it() {
    let path = UrlPath::decode(b"/healthz").unwrap();
    let builder = bound().drain_delay(10 * PATIENCE).health(path);
    let server = serve_by(builder, count);
    let mut idle = server.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(idle.read_response().text(), "1");
    assert_eq!(server.get("/healthz").text(), "ok");
    server.handle.drain(20 * PATIENCE).unwrap();
    assert_eq!(server.get("/healthz").status, 503);
    idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let reply = idle.read_response();
    // The handler heard of none of these.
    assert_eq!((reply.text(), reply.field("Connection")), ("2", "close"));
    // A shorter one ends the delay, which is a part of it.
    server.handle.drain(PATIENCE / 100).unwrap();
    let is_refused = || {
        std::net::TcpStream::connect(server.addr)
            .is_err()
            .then_some(())
    };
    crate::support::server::wait_for("it is gone", is_refused);
}

#[test]
#[cfg(feature = "cgi")]
fn no_time_is_too_long() {
    let tree = crate::support::Site::new("endless");
    tree.script("cgi-bin/x", "#!/bin/sh\nprintf 'Status: 200\\n\\nran'\n");
    for time in [Duration::MAX, Duration::from_secs(50 * 24 * 3600)] {
        let cgi = sprat::Cgi::builder(tree.root()).timeout(time).build();
        let cgi = cgi.unwrap();
        let limits = Limits {
            head_time: time,
            idle_time: time,
            stall_time: time,
            ..Limits::default()
        };
        let builder = bound().limits(limits);
        let address = builder.local_addrs()[0];
        let mut server = builder.serve(Endless(cgi));
        let handle = server.handle();
        let peer = thread::spawn(move || {
            let mut peer = raw(address);
            for method in ["GET", "HEAD", "GET"] {
                peer.send(format!("{method} /cgi-bin/x HTTP/1.1\r\nHost: h\r\n\r\n"));
                let head = peer.read_head();
                assert_eq!(head.status, 200);
                if method == "GET" {
                    assert_eq!(peer.read_exactly(16), b"0003\r\nran\r\n0\r\n\r\n");
                }
            }
            handle.drain(time).unwrap();
        });
        while server.turn(Some(time)).unwrap() != Turn::Stopped {}
        peer.join().unwrap();
    }
}

/// Scripts alone.
#[cfg(feature = "cgi")]
struct Endless(sprat::Cgi);

#[cfg(feature = "cgi")]
impl Handler for Endless {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        self.0.serve(req, cx).unwrap()
    }
}

#[test]
fn inherited_listeners_several_and_unix_ones_are_all_served() {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("socket");
    let inherited = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = inherited.local_addr().unwrap().port();
    let mut builder = Builder::new().unwrap();
    assert_eq!(builder.listen_on(inherited).unwrap().port(), port);
    let second = builder.listen(([127, 0, 0, 1], 0).into()).unwrap();
    builder
        .listen_on_unix(UnixListener::bind(&path).unwrap())
        .unwrap();
    assert_eq!(builder.local_addrs()[1], second);
    assert_eq!(builder.local_addrs().len(), 2);
    let server = serve_by(builder, count);
    assert_eq!(server.get("/").text(), "1");
    let mut peer = raw(second);
    peer.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(peer.read_response().text(), "2");
    let mut peer = UnixStream::connect(&path).unwrap();
    std::io::Write::write_all(&mut peer, b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut peer, &mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\n3"), "{answer}");
}

#[test]
fn two_servers_in_one_process_do_not_see_each_other() {
    let (one, other) = (serve_by(bound(), count), serve_by(bound(), count));
    for want in ["1", "2", "3"] {
        assert_eq!(one.get("/").text(), want);
    }
    assert_eq!(other.get("/").text(), "1");
    drop(one);
    assert_eq!(other.get("/").text(), "2");
}

#[test]
fn two_servers_share_one_thread() {
    let (mut one, mut other) = (bound().serve(count()), bound().serve(count()));
    let peers = [ask_and_drain(&one), ask_and_drain(&other)];
    let tick = Some(Duration::from_millis(1));
    loop {
        let turns = [one.turn(tick).unwrap(), other.turn(tick).unwrap()];
        if turns == [Turn::Stopped, Turn::Stopped] {
            break;
        }
    }
    assert_eq!(peers.map(|peer| peer.join().unwrap()), ["1", "1"]);
}

/// Does to its own server what the path says.
struct Orders(Handle);

impl Handler for Orders {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        match req.path() {
            "/drain" => self.0.drain(PATIENCE).unwrap(),
            "/stop" => self.0.stop().unwrap(),
            _ => self.0.wake().unwrap(),
        }
        text("obeyed").into()
    }
}

#[test]
fn a_handler_may_wake_drain_and_stop_its_own_server() {
    for order in ["drain", "stop"] {
        let builder = bound();
        let (addr, handle) = (builder.local_addrs()[0], builder.handle());
        let server = thread::spawn(move || builder.serve(Orders(handle)).run());
        let mut peer = raw(addr);
        peer.send("GET /wake HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(peer.read_response().text(), "obeyed");
        peer.send(format!("GET /{order} HTTP/1.1\r\nHost: h\r\n\r\n"));
        // What it answered before it obeyed is sent.
        assert_eq!(peer.read_response().text(), "obeyed");
        peer.expect_close();
        server.join().unwrap().unwrap();
    }
}

#[test]
fn orders_are_obeyed_before_it_serves_and_harmless_when_it_is_over() {
    let builder = bound();
    let handle = builder.handle();
    handle.drain(PATIENCE).unwrap();
    let mut server = builder.serve(count());
    server.run().unwrap();
    assert_eq!(server.turn(None).unwrap(), Turn::Stopped);
    server.run().unwrap();
    drop(server);
    handle.wake().unwrap();
    handle.drain(PATIENCE).unwrap();
    handle.stop().unwrap();
}

#[test]
fn many_threads_wake_it_while_it_serves() {
    let server = serve_by(bound(), count);
    let wakers: Vec<_> = (0..8)
        .map(|_| {
            let handle = server.handle.clone();
            thread::spawn(move || (0..2_000).for_each(|_| handle.wake().unwrap()))
        })
        .collect();
    for want in 1..=100 {
        assert_eq!(server.get("/").text(), want.to_string());
    }
    wakers.into_iter().for_each(|waker| waker.join().unwrap());
}

#[test]
fn two_servers_have_their_own_limits_and_protocols() {
    let limits = Limits {
        target_bytes_max: 10,
        connections_max: 1,
        ..Limits::default()
    };
    let one = serve_by(bound().limits(limits).protocol(Version::Http10), count);
    let other = serve_by(bound(), count);
    let long = format!("/{}", "x".repeat(200));
    assert_eq!((one.get(&long).status, other.get(&long).status), (414, 200));
    assert_eq!(&*one.get("/").version, "HTTP/1.0");
    assert_eq!(&*other.get("/").version, "HTTP/1.1");
    // The one is full, which the other does not notice.
    let peer = one.send("GET / HTTP/1.1\r\n");
    peer.wait_until_read();
    for _ in 0..5 {
        assert_eq!(other.get("/").status, 200);
    }
}

#[test]
fn what_may_cross_threads_does() {
    fn send<T: Send>() {}
    fn shared<T: Send + Sync + Clone>() {}
    send::<Builder>();
    send::<FileServer>();
    send::<Limits>();
    shared::<Handle>();
    shared::<ExchangeWaker>();
    #[cfg(feature = "cgi")]
    send::<sprat::Cgi>();
}

#[test]
fn of_several_addresses_the_first_that_can_be_had_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap();
    let free = "127.0.0.1:0".parse().unwrap();
    let builder = Builder::bind(&[taken, free][..]).unwrap();
    assert_eq!(builder.local_addrs().len(), 1);
    assert_ne!(builder.local_addrs()[0], taken);
    let refused = |addrs: &str| Builder::bind(addrs).err().unwrap().kind();
    assert_eq!(refused(&taken.to_string()), io::ErrorKind::AddrInUse);
    assert_eq!(refused("127.0.0.1"), io::ErrorKind::InvalidInput);
    let none: [SocketAddr; 0] = [];
    let error = Builder::bind(&none[..]).err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn a_closure_is_a_handler_and_each_method_has_its_answer() {
    let site = serve(|| {
        sprat::handler(|req, _| {
            Reply::when(req, &[Method::Get, Method::Post], |method| {
                text(method.name().to_owned())
            })
        })
    });
    for (method, status, allow, body) in [
        ("GET", 200, None, "GET"),
        ("HEAD", 200, None, ""),
        ("POST", 200, None, "POST"),
        ("OPTIONS", 204, Some("GET, HEAD, POST, OPTIONS"), ""),
        ("DELETE", 405, Some("GET, HEAD, POST, OPTIONS"), "!"),
        ("get", 405, Some("GET, HEAD, POST, OPTIONS"), "!"),
    ] {
        let length = if method == "POST" {
            "Content-Length: 0\r\n"
        } else {
            ""
        };
        let answer = site.ask(&format!("{method} /"), length);
        assert_eq!(answer.status, status, "{method}");
        assert_eq!(answer.header("Allow"), allow, "{method}");
        match body {
            "!" => assert!(answer.text().contains("Error code: 405"), "{method}"),
            body => assert_eq!(answer.text(), body, "{method}"),
        }
    }
}

#[test]
fn a_stream_that_somebody_else_has_accepted_is_served() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut server = Builder::new().unwrap().serve(count());
    let mut peer = raw(listener.local_addr().unwrap());
    server.adopt(listener.accept().unwrap().0).unwrap();
    let (mut unix, stream) = UnixStream::pair().unwrap();
    server.adopt(stream).unwrap();
    let handle = server.handle();
    let thread = thread::spawn(move || {
        for want in ["1", "2"] {
            peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            assert_eq!(peer.read_response().text(), want);
        }
        unix.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        unix.read_to_string(&mut answer).unwrap();
        handle.drain(PATIENCE).unwrap();
        answer
    });
    server.run().unwrap();
    assert!(thread.join().unwrap().ends_with("\r\n\r\n3"));
    let (_peer, stream) = UnixStream::pair().unwrap();
    let error = server.adopt(stream).unwrap_err();
    assert_eq!(
        error.kind(),
        io::ErrorKind::ConnectionRefused,
        "it is drained"
    );
}

#[test]
fn a_stream_is_adopted_within_the_limits_and_if_it_is_one() {
    let limits = Limits {
        connections_max: 2,
        connections_per_peer_max: 1,
        ..Limits::default()
    };
    let mut server = Builder::new().unwrap().limits(limits).serve(count());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let accept = || {
        let peer = raw(listener.local_addr().unwrap());
        (peer, listener.accept().unwrap().0)
    };
    let kind = |result: io::Result<()>| result.unwrap_err().kind();
    let (_first, stream) = accept();
    server.adopt(stream).unwrap();
    let (mut second, stream) = accept();
    assert_eq!(kind(server.adopt(stream)), io::ErrorKind::ConnectionRefused);
    assert_eq!(second.read_until_cut(), b"");
    let (_third, stream) = UnixStream::pair().unwrap();
    server.adopt(stream).unwrap();
    let (_fourth, stream) = UnixStream::pair().unwrap();
    // Nobody makes room who has only just come.
    assert_eq!(kind(server.adopt(stream)), io::ErrorKind::ResourceBusy);
    let listening = listener.try_clone().unwrap();
    assert_eq!(kind(server.adopt(listening)), io::ErrorKind::NotConnected);
    let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
    assert_eq!(kind(server.adopt(datagrams)), io::ErrorKind::InvalidInput);
    let file = std::fs::File::open("/dev/null").unwrap();
    assert_eq!(kind(server.adopt(file)), io::ErrorKind::InvalidInput);
}
