//! HTTP/1.1 as pure functions: bytes in, facts out. No socket, file, process or clock.
//!
//! A request's way through this folder: `head` finds and parses it, `framing` decides how long its
//! body is and whether the connection lives on, `target` turns its target into a path, `body` and
//! `chunked` decode its body; `accept`, `coding`, `etag`, `validators` and
//! `range` decide what form and what part of a file answers it;
//! `upgrade` whether its connection may go on with another protocol;
//! `response` writes the answer's head; `dialog` is the state machine that joins the two sides.
//! `form` and `multipart` are for handlers alone, `calendar` for logs and listings, `origin` and
//! `site_name` for the rules of a site, `forwarded`, `network` and `proxy_header` for proxies in
//! front, `peer` for who shares what there is.

pub mod accept;
pub mod body;
pub mod calendar;
pub mod chunked;
pub mod coding;
pub mod dialog;
pub mod etag;
pub mod fault;
pub mod fields;
pub mod form;
pub mod forwarded;
pub mod framing;
pub mod grammar;
pub mod head;
pub mod headers;
pub mod host;
pub mod limits;
pub mod lines;
pub mod memory;
pub mod method;
pub mod mix;
pub mod multipart;
pub mod network;
pub mod origin;
pub mod page;
pub mod peer;
pub mod proxy_header;
pub mod range;
pub mod reroute;
pub mod response;
pub mod scheme;
pub mod site_name;
pub mod status;
pub mod target;
pub mod upgrade;
pub mod validators;
