//! The library as a program of somebody else's meets it: the public API alone, one file a promise.

#[path = "embed/assets.rs"]
mod assets;
#[path = "embed/blocking.rs"]
mod blocking;
#[path = "embed/bodies.rs"]
mod bodies;
#[path = "embed/compose.rs"]
mod compose;
#[path = "embed/crowded.rs"]
mod crowded;
#[path = "embed/door.rs"]
mod door;
#[path = "embed/faults.rs"]
mod faults;
#[path = "embed/fields.rs"]
mod fields;
#[path = "embed/group.rs"]
mod group;
#[path = "embed/later.rs"]
mod later;
#[path = "embed/listing_page.rs"]
mod listing_page;
#[path = "embed/looks.rs"]
mod looks;
#[path = "embed/migrating.rs"]
mod migrating;
#[path = "embed/module.rs"]
mod module;
#[path = "embed/nested.rs"]
mod nested;
#[path = "embed/outside.rs"]
mod outside;
#[path = "embed/policed.rs"]
mod policed;
#[path = "embed/programs.rs"]
mod programs;
#[path = "embed/proxies.rs"]
mod proxies;
#[path = "embed/python.rs"]
mod python;
#[path = "embed/replies.rs"]
mod replies;
#[path = "embed/run.rs"]
mod run;
#[path = "embed/sources.rs"]
mod sources;
#[path = "embed/still.rs"]
mod still;
#[path = "embed/table.rs"]
mod table;
#[path = "embed/upgrade.rs"]
mod upgrade;

// The black-box tests of the program use the rest of it.
#[allow(dead_code, unused_imports)]
mod support;

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use sprat::{Builder, Cx, Handle, Handler, Log, Reply, Request, Response, Status};
use support::{PATIENCE, Raw, raw};

/// A server on a thread of its own, ended with the test.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What ends it.
    pub handle: Handle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Running {
    /// Sends these bytes on a connection of their own.
    pub fn send(&self, bytes: impl AsRef<[u8]>) -> Raw {
        let mut peer = raw(self.addr);
        peer.send(bytes);
        peer
    }

    /// The answer to a request line without its version, and to fields that each end with CRLF.
    pub fn ask(&self, line: &str, fields: &str) -> support::Reply {
        let method = line.split(' ').next().unwrap();
        let head = format!("{line} HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        self.send(head).read_response_to(method)
    }

    /// The answer to a GET.
    pub fn get(&self, target: &str) -> support::Reply {
        self.ask(&format!("GET {target}"), "")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.stop().unwrap();
        let ended = self.thread.take().unwrap().join();
        if !thread::panicking() {
            ended.expect("the server does not panic").expect("or fail");
        }
    }
}

/// Serves on any free port. The handler is made where it works, for it need not be `Send`.
pub fn serve<H: Handler>(make: impl FnOnce() -> H + Send + 'static) -> Running {
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    serve_by(builder, make)
}

/// As [`serve`], by a builder that was set up.
pub fn serve_by<H: Handler>(
    builder: Builder,
    make: impl FnOnce() -> H + Send + 'static,
) -> Running {
    let addr = builder.local_addrs()[0];
    let handle = builder.handle();
    let thread = thread::spawn(move || builder.serve(make()).run());
    Running {
        addr,
        handle,
        thread: Some(thread),
    }
}

/// A handler from a function, and its log as lines on a channel.
pub struct Site<F> {
    answer: F,
    log: Sender<String>,
}

impl<F: FnMut(&Request<'_>, &mut Cx<'_>) -> Reply> Handler for Site<F> {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        (self.answer)(req, cx)
    }

    fn log(&mut self, entry: Log<'_>) {
        let line = match entry {
            Log::Access { status, .. } => format!("{}", status.code()),
            Log::Error { message, .. } => message.to_owned(),
            _ => return,
        };
        // A test that does not read the log is over, or never began to.
        let _ = self.log.send(line);
    }
}

/// Serves by a function; the log comes out of the receiver.
pub fn site<F>(answer: F) -> (Running, Receiver<String>)
where
    F: FnMut(&Request<'_>, &mut Cx<'_>) -> Reply + Send + 'static,
{
    let (log, lines) = channel();
    (serve(move || Site { answer, log }), lines)
}

/// The next line of a log.
pub fn line(lines: &Receiver<String>) -> String {
    lines.recv_timeout(PATIENCE).expect("a line of the log")
}

/// 200 with this text.
pub fn text(text: impl Into<String>) -> Response {
    Response::new(Status::OK).text(text.into())
}
