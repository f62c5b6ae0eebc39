//! Answers from the cache of files, and what goes into it.
//!
//! A request for a small file takes three system calls with it: the read, a look at the path, the
//! write. Without it there are eight: the root's path and the root are looked at, the file is
//! opened beneath it by the rules, looked at, read and closed.
//!
//! Of a larger file only what is said of it is kept: to open it costs little beside sending it. No
//! file is kept open past a turn (`open_now`), for that would keep a deleted one's room on the
//! disk, and its file system from being unmounted.

use std::borrow::Cow;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;

use super::form_ways::LOOKS_MORE_MAX;
use super::memo::{Beside, Memo, Recalled, Thing};
use super::{FileServer, Found, OpenFile, Unfound};
use crate::files::answers::{MOVED, location, page_path, redirect};
use crate::files::cache::Known;
use crate::handler::{Body, Cx, Request, Response};
use crate::http::limits::SMALL_FILE_BYTES_MAX;
use crate::http::lines::FieldLines;
use crate::http::method::Method;
use crate::sys::file::{Kind, Stat};
use crate::sys::filesystem::is_faithful;
use crate::tree::Way;

/// Longest file whose bytes are kept for ranges of it, in bytes. (All of it leaves faster from the
/// file than from memory.)
const RANGED_BYTES_MAX: u64 = 128 * 1024;

impl FileServer {
    /// Answers a GET or HEAD from memory, if what was found at its path a moment ago is there
    /// still, and opens nothing. `None` says no more than that nothing is remembered.
    ///
    /// For a handler in front that would have to open files to know whether a request is its own,
    /// as [`Cgi`](crate::Cgi) does for the index page of a directory: what it left to this one, and
    /// what no [guard](crate::FileServerBuilder::guard) closes, it would leave to it again, if both
    /// have the same index pages. (Of forms, it knows nothing.)
    pub fn recalled(&self, req: &Request<'_>, cx: &mut Cx<'_>) -> Option<Response> {
        let may_recall = self.may_recall(req) && self.vary(req).is_none();
        if !matches!(req.method(), Method::Get | Method::Head) || !may_recall {
            return None;
        }
        match self.recall(req, cx.now(), true) {
            Recalled::Answer(response) => Some(response),
            _ => {
                // Who answers now may be another, and nobody looks here.
                if let Some(cache) = &self.cache {
                    cache.end_row();
                }
                None
            }
        }
    }

    /// Whether a request may be answered from the cache: not where a single file is served.
    pub(super) fn may_recall(&self, req: &Request<'_>) -> bool {
        self.cache.is_some()
            && !self.root.is_single_file()
            && req.target() != b"*"
            && req.whole_path().is_directory() == req.url_path().is_directory()
    }

    /// The answer from the cache, if there is one that is right. `shares`: a look for the request
    /// before this one will do, if both were received together.
    pub(super) fn recall(&self, req: &Request<'_>, now: Instant, shares: bool) -> Recalled {
        let Some(cache) = &self.cache else {
            return Recalled::Nothing;
        };
        let key = self.key(req);
        let serial = shares.then_some(req.serial());
        let (memo, is_sure, is_over) = match cache.get(&key, serial, now) {
            Known::Nothing if self.absences.has(req.url_path(), serial, now) => {
                return Recalled::Missing;
            }
            Known::Nothing => return Recalled::Nothing,
            // What is held is compared when it is open; of the rest a look tells all.
            Known::Once(memo) if memo.is_held() => return Recalled::Known(memo),
            Known::Once(memo) => (memo, false, true),
            Known::Surely(memo) => (memo, true, false),
            Known::Perhaps(memo) => (memo, false, false),
        };
        if memo.protocol != req.server_protocol() {
            return Recalled::Nothing;
        }
        let answer = match &memo.thing {
            Thing::File(_, ready) if ready.is_held() => ready.respond(req, &self.headers, None),
            Thing::File(_, ready) => {
                ready.respond(req, &self.headers, self.open_now.get(&memo).as_ref())
            }
            // Below a prefix it is found elsewhere.
            Thing::Directory(lines)
                if req.query().is_none() && std::ptr::eq(req.whole_path(), req.url_path()) =>
            {
                Some(Response::with_lines(MOVED, lines, None, Body::Empty))
            }
            Thing::Directory(_) => Some(redirect(location(req.whole_path(), req.query()))),
        };
        let Some(answer) = answer else {
            // To open it tells what a look would.
            return Recalled::Known(memo);
        };
        if !is_sure {
            if !memo.is_so() {
                cache.forget(&key);
                return Recalled::Nothing;
            }
            if is_over {
                cache.renew(&key, now);
            }
        }
        Recalled::Answer(answer)
    }

    /// What was known of a path, if it is the file that was found there now; else it is forgotten.
    pub(super) fn confirm(
        &self,
        req: &Request<'_>,
        known: Arc<Memo>,
        found: &Result<Found, Unfound>,
    ) -> Option<Arc<Memo>> {
        let is_so = match (&known.thing, found) {
            (Thing::File(was, ready), Ok(Found::File(file))) => {
                is_same(was, file)
                    && ready.form == file.form
                    && ready.content_type == file.content_type
            }
            _ => false,
        };
        if let Some(cache) = self.cache.as_ref().filter(|_| !is_so) {
            cache.forget(&self.key(req));
        }
        is_so.then_some(known)
    }

