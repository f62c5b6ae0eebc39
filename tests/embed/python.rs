//! The rows of the table in the crate's documentation that a request handler has in Python.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use sprat::{
    Body, BodySource, Builder, Cx, Expectation, Failure, FileServer, Found, Handler, Limits, Log,
    Method, MimeMap, Opened, Pull, Reply, Request, Response, Root, Sink, Status, Symlinks, Turn,
    Version, http_date, log,
};

use super::still::Still;
use super::support::Site as Tree;
use super::{serve_by, text};

const LINK: &str = "</style.css>; rel=preload; as=style";

/// What Python calls a request handler.
struct Spam {
    hits: u64,
    logged: Rc<RefCell<Vec<String>>>,
}

struct Ticks(u32);

impl BodySource for Ticks {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        self.0 -= 1;
        out.put(b"tick\n");
        Ok(if self.0 == 0 { Pull::Done } else { Pull::More })
    }
}

impl Handler for Spam {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        self.hits += 1;
        match (req.method(), req.path()) {
            (Method::Other("SPAM"), _) => text("eggs").into(),
            (Method::Get, "/hits") => text(self.hits.to_string()).into(),
            (Method::Get, "/request") => self.describe(req),
            (Method::Get, "/logged") => text(self.logged.borrow().join("\n")).into(),
            (Method::Post, "/body") => Reply::collect(req, 1 << 20, |body, _| {
                Response::new(Status::OK).bytes(body)
            }),
            (Method::Get, "/ticks") => Response::new(Status::OK).source(Ticks(3)).into(),
            (Method::Get, "/close") => text("").close().into(),
            (Method::Get, "/reason") => Response::new(Status::OK).reason("Fine").into(),
            (Method::Get, "/field") => {
                let response = Response::new(Status::NO_CONTENT).header("X-Spam", "eggs");
                response.into()
            }
            (Method::Get, "/hints") => {
                cx.interim(Status::EARLY_HINTS, &[("Link", LINK)]);
                text("page").into()
            }
            (Method::Get, "/log") => {
                cx.log("one line");
                text(log::date_time_string(cx.wall())).into()
            }
            (Method::Get, "/date") => text(cx.date()).into(),
            (Method::Get, "/fishing") => {
                let failure = Failure::new(Status::NOT_FOUND);
                failure
                    .message("Gone fishing")
                    .explain("Back at noon")
                    .into()
            }
            (Method::Get, "/999") => Failure::new(Status::new(999).unwrap())
                .message("Odd")
                .explain("Very odd")
                .into(),
            _ => Failure::new(Status::NOT_IMPLEMENTED).into(),
        }
    }

    fn expect_continue(&mut self, _: &Request<'_>) -> Expectation {
        Failure::new(Status::EXPECTATION_FAILED).into()
    }

    fn error_page(&mut self, failure: &Failure) -> Response {
        let page = format!("{}: {}", failure.message, failure.explain);
        text(page).header("Content-Type", "text/plain")
    }

    fn server_software(&self) -> Option<Cow<'static, str>> {
        Some("Spam/1.0".into())
    }

    fn log(&mut self, entry: Log<'_>) {
        let mut line = Vec::new();
        log::append_line(&mut line, "now", &entry);
        // A request that is over has none.
        if !line.is_empty() {
            let line = String::from_utf8(line).unwrap();
            self.logged.borrow_mut().push(line);
        }
    }
}

impl Spam {
    fn describe(&self, req: &Request<'_>) -> Reply {
        let bytes = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let accepts: Vec<String> = req.headers().get_all("Accept").map(bytes).collect();
        let names: Vec<&str> = req.headers().iter().map(|(name, _)| name).collect();
        let lines = [
            bytes(req.request_line()),
            req.method().name().to_owned(),
            bytes(req.target()),
            req.version().name().to_owned(),
            req.header("User-Agent").map(bytes).unwrap_or_default(),
            accepts.join("+"),
            names.join("+"),
            req.peer()
                .map(|peer| peer.ip().to_canonical())
                .unwrap()
                .to_string(),
            req.local_addr().unwrap().to_string(),
        ];
        text(lines.join("\n")).into()
    }
}

fn spam() -> Still<Spam> {
    Still::of(Spam {
        hits: 0,
        logged: Rc::default(),
    })
}

#[test]
fn a_server_has_an_address_a_port_and_turns() {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let limits = Limits {
        stall_time: Duration::from_secs(60),
        ..Limits::default()
    };
    let builder = Builder::bind(address).unwrap().limits(limits);
    assert_eq!(builder.local_addrs()[0].ip(), address.ip());
    assert_ne!(builder.local_addrs()[0].port(), 0);
    let mut server = builder.serve(Spam {
        hits: 0,
        logged: Rc::default(),
    });
    let _descriptor = server.as_fd();
    while server.turn(Some(Duration::ZERO)).unwrap() == Turn::More {}
    server.handle().stop().unwrap();
    server.run().unwrap();
}

