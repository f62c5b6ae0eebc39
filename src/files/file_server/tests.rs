//! What requests to a tree of files are answered.

mod find;
mod forms;
mod list;
mod recall;
mod send;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::*;
use crate::handler::{Arrival, Body};
use crate::http::framing::BodyLen;
use crate::http::head::Head;
use crate::http::limits::{LISTINGS_MAX, Limits};
use crate::http::target::Target;
use crate::sys::open::Symlinks;

/// An hour after every file of the tests was last modified.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_003_600)
}

fn with_request<T>(text: &[u8], protocol: Version, act: impl FnOnce(&Request<'_>) -> T) -> T {
    with_request_at(now(), text, protocol, act)
}

fn with_request_at<T>(
    received: SystemTime,
    text: &[u8],
    protocol: Version,
    act: impl FnOnce(&Request<'_>) -> T,
) -> T {
    let head = Head::parse(text, &Limits::default()).unwrap();
    let target = Target::parse(head.target(text)).unwrap();
    let arrival = Arrival {
        peer: None,
        proxy: None,
        local: None,
        received,
        scheme: crate::http::scheme::Scheme::Http,
        protocol,
        serial: 0,
    };
    act(&Request {
        buf: text,
        head: &head,
        target: &target,
        whole: &target.path,
        body_len: BodyLen::None,
        arrival: &arrival,
    })
}

fn respond(files: &FileServer, request: &Request<'_>) -> Response {
    match files.answer(request, Instant::now(), false) {
        Some(Reply::Respond(response)) => response,
        Some(Reply::Exchange(_)) => panic!("files are answered at once"),
        None => files.varied(request, nothing(request)),
    }
}

/// Answers a request line (without version) and more fields.
fn ask(files: &FileServer, line: &str, fields: &str) -> Response {
    let text = format!("{line} HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
    with_request(text.as_bytes(), Version::Http11, |request| {
        respond(files, request)
    })
}

fn get(files: &FileServer, target: &str) -> Response {
    ask(files, &format!("GET {target}"), "")
}

fn field<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    let mut fields = response.headers();
    let (_, value) = fields.find(|(field, _)| field.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(value).ok()
}

fn names(response: &Response) -> Vec<&str> {
    response.headers().map(|(name, _)| name).collect()
}

fn cause(response: &Response) -> &str {
    &response.failure().unwrap().cause
}

/// The body as text: bytes as they are, files as their ranges.
fn body(response: &Response) -> String {
    match &response.body {
        Body::Empty => String::new(),
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Body::File { range, .. } => format!("file {range:?}"),
        Body::Parts { parts, .. } => format!("parts {:?}", parts.ranges()),
        Body::Held { range, .. } => format!("file {range:?}"),
        Body::Source(_) => "source".into(),
        Body::Streamed(_) => "streamed".into(),
    }
}

fn write(dir: &TempDir, name: impl AsRef<Path>, text: &str) {
    write_at(dir, name, text, now() - Duration::from_secs(3600));
}

fn write_at(dir: &TempDir, name: impl AsRef<Path>, text: &str, modified: SystemTime) {
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(modified).unwrap();
}

/// A tree with `a.txt` of 12 bytes, `dir`, and `with` that has an index page.
fn site() -> TempDir {
    let dir = TempDir::new().unwrap();
    write(&dir, "a.txt", "hello world\n");
    write(&dir, "empty", "");
    fs::create_dir(dir.path().join("dir")).unwrap();
    fs::create_dir(dir.path().join("with")).unwrap();
    write(&dir, "with/index.html", "<p>");
    write(&dir, "dir/b", "b");
    dir
}

fn serving(dir: &TempDir) -> FileServer {
    FileServer::new(dir.path()).unwrap()
}
