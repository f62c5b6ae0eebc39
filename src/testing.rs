//! What tests the product from inside, and is no part of it: the simulator with its oracle, and the
//! doors that the fuzz targets come in by. The same functions are tests over `fuzz/seeds/`.

#[doc(hidden)]
pub mod doors;
pub(crate) mod poller;
mod sim;

pub use doors::accept::{accept, accept_encoding};
pub use doors::fields::{
    check_error_page as error_page, check_http_date as http_date, check_if_range as if_range,
    check_reroute as reroute,
};
pub use doors::files::{media_type, root_open};
pub use doors::forwarded::forwarded;
pub use doors::framing::{chunked_decoder, request_parser};
pub use doors::globs::{glob, slow_glob};
pub use doors::listing::{listing_names, listing_query};
pub use doors::log::log_line;
pub use doors::paths::{
    check_etag_list as etag_list, check_range_header as range_header, check_target as path_resolve,
};
pub use doors::proxy_header::proxy_header;
#[cfg(feature = "cgi")]
pub use doors::script_heads::cgi_head;
#[cfg(feature = "cgi")]
pub use doors::scripts::{script_environment, script_path, script_stderr};
pub use sim::connection;
pub use sim::differential::{chunked_body, differential, framing_fields, header_list, host};
