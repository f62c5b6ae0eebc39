//! A listing of one's own, as the user has given it. All of it is behind a `dyn`, so that a program
//! that gives none has none of this.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::task::Poll;

use super::open_dir::{DirectoryEntry, Entries};
use crate::files::answers::{busy, fail, unreadable, varied_by};
use crate::files::listing::Slot;
use crate::handler::{CommonHeaders, Cx, Exchange, OwnedRequest, Reply, Request, Response};

/// Most steps that are taken before a page is left to other turns, a count: some 1,000 entries, or
/// what a slow disk has of them in 10 ms.
const START_STEPS: usize = 10;

/// Makes a response of the entries of a directory.
#[derive(Clone)]
pub struct ListingPage(Arc<dyn OwnListing>);

/// What all answers are to have: fields, and what they vary with.
#[derive(Clone)]
pub struct Dress {
    pub headers: CommonHeaders,
    pub vary: Option<&'static str>,
}

trait OwnListing: Send + Sync {
    fn at_once(&self, req: &Request<'_>, entries: Entries) -> Response;
    fn in_turns(
        &self,
        req: &Request<'_>,
        entries: Entries,
        slot: Option<Slot>,
        dress: Dress,
    ) -> Reply;
}

impl ListingPage {
    pub fn new<R: Into<Response>>(
        make: impl Fn(&Request<'_>, Vec<DirectoryEntry>) -> R + Send + Sync + 'static,
    ) -> ListingPage {
        let make = move |req: &Request<'_>, entries| make(req, entries).into();
        ListingPage(Arc::new(Made(Arc::new(make))))
    }

    /// The response, however long the directory takes.
    pub fn at_once(&self, req: &Request<'_>, entries: Entries) -> Response {
        self.0.at_once(req, entries)
    }

    /// The response, dressed; what takes long goes on in other turns, if there is a place for it.
    pub fn in_turns(
        &self,
        req: &Request<'_>,
        entries: Entries,
        slot: Option<Slot>,
        dress: Dress,
    ) -> Reply {
        self.0.in_turns(req, entries, slot, dress)
    }
}

impl fmt::Debug for ListingPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListingPage")
    }
}

/// What the user has given.
#[derive(Clone)]
struct Made(Arc<Make>);

type Make = dyn Fn(&Request<'_>, Vec<DirectoryEntry>) -> Response + Send + Sync;

impl Made {
    fn make(&self, req: &Request<'_>, entries: Vec<DirectoryEntry>) -> Response {
        let mut response = (self.0)(req, entries);
        // Its bytes do not tell how much was looked at for it.
        response.is_costly = true;
        response
    }
}

impl OwnListing for Made {
    fn at_once(&self, req: &Request<'_>, mut entries: Entries) -> Response {
        loop {
            match entries.step() {
                Ok(false) => {}
                Ok(true) => return self.make(req, entries.found),
                Err(error) => return fail(unreadable(&error)),
            }
        }
    }

    fn in_turns(
        &self,
        req: &Request<'_>,
        mut entries: Entries,
        slot: Option<Slot>,
        dress: Dress,
    ) -> Reply {
        for _ in 0..START_STEPS {
            let response = match entries.step() {
                Ok(false) => continue,
                Ok(true) => self.make(req, entries.found),
                Err(error) => fail(unreadable(&error)),
            };
            return dress.put_on(response).into();
        }
        let Some(slot) = slot else {
            return fail(busy("too many listings")).into();
        };
        let reads = Reads {
            entries,
            page: self.clone(),
            req: OwnedRequest::from(req),
            _slot: slot,
        };
        Reply::exchange(reads).map(move |response| dress.put_on(response))
    }
}

impl Dress {
    fn put_on(&self, response: Response) -> Response {
        let mut response = varied_by(self.vary, response);
        if !response.is_error_page() {
            self.headers.apply(&mut response);
        }
        response
    }
}

/// A directory that is read for a page, a step in each turn.
struct Reads {
    entries: Entries,
    page: Made,
    req: OwnedRequest,
    /// Its place among those in progress.
    _slot: Slot,
}

impl Exchange for Reads {
    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        Poll::Ready(Ok(match self.entries.step() {
            Ok(false) => {
                // It fails only if the server's poller does.
                let _ = cx.waker().wake();
                return Poll::Pending;
            }
            Ok(true) => {
                let found = std::mem::take(&mut self.entries.found);
                self.page.make(&self.req.request(), found)
            }
            Err(error) => fail(unreadable(&error)),
        }))
    }
}
