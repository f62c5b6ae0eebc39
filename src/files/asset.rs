//! Bytes in memory that are answered as a file is (RFC 9110 sections 8.8, 12.5.3, 13 and 14).

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use super::answers::{in_codings_alone, not_acceptable};
use super::contents::hash_of;
use super::mime::MimeMap;
use super::representation::Representation;
use super::verdicts::is_utf8;
use crate::handler::{CommonHeaders, Failure, Fixed, Request, Response, SharedBytes};
use crate::http::coding::{CODINGS, Chosen, Coding, Forms, Ranks};
use crate::http::etag::EntityTag;
use crate::http::status::Status;

/// Bytes in memory that are answered as a file is: with a strong tag of their content, with
/// conditions and ranges, and, if they lie ready in codings, in the one that suits the peer.
///
/// They are hashed when this is made (BLAKE2b, a millisecond or two for each MB), and neither
/// hashed nor copied for an answer. The tag is that of a file with the same content under
/// [`Etags::Content`](crate::Etags::Content).
///
/// ```
/// use sprat::testing::Site;
/// use sprat::{Asset, Method, Reply};
///
/// let licence = Asset::named("LICENSE-MIT", include_bytes!("../../LICENSE-MIT"));
/// let mut site = Site::new(sprat::handler(move |req, _| {
///     Reply::when(req, &[Method::Get], |_| licence.send(req))
/// }));
/// let part = site.ask("GET / HTTP/1.1\r\nHost: h\r\nRange: bytes=0-2\r\n\r\n");
/// assert_eq!((part.status, part.text()), (206, "MIT".into()));
/// let tag = part.header("ETag").unwrap();
/// let known = format!("GET / HTTP/1.1\r\nHost: h\r\nIf-None-Match: {tag}\r\n\r\n");
/// assert_eq!(site.ask(known).status, 304);
/// ```
#[derive(Clone, Debug)]
pub struct Asset {
    /// `None` only in a table, of what is there in codings alone.
    plain: Option<Representation>,
    coded: [Option<Box<Representation>>; CODINGS],
    /// Fields that all answers have, in a table with such.
    common: Arc<CommonHeaders>,
}

impl Asset {
    /// Bytes with this value of Content-Type.
    pub fn new(bytes: impl Into<SharedBytes>, content_type: impl Into<Cow<'static, str>>) -> Asset {
        Asset::of(describe(bytes.into(), content_type.into(), None))
    }

    /// Bytes with the type that a file of this name has ([`MimeMap::guess`]); text that is not in
    /// UTF-8, as far as its first 4 KiB tell, is said to be in no charset.
    pub fn named(name: &str, bytes: impl Into<SharedBytes>) -> Asset {
        Asset::guessed(&MimeMap::default(), name, bytes.into())
    }

    pub(super) fn guessed(mime: &MimeMap, name: &str, bytes: SharedBytes) -> Asset {
        let name = name.as_bytes();
        let content_type = mime.guess_of(name, || is_utf8(&bytes)).into_owned();
        let mut plain = describe(bytes, content_type.into(), None);
        plain.content_encoding = mime.encoding(name).map(Cow::Borrowed);
        Asset::of(plain)
    }

    /// What is there in codings alone.
    pub(super) fn absent() -> Asset {
        Asset {
            plain: None,
            coded: Default::default(),
            common: Arc::default(),
        }
    }

    fn of(plain: Representation) -> Asset {
        Asset {
            plain: Some(plain),
            ..Asset::absent()
        }
    }

    /// Adds the same in a content coding, which is sent to those who accept it, as
    /// [`FileServerBuilder::precompressed`](crate::FileServerBuilder::precompressed) says: best by
    /// the peer's weights, of equals the shortest. All answers vary with `Accept-Encoding` then. No
    /// bytes, which are no coding of anything, are left out.
    ///
    /// ```
    /// use sprat::{Asset, Coding};
    ///
    /// let empty = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0";
    /// let page = Asset::named("page.html", "").encoded(Coding::Gzip, empty);
    /// ```
    #[must_use]
    pub fn encoded(mut self, coding: Coding, bytes: impl Into<SharedBytes>) -> Asset {
        let plain = self.plain.as_ref();
        let content_type = plain.map_or("".into(), |plain| plain.content_type.clone());
        let date = plain.and_then(|plain| plain.validators.last_modified);
        self.put(coding, bytes.into(), content_type, date);
        self
    }

    /// Puts in a form that is not there yet, or in the place of another.
    pub(super) fn put(
        &mut self,
        coding: Coding,
        bytes: SharedBytes,
        content_type: Cow<'static, str>,
        modified: Option<SystemTime>,
    ) {
        if bytes.is_empty() {
            return;
        }
        let mut form = describe(bytes, content_type, Some(coding));
        form.validators.last_modified = modified;
        self.coded[coding as usize] = Some(Box::new(form));
        for form in self.forms_mut() {
            form.form.is_one_of_several = true;
            form.form.vary = Some("Accept-Encoding");
        }
    }

