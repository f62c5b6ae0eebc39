//! A world whose files change between any two steps of the engine: between the read of a request
//! and the next one, before an answer is written, and from turn to turn. Peers ask for them
//! meanwhile, one request or several, whole or in pieces.
//!
//! An answer may show what there was at any time from when the last byte of its request was there
//! to be read until it was written, and nothing older.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::net::Shared;
use super::tape::Tape;
use crate::files::file_server::FileServer;
use crate::files::listing::ListingStyle;
use crate::http::limits::Limits;
use crate::http::method::Version;
use crate::reactor::clock::Clock;
use crate::reactor::token::Key;
use crate::reactor::wake::Handle;
use crate::server::drive::Host;
use crate::server::engine::Engine;
use crate::server::link::Event;
use crate::server::transport::Transport;
use crate::sys::open::Symlinks;
use crate::tree::{Guard, Root};

/// Seeds of a plain `cargo test`, a count.
const SEEDS: u64 = 64;

const PEERS: usize = 3;

/// Turns of one run, a count: past it, something is stuck.
const TURNS_MAX: usize = 10_000;

/// What is asked for, where it is, and whether its bytes leave by a range alone.
const PLACES: [(&str, &str); 4] = [
    ("/top", "top"),
    ("/dir/sub/file", "dir/sub/file"),
    ("/page/", "page/index.html"),
    ("/large", "large"),
];

/// Where scripts are, if any.
const SCRIPTS: &str = "scripts";

/// Longer than what is answered from memory whole, in bytes.
const LARGE_BYTES: usize = 20_000;

/// The versions of one file, each with the step at which it came to be; `None`: it is not there.
type History = Vec<(usize, Option<String>)>;

/// A request that was not answered yet.
struct Question {
    place: usize,
    asked_at: usize,
    /// The content whose tag it names.
    known: Option<String>,
}

#[derive(Default)]
struct Peer {
    to_read: VecDeque<u8>,
    written: Vec<u8>,
    questions: VecDeque<Question>,
    /// Of each place the last tag, and its content.
    tags: [Option<(String, String)>; PLACES.len()],
    answers: usize,
}

struct Flux {
    tape: Tape,
    root: PathBuf,
    histories: [History; PLACES.len()],
    /// The directory of the second place is elsewhere or closed, with this in it.
    away: Option<Option<String>>,
    /// Whether a link can make it a directory of scripts.
    is_guarded: bool,
    step: usize,
    peers: [Peer; PEERS],
}

fn content(place: usize, step: usize) -> String {
    let word = format!("{place} as of {step:06}; ");
    match PLACES[place].0 {
        "/large" => word.repeat(LARGE_BYTES / word.len() + 1),
        _ => word,
    }
}

impl Flux {
    fn path(&self, place: usize) -> PathBuf {
        self.root.join(PLACES[place].1)
    }

    fn serve(&self) -> FileServer {
        let mut files = FileServer::builder(&self.root).listing(ListingStyle::Off);
        if self.is_guarded {
            let root = Root::open(&self.root, Symlinks::Inside).unwrap();
            let scripts = [b"/", SCRIPTS.as_bytes()].concat();
            files = files.guard(Guard::new(root, &[scripts]));
        }
        files.open().unwrap()
    }

    /// Something may happen, or not.
    fn step(&mut self) {
        while self.tape.chance(100) {
            self.step += 1;
            match self.tape.below(3) {
                0 => self.ask(),
                _ => self.change(),
            }
        }
    }

    fn ask(&mut self) {
        let number = self.tape.below(PEERS);
        let count = 1 + self.tape.below(3);
        for _ in 0..count {
            let place = self.tape.below(PLACES.len());
            let peer = &mut self.peers[number];
            let tag = peer.tags[place].clone().filter(|_| self.tape.chance(100));
            let mut request = format!("GET {} HTTP/1.1\r\nHost: a\r\n", PLACES[place].0);
            if let Some((tag, _)) = &tag {
                request.push_str(&format!("If-None-Match: {tag}\r\n"));
            }
            if PLACES[place].0 == "/large" {
                request.push_str("Range: bytes=0-29\r\n");
            }
            peer.to_read.extend(request.bytes().chain(*b"\r\n"));
            peer.questions.push_back(Question {
                place,
                asked_at: self.step,
                known: tag.map(|(_, content)| content),
            });
        }
    }

