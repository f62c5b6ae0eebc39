//! Files as the stock handler serves them, but directories listed in one's own way.

use sprat::{
    Builder, Cx, Failure, FileServer, Found, Handler, OpenDir, Reply, Request, Response, Status,
};

struct Site {
    files: FileServer,
}

impl Handler for Site {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        if !req.method().is_get_or_head() {
            return self.files.handle(req, cx);
        }
        match self.files.find(req) {
            Found::Directory(dir) => list(dir).into(),
            Found::File(file) => self.files.send(req, file).into(),
            _ => self.files.handle(req, cx),
        }
    }
}

/// A plain text of names and sizes.
fn list(dir: OpenDir) -> Response {
    let entries = match dir.entries() {
        Ok(entries) => entries,
        Err(error) => {
            let failure = Failure::new(Status::INTERNAL_SERVER_ERROR);
            return failure.cause(error.to_string()).into();
        }
    };
    let lines: Vec<_> = entries
        .iter()
        .map(|entry| {
            let bytes = entry.stat.map_or(0, |stat| stat.len);
            format!("{bytes:>12} {}\n", entry.name.to_string_lossy())
        })
        .collect();
    Response::new(Status::OK).text(lines.concat())
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    let directory = std::env::args().nth(2).unwrap_or(".".into());
    let files = FileServer::new(directory)?;
    builder.serve(Site { files }).run()
}
