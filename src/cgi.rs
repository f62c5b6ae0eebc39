//! The stock CGI handler (RFC 3875).
//!
//! Written against the public API: a run is an [`Exchange`](crate::Exchange) like any other.

mod child;
pub mod env;
pub mod environment;
mod failures;
pub mod find;
mod given;
pub mod head;
mod job;
pub mod limits;
pub mod lines;
mod memory;
mod obstacles;
mod process;
mod pumps;
mod queue;
mod run;
mod script;
mod serve;
mod settings;
mod space;
mod spool;
#[cfg(any(test, fuzzing))]
pub(crate) mod staging;
mod turns;
mod user;

pub use obstacles::CgiObstacle;
pub use script::Script;
pub use serve::{Cgi, CgiMatch};
pub use settings::CgiBuilder;

#[cfg(test)]
mod tests;
