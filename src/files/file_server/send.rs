//! Files as responses: conditions, then ranges, then the fields (RFC 9110 sections 13 and 14).

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use super::answers::fail;
use super::ready::{Content, Ready};
use super::{FileServer, OpenFile};
use crate::handler::{Body, Failure, Request, Response};
use crate::http::lines::FieldLines;
use crate::http::method::Method;
use crate::http::range::{self, Asked, Multipart};
use crate::http::status::Status;
use crate::http::validators::{Validators, Verdict, evaluate, http_date, if_range_holds};

impl FileServer {
    /// Answers with a file: all of it or the ranges asked for, or 304, 412 or 416.
    pub fn send(&self, req: &Request<'_>, file: OpenFile) -> Response {
        let validators = self.validators(&file, req.received());
        self.respond(req, &Ready::new(file, validators))
    }

    /// Describes a file once for many answers.
    pub(super) fn make_ready(&self, file: OpenFile, now: SystemTime) -> Ready {
        let validators = self.validators(&file, now);
        let mut ready = Ready::new(file, validators);
        let lines = [self.whole(&ready), self.not_modified(&ready)];
        let [whole, not_modified] =
            lines.map(|mut response| FieldLines::of(&response.take_all_fields()));
        ready.lines = whole.zip(not_modified).map(<[FieldLines; 2]>::from);
        ready
    }

    fn validators(&self, file: &OpenFile, now: SystemTime) -> Validators {
        let is_watched = || self.watched.is_steady(file.number(), now);
        Validators::of_file(&file.facts(), self.etags, now, is_watched)
    }

    /// Answers with what was described.
    pub(super) fn respond(&self, req: &Request<'_>, file: &Ready) -> Response {
        match evaluate(req.headers(), true, &file.validators) {
            Verdict::Proceed => {}
            Verdict::NotModified => return self.not_modified(file),
            Verdict::PreconditionFailed => {
                let failure = Failure::new(Status::PRECONDITION_FAILED);
                return fail(failure.cause("the file is another"));
            }
        }
        match asked(req, &file.validators, file.len) {
            Asked::Whole => self.whole(file),
            Asked::Unsatisfiable => {
                let failure = Failure::new(Status::RANGE_NOT_SATISFIABLE);
                let response = fail(failure.cause("range past the end"));
                response.header("Content-Range", range::content_range_unsatisfied(file.len))
            }
            Asked::Ranges(set) => match set.as_slice() {
                [range] => {
                    let mut response = self.whole(file);
                    response.set_status(Status::PARTIAL_CONTENT);
                    let field = range::content_range(range, file.len);
                    response.add_header("Content-Range", field);
                    response.body(file.body(range.start..range.end))
                }
                _ => self.parts(file, set, req.received()),
            },
        }
    }

    /// 200, with all of it.
    fn whole(&self, file: &Ready) -> Response {
        let body = match file.len {
            0 => Body::Empty,
            len => file.body(0..len),
        };
        match &file.lines {
            Some([lines, _]) => Response::with_lines(Status::OK, lines.clone()).body(body),
            None => self.dressed(
                about(Status::OK, file.content_type.clone(), file),
                file,
                body,
            ),
        }
    }

    fn not_modified(&self, file: &Ready) -> Response {
        if let Some([_, lines]) = &file.lines {
            return Response::with_lines(Status::NOT_MODIFIED, lines.clone());
        }
        let mut response = Response::new(Status::NOT_MODIFIED);
        add_validators(&mut response, &file.validators);
        self.headers.apply(&mut response);
        response
    }
}

impl FileServer {
    /// Several ranges, each with a head of its own.
    fn parts(&self, file: &Ready, set: range::RangeSet, now: SystemTime) -> Response {
        let Content::File(shared) = &file.content else {
            // Whoever asks for several ranges is answered from an open file.
            return self.whole(file);
        };
        let seed = nanos(now) ^ nanos(file.validators.last_modified.unwrap_or(now));
        let parts = Multipart::new(set, &file.content_type, file.len, seed);
        let parts = Box::new(parts);
        let response = about(Status::PARTIAL_CONTENT, parts.content_type(), file);
        let shared = shared.clone();
        self.dressed(
            response,
            file,
            Body::Parts {
                file: shared,
                parts,
            },
        )
    }

    /// The response with its body, its encoding and the fields that the user wants on every file.
    fn dressed(&self, response: Response, file: &Ready, body: Body) -> Response {
        let mut response = response.body(body);
        if let Some(encoding) = &file.content_encoding {
            response.add_header("Content-Encoding", encoding.clone());
        }
        self.headers.apply(&mut response);
        response
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
fn about(status: Status, content_type: impl Into<Cow<'static, str>>, file: &Ready) -> Response {
    let mut response = Response::new(status);
    response.add_header("Content-type", content_type);
    add_validators(&mut response, &file.validators);
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
