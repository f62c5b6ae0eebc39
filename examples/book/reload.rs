//! The script that reloads a page, which mdbook puts into each as it builds.

use std::io;

use sprat::{BodyFilter, Request, Response, Status};

/// Puts the script behind a page, and leaves all else as it is.
pub fn add_script(response: &mut Response) {
    let media_type = response.content_type().unwrap_or_default();
    let is_page = media_type.starts_with(b"text/html");
    let is_whole = response.status() != Status::PARTIAL_CONTENT;
    if !is_page || !is_whole || !response.filter(Script) {
        return;
    }
    // It has other bytes than the file now, whose ranges and strong tag are not its own.
    response.remove_header("Accept-Ranges");
    if let Some(tag) = response.header_value("ETag").filter(|tag| tag[0] == b'"') {
        let tag = String::from_utf8_lossy(tag).into_owned();
        response.add_header("ETag", format!("W/{tag}"));
    }
}

struct Script;

impl BodyFilter for Script {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(include_bytes!("reload.html"));
        Ok(())
    }
}

/// Whether it is a page of ours that asks, or no browser: they all say whose page it is.
pub fn is_own_page(req: &Request<'_>) -> bool {
    let Some(origin) = req.header("Origin") else {
        return true;
    };
    let host = origin.strip_prefix(b"http://");
    host.or(origin.strip_prefix(b"https://")) == req.host()
}
