//! Who shares a look at a file, and who must not.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use sprat::testing::Site;
use sprat::{FileServer, Handler, Response, Status};
use tempfile::TempDir;

fn old(dir: &TempDir, name: &str, text: &str) {
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    let file = fs::File::open(&path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000))
        .unwrap();
}

/// Two servers, in two threads or in one, that share a file server: their requests have numbers of
/// their own each, and one of the one may follow one of the other by chance.
#[test]
fn servers_that_share_a_file_server_share_no_look() {
    let dir = TempDir::new().unwrap();
    old(&dir, "f", "old");
    let files = Arc::new(Mutex::new(FileServer::new(dir.path()).unwrap()));
    let site = || {
        let files = files.clone();
        let mut site = Site::new(sprat::handler(move |req, cx| {
            if req.path() == "/other" {
                return Response::new(Status::OK).text("other").into();
            }
            files.lock().unwrap().handle(req, cx)
        }));
        site.set_wall(SystemTime::now() + Duration::from_secs(3600));
        site
    };
    let get = "GET /f HTTP/1.1\r\nHost: h\r\n\r\n";
    let (mut one, mut two) = (site(), site());
    // It is remembered.
    assert_eq!(one.ask(get).text(), "old");
    assert_eq!(one.ask(get).text(), "old");
    // The second server catches up: its next request but one follows the last one of the first.
    two.ask("GET /other HTTP/1.1\r\nHost: h\r\n\r\n");
    fs::write(dir.path().join("f"), "new").unwrap();
    let peer = two.connect();
    peer.send(format!("GET /other HTTP/1.1\r\nHost: h\r\n\r\n{get}"));
    two.settle();
    assert_eq!(peer.answer().unwrap().text(), "other");
    assert_eq!(peer.answer().unwrap().text(), "new");
}

/// A file that is made when it is missing, and then answered by a local redirect.
#[test]
fn a_local_redirect_shares_no_look_with_what_was_asked_before() {
    let dir = TempDir::new().unwrap();
    old(&dir, "f", "old");
    let mut files = FileServer::new(dir.path()).unwrap();
    let path = dir.path().join("f");
    let mut site = Site::new(sprat::handler(move |req, cx| {
        let reply = files.handle(req, cx);
        if req.path() != "/make" {
            return reply;
        }
        fs::write(&path, "new").unwrap();
        Response::reroute("/f").into()
    }));
    site.set_wall(SystemTime::now() + Duration::from_secs(3600));
    let get = "GET /f HTTP/1.1\r\nHost: h\r\n\r\n";
    for _ in 0..2 {
        assert_eq!(site.ask(get).text(), "old");
    }
    let (one, two) = (site.connect(), site.connect());
    one.send(get);
    two.send("GET /make HTTP/1.1\r\nHost: h\r\n\r\n");
    site.settle();
    assert_eq!(one.answer().unwrap().text(), "old");
    assert_eq!(two.answer().unwrap().text(), "new");
}
