//! Exchanges with sources and children of their own: a proxy, and a program's output.

use std::fs;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::task::Poll;
use std::time::Duration;

use mio::Interest;
use sprat::{Body, Cx, Exchange, Failure, Pull, Reply, Response, Sink, Status};

use super::support::server::wait_for;
use super::support::{PATIENCE, Site as Tree};
use super::{line, site, text};

const UPSTREAM: u8 = 1;

/// Asks another server, and hands its body on while it comes.
struct Proxy {
    upstream: mio::net::TcpStream,
    request: Vec<u8>,
    /// What has come and was not handed on.
    buffer: Vec<u8>,
    has_head: bool,
    ended: bool,
    said: Sender<&'static str>,
}

impl Proxy {
    fn reply(to: SocketAddr, path: &str, said: Sender<&'static str>, cx: &mut Cx<'_>) -> Reply {
        let mut connect = || {
            let mut upstream = mio::net::TcpStream::connect(to)?;
            cx.register(
                &mut upstream,
                UPSTREAM,
                Interest::READABLE | Interest::WRITABLE,
            )?;
            Ok(upstream)
        };
        let connected: io::Result<_> = connect();
        match connected {
            Ok(upstream) => Reply::exchange(Proxy {
                upstream,
                request: format!("GET {path} HTTP/1.0\r\n\r\n").into_bytes(),
                buffer: Vec::new(),
                has_head: false,
                ended: false,
                said,
            }),
            Err(_) => Failure::new(Status::BAD_GATEWAY).into(),
        }
    }

