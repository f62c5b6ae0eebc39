//! Paths in one `match`, their methods in another, and state without a lock.

use sprat::{Builder, Cx, Failure, Handler, Method, Reply, Request, Response, Status};

struct Hello {
    greeted: u64,
}

impl Handler for Hello {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        match &req.segments()[..] {
            // HEAD goes where GET does; OPTIONS and 405 say what there is.
            [] => Reply::when(req, &[Method::Get, Method::Delete], |method| {
                if method == Method::Delete {
                    self.greeted = 0;
                    return Response::new(Status::NO_CONTENT);
                }
                text(format!("{} greeted\n", self.greeted))
            }),
            ["hello", name] => Reply::when(req, &[Method::Get], |_| {
                self.greeted += 1;
                text(format!("Hello, {name}!\n"))
            }),
            _ => Failure::new(Status::NOT_FOUND).into(),
        }
    }
}

fn text(text: String) -> Response {
    Response::new(Status::OK).text(text)
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    builder.serve(Hello { greeted: 0 }).run()
}
