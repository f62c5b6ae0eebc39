//! The stated ceiling: what `--limits` prints is more than the memory that the server takes when
//! every connection does its worst, and not much more.

use crate::support::server::{request, run_to_end};
use crate::support::{Raw, Server, Site, measure};
use rustix::process::Signal;

const KIB: usize = 1024;

/// Connections of each test. One of them is the canary.
const PEERS: usize = 64;

/// As many at once as the server has for large listings.
const LISTINGS_MAX: usize = 8;

/// Bytes of a file that is queued together with its head: two of them just leave room for a third
/// response.
const SMALL: usize = 15 * KIB + 600;

/// What `--limits` says: A, B and the sum for the connections there may be.
fn stated(site: &Site, options: &[&str]) -> [usize; 3] {
    let mut command = site.command(options);
    command.arg("--limits");
    let (status, text, stderr) = run_to_end(command);
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    let (_, sum) = text.split_once("\nA + N x B = ").expect("a sum");
    let numbers: Vec<usize> = sum
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|word| word.parse().ok())
        .collect();
    let [a, n, b, all] = numbers[..4] else {
        panic!("{sum}");
    };
    assert_eq!(a + n * b, all, "{text}");
    [a, b, all]
}

/// The part by which a debug build's connections are larger.
#[cfg(feature = "cgi")]
const DEBUG_LARGER: f64 = 0.0002;

/// README's examples, each with its options, A, B and the sum.
#[test]
#[cfg(feature = "cgi")]
fn readme_has_the_ceilings() {
    let readme = include_str!("../../README.md");
    let rows: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("| `--max-connections") && line.ends_with("MiB |"))
        .collect();
    assert!(rows.len() > 3, "{rows:?}");
    let site = Site::new("ceiling-readme");
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let options: Vec<&str> = cells[1].trim_matches('`').split(' ').collect();
        for (stated, said) in stated(&site, &options).into_iter().zip(&cells[2..]) {
            let (number, unit) = said.split_once(' ').unwrap();
            let (unit, step) = match unit {
                "MiB" => (KIB * KIB, 0.1),
                _ => (KIB, 1.0),
            };
            let stated_here = stated as f64 / unit as f64;
            let off = number.parse::<f64>().unwrap() - stated_here;
            assert!(
                off.abs() < f64::max(step, stated_here * DEBUG_LARGER),
                "{row} says {said}, --limits {stated}"
            );
        }
    }
}

#[test]
fn processes_multiply_it() {
    let site = Site::new("ceiling-processes");
    let few = ["--max-connections", "10"];
    let [.., each] = stated(&site, &few);
    let options = [&few[..], &["--processes", "3"]].concat();
    assert_eq!(stated(&site, &options)[2], each);
    let mut command = site.command(&options);
    command.arg("--limits");
    let (_, text, _) = run_to_end(command);
    let first = text.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("processes that serve") && first.ends_with("  3"),
        "{first}"
    );
    // The supervisor is as large as the program is by itself.
    let all = 3 * each + 512 * KIB;
    let want = format!("\n3 x {each} + {} = {all} bytes (", 512 * KIB);
    assert!(
        text.contains(&want) && text.contains("\nfor 30 connections, "),
        "{text}"
    );
}

/// A server under load, and the most memory it was seen to take.
struct Load {
    server: Server,
    canary: Raw,
    ceiling: usize,
    peak: usize,
}

impl Load {
    fn start(site: &Site, options: &[&str]) -> Load {
        let count = PEERS.to_string();
        let bound = ["--max-connections", &count, "--stall-timeout", "0"];
        let options = [options, &bound].concat();
        let [_, _, ceiling] = stated(site, &options);
        let server = site.serve(&options);
        let mut canary = server.connect();
        canary.send(request("GET", "/canary", ""));
        assert_eq!(canary.read_response().text(), "here");
        Load {
            server,
            canary,
            ceiling,
            peak: 0,
        }
    }

