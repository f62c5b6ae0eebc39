//! Parts of any single-threaded event loop. Nothing here knows HTTP.

pub mod clock;
pub mod reap;
pub mod scratch;
pub mod timers;
pub mod token;
pub mod wake;
