//! A small, fast, single-threaded HTTP/1.1 file and CGI server.

#![deny(unsafe_code)]

pub mod files;
mod handler;
pub mod http;
pub mod log;
mod reactor;
mod sys;

pub use files::mime::MimeMap;
pub use handler::{
    Body, BodySource, Cx, Exchange, Expectation, Failure, Handler, Log, Pull, Reply, Request,
    Response, Sink,
};
pub use http::framing::BodyLen;
pub use http::headers::Headers;
pub use http::limits::Limits;
pub use http::method::{Method, Version};
pub use http::status::Status;
pub use http::target::UrlPath;
pub use reactor::wake::{ExchangeWaker, Handle};
pub use sys::open::Symlinks;
