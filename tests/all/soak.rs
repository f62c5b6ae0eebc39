//! The long run: mixed load for ten minutes, with a flat line of memory and no descriptor lost.
//!
//! `cargo test --release --test all soak -- --ignored --nocapture`, with `SOAK_SECONDS=60` before
//! it for another length. It prints a line for each interval.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::server::request;
use crate::support::{Raw, Server, Site, measure};

const SECONDS: u64 = 600;

/// Lines that are printed, a count. The first quarter of them is the warm-up.
const INTERVALS: usize = 40;

/// Peers at work at any time, a count.
const WORKERS: u64 = 24;

/// How much the memory may have grown after the warm-up, in KiB: the least of it that was seen in
/// the last quarter, against the second half of the warm-up.
const GROWTH_KIB_MAX: u64 = 512;

/// Kinds of doings, a count: without scripts, those from the thirteenth on are nothing.
const ACTS: u64 = 20;

/// The time between two looks.
const LOOK: Duration = Duration::from_millis(50);

const LARGE: u64 = 8 << 20;
const ENTRIES: usize = 3_000;

/// What the whole run shares.
struct Soak {
    server: Server,
    over: AtomicBool,
    acts: AtomicU64,
}

/// Ends the run when a worker fails, so that it is not waited for.
struct Fuse<'a>(&'a AtomicBool);

impl Drop for Fuse<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % count
    }
}

fn site() -> Site {
    let site = Site::new("soak");
    site.file("small", "small");
    site.file("medium", vec![b'm'; 15_000]);
    site.sparse("large", LARGE);
    let first = site.file("many/00000-a-file-of-some-name", "");
    for number in 1..ENTRIES {
        let name = format!("many/{number:05}-a-file-of-some-name");
        std::fs::hard_link(&first, site.path(name)).unwrap();
    }
    #[cfg(feature = "cgi")]
    for (name, script) in [
        ("hello", "printf 'Content-Type: text/plain\\n\\nhello'"),
        ("echo", "printf 'Content-Type: text/plain\\n\\n'; exec cat"),
        (
            "flood",
            "printf 'Content-Type: text/plain\\n\\n'; exec cat /dev/zero",
        ),
        ("fails", "echo failed >&2; exit 1"),
        ("moved", "printf 'Location: /small\\n\\n'"),
        ("hangs", "exec sleep 1000"),
        (
            "noise",
            "head -c 200 /dev/zero | tr '\\0' '\\n' | sed s/^/x/ >&2; echo Status: 204; echo",
        ),
    ] {
        site.script(
            &format!("cgi-bin/{name}"),
            &format!("#!/bin/sh\n{script}\n"),
        );
    }
    site
}

impl Soak {
    fn get(&self, peer: &mut Raw, target: &str, status: u16) -> Vec<u8> {
        peer.send(request("GET", target, ""));
        let reply = peer.read_response();
        assert_eq!(reply.status, status, "{target}");
        reply.body
    }

    /// One peer's doings, from its first byte to its last.
    fn act(&self, dice: &mut Dice) {
        let peer = self.server.connect();
        match dice.below(ACTS) {
            0..3 => self.browse(peer, dice),
            3 => self.download(peer),
            4 => self.ranges(peer, dice),
            5 => self.list(peer, dice),
            6 => self.leave(peer, dice),
            7 => self.dawdle(peer, dice),
            8 => self.half_close(peer),
            9 => self.err(peer, dice),
            10 => self.pipeline(peer),
            11 => self.crowd(peer, dice),
            _ => self.use_script(peer, dice),
        }
        self.acts.fetch_add(1, Ordering::Relaxed);
    }

    fn browse(&self, mut peer: Raw, dice: &mut Dice) {
        for _ in 0..dice.below(30) {
            assert_eq!(self.get(&mut peer, "/small", 200), b"small");
            assert_eq!(self.get(&mut peer, "/medium", 200).len(), 15_000);
            self.get(&mut peer, "/none", 404);
            peer.send(request(
                "GET",
                "/medium",
                "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n",
            ));
            assert_eq!(peer.read_response().status, 304);
        }
    }

    fn download(&self, mut peer: Raw) {
        peer.send(request("GET", "/large", ""));
        assert_eq!(peer.read_head().status, 200);
        peer.skip_bytes(LARGE);
        assert_eq!(self.get(&mut peer, "/small", 200), b"small");
    }

    fn ranges(&self, mut peer: Raw, dice: &mut Dice) {
        for _ in 0..10 {
            let (start, more) = (dice.below(LARGE / 2), dice.below(200_000));
            let several = match dice.below(2) {
                0 => String::new(),
                _ => format!(",{}-{},-5", LARGE - 50_000, LARGE - 40_000),
            };
            let fields = format!("Range: bytes={start}-{}{several}\r\n", start + more);
            peer.send(request("GET", "/large", &fields));
            let reply = peer.read_response();
            assert_eq!(reply.status, 206);
            assert!(reply.body.len() as u64 > more);
        }
    }