    /// Reads what there is, as long as little waits to be handed on.
    fn fill(&mut self) -> io::Result<()> {
        let mut bytes = [0; 16 * 1024];
        while !self.ended && self.buffer.len() < 64 * 1024 {
            match self.upstream.read(&mut bytes) {
                Ok(0) => self.ended = true,
                Ok(count) => self.buffer.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Exchange for Proxy {
    fn on_ready(&mut self, which: u8, _: &mut Cx<'_>) -> io::Result<()> {
        assert_eq!(which, UPSTREAM);
        while !self.request.is_empty() {
            match self.upstream.write(&self.request) {
                Ok(count) => drop(self.request.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::NotConnected => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        if !self.request.is_empty() {
            return Poll::Pending;
        }
        if let Err(error) = self.fill() {
            return Poll::Ready(Err(error));
        }
        let Some(end) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") else {
            return match self.ended {
                true => Poll::Ready(Ok(Failure::new(Status::BAD_GATEWAY).into())),
                false => Poll::Pending,
            };
        };
        self.buffer.drain(..end + 4);
        self.has_head = true;
        Poll::Ready(Ok(Response::new(Status::OK).with_body(Body::Streamed(None))))
    }

    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        self.fill()?;
        let put = out.put(&self.buffer);
        self.buffer.drain(..put);
        match (put, self.ended && self.buffer.is_empty()) {
            (_, true) => Ok(Pull::Done),
            (0, _) => Ok(Pull::Pending),
            _ => Ok(Pull::More),
        }
    }

    fn on_close(&mut self, cx: &mut Cx<'_>) {
        cx.deregister(&mut self.upstream).unwrap();
        self.said.send("closed").unwrap();
    }
}

#[test]
fn a_proxy_hands_on_what_another_server_says() {
    const LARGE: usize = 3_000_000;
    let (upstream, _log) = site(|req, cx| match req.path() {
        "/large" => Response::new(Status::OK).bytes(vec![b'x'; LARGE]).into(),
        "/slow" => {
            let at = cx.now() + Duration::from_millis(15);
            Reply::later(move |cx| {
                cx.set_deadline(Some(at));
                if cx.now() < at {
                    Poll::Pending
                } else {
                    Poll::Ready(Ok(text("slow")))
                }
            })
        }
        path => text(format!("you asked {path}")).into(),
    });
    let to = upstream.addr;
    let (give, said) = channel();
    let (server, _log) = site(move |req, cx| Proxy::reply(to, req.path(), give.clone(), cx));
    assert_eq!(server.get("/a").text(), "you asked /a");
    assert_eq!(server.get("/slow").text(), "slow");
    assert_eq!(server.get("/large").body.len(), LARGE);
    // A peer that leaves in the middle: the exchange is closed all the same.
    let mut peer = server.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
    peer.read_head();
    drop(peer);
    for _ in 0..4 {
        assert_eq!(said.recv_timeout(PATIENCE).unwrap(), "closed");
    }
    drop(upstream);
    // Refused, which the first read or write says.
    assert_eq!(server.get("/a").status, 500);
    assert_eq!(said.recv_timeout(PATIENCE).unwrap(), "closed");
}

#[test]
fn a_source_has_a_number_from_1_to_5() {
    let (server, _log) = site(|_, cx| {
        let (mut stream, _other) = mio::net::UnixStream::pair().unwrap();
        let mut register = |which| cx.register(&mut stream, which, Interest::READABLE);
        let refused = [0, 6, 255].map(|which| register(which).unwrap_err().kind());
        assert_eq!(refused, [io::ErrorKind::InvalidInput; 3]);
        register(5).unwrap();
        cx.deregister(&mut stream).unwrap();
        text("well").into()
    });
    assert_eq!(server.get("/").text(), "well");
}

/// The output of a program, and how it ended.
struct Output {
    pipe: mio::unix::pipe::Receiver,
    text: Vec<u8>,
    status: Option<ExitStatus>,
}

impl Output {
    fn reply(script: &str, cx: &mut Cx<'_>) -> io::Result<Reply> {
        let mut command = Command::new("sh");
        command
            .args(["-c", script])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.process_group(0).spawn()?;
        let mut pipe = mio::unix::pipe::Receiver::from(child.stdout.take().unwrap());
        pipe.set_nonblocking(true)?;
        cx.register(&mut pipe, 3, Interest::READABLE)?;
        cx.adopt(child);
        let (text, status) = (Vec::new(), None);
        Ok(Reply::exchange(Output { pipe, text, status }))
    }
}

impl Exchange for Output {
    fn on_ready(&mut self, _: u8, _: &mut Cx<'_>) -> io::Result<()> {
        match self.pipe.read_to_end(&mut self.text) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }

    fn on_exit(&mut self, status: ExitStatus, cx: &mut Cx<'_>) -> io::Result<()> {
        self.status = Some(status);
        // What it wrote last.
        self.on_ready(3, cx)
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        let Some(status) = self.status else {
            return Poll::Pending;
        };
        let output = String::from_utf8_lossy(&self.text).into_owned();
        Poll::Ready(Ok(text(format!("{output}{}", status.code().unwrap_or(-1)))))
    }

    fn on_close(&mut self, cx: &mut Cx<'_>) {
        cx.deregister(&mut self.pipe).unwrap();
        cx.log("let go");
    }
}

#[test]
fn a_child_is_adopted_its_end_is_told_and_its_group_dies_with_the_exchange() {
    let tree = Tree::new("adopted");
    let pids = tree.root().join("pids");
    let hang = format!(
        "sleep 600 & echo $$ $! >{0}.new; mv {0}.new {0}; wait",
        pids.display()
    );
    let (server, log) = site(move |req, cx| {
        let script = match req.path() {
            "/ends" => "echo said; exit 7",
            _ => &hang,
        };
        Output::reply(script, cx).unwrap()
    });
    assert_eq!(server.get("/ends").text(), "said\n7");
    assert_eq!([line(&log), line(&log)], ["200", "let go"]);
    // Its peer leaves in the middle.
    let peer = server.send("GET /hangs HTTP/1.1\r\nHost: h\r\n\r\n");
    let text = wait_for("the child runs", || fs::read_to_string(&pids).ok());
    peer.reset();
    assert_eq!(line(&log), "let go");
    for pid in text.split_whitespace() {
        let is_over = || match fs::read_to_string(format!("/proc/{pid}/stat")) {
            Ok(stat) => stat.contains(") Z "),
            Err(_) => true,
        };
        wait_for("the group has ended", || is_over().then_some(()));
    }
}