    /// Answers with a file that was opened at a path, or the index page of this number there, and
    /// remembers it if a change could be told.
    pub(super) fn remember_file(
        &self,
        req: &Request<'_>,
        file: OpenFile,
        page: Option<usize>,
        known: Option<&Arc<Memo>>,
        now: Instant,
    ) -> Response {
        let held_max = match req.header("Range") {
            Some(_) => RANGED_BYTES_MAX,
            None => SMALL_FILE_BYTES_MAX as u64,
        };
        let is_held = file.len <= held_max;
        if let Some((known, Thing::File(_, ready))) = known.map(|memo| (memo, &memo.thing)) {
            if !is_held || ready.holds(&file.file) {
                match &self.cache {
                    Some(cache) if is_held => cache.renew(&self.key(req), now),
                    _ => self.open_now.add(known, &file.file),
                }
                return self.respond_from(req, ready, &file.file);
            }
        }
        let facts = file.facts();
        let is_told = file.form.looks <= LOOKS_MORE_MAX;
        if !is_told
            || !facts.is_at_rest(self.etags, req.received())
            || !is_faithful(file.file.as_fd())
        {
            return self.send(req, file);
        }
        let mut ready = self.make_ready(&file, req.received());
        let is_whole = !is_held || ready.hold(&file.file);
        let response = self.respond_from(req, &ready, &file.file);
        if is_whole && ready.is_written() {
            if let Some((way, besides)) = self.ways(req, page, &file) {
                // After it was read: what it says of the file, it says of these bytes.
                if let Some(stat) = way.look().filter(|stat| is_same(stat, &file)) {
                    self.put(req, way, besides, Thing::File(stat, Box::new(ready)), now);
                }
            }
        }
        response
    }

    /// Remembers that a path leads to a directory.
    pub(super) fn remember_directory(&self, req: &Request<'_>, now: Instant) {
        let way = self.way(req.url_path().relative());
        let is_directory = |stat: Stat| stat.kind == Kind::Directory;
        let way = way.filter(|way| way.look().is_some_and(is_directory));
        let lines = FieldLines::of(&redirect(location(req.url_path(), None)).take_all_fields());
        if let Some((way, lines)) = way.zip(lines) {
            self.put(req, way, Vec::new(), Thing::Directory(lines), now);
        }
    }

    /// Remembers that a path leads to nothing.
    pub(super) fn remember_absence(&self, req: &Request<'_>, now: Instant) {
        if let Some(forms) = self.forms_missing(req) {
            self.absences
                .add(&self.root, req.url_path(), &forms, req.received(), now);
        }
    }

    fn put(&self, req: &Request<'_>, way: Way, besides: Vec<Beside>, thing: Thing, now: Instant) {
        let protocol = req.server_protocol();
        let memo = Memo {
            way,
            besides,
            protocol,
            thing,
        };
        let bytes = memo.bytes();
        if let Some(cache) = &self.cache {
            cache.put(&self.key(req), Arc::new(memo), bytes, now);
        }
    }

    /// What a path is remembered by: where there may be forms, with all of the request that chooses
    /// among them, behind a NUL, which is in no path.
    fn key<'a>(&self, req: &'a Request<'_>) -> Cow<'a, [u8]> {
        let path = req.url_path().as_bytes();
        if self.vary(req).is_none() {
            return path.into();
        }
        let markdown = [0, self.wants_markdown(req).into()];
        [path, &markdown, &self.ranks(req).bytes()].concat().into()
    }

    /// The way to what was found, and what else must be as it is: the index pages before it, or all
    /// that the choice among its forms hangs on.
    fn ways(
        &self,
        req: &Request<'_>,
        page: Option<usize>,
        file: &OpenFile,
    ) -> Option<(Way, Vec<Beside>)> {
        if self.vary(req).is_some() {
            return self.ways_to_form(req, page, file);
        }
        let path = req.url_path().relative();
        let Some(page) = page else {
            return Some((self.way(path)?, Vec::new()));
        };
        let way = self.way(&page_path(path, &self.index_pages[page]))?;
        let before = self.index_pages[..page].iter();
        let vacant = |name: &String| {
            let way = way.beside(name.as_bytes())?;
            Some(Beside { way, was: None })
        };
        let besides: Option<_> = before.map(vacant).collect();
        Some((way, besides?))
    }

    /// The way to a path past all that is closed.
    pub(super) fn way(&self, relative: &[u8]) -> Option<Way> {
        self.root.way_past(&self.guards, relative)
    }
}

/// Whether a look has found the file that is open, and as it was when it was opened.
pub(super) fn is_same(stat: &Stat, file: &OpenFile) -> bool {
    stat.kind == Kind::Regular
        && (stat.device, stat.inode) == (file.device, file.inode)
        && (stat.len, stat.modified, stat.changed) == (file.len, file.modified, file.changed)
}
