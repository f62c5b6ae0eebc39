//! The stock file handler: a root directory, types, listings. Written against the public API.

pub mod listing;
pub mod mime;
pub mod root;
pub mod server;
#[cfg(any(test, fuzzing))]
pub mod testing;
