//! Scripts and files below a prefix, beside routes of one's own.

use sprat::{Builder, Cgi, Cx, FileServer, Handler, Reply, Request, Response, Status};

struct Site {
    cgi: Cgi,
    files: FileServer,
}

impl Handler for Site {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let mounted = req.below("/app", |req| {
            // Scripts first: the file server would show their source.
            let script = self.cgi.serve(req, cx);
            script.unwrap_or_else(|| self.files.handle(req, cx))
        });
        mounted.unwrap_or_else(|| {
            let page = Response::new(Status::OK).header("Content-Type", "text/html");
            page.text("<a href=\"/app/\">the application</a>\n").into()
        })
    }
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    let directory = std::env::args().nth(2).unwrap_or(".".into());
    let cgi = Cgi::builder(&directory).directories(["/cgi-bin"]).build()?;
    let files = FileServer::new(&directory)?;
    builder.serve(Site { cgi, files }).run()
}
