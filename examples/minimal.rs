//! The smallest server: one page for every path. `cargo run --example minimal [ADDRESS:PORT]`

use sprat::{Builder, Cx, Handler, Reply, Request, Response, Status};

// Small, too, in a release: 200 KB less.
sprat::without_backtraces!(static);

struct Hello;

impl Handler for Hello {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Response::new(Status::OK).text("hello\n").into()
    }
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    builder.serve(Hello).run()
}
