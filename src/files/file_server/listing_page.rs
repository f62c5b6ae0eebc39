//! A listing of one's own, as the user has given it.

use std::fmt;
use std::sync::Arc;

use super::open_dir::DirectoryEntry;
use crate::handler::{Request, Response};

/// Makes a response of the entries of a directory.
#[derive(Clone)]
pub struct ListingPage(Arc<Make>);

type Make = dyn Fn(&Request<'_>, Vec<DirectoryEntry>) -> Response + Send + Sync;

impl ListingPage {
    pub fn new<R: Into<Response>>(
        make: impl Fn(&Request<'_>, Vec<DirectoryEntry>) -> R + Send + Sync + 'static,
    ) -> ListingPage {
        ListingPage(Arc::new(move |req, entries| make(req, entries).into()))
    }

    /// The response for a request.
    pub fn make(&self, req: &Request<'_>, entries: Vec<DirectoryEntry>) -> Response {
        let mut response = (self.0)(req, entries);
        // Its bytes do not tell how much was looked at for it.
        response.is_costly = true;
        response
    }
}

impl fmt::Debug for ListingPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListingPage")
    }
}
