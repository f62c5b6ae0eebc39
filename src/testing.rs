//! What tests a server from inside: [`Site`] drives one without sockets, clock and threads.
//!
//! The rest is for this crate alone: the simulator with its oracle, and the doors that the fuzz
//! targets come in by. The same functions are tests over `fuzz/seeds/`.

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod doors;
pub(crate) mod poller;
#[cfg(any(test, fuzzing))]
mod sim;
mod site;

pub use site::{Answer, Peer, Site};

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use doors::accept::{accept, accept_encoding};
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use doors::builder::request_builder;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use doors::fields::{
    check_error_page as error_page, check_http_date as http_date, check_if_range as if_range,
    check_reroute as reroute,
};
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use doors::files::{media_type, root_open};
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use doors::forwarded::forwarded;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use doors::framing::{chunked_decoder, request_parser};
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use doors::globs::{glob, slow_glob};
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use doors::listing::{listing_names, listing_query};
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use doors::log::log_line;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use doors::multipart::multipart;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use doors::paths::{
    check_etag_list as etag_list, check_range_header as range_header, check_target as path_resolve,
};
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use doors::proxy_header::proxy_header;
#[cfg(all(any(test, fuzzing), feature = "cgi"))]
#[doc(hidden)]
pub use doors::script_heads::cgi_head;
#[cfg(all(any(test, fuzzing), feature = "cgi"))]
#[doc(hidden)]
pub use doors::scripts::{script_environment, script_path, script_stderr};
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use sim::connection;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use sim::differential::{chunked_body, differential, framing_fields, header_list, host};
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use sim::switching::upgrade;
