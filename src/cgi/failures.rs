//! What to answer when there is no script, or it does not run, and what to tell the log.

use std::borrow::Cow;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::limits::RETRY_AFTER;
use super::space::NoSpace;
use super::spool::SpoolFault;
use crate::handler::{Failure, Response};
use crate::http::fault::quoted;
use crate::http::status::Status;
use crate::sys::open::Errno;
use crate::tree::Refused;

/// 503: come again.
pub fn busy(cause: impl Into<Cow<'static, str>>) -> Failure {
    Failure::new(Status::SERVICE_UNAVAILABLE).cause(cause)
}

/// 503, for there is not even a place to wait for a place.
pub fn crowded() -> Failure {
    busy("too many requests wait for a script")
}

/// What to answer when a path beneath a CGI directory cannot be opened.
pub fn refusal(path: &[u8], refused: Refused) -> Failure {
    let cause = refused.cause();
    match refused {
        Refused::Denied => not_executable(path, cause),
        Refused::NotRegular => not_plain(path, cause),
        Refused::Failed(_) => Failure::new(Status::INTERNAL_SERVER_ERROR).cause(cause),
        _ if refused.is_busy() => busy(cause),
        _ => missing(path, cause),
    }
}

/// 404 in Python's words.
pub fn missing(path: &[u8], cause: impl Into<Cow<'static, str>>) -> Failure {
    Failure::new(Status::NOT_FOUND)
        .message(format!("No such CGI script ({})", quoted(path)))
        .cause(cause)
}

/// 403 in Python's words.
pub fn not_executable(path: &[u8], cause: impl Into<Cow<'static, str>>) -> Failure {
    Failure::new(Status::FORBIDDEN)
        .message(format!("CGI script is not executable ({})", quoted(path)))
        .cause(cause)
}

/// 403 in Python's words.
pub fn not_plain(path: &[u8], cause: impl Into<Cow<'static, str>>) -> Failure {
    Failure::new(Status::FORBIDDEN)
        .message(format!("CGI script is not a plain file ({})", quoted(path)))
        .cause(cause)
}

/// The response to a failure.
pub fn response(failure: Failure) -> Response {
    let status = failure.status;
    let response = Response::error(failure);
    match status {
        // Of the failures here, this alone passes by itself.
        Status::SERVICE_UNAVAILABLE => response.header("Retry-After", RETRY_AFTER),
        // The rest of the body is not worth waiting for.
        Status::PAYLOAD_TOO_LARGE | Status::INSUFFICIENT_STORAGE => response.close(),
        _ => response,
    }
}

/// Why a script that was there a moment ago cannot be started.
pub fn not_started(name: &str, error: &io::Error) -> Failure {
    let cause = match Errno::from_io_error(error) {
        Some(Errno::NOENT) => format!("{name}: interpreter not found"),
        _ => format!("{name}: {error}"),
    };
    let status = match Errno::from_io_error(error) {
        Some(Errno::ACCESS | Errno::PERM) => return not_executable(name.as_bytes(), cause),
        Some(Errno::AGAIN | Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::TXTBSY) => {
            Status::SERVICE_UNAVAILABLE
        }
        _ => Status::INTERNAL_SERVER_ERROR,
    };
    Failure::new(status).cause(cause)
}

/// Why a chunked body could not be kept.
pub fn not_spooled(name: &str, fault: SpoolFault) -> Failure {
    let error = match fault {
        SpoolFault::TooLarge => {
            let cause = format!("{name}: chunked body is longer than --max-body");
            return Failure::new(Status::PAYLOAD_TOO_LARGE).cause(cause);
        }
        SpoolFault::Space(whose) => {
            let cause = match whose {
                NoSpace::ForAll => "chunked bodies are longer together than --spool-max",
                NoSpace::ForPeer => "those of one peer are longer than --spool-max-per-peer",
            };
            let cause = format!("{name}: {cause}");
            return Failure::new(Status::INSUFFICIENT_STORAGE).cause(cause);
        }
        SpoolFault::Io(error) => error,
    };
    let status = match Errno::from_io_error(&error) {
        Some(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => Status::INSUFFICIENT_STORAGE,
        _ => Status::INTERNAL_SERVER_ERROR,
    };
    Failure::new(status).cause(format!("{name}: temporary file: {error}"))
}

/// How a script ended, for the log; `None` for a good end. Python's words.
pub fn ending(status: ExitStatus) -> Option<String> {
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("exit code {code}")),
        (None, Some(signal)) => Some(format!("killed by signal {signal}")),
        (None, None) => Some("ended".to_owned()),
    }
}
