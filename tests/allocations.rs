//! How often a request asks for memory, once everything is warm: counted by an allocator, in a
//! server without sockets.

use std::fs;
use std::rc::Rc;
use std::time::{Duration, Instant};

use sprat::FileServer;
use sprat::bench::Counting;
use sprat::bench::engine::Peers;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How long the steady state may take to come. Only failures wait for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Requests that are counted together.
const COUNTED: u64 = 256;

struct Row {
    what: &'static str,
    request: &'static str,
    fields: &'static str,
    status: &'static str,
    allocations_max: u64,
}

const fn row(
    what: &'static str,
    request: &'static str,
    fields: &'static str,
    status: &'static str,
    allocations_max: u64,
) -> Row {
    Row {
        what,
        request,
        fields,
        status,
        allocations_max,
    }
}

/// What browsers and tools ask for, and how often each may ask the allocator.
const ROWS: &[Row] = &[
    row("1 KB", "GET /1k.txt", "", "200", 0),
    row("10 KB", "GET /10k.txt", "", "200", 0),
    row("HEAD", "HEAD /1k.txt", "", "200", 0),
    row("index page", "GET /site/", "", "200", 0),
    row(
        "range",
        "GET /10k.txt",
        "Range: bytes=5000-6023\r\n",
        "206",
        0,
    ),
    row("not modified", "GET /1k.txt", SINCE, "304", 0),
    row("not found", "GET /nope.txt", "", "404", 0),
    row("redirect", "GET /site", "", "301", 0),
];

const SINCE: &str = "If-Modified-Since: Fri, 31 Dec 2100 00:00:00 GMT\r\n";

#[test]
fn a_request_in_the_steady_state_asks_for_no_more_memory_than_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, len| fs::write(folder.path().join(name), vec![b'x'; len]).unwrap();
    file("1k.txt", 1024);
    file("10k.txt", 10 * 1024);
    fs::create_dir(folder.path().join("site")).unwrap();
    file("site/index.html", 1024);
    let mut complaints = Vec::new();
    for row in ROWS {
        let text = format!(
            "{} HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
            row.request, row.fields
        );
        let request: Rc<[u8]> = text.into_bytes().into();
        let mut peers = Peers::new(FileServer::new(folder.path()).unwrap(), 2).unwrap();
        let mut count = || {
            let before = Counting::count();
            for _ in 0..COUNTED {
                peers.ask(&request, 1, row.status);
            }
            // One in many, as when a table grows, is none.
            (Counting::count() - before) / COUNTED
        };
        // The first ones find everything anew, and so do others while the files are so young that
        // a change could not be told.
        let end = Instant::now() + PATIENCE;
        let mut each = count();
        while each > row.allocations_max && Instant::now() < end {
            each = count();
        }
        println!("{:14} {each} allocations a request", row.what);
        if each > row.allocations_max {
            let max = row.allocations_max;
            complaints.push(format!("{}: {each} and not {max}", row.what));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}
