//! A subclass as people write them for Python's `http.server`, beside the same in sprat.
//!
//! ```python
//! class CORSRequestHandler(http.server.SimpleHTTPRequestHandler):
//!     server_version = "CORS/1.0"
//!
//!     def end_headers(self):
//!         self.send_header("Access-Control-Allow-Origin", "*")
//!         super().end_headers()
//!
//!     def do_POST(self):
//!         length = int(self.headers["Content-Length"])
//!         body = self.rfile.read(length)
//!         self.send_response(200)
//!         self.send_header("Content-Type", "text/plain")
//!         self.end_headers()
//!         self.wfile.write(body.upper())
//!
//!     def log_message(self, format, *args):
//!         pass
//!
//! with http.server.ThreadingHTTPServer(("127.0.0.1", 8000), CORSRequestHandler) as httpd:
//!     httpd.serve_forever()
//! ```

use std::borrow::Cow;

use sprat::{
    Builder, Cx, FileServer, Handler, ListingStyle, Method, Reply, Request, Response, Status,
};

/// The longest body of a POST, in bytes. Python's class reads whatever is announced.
const BODY_BYTES_MAX: usize = 1 << 20;

struct CORSRequestHandler {
    files: FileServer,
}

impl Handler for CORSRequestHandler {
    fn server_software(&self) -> Option<Cow<'static, str>> {
        Some("CORS/1.0".into())
    }

    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let reply = match req.method() {
            Method::Post => Reply::collect(req, BODY_BYTES_MAX, |body, _| {
                Response::new(Status::OK)
                    .header("Content-Type", "text/plain")
                    .bytes(body.to_ascii_uppercase())
            }),
            _ => self.files.handle(req, cx),
        };
        reply.map(|response| response.header("Access-Control-Allow-Origin", "*"))
    }

    // There is no log unless `Handler::log` writes one.
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    let files = FileServer::builder(".")
        .listing(ListingStyle::Plain)
        .open()?;
    builder.serve(CORSRequestHandler { files }).run()
}
