//! The stock file handler: types, listings. Written against the public API.

pub mod listing;
pub mod mime;
pub mod server;
#[cfg(any(test, fuzzing))]
pub mod testing;
