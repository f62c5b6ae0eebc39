//! A server inside a loop that is somebody else's: mio's, a bare epoll's, poll(2)'s. The host has a
//! source of its own, and goes by nothing but the descriptor and what `turn` returns.

use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sprat::{Builder, Cx, Handler, Reply, Request, Response, Server, Status, Turn};

use super::support::{PATIENCE, raw};
use super::text;

/// More than all buffers between two processes hold at first.
const LARGE: usize = 4 << 20;

/// Answers at once, after a timer, from a thread, or at length.
struct Guest;

impl Handler for Guest {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        match req.path() {
            "/timer" => {
                let at = cx.now() + Duration::from_millis(15);
                Reply::later(move |cx| {
                    cx.set_deadline(Some(at));
                    match cx.now() < at {
                        true => Poll::Pending,
                        false => Poll::Ready(Ok(text("timer"))),
                    }
                })
            }
            "/thread" => {
                let (waker, (send, word)) = (cx.waker(), channel());
                thread::spawn(move || {
                    send.send("thread").unwrap();
                    waker.wake().unwrap();
                });
                Reply::later(move |_| match word.try_recv() {
                    Ok(word) => Poll::Ready(Ok(text(word))),
                    Err(_) => Poll::Pending,
                })
            }
            "/large" => Response::new(Status::OK).bytes(vec![b'x'; LARGE]).into(),
            _ => text("at once").into(),
        }
    }
}

/// What the peers ask, and that the host hears from its own source; then a drain.
fn ask_all(server: &Server<Guest>, mut bell: UnixStream) -> thread::JoinHandle<()> {
    let (addr, handle) = (server.local_addrs()[0], server.handle());
    thread::spawn(move || {
        let mut peers: Vec<_> = (0..20).map(|_| raw(addr)).collect();
        for (path, want) in [("timer", "timer"), ("thread", "thread"), ("", "at once")] {
            // All at once, each on a connection that is kept.
            for peer in &mut peers {
                peer.send(format!("GET /{path} HTTP/1.1\r\nHost: h\r\n\r\n"));
            }
            for peer in &mut peers {
                assert_eq!(peer.read_response().text(), want);
            }
            bell.write_all(b"!").unwrap();
        }
        peers[0].send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(peers[0].read_response().body.len(), LARGE);
        handle.drain(PATIENCE).unwrap();
        peers.iter_mut().for_each(|peer| peer.expect_close());
    })
}

/// A host: its loop waits through `wait`, which says whether its own source is ready, and takes a
/// turn of the server after each wait.
fn host(wait: impl FnOnce(&Server<Guest>, &UnixStream) -> Wait) {
    let mut server = Builder::bind("127.0.0.1:0").unwrap().serve(Guest);
    let (mut bell, ringer) = UnixStream::pair().unwrap();
    bell.set_nonblocking(true).unwrap();
    let mut wait = wait(&server, &bell);
    let peers = ask_all(&server, ringer);
    let (mut rings, mut time) = (0, Some(Duration::ZERO));
    let end = Instant::now() + PATIENCE;
    loop {
        if wait(time.map_or(PATIENCE, |time| time.min(PATIENCE))) {
            let mut bytes = [0; 8];
            while let Ok(count @ 1..) = bell.read(&mut bytes) {
                rings += count;
            }
        }
        time = match server.turn(Some(Duration::ZERO)).unwrap() {
            Turn::More => Some(Duration::ZERO),
            Turn::Idle(time) => time,
            Turn::Stopped => break,
        };
        assert!(Instant::now() < end, "it comes to no end");
    }
    peers.join().unwrap();
    assert_eq!(rings, 3);
}

type Wait = Box<dyn FnMut(Duration) -> bool>;

#[test]
fn a_server_nests_in_a_mio_poll() {
    host(|server, bell| {
        let mut poll = mio::Poll::new().unwrap();
        let mut events = mio::Events::with_capacity(8);
        for (fd, token) in [(server.as_fd(), 0), (bell.as_fd(), 1)] {
            let fd = fd.as_raw_fd();
            let mut source = mio::unix::SourceFd(&fd);
            let registry = poll.registry();
            registry
                .register(&mut source, mio::Token(token), mio::Interest::READABLE)
                .unwrap();
        }
        Box::new(move |time| {
            poll.poll(&mut events, Some(time)).unwrap();
            events.iter().any(|event| event.token() == mio::Token(1))
        })
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_nests_in_a_bare_epoll_by_level_and_by_edge() {
    use rustix::event::epoll;

    for edge in [epoll::EventFlags::empty(), epoll::EventFlags::ET] {
        host(|server, bell| {
            let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
            for (fd, number) in [(server.as_fd(), 0), (bell.as_fd(), 1)] {
                let data = epoll::EventData::new_u64(number);
                epoll::add(&epoll, fd, data, epoll::EventFlags::IN | edge).unwrap();
            }
            Box::new(move |time| {
                let time = Timespec::try_from(time).unwrap();
                let mut events = Vec::with_capacity(8);
                let buffer = rustix::buffer::spare_capacity(&mut events);
                epoll::wait(&epoll, buffer, Some(&time)).unwrap();
                events.iter().any(|event| event.data.u64() == 1)
            })
        });
    }
}

#[test]
fn a_server_nests_in_poll() {
    host(|server, bell| {
        let server = server.as_fd().try_clone_to_owned().unwrap();
        let bell = bell.as_fd().try_clone_to_owned().unwrap();
        Box::new(move |time| {
            let time = Timespec::try_from(time).unwrap();
            let mut fds = [&server, &bell].map(|fd| PollFd::new(fd, PollFlags::IN));
            poll(&mut fds, Some(&time)).unwrap();
            fds[1].revents().contains(PollFlags::IN)
        })
    });
}