    fn change(&mut self) {
        let place = self.tape.below(PLACES.len());
        let (path, new) = (self.path(place), content(place, self.step));
        if place == 1 && (self.away.is_some() || self.tape.chance(60)) {
            return self.move_directory();
        }
        let is_there = self.histories[place]
            .last()
            .is_some_and(|last| last.1.is_some());
        match self.tape.below(4) {
            0 if is_there => {
                fs::remove_file(path).unwrap();
                self.histories[place].push((self.step, None));
                return;
            }
            1 | 2 if is_there => {
                let mut file = File::options().write(true).open(path).unwrap();
                file.write_all(new.as_bytes()).unwrap();
                set_time(&file, self.step);
            }
            _ => replace(&path, &new, self.step),
        }
        self.histories[place].push((self.step, Some(new)));
    }

    fn move_directory(&mut self) {
        let [here, away, scripts] = ["dir", "away", SCRIPTS].map(|name| self.root.join(name));
        let content = match self.away.take() {
            Some(content) => {
                match fs::remove_file(scripts) {
                    Ok(()) => {}
                    Err(_) => fs::rename(away, here).unwrap(),
                }
                content
            }
            None => {
                match self.is_guarded && self.tape.chance(128) {
                    true => symlink("dir/sub", scripts).unwrap(),
                    false => fs::rename(here, away).unwrap(),
                }
                let last = self.histories[1].last();
                self.away = Some(last.and_then(|(_, content)| content.clone()));
                None
            }
        };
        self.histories[1].push((self.step, content));
    }

    /// What a place may be answered with by now, if it was asked for then.
    fn versions(&self, place: usize, asked_at: usize) -> Vec<Option<&str>> {
        let history = &self.histories[place];
        let before = history
            .iter()
            .rposition(|(step, _)| *step <= asked_at)
            .unwrap();
        history[before..]
            .iter()
            .map(|(_, content)| content.as_deref())
            .collect()
    }

    /// Holds what was written to a peer against what there was.
    fn judge(&mut self, number: usize) {
        while let Some((status, tag, body)) = self.peers[number].take_answer() {
            let question = self.peers[number]
                .questions
                .pop_front()
                .expect("it was asked");
            let place = question.place;
            let versions = self.versions(place, question.asked_at);
            let about = format!("{} {status} {body:?}: {versions:?}", PLACES[place].0);
            let shown = |content: &str| match status {
                206 => content[..30] == body,
                _ => content == body,
            };
            match status {
                200 | 206 => {
                    let content = versions.iter().flatten().find(|content| shown(content));
                    let content = content.unwrap_or_else(|| panic!("{about}"));
                    let seen = (tag.unwrap_or_default(), content.to_string());
                    self.peers[number].tags[place] = Some(seen);
                }
                304 => assert!(versions.contains(&question.known.as_deref()), "{about}"),
                404 => assert!(versions.contains(&None), "{about}"),
                _ => panic!("{about}"),
            }
            self.peers[number].answers += 1;
        }
    }
}

impl Peer {
    /// The next whole answer: its status, its tag and its body.
    fn take_answer(&mut self) -> Option<(u16, Option<String>, String)> {
        let end = self
            .written
            .windows(4)
            .position(|four| four == b"\r\n\r\n")?
            + 4;
        let head = String::from_utf8(self.written[..end].to_vec()).unwrap();
        let field = |name: &str| {
            let mut lines = head.lines();
            lines.find_map(|line| line.strip_prefix(name).map(str::to_owned))
        };
        let status = head[9..12].parse().unwrap();
        let length = field("Content-Length: ").map_or(0, |length| length.parse().unwrap());
        let body = self.written.get(end..end + length)?.to_vec();
        self.written.drain(..end + length);
        let tag = field("ETag: ").filter(|tag| tag.starts_with('"'));
        Some((status, tag, String::from_utf8(body).unwrap()))
    }
}

