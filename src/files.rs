//! The stock file handler: types, listings. Written against the public API.

mod cache;
pub mod file_server;
pub mod listing;
pub mod mime;
