//! What a handler gives: a response, and failures with their pages.

mod page;
#[cfg(feature = "blocking")]
mod parcel;
mod switch;
mod vary;

use std::borrow::Cow;
use std::ops::{Deref, Range};
use std::sync::Arc;

use super::body::Body;
use super::failure::Failure;
use super::stream::BodySource;
use crate::http::fields::{adds_up, is_single};
use crate::http::grammar::same_word;
use crate::http::lines::FieldLines;
use crate::http::range::ContentRange;
use crate::http::response::Field;
use crate::http::status::Status;

#[cfg(feature = "blocking")]
pub use parcel::Parcel;
pub use switch::Switch;

/// What a text is, unless a field says otherwise.
pub(crate) const TEXT_TYPE: &str = "text/plain; charset=utf-8";

const CONTENT_RANGE: &str = "Content-Range";

/// What a page says of its own bytes.
const OF_CONTENT: [&str; 3] = ["Content-Type", "Content-Encoding", "Content-Language"];

/// One response: a status, header fields and a body.
///
/// Framing (`Content-Length`, `Transfer-Encoding`, `Connection`, `Keep-Alive`), `Date` and `Server`
/// are written by the server; a field of these names given here is left out, `Server` and `Date`
/// excepted, which replace the server's. A `Transfer-Encoding`, or a `Content-Length` that is not
/// the body's, leaves a `bug:` line in the log.
pub struct Response {
    pub(crate) status: Status,
    pub(crate) reason: Option<Cow<'static, str>>,
    /// Fields that are ready to be sent, before the others.
    pub(crate) lines: Option<FieldLines>,
    /// The field that tells which range of a file it is.
    pub(crate) part: Option<ContentRange>,
    pub(crate) headers: Vec<Field>,
    pub(crate) body: Body,
    pub(crate) role: Role,
    pub(crate) close: bool,
    /// The body is text whose type was not named.
    pub(crate) is_text: bool,
    /// The body is all of a file.
    pub(crate) is_whole_file: bool,
    /// It took more work than its body tells.
    pub(crate) is_costly: bool,
}

/// Fields that are the last word on their names, whatever every answer is to have: shared by all
/// answers with one file. It is a thin pointer, because a response is moved often.
pub(crate) type Fixed = Arc<Vec<Field>>;

/// What a response is for.
pub(crate) enum Role {
    /// To be sent as it is, some of its fields perhaps as the last word.
    Answer(Option<Fixed>),
    /// To be sent as the page of what went wrong.
    Error(Blame),
    /// To have this target answered instead; boxed, because a response is moved often.
    #[allow(clippy::box_collection)]
    Reroute(Box<String>),
    /// Its body is the whole message.
    Raw,
    /// To switch the connection to another protocol; boxed for the same reason.
    Switch(Box<Switch>),
}

impl Default for Role {
    fn default() -> Role {
        Role::Answer(None)
    }
}

/// What went wrong: as it often does, or as it did once.
pub(crate) enum Blame {
    Known(&'static Failure),
    Own(Box<Failure>),
    /// With its page, in place of the handler's.
    Paged(Box<(Failure, Response)>),
}

impl Blame {
    fn into_failure(self) -> Failure {
        match self {
            Blame::Known(failure) => failure.clone(),
            Blame::Own(failure) => *failure,
            Blame::Paged(paged) => paged.0,
        }
    }
}

impl Deref for Blame {
    type Target = Failure;

    fn deref(&self) -> &Failure {
        match self {
            Blame::Known(failure) => failure,
            Blame::Own(failure) => failure,
            Blame::Paged(paged) => &paged.0,
        }
    }
}

impl Response {
    /// A response with this status, no fields and an empty body.
    pub fn new(status: Status) -> Response {
        Response {
            status,
            reason: None,
            lines: None,
            part: None,
            headers: Vec::new(),
            body: Body::Empty,
            role: Role::default(),
            close: false,
            is_text: false,
            is_whole_file: false,
            is_costly: false,
        }
    }

    /// An error (Python's `send_error`): [`Handler::error_page`](crate::Handler::error_page) makes
    /// its page, and the log gets two lines.
    pub fn error(failure: Failure) -> Response {
        let allow = failure.allow.clone();
        let response = Response::blaming(Blame::Own(Box::new(failure)));
        match allow.is_empty() {
            true => response,
            false => response.header("Allow", allow),
        }
    }

    /// The same without asking for memory.
    pub(crate) fn known_error(failure: &'static Failure) -> Response {
        Response::blaming(Blame::Known(failure))
    }

    fn blaming(blame: Blame) -> Response {
        let mut response = Response::new(blame.status);
        response.reason = Some(match &blame {
            Blame::Known(failure) => Cow::Borrowed(&failure.message),
            other => other.message.clone(),
        });
        response.role = Role::Error(blame);
        response
    }

