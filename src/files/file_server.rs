//! The file handler: what a request names, and the answer to it (RFC 9110).
//!
//! It is written against the public API, and built to be taken apart: [`FileServer::find`] says
//! what a request names, and [`send`](FileServer::send) and [`list`](FileServer::list) answer it.

mod absent;
mod build;
mod content_tags;
mod form_ways;
mod forms;
mod in_place;
mod lease;
mod list;
mod listing_page;
mod memo;
mod negotiation;
mod open_dir;
mod open_file;
mod open_now;
mod pages;
mod patience;
mod recall;
mod send;
mod stale;
#[cfg(test)]
mod tests;
mod watch;

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

pub use build::FileServerBuilder;
pub use open_dir::{DirectoryEntry, OpenDir};
pub use open_file::OpenFile;

use super::answers::{allowed, fail, location, missing, nothing, page_path, redirect};
use super::cache::Cache;
use super::contents::{CONTENTS_BYTES, Contents};
use super::header_rules::HeaderRules;
use super::listing::{self, ListingStyle, Slots};
use super::mime::MimeMap;
use super::representation::RANGES_BYTES;
use super::verdicts::{VERDICTS_BYTES, Verdicts};
use crate::handler::{CommonHeaders, Cx, Failure, Handler, Policy, Reply, Request, Response};
use crate::http::coding::Coding;
use crate::http::etag::{Etags, is_settled};
use crate::http::headers::Headers;
use crate::http::limits::HEAD_BYTES_CEILING;
use crate::http::memory::Memory;
use crate::http::method::{Method, Version};
use crate::http::status::Status;
use crate::sys::file::Stat;
use crate::tree::{Guard, Opened, Refused, Root};
use absent::{ABSENT_BYTES, Absences};
use listing_page::ListingPage;
use memo::{Memo, Recalled};
use negotiation::{Negotiation, Suited, Within};
use open_dir::ENTRIES_BYTES;
use open_now::OpenNow;
use pages::Pages;
use patience::{PATIENCE_BYTES, Patience};
use watch::{WATCHED_BYTES, Watched};

const _: () = assert!(RANGES_BYTES < listing::WHOLE_BYTES);

/// Serves the files of a directory, as Python's `SimpleHTTPRequestHandler` does.
///
/// It is a [`Handler`] that answers everything, with 404 or 501 in the end; [`serve`](Self::serve)
/// answers what is there, and leaves the rest to others.
///
/// ```no_run
/// let files = sprat::FileServer::builder("/srv/www").listing(sprat::ListingStyle::Off).open()?;
/// # std::io::Result::Ok(())
/// ```
pub struct FileServer {
    root: Root,
    index_pages: Vec<String>,
    /// `None`: as the server's protocol has it.
    listing: Option<ListingStyle>,
    listing_page: Option<ListingPage>,
    /// Whether plain listings look where links lead.
    follow: bool,
    mime: MimeMap,
    /// The same without a charset, for those who want HTTP/1.0 as Python speaks it.
    mime_plain: MimeMap,
    policy: Policy,
    headers: CommonHeaders,
    rules: HeaderRules,
    pages: Pages,
    etags: Etags,
    negotiation: Negotiation,
    contents: Contents,
    /// Longest file whose content is hashed, in bytes.
    content_bytes_max: u64,
    patience: Arc<Patience>,
    watched: Watched,
    verdicts: Verdicts,
    /// What is closed whatever it is called.
    guards: Vec<Guard>,
    slots: Slots,
    cache: Option<Cache<Memo>>,
    open_now: OpenNow,
    absences: Absences,
}

/// What a request names.
#[non_exhaustive]
pub enum Found {
    /// A file, perhaps the index page of a directory.
    File(OpenFile),
    /// A directory without an index page.
    Directory(OpenDir),
    /// A directory without its slash: the path it is found at, for `Location`, with the query.
    Redirect(String),
    /// Nothing that can be served.
    Missing(Failure),
}

/// Why nothing was found, and where.
type Unfound = (Refused, Vec<u8>);

impl FileServer {
    /// Serves a directory, or one file alone, with the defaults of [`builder`](Self::builder).
    ///
    /// # Errors
    /// What opening it says.
    pub fn new(path: impl Into<PathBuf>) -> io::Result<FileServer> {
        FileServer::builder(path).open()
    }

    /// Answers a request for what is there: files and listings to GET and HEAD, `Allow` to OPTIONS.
    ///
    /// `None`: no file or directory has the path, or the method is another; so the next handler can
    /// be asked. What is there but may not be seen is answered here, with 404 as well.
    ///
    /// ```
    /// # use sprat::{Cx, Failure, FileServer, Reply, Request, Status};
    /// # fn api(_: &Request<'_>) -> Reply { Failure::new(Status::NOT_FOUND).into() }
    /// fn route(req: &Request<'_>, cx: &mut Cx<'_>, files: &FileServer) -> Reply {
    ///     files.serve(req, cx).unwrap_or_else(|| api(req))
    /// }
    /// ```
    pub fn serve(&self, req: &Request<'_>, cx: &mut Cx<'_>) -> Option<Reply> {
        let reply = self.answer(req, cx.now(), false);
        self.negotiation.tell(cx);
        Some(self.with_not_found_page(req, reply?))
    }

