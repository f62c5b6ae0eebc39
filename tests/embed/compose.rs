//! Handlers compose as values: routes, mounted trees, wrappers that add, check and count.

use std::fs::File;

use sprat::{
    Cx, Failure, FileServer, Found, Handler, ListingStyle, Method, OpenFile, Reply, Request,
    Response, Status, http_date,
};

use super::still::{Still, still};
use super::support::Site as Tree;
use super::text;

/// A `match` on method and segments is all the router there is.
fn route(req: &Request<'_>) -> Reply {
    match (req.method(), &req.segments()[..]) {
        (Method::Get, []) => text("home").into(),
        (Method::Get, ["users", id]) => text(format!("user {id}")).into(),
        (Method::Delete, ["users", id]) => text(format!("no more {id}")).into(),
        (Method::Get, ["files", rest @ ..]) => text(rest.join("|")).into(),
        (_, [] | ["users", _]) => Response::error(Failure::new(Status::METHOD_NOT_ALLOWED))
            .header("Allow", "GET, DELETE")
            .into(),
        _ => Failure::new(Status::NOT_FOUND).into(),
    }
}

#[test]
fn a_match_on_method_and_segments_is_a_router() {
    let (server, _log) = still(|req, _| route(req));
    for (line, status, want) in [
        ("GET /", 200, "home"),
        ("GET //", 200, "home"),
        ("GET /users/7", 200, "user 7"),
        ("GET /users/7/", 200, "user 7"),
        ("GET /users//7", 200, "user 7"),
        ("GET /users/J%C3%BCrgen", 200, "user J\u{fc}rgen"),
        ("GET /x/../users/7?a=/b", 200, "user 7"),
        ("DELETE /users/7", 200, "no more 7"),
        ("GET /files/a/b/c", 200, "a|b|c"),
        ("GET /files", 200, ""),
        ("POST /users/7", 405, ""),
        ("PUT /", 405, ""),
        ("GET /users", 404, ""),
        ("GET /users/7/x", 404, ""),
        ("GET /Users/7", 404, ""),
    ] {
        let reply = server.ask(line, "");
        assert_eq!(reply.status, status, "{line}");
        if status == 200 {
            assert_eq!(reply.text(), want, "{line}");
        }
    }
}

/// Two trees, one of them below a prefix.
struct Mounts {
    pages: FileServer,
    assets: FileServer,
}

impl Handler for Mounts {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let mounted = req.below("/assets/v1", |req| self.assets.handle(req, cx));
        mounted.unwrap_or_else(|| self.pages.handle(req, cx))
    }
}

fn tree(name: &str) -> Tree {
    let tree = Tree::new(name);
    tree.file("a.txt", name);
    tree.file("dir/b.txt", name);
    tree
}

fn mounts() -> (Still<Mounts>, [Tree; 2]) {
    let trees = [tree("pages"), tree("assets")];
    let [pages, assets] = trees
        .each_ref()
        .map(|tree| FileServer::new(tree.root()).unwrap());
    (Still::of(Mounts { pages, assets }), trees)
}

#[test]
fn a_tree_is_mounted_below_a_prefix_of_whole_segments() {
    let (server, _trees) = mounts();
    for (target, status, want) in [
        ("/a.txt", 200, "pages"),
        ("/assets/v1/a.txt", 200, "assets"),
        ("/assets/v1/dir/b.txt", 200, "assets"),
        ("/assets/%761/a.txt", 200, "assets"),
        ("/assets/v1/../../a.txt", 200, "pages"),
        ("/assets/v1/../../../a.txt", 200, "pages"),
        ("/assets/v12/a.txt", 404, ""),
        ("/assets/v1a.txt", 404, ""),
        ("/ASSETS/v1/a.txt", 404, ""),
        ("/assets/a.txt", 404, ""),
        ("/assets/v1/none", 404, ""),
    ] {
        let reply = server.get(target);
        assert_eq!(reply.status, status, "{target}");
        if status == 200 {
            assert_eq!(reply.text(), want, "{target}");
        }
    }
}

