//! The stock file handler: types, listings. Written against the public API.

mod answers;
pub mod asset;
pub mod assets;
mod cache;
mod contents;
pub mod file_server;
pub mod glob;
pub mod header_rules;
pub mod listing;
pub mod mime;
mod representation;
mod verdicts;
