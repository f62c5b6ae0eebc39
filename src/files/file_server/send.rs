//! Files as responses: what is to be said of one, for `Representation::respond` to answer with.

use std::time::SystemTime;

use super::{FileServer, OpenFile};
use crate::files::representation::Representation;
use crate::handler::{Failure, Request, Response, SharedFile};
use crate::http::etag::Etags;
use crate::http::status::Status;
use crate::http::validators::Validators;

impl FileServer {
    /// Answers with a file: all of it or the ranges asked for, or 304, 412 or 416.
    pub fn send(&self, req: &Request<'_>, file: OpenFile) -> Response {
        let representation = self.describe(&file, req.received());
        self.respond_from(req, &representation, &file.file)
    }

    /// Describes a file once for many answers.
    pub(super) fn make_ready(&self, file: &OpenFile, now: SystemTime) -> Representation {
        let mut representation = self.describe(file, now);
        representation.write(&self.headers, Some(&file.file));
        representation
    }

    fn describe(&self, file: &OpenFile, now: SystemTime) -> Representation {
        let mut representation = file.described();
        representation.validators = self.validators(file, now);
        representation
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
        representation: &Representation,
        file: &SharedFile,
    ) -> Response {
        let answer = representation.respond(req, &self.headers, Some(file));
        // An open file has all that is asked for.
        answer.unwrap_or_else(|| Failure::new(Status::INTERNAL_SERVER_ERROR).into())
    }
}
