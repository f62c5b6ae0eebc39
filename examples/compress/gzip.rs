//! Answers in gzip, for those who take it: a wrapper around any handler.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Instant;

use flate2::{Compression, write::GzEncoder};
use sprat::{
    Body, BodyFilter, Cx, Expectation, Failure, Handler, Headers, Log, Reply, Request, Response,
    Status,
};

/// What is shorter gains nothing, in bytes.
const BYTES_MIN: usize = 256;

struct Gzip {
    encoder: GzEncoder<Vec<u8>>,
    /// It was given bytes since it was last flushed.
    has_more: bool,
}

impl Gzip {
    fn new() -> Gzip {
        Gzip {
            encoder: GzEncoder::new(Vec::new(), Compression::fast()),
            has_more: false,
        }
    }
}

impl BodyFilter for Gzip {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        self.has_more |= !bytes.is_empty();
        self.encoder.write_all(bytes)?;
        out.append(self.encoder.get_mut());
        Ok(())
    }

    fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        // Each flush is some bytes, be there something to flush or not.
        if std::mem::take(&mut self.has_more) {
            self.encoder.flush()?;
            out.append(self.encoder.get_mut());
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.encoder.try_finish()?;
        out.append(self.encoder.get_mut());
        Ok(())
    }
}

fn compress(mut response: Response, is_taken: bool) -> Response {
    if response.status() == Status::NOT_MODIFIED && is_taken {
        // A strong tag would renew nothing of what is kept under the weak one (RFC 9111 section
        // 4.3.4); a weak one renews either.
        weaken_tag(&mut response);
        response.vary("Accept-Encoding");
        return response;
    }
    let media_type =
        String::from_utf8_lossy(response.content_type().unwrap_or_default()).to_lowercase();
    let is_text = ["text/", "application/json", "image/svg"].iter();
    let is_text = is_text.clone().any(|start| media_type.starts_with(start));
    let is_short = matches!(response.body(), Body::Bytes(bytes) if bytes.len() < BYTES_MIN);
    let is_coded = response.header_value("Content-Encoding").is_some();
    // A part (206) counts bytes of the content as it is.
    if response.status() != Status::OK || !is_text || is_short || is_coded || is_fixed(&response) {
        return response;
    }
    response.vary("Accept-Encoding");
    if !is_taken || !response.filter(Gzip::new()) {
        return response;
    }
    weaken_tag(&mut response);
    response.remove_header("Accept-Ranges");
    response.header("Content-Encoding", "gzip")
}

/// Of other bytes with the same content the tag still holds as a weak one.
fn weaken_tag(response: &mut Response) {
    let tag = response.header_value("ETag");
    if let Some(tag) = tag.filter(|tag| tag.starts_with(b"\"")) {
        let tag = String::from_utf8_lossy(tag).into_owned();
        response.add_header("ETag", format!("W/{tag}"));
    }
}

/// Whether nobody may change the content (RFC 9111 section 5.2.2.6).
fn is_fixed(response: &Response) -> bool {
    response.headers().any(|(name, value)| {
        let mut directives = value.split(|&byte| byte == b',');
        name.eq_ignore_ascii_case("Cache-Control")
            && directives.any(|one| one.trim_ascii().eq_ignore_ascii_case(b"no-transform"))
    })
}

/// A handler, its answers compressed.
pub struct Compressed<H>(pub H);

impl<H: Handler> Handler for Compressed<H> {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let is_taken = req.accepts_encoding(&["gzip"]).is_some();
        let reply = self.0.handle(req, cx);
        reply.map(move |response| compress(response, is_taken))
    }

    fn expect_continue(&mut self, req: &Request<'_>) -> Expectation {
        self.0.expect_continue(req)
    }

    fn error_page(&mut self, failure: &Failure) -> Response {
        self.0.error_page(failure)
    }

    fn finish(&mut self, fields: Headers<'_>, response: &mut Response) {
        self.0.finish(fields, response);
    }

    fn server_software(&self) -> Option<Cow<'static, str>> {
        self.0.server_software()
    }

    fn log(&mut self, entry: Log<'_>) {
        self.0.log(entry);
    }

    fn work(&mut self, now: Instant) -> Option<Instant> {
        self.0.work(now)
    }

    fn turn_ended(&mut self) {
        self.0.turn_ended();
    }
}