fn replace(path: &Path, content: &str, step: usize) {
    let new = path.with_extension("new");
    fs::write(&new, content).unwrap();
    set_time(&File::options().write(true).open(&new).unwrap(), step);
    fs::rename(new, path).unwrap();
}

/// Gives each version an mtime of its own: they follow each other faster than clocks tick.
fn set_time(file: &File, step: usize) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000 + step as u64);
    file.set_modified(time).unwrap();
}

/// A peer's connection; with each call the world goes on.
struct Stream(Shared<Flux>, usize);

impl Transport for Stream {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        let mut flux = self.0.borrow_mut();
        flux.step();
        let there = flux.peers[self.1].to_read.len().min(len);
        if there == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = match flux.tape.chance(60) {
            true => 1 + flux.tape.below(there),
            false => there,
        };
        buf.extend(flux.peers[self.1].to_read.drain(..len));
        Ok(len)
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        let mut flux = self.0.borrow_mut();
        flux.peers[self.1].written.extend_from_slice(bytes);
        flux.judge(self.1);
        flux.step();
        Ok(bytes.len())
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Plays a seed; returns how many answers there were.
fn play(seed: u64) -> usize {
    let directory = TempDir::new().unwrap();
    let mut flux = Flux {
        tape: Tape::from_seed(seed),
        root: directory.path().to_path_buf(),
        histories: Default::default(),
        away: None,
        is_guarded: seed % 2 == 1,
        step: 0,
        peers: Default::default(),
    };
    for place in 0..PLACES.len() {
        fs::create_dir_all(flux.path(place).parent().unwrap()).unwrap();
        replace(&flux.path(place), &content(place, 0), 0);
        flux.histories[place].push((0, Some(content(place, 0))));
    }
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
    let handle = Handle::new(waker);
    let mut files = flux.serve();
    let mut clock = Clock::new();
    // Far ahead, so that every file is at rest at once, and the cache holds all that it may.
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
    let mut now = clock.at(clock.mono(), wall);
    // Nobody is closed for being slow.
    let mut limits = Limits::default();
    (limits.idle_time, limits.head_time) = (Duration::ZERO, Duration::ZERO);
    let mut engine = Engine::new(limits, Version::Http11, now.mono);
    let flux = Rc::new(RefCell::new(flux));
    let keys: Vec<Key> = (0..PEERS)
        .map(|number| engine.insert(Stream(flux.clone(), number), (None, None), now.mono))
        .collect();
    for turn in 0.. {
        assert!(turn < TURNS_MAX, "it does not end");
        flux.borrow_mut().step();
        let is_over = flux.borrow().tape.is_over();
        for &key in &keys {
            let readable = true;
            engine.announce(
                key,
                Event {
                    readable,
                    ..Event::default()
                },
            );
        }
        let mut host = Host {
            handler: &mut files,
            now: &now,
            registry: poll.registry(),
            handle: &handle,
        };
        engine.run(&mut host);
        // Past the age of what is remembered, now and then.
        let time = Duration::from_millis(flux.borrow_mut().tape.pick(&[0, 0, 0, 300, 1_500]));
        now = clock.at(now.mono + time, now.wall + time);
        let waits = |peer: &Peer| !peer.to_read.is_empty();
        if is_over && !engine.is_ready() && !flux.borrow().peers.iter().any(waits) {
            break;
        }
    }
    let flux = flux.borrow();
    for peer in &flux.peers {
        assert!(peer.questions.is_empty(), "an answer is missing");
        assert!(peer.written.is_empty());
    }
    flux.peers.iter().map(|peer| peer.answers).sum()
}

#[test]
fn no_answer_shows_a_file_older_than_its_request() {
    let number = |name| {
        std::env::var(name)
            .ok()
            .map(|text: String| text.parse().unwrap())
    };
    if let Some(seed) = number("FLUX_SEED") {
        play(seed);
        return;
    }
    let mut answers = 0;
    for seed in 0..number("SIM_SEEDS").unwrap_or(SEEDS) {
        let played = std::panic::catch_unwind(|| play(seed));
        answers += played.unwrap_or_else(|_| panic!("FLUX_SEED={seed}"));
    }
    assert!(answers > 500, "{answers}");
}
