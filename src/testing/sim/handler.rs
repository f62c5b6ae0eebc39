//! The handler under simulation. A target's path says what is to happen: `/stream/500/7` is a body
//! of 500 bytes, 7 at a time. Whatever it does not know is a file.

use std::fs::File;
use std::io;
use std::sync::LazyLock;
use std::time::Duration;

use super::diary::Diary;
use super::exchange::{Kind, Talk};
use super::fixture::{FILES, folder, modified, pattern};
use super::script::Site;
use super::upgrade::{Never, PROTOCOL, Switched};
use crate::files::asset::Asset;
use crate::files::assets::{Assets, AssetsBuilder};
use crate::files::file_server::FileServer;
use crate::handler::{
    Body, BodySource, Cx, Expectation, Handler, Log, Pull, Reply, Request, Response, Sink,
};
use crate::http::status::Status;

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let add = |all: AssetsBuilder, (name, len): (&str, usize)| {
        let asset = Asset::named(name, pattern(len)).modified(modified());
        all.asset(name, asset)
    };
    let table = FILES.into_iter().fold(Assets::builder(), add);
    table.build().expect("the simulator's files")
});

/// The handler of a run.
pub struct TestHandler {
    files: FileServer,
    /// The same in memory, in place of what is on the disk.
    assets: Option<Assets>,
    site: Site,
    diary: Diary,
}

impl TestHandler {
    /// A handler that writes down what happens.
    pub fn new(diary: Diary, scripts_max: usize, each_max: usize) -> TestHandler {
        let files = FileServer::new(folder()).expect("the simulator's files");
        let site = Site::new(scripts_max, each_max);
        TestHandler {
            files,
            assets: None,
            site,
            diary,
        }
    }

    /// Whether no script runs, and nobody waits for one.
    pub fn is_at_rest(&self) -> bool {
        self.site.is_at_rest()
    }

    /// Has files in memory, as assets. Nobody can tell.
    pub fn hold(&mut self) {
        self.assets = Some(ASSETS.clone());
    }

    fn file(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let held = self.assets.as_ref().and_then(|assets| assets.serve(req));
        held.map_or_else(|| self.files.handle(req, cx), Reply::from)
    }

    fn talk(&self, kind: Kind, port: u16) -> Reply {
        Reply::Exchange(Box::new(Talk::new(kind, port, self.diary.clone())))
    }
}

/// The words of a path, and the number that each may be.
pub fn words(path: &str) -> (Vec<&str>, impl Fn(usize) -> usize + '_) {
    let words: Vec<&str> = path[1..].split('/').collect();
    let numbers = words.clone();
    let number = move |at: usize| {
        let digits = numbers.get(at).copied().unwrap_or("0");
        digits.parse().unwrap_or(0)
    };
    (words, number)
}

