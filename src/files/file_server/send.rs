//! Files as responses: conditions, then ranges, then the fields (RFC 9110 sections 13 and 14).

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use super::answers::fail;
use super::ready::Ready;
use super::{FileServer, OpenFile};
use crate::handler::{Body, Failure, Request, Response, SharedFile};
use crate::http::etag::Etags;
use crate::http::lines::FieldLines;
use crate::http::method::Method;
use crate::http::range::{self, Asked, Multipart};
use crate::http::status::Status;
use crate::http::validators::{Validators, Verdict, evaluate, http_date, if_range_holds};

impl FileServer {
    /// Answers with a file: all of it or the ranges asked for, or 304, 412 or 416.
    pub fn send(&self, req: &Request<'_>, file: OpenFile) -> Response {
        let validators = self.validators(&file, req.received());
        self.respond_from(req, &Ready::new(&file, validators), &file.file)
    }

    /// Describes a file once for many answers.
    pub(super) fn make_ready(&self, file: &OpenFile, now: SystemTime) -> Ready {
        let mut ready = Ready::new(file, self.validators(file, now));
        // What is in the file, and which range of it is sent, changes none of these.
        let body = ready.body(0..file.len, Some(&file.file));
        let whole = self.whole(&ready, body.unwrap_or(Body::Empty));
        let lines = [whole, self.not_modified(&ready)];
        let [whole, not_modified] =
            lines.map(|mut response| FieldLines::of(&response.take_all_fields()));
        ready.lines = whole.zip(not_modified).map(<[FieldLines; 2]>::from);
        ready
    }

    fn validators(&self, file: &OpenFile, now: SystemTime) -> Validators {
        let is_watched = || self.watched.is_steady(file.number(), now);
        let validators = match self.etags {
            Etags::Content => self.content_validators(file, now),
            made_of => Validators::of_file(&file.facts(), made_of, now, is_watched),
        };
        validators.in_form(file.form.is_markdown, file.form.coding)
    }

    /// Answers with an open file that was described.
    pub(super) fn respond_from(
        &self,
        req: &Request<'_>,
        ready: &Ready,
        file: &SharedFile,
    ) -> Response {
        let answer = self.respond(req, ready, Some(file));
        // An open file has all that is asked for.
        answer.unwrap_or_else(|| fail(Failure::new(Status::INTERNAL_SERVER_ERROR)))
    }

    /// Answers with what was described. `None` where bytes are asked for that are neither in memory
    /// nor in `file`.
    pub(super) fn respond(
        &self,
        req: &Request<'_>,
        ready: &Ready,
        file: Option<&SharedFile>,
    ) -> Option<Response> {
        match evaluate(req.headers(), true, &ready.validators) {
            Verdict::Proceed => {}
            Verdict::NotModified => return Some(self.not_modified(ready)),
            Verdict::PreconditionFailed => {
                let failure = Failure::new(Status::PRECONDITION_FAILED);
                return Some(ready.varied(fail(failure.cause("the file is another"))));
            }
        }
        let len = ready.len;
        match asked(req, ready) {
            Asked::Whole if len == 0 => Some(self.whole(ready, Body::Empty)),
            Asked::Whole if req.method() == Method::Head => {
                let (bytes, range) = (None, 0..len);
                Some(self.whole(ready, Body::Held { bytes, range }))
            }
            Asked::Whole => Some(self.whole(ready, ready.body(0..len, file)?)),
            Asked::Unsatisfiable => {
                let failure = Failure::new(Status::RANGE_NOT_SATISFIABLE);
                let response = fail(failure.cause("range past the end"));
                let field = range::content_range_unsatisfied(len);
                Some(ready.varied(response.header("Content-Range", field)))
            }
            Asked::Ranges(set) => match set.as_slice() {
                [range] => {
                    let mut response = self.whole(ready, ready.body(range.clone(), file)?);
                    response.set_part(range, len);
                    Some(response)
                }
                _ => Some(self.parts(ready, set, file?, req.received())),
            },
        }
    }

    /// 200, with all of it.
    fn whole(&self, ready: &Ready, body: Body) -> Response {
        let mut response = match &ready.lines {
            Some([lines, _]) => Response::with_lines(Status::OK, lines, ready.fixed.as_ref(), body),
            None => {
                let response = about(Status::OK, ready.content_type.clone(), ready);
                self.dressed(response, ready, body)
            }
        };
        response.is_whole_file = true;
        response
    }

    fn not_modified(&self, ready: &Ready) -> Response {
        if let Some([_, lines]) = &ready.lines {
            let fixed = ready.fixed.as_ref();
            return Response::with_lines(Status::NOT_MODIFIED, lines, fixed, Body::Empty);
        }
        let mut response = Response::new(Status::NOT_MODIFIED);
        add_validators(&mut response, &ready.validators);
        self.with_own_fields(ready.varied(response), ready)
    }

    /// Several ranges, each with a head of its own.
    fn parts(
        &self,
        ready: &Ready,
        set: range::RangeSet,
        file: &SharedFile,
        now: SystemTime,
    ) -> Response {
        let seed = nanos(now) ^ nanos(ready.validators.last_modified.unwrap_or(now));
        let parts = Multipart::new(set, &ready.content_type, ready.len, seed);
        let parts = Box::new(parts);
        let response = about(Status::PARTIAL_CONTENT, parts.content_type(), ready);
        let file = file.clone();
        self.dressed(response, ready, Body::Parts { file, parts })
    }

    /// The response with its body, its encoding and the fields that the user wants.
    fn dressed(&self, response: Response, file: &Ready, body: Body) -> Response {
        let mut response = response.with_body(body);
        if let Some(encoding) = &file.content_encoding {
            response.add_header("Content-Encoding", encoding.clone());
        }
        self.with_own_fields(file.varied(response), file)
    }

    /// The response with the fields that the user wants on every file, and on this one.
    fn with_own_fields(&self, mut response: Response, file: &Ready) -> Response {
        self.headers.apply(&mut response);
        if let Some(fixed) = &file.fixed {
            response.fix(fixed);
        }
        response
    }
}

/// What the Range field asks for, if it counts: for GET only (RFC 9110 section 14.2), and not if
/// If-Range says that the peer has parts of another file.
fn asked(req: &Request<'_>, ready: &Ready) -> Asked {
    let mut values = req.headers().get_all("Range");
    let (Some(value), None) = (values.next(), values.next()) else {
        return Asked::Whole;
    };
    let mut validators = ready.validators.clone();
    if ready.form.is_one_of_several {
        // The forms of a file may have one date, and parts of two of them are no file.
        validators.last_modified = None;
    }
    if req.method() != Method::Get || !if_range_holds(req.headers(), &validators, req.received()) {
        return Asked::Whole;
    }
    match range::parse(value, ready.len) {
        // What is around the parts is not encoded, and a peer that decodes the body decodes all.
        Asked::Ranges(set) if set.as_slice().len() > 1 && ready.content_encoding.is_some() => {
            Asked::Whole
        }
        asked => asked,
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
