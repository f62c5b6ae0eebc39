//! Listings as responses: the stock ones, and pages of one's own.

use std::io;
use std::task::Poll;

use super::forms::varied_by;
use super::listing_page::ListingPage;
use super::open_dir::Entries;
use super::{FileServer, OpenDir};
use crate::files::answers::{busy, fail, missing};
use crate::files::listing::{
    Format, Listing, ListingStyle, Options, Order, Slot, Started, TargetStat,
};
use crate::handler::{
    Body, CommonHeaders, Cx, Exchange, Failure, OwnedRequest, Reply, Request, Response,
};
use crate::http::method::Version;
use crate::http::status::Status;
use crate::http::target::UrlPath;
use crate::tree::{Closed, Opened, Refused};

/// Most steps that are taken before a page is left to other turns, a count: some 1,000 entries, or
/// what a slow disk has of them in 10 ms.
const START_STEPS: usize = 10;

impl FileServer {
    /// Answers with a listing of a directory: as JSON to those who ask for that by name. A [page of
    /// one's own](super::FileServerBuilder::listing_page) is made at once here, however long the
    /// directory takes; [`serve`](Self::serve) does it in steps.
    pub fn list(&self, req: &Request<'_>, dir: OpenDir) -> Response {
        let response = match self.own_page(req) {
            Some(page) => {
                let mut entries = self.entries(req, dir);
                let mut step = entries.step();
                while matches!(step, Ok(false)) {
                    step = entries.step();
                }
                match step {
                    Ok(_) => page.make(req, entries.found),
                    Err(error) => fail(unreadable(&error)),
                }
            }
            None => self.listed(req, dir),
        };
        // Pages may lie there that suit others.
        self.with_headers(self.varied(req, response))
    }

    /// The same, but what takes long goes on in other turns.
    pub(super) fn list_in_turns(&self, req: &Request<'_>, dir: OpenDir) -> Reply {
        let Some(page) = self.own_page(req) else {
            return self.list(req, dir).into();
        };
        let (headers, vary) = (&self.headers, self.vary(req));
        let slot = self.slots.take();
        let mut entries = self.entries(req, dir);
        for _ in 0..START_STEPS {
            let response = match entries.step() {
                Ok(false) => continue,
                Ok(true) => page.make(req, entries.found),
                Err(error) => fail(unreadable(&error)),
            };
            return dressed(response, headers, vary).into();
        }
        let Some(slot) = slot else {
            return fail(busy("too many listings")).into();
        };
        let headers = headers.clone();
        let reads = Reads {
            entries,
            page: page.clone(),
            req: OwnedRequest::from(req),
            _slot: slot,
        };
        Reply::exchange(reads).map(move |response| dressed(response, &headers, vary))
    }

    /// The page of one's own, if it is to be made.
    fn own_page(&self, req: &Request<'_>) -> Option<&ListingPage> {
        let page = self.listing_page.as_ref();
        page.filter(|_| self.listing_style(req) != ListingStyle::Off)
    }

    fn entries(&self, req: &Request<'_>, dir: OpenDir) -> Entries {
        let path = req.url_path();
        Entries::of(dir, self.pages.hidden_in(path), Some(self.targets(path)))
    }

    fn listed(&self, req: &Request<'_>, dir: OpenDir) -> Response {
        let order = match self.listing_style(req) {
            ListingStyle::Off => {
                return fail(missing(Refused::NotFound).cause("listing is off"));
            }
            ListingStyle::Plain => None,
            ListingStyle::Rich => Some(Order::parse(req.query())),
        };
        let format = Format::wanted(req.headers());
        let options = Options {
            path: req.whole_path().as_bytes(),
            format,
            order,
            follow: self.follow,
            hides: self.pages.hidden_in(req.url_path()),
            target: self.targets(req.url_path()),
        };
        let body = match Listing::start(dir.dir, options, self.slots.take()) {
            Ok(Started::Whole(bytes)) => Body::Bytes(bytes.into()),
            Ok(Started::Stream(listing)) => Body::Source(listing),
            Ok(Started::Refused) => return fail(busy("too many listings")),
            Err(error) => return fail(unreadable(&error)),
        };
        Response::new(Status::OK)
            .header("Content-type", format.content_type())
            .header("Vary", "Accept")
            .with_body(body)
    }

    fn listing_style(&self, req: &Request<'_>) -> ListingStyle {
        self.listing.unwrap_or(match req.server_protocol() {
            Version::Http10 => ListingStyle::Plain,
            Version::Http11 => ListingStyle::Rich,
        })
    }

    /// What the links of a directory lead to, found as a request for each of them would be.
    fn targets(&self, directory: &UrlPath) -> TargetStat {
        let (view, mut path) = (self.root.view(), directory.relative().to_vec());
        if !path.is_empty() {
            path.push(b'/');
        }
        Box::new(move |name| {
            let view = view.as_ref().ok()?;
            match view.find(&[&path, name].concat(), false, &Closed::default()) {
                Ok(Opened::File(_, stat) | Opened::Directory(_, stat)) => Some(stat),
                Err(_) => None,
            }
        })
    }
}

/// The response with all that the user wants on it, and what it varies with.
fn dressed(response: Response, headers: &CommonHeaders, vary: Option<&'static str>) -> Response {
    let mut response = varied_by(vary, response);
    if !response.is_error_page() {
        headers.apply(&mut response);
    }
    response
}

/// A directory that is read for a page, a step in each turn.
struct Reads {
    entries: Entries,
    page: ListingPage,
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

/// What is answered where a directory cannot be read.
fn unreadable(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::FileTooLarge {
        let failure = Failure::new(Status::INTERNAL_SERVER_ERROR);
        return failure.cause("the directory has too many entries for its page");
    }
    match Refused::from(error) {
        refused @ Refused::Denied => Failure::new(Status::NOT_FOUND)
            .message("No permission to list directory")
            .cause(refused.cause()),
        refused => missing(refused),
    }
}
