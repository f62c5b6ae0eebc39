//! Files that are changed, and asked for at once: whoever asks after the change has returned sees
//! what there is now. The server remembers files, so each of them rests for a while, is asked for
//! until it is remembered, and is changed then.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::site;
use crate::support::server::{request, wait_for};
use crate::support::site::MODIFIED_DATE;
use crate::support::{Raw, Reply, Server, Site, skip};

/// Changes in one run, a count; `STALE_CHANGES=100000` makes more.
const CHANGES: usize = 5_000;

/// Files that are changed in turn, a count: so many that each rests longer than any clock ticks.
const SUBJECTS: usize = 160;

/// The length of every version, in bytes.
const BYTES: usize = 1_024;

/// Connections that ask, a count.
const PEERS: usize = 4;

/// Random numbers, the same in each run (xorshift).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// What a path leads through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Top,
    Nested,
    Link,
    Index,
}

/// One thing that is asked for, and what it must be answered with.
struct Subject {
    kind: Kind,
    target: String,
    /// The file, and another one that may stand in its place.
    files: [PathBuf; 2],
    versions: [Option<String>; 2],
    /// Which of the two counts.
    which: usize,
    /// Its directory is elsewhere.
    is_away: bool,
    /// The tag of the last answer, and what that held.
    seen: Option<(String, String)>,
    /// The last change hid itself from size and mtime.
    is_forged: bool,
}

fn version(number: usize) -> String {
    let word = format!("version {number:09} ");
    let mut text = word.repeat(BYTES / word.len() + 1);
    text.truncate(BYTES);
    text
}

impl Subject {
    fn new(site: &Site, number: usize) -> Subject {
        let (kind, target, files) = match number % 4 {
            0 => (
                Kind::Top,
                format!("/top{number}"),
                [format!("top{number}"), "none".into()],
            ),
            1 => {
                let file = format!("dir{number}/sub/file");
                (Kind::Nested, format!("/{file}"), [file, "none".into()])
            }
            2 => {
                let files = [0, 1].map(|which| format!("file{number}-{which}"));
                site.link(format!("link{number}"), &files[0]);
                (Kind::Link, format!("/link{number}"), files)
            }
            _ => {
                let names = ["index.html", "index.htm"];
                let files = names.map(|name| format!("page{number}/{name}"));
                (Kind::Index, format!("/page{number}/"), files)
            }
        };
        let files = files.map(|name| site.path(name));
        let mut subject = Subject {
            kind,
            target,
            files,
            versions: [None, None],
            which: 0,
            is_away: false,
            seen: None,
            is_forged: false,
        };
        for which in 0..if matches!(kind, Kind::Link | Kind::Index) {
            2
        } else {
            1
        } {
            fs::create_dir_all(subject.files[which].parent().unwrap()).unwrap();
            subject.replace(which, number * 2 + which);
        }
        subject
    }

    /// What it must be answered with.
    fn content(&self) -> Option<&str> {
        let which = match self.kind {
            Kind::Index => usize::from(self.versions[0].is_none()),
            _ => self.which,
        };
        self.versions[which].as_deref().filter(|_| !self.is_away)
    }

    fn replace(&mut self, which: usize, number: usize) {
        let new = self.files[which].with_extension("new");
        fs::write(&new, version(number)).unwrap();
        fs::rename(&new, &self.files[which]).unwrap();
        self.versions[which] = Some(version(number));
    }

    fn write_in_place(&mut self, which: usize, number: usize) {
        let mut file = File::options()
            .write(true)
            .open(&self.files[which])
            .unwrap();
        file.write_all(version(number).as_bytes()).unwrap();
        self.versions[which] = Some(version(number));
    }