    fn list(&self, mut peer: Raw, dice: &mut Dice) {
        let fields = ["", "Accept: application/json\r\n"][dice.below(2) as usize];
        peer.send(request("GET", "/many/", fields));
        let reply = peer.read_response();
        // The one other answer there may be: too many of them.
        assert!([200, 503].contains(&reply.status));
        if reply.status == 200 {
            let lines = reply.body.iter().filter(|&&byte| byte == b'\n').count();
            assert!(lines > ENTRIES);
        }
        self.get(&mut peer, "/", 200);
    }

    /// Goes away in the middle of something.
    fn leave(&self, mut peer: Raw, dice: &mut Dice) {
        match dice.below(4) {
            0 => peer.send("GET /small HT"),
            1 => peer.send(request("GET", "/large", "")),
            2 => peer.send(request("GET", "/many/", "")),
            _ => peer.send(request("POST", "/small", "Content-Length: 90000\r\n")),
        }
        if dice.below(2) == 0 {
            peer.reset();
        }
    }

    /// Is slow, or waits for nothing, until it is cut or has had enough.
    fn dawdle(&self, mut peer: Raw, dice: &mut Dice) {
        match dice.below(4) {
            0 => {
                peer.send(request("GET", "/large", ""));
                peer.read_head();
                for _ in 0..20 {
                    peer.skip_bytes(100_000);
                    thread::park_timeout(LOOK);
                }
            }
            1 => {
                peer.send(request("GET", "/large", "").repeat(20));
                let end = Instant::now() + Duration::from_secs(6);
                while Instant::now() < end && !self.over.load(Ordering::Relaxed) {
                    thread::park_timeout(LOOK);
                }
                peer.read_until_cut();
            }
            2 => {
                peer.send("GET /small HTTP/1.1\r\nX: ");
                while !peer.has_data() && peer.try_send("x").is_ok() {
                    thread::park_timeout(LOOK);
                }
                peer.read_until_cut();
            }
            _ => {
                self.get(&mut peer, "/small", 200);
                peer.expect_close();
            }
        }
    }

    fn half_close(&self, mut peer: Raw) {
        peer.send(request("GET", "/large", ""));
        peer.half_close();
        assert_eq!(peer.read_response().body.len() as u64, LARGE);
        peer.expect_close();
    }

    fn err(&self, mut peer: Raw, dice: &mut Dice) {
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(9_000));
        let large = format!(
            "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
            "x".repeat(40_000)
        );
        let (bytes, status) = [
            ("\x16\x03\x01\x02", 400),
            ("GET /\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\n\r\n", 400),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
                400,
            ),
            ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
            (&long, 414),
            (&large, 431),
        ][dice.below(7) as usize];
        peer.send(bytes);
        assert_eq!(peer.read_response().status, status);
        peer.half_close();
        peer.read_until_cut();
    }

    fn pipeline(&self, mut peer: Raw) {
        const COUNT: usize = 60;
        peer.send(request("GET", "/medium", "").repeat(COUNT));
        for _ in 0..COUNT {
            assert_eq!(peer.read_response().body.len(), 15_000);
        }
    }

    /// Many at once, of whom some ask.
    fn crowd(&self, first: Raw, dice: &mut Dice) {
        let mut peers = vec![first];
        peers.extend((0..dice.below(30)).map(|_| self.server.connect()));
        for peer in &mut peers {
            peer.send(request("GET", "/medium", ""));
        }
    }
}

#[cfg(not(feature = "cgi"))]
impl Soak {
    fn use_script(&self, peer: Raw, _: &mut Dice) {
        drop(peer);
    }
}

#[cfg(feature = "cgi")]
impl Soak {
    fn use_script(&self, peer: Raw, dice: &mut Dice) {
        match dice.below(8) {
            0..3 => self.run_script(peer, dice),
            3..5 => self.upload(peer, dice),
            5 => self.fail(peer),
            _ => self.leave_script(peer, dice),
        }
    }

    fn run_script(&self, mut peer: Raw, dice: &mut Dice) {
        for _ in 0..dice.below(4) {
            assert_eq!(self.get(&mut peer, "/cgi-bin/hello?a+b", 200), b"hello");
            assert_eq!(self.get(&mut peer, "/cgi-bin/moved", 200), b"small");
            self.get(&mut peer, "/cgi-bin/noise", 204);
        }
    }

    fn upload(&self, mut peer: Raw, dice: &mut Dice) {
        let body = vec![b'u'; dice.below(300_000) as usize + 1];
        if dice.below(2) == 0 {
            let length = format!("Content-Length: {}\r\n", body.len());
            peer.send(request("POST", "/cgi-bin/echo", &length));
            let mut sender = peer.split();
            let sent = body.clone();
            let sending = thread::spawn(move || sender.send(sent));
            assert!(peer.read_response().body == body);
            sending.join().unwrap();
            return;
        }
        peer.send(request(
            "POST",
            "/cgi-bin/echo",
            "Transfer-Encoding: chunked\r\n",
        ));
        for piece in body.chunks(20_000) {
            peer.send(format!("{:x}\r\n", piece.len()));
            peer.send(piece);
            peer.send("\r\n");
        }
        peer.send("0\r\n\r\n");
        assert!(peer.read_response().body == body);
    }

