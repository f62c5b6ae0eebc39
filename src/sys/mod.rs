//! Everything that differs between systems, and every `unsafe` line. No policy, no HTTP words.

pub mod directory;
pub mod file;
pub mod limits;
pub mod localtime;
pub mod open;
pub mod output;
pub mod pidfd;
pub mod sendfile;
pub mod socket;