    /// Makes a file that nearly fills a connection's buffers in the kernel, so that little is to be
    /// made by the server until it has to wait.
    fn measure_fill(&mut self, site: &Site) {
        let mut peer = self.server.connect();
        peer.send(request("GET", "/large", ""));
        self.settle();
        let taken = peer.bytes_under_way();
        assert!(taken > 0, "a large file is on its way");
        site.sparse("fill", taken - taken / 16);
        peer.reset();
        self.see_resets();
        self.peak = 0;
    }

    /// All peers say what they have to say, and then read nothing. All of it has arrived when the
    /// server looks, but for the first byte: of those that it knows nothing of it reads little at
    /// first.
    fn worst(&mut self, name: &str, say: impl Fn(usize) -> Vec<u8>) -> usize {
        let mut peers: Vec<Raw> = (1..PEERS).map(|_| self.server.connect()).collect();
        let words: Vec<Vec<u8>> = (0..peers.len()).map(say).collect();
        for (peer, words) in peers.iter_mut().zip(&words) {
            peer.send(&words[..1]);
        }
        self.settle();
        self.server.signal(Signal::STOP);
        for (peer, words) in peers.iter_mut().zip(&words) {
            peer.send(&words[1..]);
        }
        self.server.signal(Signal::CONT);
        let most = self.settle();
        eprintln!("{name}: {} KiB of {}", most / KIB, self.ceiling / KIB);
        assert!(most <= self.ceiling, "{name}: {most} of {}", self.ceiling);
        peers.into_iter().for_each(Raw::reset);
        self.see_resets();
        most
    }

    /// Has the server see that peers are gone, before others want their places: it would close the
    /// idle canary to make room. What has come before a request is seen before its answer.
    fn see_resets(&mut self) {
        for _ in 0..3 {
            self.canary.send(request("GET", "/canary", ""));
            assert_eq!(self.canary.read_response().text(), "here");
        }
    }

    /// The memory once it grows no more, while the canary is answered again and again.
    fn settle(&mut self) -> usize {
        const QUIET_TRIPS: usize = 50;
        const TRIPS_MAX: usize = 5_000;
        let (mut most, mut quiet) = (0, 0);
        for _ in 0..TRIPS_MAX {
            self.canary.send(request("GET", "/canary", ""));
            assert_eq!(self.canary.read_response().text(), "here");
            let now = measure::anonymous_kib(self.server.pid()) as usize * KIB;
            quiet = if now > most { 0 } else { quiet + 1 };
            most = most.max(now);
            if quiet == QUIET_TRIPS {
                break;
            }
        }
        assert_eq!(quiet, QUIET_TRIPS, "memory grows for ever: {most}");
        self.peak = self.peak.max(most);
        most
    }

    /// The bound holds, and is not loose.
    fn end(mut self, percent_min: usize) {
        // A server that is killed, as by a drop, cannot end its scripts.
        self.server.signal(Signal::INT);
        assert!(self.server.wait().success());
        let percent = self.peak * 100 / self.ceiling;
        assert!(self.peak <= self.ceiling);
        assert!(percent >= percent_min, "only {percent} % of the ceiling");
    }
}

fn site(name: &str) -> Site {
    let site = Site::new(name);
    site.file("canary", "here");
    site.file("small", vec![b's'; SMALL]);
    site.sparse("large", 1 << 30);
    site.sparse("fill", 0);
    // A page just short of what is made at once.
    for number in 0..160 {
        site.file(format!("page/{number:0180}"), "");
    }
    site
}

/// A head of about this length that never ends.
fn open_head(bytes: usize) -> Vec<u8> {
    let mut head = b"GET /canary HTTP/1.1\r\nHost: a\r\n".to_vec();
    for number in 0..120 {
        let value = "v".repeat(bytes / 120 - 8);
        head.extend(format!("X{number:03}: {value}\r\n").bytes());
    }
    head.truncate(bytes);
    head
}

/// Requests in a row, more than are read.
fn pipeline(targets: &[&str], fields: &str) -> Vec<u8> {
    let mut all = request("GET", "/fill", "");
    while all.len() < 100 * KIB {
        for target in targets {
            all.extend(request("GET", target, fields));
        }
    }
    all
}