    /// Lets its directory go, or come back; returns whether it could.
    fn move_directory(&mut self, site: &Site, dice: &mut Dice) {
        let directory = self.files[0].parent().unwrap().parent().unwrap();
        let name = directory.file_name().unwrap().to_str().unwrap();
        let (renamed, outside) = (directory.with_extension("away"), site.outside(name));
        if self.is_away {
            if directory.is_symlink() {
                fs::remove_file(directory).unwrap();
                fs::rename(outside, directory).unwrap();
            } else {
                fs::rename(renamed, directory).unwrap();
            }
        } else if dice.roll(2) == 0 {
            fs::rename(directory, &outside).unwrap();
            std::os::unix::fs::symlink(&outside, directory).unwrap();
        } else {
            fs::rename(directory, renamed).unwrap();
        }
        self.is_away = !self.is_away;
    }

    /// Changes something about it.
    fn change(&mut self, site: &Site, number: usize, dice: &mut Dice) {
        let number = SUBJECTS * 2 + number;
        let which = match self.kind {
            Kind::Index => dice.roll(2),
            _ => self.which,
        };
        self.is_forged = false;
        if self.is_away {
            return self.move_directory(site, dice);
        }
        if self.versions[which].is_none() {
            return self.replace(which, number);
        }
        match (dice.roll(7), self.kind) {
            (0 | 1, Kind::Nested) => self.move_directory(site, dice),
            (0 | 1, Kind::Link) => {
                self.which = 1 - self.which;
                let link = site.path(&self.target[1..]);
                let new = site.link("link.new", self.files[self.which].file_name().unwrap());
                fs::rename(new, link).unwrap();
                if self.versions[self.which].is_none() {
                    self.replace(self.which, number);
                }
            }
            (0 | 1, _) => self.write_in_place(which, number),
            (2, _) => {
                fs::remove_file(&self.files[which]).unwrap();
                self.versions[which] = None;
            }
            (3, _) => self.replace(which, number),
            (4, _) => {
                // Who may read it is the same, but for its ctime nothing else tells.
                let mode = 0o600 | dice.roll(0o100) as u32;
                let mode = PermissionsExt::from_mode(mode);
                fs::set_permissions(&self.files[which], mode).unwrap();
            }
            (5, _) => {
                let modified = fs::metadata(&self.files[which])
                    .unwrap()
                    .modified()
                    .unwrap();
                self.write_in_place(which, number);
                set_modified(&self.files[which], modified);
                self.is_forged = true;
            }
            _ => self.write_in_place(which, number),
        }
    }

    /// Holds an answer against what there is.
    fn judge(&mut self, asked: Ask, reply: &Reply, strict: bool, about: &str) {
        let about = format!("{about}, {asked:?} {}: {reply:?}", self.target);
        let Some(content) = self.content().map(str::to_owned) else {
            // Without an index page a directory is listed.
            let want = if self.kind == Kind::Index { 200 } else { 404 };
            assert_eq!(reply.status, want, "{about}");
            assert!(
                !String::from_utf8_lossy(&reply.body).contains("version"),
                "{about}"
            );
            return;
        };
        let (old_tag, old_content) = self.seen.clone().unwrap_or_default();
        let differs = old_content != content;
        let may_hide = self.is_forged && !strict;
        match (asked, reply.status) {
            (Ask::Changed, 304) => assert!(!differs || may_hide, "{about}"),
            (Ask::Part, 206) => assert_eq!(reply.text(), &content[..10], "{about}"),
            (Ask::Head, 200) => assert!(reply.body.is_empty(), "{about}"),
            (Ask::Whole | Ask::Changed, 200) => assert_eq!(reply.text(), content, "{about}"),
            _ => panic!("{about}"),
        }
        let tag = reply.field("ETag");
        if differs && !may_hide && !tag.starts_with("W/") {
            assert_ne!(tag, old_tag, "{about}");
        }
        if reply.status != 304 {
            self.seen = Some((tag.to_owned(), content));
        }
    }

    fn request(&self, asked: Ask) -> String {
        let method = if asked == Ask::Head { "HEAD" } else { "GET" };
        let fields = match (asked, &self.seen) {
            (Ask::Changed, Some((tag, _))) => format!("If-None-Match: {tag}\r\n"),
            (Ask::Part, _) => "Range: bytes=0-9\r\n".into(),
            _ => String::new(),
        };
        String::from_utf8(request(method, &self.target, &fields)).unwrap()
    }
}

