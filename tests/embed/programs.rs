//! Small programs as people write them with the documentation at hand, and peers that are no help.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc::{
    Receiver, Sender, SyncSender, TryRecvError, TrySendError, channel, sync_channel,
};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use sprat::{
    BodyLen, BodySource, Builder, Cx, Exchange, ExchangeWaker, Expectation, Failure, Handler,
    Method, Pull, Reply, Request, Response, Sink, Status, Turn, form_pairs,
};

use super::support::server::wait_for;
use super::support::{PATIENCE, Raw, Site as Tree, raw};
use super::{Running, serve, text};

fn post(server: &Running, target: &str, body: &str) -> super::support::Reply {
    let length = body.len();
    let head = format!("POST {target} HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n");
    server.send(head + body).read_response()
}

/// A chat by long polling.
#[derive(Default)]
struct Chat(Rc<RefCell<Room>>);

#[derive(Default)]
struct Room {
    said: VecDeque<(usize, String)>,
    count: usize,
    waiting: Vec<ExchangeWaker>,
}

const SAID_MAX: usize = 50;

impl Room {
    fn say(&mut self, text: String) -> usize {
        self.count += 1;
        self.said.push_back((self.count, text));
        if self.said.len() > SAID_MAX {
            self.said.pop_front();
        }
        self.waiting
            .drain(..)
            .for_each(|waker| waker.wake().unwrap());
        self.count
    }

    fn since(&self, number: usize) -> String {
        let new = self.said.iter().filter(|(other, _)| *other > number);
        new.map(|(number, text)| format!("{number} {text}\n"))
            .collect()
    }
}

impl Handler for Chat {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let room = Rc::clone(&self.0);
        match (req.method(), &req.segments()[..]) {
            (Method::Post, ["say"]) => Reply::collect(req, 1000, move |body, _| {
                let mut pairs = form_pairs(&body);
                match pairs.find(|(name, _)| name == "text") {
                    Some((_, said)) => text(room.borrow_mut().say(said).to_string()),
                    None => Failure::new(Status::UNPROCESSABLE_CONTENT).into(),
                }
            }),
            (Method::Get, ["poll", since]) => {
                let (since, patient) = (since.parse().unwrap_or(0), req.query().is_none());
                let wait = if patient {
                    10 * PATIENCE
                } else {
                    Duration::from_millis(20)
                };
                let end = cx.now() + wait;
                Reply::later(move |cx| {
                    let new = room.borrow().since(since);
                    let over = cx.now() >= end || cx.peer_has_ended() || cx.is_draining();
                    if over || !new.is_empty() {
                        return Poll::Ready(Ok(text(new)));
                    }
                    cx.set_deadline(Some(end));
                    let waiting = &mut room.borrow_mut().waiting;
                    waiting.retain(|waker| !waker.is_over());
                    waiting.push(cx.waker());
                    Poll::Pending
                })
            }
            (Method::Get, ["waiting"]) => {
                let waiting = &mut room.borrow_mut().waiting;
                waiting.retain(|waker| !waker.is_over());
                text(waiting.len().to_string()).into()
            }
            _ => Failure::new(Status::NOT_FOUND).into(),
        }
    }
}

