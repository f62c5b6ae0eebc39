//! The real program, started for one test and reaped with it.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::PATIENCE;
use super::client::{Raw, Reply, raw};

/// What a server says that root has started and that nobody has told to serve as another.
pub const AS_ROOT: &str =
    "sprat: warning: files are served as root (as another user: sprat --user NAME)\n";

/// A running server. Killed and reaped on drop, which fails the test if the server had a bug.
pub struct Server {
    /// The port it listens on, as its first line says.
    pub port: u16,
    /// The addresses of all its lines.
    pub addrs: Vec<SocketAddr>,
    /// Its lines, up to the first byte that is no part of one.
    pub banner: Vec<String>,
    child: Child,
    stdout: Option<Output>,
    stderr: Option<Output>,
    /// Another program with the same first line, whose log may be as it likes.
    pub foreign: bool,
}

impl Server {
    /// Starts it and waits for its line.
    pub fn start(command: Command) -> Server {
        Server::start_with(command, 1)
    }

    /// Starts it and waits for so many lines.
    pub fn start_with(mut command: Command, lines: usize) -> Server {
        command.stderr(Stdio::piped());
        Server::start_unlogged(command, lines)
    }

    /// Starts it with what the caller made of stderr, and waits for so many lines.
    pub fn start_unlogged(command: Command, lines: usize) -> Server {
        Server::start_on(command, Stdio::null(), lines)
    }

    /// The same with this as its standard input.
    pub fn start_on(mut command: Command, input: Stdio, lines: usize) -> Server {
        command.stdin(input).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let stdout = Output::of(child.stdout.take().unwrap());
        let mut server = Server {
            port: 0,
            addrs: Vec::new(),
            banner: Vec::new(),
            stderr: child.stderr.take().map(Output::of),
            child,
            stdout: Some(stdout),
            foreign: false,
        };
        server.read_banner(lines);
        server
    }

    /// Starts it with what the caller made of stdout and stderr; the port is known otherwise.
    pub fn start_deaf(mut command: Command, port: u16) -> Server {
        let child = command.stdin(Stdio::null()).spawn();
        Server {
            port,
            addrs: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))],
            banner: Vec::new(),
            child: child.expect("the program starts"),
            stdout: None,
            stderr: None,
            foreign: false,
        }
    }

    fn read_banner(&mut self, lines: usize) {
        let complete = |text: &str| text.matches('\n').count() >= lines;
        let text = match self.stdout.as_ref().unwrap().wait(complete) {
            Ok(text) => text,
            Err(text) => {
                let _ = self.child.kill();
                let why = self.stderr.as_ref().map(Output::wait_end);
                panic!("the server did not start: stdout {text:?}, stderr {why:?}");
            }
        };
        self.banner = text.lines().map(str::to_owned).collect();
        let has_port = |line: &&String| !line.contains(" on unix:");
        self.addrs = (self.banner.iter().filter(has_port))
            .map(|line| address_of(line))
            .collect();
        self.port = self.addrs.first().map_or(0, SocketAddr::port);
    }

    /// Where the first listener is reached.
    pub fn addr(&self) -> SocketAddr {
        self.addrs[0]
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A new connection.
    pub fn connect(&self) -> Raw {
        raw(self.addr())
    }

    /// The answer to a GET on a connection of its own.
    pub fn get(&self, target: impl AsRef<[u8]>) -> Reply {
        self.get_with(target, "")
    }

    /// The answer to a GET with these header lines besides, each ended by CRLF.
    pub fn get_with(&self, target: impl AsRef<[u8]>, fields: &str) -> Reply {
        self.request("GET", target, fields)
    }

    /// The answer to a HEAD.
    pub fn head(&self, target: impl AsRef<[u8]>) -> Reply {
        self.request("HEAD", target, "")
    }

    /// The answer to a request without a body, after which the connection closes.
    pub fn request(&self, method: &str, target: impl AsRef<[u8]>, fields: &str) -> Reply {
        let mut peer = self.connect();
        peer.send(request(
            method,
            target,
            &format!("{fields}Connection: close\r\n"),
        ));
        let reply = peer.read_response_to(method);
        peer.expect_close();
        reply
    }

    /// The answer to these bytes, after which the connection may stay open.
    pub fn answer(&self, bytes: impl AsRef<[u8]>) -> Reply {
        let mut peer = self.connect();
        peer.send(bytes);
        peer.read_response()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("the server is running");
    }

    /// The log so far, once it is as asked. What root is told first is left out: tests are run by
    /// anybody.
    pub fn log_until(&self, enough: impl Fn(&str) -> bool) -> String {
        let log = self.stderr.as_ref().expect("a log to read");
        let log = log.wait(|log| enough(&log.replacen(AS_ROOT, "", 1)));
        log.unwrap_or_else(|log| panic!("the log never became as expected:\n{log}"))
            .replacen(AS_ROOT, "", 1)
    }

    /// The log once it has so many lines.
    pub fn log_lines(&self, count: usize) -> Vec<String> {
        let log = self.log_until(|log| log.matches('\n').count() >= count);
        log.lines().map(str::to_owned).collect()
    }

    /// Waits for the program to end by itself.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("the program ends", || self.child.try_wait().unwrap())
    }

    /// All that it ever wrote to stdout, once it has ended.
    pub fn stdout_to_end(&mut self) -> String {
        self.stdout.as_ref().expect("a stdout to read").wait_end()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let Some(stderr) = self.stderr.take() else {
            return;
        };
        let log = stderr.wait_end();
        if thread::panicking() {
            eprintln!("the log of the server:\n{log}");
            return;
        }
        for bug in ["bug:", "panicked"] {
            assert!(self.foreign || !log.contains(bug), "{log}");
        }
    }
}

