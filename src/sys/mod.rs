//! Everything that differs between systems, and every `unsafe` line. No policy, no HTTP words.

pub mod directory;
pub mod file;
pub mod limits;
pub mod open;
pub mod pidfd;
pub mod process;
pub mod sendfile;
pub mod socket;