#[test]
fn a_mounted_tree_knows_where_it_is_mounted() {
    let (server, _trees) = mounts();
    for (target, location) in [
        ("/assets/v1", "/assets/v1/"),
        ("/assets/v1/dir?a=b", "/assets/v1/dir/?a=b"),
        ("/dir", "/dir/"),
    ] {
        let reply = server.get(target);
        assert_eq!((reply.status, reply.field("Location")), (301, location));
    }
    for target in ["/assets/v1/", "/assets/v1/dir/", "/"] {
        let title = format!("<h1>Directory listing for {target}</h1>");
        let reply = server.get(target);
        assert!(reply.text().contains(&title), "{target}: {}", reply.text());
    }
}

/// A wrapper of any handler: checks a token, counts, and adds to what it answers.
struct Guard<H> {
    inner: H,
    requests: u64,
}

impl<H: Handler> Handler for Guard<H> {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        self.requests += 1;
        let number = self.requests;
        if req.header("Authorization") != Some(b"Bearer open sesame") {
            let response = Response::error(Failure::new(Status::UNAUTHORIZED));
            return response.header("WWW-Authenticate", "Bearer").into();
        }
        self.inner.handle(req, cx).map(move |response| {
            response
                .replace_header("Server", "guarded")
                .header("X-Request", number.to_string())
        })
    }
}

/// Answers at once, or after it has read the body.
struct Inner;

impl Handler for Inner {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        match req.method() {
            Method::Put => {
                Reply::collect(req, 100, |body, _| Response::new(Status::OK).bytes(body))
            }
            _ => text("now").header("Server", "inner").into(),
        }
    }
}

#[test]
fn a_wrapper_checks_counts_and_adds_fields_now_and_later() {
    let server = Still::of(Guard {
        inner: Inner,
        requests: 0,
    });
    let refused = server.get("/");
    assert_eq!(
        (refused.status, refused.field("WWW-Authenticate")),
        (401, "Bearer")
    );
    let token = "Authorization: Bearer open sesame\r\n";
    let now = server.ask("GET /", token);
    assert_eq!(
        (now.text(), now.field("X-Request"), now.field("Server")),
        ("now", "2", "guarded")
    );
    let head = format!("PUT / HTTP/1.1\r\nHost: h\r\n{token}Content-Length: 5\r\n\r\nlater");
    let later = server.say(head);
    assert_eq!((later.text(), later.field("X-Request")), ("later", "3"));
}

#[test]
fn a_response_can_be_read_and_changed() {
    let response = Response::new(Status::CREATED)
        .header("A", "1")
        .header("b", "2")
        .header("a", "3");
    assert_eq!(response.status(), Status::CREATED);
    assert_eq!(response.reason_phrase(), "Created");
    assert_eq!(response.header_value("B"), Some(&b"2"[..]));
    assert_eq!(response.header_value("c"), None);
    let response = response.replace_header("A", "4").reason("Made");
    let all: Vec<_> = response.headers().collect();
    assert_eq!(all, [("b", &b"2"[..]), ("A", &b"4"[..])]);
    assert_eq!(response.reason_phrase(), "Made");
    assert_eq!(response.without_header("B").headers().count(), 1);
}

#[test]
#[cfg(feature = "cgi")]
fn scripts_leave_to_others_what_is_no_script_whatever_its_method() {
    let tree = tree("scripts");
    let cgi = sprat::Cgi::builder(tree.root()).build().unwrap();
    let (server, _log) = still(move |req, cx| {
        let reply = cgi.serve(req, cx);
        reply.unwrap_or_else(|| text(req.method().name().to_owned()).into())
    });
    for method in ["GET", "POST", "PUT", "OPTIONS"] {
        assert_eq!(server.ask(&format!("{method} /a.txt"), "").text(), method);
        assert_eq!(
            server.ask(&format!("{method} /cgi-bin/none"), "").status,
            404
        );
    }
}

