//! Files as the stock handler serves them, but directories listed in one's own way.

use std::path::PathBuf;

use sprat::{Builder, Cx, FileServer, Found, Handler, Method, Reply, Request, Response, Status};

struct Site {
    files: FileServer,
    directory: PathBuf,
}

impl Handler for Site {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        if req.method() != Method::Get && req.method() != Method::Head {
            return self.files.handle(req, cx);
        }
        match self.files.find(req) {
            // The name was looked up beneath the directory: what is there is ours to show.
            Found::Directory(_) => self.list(req).into(),
            Found::File(file) => self.files.send(req, file).into(),
            _ => self.files.handle(req, cx),
        }
    }
}

impl Site {
    /// A plain text of names and sizes.
    fn list(&self, req: &Request<'_>) -> Response {
        let path = self.directory.join(req.path().trim_matches('/'));
        let mut lines = Vec::new();
        for entry in path.read_dir().into_iter().flatten().flatten() {
            let bytes = entry.metadata().map_or(0, |metadata| metadata.len());
            lines.push(format!(
                "{bytes:>12} {}\n",
                entry.file_name().to_string_lossy()
            ));
        }
        lines.sort();
        Response::new(Status::OK).text(lines.concat())
    }
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    let directory = std::env::args().nth(2).unwrap_or(".".into());
    let files = FileServer::new(&directory)?;
    builder
        .serve(Site {
            files,
            directory: directory.into(),
        })
        .run()
}