    /// Gives an error its page. Of that counts the content, and what it says of it.
    pub(crate) fn with_page(mut self, page: Response) -> Response {
        self.role = match std::mem::take(&mut self.role) {
            Role::Error(blame) => {
                let paged = (blame.into_failure(), page);
                Role::Error(Blame::Paged(Box::new(paged)))
            }
            role => role,
        };
        self
    }

    /// Asks the server to answer this target instead, as a GET, or HEAD, without a body (RFC 3875
    /// section 6.2.2, local redirect). At most [`REROUTES_MAX`](crate::http::limits::REROUTES_MAX)
    /// times for one request; past that the answer is 500.
    pub fn reroute(target: impl Into<String>) -> Response {
        let mut response = Response::new(Status::OK);
        response.role = Role::Reroute(Box::new(target.into()));
        response
    }

    /// Adds a header field. A field that a response can have only once (`Content-Type`, `Location`,
    /// `X-Frame-Options`) replaces an earlier one; lists and `Set-Cookie` are added.
    ///
    /// A name that is no token, or a value with a control character, is left out when the head is
    /// written, with a `bug:` line in the log, so that nothing can split a response.
    pub fn header(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Response {
        self.add_header(name, value);
        self
    }

    /// Adds a header field as [`header`](Self::header) does, to a response that stays where it is:
    /// a chain of calls moves it each time.
    pub fn add_header(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) {
        self.push((name.into(), bytes_of(value.into())));
    }

    /// A response with these fields, some of which are the last word.
    pub(crate) fn with_lines(
        status: Status,
        lines: &FieldLines,
        fixed: Option<&Fixed>,
        body: Body,
    ) -> Response {
        Response {
            lines: Some(lines.clone()),
            role: Role::Answer(fixed.cloned()),
            body,
            ..Response::new(status)
        }
    }

    /// Puts in fields that are the last word on their names, unless those add up.
    pub(crate) fn fix(&mut self, fields: &Fixed) {
        for (name, value) in fields.iter() {
            if !adds_up(name) {
                self.remove_header(name);
            }
            self.push((name.clone(), value.clone()));
        }
        self.role = Role::Answer(Some(fields.clone()));
    }

    /// Whether the last word on a field is spoken.
    pub(crate) fn is_fixed(&self, name: &str) -> bool {
        let Role::Answer(Some(fixed)) = &self.role else {
            return false;
        };
        let mut names = fixed.iter().map(|(name, _)| name);
        names.any(|other| same_word(&**other, name)) && !adds_up(name)
    }

    /// Takes all its fields out, one by one.
    pub(crate) fn take_all_fields(&mut self) -> Vec<Field> {
        self.part_lines();
        std::mem::take(&mut self.headers)
    }

    /// Takes the lines apart, to change one of them.
    fn part_lines(&mut self) {
        if let Some(lines) = self.lines.take() {
            let others = std::mem::replace(&mut self.headers, lines.to_fields());
            self.headers.extend(others);
        }
        let part = self.part.take();
        let field = |part: ContentRange| (CONTENT_RANGE.into(), part.as_bytes().to_vec().into());
        self.headers.extend(part.map(field));
    }

    fn part_lines_with(&mut self, name: &str) {
        let is_part = self.part.is_some() && same_word(name, CONTENT_RANGE);
        if is_part || self.lines.as_ref().is_some_and(|lines| lines.has(name)) {
            self.part_lines();
        }
    }

    /// Makes it a 206 with this range of a file of so many bytes.
    pub(crate) fn set_part(&mut self, range: &Range<u64>, len: u64) {
        debug_assert!(self.header_value(CONTENT_RANGE).is_none());
        self.status = Status::PARTIAL_CONTENT;
        self.is_whole_file = *range == (0..len);
        self.part = Some(ContentRange::new(range, len));
    }

    fn push(&mut self, field: Field) {
        if is_single(&field.0) {
            self.part_lines_with(&field.0);
        }
        let mut others = self.headers.iter_mut();
        match others.find(|other| same_word(&*other.0, &*field.0)) {
            Some(other) if is_single(&field.0) => *other = field,
            _ => self.headers.push(field),
        }
    }

    /// Takes over the fields of the response that named this page's error. The page's fields about
    /// its own content stay, and a field that both have is there once.
    pub(crate) fn take_fields(&mut self, given: Vec<Field>) {
        if given.is_empty() {
            return;
        }
        self.part_lines();
        for field in given {
            let is_same = |name: &&str| same_word(name, &*field.0);
            let mut own = self.headers.iter().filter(|(name, _)| is_same(&&**name));
            let stands = match OF_CONTENT.iter().any(is_same) {
                true => own.next().is_some(),
                false => own.any(|(_, value)| *value == field.1),
            };
            if !stands {
                self.push(field);
            }
        }
    }

    /// Adds a header field whose value is any bytes.
    pub fn header_bytes(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, [u8]>>,
    ) -> Response {
        self.push((name.into(), value.into()));
        self
    }

    /// The header fields, in order, without those that the server writes.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let lines = self.lines.iter().flat_map(FieldLines::iter);
        let part = self
            .part
            .iter()
            .map(|part| (CONTENT_RANGE, part.as_bytes()));
        let others = self.headers.iter();
        let others = others.map(|(name, value)| (&**name, &**value));
        lines.chain(others).chain(part)
    }