    fn fail(&self, mut peer: Raw) {
        self.get(&mut peer, "/cgi-bin/fails", 502);
        self.get(&mut peer, "/cgi-bin/none", 404);
        assert_eq!(self.get(&mut peer, "/small", 200), b"small");
    }

    fn leave_script(&self, mut peer: Raw, dice: &mut Dice) {
        match dice.below(3) {
            0 => peer.send(request("GET", "/cgi-bin/hangs", "")),
            1 => {
                peer.send(request("GET", "/cgi-bin/flood", ""));
                peer.read_head();
                peer.read_exactly(500_000);
            }
            _ => {
                peer.send(request(
                    "POST",
                    "/cgi-bin/echo",
                    "Transfer-Encoding: chunked\r\n",
                ));
                peer.send(format!("{:x}\r\n{}", 200_000, "u".repeat(150_000)));
            }
        }
        if dice.below(2) == 0 {
            peer.reset();
        }
    }
}

/// What was seen of memory in one interval, in KiB.
struct Seen {
    low: u64,
    high: u64,
}

/// Looks at the server for one interval.
fn look(soak: &Soak, until: Instant) -> Seen {
    let mut seen = Seen {
        low: u64::MAX,
        high: 0,
    };
    while seen.high == 0 || Instant::now() < until {
        let now = measure::anonymous_kib(soak.server.pid());
        seen = Seen {
            low: seen.low.min(now),
            high: seen.high.max(now),
        };
        if soak.over.load(Ordering::Relaxed) {
            break;
        }
        thread::park_timeout(LOOK);
    }
    seen
}

/// Prints a line for each interval; gives them all.
fn watch(soak: &Soak, seconds: u64) -> Vec<Seen> {
    let start = Instant::now();
    let mut all = Vec::new();
    println!("seconds  peers done  memory KiB, least and most  descriptors");
    for interval in 1..=INTERVALS {
        let end = Duration::from_secs(seconds) * interval as u32 / INTERVALS as u32;
        let seen = look(soak, start + end);
        println!(
            "{:7.1}  {:10}  {:12}  {:12}  {:11}",
            start.elapsed().as_secs_f64(),
            soak.acts.load(Ordering::Relaxed),
            seen.low,
            seen.high,
            measure::open_fds(soak.server.pid()),
        );
        all.push(seen);
        if soak.over.load(Ordering::Relaxed) {
            break;
        }
    }
    all
}

#[test]
#[ignore = "takes ten minutes"]
fn soak() {
    if !measure::can_measure() {
        return;
    }
    let seconds = std::env::var("SOAK_SECONDS").map_or(SECONDS, |text| text.parse().unwrap());
    let site = site();
    // Room for all of them, or the idle ones among them would be closed for others.
    let mut options = vec!["--max-connections", "1000", "--header-timeout", "5"];
    options.extend(["--idle-timeout", "5", "--stall-timeout", "5"]);
    if cfg!(feature = "cgi") {
        options.extend(["--cgi", "--cgi-timeout", "10", "--cgi-max", "128"]);
    }
    let server = site.serve(&options);
    server.get("/small");
    let fds_before = measure::open_fds(server.pid());
    let mut soak = Soak {
        server,
        over: AtomicBool::new(false),
        acts: AtomicU64::new(0),
    };
    let seen = thread::scope(|scope| {
        for number in 0..WORKERS {
            let soak = &soak;
            scope.spawn(move || {
                let _fuse = Fuse(&soak.over);
                let mut dice = Dice(number);
                while !soak.over.load(Ordering::Relaxed) {
                    soak.act(&mut dice);
                }
            });
        }
        let seen = watch(&soak, seconds);
        soak.over.store(true, Ordering::Relaxed);
        seen
    });
    assert_eq!(seen.len(), INTERVALS);
    let low = |part: &[Seen]| part.iter().map(|seen| seen.low).min().unwrap();
    let quarter = INTERVALS / 4;
    let warm = low(&seen[quarter / 2..quarter]);
    let last = low(&seen[INTERVALS - quarter..]);
    // The last scripts may be silent for as long as that is allowed.
    let end = Instant::now() + Duration::from_secs(60);
    while measure::open_fds(soak.server.pid()) > fds_before {
        assert!(Instant::now() < end, "descriptors are not given back");
        thread::park_timeout(LOOK);
    }
    let rest = measure::anonymous_kib(soak.server.pid());
    println!(
        "memory was {warm} KiB warm, {last} at the end, {rest} at rest; descriptors as before"
    );
    assert!(
        last <= warm + GROWTH_KIB_MAX,
        "memory has grown from {warm} to {last} KiB"
    );
    soak.server.signal(rustix::process::Signal::INT);
    assert!(soak.server.wait().success());
}