#[test]
fn a_small_box_can_have_a_small_ceiling() {
    let site = Site::new("ceiling-small");
    for (options, mib) in [
        (&["--max-connections", "8"][..], 10),
        (&["--max-connections", "32"], 20),
        (&["--max-connections", "32", "--no-listing"], 10),
    ] {
        let [.., all] = stated(&site, options);
        assert!(all < mib * KIB * KIB, "{options:?}: {all}");
    }
}

#[test]
fn files_and_listings_at_their_worst_stay_under_the_ceiling() {
    if !measure::can_measure() || !measure::allow_descriptors(8 * PEERS as u64) {
        return;
    }
    let site = site("ceiling-files");
    // More than the listings may sort together.
    let first = site.file(format!("huge/{:0200}", 0), "");
    for number in 1..20_000 {
        std::fs::hard_link(&first, site.path(format!("huge/{number:0200}"))).unwrap();
    }
    let mut load = Load::start(&site, &["--quiet"]);
    load.measure_fill(&site);
    let ranges = (0..256).map(|n| format!("{}-{}", n * 1_000_000, n * 1_000_000 + 500_000));
    let ranges = format!("Range: bytes={}\r\n", ranges.collect::<Vec<_>>().join(","));
    let heads = load.worst("heads that do not end", |_| open_head(64 * KIB - 2));
    assert!(heads > (PEERS - 1) * 62 * KIB, "{heads}");
    load.worst("large files", |_| pipeline(&["/large"], ""));
    load.worst("ranges", |_| pipeline(&["/large"], &ranges));
    load.worst("small files in a row", |_| pipeline(&["/small"], ""));
    let row = ["/small", "/small", "/page/"];
    load.worst("both in a row", |_| pipeline(&row, ""));
    let huge = |number| match number {
        0..LISTINGS_MAX => pipeline(&["/small", "/small", "/huge/"], ""),
        _ => pipeline(&row, ""),
    };
    load.worst("huge listings", huge);
    // Again, for what one load leaves behind is where the next one starts.
    let mixed = |number| match number % 3 {
        _ if number < LISTINGS_MAX => pipeline(&["/huge/"], ""),
        0 => open_head(64 * KIB - 2),
        1 => pipeline(&["/small"], &ranges),
        _ => pipeline(&row, ""),
    };
    load.worst("all of these", mixed);
    load.worst("huge listings", huge);
    load.end(35);
}

/// The numbers of guide.md: `cargo test --release --test all costs -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
fn what_a_connection_costs() {
    const COUNT: usize = 1_000;
    if !measure::can_measure() || !measure::allow_descriptors(3 * COUNT as u64) {
        return;
    }
    let site = site("ceiling-costs");
    let head = "GET /canary HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ";
    let head = format!("{head}{}", "u".repeat(400));
    let get = |target| request("GET", target, "");
    for (what, bytes) in [
        ("idle", get("/canary")),
        ("inside a head of 450 bytes", head.into_bytes()),
        ("inside a head of 64 KiB", open_head(64 * KIB - 2)),
        ("not reading a large file", get("/large")),
        (
            "not reading a large file, with requests behind it",
            pipeline(&["/large"], ""),
        ),
        (
            "not reading small files in a row",
            pipeline(&["/small"], ""),
        ),
    ] {
        let server = site.serve(&["--quiet", "--stall-timeout", "0"]);
        let open = |count: usize| -> Vec<Raw> {
            let mut peers: Vec<Raw> = (0..count).map(|_| server.connect()).collect();
            for peer in &mut peers {
                peer.send(&bytes);
            }
            // Behind them all.
            for _ in 0..20 {
                assert_eq!(server.get("/canary").text(), "here");
            }
            peers
        };
        let _first = open(COUNT / 10);
        let before = measure::anonymous_kib(server.pid());
        let _peers = open(COUNT);
        let grown = measure::anonymous_kib(server.pid()) - before;
        eprintln!("{what}: {} bytes", grown as usize * KIB / COUNT);
    }
}