#[test]
fn methods_are_dispatched_and_unknown_ones_are_501() {
    let server = spam();
    assert_eq!(server.ask("SPAM /", "").text(), "eggs");
    let reply = server.ask("EGGS /", "");
    assert_eq!((reply.status, reply.field("Server")), (501, "Spam/1.0"));
    assert_eq!(server.get("/hits").text(), "3");
}

#[test]
fn a_request_says_all_that_python_says_of_it() {
    let server = spam();
    let fields = "User-Agent: me\r\nAccept: a\r\naccept: b\r\n";
    let reply = server.ask("GET /request?q", fields);
    let want = "GET /request?q HTTP/1.1\nGET\n/request?q\nHTTP/1.1\nme\na+b\n\
         Host+User-Agent+Accept+accept\n127.0.0.1\n127.0.0.1:80";
    assert_eq!(reply.text(), want);
}

#[test]
fn bodies_go_in_and_out() {
    let server = spam();
    let reply = server.say("POST /body HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(reply.text(), "hi");
    assert_eq!(server.get("/ticks").text(), "tick\ntick\ntick\n");
    assert_eq!(server.get("/close").field("Connection"), "close");
}

#[test]
fn errors_have_codes_words_and_pages_of_ones_own() {
    let server = spam();
    let reply = server.get("/fishing");
    assert_eq!((reply.status, &*reply.reason), (404, "Gone fishing"));
    assert_eq!(reply.field("Content-Type"), "text/plain");
    assert_eq!(reply.text(), "Gone fishing: Back at noon");
    let reply = server.get("/999");
    assert_eq!(
        (reply.status, &*reply.reason, reply.text()),
        (999, "Odd", "Odd: Very odd")
    );
    // The server's own errors, too.
    let reply = server.say("GET\r\n\r\n");
    assert!(reply.text().starts_with("Bad request syntax"));
    assert_eq!(Status::NOT_FOUND.reason(), "Not Found");
    assert_eq!(Status::NOT_FOUND.explain(), "Nothing matches the given URI");
    let expects = "Content-Length: 2\r\nExpect: 100-continue\r\n";
    assert_eq!(server.ask("POST /body", expects).status, 417);
}

#[test]
fn responses_have_reasons_fields_and_hints() {
    let server = spam();
    assert_eq!(server.get("/reason").reason, "Fine");
    assert_eq!(server.get("/field").field("X-Spam"), "eggs");
    let answers = server.answers("GET /hints HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(answers[0].field("Link"), LINK);
    assert_eq!(answers[1].text(), "page");
}

#[test]
fn logs_and_dates_are_pythons() {
    let server = spam();
    let stamp = server.get("/log").text().to_owned();
    assert_eq!(stamp.len(), "22/Nov/2026 21:26:08".len(), "{stamp}");
    server.get("/none");
    let want = [
        "127.0.0.1 - - [now] one line\n",
        "127.0.0.1 - - [now] \"GET /log HTTP/1.1\" 200 -\n",
        "127.0.0.1 - - [now] code 501, message Not Implemented\n",
        "127.0.0.1 - - [now] \"GET /none HTTP/1.1\" 501 -\n",
    ];
    assert_eq!(server.get("/logged").text(), want.join("\n"));
    let reply = server.get("/date");
    assert_eq!(reply.text(), reply.field("Date"));
    let time = UNIX_EPOCH + Duration::from_secs(784_111_777);
    assert_eq!(http_date(time).unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT");
}

#[test]
fn http_1_0_is_spoken_if_asked() {
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    let builder = builder.protocol(Version::Http10);
    let server = serve_by(builder, || Spam {
        hits: 0,
        logged: Rc::default(),
    });
    let reply = server.get("/hits");
    assert_eq!(
        (&*reply.version, reply.field("Connection")),
        ("HTTP/1.0", "close")
    );
}

/// What Python calls a `SimpleHTTPRequestHandler`.
struct Simple {
    files: FileServer,
    root: Root,
}

impl Simple {
    fn new(directory: PathBuf) -> io::Result<Simple> {
        let types = MimeMap::default().extension(".log", "text/x-log");
        assert_eq!(types.guess(b"a.log"), "text/x-log; charset=utf-8");
        let files = FileServer::builder(&directory)
            .index_pages(vec!["home.html".into()])
            .mime(types)
            .open()?;
        let root = Root::open(&directory, Symlinks::default())?;
        Ok(Simple { files, root })
    }
}

impl Handler for Simple {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        match req.query() {
            Some(b"find") => match self.files.find(req) {
                Found::File(file) => self.files.send(req, file).into(),
                Found::Directory(dir) => self.files.list(req, dir).into(),
                Found::Redirect(location) => Response::new(Status::MOVED_PERMANENTLY)
                    .header("Location", location)
                    .into(),
                Found::Missing(failure) => failure.into(),
                _ => Failure::new(Status::NOT_FOUND).into(),
            },
            Some(b"path") => match self.root.find(req.url_path()) {
                Ok(Opened::File(file, stat)) => {
                    let (file, range) = (file.into(), 0..stat.len);
                    Response::new(Status::OK)
                        .with_body(Body::File { file, range })
                        .into()
                }
                _ => Failure::new(Status::NOT_FOUND).into(),
            },
            _ => self.files.handle(req, cx),
        }
    }
}

#[test]
fn files_are_served_as_by_python() {
    let tree = Tree::new("simple");
    tree.file("a.log", "lines\n");
    tree.file("with/home.html", "<p>home");
    tree.file("dir/x", "");
    let server = Still::of(Simple::new(tree.root().into()).unwrap());
    tree.link("out", "/etc/hosts");
    for query in ["", "?find", "?path"] {
        assert_eq!(server.get(&format!("/a.log{query}")).text(), "lines\n");
        let up = format!("/dir/%2e%2e/../../a.log{query}");
        assert_eq!(server.get(&up).text(), "lines\n", "never above the root");
        for outside in ["/out", "/../../etc/hosts", "/none"] {
            assert_eq!(
                server.get(&format!("{outside}{query}")).status,
                404,
                "{outside}"
            );
        }
    }
    assert_eq!(
        server.get("/a.log").field("Content-type"),
        "text/x-log; charset=utf-8"
    );
    assert_eq!(server.ask("HEAD /a.log", "").field("Content-Length"), "6");
    assert_eq!(server.get("/with/").text(), "<p>home");
    for query in ["", "?find"] {
        assert!(
            server
                .get(&format!("/dir/{query}"))
                .text()
                .contains("<a href=\"x\">x</a>")
        );
        let reply = server.get(&format!("/dir{query}"));
        let location = format!("/dir/{query}");
        assert_eq!((reply.status, reply.field("Location")), (301, &*location));
    }
    let directory = tree.root();
    assert!(FileServer::new(directory).is_ok());
}

#[test]
#[cfg(feature = "cgi")]
fn scripts_are_found_and_run_as_by_python() {
    use super::site;
    use sprat::{Cgi, CgiMatch};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    let tree = Tree::new("cgi");
    let script =
        "#!/bin/sh\necho Content-Type: text/plain\necho\necho \"$SCRIPT_NAME|$PATH_INFO\"\n";
    tree.file("cgi-bin/x", script);
    fs::set_permissions(tree.path("cgi-bin/x"), fs::Permissions::from_mode(0o755)).unwrap();
    tree.file("a.txt", "a");
    tree.link("alias", "cgi-bin");
    let directory = tree.root();
    let cgi = Cgi::builder(directory)
        .directories(["/cgi-bin"])
        .build()
        .unwrap();
    let mut files = FileServer::builder(directory)
        .guard(cgi.guard())
        .open()
        .unwrap();
    let (server, _log) = site(move |req, cx| match req.query() {
        Some(b"mounted") => {
            let mounted = req.below("/app", |req| cgi.serve(req, cx));
            mounted
                .flatten()
                .unwrap_or_else(|| text("not below").into())
        }
        _ => match cgi.script_for(req) {
            CgiMatch::Script(script) if script.path_info() == b"/info" => {
                text(String::from_utf8(script.name().to_vec()).unwrap()).into()
            }
            CgiMatch::Script(script) => cgi.run(req, script, cx),
            CgiMatch::Refused(failure) => failure.into(),
            _ => files.handle(req, cx),
        },
    });
    assert_eq!(server.get("/cgi-bin/x").text(), "/cgi-bin/x|\n");
    assert_eq!(server.get("/cgi-bin/x/info").text(), "/cgi-bin/x");
    assert_eq!(server.get("/cgi-bin/none").status, 404);
    assert_eq!(server.get("/a.txt").text(), "a");
    assert_eq!(server.get("/alias/x").status, 404);
    assert_eq!(
        server.get("/app/cgi-bin/x/y?mounted").text(),
        "/app/cgi-bin/x|/y\n"
    );
    assert_eq!(server.get("/cgi-bin/x?mounted").text(), "not below");
}