#[test]
fn files_leave_to_others_what_is_not_there() {
    let tree = tree("before");
    let files = FileServer::builder(tree.root())
        .listing(ListingStyle::Off)
        .open()
        .unwrap();
    let (server, _log) = still(move |req, cx| {
        let reply = files.serve(req, cx);
        reply.unwrap_or_else(|| text("another's").into())
    });
    assert_eq!(server.get("/a.txt").text(), "before");
    assert_eq!(server.get("/none").text(), "another's");
    assert_eq!(server.ask("POST /a.txt", "").text(), "another's");
    assert_eq!(server.ask("OPTIONS /none", "").text(), "another's");
    assert_eq!(server.ask("OPTIONS /a.txt", "").status, 204);
    // It is there, but not to be seen.
    assert_eq!(server.get("/dir/").status, 404);
}

#[test]
fn a_file_server_is_a_handler() {
    let tree = tree("alone");
    let server = Still::of(FileServer::new(tree.root()).unwrap());
    assert_eq!(server.get("/a.txt").text(), "alone");
    assert_eq!(server.get("/none").status, 404);
    assert_eq!(server.ask("OPTIONS /none", "").status, 204);
    assert_eq!(server.ask("POST /a.txt", "").status, 501);
}

#[test]
fn the_host_is_the_targets_and_else_the_fields() {
    let (server, _log) = still(|req, _| match req.host() {
        Some(host) => text(String::from_utf8_lossy(host).into_owned()).into(),
        None => text("none").into(),
    });
    for (target, field, want) in [
        ("/", "Host: a:80", "a:80"),
        ("/", "Host:", "none"),
        ("http://b:81/x?y", "Host: a", "b:81"),
        ("HTTP://b?y", "Host: a", "b"),
    ] {
        let head = format!("GET {target} HTTP/1.1\r\n{field}\r\n\r\n");
        let reply = server.say(head);
        assert_eq!(reply.text(), want, "{target} {field}");
    }
    let old = server.say("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(old.text(), "none");
}

#[test]
fn what_a_request_names_is_the_callers_to_answer() {
    let tree = tree("found");
    let mut files = FileServer::builder(tree.root())
        .listing(ListingStyle::Off)
        .open()
        .unwrap();
    let (server, _log) = still(move |req, cx| match files.find(req) {
        Found::File(file) if file.len > 100 => Failure::new(Status::FORBIDDEN).into(),
        Found::File(file) => files.send(req, file).header("X-Kind", "file").into(),
        Found::Directory(_) => text("a directory").into(),
        Found::Redirect(to) => text(format!("see {to}")).into(),
        Found::Missing(failure) => failure.message("Nothing here").into(),
        _ => files.handle(req, cx),
    });
    assert_eq!(server.get("/a.txt").field("X-Kind"), "file");
    assert_eq!(server.get("/dir/").text(), "a directory");
    assert_eq!(server.get("/dir").text(), "see /dir/");
    let missing = server.get("/none");
    assert_eq!((missing.status, &*missing.reason), (404, "Nothing here"));
}

#[test]
fn a_file_of_ones_own_choice_is_sent_with_ranges_and_dates() {
    let tree = tree("chosen");
    let path = tree.path("a.txt");
    let modified = http_date(path.metadata().unwrap().modified().unwrap()).unwrap();
    let files = FileServer::new(tree.root()).unwrap();
    // Opened once, sent as often as it is asked for.
    let file = OpenFile::new(File::open(&path).unwrap(), "text/x-chosen").unwrap();
    let (server, _log) = still(move |req, _| files.send(req, file.clone()).into());
    let reply = server.ask("GET /whatever", "Range: bytes=1-2\r\n");
    assert_eq!((reply.status, reply.text()), (206, "ho"));
    assert_eq!(reply.field("Content-type"), "text/x-chosen");
    assert_eq!(reply.field("Last-Modified"), modified);
    assert_eq!(server.get("/again").text(), "chosen");
    let directory = File::open(tree.root()).unwrap();
    assert!(OpenFile::new(directory, "text/plain").is_err());
}
