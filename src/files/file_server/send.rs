//! Files as responses: conditions, then ranges, then the fields (RFC 9110 sections 13 and 14).

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{FileServer, OpenFile, fail};
use crate::handler::{Body, Failure, Request, Response};
use crate::http::method::Method;
use crate::http::range::{self, Asked, Multipart};
use crate::http::status::Status;
use crate::http::validators::{Validators, Verdict, evaluate, http_date, if_range_holds};

impl FileServer {
    /// Answers with a file: all of it or the ranges asked for, or 304, 412 or 416.
    pub fn send(&self, req: &Request<'_>, file: OpenFile) -> Response {
        let (facts, now) = (file.facts(), req.received());
        let is_watched = || self.watched.is_steady(file.number(), now);
        let validators = Validators::of_file(&facts, self.etags, now, is_watched);
        let encoding = file.content_encoding.clone();
        let mut response = answer(req, file, &validators);
        if let (Some(encoding), 200 | 206) = (encoding, response.status().code()) {
            response.add_header("Content-Encoding", encoding);
        }
        self.with_headers(response)
    }
}

/// The answer, but for the fields that all have.
fn answer(req: &Request<'_>, file: OpenFile, validators: &Validators) -> Response {
    let now = req.received();
    match evaluate(req.headers(), true, validators) {
        Verdict::Proceed => {}
        Verdict::NotModified => {
            let mut response = Response::new(Status::NOT_MODIFIED);
            add_validators(&mut response, validators);
            return response;
        }
        Verdict::PreconditionFailed => {
            let failure = Failure::new(Status::PRECONDITION_FAILED);
            return fail(failure.cause("the file is another"));
        }
    }
    let OpenFile {
        file,
        len,
        content_type,
        ..
    } = file;
    match asked(req, validators, len) {
        Asked::Whole if len == 0 => about(Status::OK, content_type, validators).body(Body::Empty),
        Asked::Whole => {
            let range = 0..len;
            about(Status::OK, content_type, validators).body(Body::File { file, range })
        }
        Asked::Unsatisfiable => {
            let failure = Failure::new(Status::RANGE_NOT_SATISFIABLE);
            let response = fail(failure.cause("range past the end"));
            response.header("Content-Range", range::content_range_unsatisfied(len))
        }
        Asked::Ranges(set) => match set.as_slice() {
            [range] => {
                let range = range.clone();
                about(Status::PARTIAL_CONTENT, content_type, validators)
                    .header("Content-Range", range::content_range(&range, len))
                    .body(Body::File { file, range })
            }
            _ => {
                let seed = nanos(now) ^ nanos(validators.last_modified.unwrap_or(now));
                let parts = Multipart::new(set, &content_type, len, seed);
                let parts = Box::new(parts);
                let content_type = parts.content_type();
                about(Status::PARTIAL_CONTENT, content_type, validators)
                    .body(Body::Parts { file, parts })
            }
        },
    }
}

/// What the Range field asks for, if it counts: for GET only (RFC 9110 section 14.2), and not if
/// If-Range says that the peer has parts of another file.
fn asked(req: &Request<'_>, validators: &Validators, len: u64) -> Asked {
    let mut values = req.headers().get_all("Range");
    match (values.next(), values.next()) {
        (Some(value), None)
            if req.method() == Method::Get
                && if_range_holds(req.headers(), validators, req.received()) =>
        {
            range::parse(value, len)
        }
        _ => Asked::Whole,
    }
}

/// A response about a file, in the order of Python's fields, ours behind them.
fn about(
    status: Status,
    content_type: impl Into<Cow<'static, str>>,
    validators: &Validators,
) -> Response {
    let mut response = Response::new(status);
    response.add_header("Content-type", content_type);
    add_validators(&mut response, validators);
    response.add_header("Accept-Ranges", "bytes");
    response
}

fn add_validators(response: &mut Response, validators: &Validators) {
    if let Some(date) = validators.last_modified.and_then(http_date) {
        response.add_header("Last-Modified", date);
    }
    if let Some(etag) = &validators.etag {
        response.add_header("ETag", etag.to_field());
    }
}

/// Some digits of a time that a peer cannot foresee.
fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as u64
}