fn set_modified(path: &Path, time: SystemTime) {
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(time)
        .unwrap();
}

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ask {
    Whole,
    Head,
    Part,
    Changed,
}

impl Ask {
    fn any(subject: &Subject, dice: &mut Dice) -> Ask {
        // Of a listing there are neither parts nor tags.
        match (dice.roll(4), subject.content()) {
            (1, _) => Ask::Head,
            (2, Some(_)) => Ask::Part,
            (3, Some(_)) => Ask::Changed,
            _ => Ask::Whole,
        }
    }
}

fn read(peer: &mut Raw, asked: Ask) -> Reply {
    peer.read_response_to(if asked == Ask::Head { "HEAD" } else { "GET" })
}

/// Asks so that the file is remembered, changes it, and asks at once: on one connection or on many,
/// one behind the other or together.
fn change_and_ask(site: &Site, server: &Server, strict: bool, part: usize) {
    let changes = std::env::var("STALE_CHANGES").ok();
    let changes = changes.map_or(CHANGES, |count| count.parse().expect("a count")) / part;
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut subjects: Vec<Subject> = (0..SUBJECTS)
        .map(|number| Subject::new(site, number))
        .collect();
    let mut peers: Vec<Raw> = (0..PEERS).map(|_| server.connect()).collect();
    std::thread::sleep(Duration::from_millis(30));
    for number in 0..changes {
        let subject = &mut subjects[number % SUBJECTS];
        // Of what is missing only the third answer is from memory.
        for _ in 0..3 {
            let asked = Ask::Whole;
            peers[0].send(subject.request(asked));
            let reply = read(&mut peers[0], asked);
            subject.judge(asked, &reply, strict, &format!("{number}, before"));
        }
        subject.change(site, number, &mut dice);
        let (together, count) = (1 + dice.roll(4), 1 + dice.roll(PEERS));
        let mut asked = Vec::new();
        for (at, peer) in peers.iter_mut().enumerate().take(count) {
            let asks: Vec<Ask> = (0..together)
                .map(|_| Ask::any(subject, &mut dice))
                .collect();
            let requests: Vec<String> = asks.iter().map(|&ask| subject.request(ask)).collect();
            peer.send(requests.concat());
            asked.extend(asks.into_iter().map(|ask| (at, ask)));
        }
        // All of them were asked with the tag of before.
        let seen = subject.seen.clone();
        for (at, ask) in asked {
            let reply = read(&mut peers[at], ask);
            subject.seen.clone_from(&seen);
            subject.judge(
                ask,
                &reply,
                strict,
                &format!("{number}, peer {at} of {count}"),
            );
        }
    }
}

#[test]
fn no_answer_is_older_than_its_request() {
    let site = site("stale");
    let server = site.serve(&["--quiet"]);
    change_and_ask(&site, &server, false, 1);
}

#[test]
fn no_strict_tag_is_older_than_its_request() {
    let site = site("stale-strict");
    let server = site.serve(&["--quiet", "--etag", "strict"]);
    change_and_ask(&site, &server, true, 1);
}

#[test]
fn beside_scripts_no_answer_is_older_than_its_request() {
    let site = site("stale-scripts");
    let server = site.serve(&["--quiet", "--cgi"]);
    change_and_ask(&site, &server, false, 2);
}

#[test]
fn without_the_cache_answers_are_the_same() {
    let site = site("stale-uncached");
    let server = site.serve(&["--quiet", "--no-file-cache"]);
    change_and_ask(&site, &server, false, 10);
}

