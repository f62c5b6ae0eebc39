//! A book that is built, as `mdbook serve` shows it: its pages reload when a file of it changes:
//! `cargo run --example book 127.0.0.1:3000 book`

mod reload;
#[path = "../websocket/talk.rs"]
mod talk;
mod watch;
#[path = "../websocket/wire.rs"]
mod wire;

use std::io;
use std::time::Instant;

use sprat::{
    Builder, Cx, Failure, FileServer, Handler, Headers, ListingStyle, Method, Reply, Request,
    Response, Status,
};
use talk::{Peer, talk};
use tungstenite::Message;
use watch::Watch;

struct Book {
    files: FileServer,
    watch: Watch,
    /// Pages that are open, and some that were.
    pages: Vec<Peer>,
}

impl Handler for Book {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        Reply::when(req, &[Method::Get], |_| match req.path() {
            "/__livereload" if !reload::is_own_page(req) => Failure::new(Status::FORBIDDEN).into(),
            "/__livereload" => {
                let (page, response) = talk(req, cx, |_, _| {});
                self.pages.retain(|page| !page.is_over());
                self.pages.push(page);
                response.into()
            }
            _ => self.files.handle(req, cx),
        })
    }

    fn finish(&mut self, _: Headers<'_>, response: &mut Response) {
        if response.status() == Status::MOVED_PERMANENTLY {
            // Browsers would keep it, and the next build may be another.
            response.set_status(Status::TEMPORARY_REDIRECT);
        }
        reload::add_script(response);
    }

    fn work(&mut self, _: Instant) -> Option<Instant> {
        if self.watch.has_changed() {
            for page in self.pages.drain(..) {
                page.send(Message::text("reload"));
                page.send(Message::Close(None));
            }
        }
        None
    }
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let builder = Builder::bind(address)?;
    let directory = std::env::args().nth(2).unwrap_or("book".into());
    let files = FileServer::builder(&directory)
        .listing(ListingStyle::Off)
        .not_found("404.html")
        .open()?;
    let watch = Watch::new(directory.into(), builder.handle());
    println!("http://{}/", builder.local_addrs()[0]);
    let pages = Vec::new();
    builder
        .serve(Book {
            files,
            watch,
            pages,
        })
        .run()
}
