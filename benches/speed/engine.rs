//! The whole engine over peers in memory: everything but the sockets. Files are real ones.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;
use std::{fs, thread};

use divan::Bencher;
use divan::counter::ItemsCount;
use sprat::bench::engine::Peers;
use sprat::{Cx, FileServer, Handler, Reply, Request, Response, Status};
use tempfile::TempDir;

/// Peers whose requests come in one turn, a count.
const ACTIVE: usize = 64;

/// A handler that costs next to nothing.
struct Hello;

impl Handler for Hello {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Response::new(Status::OK).text("hello\n").into()
    }
}

/// The files that most rows ask for.
static SITE: OnceLock<PathBuf> = OnceLock::new();

/// How old a file is before all is remembered of it: what changed just now may change again unseen.
const SETTLED: Duration = Duration::from_millis(2500);

/// Makes the files, and leaves them until they have settled. They go when this is dropped.
pub fn make_site() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fill(folder.path(), "1k.txt", 1024);
    fill(folder.path(), "10k.txt", 10 * 1024);
    fs::create_dir(folder.path().join("site")).expect("a folder");
    fill(folder.path(), "site/index.html", 1024);
    thread::sleep(SETTLED);
    SITE.set(folder.path().to_owned()).expect("to be made once");
    folder
}

fn files() -> FileServer {
    let folder = SITE.get().expect("to be made first");
    FileServer::new(folder).expect("a root")
}

fn fill(folder: &Path, name: &str, len: usize) {
    fs::write(folder.join(name), vec![b'x'; len]).expect("a file");
}

fn request(line: &str, fields: &str) -> Rc<[u8]> {
    let text = format!("{line} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n");
    text.into_bytes().into()
}

/// `ACTIVE` of so many peers ask at once, each time the next ones.
fn run<H: Handler>(bencher: Bencher<'_, '_>, handler: H, peers: usize, ask: &Ask<'_>) {
    let text = request(ask.line, ask.fields);
    let text: Rc<[u8]> = text.repeat(ask.times).into();
    let mut peers = Peers::new(handler, peers).expect("a poller");
    bencher
        .counter(ItemsCount::new(ACTIVE * ask.times))
        .bench_local(|| peers.ask(&text, ACTIVE, ask.status));
}

/// What is asked for, how often at once, and how the answer begins.
struct Ask<'a> {
    line: &'a str,
    fields: &'a str,
    times: usize,
    status: &'a str,
}

const HELLO: Ask<'_> = Ask {
    line: "GET /",
    fields: "",
    times: 1,
    status: "200",
};

const FILE: Ask<'_> = Ask {
    line: "GET /1k.txt",
    ..HELLO
};

const SINCE: &str = "If-Modified-Since: Fri, 31 Dec 2100 00:00:00 GMT\r\n";

#[divan::bench(args = [64, 1000, 10_000])]
fn handler_among_connections(bencher: Bencher<'_, '_>, connections: usize) {
    run(bencher, Hello, connections, &HELLO);
}

#[divan::bench(args = [64, 1000, 10_000])]
fn file_among_connections(bencher: Bencher<'_, '_>, connections: usize) {
    run(bencher, files(), connections, &FILE);
}

#[divan::bench(args = [10, 1000, 100_000])]
fn file_among_files(bencher: Bencher<'_, '_>, count: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    fill(folder.path(), "1k.txt", 1024);
    for number in 1..count {
        fill(folder.path(), &format!("{number}.txt"), 0);
    }
    thread::sleep(SETTLED);
    let files = FileServer::new(folder.path()).expect("a root");
    run(bencher, files, ACTIVE, &FILE);
}

#[divan::bench(args = [
    "file 1 KB", "file 10 KB", "pipelined 16", "head", "range", "index", "redirect",
    "not modified", "not found",
])]
fn kind(bencher: Bencher<'_, '_>, name: &str) {
    let ask = |line, fields, times, status| Ask {
        line,
        fields,
        times,
        status,
    };
    let ask = match name {
        "file 1 KB" => FILE,
        "file 10 KB" => ask("GET /10k.txt", "", 1, "200"),
        "pipelined 16" => ask("GET /1k.txt", "", 16, "200"),
        "head" => ask("HEAD /1k.txt", "", 1, "200"),
        "range" => ask("GET /10k.txt", "Range: bytes=5000-6023\r\n", 1, "206"),
        "index" => ask("GET /site/", "", 1, "200"),
        "redirect" => ask("GET /site", "", 1, "301"),
        "not modified" => ask("GET /1k.txt", SINCE, 1, "304"),
        _ => ask("GET /none.txt", "", 1, "404"),
    };
    run(bencher, files(), ACTIVE, &ask);
}

#[divan::bench(args = [10, 1000])]
fn listing_of_files(bencher: Bencher<'_, '_>, count: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..count {
        fill(folder.path(), &format!("file-{number:06}.txt"), 0);
    }
    let files = FileServer::new(folder.path()).expect("a root");
    let mut peers = Peers::new(files, 1).expect("a poller");
    let text = request("GET /", "");
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| peers.ask(&text, 1, "200"));
}