/// Runs the program to its end: exit code, stdout, stderr.
pub fn run_to_end(mut command: Command) -> (Option<i32>, String, String) {
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let stdout = Output::of(child.stdout.take().unwrap());
    let stderr = Output::of(child.stderr.take().unwrap());
    let end = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() < end => thread::yield_now(),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                panic!("the program did not end; it said {:?}", stdout.wait_end());
            }
        }
    };
    (status.code(), stdout.wait_end(), stderr.wait_end())
}

/// A GET or the like, without a body; `fields` are lines ended by CRLF.
pub fn request(method: &str, target: impl AsRef<[u8]>, fields: &str) -> Vec<u8> {
    let mut bytes = format!("{method} ").into_bytes();
    bytes.extend_from_slice(target.as_ref());
    bytes.extend_from_slice(b" HTTP/1.1\r\nHost: localhost\r\n");
    bytes.extend_from_slice(fields.as_bytes());
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Asks again and again until there is an answer; panics when patience ends.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        // A breath, so that waiting does not take the processor from what is waited for.
        thread::park_timeout(Duration::from_millis(1));
    }
}

/// The address that a line like `Serving HTTP on 127.0.0.1 port 8000 (http://127.0.0.1:8000/) ...`
/// gives; for "all addresses" the loopback one.
fn address_of(line: &str) -> SocketAddr {
    let words: Vec<&str> = line.split(' ').collect();
    assert_eq!(words.len(), 8, "{line}");
    let host = words[3];
    let literal = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let port = words[5];
    let want = format!("Serving HTTP on {host} port {port} (http://{literal}:{port}/) ...");
    assert_eq!(line, want);
    let host = match host {
        "::" | "0.0.0.0" => "127.0.0.1",
        _ => &literal,
    };
    format!("{host}:{port}").parse().expect("a literal address")
}

/// What a process writes, collected while it runs so that it never waits for us.
struct Output {
    shared: Arc<(Mutex<Collected>, Condvar)>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
    ended: bool,
}

impl Output {
    fn of(stream: impl Read + Send + 'static) -> Output {
        let shared = Arc::new((Mutex::new(Collected::default()), Condvar::new()));
        let ours = Arc::clone(&shared);
        let reader = thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            loop {
                let bytes = stream.fill_buf().unwrap_or_default();
                let mut collected = ours.0.lock().unwrap();
                collected.bytes.extend_from_slice(bytes);
                collected.ended = bytes.is_empty();
                ours.1.notify_all();
                if collected.ended {
                    return;
                }
                let count = bytes.len();
                stream.consume(count);
            }
        });
        Output {
            shared,
            reader: Some(reader),
        }
    }

    /// The text once it is enough; an error with the text if it ended or took too long before.
    fn wait(&self, enough: impl Fn(&str) -> bool) -> Result<String, String> {
        let end = Instant::now() + PATIENCE;
        let mut collected = self.shared.0.lock().unwrap();
        loop {
            let text = String::from_utf8_lossy(&collected.bytes).into_owned();
            let left = end.saturating_duration_since(Instant::now());
            if enough(&text) {
                return Ok(text);
            } else if collected.ended || left.is_zero() {
                return Err(text);
            }
            collected = self.shared.1.wait_timeout(collected, left).unwrap().0;
        }
    }

    /// The whole text, once the process has ended.
    fn wait_end(&self) -> String {
        let end = Instant::now() + PATIENCE;
        let mut collected = self.shared.0.lock().unwrap();
        while !collected.ended && Instant::now() < end {
            let wait = self.shared.1.wait_timeout(collected, PATIENCE);
            collected = wait.unwrap().0;
        }
        String::from_utf8_lossy(&collected.bytes).into_owned()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let ended = self.shared.0.lock().is_ok_and(|collected| collected.ended);
        if let Some(reader) = self.reader.take().filter(|_| ended) {
            let _ = reader.join();
        }
    }
}
