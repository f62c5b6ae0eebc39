//! A small, fast, single-threaded HTTP/1.1 file and CGI server.

mod files;
mod handler;
mod http;
pub mod log;
mod reactor;
mod server;
mod sys;

/// What the fuzz targets call; the same functions are tests over `fuzz/seeds/`.
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod testing {
    pub use crate::http::testing::{chunked_decoder, request_parser};
    pub use crate::http::testing_paths::{
        check_etag_list as etag_list, check_range_header as range_header,
        check_target as path_resolve,
    };
}

pub use files::mime::MimeMap;
pub use files::root::Root;
pub use files::server::{FileServer, FileServerBuilder, Found, OpenDir, OpenFile};
pub use handler::{
    Body, BodySource, Cx, Exchange, Expectation, Failure, Handler, Log, Pull, Reply, Request,
    Response, Sink,
};
pub use http::framing::BodyLen;
pub use http::headers::Headers;
pub use http::limits::{self, Limits};
pub use http::method::{Method, Version};
pub use http::status::Status;
pub use http::target::UrlPath;
pub use reactor::wake::{ExchangeWaker, Handle};
pub use server::{Builder, Server, Turn};
pub use sys::open::Symlinks;

/// Raises the soft limit on open descriptors to the hard one: for programs that mean to serve many
/// connections. The library never does it by itself.
///
/// # Errors
/// What the system says.
pub fn raise_descriptor_limit() -> std::io::Result<()> {
    sys::limits::raise_descriptors()
}