#[test]
fn a_chat_by_long_polling_reaches_all_and_forgets_who_left() {
    let server = serve(Chat::default);
    let poll = || server.send("GET /poll/0 HTTP/1.1\r\nHost: h\r\n\r\n");
    let waiting = |count: &str| {
        let is_so = || (server.get("/waiting").text() == count).then_some(());
        wait_for("so many wait", is_so);
    };
    let mut peers: Vec<Raw> = (0..100).map(|_| poll()).collect();
    waiting("100");
    peers.truncate(60);
    waiting("60");
    assert_eq!(
        server.get("/poll/0?now").text(),
        "",
        "nothing was said in its time"
    );
    assert_eq!(post(&server, "/say", "text=hello+all").text(), "1");
    for peer in &mut peers {
        assert_eq!(peer.read_response().text(), "1 hello all\n");
        peer.send("GET /poll/1 HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    waiting("60");
    for (body, status) in [("text=", 200), ("x=1", 422), (&*"text=x".repeat(200), 413)] {
        assert_eq!(post(&server, "/say", body).status, status);
    }
    for peer in &mut peers {
        assert_eq!(peer.read_response().text(), "2 \n");
    }
    (0..200).for_each(|n| assert_eq!(post(&server, "/say", &format!("text={n}")).status, 200));
    let all = server.get("/poll/0");
    assert_eq!(all.text().lines().count(), SAID_MAX);
    // Those who wait are told that it ends.
    peers[0].send("GET /poll/999 HTTP/1.1\r\nHost: h\r\n\r\n");
    waiting("1");
    server.handle.drain(10 * PATIENCE).unwrap();
    assert_eq!(peers[0].read_response().text(), "");
}

/// Uploads with a quota for all together, and their progress as events.
struct Uploads {
    folder: PathBuf,
    used: Rc<RefCell<u64>>,
    progress: Rc<RefCell<Progress>>,
}

#[derive(Default)]
struct Progress {
    bytes: u64,
    over: bool,
    watchers: Vec<ExchangeWaker>,
}

struct Upload {
    file: File,
    part: PathBuf,
    used: Rc<RefCell<u64>>,
    progress: Rc<RefCell<Progress>>,
    bytes: u64,
    ended: bool,
    refused: bool,
}

const QUOTA: u64 = 3 << 20;

impl Upload {
    fn tell(&self, over: bool) {
        let mut progress = self.progress.borrow_mut();
        progress.bytes = self.bytes;
        progress.over = over;
        for waker in &progress.watchers {
            waker.wake().unwrap();
        }
    }
}

impl Exchange for Upload {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        let mut used = self.used.borrow_mut();
        if *used + chunk.len() as u64 > QUOTA {
            self.refused = true;
            return Ok(0);
        }
        self.file.write_all(chunk)?;
        *used += chunk.len() as u64;
        self.bytes += chunk.len() as u64;
        drop(used);
        self.tell(false);
        Ok(chunk.len())
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.ended = true;
        fs::rename(&self.part, self.part.with_extension("done"))
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        match (self.refused, self.ended) {
            (true, _) => Poll::Ready(Ok(Failure::new(Status::PAYLOAD_TOO_LARGE).into())),
            (_, true) => Poll::Ready(Ok(text("stored"))),
            _ => Poll::Pending,
        }
    }

    fn on_close(&mut self, _: &mut Cx<'_>) {
        if !self.ended {
            fs::remove_file(&self.part).unwrap();
            *self.used.borrow_mut() -= self.bytes;
        }
        self.tell(true);
    }
}

struct Watch(Rc<RefCell<Progress>>, Option<ExchangeWaker>, Option<u64>);

impl BodySource for Watch {
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        let mut progress = self.0.borrow_mut();
        if self.2 != Some(progress.bytes) {
            self.2 = Some(progress.bytes);
            out.put(format!("data: {}\n\n", progress.bytes).as_bytes());
            return Ok(Pull::More);
        }
        if progress.over {
            return Ok(Pull::Done);
        }
        if self.1.is_none() {
            self.1 = Some(cx.waker());
            progress.watchers.push(cx.waker());
        }
        Ok(Pull::Pending)
    }
}

impl Handler for Uploads {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        match (req.method(), &req.segments()[..]) {
            (Method::Put, [name]) if !name.contains(['.', '/']) => {
                let part = self.folder.join(name).with_extension("part");
                let Ok(file) = File::create_new(&part) else {
                    return Failure::new(Status::CONFLICT).into();
                };
                *self.progress.borrow_mut() = Progress::default();
                let (used, progress) = (Rc::clone(&self.used), Rc::clone(&self.progress));
                Reply::exchange(Upload {
                    file,
                    part,
                    used,
                    progress,
                    bytes: 0,
                    ended: false,
                    refused: false,
                })
            }
            (Method::Get, ["progress"]) => {
                let watch = Watch(Rc::clone(&self.progress), None, None);
                Response::new(Status::OK).source(watch).into()
            }
            (Method::Get, ["used"]) => text(self.used.borrow().to_string()).into(),
            _ => Failure::new(Status::NOT_FOUND).into(),
        }
    }

    fn expect_continue(&mut self, req: &Request<'_>) -> Expectation {
        match req.body_len() {
            BodyLen::Exact(..=QUOTA) => Expectation::Continue,
            _ => Failure::new(Status::EXPECTATION_FAILED).into(),
        }
    }
}

fn put(server: &Running, name: &str, fields: &str, body: &str) -> Raw {
    let mut peer = server.send(format!("PUT /{name} HTTP/1.1\r\nHost: h\r\n{fields}\r\n"));
    // It may be refused in the middle.
    let _ = peer.try_send(body);
    peer
}

