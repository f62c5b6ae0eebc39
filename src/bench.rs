//! What `benches/` and tests that count look at: inner parts, each behind a function that a bench
//! can call. No promise goes with it.

pub mod engine;

use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::http::head::{self, Head};
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::http::response::{CommonLines, Framing, Onward, ResponseHead, write_head};
use crate::http::status::Status;
use crate::http::target::Target;
use crate::http::{framing, range};
use crate::reactor::timers::{Tick, Timers};

pub use crate::sys::allocations::Counting;

/// Reads a request head as a connection does: its end, its fields, its framing, its path. Says
/// whether all of it is good.
pub fn read_head(bytes: &[u8], limits: &Limits) -> bool {
    let Some(end) = head::find_end(bytes, &mut 0) else {
        return false;
    };
    let Ok(head) = Head::parse(&bytes[..end], limits) else {
        return false;
    };
    let framed = framing::decide(&head, bytes, limits).is_ok();
    let target = bytes.split(|&byte| byte == b' ').nth(1);
    black_box(framed) && target.is_some_and(|target| Target::parse(target).is_ok())
}

/// Reads a Range field for a file of this many bytes.
pub fn read_range(value: &[u8], len: u64) {
    black_box(range::parse(value, len));
}

/// Writes the head of the response to a GET of a file, after what `out` has.
pub fn write_file_head(out: &mut Vec<u8>) {
    let head = ResponseHead {
        protocol: Version::Http11,
        status: Status::OK,
        reason: "OK",
        date: b"Sun, 06 Nov 1994 08:49:37 GMT",
        server: Some("sprat"),
        content_type: Some("text/plain; charset=utf-8"),
        part: None,
        length: Some(1024),
        framing: Framing::Length(1024),
        onward: Onward::Http,
        keep_alive: true,
        idle_time: Duration::from_secs(60),
        peer: Version::Http11,
    };
    let fields = [
        (
            "Last-Modified".into(),
            (&b"Sun, 06 Nov 1994 08:49:37 GMT"[..]).into(),
        ),
        ("ETag".into(), (&b"\"400-2ebc9a51\""[..]).into()),
        ("Accept-Ranges".into(), (&b"bytes"[..]).into()),
    ];
    thread_local! {
        // As a server has them, from one response to the next.
        static COMMON: RefCell<CommonLines> = RefCell::default();
    }
    COMMON.with_borrow_mut(|common| {
        black_box(write_head(out, &head, common, b"", &fields));
    });
}

/// So many connections with a deadline each.
pub struct Deadlines {
    timers: Timers,
    entries: Vec<Tick>,
    now: Instant,
    next: usize,
}

impl Deadlines {
    /// Arms all of them.
    pub fn new(count: usize) -> Deadlines {
        let now = Instant::now();
        let mut deadlines = Deadlines {
            timers: Timers::new(now),
            entries: vec![0; count],
            now,
            next: 0,
        };
        for _ in 0..count {
            deadlines.renew();
        }
        deadlines
    }

    /// Takes the next connection's deadline out and arms it anew, as the last of all.
    pub fn renew(&mut self) {
        let key = self.next;
        self.next = (self.next + 1) % self.entries.len();
        self.now += Duration::from_millis(1);
        self.timers.cancel(key, &mut self.entries[key]);
        let deadline = self.now + Duration::from_secs(60);
        self.timers.arm(key, &mut self.entries[key], deadline);
    }
}