    /// Answers with what is there, or in place of what is not.
    fn answer(&self, req: &Request<'_>, now: Instant, shares: bool) -> Option<Reply> {
        let reply = self.answer_by_name(req, now, shares);
        match &self.pages.spa {
            Some(spa) => self.in_place(spa, req, reply),
            None => reply,
        }
    }

    fn answer_by_name(&self, req: &Request<'_>, now: Instant, shares: bool) -> Option<Reply> {
        let is_options = match req.method() {
            Method::Get | Method::Head => false,
            Method::Options => true,
            _ => return None,
        };
        let may_recall = !is_options && self.may_recall(req);
        let mut known = None;
        if may_recall {
            match self.recall(req, now, shares) {
                Recalled::Answer(response) => return Some(response.into()),
                Recalled::Known(memo) => known = Some(memo),
                Recalled::Missing => return None,
                Recalled::Nothing => {}
            }
        }
        let mut page = None;
        let found = self.look(req, &mut page);
        let known = known.and_then(|memo| self.confirm(req, memo, &found));
        let found = match found {
            Err((Refused::NotFound, _)) => {
                if may_recall {
                    self.remember_absence(req, now);
                }
                return None;
            }
            _ if is_options => return Some(allowed().into()),
            Err((Refused::Leased, path)) => return Some(self.wait_for_lease(req, path)),
            found => self.found(req, found),
        };
        if let Some(reply) = self.wait_for_content(req, &found, now) {
            return Some(reply);
        }
        let response = match found {
            Found::File(file) if may_recall && file.has_own_path => {
                self.remember_file(req, file, page, known.as_ref(), now)
            }
            Found::File(file) => self.send(req, file),
            Found::Directory(dir) => return Some(self.list_in_turns(req, dir)),
            Found::Redirect(location) => {
                if may_recall {
                    self.remember_directory(req, now);
                }
                redirect(location)
            }
            Found::Missing(failure) => self.varied(req, fail(failure)),
        };
        Some(response.into())
    }

    /// Says what a request names, whatever its method is.
    pub fn find(&self, req: &Request<'_>) -> Found {
        self.found(req, self.look(req, &mut None))
    }

    fn found(&self, req: &Request<'_>, found: Result<Found, Unfound>) -> Found {
        found.unwrap_or_else(|(refused, _)| match refused {
            // As the directory of scripts itself is.
            Refused::Script if req.url_path().is_directory() => {
                let failure = Failure::new(Status::FORBIDDEN);
                Found::Missing(failure.cause(refused.cause()))
            }
            _ => Found::Missing(missing(refused)),
        })
    }

    /// Looks for it; `page` is the number of the index page that it is.
    fn look(&self, req: &Request<'_>, page: &mut Option<usize>) -> Result<Found, Unfound> {
        let path = req.url_path();
        let relative = path.relative();
        let unfound = |refused| (refused, relative.to_vec());
        // The server itself, which is no file (RFC 9112 section 3.2.4).
        if req.target() == b"*" {
            return Err(unfound(Refused::NotFound));
        }
        if self.pages.hides(relative) && !self.root.is_single_file() {
            return Err(unfound(Refused::Hidden));
        }
        let closed = Guard::closed(&self.guards).map_err(unfound)?;
        if let Some(name) = self.root.single_file() {
            // A file that is served alone is the root as well.
            let found = self
                .root
                .find_relative(relative, path.is_directory(), &closed);
            return match found.map_err(unfound)? {
                Opened::File(file, stat) => {
                    let file = self.open_file(req, file, stat, name.as_bytes(), None);
                    Ok(Found::File(file))
                }
                Opened::Directory(..) => Err(unfound(Refused::NotFound)),
            };
        }
        let view = self.root.view().map_err(unfound)?;
        // A directory above a prefix has its slash in the whole path alone.
        let is_directory = req.whole_path().is_directory();
        let within = Within::new(&view, &closed);
        let found = match self.find_suited(req, within, relative, path.is_directory()) {
            Ok(found) => found,
            Err(refused) => self.clean_page(req, within, refused).map_err(unfound)?,
        };
        match found {
            Suited::File(file) => Ok(Found::File(file)),
            Suited::Unsuited(failure) => Ok(Found::Missing(failure)),
            Suited::Directory(_) if !is_directory => {
                Ok(Found::Redirect(location(req.whole_path(), req.query())))
            }
            Suited::Directory(dir) => Ok(match self.index(req, within, page)? {
                Some(found) => found,
                None => Found::Directory(OpenDir { dir: dir.into() }),
            }),
        }
    }

