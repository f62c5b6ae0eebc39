//! Entity tags of content: known, made at once, or waited for. Whoever has waited is answered anew,
//! by the hash that is known then, or without one.

use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use super::open_file::OpenFile;
use super::patience::{Patience, Wish};
use super::{FileServer, Found};
use crate::files::answers::same_target;
use crate::files::contents::{Contents, Revision};
use crate::handler::{Cx, Exchange, Reply, Request, Response};
use crate::http::etag::{EntityTag, Etags};
use crate::http::mix::fold;
use crate::http::validators::Validators;

/// Longest wait for a file to settle: a tick of a fine clock, and no two seconds of a coarse one.
const TICK_TIME_MAX: Duration = Duration::from_millis(20);

impl FileServer {
    /// The validators of a file whose tag is of its content: without one as long as its hash is not
    /// known.
    pub(super) fn content_validators(&self, file: &OpenFile, now: SystemTime) -> Validators {
        let facts = file.facts();
        if file.len > self.content_bytes_max {
            let is_watched = || self.watched.is_steady(file.number(), now);
            return Validators::of_file(&facts, Etags::Mtime, now, is_watched);
        }
        let revision = file.revision();
        let mut hash = self.contents.get(&revision);
        if hash.is_none()
            && self
                .settles_in(file, now)
                .is_some_and(|left| left.is_zero())
        {
            self.contents.hash(&revision, &file.file, None);
            hash = self.contents.get(&revision);
        }
        Validators {
            etag: hash.map(EntityTag::of_content),
            last_modified: facts.last_modified(now),
        }
    }

    /// How long it must stay as it is, until its next change will show; `None` if nobody knows.
    fn settles_in(&self, file: &OpenFile, now: SystemTime) -> Option<Duration> {
        let is_steady = || self.watched.is_steady(file.number(), now);
        let left = file.facts().settles_in(now);
        left.or_else(|| is_steady().then_some(Duration::ZERO))
    }

    /// Waits for the hash of a file that was found, if there is to be one and it takes time.
    pub(super) fn wait_for_content(
        &self,
        req: &Request<'_>,
        found: &Found,
        now: Instant,
    ) -> Option<Reply> {
        let Found::File(file) = found else {
            return None;
        };
        if self.etags != Etags::Content || file.len > self.content_bytes_max {
            return None;
        }
        let revision = file.revision();
        if self.contents.get(&revision).is_some() {
            return None;
        }
        let path = fold(0, req.url_path().as_bytes());
        let left = self.settles_in(file, req.received())?;
        let wish = match left.is_zero() {
            true => Wish::Hash,
            false => Wish::Tick,
        };
        if left > TICK_TIME_MAX || self.patience.has_waited(path, wish, now) {
            return None;
        }
        let tick = match wish {
            Wish::Tick => {
                self.patience.waited(path, wish, now);
                Some(now + left)
            }
            Wish::Hash if self.contents.hash(&revision, &file.file, Some(now)) => return None,
            Wish::Hash if !self.contents.begin(&revision, &file.file, now) => return None,
            Wish::Hash => None,
        };
        Some(Reply::exchange(WaitsForTag {
            contents: self.contents.clone(),
            patience: self.patience.clone(),
            revision,
            path,
            target: same_target(req),
            tick,
            number: None,
        }))
    }
}

/// Waits, and then has the request answered anew.
struct WaitsForTag {
    contents: Contents,
    patience: Arc<Patience>,
    revision: Revision,
    /// The number of the path.
    path: u64,
    target: String,
    /// When the clock will have ticked since the file changed, if that is what it waits for.
    tick: Option<Instant>,
    /// Its own number among those who wait for hashes.
    number: Option<u64>,
}

impl WaitsForTag {
    /// Goes on with the wait. Returns whether it is to go on.
    fn goes_on(&mut self, cx: &mut Cx<'_>) -> bool {
        let now = cx.now();
        if let Some(tick) = self.tick {
            cx.set_deadline(Some(tick));
            return now < tick;
        }
        let number = self.number.or_else(|| {
            let waker = cx.waker();
            self.contents.wait(&self.revision, waker)
        });
        self.number = number;
        let Some(number) = number else {
            return false;
        };
        let next = self.contents.drive(number, now);
        if !self.contents.is_hashing(&self.revision) {
            return false;
        }
        match next {
            // It fails only if the server's poller does.
            Some(next) if next <= now => drop(cx.waker().wake()),
            next => cx.set_deadline(next),
        }
        true
    }
}

impl Exchange for WaitsForTag {
    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<std::io::Result<Response>> {
        if self.goes_on(cx) {
            return Poll::Pending;
        }
        if self.tick.is_none() && self.contents.get(&self.revision).is_none() {
            // It changes faster than it can be read, and was waited for long enough.
            self.patience.waited(self.path, Wish::Hash, cx.now());
        }
        Poll::Ready(Ok(Response::reroute(std::mem::take(&mut self.target))))
    }

    fn on_close(&mut self, cx: &mut Cx<'_>) {
        if let Some(number) = self.number {
            self.contents.leave(&self.revision, number, cx.now());
        }
    }
}
