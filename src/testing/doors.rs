//! One function for each fuzz target: it takes any bytes, and panics where a promise is broken.

pub mod accept;
pub mod builder;
pub mod fields;
pub mod files;
pub mod forwarded;
pub mod framing;
pub mod globs;
pub mod listing;
pub mod log;
pub mod multipart;
pub mod paths;
pub mod proxy_header;
#[cfg(feature = "cgi")]
pub mod script_heads;
#[cfg(feature = "cgi")]
pub mod scripts;
