//! A real browser, driven by its DevTools protocol over a pair of pipes: messages in JSON, each
//! with a NUL behind it. Only as much of JSON is read here as the tests ask for.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::fs::{CWD, Mode, mkfifoat};
use rustix::process::geteuid;
use tempfile::TempDir;

/// How long one answer may take: a browser starts slowly where others work.
const PATIENCE: Duration = Duration::from_secs(60);

/// What it is called.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// A browser with one page, and a profile of its own.
pub struct Browser {
    process: Child,
    commands: File,
    messages: Receiver<String>,
    session: String,
    number: usize,
    /// What it has told of its own accord.
    pub events: Vec<String>,
    _profile: TempDir,
}

/// Where one is installed.
fn program() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let all = std::env::split_paths(&folders);
    let paths = all.flat_map(|folder| NAMES.map(|name| folder.join(name)));
    paths.into_iter().find(|path| path.is_file())
}

/// How one is started, with pipes and a profile in a folder.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    // The browser reads from descriptor 3, and writes to 4.
    command
        .args([
            "-c",
            "in=$1 out=$2; shift 2; exec \"$@\" 3<\"$in\" 4>\"$out\"",
            "sh",
        ])
        .args([folder.join("in"), folder.join("out")])
        .arg(program)
        .args([
            "--headless=new",
            "--remote-debugging-pipe",
            "--no-first-run",
        ])
        .args([
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-extensions",
        ])
        // It asks nobody but the server.
        .args([
            "--disable-background-networking",
            "--disable-sync",
            "--no-pings",
        ])
        .args(["--disable-component-update", "--no-default-browser-check"])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
        .arg("--no-proxy-server")
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .args(geteuid().is_root().then_some("--no-sandbox"))
        .arg("about:blank")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.join("errors")).unwrap());
    command
}

impl Browser {
    /// Starts one; `None` if none is installed.
    pub fn start() -> Option<Browser> {
        let program = program()?;
        let profile = TempDir::new().unwrap();
        let (into, out) = (profile.path().join("in"), profile.path().join("out"));
        for pipe in [&into, &out] {
            mkfifoat(CWD, pipe, Mode::RUSR | Mode::WUSR).unwrap();
        }
        let process = command(&program, profile.path()).spawn().unwrap();
        // Each waits for the other side.
        let commands = OpenOptions::new().write(true).open(into).unwrap();
        let answers = File::open(out).unwrap();
        let (tell, messages) = channel();
        thread::spawn(move || {
            for message in BufReader::new(answers).split(0).map_while(Result::ok) {
                if tell
                    .send(String::from_utf8_lossy(&message).into_owned())
                    .is_err()
                {
                    return;
                }
            }
        });
        let mut browser = Browser {
            process,
            commands,
            messages,
            session: String::new(),
            number: 0,
            events: Vec::new(),
            _profile: profile,
        };
        browser.open_page();
        Some(browser)
    }

    fn open_page(&mut self) {
        let made = self.call("Target.createTarget", "{\"url\":\"about:blank\"}");
        let target = string_of(&made, "targetId");
        let attach = format!("{{\"targetId\":\"{target}\",\"flatten\":true}}");
        let attached = self.call("Target.attachToTarget", &attach);
        self.session = string_of(&attached, "sessionId");
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), "{}");
        }
    }

    /// Calls a method; returns its answer.
    pub fn call(&mut self, method: &str, parameters: &str) -> String {
        self.number += 1;
        let mut message = format!("{{\"id\":{},\"method\":\"{method}\"", self.number);
        if !self.session.is_empty() {
            let _ = write!(message, ",\"sessionId\":\"{}\"", self.session);
        }
        let _ = write!(message, ",\"params\":{parameters}}}\0");
        self.commands.write_all(message.as_bytes()).unwrap();
        let id = format!("{{\"id\":{},", self.number);
        loop {
            let got = self.messages.recv_timeout(PATIENCE).expect(method);
            if got.starts_with(&id) {
                assert!(!got.contains("\"error\":{"), "{method} {parameters}: {got}");
                return got;
            }
            self.events.push(got);
        }
    }

    /// Waits for an event that holds a text.
    fn wait_for(&mut self, text: &str) {
        while !self.events.iter().any(|event| event.contains(text)) {
            self.events
                .push(self.messages.recv_timeout(PATIENCE).expect(text));
        }
    }

    /// Opens a page, and waits until it is there with all that belongs to it.
    pub fn open(&mut self, url: &str) {
        self.load(|browser| {
            browser.call("Page.navigate", &format!("{{\"url\":{}}}", quoted(url)));
        });
    }

    /// Does what leads to another page, and waits for that.
    pub fn load(&mut self, act: impl FnOnce(&mut Browser)) {
        const LOADED: &str = "\"method\":\"Page.frameStoppedLoading\"";
        let is_loaded = |event: &String| event.contains(LOADED);
        self.events.retain(|event| !is_loaded(event));
        act(self);
        self.wait_for(LOADED);
    }

    /// What an expression comes to, as text; a promise is waited for.
    pub fn eval(&mut self, expression: &str) -> String {
        let parameters = format!(
            "{{\"expression\":{},\"returnByValue\":true,\"awaitPromise\":true}}",
            quoted(&format!("(async()=>String(await ({expression})))()"))
        );
        let got = self.call("Runtime.evaluate", &parameters);
        assert!(!got.contains("\"exceptionDetails\""), "{expression}: {got}");
        string_of(&got, "value")
    }

    /// Presses and releases a key.
    pub fn press(&mut self, key: &str, code: u32, text: &str) {
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let parameters = format!(
                "{{\"type\":\"{kind}\",\"key\":\"{key}\",\"code\":\"{key}\",\
                 \"windowsVirtualKeyCode\":{code},\"text\":{}}}",
                quoted(text)
            );
            self.call("Input.dispatchKeyEvent", &parameters);
        }
    }

    /// The width of the window, in pixels, and the colours that the user likes.
    pub fn look(&mut self, width: u32, scheme: &str) {
        let mobile = width < 600;
        let metrics = format!(
            "{{\"width\":{width},\"height\":800,\"deviceScaleFactor\":1,\"mobile\":{mobile}}}"
        );
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        let media = format!(
            "{{\"features\":[{{\"name\":\"prefers-color-scheme\",\"value\":\"{scheme}\"}}]}}"
        );
        self.call("Emulation.setEmulatedMedia", &media);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // So that it ends its own children; then at any rate.
        let _ = self
            .commands
            .write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        while self.messages.recv_timeout(Duration::from_secs(10)).is_ok() {}
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A text as JSON.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            letter if letter.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// The text that a message has under a name, the first of these.
fn string_of(message: &str, name: &str) -> String {
    let (_, rest) = message
        .split_once(&format!("\"{name}\":\""))
        .unwrap_or_else(|| panic!("no {name}: {message}"));
    let mut letters = rest.chars();
    let mut units = Vec::new();
    loop {
        let mut pair = [0; 2];
        match letters.next().expect("a text ends") {
            '"' => return String::from_utf16_lossy(&units),
            '\\' => match letters.next().unwrap() {
                'u' => {
                    let digits: String = letters.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).unwrap());
                }
                'n' => units.push(10),
                't' => units.push(9),
                'r' => units.push(13),
                other => units.extend_from_slice(other.encode_utf16(&mut pair)),
            },
            letter => units.extend_from_slice(letter.encode_utf16(&mut pair)),
        }
    }
}