/// The system calls that a server makes for so many requests, in words.
fn calls(site: &Site, options: &[&str], bytes: &str, rounds: usize) -> Option<Vec<String>> {
    let log = site.outside("calls");
    let words = ["-D", "-qq", "-o", log.to_str().unwrap()];
    let works = Command::new("strace").args(words).arg("true").output();
    if !works.is_ok_and(|output| output.status.success()) {
        skip("no strace");
        return None;
    }
    let program = site.command(options);
    let mut command = Command::new("strace");
    command
        .args(words)
        .arg(program.get_program())
        .args(program.get_args());
    let server = Server::start(command);
    let mut peer = server.connect();
    let before = || {
        let log = fs::read_to_string(&log).unwrap();
        let call = |line: &str| line.split('(').next().unwrap().to_owned();
        log.lines().map(call).collect::<Vec<_>>()
    };
    let mut ask = |rounds: usize| {
        for _ in 0..rounds {
            peer.send(bytes);
            for _ in bytes.matches("GET") {
                assert!(peer.read_response().status < 400);
            }
        }
    };
    // Until it is remembered.
    ask(3);
    let first = wait_for("the log", || Some(before()).filter(|calls| calls.len() > 3)).len();
    ask(rounds);
    Some(before().split_off(first))
}

#[test]
fn a_small_file_costs_one_read_one_look_and_one_write() {
    const ROUNDS: usize = 50;
    let site = site("calls");
    site.file("small", version(0));
    site.file("dir/index.html", version(0));
    site.file("dir/second/index.htm", version(0));
    site.file("medium", vec![b'x'; 100_000]);
    std::thread::sleep(Duration::from_millis(30));
    let get = |target: &str| String::from_utf8(request("GET", target, "")).unwrap();
    let range = request("GET", "/medium", "Range: bytes=50000-50999\r\n");
    let changed = format!("If-Modified-Since: {}\r\n", MODIFIED_DATE);
    let changed = String::from_utf8(request("GET", "/small", &changed)).unwrap();
    let plain = ["--quiet"];
    // The root, and both directories that scripts may be in, must be what they were.
    let scripts = ["--quiet", "--cgi"];
    let rows = [
        (get("/small"), [1, 4]),
        (changed, [1, 4]),
        (String::from_utf8(range).unwrap(), [1, 4]),
        // The directory as well.
        (get("/dir/"), [2, 5]),
        (get("/dir"), [1, 4]),
        (get("/dir/second/"), [3, 7]),
        // Together they are read, looked at and answered.
        (get("/small").repeat(16), [1, 4]),
    ];
    let rows = rows
        .iter()
        .flat_map(|(bytes, looks)| [(&plain[..], bytes, looks[0]), (&scripts, bytes, looks[1])]);
    for (options, bytes, looks) in rows {
        let Some(calls) = calls(&site, options, bytes, ROUNDS) else {
            return;
        };
        let count = |names: &[&str]| {
            let named = |call: &&String| names.contains(&&***call);
            calls.iter().filter(named).count()
        };
        let most = |count: usize| count * ROUNDS + 8;
        let read = count(&["recvfrom", "read", "readv", "recvmsg", "pread64"]);
        assert!(read <= most(1), "{bytes}: {calls:?}");
        let looked = count(&["newfstatat", "statx", "stat", "lstat", "fstat"]);
        assert!(looked <= most(looks), "{options:?} {bytes}: {calls:?}");
        let opened = count(&["openat2", "openat", "open", "close"]);
        assert!(opened <= 8, "{options:?} {bytes}: {calls:?}");
        assert!(
            count(&["sendto", "write", "writev", "sendmsg"]) <= most(1),
            "{bytes}: {calls:?}"
        );
        assert_eq!(count(&["epoll_ctl"]), 0, "{bytes}: {calls:?}");
    }
}

