//! Files as the stock handler serves them, but directories listed in one's own way.

use sprat::{Builder, DirectoryEntry, FileServer, Request, Response, Status};

/// A plain text of names and sizes, or, for `?names`, of names alone.
fn list(req: &Request<'_>, entries: Vec<DirectoryEntry>) -> Response {
    let is_of_names = req.query() == Some(b"names");
    let lines = entries.iter().map(|entry| {
        let name = entry.name.to_string_lossy();
        let slash = if entry.is_directory() { "/" } else { "" };
        let bytes = entry.stat.map_or(0, |stat| stat.len);
        match is_of_names {
            true => format!("{name}{slash}\n"),
            false => format!("{bytes:>12} {name}{slash}\n"),
        }
    });
    Response::new(Status::OK).text(lines.collect::<String>())
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    let directory = std::env::args().nth(2).unwrap_or(".".into());
    let files = FileServer::builder(directory).listing_page(list).open()?;
    builder.serve(files).run()
}
