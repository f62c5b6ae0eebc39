//! The stock file handler: types, listings. Written against the public API.

pub mod file_server;
pub mod listing;
pub mod mime;
