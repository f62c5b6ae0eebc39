//! What answers in place of what is not there: the page of an application, a page for 404, and
//! `about.html` for `/about`.

use super::negotiation::{Suited, Within};
use super::{FileServer, OpenFile};
use crate::files::answers::nothing;
use crate::files::mime::has_extension;
use crate::handler::{Reply, Request, Response};
use crate::http::accept::accepts_html;
use crate::http::method::Method;
use crate::http::status::Status;
use crate::tree::{Closed, Guard, Opened, Refused};

/// What a clean URL leaves out.
const PAGE_EXTENSION: &[u8] = b".html";

impl FileServer {
    /// The page that a clean URL is short for, where nothing has its own name.
    pub(super) fn clean_page(
        &self,
        req: &Request<'_>,
        within: Within<'_>,
        refused: Refused,
    ) -> Result<Suited, Refused> {
        let path = req.url_path();
        let names_page = self.pages.clean_urls && refused.is_absence();
        if !names_page || path.is_directory() || path.relative().is_empty() {
            return Err(refused);
        }
        let page = [path.relative(), PAGE_EXTENSION].concat();
        match self.find_encoded(req, within, &page) {
            Ok(Suited::File(mut file)) => {
                file.has_own_path = false;
                Ok(Suited::File(file))
            }
            Ok(Suited::Directory(_)) | Err(Refused::NotFound) => Err(refused),
            // It is there, and what keeps it from being shown may pass unseen.
            found => found,
        }
    }

    /// What is answered to a path where nothing can be shown: the application's page to those who
    /// accept HTML, if a path is of the kind that applications have. `None` where nothing of its
    /// kind was asked for.
    pub(super) fn in_place(
        &self,
        spa: &str,
        req: &Request<'_>,
        reply: Option<Reply>,
    ) -> Option<Reply> {
        let response = match reply {
            Some(Reply::Respond(response)) => Some(response),
            Some(Reply::Exchange(exchange)) => return Some(Reply::Exchange(exchange)),
            None => None,
        };
        self.page_in_place(spa, req, response).map(Reply::from)
    }

    fn page_in_place(
        &self,
        spa: &str,
        req: &Request<'_>,
        response: Option<Response>,
    ) -> Option<Response> {
        let is_asked = matches!(req.method(), Method::Get | Method::Head) && req.target() != b"*";
        if !is_asked || !response.as_ref().is_none_or(is_missing) {
            return response;
        }
        if has_extension(req.url_path().file_name()) {
            return response;
        }
        let page = match accepts_html(req.headers()) {
            true => match self.application(req, spa) {
                Some(file) => Some(self.send(req, file)),
                // There is none for anybody.
                None => return response,
            },
            false => None,
        };
        let missing = || response.unwrap_or_else(|| self.varied(req, nothing(req)));
        let mut answer = page.unwrap_or_else(missing);
        answer.vary("Accept");
        Some(answer)
    }

    fn application(&self, req: &Request<'_>, path: &str) -> Option<OpenFile> {
        if self.root.is_single_file() {
            return self.page(req, path).ok();
        }
        let closed = Guard::closed(&self.guards).ok()?;
        let view = self.root.view().ok()?;
        match self.find_encoded(req, Within::new(&view, &closed), path.as_bytes()) {
            Ok(Suited::File(file)) => Some(file),
            _ => None,
        }
    }

    /// The answer with the page of this site, if it is 404 and has none of its own.
    ///
    /// For answers that others give, such as [`Cgi::serve`](crate::Cgi::serve); those of the file
    /// server have it already.
    #[inline]
    pub fn with_not_found_page(&self, req: &Request<'_>, reply: Reply) -> Reply {
        match &self.pages.not_found {
            Some(path) => self.with_page_at(path, req, reply),
            None => reply,
        }
    }

    fn with_page_at(&self, path: &str, req: &Request<'_>, reply: Reply) -> Reply {
        match reply {
            Reply::Respond(response) => {
                let page = is_missing(&response).then(|| self.page(req, path));
                match page {
                    Some(Ok(file)) => {
                        let page = file.described().page(Status::NOT_FOUND, Some(&file.file));
                        response.with_page(page).into()
                    }
                    _ => response.into(),
                }
            }
            reply => reply,
        }
    }

    /// Opens a page, as a request for it would.
    fn page(&self, req: &Request<'_>, path: &str) -> Result<OpenFile, Refused> {
        let closed = Guard::closed(&self.guards)?;
        let found = self.root.find_relative(path.as_bytes(), false, &closed)?;
        match found {
            Opened::File(file, stat) => Ok(self.open_file(req, file, stat, path.as_bytes(), None)),
            Opened::Directory(..) => Err(Refused::NotFound),
        }
    }

    /// The pages that were given ([`spa`](crate::FileServerBuilder::spa),
    /// [`not_found`](crate::FileServerBuilder::not_found)) and are not there at present.
    pub fn missing_pages(&self) -> Vec<&str> {
        let pages = [&self.pages.spa, &self.pages.not_found];
        let pages = pages.into_iter().flatten().map(String::as_str);
        let is_there = |path: &&str| {
            let found = self
                .root
                .find_relative(path.as_bytes(), false, &Closed::default());
            matches!(found, Ok(Opened::File(..)))
        };
        pages.filter(|path| !is_there(path)).collect()
    }
}

/// Whether it says that nothing is there.
fn is_missing(response: &Response) -> bool {
    let failure = response.failure();
    failure.is_some_and(|failure| failure.status == Status::NOT_FOUND)
}