    /// Sets when all of it was last modified; unless set, answers tell no date. One that is yet to
    /// come is not told before (RFC 9110 section 8.8.2.1).
    #[must_use]
    pub fn modified(mut self, time: SystemTime) -> Asset {
        for form in self.forms_mut() {
            form.validators.last_modified = Some(time);
        }
        self
    }

    /// Answers with all of it or the ranges asked for, or 304, 412 or 416, as
    /// [`FileServer::send`](crate::FileServer::send) does with a file; 406 to those who accept none
    /// of its codings. It takes any method but HEAD for GET: see
    /// [`Reply::when`](crate::Reply::when).
    pub fn send(&self, req: &Request<'_>) -> Response {
        let form = match self.choose(req) {
            Ok(form) => form,
            Err(failure) => return Response::from(failure).header("Vary", "Accept-Encoding"),
        };
        let is_ahead = |time| time > req.received();
        let answer = match form.validators.last_modified.is_some_and(is_ahead) {
            true => form.undated().respond(req, &self.common, None),
            false => form.respond(req, &self.common, None),
        };
        // All of it is in memory.
        answer.unwrap_or_else(|| Failure::new(Status::INTERNAL_SERVER_ERROR).into())
    }

    /// All of it as the answer of a status that is no success: neither conditions nor ranges count
    /// for that (RFC 9110 sections 13.2.1 and 14.2), nor codings, and it has no validators.
    ///
    /// ```
    /// use sprat::{Asset, Status, testing::Site};
    ///
    /// let page = Asset::named("missing.html", "<p>There is no such page");
    /// let mut site = Site::new(sprat::handler(move |_, _| page.page(Status::NOT_FOUND)));
    /// let answer = site.ask("GET /none HTTP/1.1\r\nHost: h\r\nRange: bytes=0-0\r\n\r\n");
    /// assert_eq!((answer.status, answer.header("ETag")), (404, None));
    /// assert_eq!(answer.text(), "<p>There is no such page");
    /// ```
    pub fn page(&self, status: Status) -> Response {
        let page = self.plain.as_ref().map(|plain| plain.page(status, None));
        page.unwrap_or_else(|| Response::new(status))
    }

    fn choose(&self, req: &Request<'_>) -> Result<&Representation, Failure> {
        let forms = Forms {
            identity: self.plain.as_ref().map(|form| form.len),
            coded: [0, 1, 2].map(|at| self.coded[at].as_ref().map(|form| form.len)),
        };
        if let (Some(plain), [None, None, None]) = (&self.plain, forms.coded) {
            return Ok(plain);
        }
        match forms.choose(Ranks::of(req.headers())) {
            Chosen::Identity => self.plain.as_ref(),
            Chosen::Coded(coding) => self.coded[coding as usize].as_deref(),
            Chosen::NotAcceptable => return Err(not_acceptable()),
            Chosen::Missing => None,
        }
        .ok_or_else(in_codings_alone)
    }

    /// Gives it the fields of its path, and writes all of them once.
    pub(super) fn write(&mut self, fixed: Option<&Fixed>, common: &Arc<CommonHeaders>) {
        for form in self.forms_mut() {
            form.fixed = fixed.cloned();
            form.write(common, None);
        }
        self.common = common.clone();
    }

    /// Its content without a coding, for a table in which it is one of the forms of another.
    pub(super) fn content(&self) -> Option<(SharedBytes, Option<SystemTime>)> {
        let plain = self.plain.as_ref()?;
        Some((plain.held()?.clone(), plain.validators.last_modified))
    }

    /// The value of Content-Type, if it is there without a coding.
    pub(super) fn content_type(&self) -> Option<Cow<'static, str>> {
        Some(self.plain.as_ref()?.content_type.clone())
    }

    /// Whether it is there in a coding.
    pub(super) fn has(&self, coding: Coding) -> bool {
        self.coded[coding as usize].is_some()
    }

    /// What it takes of memory that was asked for, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        let coded = self.coded.iter().flatten().map(|form| &**form);
        let forms = self.plain.iter().chain(coded);
        forms.map(Representation::heap_bytes).sum()
    }

    fn forms_mut(&mut self) -> impl Iterator<Item = &mut Representation> {
        let coded = self.coded.iter_mut().flatten().map(|form| &mut **form);
        self.plain.iter_mut().chain(coded)
    }
}

fn describe(
    bytes: SharedBytes,
    content_type: Cow<'static, str>,
    coding: Option<Coding>,
) -> Representation {
    let tag = EntityTag::of_content(hash_of(&bytes)).in_form(false, coding);
    let mut form = Representation::of_bytes(bytes, content_type);
    form.content_encoding = coding.map(|coding| coding.name().into());
    form.validators.etag = Some(tag);
    form.form.coding = coding;
    form
}

#[cfg(test)]
mod tests;