    /// The index page of a directory. One that is there but may not be read, or leads outside, is
    /// refused: a listing in its place would puzzle whoever put it there.
    fn index(
        &self,
        req: &Request<'_>,
        within: Within<'_>,
        page: &mut Option<usize>,
    ) -> Result<Option<Found>, Unfound> {
        if let Some(file) = self.find_markdown_page(req, within) {
            return Ok(Some(Found::File(file)));
        }
        for (number, name) in self.index_pages.iter().enumerate() {
            let full = page_path(req.url_path().relative(), name);
            if self.pages.hides(&full) {
                continue;
            }
            *page = Some(number);
            match self.find_encoded(req, within, &full) {
                Ok(Suited::File(file)) => return Ok(Some(Found::File(file))),
                Ok(Suited::Unsuited(failure)) => return Ok(Some(Found::Missing(failure))),
                Ok(Suited::Directory(_)) | Err(Refused::NotFound | Refused::NotRegular) => {}
                Err(refused) => return Err((refused, full)),
            }
        }
        Ok(None)
    }

    /// A file, described by its path; `coding` is what it lies ready in there.
    fn open_file(
        &self,
        req: &Request<'_>,
        file: File,
        stat: Stat,
        path: &[u8],
        coding: Option<Coding>,
    ) -> OpenFile {
        let mime = match req.server_protocol() {
            Version::Http10 => &self.mime_plain,
            Version::Http11 => &self.mime,
        };
        let mut file = OpenFile::of(file.into(), &stat, "".into());
        // What lies in a coding does not show its first bytes.
        let content_type = mime.guess_of(path, || {
            let settled = is_settled(file.changed, req.received());
            let fd = file.file.as_fd();
            coding.is_some() || self.verdicts.is_utf8(file.number(), settled, fd, file.len)
        });
        file.content_type = content_type.into_owned().into();
        let encoding = coding.map(Coding::name).or_else(|| mime.encoding(path));
        file.content_encoding = encoding.map(Cow::Borrowed);
        file.fixed = self.rules.of(path);
        file
    }

    /// What files and listings take, beside what [`Limits::memory`](crate::Limits::memory) has for
    /// each connection.
    pub fn memory(&self) -> Memory {
        let memory = Memory::default().plus("files ahead of the clock", WATCHED_BYTES, 0);
        let memory = memory.plus("which files are UTF-8", VERDICTS_BYTES, 0);
        let hashes = match self.etags {
            Etags::Content => CONTENTS_BYTES + PATIENCE_BYTES,
            _ => 0,
        };
        let memory = memory.plus("hashes of files", hashes, 0);
        let memory = memory.plus("forms that are stale", self.negotiation.bytes(), 0);
        let cache = self.cache.as_ref().map_or(0, Cache::bytes_max);
        let memory = memory.plus("files asked for of late", cache, 0);
        let memory = memory.plus("paths that are not there", ABSENT_BYTES, 0);
        // The buffer of a response doubles.
        let fields = self.headers.bytes() + self.rules.bytes() + self.policy.bytes();
        let memory = memory.plus("fields added to each response", 0, 2 * fields);
        if self.listing == Some(ListingStyle::Off) {
            return memory.plus("ranges of a file", 0, RANGES_BYTES);
        }
        if self.listing_page.is_some() {
            let (places, _) = self.slots.limits();
            let each = ENTRIES_BYTES + HEAD_BYTES_CEILING;
            return memory
                .plus("entries of directories", (places + 1) * each, 0)
                .plus("ranges of a file", 0, RANGES_BYTES);
        }
        let (places, name_bytes) = self.slots.limits();
        let listings = places * listing::SHARE_BYTES;
        memory
            .plus("names that listings sort", name_bytes, 0)
            .plus("listings in progress", listings, 0)
            .plus("a listing that begins", listing::START_BYTES, 0)
            .plus(
                "a listing's page, or ranges of a file",
                0,
                listing::WHOLE_BYTES,
            )
    }

    /// Adds the fields that the user wants on every file and listing.
    fn with_headers(&self, mut response: Response) -> Response {
        if !response.is_error_page() {
            self.headers.apply(&mut response);
        }
        response
    }
}

impl Handler for FileServer {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        if let Some(response) = self.policy.serve(req) {
            return response.into();
        }
        let reply = self.answer(req, cx.now(), true);
        self.negotiation.tell(cx);
        let reply = reply.unwrap_or_else(|| self.varied(req, nothing(req)).into());
        self.with_not_found_page(req, reply)
    }

    fn work(&mut self, now: Instant) -> Option<Instant> {
        self.open_now.close();
        self.contents.work(now)
    }

    fn finish(&mut self, fields: Headers<'_>, response: &mut Response) {
        self.policy.apply(fields, response);
    }
}
