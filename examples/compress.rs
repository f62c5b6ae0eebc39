//! Answers in gzip, for those who take it: a wrapper around any handler.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Instant;

use flate2::{Compression, write::GzEncoder};
use sprat::{
    Body, BodyFilter, Builder, Cx, Expectation, Failure, Handler, Headers, Log, Reply, Request,
    Response, Status,
};

/// What is shorter gains nothing, in bytes.
const BYTES_MIN: usize = 256;

struct Gzip(GzEncoder<Vec<u8>>);

impl BodyFilter for Gzip {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        self.0.write_all(bytes)?;
        out.append(self.0.get_mut());
        Ok(())
    }

    fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.0.flush()?;
        out.append(self.0.get_mut());
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.0.try_finish()?;
        out.append(self.0.get_mut());
        Ok(())
    }
}

fn compress(mut response: Response, is_taken: bool) -> Response {
    let value = |name| response.header_value(name).unwrap_or_default();
    let media_type =
        String::from_utf8_lossy(response.content_type().unwrap_or_default()).to_lowercase();
    let is_text = ["text/", "application/json", "image/svg"].iter();
    let is_text = is_text.clone().any(|start| media_type.starts_with(start));
    let is_short = matches!(response.body(), Body::Bytes(bytes) if bytes.len() < BYTES_MIN);
    let is_coded = !value("Content-Encoding").is_empty();
    if response.status() != Status::OK || !is_text || is_short || is_coded {
        return response;
    }
    response.add_header("Vary", "Accept-Encoding");
    let encoder = GzEncoder::new(Vec::new(), Compression::fast());
    if !is_taken || !response.filter(Gzip(encoder)) {
        return response;
    }
    // Its bytes are others now, and the tag that names the content still holds as a weak one.
    if let Some(tag) = response.header_value("ETag").filter(|tag| tag[0] == b'"') {
        let tag = String::from_utf8_lossy(tag).into_owned();
        response.add_header("ETag", format!("W/{tag}"));
    }
    response.remove_header("Accept-Ranges");
    response.header("Content-Encoding", "gzip")
}

struct Compressed<H>(H);

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

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    let pages = sprat::handler(|req, _| match req.path() {
        "/short" => Response::new(Status::OK).text("short\n"),
        "/missing" => Failure::new(Status::NOT_FOUND).into(),
        path => Response::new(Status::OK).text(format!("{path}\n").repeat(10_000)),
    });
    builder.serve(Compressed(pages)).run()
}
