//! Listings as responses: the stock ones, and pages of one's own.

use super::listing_page::{Dress, ListingPage};
use super::open_dir::Entries;
use super::{FileServer, OpenDir};
use crate::files::answers::{busy, fail, missing, unreadable};
use crate::files::listing::{Format, Listing, ListingStyle, Options, Order, Started, TargetStat};
use crate::handler::{Body, Reply, Request, Response};
use crate::http::method::Version;
use crate::http::status::Status;
use crate::http::target::UrlPath;
use crate::tree::{Closed, Opened, Refused};

impl FileServer {
    /// Answers with a listing of a directory: as JSON to those who ask for that by name. A [page of
    /// one's own](super::FileServerBuilder::listing_page) is made at once here, however long the
    /// directory takes; [`serve`](Self::serve) does it in steps.
    pub fn list(&self, req: &Request<'_>, dir: OpenDir) -> Response {
        let response = match self.own_page(req) {
            Some(page) => page.at_once(req, self.entries(req, dir)),
            None => self.listed(req, dir),
        };
        // Pages may lie there that suit others.
        self.with_headers(self.varied(req, response))
    }

    /// The same, but what takes long goes on in other turns.
    pub(super) fn list_in_turns(&self, req: &Request<'_>, dir: OpenDir) -> Reply {
        match self.own_page(req) {
            Some(page) => {
                let dress = Dress {
                    headers: self.headers.clone(),
                    vary: self.vary(req),
                };
                page.in_turns(req, self.entries(req, dir), self.slots.take(), dress)
            }
            None => self.list(req, dir).into(),
        }
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