#[test]
fn uploads_are_watched_bounded_and_cleaned_up() {
    let tree = Tree::new("uploads");
    let folder = tree.root().to_path_buf();
    let server = serve(move || Uploads {
        folder,
        used: Rc::default(),
        progress: Rc::default(),
    });
    let is_used = |want: &str| {
        let is_so = || (server.get("/used").text() == want).then_some(());
        wait_for("so much is used", is_so);
    };
    let half = "x".repeat(500_000);
    let mut peer = put(&server, "a", "Content-Length: 1000000\r\n", &half);
    is_used("500000");
    let mut watcher = server.send("GET /progress HTTP/1.1\r\nHost: h\r\n\r\n");
    watcher.read_head();
    peer.send(&half);
    assert_eq!(peer.read_response().text(), "stored");
    let told = String::from_utf8(watcher.read_until(b"\r\n0\r\n\r\n")).unwrap();
    assert!(
        told.contains("data: 500000\n\n") && told.contains("data: 1000000\n\n"),
        "{told}"
    );
    assert_eq!(
        tree.root().join("a.done").metadata().unwrap().len(),
        1_000_000
    );
    // Past the quota, with and without a declared length; and one that leaves in the middle.
    let large = "x".repeat(2_500_000);
    let mut peer = put(&server, "b", "Content-Length: 2500000\r\n", &large);
    assert_eq!(peer.read_response().status, 413);
    let chunk = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    let mut peer = put(&server, "c", "Transfer-Encoding: chunked\r\n", &chunk);
    assert_eq!(peer.read_response().status, 413);
    let fields = "Expect: 100-continue\r\nContent-Length: 99999999\r\n";
    assert_eq!(put(&server, "d", fields, "").read_response().status, 417);
    drop(put(&server, "e", "Content-Length: 100\r\n", "half"));
    is_used("1000000");
    let left = || {
        fs::read_dir(tree.root())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
    };
    wait_for("no part is left", || (left().count() == 1).then_some(()));
    // There is room for what was given back.
    let mut peer = put(
        &server,
        "b",
        "Content-Length: 2000000\r\n",
        &large[..2_000_000],
    );
    assert_eq!(peer.read_response().text(), "stored");
}

/// Slow work on a thread, with a queue that ends.
struct Pool {
    jobs: SyncSender<Job>,
    /// Jobs that the queue or the worker has.
    taken: Rc<Cell<usize>>,
}

struct Job {
    word: String,
    answer: Sender<String>,
    waker: ExchangeWaker,
}

const QUEUED_MAX: usize = 2;

/// Says that it has a job, and does it when the test says so.
fn work(queue: Receiver<Job>, begun: Sender<()>, go: Receiver<()>) {
    for job in queue {
        if begun.send(()).is_err() || go.recv().is_err() {
            return;
        }
        // One is forgotten: its answer and its waker are dropped.
        if job.word != "forget" {
            let _ = job.answer.send(job.word.to_uppercase());
            let _ = job.waker.wake();
        }
    }
}

impl Handler for Pool {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        if req.method() == Method::Get {
            return text(self.taken.get().to_string()).into();
        }
        let (jobs, taken) = (self.jobs.clone(), Rc::clone(&self.taken));
        Reply::collect(req, 100, move |body, cx| {
            let word = String::from_utf8_lossy(&body).into_owned();
            let (answer, result) = channel();
            let waker = cx.waker();
            if let Err(TrySendError::Full(_)) = jobs.try_send(Job {
                word,
                answer,
                waker,
            }) {
                let busy = Response::error(Failure::new(Status::SERVICE_UNAVAILABLE));
                return busy.header("Retry-After", "1").into();
            }
            taken.set(taken.get() + 1);
            Reply::later(move |_| match result.try_recv() {
                Ok(word) => Poll::Ready(Ok(text(word))),
                Err(TryRecvError::Empty) => Poll::Pending,
                Err(error) => Poll::Ready(Err(io::Error::other(error))),
            })
        })
    }
}

#[test]
fn a_pool_of_workers_answers_refuses_and_forgets() {
    let ((go, wait), (begin, begun)) = (channel(), channel());
    let (jobs, queue) = sync_channel(QUEUED_MAX);
    thread::spawn(move || work(queue, begin, wait));
    let server = serve(move || {
        let taken = Rc::default();
        Pool { jobs, taken }
    });
    let ask = |word: &str| {
        let length = word.len();
        let head = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n");
        server.send(head + word)
    };
    let has_begun = || begun.recv_timeout(PATIENCE).unwrap();
    let mut asked = vec![ask("one")];
    has_begun();
    for (word, count) in [("forget", "2"), ("two", "3")] {
        asked.push(ask(word));
        let is_taken = || (server.get("/").text() == count).then_some(());
        wait_for("it is in the queue", is_taken);
    }
    let refused = ask("more").read_response();
    assert_eq!((refused.status, refused.field("Retry-After")), (503, "1"));
    for (peer, want) in asked.iter_mut().zip([Some("ONE"), None, Some("TWO")]) {
        go.send(()).unwrap();
        let reply = peer.read_response();
        match want {
            Some(text) => assert_eq!(reply.text(), text),
            None => assert_eq!(reply.status, 500, "its worker has forgotten it"),
        }
    }
    let mut peer = ask("more");
    go.send(()).unwrap();
    assert_eq!(peer.read_response().text(), "MORE");
}

