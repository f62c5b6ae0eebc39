//! What is answered with that is no file.

use std::borrow::Cow;
use std::io;
use std::sync::LazyLock;

use crate::handler::{Failure, Request, Response};
use crate::http::method::Method;
use crate::http::page::MISSING_FILE;
use crate::http::status::Status;
use crate::http::target::{UrlPath, encode_query};
use crate::tree::Refused;

/// The methods that files answer to.
const ALLOW: &str = "GET, HEAD, OPTIONS";

/// Most bytes of an unsupported method's name that are sent back, in bytes.
const METHOD_BYTES_MAX: usize = 32;

/// What most mistyped paths and all scanners get.
static NOTHING: LazyLock<Failure> = LazyLock::new(|| missing(Refused::NotFound));

/// What is answered where nothing is there.
pub fn nothing(req: &Request<'_>) -> Response {
    match req.method() {
        Method::Get | Method::Head => Response::known_error(&NOTHING),
        Method::Options => allowed(),
        other => unsupported(other.name()),
    }
}

pub fn allowed() -> Response {
    Response::new(Status::NO_CONTENT).header("Allow", ALLOW)
}

/// The page of a failure, with the field that tells when to come back.
pub fn fail(failure: Failure) -> Response {
    let busy = failure.status == Status::SERVICE_UNAVAILABLE;
    let response = Response::error(failure);
    if busy {
        return response.header("Retry-After", "1");
    }
    response
}

/// What is said of a path that cannot be opened: the peer never learns why.
pub fn missing(refused: Refused) -> Failure {
    match refused {
        _ if refused.is_busy() => busy(refused.cause()),
        Refused::Failed(_) => Failure::new(Status::INTERNAL_SERVER_ERROR).cause(refused.cause()),
        _ => Failure::new(Status::NOT_FOUND)
            .message(MISSING_FILE)
            .cause(refused.cause()),
    }
}

/// What is answered where a directory cannot be read.
pub fn unreadable(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::FileTooLarge {
        let failure = Failure::new(Status::INTERNAL_SERVER_ERROR);
        return failure.cause("the directory has too many entries for its page");
    }
    match Refused::from(error) {
        refused @ Refused::Denied => Failure::new(Status::NOT_FOUND)
            .message("No permission to list directory")
            .cause(refused.cause()),
        refused => missing(refused),
    }
}

/// An answer with what it varies with: one that no form suits, or none is there.
pub fn varied_by(vary: Option<&'static str>, response: Response) -> Response {
    let status = response.status();
    let is_of_forms = [Status::NOT_FOUND, Status::NOT_ACCEPTABLE].contains(&status);
    match vary.filter(|_| is_of_forms) {
        Some(fields) => response.header("Vary", fields),
        None => response,
    }
}

/// The answer about a file that has no form that the peer accepts.
pub fn not_acceptable() -> Failure {
    Failure::new(Status::NOT_ACCEPTABLE).cause("no coding that is accepted")
}

/// The answer to a peer that knows no codings about a file that has no other form.
pub fn in_codings_alone() -> Failure {
    missing(Refused::NotFound).cause("there in codings alone")
}

pub fn busy(cause: impl Into<Cow<'static, str>>) -> Failure {
    Failure::new(Status::SERVICE_UNAVAILABLE).cause(cause)
}

/// Where a directory is found: its path with a slash, and the query, what no URI holds escaped. A
/// path starts with exactly one slash, so this never names another host.
pub fn location(path: &UrlPath, query: Option<&[u8]>) -> String {
    let mut location = path.encoded();
    location.push('/');
    add_query(&mut location, query);
    location
}

/// The path of an index page in a directory.
pub fn page_path(directory: &[u8], name: &str) -> Vec<u8> {
    match directory {
        b"" => name.into(),
        _ => [directory, b"/", name.as_bytes()].concat(),
    }
}

/// The status of a directory without its slash.
pub const MOVED: Status = Status::MOVED_PERMANENTLY;

/// The target of a request, for it to be answered anew.
pub fn same_target(req: &Request<'_>) -> String {
    let whole = req.whole_path();
    let mut target = whole.encoded();
    if whole.is_directory() && !target.ends_with('/') {
        target.push('/');
    }
    add_query(&mut target, req.query());
    target
}

pub fn redirect(location: String) -> Response {
    Response::new(MOVED).header("Location", location)
}

pub fn add_query(location: &mut String, query: Option<&[u8]>) {
    let Some(query) = query else {
        return;
    };
    location.push('?');
    encode_query(query, location);
}

/// 501 in Python's words, for a method name of any tokens.
pub fn unsupported(method: &str) -> Response {
    let cut = match method.char_indices().nth(METHOD_BYTES_MAX) {
        Some((at, _)) => format!("{}...", &method[..at]),
        None => method.to_owned(),
    };
    // As Python's repr() quotes.
    let quote = if cut.contains('\'') { '"' } else { '\'' };
    let message = format!("Unsupported method ({quote}{cut}{quote})");
    let failure = Failure::new(Status::NOT_IMPLEMENTED).message(message);
    fail(failure.cause("unsupported method")).header("Allow", ALLOW)
}
