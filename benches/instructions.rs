//! How many instructions a request takes, counted by valgrind's callgrind, which no other load of
//! the machine moves: `cargo bench --bench instructions`. Fails where a number has grown by more
//! than 5 % over `instructions.tsv`; `UPDATE_INSTRUCTIONS='the commit's subject'` writes that anew.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::{env, fs};

use rustix::process::{Pid, Signal, kill_process};
use sprat::Limits;
use sprat::bench::read_head;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.tsv");

/// A number that has moved less than this, in percent, is the same.
const SAME: u64 = 1;
/// One that has grown by more, in percent, was meant by somebody, who writes it down.
const GROWTH_MAX: u64 = 5;

/// Times that something is done in the shorter run, and how many more in the longer one, counts:
/// the difference has neither the start nor what is done once.
const FEW: usize = 50;
const MORE: usize = 400;

const HEAD: &[u8] = b"GET /docs/guide/index.html?chapter=2 HTTP/1.1\r\n\
Host: localhost:8000\r\n\
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n\
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r\n\
Accept-Encoding: gzip, deflate, br, zstd\r\n\
If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
Connection: keep-alive\r\n\r\n";

/// What is asked of the program over a real socket, with what fields, and how often at once.
const REQUESTS: [(&str, &str, &str, usize); 7] = [
    ("file of 1 KB", "GET /1k.txt", "", 1),
    ("file of 1 KB, one of 16 pipelined", "GET /1k.txt", "", 16),
    ("HEAD", "HEAD /1k.txt", "", 1),
    (
        "range of 1 KB",
        "GET /10k.txt",
        "Range: bytes=5000-6023\r\n",
        1,
    ),
    ("not modified", "GET /1k.txt", SINCE, 1),
    ("not found", "GET /none.txt", "", 1),
    ("redirect", "GET /site", "", 1),
];

const SINCE: &str = "If-Modified-Since: Fri, 31 Dec 2100 00:00:00 GMT\r\n";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().collect();
    if let Some(at) = words.iter().position(|word| word == "--read-heads") {
        let times: usize = words[at + 1].parse().expect("a count");
        let limits = Limits::default();
        assert!((0..times).all(|_| read_head(std::hint::black_box(HEAD), &limits)));
        return ExitCode::SUCCESS;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: no valgrind to count with");
        return ExitCode::SUCCESS;
    }
    let mut counted = vec![("request head", of_heads(FEW + MORE) - of_heads(FEW))];
    let folder = site();
    for (what, line, fields, times) in REQUESTS {
        let text = format!("{line} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n");
        let run = |rounds| of_requests(folder.path(), &text, times, rounds);
        counted.push((what, (run(FEW + MORE) - run(FEW)) / times as u64));
    }
    let each = counted
        .into_iter()
        .map(|(what, all)| (what, all / MORE as u64));
    compare(&each.collect::<Vec<_>>())
}

fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let fill = |name: &str, len| fs::write(folder.path().join(name), vec![b'x'; len]);
    fill("1k.txt", 1024).expect("a file");
    fill("10k.txt", 10 * 1024).expect("a file");
    fs::create_dir(folder.path().join("site")).expect("a folder");
    folder
}