/// A request with a large head, for a script that may need all of it.
#[cfg(feature = "cgi")]
fn large_post(target: &str, field: &str) -> Vec<u8> {
    let words = ["w"; 250].join("+");
    let mut bytes = format!("POST {target}/{}?{words} HTTP/1.1\r\n", "p".repeat(15_000));
    bytes.push_str("Host: a\r\n");
    for number in 0..120 {
        bytes.push_str(&format!("X{number:03}: {}\r\n", "v".repeat(390)));
    }
    format!("{bytes}{field}\r\n\r\n").into_bytes()
}

#[cfg(feature = "cgi")]
fn script_site(name: &str) -> Site {
    let site = site(name);
    site.script("cgi-bin/sleep", "#!/bin/sh\nexec sleep 1000\n");
    let fields = "for n in 1 2 3 4 5 6 7 8 9; do printf 'X%s: %03000d\\n' $n 0; done";
    let flood = "printf 'Content-Type: text/plain\\n\\n'; exec cat /dev/zero";
    site.script("cgi-bin/flood", &format!("#!/bin/sh\n{fields}\n{flood}\n"));
    let lines = "head -c 100000 /dev/zero | tr '\\0' '\\n' | sed s/^/x/ >&2";
    site.script("cgi-bin/lines", &format!("#!/bin/sh\n{lines}\n{flood}\n"));
    site
}

#[cfg(feature = "cgi")]
#[test]
fn requests_that_wait_for_scripts_stay_under_the_ceiling() {
    if !measure::can_measure() || !measure::allow_descriptors(8 * PEERS as u64) {
        return;
    }
    let site = script_site("ceiling-waiting");
    let mut load = Load::start(&site, &["--cgi", "--cgi-max", "2"]);
    load.measure_fill(&site);
    let gathered = |body: usize, rest: &str| {
        let mut bytes = large_post("/cgi-bin/sleep", "Transfer-Encoding: chunked");
        bytes.extend(format!("{body:x}\r\n{}\r\n{rest}", "b".repeat(body)).bytes());
        bytes
    };
    load.worst("chunked bodies", |_| gathered(64 * KIB, ""));
    load.worst("chunks of one byte", |_| {
        let start = large_post("/cgi-bin/sleep", "Transfer-Encoding: chunked");
        [start, b"1\r\nx\r\n".repeat(10_000)].concat()
    });
    load.worst("bodies that wait", |_| {
        let start = large_post("/cgi-bin/sleep", "Content-Length: 1000000");
        [start, vec![b'b'; 200 * KIB]].concat()
    });
    load.worst("chunked bodies that wait, and requests behind them", |_| {
        let body = gathered(64 * KIB, "0\r\n\r\n");
        [body, pipeline(&["/small"], "")].concat()
    });
    load.worst("small files in a row", |_| pipeline(&["/small"], ""));
    load.worst("chunked bodies again", |_| gathered(64 * KIB, ""));
    load.end(30);
}

#[cfg(feature = "cgi")]
#[test]
fn scripts_that_flood_stay_under_the_ceiling() {
    if !measure::can_measure() || !measure::allow_descriptors(8 * PEERS as u64) {
        return;
    }
    let site = script_site("ceiling-floods");
    let count = PEERS.to_string();
    let mut load = Load::start(&site, &["--cgi", "--cgi-max", &count]);
    load.measure_fill(&site);
    let posted = |target: &str| {
        let start = large_post(target, "Content-Length: 1000000");
        [start, vec![b'b'; 200 * KIB]].concat()
    };
    load.worst("scripts that read nothing", |_| posted("/cgi-bin/sleep"));
    load.worst("scripts that flood", |_| posted("/cgi-bin/flood"));
    load.worst("scripts that complain", |_| posted("/cgi-bin/lines"));
    load.worst("scripts, each after the other", |_| {
        pipeline(&["/cgi-bin/flood"], "")
    });
    load.end(25);
}