#[test]
fn what_is_remembered_is_answered_as_what_is_opened() {
    let site = site("remembered");
    for (name, bytes) in [
        ("none", 0),
        ("small", 1_000),
        ("medium", 100_000),
        ("large", 200_000),
    ] {
        let text: Vec<u8> = (0..bytes).map(|at| b'a' + (at % 23) as u8).collect();
        site.file(format!("{name}.txt"), &text);
    }
    site.file("drawing.svgz", "zipped");
    site.file("latin.txt", b"caf\xE9");
    site.file("page/index.htm", "page");
    site.link("link.txt", "small.txt");
    std::thread::sleep(Duration::from_millis(30));
    let fields = [
        "",
        "Range: bytes=0-9\r\n",
        "Range: bytes=-7\r\n",
        "Range: bytes=5-5,0-2\r\n",
        "Range: bytes=900000-\r\n",
        "Range: bytes=0-9\r\nIf-Range: \"other\"\r\n",
        "If-None-Match: *\r\n",
        "If-Match: \"other\"\r\n",
        &format!("If-Modified-Since: {MODIFIED_DATE}\r\n"),
        &format!("If-Unmodified-Since: {MODIFIED_DATE}\r\n"),
    ];
    let targets = [
        "/none.txt",
        "/small.txt",
        "/medium.txt",
        "/large.txt",
        "/drawing.svgz",
        "/latin.txt",
        "/page/",
        "/page/index.htm",
        "/page",
        "/page?a=b",
        "/link.txt",
        "/missing",
        "/small.txt/",
    ];
    for options in [
        &["--quiet"][..],
        &["--quiet", "--protocol", "HTTP/1.0", "-H", "X-A", "b"],
        &["--quiet", "--cgi"],
    ] {
        let opened = site.serve(&[options, &["--no-file-cache"]].concat());
        let remembered = site.serve(options);
        for round in 0..3 {
            for (target, fields) in targets
                .iter()
                .flat_map(|t| fields.iter().map(move |f| (t, f)))
            {
                for method in ["GET", "HEAD"] {
                    let ask = |server: &Server| told(server.request(method, target, fields));
                    let (got, want) = (ask(&remembered), ask(&opened));
                    assert_eq!(got, want, "{round} {method} {target} {fields}");
                }
            }
        }
    }
}

/// An answer without what differs each time, its fields in alphabetical order.
fn told(mut reply: Reply) -> Reply {
    reply.headers.retain(|(name, _)| name != "Date");
    reply.headers.sort();
    let multipart = |(_, value): &(String, String)| value.starts_with("multipart/");
    if let Some(at) = reply.headers.iter().position(multipart) {
        let boundary = reply.headers[at].1.split('=').nth(1).unwrap().to_owned();
        let body = String::from_utf8(reply.body).unwrap();
        reply.body = body.replace(&boundary, "*").into_bytes();
        reply.headers[at].1 = String::new();
    }
    reply
}

/// A program that puts each letter that it is sent at the start of the file, through a mapping.
const MAPPER: &str = "\
import mmap, sys
file = open(sys.argv[1], 'r+b')
room = mmap.mmap(file.fileno(), 0)
for line in sys.stdin:
    room[0] = ord(line[0])
    print('written', flush=True)
";

#[test]
fn what_is_written_through_an_old_mapping_is_found_although_no_time_changes() {
    let site = site("mapping");
    let path = site.file("mapped.txt", "a mapped file");
    let mut command = Command::new("python3");
    command.args(["-c", MAPPER]).arg(&path);
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut mapper) = spawned else {
        return skip("no python3 to map a file");
    };
    let mut letters = mapper.stdin.take().unwrap();
    let mut told = BufReader::new(mapper.stdout.take().unwrap());
    let mut write = |letter: char| {
        writeln!(letters, "{letter}").unwrap();
        let mut line = String::new();
        told.read_line(&mut line).unwrap();
        assert_eq!(line, "written\n");
    };
    let server = site.serve(&["--quiet"]);
    let first = || server.get("/mapped.txt").body[0];
    // The page is written to from now on, and the file is remembered.
    write('b');
    for _ in 0..200 {
        assert_eq!(first(), b'b');
    }
    for letter in 'c'..'g' {
        write(letter);
        wait_for("what was written", || {
            (first() == letter as u8).then_some(())
        });
    }
    drop(letters);
    mapper.wait().unwrap();
}
