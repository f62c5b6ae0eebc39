//! The stock CGI handler (RFC 3875).
//!
//! Written against the public API: a run is an [`Exchange`](crate::Exchange) like any other.

mod child;
mod env;
mod environment;
mod failures;
mod find;
mod given;
mod head;
pub mod limits;
mod lines;
mod memory;
mod process;
mod pumps;
mod queue;
mod run;
mod serve;
mod settings;
mod space;
mod spool;
#[cfg(any(test, fuzzing))]
pub(crate) mod staging;
#[cfg(any(test, fuzzing))]
pub(crate) mod testing;
#[cfg(any(test, fuzzing))]
pub(crate) mod testing_heads;
mod user;

pub use serve::{Cgi, CgiMatch, Script};
pub use settings::CgiBuilder;

#[cfg(test)]
mod tests;
