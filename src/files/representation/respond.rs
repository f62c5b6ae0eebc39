//! The answer about a representation: conditions, then ranges, then the fields (RFC 9110 sections
//! 13 and 14). Files and assets are answered here, and nowhere else.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Representation;
use crate::handler::{Body, CommonHeaders, Failure, Ranged, Request, Response, SharedFile};
use crate::http::lines::FieldLines;
use crate::http::method::Method;
use crate::http::range::{self, Asked, Multipart};
use crate::http::status::Status;
use crate::http::validators::{Validators, Verdict, evaluate, http_date, if_range_holds};

impl Representation {
    /// Writes its fields once for many answers; `common` are those of all answers.
    pub fn write(&mut self, common: &CommonHeaders, file: Option<&SharedFile>) {
        self.lines = None;
        // What is in the file, and which range of it is sent, changes none of these.
        let body = self.body(0..self.len, file).unwrap_or(Body::Empty);
        let lines = [self.whole(common, body), self.not_modified(common)];
        let [whole, not_modified] =
            lines.map(|mut response| FieldLines::of(&response.take_all_fields()));
        self.lines = whole.zip(not_modified).map(<[FieldLines; 2]>::from);
    }

    /// Answers with all of it or the ranges asked for, or 304, 412 or 416. `None` where bytes are
    /// asked for that are neither in memory nor in `file`.
    pub fn respond(
        &self,
        req: &Request<'_>,
        common: &CommonHeaders,
        file: Option<&SharedFile>,
    ) -> Option<Response> {
        match evaluate(req.headers(), true, &self.validators) {
            Verdict::Proceed => {}
            Verdict::NotModified => return Some(self.not_modified(common)),
            Verdict::PreconditionFailed => {
                let failure = Failure::new(Status::PRECONDITION_FAILED);
                let response = Response::error(failure.cause("the file is another"));
                return Some(self.varied(response));
            }
        }
        let len = self.len;
        match self.asked(req) {
            Asked::Whole if len == 0 => Some(self.whole(common, Body::Empty)),
            Asked::Whole if req.method() == Method::Head => {
                let (bytes, range) = (None, 0..len);
                Some(self.whole(common, Body::Held { bytes, range }))
            }
            Asked::Whole => Some(self.whole(common, self.body(0..len, file)?)),
            Asked::Unsatisfiable => {
                let failure = Failure::new(Status::RANGE_NOT_SATISFIABLE);
                let response = Response::error(failure.cause("range past the end"));
                let field = range::content_range_unsatisfied(len);
                Some(self.varied(response.header("Content-Range", field)))
            }
            Asked::Ranges(set) => match set.as_slice() {
                [range] => {
                    let mut response = self.whole(common, self.body(range.clone(), file)?);
                    response.set_part(range, len);
                    Some(response)
                }
                _ => Some(self.parts(common, set, self.content(file)?, req.received())),
            },
        }
    }

    /// All of it as the page of an error. Neither conditions nor ranges count for that (RFC 9110
    /// sections 13.2.1 and 14.2), nor has it validators.
    pub fn page(&self, status: Status, file: Option<&SharedFile>) -> Response {
        let mut page = Response::new(status).header("Content-type", self.content_type.clone());
        if let Some(encoding) = &self.content_encoding {
            page.add_header("Content-Encoding", encoding.clone());
        }
        if let Some(fields) = &self.fixed {
            page.fix(fields);
        }
        match self.len {
            0 => page,
            len => page.with_body(self.body(0..len, file).unwrap_or(Body::Empty)),
        }
    }

    /// What the Range field asks for, if it counts: for GET only (RFC 9110 section 14.2), and not
    /// if If-Range says that the peer has parts of another file.
    fn asked(&self, req: &Request<'_>) -> Asked {
        let mut values = req.headers().get_all("Range");
        let (Some(value), None) = (values.next(), values.next()) else {
            return Asked::Whole;
        };
        let mut validators = self.validators.clone();
        if self.form.is_one_of_several {
            // The forms of a file may have one date, and parts of two of them are no file.
            validators.last_modified = None;
        }
        let holds = || if_range_holds(req.headers(), &validators, req.received());
        if req.method() != Method::Get || !holds() {
            return Asked::Whole;
        }
        match range::parse(value, self.len) {
            // What is around the parts is not encoded, and a peer that decodes the body decodes
            // all.
            Asked::Ranges(set) if set.as_slice().len() > 1 && self.content_encoding.is_some() => {
                Asked::Whole
            }
            asked => asked,
        }
    }

    /// 200, with all of it.
    fn whole(&self, common: &CommonHeaders, body: Body) -> Response {
        let mut response = match &self.lines {
            Some([lines, _]) => Response::with_lines(Status::OK, lines, self.fixed.as_ref(), body),
            None => {
                let response = self.about(Status::OK, self.content_type.clone());
                self.dressed(common, response, body)
            }
        };
        response.is_whole_file = true;
        response
    }

    fn not_modified(&self, common: &CommonHeaders) -> Response {
        if let Some([_, lines]) = &self.lines {
            let fixed = self.fixed.as_ref();
            return Response::with_lines(Status::NOT_MODIFIED, lines, fixed, Body::Empty);
        }
        let mut response = Response::new(Status::NOT_MODIFIED);
        add_validators(&mut response, &self.validators);
        self.with_own_fields(common, self.varied(response))
    }

    /// Several ranges, each with a head of its own.
    fn parts(
        &self,
        common: &CommonHeaders,
        set: range::RangeSet,
        of: Ranged,
        now: SystemTime,
    ) -> Response {
        let seed = nanos(now) ^ nanos(self.validators.last_modified.unwrap_or(now));
        let parts = Multipart::new(set, &self.content_type, self.len, seed);
        let parts = Box::new(parts);
        let response = self.about(Status::PARTIAL_CONTENT, parts.content_type());
        self.dressed(common, response, Body::Parts { of, parts })
    }

    /// The response with its body, its encoding and the fields that the user wants.
    fn dressed(&self, common: &CommonHeaders, response: Response, body: Body) -> Response {
        let mut response = response.with_body(body);
        if let Some(encoding) = &self.content_encoding {
            response.add_header("Content-Encoding", encoding.clone());
        }
        self.with_own_fields(common, self.varied(response))
    }

    /// The response with the fields that the user wants on every file, and on this one.
    fn with_own_fields(&self, common: &CommonHeaders, mut response: Response) -> Response {
        common.apply(&mut response);
        if let Some(fixed) = &self.fixed {
            response.fix(fixed);
        }
        response
    }

    /// An answer about it that says what else the peer could have asked for.
    fn varied(&self, mut response: Response) -> Response {
        if let Some(fields) = self.form.vary {
            response.add_header("Vary", fields);
        }
        response
    }

    /// A response about it, in the order of Python's fields, ours behind them.
    fn about(&self, status: Status, content_type: impl Into<Cow<'static, str>>) -> Response {
        let mut response = Response::new(status);
        response.add_header("Content-type", content_type);
        add_validators(&mut response, &self.validators);
        response.add_header("Accept-Ranges", "bytes");
        response
    }
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