/// A token, fields for every answer, and whatever is inside.
struct Guard(Box<dyn Handler>);

impl Handler for Guard {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let given = req.header("Authorization");
        let token = given.and_then(|value| value.strip_prefix(b"Bearer "));
        let reply = match (req.method(), token) {
            (Method::Options, _) => Response::new(Status::NO_CONTENT).into(),
            (_, Some(b"sesame")) => self.0.handle(req, cx),
            _ => Response::error(Failure::new(Status::UNAUTHORIZED))
                .header("WWW-Authenticate", "Bearer")
                .into(),
        };
        reply.map(|response| response.header("Access-Control-Allow-Origin", "*"))
    }

    fn error_page(&mut self, failure: &Failure) -> Response {
        self.0.error_page(failure)
    }
}

struct Api(u64);

impl Handler for Api {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        match (req.method(), &req.segments()[..]) {
            (Method::Get | Method::Head, ["n"]) => text(self.0.to_string()).into(),
            (Method::Patch, ["n"]) => {
                self.0 += 1;
                Response::new(Status::NO_CONTENT).into()
            }
            _ => Failure::new(Status::NOT_FOUND).into(),
        }
    }

    fn error_page(&mut self, failure: &Failure) -> Response {
        let error = format!("{{\"error\":{:?}}}", failure.message);
        Response::new(failure.status)
            .text(error)
            .header("Content-Type", "application/json")
    }
}

#[test]
fn a_guarded_api_answers_every_request_in_its_own_way() {
    let server = serve(|| Guard(Box::new(Api(0))));
    let token = "Authorization: Bearer sesame\r\n";
    for (line, fields, status, body) in [
        ("GET /n", "", 401, "{\"error\":\"Unauthorized\"}"),
        (
            "GET /n",
            "Authorization: Bearer sesam\r\n",
            401,
            "{\"error\":\"Unauthorized\"}",
        ),
        ("OPTIONS /n", "", 204, ""),
        ("GET /n", token, 200, "0"),
        ("PATCH /n", token, 204, ""),
        ("HEAD /n", token, 200, ""),
        ("GET /n", token, 200, "1"),
        ("GET /none", token, 404, "{\"error\":\"Not Found\"}"),
    ] {
        let reply = server.ask(line, fields);
        assert_eq!((reply.status, reply.text()), (status, body), "{line}");
        assert_eq!(reply.field("Access-Control-Allow-Origin"), "*", "{line}");
    }
    // What no handler has seen has the page, and not the field.
    let reply = server.send("BAD\r\n\r\n").read_response();
    assert_eq!(reply.field("Content-Type"), "application/json");
    assert!(reply.text().starts_with("{\"error\":\"Bad request syntax"));
}

struct Game {
    frame: u64,
    keys: u64,
}

impl Handler for Game {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        self.keys += u64::from(req.path() == "/key");
        text(format!("{} {}", self.frame, self.keys)).into()
    }
}

#[test]
fn a_game_goes_on_while_it_is_asked() {
    const FRAME: Duration = Duration::from_millis(2);
    const KEYS: u64 = 300;
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    let (addr, handle) = (builder.local_addrs()[0], builder.handle());
    let mut server = builder.serve(Game { frame: 0, keys: 0 });
    let players: Vec<_> = (0..3)
        .map(|_| {
            thread::spawn(move || {
                let (mut peer, mut last) = (raw(addr), 0);
                for _ in 0..KEYS {
                    peer.send("GET /key HTTP/1.1\r\nHost: h\r\n\r\n");
                    let reply = peer.read_response();
                    let (frame, _) = reply.text().split_once(' ').unwrap();
                    let frame: u64 = frame.parse().unwrap();
                    assert!(frame >= last, "time goes on");
                    last = frame;
                }
            })
        })
        .collect();
    let stopper = thread::spawn(move || {
        players
            .into_iter()
            .for_each(|player| player.join().unwrap());
        handle.stop().unwrap();
    });
    let mut next = Instant::now();
    loop {
        let now = Instant::now();
        if now >= next {
            server.handler_mut().frame += 1;
            next = now + FRAME;
        }
        let rest = next.saturating_duration_since(Instant::now());
        if server.turn(Some(rest)).unwrap() == Turn::Stopped {
            break;
        }
    }
    stopper.join().unwrap();
    let game = server.handler_mut();
    assert_eq!(game.keys, 3 * KEYS);
    assert!(game.frame > 1);
}