    /// The value of the first field with this name, in any case of letters.
    pub fn header_value(&self, name: &str) -> Option<&[u8]> {
        let mut headers = self.headers();
        headers.find_map(|(other, value)| same_word(other, name).then_some(value))
    }

    /// The value of Content-Type as it will be sent, that of a [text](Self::text) included.
    pub fn content_type(&self) -> Option<&[u8]> {
        let of_text = self.is_text.then_some(TEXT_TYPE.as_bytes());
        self.header_value("Content-Type").or(of_text)
    }

    /// Leaves out all fields with this name, in any case of letters.
    pub fn without_header(mut self, name: &str) -> Response {
        self.remove_header(name);
        self
    }

    /// Leaves out all fields with this name, in any case of letters, in place.
    pub fn remove_header(&mut self, name: &str) {
        self.part_lines_with(name);
        self.headers.retain(|(other, _)| !same_word(&**other, name));
    }

    /// Puts this field in the place of all with its name.
    pub fn replace_header(
        self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Response {
        let name = name.into();
        self.without_header(&name).header(name, value)
    }

    /// Sets the reason phrase in place of the status's own.
    pub fn reason(mut self, reason: impl Into<Cow<'static, str>>) -> Response {
        self.reason = Some(reason.into());
        self
    }

    /// Sends these bytes as the body.
    pub fn bytes(mut self, body: impl Into<Cow<'static, [u8]>>) -> Response {
        self.body = Body::Bytes(body.into());
        self
    }

    /// Sends this text as the body, as `text/plain; charset=utf-8` unless a field says otherwise,
    /// whether it is added before or after.
    ///
    /// ```
    /// # use sprat::{Response, Status};
    /// Response::new(Status::OK).text("hello\n");
    /// Response::new(Status::OK).text("[1, 2]").header("Content-Type", "application/json");
    /// ```
    pub fn text(mut self, text: impl Into<Cow<'static, str>>) -> Response {
        self.is_text = true;
        self.bytes(bytes_of(text.into()))
    }

    /// Pulls the body from this source while the peer reads.
    pub fn source(mut self, source: impl BodySource + 'static) -> Response {
        self.body = Body::Source(Box::new(source));
        self
    }

    /// Sends this body.
    pub fn with_body(mut self, body: Body) -> Response {
        self.body = body;
        self
    }

    /// Where the body comes from. That of an [error](Self::error) is empty until its page is made.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Changes the body in place. Fields that tell of it, such as its type, stay.
    pub fn set_body(&mut self, body: Body) {
        self.body = body;
    }

    /// Takes the body out, and leaves an empty one: for one that is made of it.
    pub fn take_body(&mut self) -> Body {
        std::mem::replace(&mut self.body, Body::Empty)
    }

    /// Changes the status in place; not that of an [error](Self::error), which is its failure's.
    pub fn set_status(&mut self, status: Status) {
        if !self.is_error_page() {
            self.status = status;
        }
    }

    /// Closes the connection after this response (Python's `close_connection`).
    pub fn close(mut self) -> Response {
        self.close = true;
        self
    }

    /// The status.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The reason phrase: the one that was set, or the status's own.
    pub fn reason_phrase(&self) -> &str {
        let own = || self.status.reason();
        self.reason.as_deref().unwrap_or_else(own)
    }

    /// Whether this was made by [`Response::error`].
    pub fn is_error_page(&self) -> bool {
        self.failure().is_some()
    }

    /// What went wrong, if this was made by [`Response::error`]: for a page that depends on the
    /// request, which [`Handler::error_page`](crate::Handler::error_page) does not see.
    ///
    /// ```
    /// # use sprat::{Cx, FileServer, Handler, Reply, Request, Response};
    /// fn serve(req: &Request<'_>, cx: &mut Cx<'_>, files: &mut FileServer) -> Reply {
    ///     let is_plain = req.headers().has_token("Accept", "text/plain");
    ///     files.handle(req, cx).map(move |response| match response.failure() {
    ///         Some(failure) if is_plain => {
    ///             Response::new(failure.status).text(failure.message.clone())
    ///         }
    ///         _ => response,
    ///     })
    /// }
    /// ```
    pub fn failure(&self) -> Option<&Failure> {
        match &self.role {
            Role::Error(blame) => Some(blame),
            _ => None,
        }
    }
}

fn bytes_of(text: Cow<'static, str>) -> Cow<'static, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

impl From<Failure> for Response {
    fn from(failure: Failure) -> Response {
        Response::error(failure)
    }
}
