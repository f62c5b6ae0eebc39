//! A site that is compiled into the program, and answered as files are, with an API beside it.

use sprat::{Assets, Builder, Cx, Failure, Handler, Method, Reply, Request, Response, Status};

/// What is there, by its path; `.gz` behind a name is sent to those who accept it.
const TABLE: &[(&str, &[u8])] = &[
    ("index.html", include_bytes!("index.html")),
    ("style.css", include_bytes!("style.css")),
    ("style.css.gz", include_bytes!("style.css.gz")),
    ("missing.html", include_bytes!("missing.html")),
];

struct Site {
    assets: Assets,
    hits: u64,
}

impl Handler for Site {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        if req.path() == "/api/hits" {
            let hits = self.hits.to_string();
            return Reply::when(req, &[Method::Get], |_| {
                Response::new(Status::OK).text(hits)
            });
        }
        self.hits += 1;
        match self.assets.serve(req) {
            Some(response) => response.into(),
            None => self.missing(req).into(),
        }
    }
}

impl Site {
    /// 404 with a page of one's own to those who ask for one.
    fn missing(&self, req: &Request<'_>) -> Response {
        let page = self.assets.get("missing.html");
        match page.filter(|_| req.method().is_get_or_head()) {
            Some(page) => page.page(Status::NOT_FOUND),
            None => Failure::new(Status::NOT_FOUND).into(),
        }
    }
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    let table = TABLE.iter();
    let table = table.fold(Assets::builder(), |all, &(path, bytes)| {
        all.file(path, bytes)
    });
    // Asked for each time, and mostly answered 304.
    let assets = table.header("Cache-Control", "no-cache").build()?;
    builder.serve(Site { assets, hits: 0 }).run()
}