/// A program that counts its instructions into a file, in an environment that is always the same.
/// Valgrind's own words go nowhere: it has one for each system call that it does not know.
fn counting(program: &Path, profile: &Path) -> Command {
    let mut command = Command::new("valgrind");
    let mut out = OsString::from("--callgrind-out-file=");
    out.push(profile);
    command
        .args(["--quiet", "--tool=callgrind"])
        .arg(out)
        .arg(program);
    command
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// Waits for its end and takes the count.
fn counted(mut child: Child, profile: &Path) -> u64 {
    assert!(child.wait().expect("a child").success());
    let text = fs::read_to_string(profile).expect("a profile");
    let count = text.lines().find_map(|line| line.strip_prefix("totals: "));
    count.expect("totals").trim().parse().expect("a count")
}

fn of_heads(times: usize) -> u64 {
    let own = env::current_exe().expect("our own path");
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path().join("profile");
    let mut command = counting(&own, &profile);
    command.args(["--read-heads", &times.to_string()]);
    counted(command.spawn().expect("valgrind"), &profile)
}

/// What the program takes for so many rounds of this request, so many times at once, each round
/// after the answers to the one before.
fn of_requests(folder: &Path, request: &str, times: usize, rounds: usize) -> u64 {
    let out = tempfile::tempdir().expect("a folder");
    let profile = out.path().join("profile");
    let mut command = counting(Path::new(env!("CARGO_BIN_EXE_sprat")), &profile);
    command
        .args(["--quiet", "--bind", "127.0.0.1", "--directory"])
        .arg(folder)
        .arg("0");
    let mut child = command.stdout(Stdio::piped()).spawn().expect("valgrind");
    let mut banner = String::new();
    let stdout = child.stdout.take().expect("a pipe");
    BufReader::new(stdout)
        .read_line(&mut banner)
        .expect("a banner");
    let mut words = banner.split(' ').skip_while(|word| *word != "port");
    let port = words.nth(1).expect("a port").parse().expect("a number");
    let mut peer = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    peer.write_all(request.as_bytes()).expect("a request");
    let mut answers = vec![0; answer_bytes(&mut peer, request.starts_with("HEAD")) * times];
    let request = request.repeat(times);
    for _ in 1..rounds {
        peer.write_all(request.as_bytes()).expect("a request");
        peer.read_exact(&mut answers).expect("its answers");
        assert!(answers.starts_with(b"HTTP/1.1 "));
    }
    drop(peer);
    kill_process(Pid::from_child(&child), Signal::INT).expect("the server");
    counted(child, &profile)
}

/// How long an answer is, body and all: every one of them is as long.
fn answer_bytes(peer: &mut TcpStream, is_head: bool) -> usize {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        peer.read_exact(&mut byte).expect("a head");
        answer.extend(byte);
    }
    let head = String::from_utf8(answer).expect("text");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    let body = length.map_or(0, |length| length.parse().expect("a number"));
    if is_head {
        return head.len();
    }
    peer.read_exact(&mut vec![0; body]).expect("a body");
    head.len() + body
}

/// The compiler's release, valgrind's, which knows more system calls or fewer, and this machine's
/// kind: other ones count otherwise.
fn maker() -> String {
    let version = |program: OsString| {
        let output = Command::new(&program).arg("--version").output();
        let said = String::from_utf8(output.expect("its version").stdout).expect("text");
        let words: Vec<&str> = said.split_whitespace().take(2).collect();
        words.join(" ")
    };
    let rustc = version(env::var_os("RUSTC").unwrap_or("rustc".into()));
    let valgrind = version("valgrind".into());
    format!("{rustc}, {valgrind}, {}", env::consts::ARCH)
}

fn compare(counted: &[(&str, u64)]) -> ExitCode {
    let table = fs::read_to_string(TABLE).unwrap_or_default();
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    let rows = rows.filter_map(|line| {
        let mut cells = line.split('\t');
        let (what, count) = (cells.next()?, cells.next()?.parse::<u64>().ok()?);
        Some((what, (count, cells.next()?)))
    });
    let rows: BTreeMap<&str, (u64, &str)> = rows.collect();
    let made_by = format!("# {}", maker());
    let is_ours = table.lines().any(|line| line == made_by);
    let subject = env::var("UPDATE_INSTRUCTIONS").ok();
    let (mut lines, mut grown) = (String::new(), false);
    for &(what, count) in counted {
        let (before, by) = rows.get(what).copied().unwrap_or((0, ""));
        let is_same = is_ours && count.abs_diff(before) * 100 <= before * SAME;
        let (new, by) = match &subject {
            Some(subject) if !is_same => (count, &**subject),
            _ => (before, by),
        };
        lines.push_str(&format!("{what}\t{new}\t{by}\n"));
        println!("{what:34} {count:8} was {before:8}");
        grown |= count * 100 > before * (100 + GROWTH_MAX);
    }
    if subject.is_some() {
        let about = "# Instructions that a request takes, as benches/instructions.rs counts them.\n\
                     # The last column is the commit that changed the number last.\n";
        fs::write(TABLE, format!("{about}{made_by}\n{lines}")).expect("the table");
    } else if !is_ours {
        println!("skipped: the table is not of {}", &made_by[2..]);
    } else if grown {
        println!("failed: grown by more than {GROWTH_MAX} %, and instructions.tsv is as it was");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
