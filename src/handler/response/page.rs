//! The page of a failure that nobody else makes one for.

use std::sync::LazyLock;

use super::Response;
use crate::handler::failure::Failure;
use crate::http::lines::FieldLines;
use crate::http::page::error_page_bytes;

/// The fields of a stock page.
static PAGE_LINES: LazyLock<Option<FieldLines>> = LazyLock::new(|| {
    let of_html = "text/html;charset=utf-8".as_bytes();
    FieldLines::of(&[("Content-Type".into(), of_html.into())])
});

impl Failure {
    /// The stock page: HTML as Python's `http.server` sends it.
    pub fn page(&self) -> Response {
        let mut page = Response::new(self.status);
        page.lines.clone_from(&PAGE_LINES);
        page.bytes(error_page_bytes(self.status, &self.message, &self.explain))
    }
}