impl Handler for TestHandler {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let port = req.peer().map_or(0, |peer| peer.port());
        self.diary.borrow_mut().handle(port);
        let path = req.path();
        let (words, number) = words(path);
        let n = number(1);
        let ok = || Response::new(Status::OK);
        match words[0] {
            "bytes" => ok().header("X-N", n.to_string()).bytes(pattern(n)).into(),
            "none" => Response::new(Status::NO_CONTENT).into(),
            "bye" => ok().close().bytes(&b"bye\n"[..]).into(),
            "stream" | "slow" | "torn" | "sized" | "lying" => {
                let source = Source {
                    diary: self.diary.clone(),
                    number: self.diary.borrow_mut().number(),
                    at: 0,
                    end: n,
                    step: number(2).max(1),
                    kind: Rest::of(words[0]),
                    waits: false,
                    port,
                };
                ok().source(source).into()
            }
            "shrunk" => {
                let file = File::open(folder().join("large.bin")).expect("a file");
                let file = file.into();
                let range = 300_000 - n as u64..310_000;
                ok().with_body(Body::File { file, range }).into()
            }
            "hop" => Response::reroute(format!("/{}", words[1..].join("/"))).into(),
            "loop" => Response::reroute("/loop").into(),
            "panic" => {
                cx.log("before the panic");
                panic!("as asked");
            }
            "collect" => self.talk(Kind::Collect { sip: usize::MAX }, port),
            "shun" => self.talk(Kind::Collect { sip: usize::MAX }, port),
            "sip" => self.talk(Kind::Collect { sip: n.max(1) }, port),
            "echo" => self.talk(Kind::Echo, port),
            "early" => self.talk(Kind::Early(n), port),
            "late" => self.talk(Kind::Late(Duration::from_millis(n as u64)), port),
            "wake" => self.talk(Kind::Wake, port),
            "fail" => self.talk(Kind::Fail, port),
            "choke" => self.talk(Kind::Choke(n), port),
            "switch" if req.asks_for_upgrade(PROTOCOL) => {
                let word = words.get(1).copied().unwrap_or_default();
                let switched = Switched::new(word, number(2), port, self.diary.clone());
                Response::upgrade(PROTOCOL, switched).into()
            }
            "switch" => Response::upgrade(PROTOCOL, Never).into(),
            "leap" => self.talk(Kind::Leap(format!("/{}", words[1..].join("/"))), port),
            "cgi-bin" => {
                let reply = self.site.serve(req, cx);
                self.diary.borrow_mut().unanswered = 0;
                reply.unwrap_or_else(|| self.files.handle(req, cx))
            }
            _ => self.file(req, cx),
        }
    }

    fn expect_continue(&mut self, req: &Request<'_>) -> Expectation {
        match req.path().starts_with("/shun") {
            true => Expectation::Reject(Response::new(Status::FORBIDDEN).bytes(&b"no\n"[..])),
            false => Expectation::Continue,
        }
    }

    fn log(&mut self, entry: Log<'_>) {
        let mut diary = self.diary.borrow_mut();
        match entry {
            Log::Access { peer, status, .. } => {
                let port = peer.map_or(0, |peer| peer.port());
                diary.answer(port, status.code());
            }
            Log::Over(record) => {
                let port = record.peer().map_or(0, |peer| peer.port());
                let status = record.status().map(|status| (port, status.code()));
                diary.overs.extend(status);
            }
            Log::Error { peer, message } => {
                let port = peer.map(|peer| peer.port());
                if message.starts_with("bug:") {
                    diary.unanswered = 0;
                }
                diary.errors.push((port, message.to_owned()));
            }
        }
    }
}

/// How a source behaves beside giving its bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// It ends; its length is not known.
    Plain,
    /// It waits between any two steps.
    Slow,
    /// It fails at its end.
    Torn,
    /// Its length is known.
    Sized,
    /// It promises more than it has.
    Lying,
}

impl Rest {
    fn of(word: &str) -> Rest {
        match word {
            "slow" => Rest::Slow,
            "torn" => Rest::Torn,
            "sized" => Rest::Sized,
            "lying" => Rest::Lying,
            _ => Rest::Plain,
        }
    }
}

struct Source {
    diary: Diary,
    number: usize,
    at: usize,
    end: usize,
    step: usize,
    kind: Rest,
    waits: bool,
    port: u16,
}

impl BodySource for Source {
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        assert!(out.room() > 0, "asked without room");
        self.diary.borrow_mut().call(self.number);
        if self.kind == Rest::Slow {
            self.waits = !self.waits;
            // The last of these is still set when the body has ended.
            cx.set_deadline(Some(cx.now() + Duration::from_millis(3)));
            if self.waits {
                return Ok(Pull::Pending);
            }
        }
        let next = (self.at + self.step).min(self.end);
        let bytes = pattern(next);
        let put = out.put(&bytes[self.at..]);
        self.at += put;
        self.diary.borrow_mut().count(self.port, put);
        match self.at == self.end {
            true if self.kind == Rest::Torn => Err(io::ErrorKind::Other.into()),
            true => Ok(Pull::Done),
            false => Ok(Pull::More),
        }
    }

    fn len(&self) -> Option<u64> {
        match self.kind {
            Rest::Sized => Some(self.end as u64),
            Rest::Lying => Some(self.end as u64 + 5),
            _ => None,
        }
    }
}
