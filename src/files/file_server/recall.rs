//! Answers from the cache of files, and what goes into it.
//!
//! A request for a small file takes three system calls with it: the read, a look at the path, the
//! write. Without it there are eight: the root's path and the root are looked at, the file is
//! opened beneath it by the rules, looked at, read and closed.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;

use super::answers::{location, page_path, redirect};
use super::memo::Memo;
use super::ready::Ready;
use super::{FileServer, OpenFile};
use crate::files::cache::Known;
use crate::handler::{Request, Response};
use crate::http::limits::SMALL_FILE_BYTES_MAX;
use crate::sys::file::{Kind, Stat};
use crate::sys::filesystem::is_faithful;
use crate::tree::Way;

impl FileServer {
    /// Whether a request may be answered from the cache: not where a single file is served, nor
    /// where scripts are hidden, nor if it asks for several ranges.
    pub(super) fn may_recall(&self, req: &Request<'_>) -> bool {
        let asks_parts = || {
            let mut values = req.headers().get_all("Range");
            values.any(|value| value.contains(&b','))
        };
        self.cache.is_some()
            && self.guards.is_empty()
            && self.root.single_file().is_none()
            && req.target() != b"*"
            && req.whole_path().is_directory() == req.url_path().is_directory()
            && !asks_parts()
    }

    /// The answer from the cache, if there is one that is right. `shares`: a look for the request
    /// before this one will do, if both were received together.
    pub(super) fn recall(&self, req: &Request<'_>, now: Instant, shares: bool) -> Option<Response> {
        let cache = self.cache.as_ref()?;
        let path = req.url_path().as_bytes();
        let serial = shares.then_some(req.serial());
        let memo = match cache.get(path, serial, now) {
            Known::Nothing => return None,
            Known::Surely(memo) => memo,
            Known::Perhaps(memo) if memo.is_so() => memo,
            Known::Perhaps(_) => {
                cache.forget(path);
                return None;
            }
        };
        if memo.protocol != req.server_protocol() {
            return None;
        }
        Some(match &memo.file {
            Some((_, ready)) => self.respond(req, ready),
            None => redirect(location(req.whole_path(), req.query())),
        })
    }

    /// Answers with a file that was opened at a path, or the index page of this number there, and
    /// remembers it if a change could be told.
    pub(super) fn remember_file(
        &self,
        req: &Request<'_>,
        file: OpenFile,
        page: Option<usize>,
        now: Instant,
    ) -> Response {
        let facts = file.facts();
        let is_small = file.len <= SMALL_FILE_BYTES_MAX as u64;
        let is_at_rest = facts.is_at_rest(self.etags, req.received());
        if !is_small || !is_at_rest || !is_faithful(file.file.as_fd()) {
            return self.send(req, file);
        }
        let device = file.device;
        let mut ready = self.make_ready(file, req.received());
        let is_held = ready.hold();
        let memo = is_held.then(|| self.ways(req, page)).flatten();
        let Some((way, vacant)) = memo.filter(|_| ready.is_written()) else {
            return self.respond(req, &ready);
        };
        // After it was read: what it says of the file, it says of these bytes.
        let stat = way.look().filter(|stat| {
            stat.kind == Kind::Regular
                && stat.device == device
                && stat.inode == facts.inode
                && stat.len == facts.len
                && stat.modified == facts.modified
                && stat.changed == facts.changed
        });
        let response = self.respond(req, &ready);
        if let Some(stat) = stat {
            self.put(req, way, vacant, Some((stat, ready)), now);
        }
        response
    }

    /// Remembers that a path leads to a directory.
    pub(super) fn remember_directory(&self, req: &Request<'_>, now: Instant) {
        let way = self.root.way(req.url_path().relative());
        if let Some(way) = way.filter(|way| way.look().is_some()) {
            self.put(req, way, Vec::new(), None, now);
        }
    }

    fn put(
        &self,
        req: &Request<'_>,
        way: Way,
        vacant: Vec<Way>,
        file: Option<(Stat, Ready)>,
        now: Instant,
    ) {
        let protocol = req.server_protocol();
        let memo = Memo {
            way,
            vacant,
            protocol,
            file,
        };
        let bytes = memo.bytes();
        if let Some(cache) = &self.cache {
            cache.put(req.url_path().as_bytes(), Arc::new(memo), bytes, now);
        }
    }

    /// The way to what was found, and those to the index pages before it.
    fn ways(&self, req: &Request<'_>, page: Option<usize>) -> Option<(Way, Vec<Way>)> {
        let path = req.url_path().relative();
        let Some(page) = page else {
            return Some((self.root.way(path)?, Vec::new()));
        };
        let mut ways = Vec::with_capacity(page + 1);
        for name in &self.index_pages[..=page] {
            ways.push(self.root.way(&page_path(path, name))?);
        }
        let way = ways.pop()?;
        Some((way, ways))
    }
}
