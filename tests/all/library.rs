//! The library as a program embeds it: values that no command line can give.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use sprat::{Builder, Cx, FileServer, Handler, Limits, Reply, Request, Response, Status};

use crate::support::{PATIENCE, Site};

/// Counts what it is asked.
struct Counter(usize);

impl Handler for Counter {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        self.0 += 1;
        Response::new(Status::OK).into()
    }
}

#[test]
fn a_crowd_at_one_listener_does_not_shut_out_those_at_another() {
    sprat::raise_descriptor_limit().unwrap();
    let mut builder = Builder::new().unwrap();
    let crowded = builder.listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let quiet = builder.listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let mut server = builder.serve(Counter(0));
    // More than are taken in the turns below.
    let _crowd: Vec<_> = (0..3 * 64)
        .map(|_| TcpStream::connect(crowded).unwrap())
        .collect();
    let mut peer = TcpStream::connect(quiet).unwrap();
    peer.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    for _ in 0..3 {
        server.turn(Some(Duration::ZERO)).unwrap();
    }
    assert_eq!(server.handler_mut().0, 1);
}

/// A second descriptor of the socket that the server, in this process, has for this peer.
#[cfg(target_os = "linux")]
fn other_descriptor(peer: &TcpStream) -> std::os::fd::OwnedFd {
    use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    let own: Pid = getpid();
    let process = pidfd_open(own, PidfdFlags::empty()).unwrap();
    let numbers = std::fs::read_dir("/proc/self/fd").unwrap();
    let numbers = numbers.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let copies = numbers.filter_map(|fd| {
        let link = std::fs::read_link(format!("/proc/self/fd/{fd}")).ok()?;
        let is_socket = link.to_str()?.starts_with("socket:");
        is_socket.then(|| pidfd_getfd(&process, fd, PidfdGetfdFlags::empty()).ok())?
    });
    let address = peer.local_addr().unwrap();
    let is_ours = |stream: &TcpStream| stream.peer_addr().is_ok_and(|other| other == address);
    let mut streams = copies.map(TcpStream::from);
    streams.find(is_ours).expect("the server's socket").into()
}

/// A process that was just started holds the server's sockets until it runs its program.
#[test]
#[cfg(target_os = "linux")]
fn events_of_a_closed_socket_that_another_process_holds_are_nobodys() {
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    let address = builder.local_addrs()[0];
    let mut server = builder.serve(Counter(0));
    let mut ask = |peer: &mut TcpStream, fields: &str, want: usize| {
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        peer.write_all(request.as_bytes()).unwrap();
        let end = Instant::now() + PATIENCE;
        while server.handler_mut().0 < want {
            assert!(Instant::now() < end, "request {want} is not answered");
            server.turn(Some(Duration::from_millis(10))).unwrap();
        }
        server.turn(Some(Duration::ZERO)).unwrap();
    };
    let mut first = TcpStream::connect(address).unwrap();
    ask(&mut first, "", 1);
    let held = other_descriptor(&first);
    ask(&mut first, "Connection: close\r\n", 2);
    // The next one has the place of the first.
    let mut second = TcpStream::connect(address).unwrap();
    ask(&mut second, "", 3);
    rustix::net::sockopt::set_socket_linger(&first, Some(Duration::ZERO)).unwrap();
    drop(first);
    ask(&mut second, "", 4);
    drop(held);
}

#[test]
fn times_without_end_are_as_good_as_none() {
    let site = Site::new("no-end");
    site.file("a.txt", "a");
    let limits = Limits {
        head_time: Duration::MAX,
        idle_time: Duration::MAX,
        stall_time: Duration::MAX,
        ..Limits::default()
    };
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    let (address, handle) = (builder.local_addrs()[0], builder.handle());
    let builder = builder.limits(limits);
    let root = site.root().to_path_buf();
    let server = thread::spawn(move || {
        let files = FileServer::new(root).unwrap();
        builder.serve(files).run()
    });
    let mut peer = TcpStream::connect(address).unwrap();
    for last in [false, true] {
        let close = if last { "Connection: close\r\n" } else { "" };
        let request = format!("HEAD /a.txt HTTP/1.1\r\nHost: a\r\n{close}\r\n");
        peer.write_all(request.as_bytes()).unwrap();
        let mut got = Vec::new();
        while !got.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            peer.read_exact(&mut byte).unwrap();
            got.push(byte[0]);
        }
        assert!(got.starts_with(b"HTTP/1.1 200"));
    }
    handle.drain(Duration::MAX).unwrap();
    server.join().expect("no panic").unwrap();
}
