//! The smallest server: one page for every path.

use sprat::{Builder, Cx, Handler, Reply, Request, Response, Status};

struct Hello;

impl Handler for Hello {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Response::new(Status::OK)
            .header("Content-Type", "text/plain")
            .bytes(&b"hello\n"[..])
            .into()
    }
}

fn main() -> std::io::Result<()> {
    let builder = Builder::bind(([127, 0, 0, 1], 8000).into())?;
    builder.serve(Hello).run()
}
